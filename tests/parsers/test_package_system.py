"""The databases of dpkg, apk, rpm and conda, and os-release; held to the tools themselves where they are at hand."""

from __future__ import annotations

import gzip
import json
import platform
import shutil
import sqlite3
import struct
import subprocess
import zlib
from contextlib import closing
from pathlib import Path

import pytest

from scanner.parsers.packages import conda, rpm, rpm_database, stanzas, system
from scanner.parsers.packages.places import location

VECTORS = Path(__file__).parent / "vectors" / "rpm"
DEMO = {
    ("python3-demo", "2:1.2-3", "noarch", "python3-demo", ("usr/lib/python3.9/site-packages/demo-1.2.dist-info",)),
    ("demo-libs", "2:1.2-3", "noarch", "python3-demo", ()),
}


@pytest.mark.skipif(not shutil.which("dpkg-query"), reason="no dpkg-query on this machine")
def test_dpkg_is_read_as_dpkg_query_reads_it():
    form = "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${db:Status-Status}\n"
    told = subprocess.run(["dpkg-query", "-W", "-f", form], capture_output=True, text=True, check=True).stdout
    rows = [line.split("\t") for line in told.splitlines()]
    wanted = sorted(tuple(row[:4]) for row in rows if row[4] not in {"config-files", "not-installed"})
    entries = stanzas.dpkg(Path("/var/lib/dpkg/status").read_bytes())
    assert sorted((e.name, e.version, e.architecture, e.source) for e in entries) == wanted


def test_dpkg_leaves_out_what_was_removed():
    status = b"Package: a\nStatus: deinstall ok config-files\nVersion: 1\n\nPackage: b\nStatus: hold ok unpacked\nVersion: 2\n"
    assert [entry.name for entry in stanzas.dpkg(status)] == ["b"]


def test_dpkg_of_a_distroless_image_has_no_status():
    (entry,) = stanzas.dpkg(b"Package: libssl3\nSource: openssl (3.0.1)\nDescription: x\n Version: 9\nVersion: 3.0.2\n")
    assert (entry.name, entry.version, entry.source) == ("libssl3", "3.0.2", "openssl")


def test_packages_before_a_broken_one_are_kept():
    entries = stanzas.dpkg(b"Package: a\nVersion: 1\n\nPackage: b\n\n")
    assert next(entries).name == "a"
    with pytest.raises(ValueError, match="without name or version: 1"):
        next(entries)


def test_more_packages_than_there_can_be_are_reported(monkeypatch):
    monkeypatch.setattr(stanzas, "MAX_ENTRIES", 2)
    entries = stanzas.dpkg(b"Package: a\nVersion: 1\n\n" * 3)
    assert [next(entries).name, next(entries).name] == ["a", "a"]
    with pytest.raises(ValueError, match="more than 2 packages"):
        next(entries)


def test_files_of_a_debian_package():
    text = b"/.\n/usr/lib/python3/dist-packages/six.py\n/usr/lib/python3/dist-packages/six-1.16.0.egg-info\n"
    assert stanzas.file_list(text, location) == ("usr/lib/python3/dist-packages/six-1.16.0.egg-info",)


def test_apk():
    text = (
        "C:Q1x=\nP:py3-six\nV:1.16.0-r9\nA:x86_64\nL:MIT\no:py3-six\nF:usr/lib/python3.12/site-packages/six-1.16.0.dist-info\n"
        "R:METADATA\nR:RECORD\n\nP:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\no:musl\n\n"
    )
    first, second = stanzas.apk(text.encode(), location)
    assert (first.name, first.version, first.architecture, first.licence) == ("py3-six", "1.16.0-r9", "x86_64", "MIT")
    assert first.owns == ("usr/lib/python3.12/site-packages/six-1.16.0.dist-info",)
    assert (second.name, second.source, second.owns) == ("musl", "musl", ())


def demo(blobs):
    return {(e.name, e.version, e.architecture, e.source, e.owns) for e in rpm.entries(blobs, location)}


def test_rpm_databases_that_rpm_and_berkeley_db_wrote():
    assert demo(rpm_database.sqlite(gzip.decompress((VECTORS / "rpmdb.sqlite.gz").read_bytes()))) == DEMO
    assert demo(rpm_database.berkeley(gzip.decompress((VECTORS / "Packages.gz").read_bytes()))) == DEMO


def blobs():
    return list(rpm_database.sqlite(gzip.decompress((VECTORS / "rpmdb.sqlite.gz").read_bytes())))


