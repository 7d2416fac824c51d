"""Whatever the bytes, there is a report: no crash, no endless work, nothing skipped in silence."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.property import scan_anything

PIECES = st.sampled_from(
    [
        "FROM ", "RUN ", "COPY ", "ADD ", "ENV ", "ARG ", "USER ", "CMD ", "ENTRYPOINT ", "ONBUILD ", "HEALTHCHECK ", "EXPOSE ",
        "SHELL ", "LABEL ", "python:3.7", "pip install ", "torch", "==2.1", "-r requirements.txt", "apt-get install -y ", "curl ",
        "https://x.example/a.sh", " | sh", " && ", " || ", "; ", "$(", ")", "`", "${", "}", "$X", "'", '"', "\\\n", "\\", "\n", "<<EOF",
        "EOF\n", "<<-'A' ", "A\n", "{", "[", "]", '["a", "b"]', "--mount=type=secret,id=x ", "--from=0 ", " /", " .", "#", "# escape=`\n",
        "if true; then ", "fi", "for i in a b; do ", "done", "case x in ", "esac", "\t", "\r\n", "\x00", "\ufeff", "\u00a0", "é", "\U0001f600",
        "jupyter lab --ip=0.0.0.0 --ServerApp.token=''", "python -c ", "import torch; torch.load('x')", "# hullcheck: ignore[",
    ]
)  # fmt: skip
NASTY = st.lists(PIECES, max_size=40).map("".join)


@settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(NASTY)
def test_pieces_of_dockerfiles_in_any_order(text):
    scan_anything(text.encode("utf-8", "surrogatepass"), {"requirements.txt": text.encode("utf-8", "surrogatepass")})


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=300))
def test_any_bytes(data):
    report = scan_anything(b"FROM a\n" + data)
    assert report.target == "Dockerfile"


HUGE = {
    "a line of a megabyte": b"FROM a\nRUN echo " + b"x" * 1_000_000,
    "ten thousand packages": b"FROM a\nRUN pip install " + b"torch " * 10_000,
    "ten thousand stages": b"".join(b"FROM a AS s%d\n" % i for i in range(10_000)),
    "a chain of stages": b"FROM a AS s0\n" + b"".join(b"FROM s%d AS s%d\nRUN x\n" % (i, i + 1) for i in range(2_000)),
    "a megabyte of open parentheses": b"FROM a\nRUN " + b"$(" * 500_000,
    "a megabyte of open braces": b"FROM a\nRUN " + b"{ " * 500_000,
    "substitutions inside substitutions": b"FROM a\nENV X=" + b"${A:-" * 200_000,
    "continuations without end": b"FROM a\nRUN a" + b"\\\n" * 300_000,
    "here-documents without end": b"FROM a\n" + b"RUN <<A\n" * 5_000,
    "many here-documents": b"FROM a\nRUN " + b"<<A " * 50_000,
    "nested sh -c": b"FROM a\nRUN " + b"sh -c '" * 20_000,
    "quotes without end": b"FROM a\nRUN echo " + b"\"'" * 200_000,
    "deep JSON": b"FROM a\nCMD " + b"[" * 200_000,
    "many flags": b"FROM a\nCOPY " + b"--from=x " * 50_000,
    "many variables": b"FROM a\nENV " + b" ".join(b"A%d=$A%d" % (i, i - 1) for i in range(4_000)),
    "exponential variables": b"FROM a\nENV A0=aaaaaaaaaa\n"
    + b"".join(b"ENV A%d=$A%d$A%d$A%d$A%d\n" % (i, i - 1, i - 1, i - 1, i - 1) for i in range(1, 60)),
    "pipes": b"FROM a\nRUN a" + b" | a" * 15_000,
    "comments": b"# hullcheck: ignore[root-user] x\n" * 30_000 + b"FROM a\n",
}


@pytest.mark.parametrize("name", HUGE)
def test_huge_and_hostile_files(name):
    report = scan_anything(HUGE[name])
    assert report.findings or report.problems or report.undecided


def test_random_damage_to_a_real_file():
    """Bytes of a real file removed, doubled and changed at random places."""
    choose = random.Random(1)
    real = (
        b"FROM python:3.12 AS b\nARG V=1\nRUN pip install -r r.txt && \\\n  curl https://a | bash\nCOPY <<EOF /x\nhi\nEOF\n"
        b'FROM b\nENV A="b c" D=$V\nCMD ["jupyter", "lab", "--ip=0.0.0.0"]\n'
    )
    for _ in range(150):
        data = bytearray(real)
        for _ in range(choose.randrange(1, 6)):
            at = choose.randrange(len(data))
            kind = choose.randrange(3)
            if kind == 0:
                del data[at : at + choose.randrange(1, 9)]
            elif kind == 1:
                data[at:at] = data[at : at + choose.randrange(1, 9)]
            else:
                data[at] = choose.randrange(256)
            if not data:
                data = bytearray(b"FROM a\n")
        scan_anything(bytes(data))
