"""What is told at a glance to be a text is no model for those who look closely."""

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.extractors.model_files.pickles import recognized
from scanner.parsers.models.recognize import format_of
from scanner.parsers.models.texts import is_text
from scanner.parsers.pickles import looks_like_pickle

PROSE = [
    "import os\n", "# A comment.\n", "class Model:\n    pass\n", "from x import y\n", '"""What it does."""\n', "def f():\n",
    "This is free software.\n", "Copyright 2026\n", "Name: six\nVersion: 1\n", "MIT License\n", "GNU GENERAL PUBLIC\n",
    "Introduction\n", "Let it be.\n", "Key = value\n", "Some text, and more of it.\n", "const x = 1;\n", "\n\nimport re\n",
    "    indented\n", '{"a": 1}', '{\n  "name": "x"\n}', "[section]\n", "key: value\n", "- item\n", "// code\n", "@echo off\n",
]  # fmt: skip
PIECES = [
    b"cos\nsystem\n", b"(S'id'\n", b"tR.", b"I1\n", b"F1.5\n", b"Vabc\n", b"L5L\n", b"N", b".", b"p0\n", b"(lp0\n", b"(dp1\n",
    b"i__main__\nA\n", b'{"learner":{', b"tree\nversion=", b":\x10\n\x08", b"\x08\x07\x12\x04test", b"CBM1", b"K\x05", b"K",
    b"J\x01\x02\x03\x04", b"X\x03", b"U\x03abc", b"C\x03abc", b"G12345678", b"Psomething\n", b"\x80", b"\0", b"]", b"}", b")",
    b"<net version='1'>", b"<PMML>", b"\n\x04\n\x01a\x12\x01B", b'"_tf_keras_', b"{", b" ", b"\n", b"2", b"B", b"BZh9", b"r",
    b"lmgg\x03", b"ftrt", b"TFL3", b"#!/bin/sh\n", b"#", b"M", b"MZ", b"T\x02", b"R", b"RDX3\n", b"x\x9c",
    *(text.encode() for text in PROSE),
]  # fmt: skip
CONTENTS = st.one_of(
    st.binary(max_size=40),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map(b"".join),
    st.lists(st.sampled_from(b"().012FIJKLMNPQSTUVXabcdeghijlopqrstu]}BCG\n\n \"'19o:#{<"), max_size=30).map(bytes),
)


@given(CONTENTS)
@settings(max_examples=5_000, deadline=None, derandomize=True)
def test_a_text_is_nothing_else(content):
    if is_text(content, len(content)):
        assert format_of(content, len(content)) is None
        assert not looks_like_pickle(content)


VALUES = [
    None, True, 1, -1, 1 << 40, 1.5, float("inf"), "text", b"bytes", (), (1,), [], [1], {}, {"a": 1}, {1, 2}, print, int,
    "multi\nline", [None, {"b": (1, 2.5)}],
]  # fmt: skip


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_no_pickle_is_a_text(value, protocol):
    content = pickle.dumps(value, protocol)
    assert not is_text(content, len(content))


@pytest.mark.parametrize("text", PROSE)
def test_what_people_write_is_a_text(text):
    assert is_text(text.encode() * 20, 20 * len(text))
    assert recognized(text.encode() * 20, 20 * len(text)) is None


def test_how_large_a_file_is_counts_where_a_length_would_say_more():
    assert is_text(b"This is it", 1_000)
    assert not is_text(b"This is it", 1 << 30)
