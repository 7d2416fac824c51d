"""npm, gems, Java archives, Go programs, and package URLs."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from scanner.parsers.archives.stream import Stream
from scanner.parsers.packages import go, java, languages
from scanner.parsers.packages.purl import purl
from scanner.parsers.tar import Buffer
from tests.extractors.image_files import buildinfo


def archive(**files):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return made.getvalue()


def pom(group, artifact, version):
    return {
        f"META-INF/maven/{group}/{artifact}/pom.properties": f"#made\ngroupId={group}\nartifactId={artifact}\nversion={version}\n"
    }


def artifacts(data, file, *, forward=False):
    parts = iter([data[at : at + 1000] for at in range(0, len(data), 1000)])
    source = Stream(lambda: next(parts, b""))
    return java.artifacts(source if forward else Buffer(data), len(data), file, forward=forward)


def found(data, file):
    """The same both ways."""
    both = [
        [(a.group, a.artifact, a.version, a.inside, a.shaded_in) for a in artifacts(data, file, forward=forward)]
        for forward in (True, False)
    ]
    assert both[0] == both[1]
    return both[0]


def test_jar_by_its_pom_by_its_manifest_and_by_its_name():
    assert found(archive(**pom("g", "a", "1.0")), "a-1.0.jar") == [("g", "a", "1.0", "", "")]
    manifest = {"META-INF/MANIFEST.MF": "Manifest-Version: 1.0\r\nImplementation-Version: 2.\r\n 5\r\n"}
    assert found(archive(**manifest), "tool.jar") == [("", "tool", "2.5", "", "")]
    assert found(archive(), "log4j-core-2.14.1.jar") == [("", "log4j-core", "2.14.1", "", "")]
    assert found(archive(), "unknown.jar") == []


def test_what_was_shaded_into_a_jar_is_told_from_the_jar_itself():
    data = archive(**pom("g", "shaded", "3"), **pom("g", "app", "1.0"))
    assert found(data, "app-1.0.jar") == [("g", "shaded", "3", "", "app"), ("g", "app", "1.0", "", "")]
    other = archive(**pom("cglib", "cglib", "3.2"), **{"META-INF/MANIFEST.MF": "Bundle-Version: 4.2\n"})
    assert found(other, "guice.jar") == [("", "guice", "4.2", "", ""), ("cglib", "cglib", "3.2", "", "guice")]


def test_archives_inside_archives():
    inner = archive(**pom("g", "lib", "2"))
    data = archive(**pom("g", "app", "1"), **{"BOOT-INF/lib/lib-2.jar": inner})
    assert ("g", "lib", "2", "BOOT-INF/lib/lib-2.jar", "") in found(data, "app-1.jar")


def test_limits_on_archives_are_reported(monkeypatch):
    data = archive(**pom("g", "a", "1"))
    for _ in range(java.MAX_DEPTH + 1):
        data = archive(**{"x-1.jar": data})
    with pytest.raises(ValueError, match="too deep"):
        found(data, "outer.jar")
    for limit, most, reason in (
        ("MAX_INNER", 10, "or 10 of all"), ("MAX_ONE", 10, "more than 10 bytes"), ("MAX_ARCHIVES", 0, "more than 0"),
    ):  # fmt: skip
        for forward in (True, False):
            with monkeypatch.context() as patch:
                patch.setattr(java, limit, most)
                with pytest.raises(ValueError, match=reason):
                    list(artifacts(archive(**{"x-1.jar": b"0" * 11}), "outer.jar", forward=forward))
    monkeypatch.setattr(java, "MAX_ENTRIES", 1)
    with pytest.raises(ValueError, match="more than 1 files"):
        list(artifacts(archive(a=b"", b=b""), "outer.jar"))


def test_what_is_no_archive_is_reported():
    for data in (b"", b"no archive", archive(a=b"x")[:-30]):
        for forward in (True, False):
            with pytest.raises(ValueError, match=r"x\.jar: "):
                list(artifacts(data, "x.jar", forward=forward))


def test_archive_that_is_none_is_reported_and_what_stands_beside_it_is_kept():
    data = archive(**pom("g", "app", "1"), **{"lib/broken-1.jar": b"no archive", "lib/good-2.jar": archive()})
    for forward in (True, False):
        told = artifacts(data, "app-1.jar", forward=forward)
        assert [next(told).artifact, next(told).artifact] == ["good", "app"]
        with pytest.raises(ValueError, match=r"broken-1\.jar: not an archive"):
            next(told)


def test_npm():
    entry = languages.npm(b'{"name": "@a/b", "version": "1.2.3", "license": "MIT"}')
    assert entry is not None
    assert (entry.name, entry.version, entry.licence) == ("@a/b", "1.2.3", "MIT")
    old = languages.npm(b'{"name": "c", "version": "1", "licenses": [{"type": "BSD"}]}')
    assert old is not None
    assert old.licence == "BSD"
    assert languages.npm(b'{"type": "module"}') is None
    with pytest.raises(ValueError, match="no JSON object"):
        languages.npm(b"[]")


def test_gem_by_its_specification_or_its_file_name():
    text = b'Gem::Specification.new do |s|\n  s.name = "nokogiri".freeze\n  s.version = "1.13.0"\n  s.licenses = ["MIT".freeze, "Ruby"]\nend\n'
    entry = languages.gem(text, "nokogiri-1.13.0-x86_64-linux.gemspec")
    assert (entry.name, entry.version, entry.licence, entry.architecture) == (
        "nokogiri",
        "1.13.0",
        "MIT OR Ruby",
        "x86_64-linux",
    )
    computed = languages.gem(b"s.name = NAME", "net-imap-0.2.3.gemspec")
    assert (computed.name, computed.version) == ("net-imap", "0.2.3")
    with pytest.raises(ValueError, match="without name or version"):
        languages.gem(b"", "x.gemspec")


def test_versions_of_runtimes_in_their_headers():
    assert languages.python_header(b'#define PY_MAJOR_VERSION 3\n#define PY_VERSION      "3.8.18+"\n') == "3.8.18+"
    node = b"#define NODE_MAJOR_VERSION 18\n#define NODE_MINOR_VERSION 20\n#define NODE_PATCH_VERSION 4\n"
    assert languages.node_header(node) == "18.20.4"
    assert languages.python_header(b"") == languages.node_header(b"#define NODE_MAJOR_VERSION 18") == ""


@pytest.mark.skipif(not shutil.which("go"), reason="no Go on this machine")
def test_modules_of_a_program_are_read_as_go_reads_them():
    program = Path(shutil.which("go")).resolve()
    told = subprocess.run([program, "version", "-m", program], capture_output=True, text=True, check=True).stdout
    lines = [line.split("\t") for line in told.splitlines()]
    wanted = [(line[2], line[3].replace("(devel)", "")) for line in lines[1:] if line[1] in {"mod", "dep"}]
    entries = list(go.modules(program.read_bytes()))
    assert [(entry.name, entry.version) for entry in entries[1:]] == wanted
    assert entries[0].version == lines[0][0].rpartition("go")[2]
    data = program.read_bytes()
    at = go.find(data)
    assert any(start <= at < stop for start, stop in go.places(data[: go.HEAD], len(data)))


def test_modules_replaced_and_broken():
    text = b"path\ta\nmod\texample.org/a\tv1.2.3\th1:x=\ndep\tgithub.com/b/c\tv0.1.0\n=>\tgithub.com/fork/c\tv0.2.0\th1:y=\nbuild\t-x\n"
    data = buildinfo(b"go1.21.5 X:foo", text)
    assert [(e.name, e.version) for e in go.modules(data)] == [
        ("stdlib", "1.21.5"),
        ("example.org/a", "v1.2.3"),
        ("github.com/fork/c", "v0.2.0"),
    ]
    with pytest.raises(ValueError, match="cut off"):
        list(go.modules(data[:120]))
    assert list(go.modules(b"\x7fELF" + bytes(100))) == []


@pytest.mark.parametrize(
    ("arguments", "more", "expected"),
    [
        (("pypi", "django", "1.11.1"), {}, "pkg:pypi/django@1.11.1"),
        (("pypi", "torch", "2.1.0+cu121"), {}, "pkg:pypi/torch@2.1.0%2Bcu121"),
        (("npm", "@angular/animation", "12.3.1"), {}, "pkg:npm/%40angular/animation@12.3.1"),
        (("maven", "org.apache.commons:io", "1.3.4"), {}, "pkg:maven/org.apache.commons/io@1.3.4"),
        (("maven", "io", "1.3.4"), {}, ""),
        (("go", "github.com/Gorilla/context", "v1.0"), {}, "pkg:golang/github.com/gorilla/context@v1.0"),
        (("go", "./local", ""), {}, ""),
        (("deb", "libstdc++6", "12.2.0-14"), {"distribution": "debian", "qualifiers": {"distro": "debian-12", "arch": "amd64"}}, "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14?arch=amd64&distro=debian-12"),
        (("rpm", "curl", "7.50.3-1.fc25"), {"distribution": "fedora", "qualifiers": {"arch": "i386", "epoch": ""}}, "pkg:rpm/fedora/curl@7.50.3-1.fc25?arch=i386"),
        (("gem", "ruby-advisory-db-check", "0.12.4"), {}, "pkg:gem/ruby-advisory-db-check@0.12.4"),
    ],
)  # fmt: skip
def test_package_urls_as_the_specification_writes_them(arguments, more, expected):
    assert purl(*arguments, **more) == expected
