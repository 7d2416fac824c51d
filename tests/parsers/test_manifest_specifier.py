"""A Python requirement means here what it means to pip; ``packaging`` is the judge."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from scanner.parsers.manifests import specifier

names = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?", fullmatch=True)
versions = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,3}((a|b|rc)[0-9])?(\.post[0-9])?(\.dev[0-9])?", fullmatch=True)
clauses = st.one_of(
    st.builds("{}{}".format, st.sampled_from(["==", "!=", ">=", "<=", ">", "<", "== ", " >="]), versions),
    st.builds("~={}.1".format, st.integers(0, 99)),
    st.builds("{}{}.*".format, st.sampled_from(["==", "!="]), st.integers(0, 99)),
    st.builds("=={}+{}".format, st.from_regex(r"[0-9]\.[0-9]", fullmatch=True), st.sampled_from(["cu118", "cpu.1"])),
)
extras = st.lists(names, max_size=2).map(lambda each: f"[{', '.join(each)}]" if each else "")
markers = st.sampled_from(["", '; python_version < "3.9"', " ; sys_platform == 'linux'", "; extra == 'x'"])
specifiers = st.one_of(st.lists(clauses, max_size=3).map(", ".join), st.builds("==={}".format, versions))
written = st.builds("{}{}{}{}".format, names, extras, specifiers, markers)
nearly = st.text(alphabet="aZ9._-[]<>=!~,;@ ()*+'\"\\$#/:\n\t", max_size=24)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(written)
def test_names_versions_extras_and_markers_are_those_that_packaging_reads(text):
    judged, read = Requirement(text), specifier.read(text)
    assert read.name == canonicalize_name(judged.name)
    assert SpecifierSet(read.specifier) == judged.specifier
    assert set(read.extras) == {canonicalize_name(extra) for extra in judged.extras}
    assert bool(read.marker) == (judged.marker is not None)
    exact = {
        s.version for s in judged.specifier if s.operator == "===" or (s.operator == "==" and s.version[-1] != "*")
    }
    assert read.pinned == bool(exact)
    assert not (read.pinned and read.bounded)
    assert read.version in (exact if len(exact) == 1 and "," not in read.specifier else {*exact, ""})


@settings(max_examples=500, derandomize=True, deadline=None)
@given(st.one_of(nearly, st.builds("a{}".format, nearly), st.builds("torch{}".format, nearly)))
def test_what_packaging_accepts_is_accepted_and_nothing_else_than_value_error_is_raised(text):
    try:
        read = specifier.read(text)
    except ValueError:
        read = None
    try:
        judged = Requirement(text)
    except InvalidRequirement:
        return
    assert read is not None
    if judged.url is None:
        assert (read.name, SpecifierSet(read.specifier)) == (canonicalize_name(judged.name), judged.specifier)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(
    names, st.sampled_from(["https://x.test/a-1.2.zip", "git+https://x.test/r.git@main", "file:///tmp/x.whl"]), markers
)
def test_a_direct_reference_keeps_its_name_and_url(name, url, marker):
    marker = f" {marker}" if marker.startswith(";") else marker
    read, judged = specifier.read(f"{name} @ {url}{marker}"), Requirement(f"{name} @ {url}{marker}")
    assert read.name == canonicalize_name(judged.name)
    assert judged.url is not None
    assert read.url.removeprefix("file://") == judged.url.removeprefix("file://")


COMMIT = "0123456789abcdef" * 2 + "01234567"
HASH = "sha256=" + "ab" * 32


@pytest.mark.parametrize(
    ("text", "name", "origin", "pinned"),
    [
        ("torch", "torch", "index", False),
        ("torch==2.1.0", "torch", "index", True),
        ("torch===2.1.0", "torch", "index", True),
        ("torch==2.1.0+cu118", "torch", "index", True),
        ("torch==2.*", "torch", "index", False),
        ("torch>=2,<3", "torch", "index", False),
        ("torch~=2.1", "torch", "index", False),
        ("torch (==2.1)", "torch", "index", True),
        ("Torch_Vision.x==1", "torch-vision-x", "index", True),
        ("torch==${VERSION}", "torch", "index", None),
        ("torch${PIN}", "torch", "index", None),
        ("torch>=${VERSION}", "torch", "index", False),
        ("torch[${EXTRAS}]==2.1", "torch", "index", True),
        ("git+https://x.test/huggingface/transformers", "transformers", "vcs", False),
        ("git+https://x.test/huggingface/transformers.git@main", "transformers", "vcs", False),
        (f"git+https://x.test/a/b.git@{COMMIT}", "b", "vcs", True),
        (f"git+https://x.test/a/b.git@{COMMIT}#egg=c&subdirectory=d", "c", "vcs", True),
        (f"c @ git+ssh://git@x.test/a/b.git@{COMMIT}", "c", "vcs", True),
        ("git+ssh://git@x.test/a/b.git", "b", "vcs", False),
        ("git+https://x.test/a/b@${REF}", "b", "vcs", None),
        ("git+https://x.test/a/b@v1.2.3", "b", "vcs", False),
        ("hg+https://x.test/a/b@abc", "b", "vcs", False),
        ("https://x.test/w/torch-2.1.0%2Bcu118-cp310-cp310-linux_x86_64.whl", "torch", "url", True),
        (f"https://x.test/any.whl#{HASH}", "", "url", True),
        ("https://x.test/archive/main.zip", "", "url", False),
        (f"https://x.test/archive/{COMMIT}.zip", "", "url", True),
        ("foo @ https://x.test/archive/main.zip", "foo", "url", False),
        (".", "", "local", True),
        (".[gpu]", "", "local", True),
        ("./package", "", "local", True),
        ("/wheels/*.whl", "", "local", True),
        ("torch-2.1.0-cp310-cp310-linux_x86_64.whl", "torch", "local", True),
        ("file:///wheels/torch-2.1.0-py3-none-any.whl", "torch", "local", True),
    ],
)
def test_pinned_means_that_only_one_release_fits(text, name, origin, pinned):
    read = specifier.read(text)
    assert (read.name, read.origin, read.pinned) == (name, origin, pinned)


@pytest.mark.parametrize(
    "text", ["torch=2.1", "torch 2.1", "torch==", "=", "", "torch==1 2", "a" * 9000, "x @ ", "[a]"]
)
def test_what_pip_refuses_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        specifier.read(text)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("torch==2.1", "2.1"),
        ("torch>=2", ""),
        ("torch==${V}", None),
        ("x @ https://x.test/x-1.2-py3-none-any.whl", "1.2"),
    ],
)
def test_the_version_is_the_one_asked_for(text, version):
    assert specifier.read(text).version == version


def test_only_not_equal_is_no_bound():
    assert specifier.read("torch!=2.0").bounded is False
    assert specifier.read("torch>=2.0").bounded is True


@pytest.mark.parametrize(
    ("marker", "elsewhere"),
    [
        ("sys_platform == 'win32'", True),
        ("platform_system=='Darwin'", True),
        ('sys_platform != "linux"', True),
        ("sys_platform == 'win32' or python_version > '3'", False),
        ("sys_platform == 'linux'", False),
        ("python_version < '3.8'", False),
        ("sys_platform == 'win32' and python_version > '3'", True),
        ("platform_system == 'Linux' and platform_machine == 'aarch64'", False),
        ("sys_platform == 'linux' and python_version < '3'", True),
        ("sys_platform is no marker", False),
        ("(" * 8000 + "sys_platform == 'win32'", False),
    ],
)
def test_a_marker_for_other_systems_is_noticed(marker, elsewhere):
    assert specifier.read(f"x; {marker}").elsewhere is elsewhere


def test_credentials_in_urls_are_masked():
    read = specifier.read("x @ https://" + "user:word" + "@x.test/x.zip")
    assert read.url == "https://***@x.test/x.zip"
    assert "word" not in read.specifier


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("==3", "3.0.0"),
        ("==3.0.0.0", "3.0.0"),
        ("==03.0", "3.0.0"),
        ("==3.0.0.post1", ""),
        ("===3.0.0", "3.0.0"),
        ("", ""),
    ],
)
def test_a_pin_means_a_release_however_it_is_written(text, found):
    assert specifier.newest(text, ["1.0", "3.0.0"]) == found


GRID = [f"{a}.{b}.{c}" for a in range(3) for b in range(4) for c in range(4)]


@settings(max_examples=300, derandomize=True, deadline=None)
@given(
    st.lists(st.builds("{}{}".format, st.sampled_from(["==", "!=", ">=", "<=", ">", "<", "~="]), st.sampled_from(GRID)), max_size=3),
    st.lists(st.sampled_from(GRID[:30]), min_size=1, max_size=3),
)  # fmt: skip
def test_the_newest_release_that_a_specifier_can_mean_is_the_newest_of_all_that_it_admits(clauses, releases):
    text = ",".join(clauses)
    found = specifier.newest(text, releases)
    admitted = [version for version in GRID if version in SpecifierSet(text)]
    if found:
        assert found in releases
        assert admitted[-1] == found
    elif len(clauses) == 1 and clauses[0].startswith("==") and clauses[0][2:] in releases:
        pytest.fail("a pin means its release")
