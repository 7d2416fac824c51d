"""Folders are searched for Dockerfiles; anything else is taken as it is."""

from __future__ import annotations

import pytest

from scanner.errors import TargetError
from scanner.sources.discover import discover, is_dockerfile_name


@pytest.mark.parametrize(
    "name", ["Dockerfile", "dockerfile", "Dockerfile.gpu", "app.dockerfile", "Containerfile", "Dockerfile.cuda12.4"]
)
def test_names_that_mean_a_dockerfile(name):
    assert is_dockerfile_name(name)


@pytest.mark.parametrize(
    "name", ["Dockerfile.dockerignore", "docker-compose.yml", "Dockerfile.md", "MyDockerfile", "a.txt"]
)
def test_names_that_do_not(name):
    assert not is_dockerfile_name(name)


def test_folders_are_searched_and_each_file_comes_once(tmp_path):
    for name in ("Dockerfile", "b/Dockerfile.gpu", "a/x.dockerfile", "node_modules/p/Dockerfile", ".git/Dockerfile"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("FROM a\n")
    found = [path.removeprefix(f"{tmp_path}/") for path in discover([str(tmp_path), str(tmp_path / "Dockerfile")])]
    assert found == ["Dockerfile", "a/x.dockerfile", "b/Dockerfile.gpu"]
    assert [path.removeprefix(f"{tmp_path}/") for path in discover([str(tmp_path)], ["*/b/*"])] == found[:2]


def test_a_file_named_on_purpose_needs_no_special_name(tmp_path):
    (tmp_path / "build.txt").write_text("FROM a\n")
    assert list(discover([str(tmp_path / "build.txt")])) == [str(tmp_path / "build.txt")]


def test_nothing_there_is_an_error_that_says_what_was_looked_for(tmp_path):
    with pytest.raises(TargetError, match="no such file"):
        list(discover([str(tmp_path / "nope")]))
    with pytest.raises(TargetError, match="no Dockerfile and no model in this folder") as caught:
        list(discover([str(tmp_path)]))
    assert "Dockerfile.*" in caught.value.hint