def ndb(contents):
    """An ndb database, by the layout in rpm's own source."""
    head, slots, body = b"RpmP" + struct.pack("<4I12x", 0, 1, 1, len(contents) + 1), b"", b""
    for number, blob in enumerate(contents, 1):
        count = (16 + len(blob) + 12 + 15) // 16
        slots += b"Slot" + struct.pack("<3I", number, 256 + len(body) // 16, count)
        part = (b"BlbS" + struct.pack("<3I", number, 1, len(blob)) + blob).ljust(16 * count - 12, b"\0")
        body += part + struct.pack("<2I", zlib.adler32(part), len(blob)) + b"BlbE"
    slots += (b"Slot" + bytes(12)) * ((4096 - 32 - len(slots)) // 16)
    return head + slots + body


def test_rpm_database_of_suse():
    assert demo(rpm_database.ndb(ndb(blobs()))) == DEMO


def test_rpm_packages_that_are_broken_are_counted_and_others_kept():
    whole = ndb(blobs())
    cut = rpm_database.ndb(whole[:-2000])
    assert next(cut)
    with pytest.raises(ValueError, match="not where the index says: 1"):
        list(cut)
    entries = rpm.entries([b"no header at all", *blobs()], location)
    assert {next(entries).name, next(entries).name} == {"python3-demo", "demo-libs"}
    with pytest.raises(ValueError, match="whose headers are broken: 1"):
        next(entries)


def test_berkeley_db_chain_that_runs_in_a_circle_ends():
    data = bytearray(gzip.decompress((VECTORS / "Packages.gz").read_bytes()))
    for page in range(4096, len(data), 4096):
        if data[page + 25] == 7:
            data[page + 16 : page + 20] = struct.pack("<I", page // 4096)
            data[page + 22 : page + 24] = bytes(2)
    with pytest.raises(ValueError, match="entries whose pages are broken: 2"):
        demo(rpm_database.berkeley(bytes(data)))


def database(*statements):
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        return connection.serialize()


def test_sqlite_database_that_computes_without_end_is_stopped(monkeypatch):
    monkeypatch.setattr("scanner.parsers.sqlite.MAX_STEPS", 100_000)
    endless = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n AS hnum, n AS blob FROM r"
    with pytest.raises(ValueError, match="without the table of packages"):
        list(rpm_database.sqlite(database(f"CREATE VIEW Packages AS {endless}")))
    rows = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r LIMIT 100000) SELECT n, 1 FROM r"
    with pytest.raises(ValueError, match="interrupted"):
        list(
            rpm_database.sqlite(
                database("CREATE TABLE Packages(hnum INTEGER PRIMARY KEY, blob)", f"INSERT INTO Packages {rows}")
            )
        )


@pytest.mark.parametrize("read", [rpm_database.sqlite, rpm_database.ndb, rpm_database.berkeley])
@pytest.mark.parametrize(
    "data", [b"", b"x" * 5000, b"RpmP", b"SQLite format 3\0" + bytes(200), bytes(12) + b"\x61\x15\x06\0" + bytes(1000)]
)
def test_what_is_no_database_of_rpm(read, data):
    with pytest.raises(ValueError):  # noqa: PT011
        list(read(data))


def test_conda_record_and_the_python_package_it_brings():
    said = {
        "name": "numpy", "version": "1.26.4", "build": "py311_0", "license": "BSD-3-Clause", "subdir": "linux-64", "requested_spec": "numpy",
        "channel": "https://conda.example/t/tk-secret/conda-forge/linux-64",
        "files": ["lib/python3.11/site-packages/numpy-1.26.4.dist-info/METADATA", "bin/f2py"],
    }  # fmt: skip
    entry = conda.record(json.dumps(said).encode(), "opt/conda", location)
    assert entry.owns == ("opt/conda/lib/python3.11/site-packages/numpy-1.26.4.dist-info",)
    assert (entry.name, entry.version, entry.licence, entry.architecture) == (
        "numpy",
        "1.26.4",
        "BSD-3-Clause",
        "linux-64",
    )
    assert entry.requested is True
    assert entry.url == "https://conda.example/t/***/conda-forge/linux-64"


def test_conda_record_that_is_none():
    for data in (b"", b"[]", b"{}", b'{"name": 1, "version": "1"}'):
        with pytest.raises(ValueError):  # noqa: PT011
            conda.record(data, "", location)
    assert conda.of_file_name("nvidia-cuda-12.1-h1_0.json").name == "nvidia-cuda"


def test_os_release_is_read_as_python_reads_it(tmp_path, monkeypatch):
    text = 'NAME="A \\"quoted\\" name"\nID=demo\nVERSION_ID=\'12.1\'\n# no\nPRETTY_NAME="D \\$1"\nVERSION_CODENAME=x\nbad line\n'
    path = tmp_path / "os-release"
    path.write_text(text)
    monkeypatch.setattr(platform, "_os_release_candidates", (str(path),))
    monkeypatch.setattr(platform, "_os_release_cache", None)
    wanted = platform.freedesktop_os_release()
    said = system.os_release(text.encode())
    assert {key: said[key] for key in said} == {key: value for key, value in wanted.items() if key in said}
    assert said["NAME"] == 'A "quoted" name'


@pytest.mark.parametrize(
    ("data", "version"),
    [
        (b'{"cuda": {"name": "CUDA SDK", "version": "12.4.1"}, "nvcc": {"version": "12.4.131"}}', "12.4.1"),
        (b"CUDA Version 10.1.243\n", "10.1.243"),
        (b'{"python": "3"}', ""),
        (b"nothing", ""),
    ],
)
def test_version_of_cuda(data, version):
    assert system.cuda_version(data) == version


def test_versions_that_headers_define():
    old = b"#define NV_TENSORRT_MAJOR 8 //!< major\n#define NV_TENSORRT_MINOR 6\n#define NV_TENSORRT_PATCH 1\n#define NV_TENSORRT_BUILD 6\n"
    new = b"#define TRT_MAJOR_ENTERPRISE 10\n#define TRT_MINOR_ENTERPRISE 9\n#define TRT_PATCH_ENTERPRISE 0\n#define NV_TENSORRT_MAJOR TRT_MAJOR_ENTERPRISE\n"
    cudnn = b"#define CUDNN_MAJOR 9\n#define CUDNN_MINOR 1\n#define CUDNN_PATCHLEVEL 0\n#define CUDNN_VERSION (CUDNN_MAJOR * 10000)\n"
    assert [system.defined_version(data) for data in (old, new, cudnn, b"")] == ["8.6.1.6", "10.9.0", "9.1.0", ""]


def test_version_in_the_name_of_a_library():
    assert system.library("libcudnn.so.9.1.0") == ("cudnn", "9.1.0")
    assert system.library("libnvinfer.so.10") == ("tensorrt", "10")
    assert system.library("libcudart.so.12.4.127") == ("cuda", "12.4.127")
    assert system.library("libcudnn.so.9.x") is None
