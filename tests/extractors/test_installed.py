"""What is installed, from the files of an image's layers."""

from __future__ import annotations

import contextlib
import gzip
import importlib.metadata
import io
import json
import struct
import sysconfig
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from scanner.extractors.installed import EXTRACTORS, Programs, readers
from scanner.extractors.installed.readers import PART, READERS
from scanner.model.facts import GpuLibrary, InstalledPackage, OperatingSystem, PackageRecord
from scanner.model.location import Location
from scanner.parsers.packages import go
from tests.extractors.image_files import buildinfo, facts, file, files_below, records

SITE = "usr/local/lib/python3.12/site-packages"
DIST = "usr/lib/python3/dist-packages"
STATUS = b"Package: python3-six\nStatus: install ok installed\nArchitecture: all\nVersion: 1.16.0-4\n\n"
OS = b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_CODENAME=bookworm\n'
VECTORS = Path(__file__).parents[1] / "parsers" / "vectors" / "rpm"


def metadata(name, version="1.0", more=""):
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{more}\nAbout it.\n".encode()


def packages(*files):
    return [fact for fact in facts(files) if isinstance(fact, InstalledPackage)]


@pytest.mark.parametrize("folder", [sysconfig.get_path("purelib"), "/usr/lib/python3/dist-packages"])
def test_every_distribution_on_this_machine_is_found_as_importlib_finds_it(folder):
    if not Path(folder).is_dir():
        pytest.skip(f"no {folder} on this machine")
    wanted = {
        (canonicalize_name(distribution.metadata["Name"]), distribution.version)
        for distribution in importlib.metadata.distributions(path=[folder])
    }
    found = [
        fact for fact in records(files_below(folder)) if isinstance(fact, PackageRecord) and fact.role == "package"
    ]
    assert {(fact.name, fact.version) for fact in found if fact.ecosystem == "pypi" and not fact.vendored_in} == wanted


def test_who_installed_a_package_is_told_as_importlib_tells_it():
    found = packages(*files_below(sysconfig.get_path("purelib")))
    distribution = importlib.metadata.distribution("packaging")
    (fact,) = (fact for fact in found if fact.name == "packaging" and not fact.vendored_in)
    assert fact.installer == (distribution.read_text("INSTALLER") or "").strip()
    assert fact.requested is (True if distribution.read_text("REQUESTED") is not None else None)


def test_a_repository_that_a_package_was_installed_from():
    origin = {
        "url": "https://git.example/app",
        "vcs_info": {"vcs": "git", "commit_id": "a" * 40, "requested_revision": "v1"},
    }
    folder = f"{SITE}/app-1.0.dist-info"
    (fact,) = packages(
        file(f"{folder}/METADATA", metadata("App")),
        file(f"{folder}/INSTALLER", b"uv\n"),
        file(f"{folder}/REQUESTED"),
        file(f"{folder}/direct_url.json", json.dumps(origin).encode()),
    )
    assert (fact.name, fact.version, fact.purl) == ("app", "1.0", "pkg:pypi/app@1.0")
    assert (fact.url, fact.commit, fact.revision) == ("https://git.example/app", "a" * 40, "v1")
    assert (fact.installer, fact.requested, fact.editable) == ("uv", True, False)


def test_packages_installed_in_place_the_new_way_and_the_old():
    new, old = packages(
        file(f"{SITE}/new-1.dist-info/METADATA", metadata("new", "1")),
        file(f"{SITE}/new-1.dist-info/direct_url.json", b'{"url": "file:///new", "dir_info": {"editable": true}}'),
        file(f"{SITE}/old.egg-link", b"/srv/old\n."),
        file("srv/old/old.egg-info/PKG-INFO", metadata("old", "2")),
        file("srv/unused/unused.egg-info/PKG-INFO", metadata("unused")),
    )
    assert (new.name, new.version, new.editable, new.url) == ("new", "1", True, "file:///new")
    assert (old.name, old.version, old.editable, old.url) == ("old", "2", True, "srv/old")


def test_copies_in_other_packages_say_whose_they_are():
    found = packages(
        file(f"{SITE}/setuptools-70.0.dist-info/METADATA", metadata("setuptools", "70.0")),
        file(f"{SITE}/setuptools/_vendor/wheel-0.43.0.dist-info/METADATA", metadata("wheel", "0.43.0")),
        file(f"{SITE}/pip/_vendor/vendor.txt", b"requests==2.31.0\n"),
    )
    assert [(fact.name, fact.vendored_in) for fact in found] == [("setuptools", ""), ("wheel", "setuptools")]


