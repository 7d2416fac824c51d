"""Texts, told at a glance to be no model: nearly all files that are nobody's model are some.

A format shows by its first bytes or has a NUL in its first block. What is left are pickles of protocol 0 and protobuf
messages, which may look like text for a while; a text that begins like one breaks off after the first opcode or field.
"""

from __future__ import annotations

from scanner.parsers.lazy import Lazy
from scanner.parsers.models.limits import HEAD

_BEHIND = rb"[().02BCFGIJKLMNPQSTUVXc\]}pqr\x80-\xff]"
"""Opcodes that may stand behind one that put the only value on the stack."""
_TEXT = Lazy(
    rb"(?s)(?!.{4}TFL3)(?:"
    # Neither an opcode nor a field nor a magic.
    rb"[d-eg-km-oqsu-wyzADEHOQWYZ_013-689/@*%$&+=,;.?!'`~|^>\\\[-]"
    rb"|#(?!!)|R(?!DX|DA|ar!|KNN)|a(?!lgg)|b(?!inf)|f(?!mgg|trt)|l(?!mgg)|p(?!trt)|t(?!jgg|ree\n)"
    # Opcodes whose argument is a line.
    rb"|F(?!\s*[-+]?(?:[.\d]|(?i:inf|nan)))|[IL](?![\s+_-]*\d)|S(?!\s*['\"])|c(?![\w.\x80-\xff-]*\s*\n)"
    rb"|[PV][^\n]*\n(?!" + _BEHIND + rb")"
    # Opcodes with an argument of so many bytes, or with none.
    rb"|(?:[N)\]}]|K.|M(?!Z)..|J.{4}|G.{8})(?!" + _BEHIND + rb")"
    # Blanks, but for those in front of JSON and XML.
    rb"|[ \t\r]\s*[^\s{<]"
    # A string of ONNX is printable.
    rb"|\"[ -~][^\n]{0,30}\n"
    # XGBoost's JSON.
    rb"|\{\s*\"(?!learner|version))"
)
_FIELDS, _COUNTED = b'"2:Br', b'"2:BrUC'
"""Fields of protobuf messages, and opcodes as well, that begin with the length of what follows, in a byte."""
_LONG = b"TX"
"""Opcodes with a length in four bytes, none of which is NUL."""
_HIGH = bytes(range(0x80, 0x100))
_MAY_FOLLOW = b"().02BCFGIJKLMNPQSTUVXc]}pqr" + _HIGH
_TAGS = b'\x08\x12\x1a"(2:Br' + _HIGH
_PROTOCOL = 0x80
"""The opcode that makes a pickle of what is broken otherwise."""
_GRAPHS = (b"\x12", b"_tf_keras_")
"""What TensorFlow's messages have that begin with a line feed: an operator, or the name of a class."""


def is_text(head: bytes, size: int) -> bool:
    """Whether a file that begins so is surely no model, so that nobody has to look for one."""
    if head.find(0, 0, HEAD) >= 0 or head.find(_PROTOCOL, 0, HEAD) >= 0:
        return False
    if _TEXT.match(head) is not None:
        return True
    first = head[:1]
    if first == b"\n":
        return head.lstrip()[:1] not in b"{<" and not any(sign in head for sign in _GRAPHS)
    return (first in _LONG and size < 1 << 24) or (first in _COUNTED and _breaks_off(head))


def _breaks_off(head: bytes) -> bool:
    """Whether behind the first argument or field stands neither an opcode nor a field."""
    if head.startswith((b"CBM1", b"BZh")) or len(head) < 3 or head[1] >= 0x80:
        return False
    behind = head[head[1] + 2 : head[1] + 3]
    return behind != b"" and behind not in (_TAGS if head[:1] in _FIELDS else _MAY_FOLLOW)
