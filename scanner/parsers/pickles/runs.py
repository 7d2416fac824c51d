"""Runs of opcodes that fill a container with plain values, and those of a tensor, passed over by regular expressions.

Most opcodes of a large pickle are such. What they leave behind is memo entries, of which only texts can
matter later on.
Repetitions are possessive and containers are a few deep, so that no opcode is tried more than a few times.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from struct import pack
from typing import NamedTuple

from scanner.parsers.lazy import Lazy
from scanner.parsers.pickles.symbols import UNKNOWN, Symbol

_LONGEST = 64
"""Bytes of a text in a run are fewer."""
_DEPTH = 2
"""Containers inside one another in a run, behind its first one."""
_BLOCK = 1 << 12
NEW = 4


class Style(NamedTuple):
    """How a protocol writes texts and memo entries."""

    run: re.Pattern[bytes]
    """MARK, plain values and containers of them, APPENDS or SETITEMS."""
    object: re.Pattern[bytes]
    """What follows the class of an object up to BUILD, when its attributes are such a run."""
    dictionary: re.Pattern[bytes]
    """A dictionary that such a run fills."""
    memos: re.Pattern[bytes]
    """Texts that are put into the memo (empty for another value); unless ``counted``, with LONG_BINPUT behind each."""
    header: int
    """Bytes in front of a text."""
    counted: bool
    """What is put into the memo gets the next number, which is not written."""


def texts(opcode: bytes, zeros: bytes) -> bytes:
    """A text that is not long."""
    return opcode + b"(?:%b)" % b"|".join(rb"\x%02x%b.{%d}" % (size, zeros, size) for size in range(_LONGEST))


@cache
def style(new: bool) -> Style:
    """That of the protocols from ``NEW`` on, or of those before."""
    if new:
        text, put, may_put, header = texts(rb"\x8c", b""), rb"\x94", rb"\x94?", 2
    else:
        text, put, may_put, header = texts(b"X", rb"\0\0\0"), b"r.{4}", b"(?:r.{4}|)", 5
    # A key and its value are taken at once, since each repetition is dear. Texts are always put into the memo.
    plain = rb"K.|M..|G.{8}|[N)\x88\x89]"
    value = rb"(?:(?:h.|j.{4}|%b%b)(?:%b|)|%b|J.{4}|[\x85-\x87]%b)" % (text, put, plain, plain, may_put)
    inner = value
    for _ in range(_DEPTH):
        containers = rb"\]%b(?:\(%b*+e|%ba|)|\}%b(?:\(%b*+u|%b%bs|)|\(%b*+t%b" % (
            may_put, inner, value, may_put, inner, value, value, inner, may_put,
        )  # fmt: skip
        inner = b"(?:%b|%b)" % (value, containers)
    values = rb"\(%b*+" % inner
    passed = rb"(?:h.(?:%b|)|[](){}eutasbN\x81\x85-\x89]++|K.|M..|G.{8}|[jJ].{4})*+" % plain
    memo = b"((?:%b|))%b" if new else b"((?:%b|)%b)"
    return Style(
        run=Lazy(values + b"[eu]", re.DOTALL),
        object=Lazy(rb"\)\x81%b\}%b%bub" % (may_put, may_put, values), re.DOTALL),
        dictionary=Lazy(rb"\}%b%bu" % (may_put, values), re.DOTALL),
        memos=Lazy(passed + b"(?:%b|\\Z)" % memo % (text, put), re.DOTALL),
        header=header,
        counted=new,
    )


def passed_over(style: Style, data: bytes, at: int, end: int, memo: list[Symbol]) -> bool:
    """Put into the memo what a run does; False when it cannot be, since its numbers are not the next ones."""
    found, header = style.memos.findall(data, at, end), style.header
    del found[-2:]  # what is behind the last one, and nothing at the end
    if style.counted:
        memo += [text[header:] or UNKNOWN for text in found]
    elif in_order(b"".join([text[-5:] for text in found]), len(memo)):
        memo += [text[header:-5] or UNKNOWN for text in found]
    else:
        return False
    return True


def in_order(written: bytes, first: int) -> bool:
    """Whether these LONG_BINPUTs name the next entries of the memo."""
    block, place = divmod(first, _BLOCK)
    while written:
        part = _puts(block)[5 * place : 5 * place + len(written)]
        if not written.startswith(part):
            return False
        written, block, place = written[len(part) :], block + 1, 0
    return True


@lru_cache(maxsize=4)
def _puts(block: int) -> bytes:
    """LONG_BINPUT of each entry of a block of the memo, one behind the other."""
    return b"".join(b"r" + pack("<I", index) for index in range(block * _BLOCK, (block + 1) * _BLOCK))