def test_base_environment_of_conda_and_what_its_packages_bring():
    said = {
        "name": "numpy",
        "version": "1.26.4",
        "subdir": "linux-64",
        "channel": "conda-forge",
        "files": ["lib/python3.11/site-packages/numpy-1.26.4.dist-info/METADATA"],
    }
    python, numpy, wheel = packages(
        file(
            "opt/conda/conda-meta/python-3.11.8-h1_0.json",
            b'{"name": "python", "version": "3.11.8", "license": "Python-2.0"}',
        ),
        file("opt/conda/conda-meta/numpy-1.26.4-py311_0.json", json.dumps(said).encode()),
        file("opt/conda/lib/python3.11/site-packages/numpy-1.26.4.dist-info/METADATA", metadata("numpy", "1.26.4")),
    )
    assert (python.name, python.licence, python.installer) == ("python", "Python-2.0", "conda")
    assert (numpy.url, numpy.purl) == ("conda-forge", "pkg:conda/numpy@1.26.4")
    assert (wheel.ecosystem, wheel.owned_by) == ("pypi", "conda:numpy 1.26.4")


def test_a_conda_record_that_is_too_large_still_tells_its_name():
    def refuse():
        raise ValueError("99,000,000 bytes; at most 4,194,304 are read")

    problems = []
    (record,) = records(
        [file("opt/conda/conda-meta/cudatoolkit-11.8.0-h4ba93d1_12.json", refuse, size=99_000_000)], problems
    )
    assert (record.name, record.version) == ("cudatoolkit", "11.8.0")
    assert "99,000,000 bytes" in problems[0].reason


def test_what_debian_brought_is_its_own():
    six, deb, pip = sorted(
        packages(
            file("usr/lib/os-release", OS),
            file("var/lib/dpkg/status", STATUS),
            file("var/lib/dpkg/info/python3-six.list", f"/{DIST}/six-1.16.0.egg-info\n".encode()),
            file(f"{DIST}/six-1.16.0.egg-info", metadata("six", "1.16.0")),
            file(f"{DIST}/other-2.dist-info/METADATA", metadata("other", "2")),
        ),
        key=lambda fact: fact.name,
        reverse=True,
    )
    assert (six.name, six.owned_by) == ("six", "deb:python3-six 1.16.0-4")
    assert deb.purl == "pkg:deb/debian/python3-six@1.16.0-4?arch=all&distro=debian-12"
    assert (pip.name, pip.owned_by) == ("other", ""), "the lists know better than the place"


def test_without_lists_the_place_says_that_it_is_debians():
    (fact, _) = packages(file(f"{DIST}/six-1.16.0.egg-info", metadata("six")), file("var/lib/dpkg/status", STATUS))
    assert fact.owned_by == "deb"
    (other,) = packages(file("usr/local/lib/python3.11/dist-packages/six-1.16.0.dist-info/METADATA", metadata("six")))
    assert other.owned_by == ""


def test_what_rpm_and_apk_brought_is_theirs():
    folder = "usr/lib/python3.9/site-packages/demo-1.2.dist-info"
    found = packages(
        file("etc/os-release", b'ID="rhel"\nVERSION_ID="9.4"\n'),
        file("var/lib/rpm/rpmdb.sqlite", gzip.decompress((VECTORS / "rpmdb.sqlite.gz").read_bytes())),
        file(f"{folder}/METADATA", metadata("demo", "1.2")),
    )
    demo = next(fact for fact in found if fact.ecosystem == "pypi")
    package = next(fact for fact in found if fact.name == "python3-demo")
    assert demo.owned_by == "rpm:python3-demo 2:1.2-3"
    assert package.purl == "pkg:rpm/redhat/python3-demo@1.2-3?arch=noarch&distro=rhel-9.4&epoch=2"
    apk, six = packages(
        file(
            "lib/apk/db/installed",
            b"P:py3-six\nV:1.16.0-r9\nF:usr/lib/python3.12/site-packages/six-1.16.0.dist-info\nR:METADATA\n\n",
        ),
        file("usr/lib/python3.12/site-packages/six-1.16.0.dist-info/METADATA", metadata("six", "1.16.0")),
    )
    assert (apk.ecosystem, six.owned_by) == ("apk", "apk:py3-six 1.16.0-r9")


