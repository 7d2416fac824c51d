"""A bill of materials is a target: its packages are those of the image it is about, and gaps in it are said."""

from __future__ import annotations

import io
import json
import sys

import pytest

from scanner.errors import TargetError, UsageError
from scanner.model.facts import InstalledPackage, OperatingSystem
from scanner.scan import Options, scan, scan_image
from scanner.sources import sbom
from scanner.sources.discover import meant
from scanner.sources.image import open_image
from scanner.sources.image.example import made

OPTIONS = Options(rules=(), build_args={}, keep_facts=True)
DEBIAN = "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12&upstream=openssl"


def bill(tmp_path, *components, name="bom.json"):
    path = tmp_path / name
    path.write_text(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}, indent=1))
    return str(path)


def component(purl, type="library", **more):
    return {"type": type, "name": "n", **({"purl": purl} if purl else {}), **more}


def facts(report, kind):
    return [fact for fact in report.facts if isinstance(fact, kind)]


def told(report):
    fields = ("ecosystem", "name", "version", "architecture", "source", "purl", "owned_by", "vendored_in", "ships")
    return sorted(tuple(getattr(fact, field) for field in fields) for fact in facts(report, InstalledPackage))


def test_the_packages_of_a_bill_are_those_of_its_image(tmp_path):
    site = "usr/local/lib/python3.12/site-packages"
    files = {
        "etc/os-release": b"ID=debian\nVERSION_ID=12\n",
        "var/lib/dpkg/status": b"Package: libssl3\nStatus: install ok installed\nSource: openssl\nArchitecture: amd64\nVersion: 3.0.11-1\n\n",
        f"{site}/torch-2.5.0.dist-info/METADATA": b"Name: torch\nVersion: 2.5.0\n\n",
        f"{site}/setuptools/_vendor/wheel-0.43.0.dist-info/METADATA": b"Name: wheel\nVersion: 0.43.0\n\n",
        "usr/lib/python3/dist-packages/six-1.16.0.egg-info/PKG-INFO": b"Name: six\nVersion: 1.16.0\n\n",
    }
    image = scan_image(made({}, [files], {}), OPTIONS)
    found = {"name": "syft:location:0:path"}
    path = bill(
        tmp_path,
        component(DEBIAN),
        component("pkg:pypi/Torch@2.5.0"),
        component("pkg:pypi/wheel@0.43.0", properties=[found | {"value": f"/{site}/setuptools/_vendor/wheel-0.43.0.dist-info/METADATA"}]),
        component("pkg:pypi/six@1.16.0", properties=[found | {"value": "/usr/lib/python3/dist-packages/six-1.16.0.egg-info/PKG-INFO"}]),
    )  # fmt: skip
    (listed,) = scan([path], OPTIONS)
    assert told(listed) == told(image)
    assert len(told(listed)) == 4
    (mine,), (theirs,) = facts(listed, OperatingSystem), facts(image, OperatingSystem)
    assert (mine.id, mine.version) == (theirs.id, theirs.version)
    assert listed.problems == ()


def test_a_package_points_to_its_words_in_the_file(tmp_path):
    path = bill(tmp_path, component("pkg:pypi/torch@2.5.0"))
    (report,) = scan([path], OPTIONS)
    (package,) = facts(report, InstalledPackage)
    at = package.evidence[0].at
    line = report.lines.get(path) or (tmp_path / "bom.json").read_text().split("\n")
    assert at.path == path
    assert line[at.span.first_line - 1][at.span.first_column - 1 : at.span.last_column] == "pkg:pypi/torch@2.5.0"


@pytest.mark.parametrize(
    ("components", "reasons"),
    [
        ([component("")], ["1 listed without a package URL, so nothing is known about it: n"]),
        ([component("pkg:bad")], ["1 listed without a package URL, so nothing is known about it: n"]),
        ([component("pkg:pypi/a")], ["1 listed without a version, so no advisory can be held against it: n"]),
        ([component("pkg:pypi/a", version="1")], []),
        ([component("pkg:nuget/a@1"), component("pkg:hex/b@1")], [
            "1 listed as nuget, a kind of package that is not looked at: n",
            "1 listed as hex, a kind of package that is not looked at: n",
        ]),
        ([component("pkg:deb/debian/a@1")], ["1 listed as packages of a distribution, but not of which release: n"]),
        ([component("pkg:deb/debian/a@1"), component("", "operating-system", name="debian", version="12")], []),
        ([component(DEBIAN), component("pkg:apk/alpine/a@1?distro=3.20")], [
            "2 listed named as the operating system, of which the first counts: debian 12, alpine 3.20"]),
        ([component("", "machine-learning-model", name="bert")], [
            "1 listed as a model: what its files hold was not looked at: bert"]),
        ([component("", "file"), component("", "data"), component("", "application")], []),
        ([component("", name=f"p{number}") for number in range(7)], [
            "7 listed without a package URL, so nothing is known about it: p0, p1, p2, p3, p4 and 2 more"]),
        ([{"type": "library"}], ["1 entries without a name: left out", "CycloneDX 1.6 that lists nothing"]),
        ([], ["CycloneDX 1.6 that lists nothing"]),
    ],
)  # fmt: skip
def test_what_a_bill_leaves_open_is_a_problem_never_a_pass(tmp_path, components, reasons):
    found = sbom.open_sbom(bill(tmp_path, *components))
    assert [problem.reason for problem in found.problems] == reasons


def test_a_bill_is_recognized_by_its_content_and_takes_a_prefix(tmp_path, monkeypatch):
    path = bill(tmp_path, component("pkg:pypi/torch@2.5.0"), name="anything")
    assert meant(path) == f"sbom:{path}"
    assert meant(f"sbom:{path}") == f"sbom:{path}"
    padded = tmp_path / "sorted.json"
    padded.write_text('{"a": "' + "x" * 9000 + '", "bomFormat": "CycloneDX", "specVersion": "1.6"}')
    assert meant(str(padded)) == f"sbom:{padded}"
    other = tmp_path / "other.json"
    other.write_text('{"a": 1}')
    assert meant(str(other)) is None
    named = bill(tmp_path, name="Dockerfile")
    assert meant(named) is None, "a Dockerfile is one by its name"
    with open(path, "rb") as file:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(file.read())))
    (report,) = scan(["sbom:-"], OPTIONS)
    assert [fact.name for fact in facts(report, InstalledPackage)] == ["torch"]


def test_secrets_in_a_bill_are_masked_before_anything_quotes_them(tmp_path):
    token = "hf_" + "qWxRtYbNmKpLsDfGhJvCzXeQaTuIoPwRlM"
    path = bill(tmp_path, component("pkg:pypi/torch@2.5.0", description=f"from https://x/{token}"))
    found = sbom.open_sbom(path)
    assert token not in "\n".join(found.lines[path])


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"\xff\xfe", "not UTF-8 at byte 0"), (b"{", "line 1: not JSON"), (b"x" * 99, "larger than 50 bytes")],
)
def test_what_cannot_be_read_is_an_error_that_names_the_file(tmp_path, monkeypatch, content, reason):
    monkeypatch.setattr(sbom, "MAX_BYTES", 50)
    path = tmp_path / "bom.json"
    path.write_bytes(content)
    with pytest.raises(TargetError, match=f"bom.json: {reason}"):
        sbom.open_sbom(str(path))
    with pytest.raises(TargetError, match="No such file"):
        sbom.open_sbom(str(tmp_path / "none.json"))


def test_it_is_no_image():
    with pytest.raises(UsageError, match="list of packages"):
        open_image("sbom:bom.json")
