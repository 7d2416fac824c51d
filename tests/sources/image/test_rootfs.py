"""An unpacked root file system is read in place, like one layer, and nothing leads out of its folder."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import socket
import tarfile
from pathlib import Path

import pytest

from scanner.errors import TargetError, UsageError
from scanner.model.facts.secrets import CredentialFile
from scanner.model.location import Evidence
from scanner.model.target import Folder
from scanner.sources.image import open_image, rootfs
from scanner.sources.image.image import Blob, Image
from scanner.sources.image.layers import read_layers
from scanner.sources.image.rootfs import read_rootfs


def everything(path, size, mode):
    return True


def quote(file):
    """A fact that holds all there is to know of a file."""
    if isinstance(file, Folder):
        words = f"folder {file.mode:o}"
    else:
        words = f"{file.size} {file.mode:o} {file.owner} {file.hard_link} {file.link if file.link is not None else file.read()!r}"
    yield CredentialFile(evidence=(Evidence(file.at, words),), path=file.at.path, type="t", by_name=False, stage="")


class Look:
    """One extractor."""

    skips = None

    def __init__(self, wants=everything, extract=quote):
        self._wants, self._extract = wants, extract

    def dull(self, head, size):
        return False

    def wants(self, path, size, mode, *, dull=False):
        return ["test"] * self._wants(path, size, mode)

    def likely(self, names, path, size, head):
        return names

    def extract(self, file, names):
        return ((name, said) for name in names for said in self._extract(file))


def read(folder, wants=everything, extract=quote):
    return read_rootfs(str(folder), Look(wants, extract))


def told(found):
    return sorted((one.at.path, one.at.layer.index, one.facts[0].evidence[0].quote) for one in found.found)


def paths(found):
    return [one.at.path for one in found.found]


def reasons(found):
    return [(problem.at.path, problem.reason) for problem in found.problems]


@pytest.fixture
def root(tmp_path):
    """A root with files, folders, a hard link and links of all kinds, beside something that is not in it."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("not yours")
    root = tmp_path / "root"
    (root / "usr" / "lib").mkdir(parents=True)
    (root / "usr" / "lib" / "os-release").write_text("ID=debian\n")
    (root / "usr" / "lib" / "os-release").chmod(0o4750)
    (root / "usr" / "lib" / "empty").touch()
    (root / "etc").mkdir()
    (root / "etc" / "hard").hardlink_to(root / "usr" / "lib" / "os-release")
    (root / "etc" / "file").symlink_to("../../outside/secret")
    (root / "etc" / "absolute").symlink_to("/usr/lib/os-release")
    (root / "lib").symlink_to("usr/lib")
    (root / "out").symlink_to(tmp_path / "outside")
    return root


def test_its_files_say_what_they_say_in_a_layer(root):
    """With the same paths, modes, owners and links; and so do folders that everyone may write to."""
    (root / "etc" / "tmp").mkdir()
    (root / "etc" / "tmp").chmod(0o1777)
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name in sorted(os.listdir(root)):
            archive.add(root / name, name)
    stored = gzip.compress(data.getvalue())
    blob = Blob(digest="", diff_id="", size=len(stored), media_type="", open=lambda: io.BytesIO(stored))
    image = Image(name="x", digest="", config={}, layers=(blob,))
    found = read(root)
    assert told(found) == told(read_layers(image, Look()))
    assert found.problems == ()


def test_links_are_told_and_never_followed(root):
    found = read(root)
    assert {path: words.split()[-1].strip("'") for path, _, words in told(found) if " 777 " in words} == {
        "etc/absolute": "/usr/lib/os-release",
        "etc/file": "../../outside/secret",
        "lib": "usr/lib",
        "out": str(root.parent / "outside"),
    }
    assert "not yours" not in str(told(found))


