"""Programs in other files are found by more than their magic."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from scanner.parsers.models import executables
from scanner.parsers.models.executables import Program, at, search
from tests.parsers.models.sources import Forward

PE = b"MZ" + bytes(58) + struct.pack("<I", 128) + bytes(64) + b"PE\0\0" + struct.pack("<H", 0x8664) + bytes(18)
ELF = Path(sys.executable).resolve().read_bytes()[:64]
MACHO = struct.pack("<II", 0xFEEDFACF, 0x0100000C) + bytes(24)


def test_programs_are_known_by_their_headers() -> None:
    """Not by four bytes that stand by chance in weights."""
    assert [at(head) for head in (ELF, PE, MACHO, b"#!/bin/sh\n", b"#!/usr/bin/env python")] == [
        "elf", "pe", "macho", "script", "script",
    ]  # fmt: skip
    for other in (
        b"\x7fELF" + bytes(60),
        b"MZ" + bytes(200),
        MACHO[:4] + bytes(28),
        b"#!x",
        b"",
        b"\x7fELF\2\1\1" + b"\xff" * 57,
    ):
        assert at(other) == ""


@given(st.integers(0, 3000), st.sampled_from([ELF, PE, MACHO]), st.integers(0, 2000))
def test_a_program_is_found_where_it_stands(before: int, program: bytes, start: int) -> None:
    """Anywhere behind the offset that the search begins at."""
    data = b"\xab" * before + program + b"\xab" * 5000
    wanted = (Program(at(program), before),) if before >= start else ()
    assert search(Forward(data), start, len(data)) == (wanted, True)


def test_a_program_across_two_windows_is_found(monkeypatch) -> None:
    """The source is read forward, in windows."""
    monkeypatch.setattr(executables, "_WINDOW", 8192)
    for before in (8191, 8192 - 4096, 8192 - 63, 12_000):
        data = bytes(before) + PE + bytes(9000)
        assert search(Forward(data), 0, len(data)).programs == (Program("pe", before),)


def test_limits_are_told(monkeypatch) -> None:
    """Too many bytes, too many programs."""
    monkeypatch.setattr(executables, "MAX_SEARCH", 1000)
    assert not search(Forward(bytes(2000)), 0, 2000).complete
    assert search(Forward(ELF * 5), 0, 320, most=3) == (tuple(Program("elf", 64 * n) for n in range(3)), False)
    assert search(Forward(b"#!/bin/sh\n"), 0, 10).programs == (Program("script", 0),)
