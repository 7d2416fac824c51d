"""Configuration files of installers say where packages come from, whichever way they get into the image."""

from __future__ import annotations

import time

import pytest

from scanner.extractors.packages import EXTRACTORS
from scanner.extractors.packages.configs import MAX_FILE
from scanner.model.facts import PackageIndex
from scanner.sources import dockerfile


def found(text: str, **files: str) -> list[PackageIndex]:
    target = dockerfile.read(
        f"FROM python:3.12\n{text}\n",
        context={name.replace("_", "."): body.encode() for name, body in files.items()},
    )
    extractor = EXTRACTORS[2]
    return [fact for step in target.steps if extractor.wants(step) for fact in extractor.extract(step)]


def said(facts: list[PackageIndex]) -> list[tuple[str, str, str | None, str, int]]:
    places = [(fact, fact.evidence[0].at) for fact in facts]
    return [(f.installer, f.role, f.url, at.path, at.span.first_line) for f, at in places]


PIP = "[global]\nindex-url=https://a.example/s\nextra-index-url =\n    https://b.example/s\n    # old\n    http://c.example/s\n"


@pytest.mark.parametrize("to", ["/etc/pip.conf", "/etc/", "/root/.config/pip/pip.conf"])
def test_a_file_of_the_context_is_read_where_it_stands(to):
    assert said(found(f"COPY pip.conf {to}", pip_conf=PIP)) == [
        ("pip", "primary", "https://a.example/s", "pip.conf", 2),
        ("pip", "extra", "https://b.example/s", "pip.conf", 4),
        ("pip", "extra", "http://c.example/s", "pip.conf", 6),
    ]


def test_files_that_a_run_writes_are_read_once():
    facts = found(
        'RUN echo "[global]" > /etc/pip.conf && echo "extra-index-url = https://a.example/s" >> /etc/pip.conf\n'
        'RUN echo "find-links = https://b.example/l" >> /etc/pip.conf'
    )
    assert said(facts) == [
        ("pip", "extra", "https://a.example/s", "Dockerfile", 2),
        ("pip", "find-links", "https://b.example/l", "Dockerfile", 3),
    ]


def test_uv_and_conda_have_formats_of_their_own():
    uv = 'extra-index-url = ["https://a.example/s"]\nindex-strategy = "unsafe-first-match"\n[[index]]\nurl = "https://b.example/s"\n'
    facts = found("COPY uv.toml /etc/uv/uv.toml", uv_toml=uv)
    assert [(f.role, f.url, f.merged_by) for f in facts] == [
        ("extra", "https://a.example/s", ""),
        ("extra", None, "unsafe-first-match"),
        ("extra", "https://b.example/s", ""),
    ]
    conda = "channels:\n  - conda-forge\n  - https://c.example/x # ours\nssl_verify: false\n"
    assert [f.url for f in found("COPY condarc /opt/conda/.condarc", condarc=conda)] == [
        "conda-forge",
        "https://c.example/x",
    ]


def test_other_keys_and_other_files_say_nothing():
    assert found("COPY pip.conf /etc/", pip_conf="[global]\n# index-url = https://a.example\ntimeout = 60\n") == []
    assert found("COPY my.conf /etc/x.conf", my_conf=PIP) == []


def test_a_file_that_is_too_large_is_an_error():
    with pytest.raises(ValueError, match=r"pip\.conf: a configuration file of"):
        found("COPY pip.conf /etc/", pip_conf="#" * (MAX_FILE + 1))


def test_strange_files_take_linear_time():
    started = time.perf_counter()
    found("COPY pip.conf /etc/", pip_conf="extra-index-url =\n" + "    x\n" * 20_000)
    found("COPY pip.conf /etc/", pip_conf=" \t" * 100_000)
    assert time.perf_counter() - started < 5
