"""What EXPOSE names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.extractors.ports import EXTRACTORS, opens
from scanner.model.facts import ExposedPort
from scanner.model.location import Word
from scanner.sources import dockerfile


def exposed(words: str, before: str = "") -> list[ExposedPort]:
    target = dockerfile.read(f"FROM python:3.12\n{before}\nEXPOSE {words}\n", context={})
    return [fact for item in target.items() if EXTRACTORS[0].wants(item) for fact in EXTRACTORS[0].extract(item)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("8080", (8080, "tcp", True, False, 1)),
        ("8080/udp", (8080, "udp", True, False, 1)),
        ("8080/TCP", (8080, "tcp", True, False, 1)),
        ("8000-8010", (8000, "tcp", True, False, 11)),
        ("8010-8000", (None, "tcp", False, False, 1)),
        ("65535", (65535, "tcp", True, False, 1)),
        ("65536", (65536, "tcp", False, False, 1)),
        ("65530-65540", (65530, "tcp", False, False, 11)),
        ("0", (0, "tcp", False, False, 1)),
        ("http", (None, "tcp", False, False, 1)),
        ("-80", (None, "tcp", False, False, 1)),
        ("8080:80", (80, "tcp", False, True, 1)),
        ("127.0.0.1:8080:80/tcp", (80, "tcp", False, True, 1)),
        ("${PORT}", (None, "tcp", None, False, 1)),
        ("${PORT}/udp", (None, "udp", None, False, 1)),
        ("9" * 400, (None, "tcp", False, False, 1)),
    ],
)
def test_a_word_says_which_ports_it_opens(words, said):
    (fact,) = exposed(words)

    assert (fact.port, fact.protocol, fact.valid, fact.host_mapping, fact.count) == said


def test_each_word_is_a_fact_at_its_own_place():
    first, second = exposed("8080 22/tcp")

    assert (first.port, second.port, second.well_known) == (8080, 22, "ssh")
    assert second.evidence[0].quote == "22/tcp"
    assert second.evidence[0].at.span == (3, 13, 3, 18)


def test_variables_are_filled_in():
    (known,) = exposed("$PORT", before="ENV PORT=6379")

    assert (known.port, known.well_known, known.words) == (6379, "redis", "6379")


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.integers(min_value=0, max_value=10**9), st.integers(min_value=0, max_value=10**9))
def test_a_range_is_valid_when_it_goes_up_and_stays_within_16_bits(first, last):
    (fact,) = exposed(f"{first}-{last}")

    assert fact.valid is (0 < first <= last < 2**16)
    assert (fact.count if fact.port is not None else 0) in {last - first + 1, 0}


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.text(max_size=30))
def test_no_text_is_too_strange_for_a_port(text):
    assert len(opens(Word(text, 0, len(text)))) <= 10**9