def test_changes_that_rpm_has_not_written_yet_are_reported():
    assert records([file("var/lib/rpm/rpmdb.sqlite-wal")]) == []
    with pytest.raises(ValueError, match="not written into it"):
        records([file("var/lib/rpm/rpmdb.sqlite-wal", b"x")])


@pytest.mark.parametrize("limit", [0, 1 << 20])
@pytest.mark.parametrize("anywhere", [False, True])
def test_archives_of_java_with_what_is_inside(anywhere, limit, monkeypatch):
    """Whether they can be read anywhere, as a whole, or neither."""
    monkeypatch.setattr(readers, "MAX_JAR", limit)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        opened.writestr("META-INF/maven/g/a/pom.properties", "groupId=g\nartifactId=a\nversion=1\n")
        opened.writestr("BOOT-INF/lib/log4j-core-2.14.1.jar", b"PK\5\6" + bytes(18))
    two, one = packages(file("srv/a-1.jar", made.getvalue()).replace(anywhere=anywhere))
    assert (one.name, one.purl, one.location) == ("g:a", "pkg:maven/g/a@1", "srv/a-1.jar")
    assert (two.name, two.version, two.location) == (
        "log4j-core",
        "2.14.1",
        "srv/a-1.jar!/BOOT-INF/lib/log4j-core-2.14.1.jar",
    )


def test_operating_system():
    (system,) = (fact for fact in facts([file("usr/lib/os-release", OS)]) if isinstance(fact, OperatingSystem))
    assert (system.id, system.version, system.codename, system.like) == ("debian", "12", "bookworm", ())


def test_gpu_libraries_of_files_and_of_packages():
    found = facts(
        [
            file("usr/local/cuda-12.4/version.json", b'{"cuda": {"version": "12.4.1"}}'),
            file("usr/lib/x86_64-linux-gnu/libcudnn.so.9.1.0", b"\x7fELF"),
            file(
                "var/lib/dpkg/status",
                b"Package: libcudnn9-cuda-12\nVersion: 9.1.0.70-1\n\nPackage: libnccl2\nVersion: 2.20.5-1+cuda12.4\n\n",
            ),
            file(f"{SITE}/tensorrt-10.0.1.dist-info/METADATA", metadata("tensorrt", "10.0.1")),
        ]
    )
    shown = {(fact.product, fact.version, fact.shown_by) for fact in found if isinstance(fact, GpuLibrary)}
    assert shown == {
        ("cuda", "12.4.1", "version-file"),
        ("cudnn", "9.1.0", "file-name"),
        ("nccl", "2.20.5", "package"),
        ("tensorrt", "10.0.1", "package"),
    }


def test_only_files_of_layers_are_looked_at():
    inside = file(f"{SITE}/a-1.dist-info/METADATA", metadata("a"))
    program = file("usr/bin/tool", b"\x7fELF", mode=0o755, size=2_000_000)
    assert [extractor.wants(inside) for extractor in EXTRACTORS] == [True, False]
    assert [extractor.wants(program) for extractor in EXTRACTORS] == [False, True]
    for item in (inside, program):
        outside = item.replace(at=Location(item.at.path))
        linked = item.replace(link="elsewhere")
        assert not any(extractor.wants(one) for extractor in EXTRACTORS for one in (outside, linked))


REAL = (
    metadata("a", more="License: MIT"),
    STATUS,
    OS,
    b"P:a\nV:1\nF:usr\nR:x\n\n",
    b'{"name": "a", "version": "1", "files": ["x"], "url": "file:///x", "cuda": {"version": "1"}}',
    b's.name = "a"\ns.version = "1"\n',
    gzip.decompress((VECTORS / "Packages.gz").read_bytes()),
    gzip.decompress((VECTORS / "rpmdb.sqlite.gz").read_bytes())[:60_000],
    b"RpmP" + bytes(8) + b"\1" + bytes(4100),
    b"\x7fELF".ljust(16, b"\0") + b"\xff Go buildinf:\x08\x02" + bytes(16) + b"\x06go1.22\x40" + b"s" * 64,
)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(st.binary(max_size=400), st.sampled_from(REAL)),
    st.lists(st.tuples(st.integers(0, 70_000), st.binary(min_size=1, max_size=4)), max_size=6),
)
def test_any_content_gives_facts_or_a_reason(data, changes):
    broken = bytearray(data)
    for place, new in changes:
        at = place % (len(broken) + 1)
        broken[at : at + len(new)] = new
    for path, reader in READERS.items():
        item = file(f"opt/conda/conda-meta/{path}-1-0.json", bytes(broken))
        with contextlib.suppress(ValueError):
            assert all(fact.evidence for fact in reader(item, item.at.path))