def test_a_folder_that_becomes_a_link_meanwhile_leads_nowhere(root):
    def swap(file):
        if file.at.path == "etc/hard":
            shutil.rmtree(root / "usr")
            (root / "usr").symlink_to(root.parent / "outside")
        yield from quote(file)

    found = read(root, extract=swap)
    assert reasons(found) == [("usr", "the folder cannot be opened: Not a directory")]
    assert not any(path.startswith("usr") for path in paths(found))


def test_a_file_that_becomes_a_link_or_a_fifo_meanwhile_is_not_read(root):
    def wants(path, size, mode):
        for name, make in (("hard", lambda at: at.symlink_to("/etc/passwd")), ("os-release", os.mkfifo)):
            if path.endswith(f"/{name}"):
                at = root / path
                at.unlink()
                make(at)
        return not path.endswith("empty")

    found = read(root, wants)
    assert [path for path, _ in reasons(found)] == ["etc/hard"]
    assert paths(found) == ["lib", "out", "etc/absolute", "etc/file"]


def test_devices_sockets_and_fifos_are_left_out(root, monkeypatch):
    os.mkfifo(root / "etc" / "fifo")
    monkeypatch.chdir(root)  # the address of a socket is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        asked = []
        found = read(root, lambda path, size, mode: asked.append(path) or True)
    assert found.problems == ()
    assert not {"socket", "etc/fifo"} & set(asked)


def test_what_cannot_be_read_is_told(root, monkeypatch):
    """And only if it was wanted."""
    really = os.open

    def refuse(path, *rest, **more):
        if path in ("lib", "hard"):
            raise PermissionError(13, "Permission denied", path)
        return really(path, *rest, **more)

    monkeypatch.setattr(rootfs.os, "open", refuse)
    refused = ("usr/lib", "the folder cannot be opened: Permission denied")
    assert reasons(read(root)) == [
        ("etc/hard", "it cannot be read: Permission denied"),
        refused,
    ]
    assert reasons(read(root, lambda path, *_: path != "etc/hard")) == [refused]


def test_mounts_are_not_crossed(root, monkeypatch):
    """What a running system mounts is in no image, so it is left out; anything else mounted is a problem."""
    (root / "proc").mkdir()
    (root / "proc" / "version").touch()
    mounted = {os.stat(root / name).st_ino for name in ("proc", "usr/lib")}
    really = os.fstat

    def elsewhere(number):
        status = really(number)
        return os.stat_result((*status[:2], -1, *status[3:])) if status.st_ino in mounted else status

    monkeypatch.setattr(rootfs.os, "fstat", elsewhere)
    found = read(root, lambda path, *_: path != "etc/hard")
    assert reasons(found) == [("usr/lib", "something else is mounted here; it was not looked at")]
    assert found.problems[0].remedy == f"Scan rootfs:{root}/usr/lib."
    assert paths(found) == ["lib", "out", "etc/absolute", "etc/file"]


@pytest.mark.parametrize(
    ("limit", "value", "reason"),
    [
        ("MAX_ENTRIES", 3, "3 files and folders were looked at, the rest was not"),
        ("MAX_DEPTH", 1, "more than 1 folders deep; it was not looked at"),
    ],
)
def test_limits_are_told(root, monkeypatch, limit, value, reason):
    monkeypatch.setattr(rootfs, limit, value)
    assert [reason for _, reason in reasons(read(root))] == [reason]


def test_names_that_are_no_text_are_read(tmp_path):
    with open(os.fsencode(tmp_path) + b"/caf\xe9", "wb"):
        pass
    assert paths(read(tmp_path)) == ["caf\udce9"]


def test_what_is_no_folder_is_an_error(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(TargetError, match="Not a directory") as error:
        read(tmp_path / "file")
    assert "docker export" in error.value.hint
    with pytest.raises(TargetError, match="No such file"):
        read(tmp_path / "nothing")


def test_it_is_no_image():
    with pytest.raises(UsageError, match="files only"):
        open_image("rootfs:/x")
