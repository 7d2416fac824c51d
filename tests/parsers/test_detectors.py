"""Detectors find what they say, in their examples and in values made for them, and nothing in what is quiet."""

from __future__ import annotations

import re

import pytest

from scanner.parsers import secrets
from scanner.parsers.secrets.checks import CHECKS, base62
from scanner.parsers.secrets.detect import detected
from scanner.parsers.secrets.table import DETECTORS, KEYWORDS
from tests.made_secrets import all_made, detectors, files, filled, made, openssh_key, private_key

EXAMPLES = [
    pytest.param(detector, example, id=f"{detector.id}-{number}")
    for file in files()
    for detector, examples in zip(file.detectors, file.examples, strict=True)
    for number, example in enumerate(examples)
]
QUIET = [
    pytest.param(detector, example, id=f"{detector.id}-{number}")
    for file in files()
    for detector, examples in zip(file.detectors, file.quiet, strict=True)
    for number, example in enumerate(examples)
]


def found(text, path=""):
    return {each.id for _, _, each in detected(text, path)}


def path_of(detector):
    return detector.files[0] if detector.files else ""


@pytest.mark.parametrize(("detector", "example"), EXAMPLES)
def test_an_example_is_found(detector, example):
    assert detector.id in found(filled(example, detector), path_of(detector))


@pytest.mark.parametrize(("detector", "example"), QUIET)
def test_what_is_quiet_is_not_found(detector, example):
    assert detector.id not in found(example, path_of(detector))


def test_the_table_is_made_from_the_files():
    assert [row[0] for row in DETECTORS] == list(detectors())
    assert {DETECTORS[number][0] for numbers in KEYWORDS.values() for number in numbers} == {
        each.id for each in detectors().values() if each.keywords
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_made_value_is_found_whole_by_its_detector_and_masked(seed):
    for each in all_made(seed):
        text = f"{each.text}\n"
        hits = [(text[start:end], form.id) for start, end, form in detected(text, each.path)]
        assert (each.value, each.detector.id) in hits
        assert each.value not in secrets.mask(text, secrets.find(text, each.path))


def test_no_text_of_the_detectors_holds_a_token():
    """Whatever looks for tokens in this repository finds none in it."""
    for file in files():
        with open(file.path, encoding="utf-8") as opened:
            text = opened.read()
        assert [each for each in secrets.find(text) if each.provider] == [], file.path


@pytest.mark.parametrize("name", ["github-token", "npm-token"])
def test_a_wrong_checksum_is_no_token(name):
    text = made(name).text
    other = text[:-1] + ("a" if text[-1] != "a" else "b")
    assert name not in found(other)


def test_six_digits_of_base_62():
    """0-9, A-Z, a-z, the most significant first: by hand."""
    assert [base62(n) for n in (0, 9, 10, 36, 61, 62, 62**5)] == [
        "000000",
        "000009",
        "00000A",
        "00000a",
        "00000z",
        "000010",
        "100000",
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (private_key(), "private-key"),
        (private_key(locked=True), "private-key-encrypted"),
        (openssh_key(), "private-key"),
        (openssh_key(cipher="aes256-ctr"), "private-key-encrypted"),
        (private_key().replace("-----\n", "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0\n\n", 1), "private-key-encrypted"),
        (private_key().replace("\n", "\\n"), "private-key"),
    ],
)  # fmt: skip
def test_a_key_behind_a_password_is_told_apart(text, wanted):
    assert found(text) == {wanted}


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----",
        "-----BEGIN PUBLIC KEY-----\n" + "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" * 4 + "\n-----END PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----\n" + "MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkq" * 4 + "\n-----END CERTIFICATE-----",
    ],
)
def test_what_is_no_private_key(text):
    assert found(text) == set()


@pytest.mark.parametrize("before", ["\\n", "\\t", '"', "'", "=", ":", " ", "/", "(", ">", "@"])
def test_a_token_begins_behind_these(before):
    assert found(f"x{before}{made('hugging-face-token').text}") == {"hugging-face-token"}


def test_checks_never_fail():
    for name, check in CHECKS.items():
        for text in ("a_b", "..", "a.b.c", "=", "eyJ.eyJ.", "\\n", "-" * 50, "x" * 10_000):
            match = re.compile(r"(?s)(?P<v>.*)").match(text)
            if name == "jwt" and text.count(".") < 2:
                continue
            assert check(match) in {True, False}
