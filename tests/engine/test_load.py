"""Rules are compiled once and read back from the cache; a bad cache is as good as none."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from scanner import knowledge
from scanner.engine import cache, compile
from scanner.engine.load import load
from scanner.errors import RuleError


@pytest.fixture
def home(folder, read, monkeypatch):
    """A rule folder that stands for the program's own."""
    monkeypatch.setattr(knowledge, "folder", lambda: str(folder))
    read()
    return folder


@pytest.fixture
def kept(tmp_path):
    """The files in the cache."""
    return lambda: sorted((tmp_path / "cache" / "hullcheck").glob("*"))


@pytest.fixture
def compilations(monkeypatch):
    """The folders that were compiled."""
    seen = []
    real = compile.rule_files
    monkeypatch.setattr(compile, "rule_files", lambda folder: seen.append(folder) or real(folder))
    return seen


def test_what_is_read_back_is_what_was_compiled(home, compilations):
    first, second = load(), load()

    assert first == second
    assert compilations == [str(home)]
    assert first[0].when == ("test", "is_root", "is", True)
    assert str(second[0].severity) == "high"


def test_only_the_user_can_read_or_write_what_is_kept(home, kept):
    load()
    (file,) = kept()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("change", ["edit", "touch", "new", "list"])
def test_a_change_is_seen(home, read, compilations, change):
    before = load()
    if change == "edit":
        read(("severity: high", "severity: info"))
    elif change == "touch":
        os.utime(home / "root-user.yaml", (1, 1))
    elif change == "new":
        read(("id: root-user", "id: other"), name="other.yaml")
    else:
        (home / "lists").mkdir()
        (home / "lists" / "x.txt").write_text("a")
    after = load()

    assert len(compilations) == 2
    assert (before == after) is (change in {"touch", "list"})


@pytest.mark.parametrize("spoil", [
    lambda data: b"",
    lambda data: data[: len(data) // 2],
    lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    lambda data: data + b"x",
    lambda data: b"x" + data,
    lambda data: data[:20] + b"\xff" * 12 + data[32:],
    lambda data: bytes(len(data)),
])  # fmt: skip
def test_a_spoiled_cache_is_compiled_again(home, kept, compilations, spoil):
    rules = load()
    (file,) = kept()
    file.write_bytes(spoil(file.read_bytes()))

    assert load() == rules
    assert len(compilations) == 2
    assert load() == rules
    assert len(compilations) == 2


def test_every_flipped_byte_is_noticed(home, kept):
    cache.put(str(home), b"key", [("a rule", {"with": ("some", 1, True)})] * 20)
    assert cache.get(str(home), b"key")
    assert cache.get(str(home), b"other") is None
    (file,) = kept()
    data = file.read_bytes()
    for at in range(len(data)):
        file.write_bytes(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])
        assert cache.get(str(home), b"key") is None


def test_a_cache_that_others_can_write_is_not_trusted(home, kept, compilations):
    load()
    (file,) = kept()
    file.chmod(0o666)
    load()
    assert len(compilations) == 2


def test_a_cache_of_another_user_is_not_trusted(home, kept, compilations, monkeypatch):
    load()
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    load()
    load()
    assert len(compilations) == 3


def test_a_link_in_place_of_the_cache_is_not_followed(home, kept, compilations, tmp_path):
    load()
    (file,) = kept()
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    load()
    assert len(compilations) == 2


def test_without_a_place_to_keep_them_rules_still_load(home, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/nowhere")
    assert [rule.id for rule in load()] == ["root-user"]


def test_another_program_version_compiles_anew(home, compilations, monkeypatch):
    load()
    monkeypatch.setattr("scanner.engine.load.__version__", "99")
    load()
    assert len(compilations) == 2


def test_other_folders_add_rules_and_may_use_their_own_lists(home, tmp_path, read, monkeypatch):
    mine = tmp_path / "mine"
    (mine / "lists").mkdir(parents=True)
    (mine / "lists" / "admins.txt").write_text("# who\nroot\ntoor  # too\n")
    text = (home / "root-user.yaml").read_text().replace("root-user", "admin-user")
    (mine / "admin-user.yaml").write_text(text.replace("is_root: true", "name: {in_list: admins}"))

    assert [rule.id for rule in load(str(mine))] == ["root-user", "admin-user"]
    assert load(str(mine))[1].when == ("test", "name", "in", frozenset({"root", "toor"}))


def test_two_rules_of_one_name_are_an_error(home, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "root-user.yaml").write_text((home / "root-user.yaml").read_text())

    with pytest.raises(RuleError) as caught:
        load(str(mine))
    assert str(caught.value) == (
        f"{mine}/root-user.yaml:1: there is another rule called 'root-user': {home}/root-user.yaml"
    )


@pytest.mark.parametrize(("name", "reason"), [("empty", "holds no rules"), ("nowhere", "is no folder")])
def test_a_folder_without_rules_is_an_error(home, tmp_path, name, reason):
    (tmp_path / "empty").mkdir()
    with pytest.raises(RuleError, match=reason):
        load(str(tmp_path / name))


def test_lists_tables_frameworks_and_hidden_folders_hold_no_rules(home):
    for apart in ("lists", "tables", "frameworks", ".git"):
        (home / apart).mkdir()
        (home / apart / "x.yaml").write_text("controls: {}")
    assert [rule.id for rule in load()] == ["root-user"]


def test_two_hundred_and_fifty_rules_load_in_a_few_milliseconds(home, read):
    long = "It owns everything. " * 40
    for number in range(249):
        read(("id: root-user", f"id: rule-{number}"), ("Root owns everything.", long), name=f"rule-{number}.yaml")
    load()
    times = []
    for _ in range(10):
        start = time.process_time()
        assert len(load()) == 250
        times.append(time.process_time() - start)
    assert min(times) < 0.02


def test_reading_kept_rules_needs_no_parser(home):
    load()
    code = (
        f"import sys; from scanner import knowledge; knowledge.folder = lambda: {str(home)!r}\n"
        "from scanner.engine.load import load; assert load()\n"
        "print([m for m in ('yaml', 'json', 'hashlib', 'pathlib', 'inspect', 'difflib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
