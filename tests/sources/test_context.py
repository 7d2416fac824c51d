"""The build context gives what a COPY could take, and nothing from outside it."""

from __future__ import annotations

import os

import pytest

from scanner.model.location import Evidence, Location
from scanner.sources import context as module
from scanner.sources.context import Context

HERE = Evidence(Location("Dockerfile"))


@pytest.fixture
def opened(tmp_path):
    def make(**options):
        lines, problems = {}, []
        return Context(str(tmp_path), lines=lines, problems=problems, **options), lines, problems

    return make


def test_files_are_read_when_asked_and_their_lines_are_kept_masked(tmp_path, opened):
    (tmp_path / "a.txt").write_text("x\nPASSWORD=" + "Tr0ub4dor&3x" + "\n")
    context, lines, problems = opened()
    file = context.file("./a.txt")
    assert file.size == 24
    assert lines == {}
    text = file.text().value
    assert "Tr0ub4dor" not in text
    assert text.startswith("x\nPASSWORD=")
    assert lines[file.at.path] == tuple(text.split("\n"))
    assert problems == []


def test_what_dockerignore_keeps_out_is_not_there(tmp_path, opened):
    (tmp_path / ".dockerignore").write_text("data\n*.log\n")
    (tmp_path / "data").mkdir()
    for name in ("data/x.csv", "a.log", "b.py"):
        (tmp_path / name).write_text("")
    context, _, _ = opened()
    assert context.has_ignore_file
    assert context.file("data/x.csv") is None
    assert [file.at.path for file in context.walk(".", HERE, ships=True)] == [
        str(tmp_path / ".dockerignore"),
        str(tmp_path / "b.py"),
    ]


def test_the_ignore_file_of_one_dockerfile_comes_first(tmp_path, opened):
    (tmp_path / ".dockerignore").write_text("a\n")
    (tmp_path / "gpu.Dockerfile.dockerignore").write_text("b\n")
    for name in "ab":
        (tmp_path / name).write_text("")
    context, _, _ = opened(ignore_name="gpu.Dockerfile.dockerignore")
    assert context.file("a") is not None
    assert context.file("b") is None


def test_a_link_out_of_the_context_is_reported_and_not_followed(tmp_path):
    outside = tmp_path / "outside"
    inside = tmp_path / "context"
    outside.mkdir()
    inside.mkdir()
    (outside / "secret.txt").write_text("x")
    (inside / "link").symlink_to(outside / "secret.txt")
    (inside / "folder").symlink_to(outside)
    (inside / "good").symlink_to("target")
    (inside / "target").write_text("y")
    problems = []
    context = Context(str(inside), lines={}, problems=problems)
    assert context.file("link") is None
    assert context.file("folder/secret.txt") is None
    assert context.file("../outside/secret.txt") is None
    assert context.file("good").read() == b"y"
    assert list(context.walk("folder", HERE, ships=True)) == []
    assert list(context.walk("../outside", HERE, ships=True)) == []
    assert [(problem.at.path, problem.reason) for problem in problems] == [
        (str(inside / name), "a symbolic link that leaves the build context; it was not followed")
        for name in ("link", "folder")
    ]


def test_links_in_a_circle_and_special_files_are_no_files(tmp_path, opened):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    os.mkfifo(tmp_path / "pipe")
    context, _, _ = opened()
    assert [context.file(name) for name in ("a", "b", "pipe")] == [None, None, None]


def test_files_that_are_too_large_or_no_text_say_so(tmp_path, opened, monkeypatch):
    monkeypatch.setattr(module, "MAX_TEXT", 10)
    (tmp_path / "big").write_bytes(b"x" * 11)
    (tmp_path / "binary").write_bytes(b"a\0b")
    context, _, _ = opened()
    with pytest.raises(ValueError, match="at most 10"):
        context.file("big").text()
    with pytest.raises(ValueError, match="not a text file"):
        context.file("binary").text()


def test_a_context_with_too_many_files_is_a_problem(tmp_path, opened, monkeypatch):
    monkeypatch.setattr(module, "MAX_FILES", 3)
    for number in range(5):
        (tmp_path / str(number)).write_text("")
    context, _, problems = opened()
    assert len(list(context.walk(".", HERE, ships=True))) == 3
    assert "more than 3 files" in problems[0].reason


def test_wildcards_name_files_of_the_context(tmp_path, opened):
    for name in ("requirements.txt", "requirements-dev.txt", "setup.py", "src/a.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    context, _, _ = opened()
    names = [os.path.basename(file.at.path) for file in context.walk("requirements*.txt", HERE, ships=True)]
    assert names == ["requirements-dev.txt", "requirements.txt"]
    assert [os.path.basename(file.at.path) for file in context.walk("src/*", HERE, ships=True)] == ["a.py"]
