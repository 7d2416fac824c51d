"""Project files and lock files in TOML: what they say, and where."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.model.location import Text
from scanner.parsers.manifests import locks, pyproject
from scanner.parsers.manifests.entries import MAX_ENTRIES, TOO_MANY
from scanner.parsers.manifests.places import Toml

COMMIT = "0123456789abcdef" * 2 + "01234567"


def shown(manifest, text):
    return [(text.value[e.start : e.end], text.place(e.start), e.spec.name, e.spec.pinned) for e in manifest.entries]


def project(value, extras=None, **how):
    text = Text.of_file("pyproject.toml", value)
    manifest = pyproject.read(text, extras, **how)
    return shown(manifest, text), manifest


def test_project_dependencies_stand_at_their_own_strings():
    found, manifest = project(
        '# "torch>=2"\n[project]\nname = "My.App"\ndependencies = [\n  "torch>=2",  # "torch>=2"\n'
        '  "x==1; python_version < \\"3.9\\"",\n  \'vllm==0.6\',\n]\n'
    )
    assert manifest.name == "my-app"
    assert found == [
        ("torch>=2", (5, 4), "torch", False),
        ('x==1; python_version < \\"3.9\\"', (6, 4), "x", True),
        ("vllm==0.6", (7, 4), "vllm", True),
    ]


OPTIONAL = """
[project]
dependencies = ["a==1"]
[project.optional-dependencies]
gpu = ["torch"]
docs = ["sphinx"]
[dependency-groups]
dev = ["pytest", {include-group = "x"}]
"""


@pytest.mark.parametrize(
    ("extras", "groups", "names"),
    [
        ((), False, ["a"]),
        (("gpu",), False, ["a", "torch"]),
        (None, False, ["a", "torch", "sphinx"]),
        ((), True, ["a", "pytest"]),
    ],
)
def test_only_the_wanted_extras_and_groups_count(extras, groups, names):
    _, manifest = project(OPTIONAL, extras, groups=groups)
    assert [entry.spec.name for entry in manifest.entries] == names


def test_poetry_tables_are_read_in_poetry_s_own_terms():
    found, _ = project(
        '[tool.poetry]\nname = "x"\n[tool.poetry.dependencies]\npython = "^3.9"\ntorch = "^2.1"\nvllm = "0.6.1"\n'
        'any = "*"\nnear = "~1.2"\nlow = ">=1,<2"\ngit = {git = "https://x.test/r.git", rev = "'
        + COMMIT
        + '"}\nbranch = {git = "https://x.test/r.git", branch = "main"}\nhere = {path = "../here"}\n'
        'full = {version = "1.2.3", extras = ["cuda"]}\nwin = {version = "*", markers = "sys_platform == \'win32\'"}\n',
    )
    assert [(name, pinned) for _, _, name, pinned in found] == [
        ("torch", False),
        ("vllm", True),
        ("any", False),
        ("near", False),
        ("low", False),
        ("git", True),
        ("branch", False),
        ("here", True),
        ("full", True),
        ("win", False),
    ]
    assert found[0][:2] == ('torch = "^2.1"', (5, 1))


def test_poetry_groups_count_only_when_wanted():
    value = '[tool.poetry.dependencies]\na = "1.0"\n[tool.poetry.group.dev.dependencies]\nb = "1.0"\n'
    assert [e.spec.name for e in project(value)[1].entries] == ["a"]
    assert [e.spec.name for e in project(value, groups=True)[1].entries] == ["a", "b"]


def test_uv_sources_tell_where_a_package_comes_from():
    _, manifest = project(
        '[project]\ndependencies = ["a", "b>=1", "c", "d"]\n[tool.uv.sources]\n'
        'a = {git = "https://x.test/a.git", rev = "' + COMMIT + '"}\nb = {workspace = true}\nc = {index = "torch"}\n'
        'd = {git = "https://x.test/d.git", tag = "v1"}\n'
    )
    assert [(e.spec.origin, e.spec.pinned) for e in manifest.entries] == [
        ("vcs", True),
        ("local", True),
        ("index", False),
        ("vcs", False),
    ]


def test_indexes_of_uv_poetry_and_pdm_are_noted_unless_explicit():
    text = Text.of_file(
        "pyproject.toml",
        '[tool.uv]\nextra-index-url = ["https://a.test/"]\nindex-strategy = "unsafe-best-match"\nprerelease = "allow"\n'
        '[[tool.uv.index]]\nname = "b"\nurl = "https://b.test/"\n'
        '[[tool.uv.index]]\nurl = "https://c.test/"\nexplicit = true\n'
        '[[tool.uv.index]]\nurl = "https://d.test/"\ndefault = true\n'
        '[[tool.poetry.source]]\nurl = "https://e.test/"\npriority = "supplemental"\n'
        '[[tool.pdm.source]]\nurl = "https://f.test/"\n',
    )
    manifest = pyproject.read(text)
    assert {(i.url, i.role) for i in manifest.indexes} == {
        ("https://a.test/", "extra"),
        ("https://b.test/", "extra"),
        ("https://d.test/", "primary"),
        ("https://e.test/", "extra"),
        ("https://f.test/", "extra"),
    }
    assert all(text.value[i.start : i.end] == i.url for i in manifest.indexes)
    assert (manifest.strategy, manifest.prerelease) == ("unsafe-best-match", True)


def test_a_pipfile_lists_packages_sources_and_switches():
    text = Text.of_file(
        "Pipfile",
        '[[source]]\nurl = "https://a.test/"\n[[source]]\nurl = "https://b.test/"\n[packages]\ntorch = "*"\n'
        'vllm = "==0.6.1"\n"my.pkg" = {version = ">=1"}\nhere = {path = ".", editable = true}\n'
        'vcs = {git = "https://x.test/r.git", ref = "main"}\n[dev-packages]\npytest = "*"\n'
        "[pipenv]\nallow_prereleases = true\n",
    )
    manifest = pyproject.pipfile(text)
    assert [(name, pinned) for _, _, name, pinned in shown(manifest, text)] == [
        ("torch", False),
        ("vllm", True),
        ("my-pkg", False),
        ("here", True),
        ("vcs", False),
    ]
    assert shown(manifest, text)[2][:2] == ('"my.pkg" = {version = ">=1"}', (8, 1))
    assert [i.role for i in manifest.indexes] == ["primary", "extra"]
    assert manifest.prerelease
    assert len(pyproject.pipfile(text, groups=True).entries) == 6


def test_a_uv_lock_pins_every_package_but_the_project_itself():
    text = Text.of_file(
        "uv.lock",
        'version = 1\n[[package]]\nname = "app"\nversion = "0.1"\nsource = { editable = "." }\n\n'
        '[[package]]\nname = "torch"\nversion = "2.1.0"\nsource = { registry = "https://x.test" }\n'
        'wheels = [{ url = "https://x.test/t.whl", hash = "sha256:aa" }]\n'
        '[[package]]\nname = "r"\nversion = "1"\nsource = { git = "https://x.test/r.git?rev=main#' + COMMIT + '" }\n',
    )
    manifest = locks.read(text)
    assert shown(manifest, text) == [("torch", (8, 9), "torch", True), ("r", (13, 9), "r", True)]
    torch, repository = (entry.spec for entry in manifest.entries)
    assert (torch.version, torch.hashed, torch.specifier) == ("2.1.0", True, "==2.1.0")
    assert (repository.origin, repository.commit_pinned) == ("vcs", True)


def test_a_poetry_lock_pins_every_package():
    text = Text.of_file(
        "poetry.lock",
        '[[package]]\nname = "Torch"\nversion = "2.1.0"\nfiles = [{file = "t.whl", hash = "sha256:aa"}]\n'
        '[package.dependencies]\nname = "x"\n[[package]]\nname = "r"\nversion = "1"\nfiles = []\n[package.source]\n'
        'type = "git"\nurl = "https://x.test/r.git"\nreference = "main"\nresolved_reference = "' + COMMIT + '"\n',
    )
    found = shown(locks.read(text), text)
    assert found == [("Torch", (2, 9), "torch", True), ("r", (8, 9), "r", True)]


def test_a_pylock_pins_every_package():
    text = Text.of_file(
        "pylock.toml",
        'lock-version = "1.0"\n[[packages]]\nname = "torch"\nversion = "2.1.0"\n[[packages.wheels]]\nname = "t.whl"\n'
        'hashes = {sha256 = "aa"}\n[[packages]]\nname = "here"\ndirectory = {path = "."}\n'
        '[[packages]]\nname = "r"\nvcs = {type = "git", url = "https://x.test/r.git", commit-id = "' + COMMIT + '"}\n',
    )
    manifest = locks.read(text)
    assert shown(manifest, text) == [("torch", (3, 9), "torch", True), ("r", (12, 9), "r", True)]
    assert manifest.entries[0].spec.hashed


def test_a_pipfile_lock_pins_every_package():
    text = Text.of_file(
        "Pipfile.lock",
        '{"_meta": {"hash": {"sha256": "x"}},\n "default": {\n'
        '  "torch": {"version": "==2.1.0", "hashes": ["sha256:a"]},\n'
        '  "r": {"git": "https://x.test/r.git", "ref": "'
        + COMMIT
        + '"}},\n "develop": {\n  "pytest": {"version": "==8"}}}',
    )
    assert shown(locks.pipfile_lock(text), text) == [("torch", (3, 4), "torch", True), ("r", (4, 4), "r", True)]
    assert shown(locks.pipfile_lock(text, groups=True), text)[2] == ("pytest", (6, 4), "pytest", True)


@pytest.mark.parametrize("read", [pyproject.read, pyproject.pipfile, locks.read, locks.pipfile_lock])
@pytest.mark.parametrize("value", ["[", "a = ", '{"a": ', "x = " + "[" * 5000, "[" * 100_000])
def test_what_is_no_toml_or_json_is_a_value_error(read, value):
    with pytest.raises(ValueError, match=r"."):
        read(Text.of_file("x", value))


@pytest.mark.parametrize("read", [pyproject.read, pyproject.pipfile, locks.read])
@pytest.mark.parametrize(
    "value",
    [
        "project = 1",
        "project = {dependencies = 1}",
        "project = {dependencies = [1, [2]]}",
        "tool = {poetry = {dependencies = {a = 1, b = [1], c = {git = 2}}}}",
        "tool = {uv = {sources = {a = 1}, index = [1]}}",
        "package = 1",
        "package = [1, {name = 2}, {name = 'a', source = 1, wheels = 1}]",
        "packages = {a = 1}",
        "source = [1, {url = 2}]",
    ],
)
def test_unexpected_types_say_nothing_and_break_nothing(read, value):
    assert read(Text.of_file("x", value)).indexes == ()


@settings(max_examples=150, derandomize=True, deadline=None)
@given(
    st.lists(
        st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=12),
        max_size=6,
    ),
    st.sampled_from(["\n", "  ", " # \"a\" 'b' [t]\n"]),
)
def test_every_string_is_found_where_it_stands(strings, between):
    quoted = ["'" + s + "'" if s.isprintable() and "'" not in s else _basic(s) for s in strings]
    value = "other = 'x'\n[t]\na = [" + "".join(f"{q},{between}" for q in quoted) + "\n]\n"
    toml = Toml(value)
    assert toml.data["t"]["a"] == strings
    for text in strings:
        start, end = toml.string(text, toml.table("t"))
        assert value[start:end] == text or "\\" in value[start:end]
        assert value[start - 1] in "\"'"


def _basic(text):
    return '"' + "".join(f"\\U{ord(char):08x}" for char in text) + '"'


def test_files_of_too_many_packages_are_cut_and_say_so():
    many = range(MAX_ENTRIES + 5)
    lock = locks.read(Text.of_file("uv.lock", "".join(f"[[package]]\nname='p{n}'\nversion='1'\n" for n in many)))
    table = "[tool.poetry.dependencies]\n" + "".join(f"p{n}='1'\n" for n in many)
    for manifest in (lock, pyproject.read(Text.of_file("pyproject.toml", table))):
        assert len(manifest.entries) == MAX_ENTRIES
        assert [reason for *_, reason in manifest.errors] == [TOO_MANY]
