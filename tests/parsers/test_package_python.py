"""Records of Python packages, held to importlib.metadata and packaging."""

from __future__ import annotations

import email
import importlib.metadata
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from scanner.parsers.packages import python


def test_every_distribution_of_this_environment_is_read_as_importlib_reads_it():
    seen = 0
    for distribution in importlib.metadata.distributions():
        text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO")
        if text is None:
            continue
        entry = python.metadata(text.encode())
        assert (entry.name, entry.version) == (canonicalize_name(distribution.metadata["Name"]), distribution.version)
        expression = distribution.metadata.get("License-Expression")
        assert entry.licence == expression or not expression
        seen += 1
    assert seen > 20


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ("License-Expression: MIT OR Apache-2.0\nLicense: whatever", "MIT OR Apache-2.0"),
        ("Classifier: License :: OSI Approved :: MIT License", "MIT"),
        ("License: BSD-3-Clause\nClassifier: License :: OSI Approved :: BSD License", "BSD-3-Clause"),
        ("Classifier: License :: OSI Approved :: BSD License", "BSD License"),
        ("License: UNKNOWN\nClassifier: License :: OSI Approved", ""),
        ("License: Permission is hereby granted\n    to any person", ""),
        ("Classifier: Topic :: License", ""),
    ],
)
def test_licence_is_the_most_exact_that_is_declared(fields, licence):
    assert python.metadata(f"Name: a\nVersion: 1\n{fields}\n".encode()).licence == licence


WORDS = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x24F, exclude_characters="\x7f\x85\xa0\xad"), min_size=1, max_size=20
)
FIELDS = st.sampled_from(["Summary", "Author", "Classifier", "Keywords", "License", "Requires-Dist", "Home-page"])
MORE = st.lists(st.tuples(FIELDS, st.lists(WORDS, min_size=1, max_size=3).map("\n        ".join)), max_size=6)


@given(WORDS, WORDS, MORE, MORE, st.text(max_size=40))
def test_name_and_version_are_those_that_a_parser_of_mail_finds(name, version, before, between, body):
    fields = [*before, ("Name", name), *between, ("Version", version)]
    text = "".join(f"{field}: {value}\n" for field, value in fields) + f"\n{body}"
    mail = email.message_from_string(text)
    entry = python.metadata(text.encode())
    assert [entry.name, entry.version] == [canonicalize_name(mail["Name"]), mail["Version"]]


def test_only_the_head_counts():
    entry = python.metadata(b"Metadata-Version: 2.1\r\nName: Foo.Bar_baz\r\nVersion: 1.0+cu121\r\n\r\nVersion: 2\n")
    assert (entry.name, entry.version) == ("foo-bar-baz", "1.0+cu121")


def test_a_description_in_the_head_says_nothing():
    entry = python.metadata(b"Name: a\nVersion: 1\nDescription: x\n        Version: 2\n        License: Y\n")
    assert (entry.version, entry.licence) == ("1", "")


@pytest.mark.parametrize("data", [b"", b"Name: a\n", b"Version: 1\n", b"\n\nName: a\nVersion: 1\n", b"\0" * 100])
def test_without_name_and_version_it_is_an_error(data):
    with pytest.raises(ValueError, match="without name or version"):
        python.metadata(data)


def test_direct_url_of_a_repository():
    said = {
        "url": "https://me:secret@git.example/a",
        "vcs_info": {"vcs": "git", "requested_revision": "main", "commit_id": "0" * 40},
    }
    origin = python.direct_url(json.dumps(said).encode())
    assert (origin.commit, origin.revision, origin.editable) == ("0" * 40, "main", False)
    assert "secret" not in origin.url
    assert origin.url.endswith("@git.example/a")


def test_direct_url_of_a_folder_and_of_a_signed_archive():
    assert python.direct_url(b'{"url": "file:///app", "dir_info": {"editable": true}}').editable
    assert (
        python.direct_url(b'{"url": "https://x.example/a.whl?sig=abc", "archive_info": {}}').url
        == "https://x.example/a.whl?***"
    )


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"url": 1}', b"\xff"])
def test_what_is_no_direct_url(data):
    with pytest.raises(ValueError):  # noqa: PT011
        python.direct_url(data)


def test_name_of_a_zipped_egg():
    entry = python.egg_name("My_Pkg-1.0_1-py3.8-linux-x86_64.egg")
    assert (entry.name, entry.version) == ("my-pkg", "1.0-1")
    with pytest.raises(ValueError, match="tells no version"):
        python.egg_name("nothing.egg")


def test_what_it_requires_is_named_once_and_extras_are_left_out():
    fields = (
        'Requires-Dist: Fast_API[standard]>=0.115\nRequires-Dist: tqdm\nRequires-Dist: uvloop; extra == "all"\n'
        "Requires-Dist: tomli (>=1) ; python_version < '3.11'\nRequires-Dist: fast-api\nRequires-Dist: -x\n"
        "Requires-Dist: h2;(extra=='http') and python_version > '3'\n"
        "Requires-Dist: extra\nRequires-Dist: h3; 'all' == extra\n"
    )
    entry = python.metadata(f"Name: a\nVersion: 1\n{fields}\nRequires-Dist: body\n".encode())
    assert entry.requires == ("fast-api", "tqdm", "tomli", "extra")


def test_of_too_many_requirements_the_first_ones_count():
    fields = "".join(f"Requires-Dist: p{number}\n" for number in range(python.MAX_REQUIRED + 5))
    assert len(python.metadata(f"Name: a\nVersion: 1\n{fields}\n".encode()).requires) == python.MAX_REQUIRED
