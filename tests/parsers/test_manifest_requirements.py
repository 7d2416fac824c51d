"""Requirements files are read as pip reads them, each entry at its own place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.model.location import Text
from scanner.parsers.manifests import requirements
from scanner.parsers.manifests.entries import MAX_ENTRIES, TOO_MANY


def read(value):
    text = Text.of_file("requirements.txt", value)
    return text, requirements.read(text)


def entries(value):
    text, manifest = read(value)
    assert manifest.errors == ()
    return [(text.value[e.start : e.end], *text.place(e.start)) for e in manifest.entries]


def test_each_entry_stands_at_its_own_line_and_column():
    assert entries("# head\n\ntorch==2.1  # why\n  vllm>=0.6 ; python_version > '3'\n") == [
        ("torch==2.1", 3, 1),
        ("vllm>=0.6", 4, 3),
    ]


def test_hashes_on_continued_lines_belong_to_their_requirement():
    hashes = " \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
    _, manifest = read(f"torch==2.1{hashes}vllm==0.6\n")
    assert [(e.spec.name, e.spec.hashed) for e in manifest.entries] == [("torch", True), ("vllm", False)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_all_line_ends_are_line_ends(end):
    _, manifest = read(end.join(["# note", "torch==2.1 \\", "  --hash=sha256:aa", "vllm", ""]))
    assert [(e.spec.name, e.spec.hashed) for e in manifest.entries] == [("torch", True), ("vllm", False)]


def test_a_comment_line_is_never_continued():
    assert [words for words, *_ in entries("# a \\\ntorch\n")] == ["torch"]


def test_a_hash_sign_inside_a_word_is_no_comment():
    _, manifest = read("git+https://x.test/a/b.git#egg=foo # note\n")
    assert manifest.entries[0].spec.name == "foo"


@pytest.mark.parametrize(
    ("line", "path", "constraint"),
    [
        ("-r other.txt", "other.txt", False),
        ("-rother.txt", "other.txt", False),
        ("--requirement other.txt", "other.txt", False),
        ("--requirement=other.txt", "other.txt", False),
        ('-r "o ther.txt"', "o ther.txt", False),
        ("-c limits.txt", "limits.txt", True),
        ("--constraint=limits.txt", "limits.txt", True),
    ],
)
def test_other_files_are_included_in_every_spelling(line, path, constraint):
    text, manifest = read(f"torch\n{line}\n")
    (include,) = manifest.includes
    assert (include.path, include.constraint) == (path, constraint)
    assert text.value[include.start : include.end] == path


@pytest.mark.parametrize(
    ("line", "role"),
    [
        ("-i https://x.test/simple", "primary"),
        ("--index-url=https://x.test/simple", "primary"),
        ("--extra-index-url https://x.test/simple", "extra"),
        ("-f https://x.test/simple", "find-links"),
        ("--find-links https://x.test/simple --pre", "find-links"),
    ],
)
def test_indexes_are_noted_with_their_role_and_place(line, role):
    text, manifest = read(f"\n{line}\n")
    (index,) = manifest.indexes
    assert (index.url, index.role) == ("https://x.test/simple", role)
    assert text.value[index.start : index.end] == index.url


def test_switches_of_the_file_are_noted():
    _, manifest = read("--pre\n--require-hashes\n--no-binary :all:\n--trusted-host x.test\ntorch\n")
    assert manifest.prerelease
    assert manifest.hashes_required
    assert manifest.errors == ()


def test_editable_and_local_requirements_are_local():
    _, manifest = read(
        "-e .[dev]\n--editable ./lib\n./wheels/x-1.0-py3-none-any.whl\n-e git+https://x.test/a.git#egg=a\n"
    )
    assert [e.spec.origin for e in manifest.entries] == ["local", "local", "local", "vcs"]


def test_an_environment_variable_is_not_known():
    _, manifest = read("torch==${TORCH}\n")
    assert manifest.entries[0].spec.pinned is None


def test_a_line_that_is_no_requirement_is_reported_and_the_rest_still_read():
    text, manifest = read("torch\nfoo = 1\nvllm\n")
    assert [e.spec.name for e in manifest.entries] == ["torch", "vllm"]
    ((start, end, reason),) = manifest.errors
    assert text.value[start:end] == "foo = 1"
    assert reason


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.text(alphabet="tor=2.1-r c#\\\n\r\x0c\"'[];@:/$", max_size=60))
def test_no_text_makes_it_fail_and_every_place_is_inside(value):
    text, manifest = read(value)
    for entry in manifest.entries:
        assert 0 <= entry.start < entry.end <= len(text.value)
    for start, end, _ in manifest.errors:
        assert 0 <= start <= end <= len(text.value)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(st.lists(st.sampled_from(["torch==2.1", "vllm", "# c", "", "-r x.txt", "a==1 --hash=sha256:aa"]), max_size=12))
def test_no_line_is_lost(lines):
    _, manifest = read("\n".join(lines))
    said = len(manifest.entries) + len(manifest.includes)
    assert said == sum(bool(line) and not line.startswith("#") for line in lines)


def test_a_long_line_takes_linear_time():
    _, manifest = read("torch " + "--hash=sha256:aa " * 50_000 + "\n" + "a" * 1_000_000)
    assert manifest.entries[0].spec.hashed
    assert len(manifest.errors) == 1


def test_a_file_of_too_many_requirements_is_cut_and_says_so():
    _, manifest = read("a\n" * (MAX_ENTRIES + 5))
    assert len(manifest.entries) == MAX_ENTRIES
    assert [reason for *_, reason in manifest.errors] == [TOO_MANY]
