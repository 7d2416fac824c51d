"""Settings come from flags, environment, file and defaults, in this order, and every slip is named."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scanner.config import Settings, settings
from scanner.config.reader import KEYS
from scanner.errors import ConfigError, UsageError
from scanner.model.rule import Severity


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A repository with a folder inside, which is the current folder; writes files relative to the repository."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")

    def write(text, name=".hullcheck.yaml"):
        (tmp_path / name).write_text(text)
        return tmp_path

    return write


def load(flags=None, environ=None, **options):
    return settings(flags or {}, environ=environ or {}, **options)


def test_defaults(here):
    assert load() == Settings(build_args={})
    assert load().fail_on is Severity.LOW


def test_every_key_of_the_file_is_a_setting():
    assert {key.replace("-", "_") for key in KEYS} == set(Settings.field_names()) - {"ignores", "file"}


WHOLE = """\
fail-on: high
profile: strict
select: [apt-*, root-user]
ignore:
  - apt-lists
  - rule: DL3008
    path: docker/**
    reason: mirrored
    until: 2027-01-31
rules: [my-rules, /etc/rules]
baseline: base.json
build-args: {CUDA: 12.10, EMPTY: "", FROM_OUTSIDE: , N: 3}
target: 2
context: ctx
mirrors: {docker.io: [one.example.com, two.example.com/hub], ghcr.io: "http://cache:5000", quay.io: []}
exclude: ["old/**"]
format: [json, sarif]
jobs: 4
allow-incomplete: true
exit-zero: true
show-undecided: true
show-suppressed: true
"""


def test_a_file_can_say_everything(here):
    root = here(WHOLE)
    found = load(environ={"FROM_OUTSIDE": "x"})
    (entry,) = found.ignores

    assert found.replace(ignores=()) == Settings(
        fail_on=Severity.HIGH,
        profile="strict",
        select=("apt-*", "root-user"),
        ignore=("apt-lists",),
        rules=("../../my-rules", "/etc/rules"),
        baseline="../../base.json",
        build_args={"CUDA": "12.10", "EMPTY": "", "FROM_OUTSIDE": "x", "N": "3"},
        target="2",
        context="../../ctx",
        mirrors={
            "docker.io": ("one.example.com", "two.example.com/hub"),
            "ghcr.io": ("http://cache:5000",),
            "quay.io": (),
        },
        exclude=("old/**",),
        format=("json", "sarif"),
        jobs=4,
        allow_incomplete=True,
        exit_zero=True,
        show_undecided=True,
        show_suppressed=True,
        file="../../.hullcheck.yaml",
    )
    assert (entry.rule, entry.path, entry.reason, entry.until) == ("DL3008", "docker/**", "mirrored", "2027-01-31")
    assert (entry.folder, str(entry.at)) == (str(root), "../../.hullcheck.yaml:6:1")


TOML = """\
[project]
name = "x"

[tool.hullcheck]
fail-on = "high"
select = ["apt-*"]
ignore = ["apt-lists", { rule = "root-user", reason = "sandboxed", until = 2027-01-31 }]
jobs = 2
exit-zero = true

[tool.hullcheck.build-args]
CUDA = "12.4"
"""


def test_pyproject_says_the_same(here):
    here(TOML, "pyproject.toml")
    found = load()
    (entry,) = found.ignores
    assert (found.fail_on, found.select, found.ignore, found.jobs) == (Severity.HIGH, ("apt-*",), ("apt-lists",), 2)
    assert (found.exit_zero, found.build_args, found.file) == (True, {"CUDA": "12.4"}, "../../pyproject.toml")
    assert (entry.rule, entry.path, entry.until) == ("root-user", "**", "2027-01-31")


def test_flags_come_before_environment_before_file(here):
    here("fail-on: high\nprofile: strict\njobs: 4\nselect: [a]\nbuild-args: {A: file, B: file, C: file}\n")
    environ = {"HULLCHECK_FAIL_ON": "medium", "HULLCHECK_JOBS": "1", "HULLCHECK_BUILD_ARGS": "B=env,C=env"}
    found = load({"fail_on": "critical", "build_args": ("C=flag",), "profile": None, "select": ()}, environ)

    assert found.fail_on is Severity.CRITICAL
    assert found.jobs == 1
    assert found.profile == "strict"
    assert found.select == ("a",)
    assert found.build_args == {"A": "file", "B": "env", "C": "flag"}


def test_one_credential_is_ignored_by_its_fingerprint(here):
    here("ignore: [{fingerprint: 0123456789abcdef01234567, reason: revoked}]\n")
    (entry,) = load().ignores
    assert (entry.fingerprint, entry.rule, entry.path) == ("0123456789abcdef01234567", "*", "**")


def test_flags_replace_the_names_to_ignore_but_not_the_ignores_with_a_reason(here):
    here("ignore: [a, {rule: b, reason: why}]\n")
    found = load({"ignore": ("c",)})
    assert found.ignore == ("c",)
    assert [entry.rule for entry in found.ignores] == ["b"]


@pytest.mark.parametrize(("name", "words", "value"), [
    ("EXIT_ZERO", "1", True), ("EXIT_ZERO", "false", False), ("EXIT_ZERO", "Yes", True),
    ("SELECT", "a, b,", ("a", "b")),
    ("RULES", "mine", ("mine",)), ("CONTEXT", "ctx", "ctx"), ("TARGET", "7", "7"), ("FORMAT", "json", ("json",)),
    ("IGNORE", "a", ("a",)), ("PROFILE", "strict", "strict"), ("PROFILE", "  ", "default"),
    ("MIRRORS", "docker.io=a, docker.io=b/c, quay.io=, ghcr.io=http://d",
     {"docker.io": ("a", "b/c"), "quay.io": (), "ghcr.io": ("http://d",)}),
])  # fmt: skip
def test_a_variable_says_what_the_flag_says(here, name, words, value):
    assert getattr(load(environ={f"HULLCHECK_{name}": words}), name.lower()) == value


def test_variables_that_are_no_settings_are_left_alone(here):
    assert load(environ={"HULLCHECK_VERSION": "1.0"}) == load()


def test_a_build_argument_without_value_comes_from_the_environment(here):
    found = load({"build_args": ("HERE", "NOT_HERE", "EMPTY=", "EQ=a=b")}, {"HERE": "x"})
    assert found.build_args == {"HERE": "x", "EMPTY": "", "EQ": "a=b"}


def test_the_nearest_file_counts(here):
    root = here("jobs: 2\n")
    (root / "a" / ".hullcheck.yml").write_text("jobs: 3\n")
    (root / "a" / "pyproject.toml").write_text("[tool.hullcheck]\njobs = 5\n")
    (root / "a" / "b" / "pyproject.toml").write_text("[tool.other]\njobs = 4\n")
    assert (load().jobs, load().file) == (3, "../.hullcheck.yml")


def test_nothing_above_the_repository_is_read(here, tmp_path):
    here("jobs: 2\n")
    (tmp_path / "a" / ".git").write_text("gitdir: elsewhere\n")
    assert load().file == ""


def test_outside_a_repository_only_the_folder_itself_is_read(here, tmp_path):
    here("jobs: 2\n")
    (tmp_path / ".git").rmdir()
    assert load().file == ""
    assert load(folder=str(tmp_path)).jobs == 2


def test_a_file_that_is_named_is_the_one_that_is_read(here):
    here("jobs: 2\n")
    root = here("jobs: 9\n", "other.yaml")
    assert load(config=str(root / "other.yaml")).jobs == 9


@pytest.mark.parametrize("text", ["", "# nothing\n"])
def test_an_empty_file_says_nothing(here, text):
    here(text)
    assert load() == Settings(build_args={}, file="../../.hullcheck.yaml")


@pytest.mark.parametrize(("text", "reason", "hint"), [
    ("jobs: 2\nfail_on: high\n", "2: the configuration has no key 'fail_on'", "did you mean fail-on?"),
    ("fail-on: hihg\n",
     "1: 'fail-on' should be one of info, low, medium, high, critical; found 'hihg'", "did you mean high?"),
    ("profile: [strict]\n", "1: 'profile' should be one of default, strict; found a list", ""),
    ("format: [jsno]\n", "1: 'format' should be one of text, json, sarif, oscal, requirements, openvex; found 'jsno'", "did you mean json?"),
    ("select: apt\n", "1: 'select' should be a list with something in it, found 'apt'", ""),
    ("select:\n  - a\n  - 1\n", "3: each of 'select' should be text, found 1", 'write it in quotes: "1"'),
    ("jobs: 0\n", "1: 'jobs' should be a number from 1 to 256, found 0", ""),
    ("jobs: many\n", "1: 'jobs' should be a number from 1 to 256, found 'many'", ""),
    ("cache-limit: -1\n", "1: 'cache-limit' should be a number from 0 to 1048576, found -1", ""),
    ("jobs: true\n", "1: 'jobs' should be a number from 1 to 256, found true", ""),
    ("exit-zero: yes\n", "1: 'exit-zero' should be true or false, found 'yes'", ""),
    ("baseline: {}\n", "1: 'baseline' should be text, found an empty mapping", ""),
    ("build-args: [=x]\n", "1: build argument '=x' should be NAME=value", ""),
    ("build-args:\n  A: 1\n  B: [x]\n", "3: build argument B should be one word, found a list", ""),
    ("build-args: x\n", "1: 'build-args' should be a list with something in it, found 'x'", ""),
    ("mirrors:\n  a: {b: c}\n", "2: a mirror of a should be one word, found a mapping", ""),
    ("mirrors: x\n", "1: 'mirrors' should be a mapping (key: value), found 'x'", ""),
    ("ignore:\n  - rule: a\n", "2: an ignore needs 'reason'", ""),
    ("ignore:\n  - fingerprint: abc\n    reason: b\n", "2: 'fingerprint' should be 24 hexadecimal digits",
     "a JSON report has it in the fact of a finding"),
    ("ignore:\n  - rule: a\n    reason: b\n    untill: x\n", "4: an ignore has no key 'untill'", "did you mean until?"),
    ("ignore:\n  - rule: a\n    reason: b\n    until: soon\n",
     "4: 'until' should be a date, found 'soon'", "write it YYYY-MM-DD"),
    ("- a\n", "1: the configuration should be a mapping (key: value), found a list", ""),
    ("a: [\n", "2: not YAML: did not find expected node content", ""),
])  # fmt: skip
def test_a_slip_in_the_file_says_where_it_is(here, text, reason, hint):
    here(text)
    with pytest.raises(ConfigError) as caught:
        load()
    assert (str(caught.value), caught.value.hint) == (f"../../.hullcheck.yaml:{reason}", hint)


@pytest.mark.parametrize(("text", "reason"), [
    ("[tool.hullcheck]\njobs = 2\nfial-on = 'high'\n", "3: the configuration has no key 'fial-on'"),
    ("[tool.hullcheck]\nselect = 'a'\n", "2: 'select' should be a list with something in it, found 'a'"),
    ("[tool]\nx = 1\n[tool.hullcheck.build-argz]\nA = 'b'\n", "3: the configuration has no key 'build-argz'"),
    ("[tool.hullcheck]\njobs = 1.5\n", "2: 'jobs' should be a number from 1 to 256, found '1.5'"),
    ("[tool.hullcheck]\njobs = \n", "2: not TOML: Invalid value (at line 2, column 8)"),
    ("[tool]\nhullcheck = 1\n# [tool.hullcheck]", "1: the configuration should be a mapping (key: value), found 1"),
])  # fmt: skip
def test_a_slip_in_pyproject_says_where_it_is(here, text, reason):
    here(text, "pyproject.toml")
    with pytest.raises(ConfigError) as caught:
        load()
    assert str(caught.value) == f"../../pyproject.toml:{reason}"


@pytest.mark.parametrize(("name", "words", "reason"), [
    ("HULLCHECK_FAIL_ON", "hig", "'fail-on' should be one of info, low, medium, high, critical; found 'hig'"),
    ("HULLCHECK_JOBS", "x", "'jobs' should be a number from 1 to 256, found 'x'"),
    ("HULLCHECK_EXIT_ZERO", "maybe", "'exit-zero' should be true or false, found 'maybe'"),
    ("HULLCHECK_MIRRORS", "=x", "each of 'mirrors' should be REGISTRY=MIRROR"),
    ("HULLCHECK_BUILD_ARGS", "=x", "build argument '=x' should be NAME=value"),
])  # fmt: skip
def test_a_slip_in_a_variable_names_it(here, name, words, reason):
    with pytest.raises(ConfigError) as caught:
        load(environ={name: words})
    assert str(caught.value) == f"{name}: {reason}"


def test_a_pyproject_that_only_mentions_us_says_nothing(here):
    here("tool = 1\n# [tool.hullcheck]\n", "pyproject.toml")
    assert load() == Settings(build_args={}, file="../../pyproject.toml")


def test_two_files_side_by_side_are_an_error(here):
    here("jobs: 2\n")
    here("jobs: 3\n", ".hullcheck.yml")
    with pytest.raises(ConfigError) as caught:
        load()
    assert str(caught.value) == "../../.hullcheck.yaml: .hullcheck.yml stands beside it"
    assert caught.value.hint == "keep one of the two"


def test_a_file_that_is_not_there_is_an_error(here):
    with pytest.raises(ConfigError, match=r"none\.yaml:1: cannot be read: No such file or directory"):
        load(config="none.yaml")
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read: No such file or directory"):
        load(config="none.toml")


def test_a_build_argument_without_name_is_an_error(here):
    with pytest.raises(UsageError, match="build argument '=x' should be NAME=value"):
        load({"build_args": ("=x",)})


def test_without_a_file_no_reader_is_loaded(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.other]\n")
    code = (
        "import sys; from scanner.config import settings; settings({})\n"
        "print([m for m in ('yaml', 'tomllib', 'json', 'pathlib', 'inspect', 'difflib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "[]\n"