@pytest.mark.parametrize("place", [64, PART - 16, PART - 32, PART + 16, 3 * PART + 160, 5 * PART - 48])
def test_a_program_is_read_part_by_part_until_its_modules_are_found(place):
    text = b"mod\texample.org/a\tv1.2.3\th1:x=\n" + b"dep\texample.org/b\tv0.1.0\th1:y=\n"
    block = buildinfo(b"go1.25.1", text)[64:]
    data = (b"\x7fELF".ljust(place, b"\xff") + block).ljust(6 * PART, b"\0")
    asked = []

    def part(start, size):
        assert not asked or start == 0 or start >= asked[-1], "a layer only goes forward"
        asked.append(start + size)
        return data[start : start + size]

    item = file("usr/bin/tool", data, mode=0o755).replace(part=part)
    assert [(fact.name, fact.version) for fact in Programs().extract(item)] == [
        ("stdlib", "1.25.1"),
        ("example.org/a", "v1.2.3"),
        ("example.org/b", "v0.1.0"),
    ]


def test_a_program_of_another_language_is_left_at_its_first_part():
    item = file("usr/bin/tool", b"#!/bin/sh\n".ljust(3 * PART), mode=0o755)
    only = item.replace(part=lambda start, size: item.part(start, size) if start == 0 else pytest.fail("read on"))
    assert list(Programs().extract(only)) == []


def elf(*segments, wide=True, order="<"):
    """The head of a program with these segments: kind, flags, offset and length."""
    kinds = {True: (2, "IIQ16xQ16x", "32xQ14xHH", 64, 56), False: (1, "II8xI4xI4x", "28xI10xHH", 52, 32)}
    number, form, header, start, entry = kinds[wide]
    head = bytearray(struct.pack(order + header, start, entry, len(segments)).ljust(start, b"\0"))
    head[:6] = b"\x7fELF" + bytes([number, 1 if order == "<" else 2])
    for kind, flags, offset, length in segments:
        head += struct.pack(order + form, *((kind, flags, offset, length) if wide else (kind, offset, length, flags)))
    return bytes(head)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("wide", [True, False])
def test_of_a_program_only_what_it_may_write_to_is_read(wide, order):
    start, length = 3 * PART + 8, 2 * PART
    head = elf((1, 5, 0, start), (6, 6, 64, 64), (1, 6, start, length), (1, 4, 6 * PART, PART), wide=wide, order=order)
    block = buildinfo(b"go1.25.1", b"mod\texample.org/a\tv1.2.3\th1:x=\n")[64:]
    data = head.ljust(4 * PART, b"\0") + block
    with_it = data.ljust(7 * PART, b"\0")
    without = with_it.replace(b"Go buildinf", b"no buildinf")
    for content, names in ((with_it, ["stdlib", "example.org/a"]), (without, [])):
        asked = []
        item = file("opt/tools/kubectl-v1.30", content, mode=0o755)
        part = item.part
        item = item.replace(part=lambda at, size, part=part, asked=asked: (asked.append((at, size)), part(at, size))[1])
        assert [fact.name for fact in Programs().extract(item)] == names
        (first, *rest) = [(at, at + size) for at, size in asked]
        assert first == (0, go.HEAD)
        assert rest[0][0] == 3 * PART
        if not names:
            assert rest[-1][1] <= start + length + 16


def test_programs_are_looked_for_in_every_folder_and_libraries_are_not():
    wants = {
        "usr/local/go/pkg/tool/linux_amd64/compile": True,
        "opt/tools/kubectl-v1.30": True,
        "usr/bin/tool": True,
        "ollama": True,
        "usr/lib/libx.so.1.2": False,
        "usr/lib/python3/dist-packages/x.cpython-312-x86_64-linux-gnu.so": False,
    }
    for path, wanted in wants.items():
        item = file(path, b"", mode=0o755).replace(size=400_000)
        assert Programs().wants(item) is wanted, path
        assert not Programs().wants(item.replace(mode=0o644))
        assert not Programs().wants(item.replace(size=100))
        assert not Programs().wants(item.replace(hard_link=True))


@given(st.binary(min_size=64, max_size=400), st.integers(0, 1 << 40))
def test_whatever_the_headers_of_a_program_say_the_places_are_within_it(head, size):
    for wide in (1, 2):
        for start, stop in go.places(b"\x7fELF" + bytes([wide]) + head[5:], size):
            assert start >= 0
            assert stop <= size
