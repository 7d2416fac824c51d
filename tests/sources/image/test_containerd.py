"""With a ctr of the tests' own; tests/integration has containerd itself."""

from __future__ import annotations

import os

import pytest

from scanner.errors import TargetError, UsageError
from scanner.sources.image import containerd, docker, open_image

FULL = "docker.io/team/app:1"
NOTHING = "sha256:" + "0" * 64


@pytest.fixture
def ctr(monkeypatch, tmp_path):
    """Puts a script in the place of ctr; it writes down what it is asked."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("CONTAINERD_ADDRESS", str(tmp_path / "c.sock"))
    monkeypatch.setenv("ASKED", str(tmp_path / "asked"))
    monkeypatch.delenv("CONTAINERD_NAMESPACE", raising=False)
    monkeypatch.setattr(docker, "is_there", lambda: False)

    def play(script):
        (tmp_path / "c.sock").touch()
        path = tmp_path / "ctr"
        path.write_text(f'#!/bin/sh\nshift 2\necho "$*" >> "$ASKED"\n{script}\n')
        path.chmod(0o755)
        return lambda: (tmp_path / "asked").read_text().splitlines()

    return play


@pytest.fixture
def held(ctr, make, tmp_path):
    """A ctr that has the image in the namespace k8s.io."""
    image = make.image()
    for digest, data in image.blobs.items():
        (tmp_path / digest).write_bytes(data)
    return ctr(f"""
case "$*" in
  "namespaces ls -q") printf 'aaa\\nmoby\\nk8s.io\\n' ;;
  "-n k8s.io images ls "*"name=={FULL}"*)
    echo 'REF TYPE DIGEST SIZE PLATFORMS LABELS'; echo '{FULL} {image.entry["mediaType"]} {image.digest} 1 MiB - -' ;;
  "-n k8s.io content get "*) exec cat "{tmp_path}/$5" ;;
  *" images ls "*) ;;
  *) exit 9 ;;
esac""")


def test_it_is_found_in_the_namespace_that_has_it(held, make):
    image = open_image("containerd:team/app:1")
    assert image.name == "containerd:team/app:1"
    made = make.image()
    assert image.digest == made.digest
    assert [line.split()[:2] for line in held()[:2]] == [["namespaces", "ls"], ["-n", "k8s.io"]]
    for layer, data in zip(image.layers, made.layers, strict=True):
        with layer.open() as reader:
            assert reader.read() == data


def test_a_bare_name_is_looked_for_in_containerd(held):
    assert open_image("image:team/app:1").name == "containerd:team/app:1"


def test_a_namespace_that_is_given_is_the_only_one(held, monkeypatch):
    monkeypatch.setenv("CONTAINERD_NAMESPACE", "moby")
    with pytest.raises(TargetError, match="no such image in the namespace moby") as error:
        open_image("containerd:team/app:1")
    assert "ctr -n moby images ls" in error.value.hint
    assert not any("k8s.io" in line or "namespaces" in line for line in held())


def test_what_is_nowhere_is_said_so(held):
    with pytest.raises(TargetError, match="no such image in any namespace") as error:
        open_image("containerd:team/other:1")
    assert "registry:team/other:1" in error.value.hint


@pytest.mark.parametrize("name", ["--help", "team/App:1", "a b", "a==b"])
def test_only_names_are_handed_on(ctr, name):
    ctr("exit 0")
    with pytest.raises(UsageError):
        open_image(f"containerd:{name}")


@pytest.mark.parametrize(
    ("said", "reason", "hint"),
    [
        ('failed to dial "/c.sock": connect: permission denied', "not for this user", "sudo hullcheck scan"),
        ('failed to dial "/c.sock": context deadline exceeded', "no containerd answers at", "CONTAINERD_ADDRESS"),
        ("something else" + "." * 1_000 + "the end", r"ctr says: \.{20,300}the end", ""),
    ],
)
def test_what_goes_wrong_is_explained(ctr, said, reason, hint):
    ctr(f"echo 'ctr: {said}' >&2; exit 1")
    with pytest.raises(TargetError, match=reason) as error:
        open_image("containerd:team/app:1")
    assert hint in error.value.hint


def test_without_ctr_it_says_what_to_install(ctr, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TargetError, match="ctr is not installed") as error:
        open_image("containerd:team/app:1")
    assert "nerdctl save team/app:1 | hullcheck scan archive:-" in error.value.hint


@pytest.mark.parametrize("sleeps_when", ["namespaces", "content"])
def test_one_that_falls_silent_is_not_waited_for(ctr, monkeypatch, sleeps_when):
    monkeypatch.setattr(containerd, "TIMEOUT", 0.2)
    ctr(f'case "$*" in *{sleeps_when}*) exec sleep 60 ;; "namespaces "*) echo k8s.io ;; *) echo {NOTHING} ;; esac')
    with pytest.raises(TargetError, match="no containerd answers"):
        open_image("containerd:team/app:1")


def test_content_that_is_not_there_is_told(ctr):
    failing = "echo 'ctr: content digest sha256:ab: not found' >&2; exit 1"
    ctr(f'case "$*" in *content*) {failing} ;; "namespaces "*) echo k8s.io ;; *) echo {NOTHING} ;; esac')
    with pytest.raises(TargetError, match="ctr says: content digest sha256:ab: not found"):
        open_image("containerd:team/app:1")


def test_a_bare_name_that_is_nowhere_says_why_containerd_was_silent(ctr, registry):
    ctr("echo 'ctr: failed to dial: permission denied' >&2; exit 1")
    with pytest.raises(TargetError, match="no such file, and no such image") as error:
        open_image(f"image:{registry.host}/team/app:1")
    assert "not for this user to read" in error.value.hint
    assert os.environ["CONTAINERD_ADDRESS"] in error.value.hint
