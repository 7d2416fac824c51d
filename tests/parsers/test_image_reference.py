"""Image references are read as Docker reads them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.parsers.image_reference import ImageReference, parse

HERE = Path(__file__).parent
VECTORS = [json.loads(line) for line in (HERE / "vectors" / "references.jsonl").read_text("utf-8").splitlines()]
DIGEST = "sha256:" + "0123456789abcdef" * 4


def reference(registry, repository, tag=None, digest=None):
    return ImageReference(registry=registry, repository=repository, tag=tag, digest=digest)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("python", ("docker.io", "python")),
        ("python:3.12-slim", ("docker.io", "python", "3.12-slim")),
        ("library/python", ("docker.io", "python")),
        ("docker.io/library/python:3", ("docker.io", "python", "3")),
        ("docker.io/python", ("docker.io", "python")),
        ("index.docker.io/python", ("docker.io", "python")),
        ("pytorch/pytorch", ("docker.io", "pytorch/pytorch")),
        ("docker.io/pytorch/pytorch", ("docker.io", "pytorch/pytorch")),
        ("nvcr.io/nvidia/cuda:12.4.1-devel", ("nvcr.io", "nvidia/cuda", "12.4.1-devel")),
        ("registry:5000/img", ("registry:5000", "img")),
        ("registry:5000/img:1", ("registry:5000", "img", "1")),
        ("localhost/img", ("localhost", "img")),
        ("Registry/img", ("Registry", "img")),
        ("[::1]:5000/img", ("[::1]:5000", "img")),
        ("library/library/x", ("docker.io", "library/library/x")),
        ("ghcr.io/library/x", ("ghcr.io", "library/x")),
        (f"a@{DIGEST}", ("docker.io", "a", None, DIGEST)),
        (f"a:1@{DIGEST}", ("docker.io", "a", "1", DIGEST)),
        (f"r.io:80/a/b-c__d.e:1_.-@{DIGEST}", ("r.io:80", "a/b-c__d.e", "1_.-", DIGEST)),
    ],
)
def test_parts(text, parts):
    assert parse(text) == reference(*parts)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("Python", "lower case: python"),
        ("docker.io/Org/app", "lower case: org"),
        ("a//b", "empty"),
        ("a/", "empty"),
        ("/a", "empty"),
        ("a:", "tag"),
        ("a:-x", "tag"),
        ("a:" + "x" * 129, "tag"),
        ("a:1:2", "tag|name"),
        ("a b", "name"),
        ("a\n", "name"),
        ("-a", "name"),
        ("a___b", "name"),
        ("a..b", "name"),
        ("é", "name"),
        ("$IMAGE", "name"),
        ("a@", "digest"),
        ("a@sha256:abc", "digest"),
        ("a@sha256:" + "A" * 64, "64 lower-case"),
        ("a@sha256:" + "a" * 63, "64"),
        ("a@md5:" + "a" * 32, "sha256"),
        (f"a@{DIGEST}@{DIGEST}", "digest"),
        ("http://r.io/a", "host name|empty"),
        ("-r.io/a", "host name"),
        ("f" * 64, "image ID"),
        ("a" * 256, "longer"),
    ],
)
def test_what_docker_rejects(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse(text)


def test_names():
    assert (parse("python:3").familiar, parse("python:3").canonical) == ("python", "docker.io/library/python")
    assert (parse("a/b").familiar, parse("a/b").canonical) == ("a/b", "docker.io/a/b")
    assert (parse("ghcr.io/a/b").familiar, parse("ghcr.io/b").canonical) == ("ghcr.io/a/b", "ghcr.io/b")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["text"][:60])
def test_docker_says_the_same(vector):
    """Made by vectors/references.go. dockerfile-parse 2.0.1 has no reader of references left to hold it to."""
    if not vector["name"]:
        with pytest.raises(ValueError, match=r"."):
            parse(vector["text"])
        return
    found = parse(vector["text"])
    assert (found.canonical, found.familiar) == (vector["name"], vector["familiar"])
    assert (found.tag or "", found.digest or "") == (vector["tag"], vector["digest"])


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(alphabet="aA0.:/@_-[]é ", max_size=30) | st.text(max_size=30))
def test_a_reference_that_is_read_spells_what_was_written(text):
    try:
        found = parse(text)
    except ValueError:
        return
    spelled = found.familiar + (f":{found.tag}" if found.tag else "") + (f"@{found.digest}" if found.digest else "")
    assert parse(spelled) == found
    assert spelled == text.removeprefix("index.").removeprefix("docker.io/").removeprefix("library/")
