"""Bills of materials, held to the library of CycloneDX and to what common tools write."""

from __future__ import annotations

import json
import re
import string

import pytest
from cyclonedx.model import Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from hypothesis import given, settings
from hypothesis import strategies as st
from packageurl import PackageURL
from packaging.utils import canonicalize_name

from scanner.parsers import sbom
from scanner.parsers.packages import purl
from scanner.parsers.sbom import bill
from scanner.parsers.sbom.bill import distribution

WORDS = st.text(string.ascii_lowercase + string.digits + ".-_+", min_size=1, max_size=12)
VERSIONS = st.sampled_from([SchemaVersion.V1_4, SchemaVersion.V1_5, SchemaVersion.V1_6, SchemaVersion.V1_7])


def cyclonedx(components, version=SchemaVersion.V1_6):
    return make_outputter(Bom(components=components), OutputFormat.JSON, version).output_as_string(indent=1)


@settings(deadline=None, max_examples=40)
@given(st.dictionaries(WORDS, st.tuples(WORDS, st.lists(WORDS, max_size=2, unique=True)), max_size=5), VERSIONS)
def test_what_the_library_of_cyclonedx_writes_is_read_back(packages, version):
    components = [
        Component(
            name=name,
            version=release,
            type=ComponentType.LIBRARY,
            purl=PackageURL("pypi", None, name, release),
            licenses=[DisjunctiveLicense(id="MIT")],
            components=[Component(name=each, type=ComponentType.FILE) for each in inner],
        )
        for name, (release, inner) in packages.items()
    ]
    text = cyclonedx(components, version)
    found = sbom.read(text)
    assert found.form == f"CycloneDX {version.to_version()}"
    assert {
        (part.name, part.version, part.purl.name, part.purl.version, part.licence)
        for part in found.parts
        if part.kind == "package"
    } == {(name, release, canonicalize_name(name), release, "MIT") for name, (release, _) in packages.items()}
    assert sorted(part.name for part in found.parts if part.kind == "aside") == sorted(
        name for _, inner in packages.values() for name in inner
    )
    for part in found.parts:
        assert part.purl is None or text[part.start : part.end] == str(
            PackageURL("pypi", None, part.name, part.version)
        )
    data = text.encode()
    assert sbom.recognized(data[:4096], data[-4096:])


@pytest.mark.filterwarnings("ignore:The Component this BOM is describing:UserWarning")
@settings(deadline=None, max_examples=30)
@given(st.dictionaries(WORDS, st.tuples(WORDS, st.lists(WORDS, max_size=2, unique=True)), max_size=4), VERSIONS)
def test_xml_says_what_json_says(packages, version):
    bom = Bom(
        components=[
            Component(
                name=f"{name}é&<",
                version=release,
                type=ComponentType.LIBRARY,
                group="g",
                purl=PackageURL("pypi", None, name, release, {"a": "1", "b": "2"}),
                licenses=[DisjunctiveLicense(name="X & Y")],
                properties=[Property(name="syft:location:0:path", value="/srv/é/x")],
                components=[Component(name=each, type=ComponentType.FILE) for each in inner],
            )
            for name, (release, inner) in packages.items()
        ]
    )
    bom.metadata.component = Component(name="acme/serve", version="1", type=ComponentType.CONTAINER)
    as_json, as_xml = (
        make_outputter(bom, form, version).output_as_string(indent=1) for form in (OutputFormat.JSON, OutputFormat.XML)
    )
    mine, theirs = sbom.read(as_xml), sbom.read(as_json)
    assert (mine.form, mine.about, mine.broken) == (theirs.form, theirs.about, ())
    unplaced = [sorted((part.replace(start=0, end=1) for part in each.parts), key=repr) for each in (mine, theirs)]
    assert unplaced[0] == unplaced[1]
    for part in mine.parts:
        if part.purl:
            assert re.fullmatch(r"pkg:pypi/.+@.+\?a=1&amp;b=2", as_xml[part.start : part.end])
    assert sbom.recognized(as_xml.encode()[:4096])


def neat(name):
    """Without blanks around slashes, which the library drops and no name has."""
    return "/".join(filter(None, map(str.strip, name.split("/"))))


@settings(deadline=None, max_examples=50)
@given(
    st.sampled_from(["pypi", "npm", "golang", "deb", "nuget", "generic", "conda"]),
    st.lists(WORDS, max_size=2),
    st.text(string.printable, max_size=10).map(neat).filter(bool),
    st.text(string.printable, max_size=10),
)
def test_package_urls_are_read_as_their_library_reads_them(kind, namespace, name, version):
    try:
        url = PackageURL(kind, "/".join(namespace) or None, name, version or None, {"arch": "x/1 &"})
    except ValueError:
        return
    theirs = PackageURL.from_string(url.to_string())
    mine = purl.read(url.to_string())
    assert (mine.type, mine.namespace, mine.version) == (kind, theirs.namespace or "", theirs.version or "")
    assert mine.qualifiers == theirs.qualifiers
    if kind not in {"pypi", "deb"} and not theirs.namespace:
        assert mine.name == theirs.name


@pytest.mark.parametrize(
    ("url", "ecosystem", "name", "version"),
    [
        ("pkg:pypi/Llama_Index@0.10.1", "pypi", "llama-index", "0.10.1"),
        ("pkg:npm/%40angular/animation@12.3.1", "npm", "@angular/animation", "12.3.1"),
        ("pkg:npm/@angular/animation", "npm", "@angular/animation", ""),
        ("pkg:npm/@angular/animation@1", "npm", "@angular/animation", "1"),
        ("pkg:maven/org.apache.commons/io@1.3.4", "maven", "org.apache.commons:io", "1.3.4"),
        ("pkg:golang/github.com/gorilla/context@v1.0#api", "go", "github.com/gorilla/context", "v1.0"),
        ("pkg:deb/debian/libstdc%2B%2B6@12.2.0-14?arch=amd64", "deb", "libstdc++6", "12.2.0-14"),
        ("pkg:deb/debian/xz@2%3A5.4", "deb", "xz", "2:5.4"),
        ("pkg:rpm/redhat/bind-libs@9.11-1.el8?epoch=32", "rpm", "bind-libs", "32:9.11-1.el8"),
        ("pkg:nuget/Newtonsoft.Json@13", None, "Newtonsoft.Json", "13"),
    ],
)
def test_package_urls_of_each_ecosystem(url, ecosystem, name, version):
    read = purl.read(url)
    assert (read.ecosystem, read.name, read.version) == (ecosystem, name, version)


@pytest.mark.parametrize("url", ["", "pkg:", "pkg:pypi", "pkg:pypi/", "http://pypi/x", "pypi/x@1", "pkg:pypi/@1/"])
def test_what_is_no_package_url(url):
    if url == "pkg:pypi/@1/":
        assert purl.read(url).name == "@1"
    else:
        with pytest.raises(ValueError, match="no package URL"):
            purl.read(url)


@pytest.mark.parametrize(
    ("url", "system"),
    [
        ("pkg:deb/debian/a@1?distro=debian-12.4", ("debian", "12.4")),
        ("pkg:apk/alpine/a@1?distro=3.20.3", ("alpine", "3.20.3")),
        ("pkg:rpm/redhat/a@1?distro=redhat-8.9", ("rhel", "8.9")),
        ("pkg:rpm/opensuse/a@1?distro=opensuse-leap-15.5", ("opensuse-leap", "15.5")),
        ("pkg:rpm/suse/a@1?distro=suse%20linux%20enterprise%20server-15.5", ("sles", "15.5")),
        ("pkg:deb/debian/a@1?distro=bookworm", None),
        ("pkg:deb/debian/a@1", None),
    ],
)
def test_the_distribution_in_a_package_url_has_the_id_of_its_os_release(url, system):
    assert distribution(purl.read(url)) == system


def spdx(*packages, **more):
    return json.dumps({"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "packages": packages, **more}, indent=1)


def refers(url):
    return {"externalRefs": [
        {"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:x"},
        {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": url},
    ]}  # fmt: skip


def test_spdx_2_as_syft_and_trivy_write_it():
    text = spdx(
        {"name": "acme/serve", "SPDXID": "SPDXRef-image", "versionInfo": "1", **refers("pkg:oci/serve@sha256:aa")},
        {
            "name": "torch", "SPDXID": "SPDXRef-1", "versionInfo": "2.5.0", "licenseDeclared": "NOASSERTION",
            "licenseConcluded": "BSD-3-Clause",
            "sourceInfo": "acquired package info from installed python package manifest file: /usr/lib/t.dist-info/METADATA, /x",
            **refers("pkg:pypi/torch@2.5.0"),
        },
        {"name": "debian", "SPDXID": "SPDXRef-os", "versionInfo": "12.4", "primaryPackagePurpose": "OPERATING-SYSTEM"},
        {"name": "app/package-lock.json", "SPDXID": "SPDXRef-f", "primaryPackagePurpose": "FILE"},
        {"name": "mystery", "SPDXID": "SPDXRef-m"},
        {"SPDXID": "SPDXRef-none"},
        relationships=[{"spdxElementId": "SPDXRef-DOCUMENT", "relatedSpdxElement": "SPDXRef-image", "relationshipType": "DESCRIBES"}],
    )  # fmt: skip
    found = sbom.read(text)
    assert found.form == "SPDX 2.3"
    assert [(part.kind, part.name, part.version) for part in found.parts] == [
        ("aside", "acme/serve", "1"),
        ("package", "torch", "2.5.0"),
        ("system", "debian", "12.4"),
        ("aside", "app/package-lock.json", ""),
        ("package", "mystery", ""),
    ]
    torch = found.parts[1]
    assert (torch.licence, torch.path) == ("BSD-3-Clause", "usr/lib/t.dist-info/METADATA")
    assert text[torch.start : torch.end] == "pkg:pypi/torch@2.5.0"
    assert [text[at] for at in found.broken] == ["{"]


def test_spdx_3():
    graph = [
        {"type": "CreationInfo"},
        {"type": "software_Package", "name": "torch", "software_packageVersion": "2.5.0",
         "software_packageUrl": "pkg:pypi/torch@2.5.0"},
        {"type": "software_Package", "name": "curl", "externalIdentifier": [
            {"externalIdentifierType": "packageUrl", "identifier": "pkg:apk/alpine/curl@8?distro=3.20"}]},
        {"type": "ai_AIPackage", "name": "bert", "software_packageVersion": "1"},
        {"type": "software_Package"},
        1,
    ]  # fmt: skip
    text = json.dumps({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": graph})
    found = sbom.read(text)
    assert [(part.kind, part.name) for part in found.parts] == [
        ("package", "torch"),
        ("package", "curl"),
        ("model", "bert"),
    ]
    assert len(found.broken) == 2
    assert sbom.recognized(text.encode()[:4096])


@pytest.mark.parametrize("wrapper", ["predicate", "sbom", "SPDX"])
def test_a_document_in_an_attestation_or_an_export_is_found(wrapper):
    inner = spdx({"name": "torch", **refers("pkg:pypi/torch@2.5.0")})
    text = f'{{"predicateType": "https://spdx.dev/Document", "{wrapper}": {inner}}}'
    (part,) = sbom.read(text).parts
    assert text[part.start : part.end] == "pkg:pypi/torch@2.5.0"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('<?xml version="1.0"?>\n<bom xmlns="http://cyclonedx.org/schema/bom/2.0"/>', "line 2: not CycloneDX 1.x"),
        ("<html/>", "line 1: not CycloneDX 1.x"),
        ('<bom xmlns="http://cyclonedx.org/schema/bom/1.6">\n<components></bom>', "line 2: not XML: mismatched tag"),
        ('<!DOCTYPE bom [<!ENTITY a "aaaa">]>\n<bom>&a;</bom>', "line 1: a document type, which is not read"),
        ('<bom xmlns="http://cyclonedx.org/schema/bom/1.6">' + "<a>" * 200, "more than 100 elements deep"),
        ("SPDXVersion: SPDX-2.3\n", "tag:value.*syft convert"),
        ('{"bomFormat": "CycloneDX", "specVersion": "2.0"}', "neither CycloneDX"),
        ('{"predicate": {"predicate": {"predicate": {"predicate": {}}}}}', "neither CycloneDX"),
        ('{"bomFormat": "CycloneDX",\n "specVersion" "1.6"}', "line 2: not JSON"),
        ("[]", "line 1: not JSON"),
    ],
)
def test_what_is_not_read_is_said_with_a_remedy(text, reason):
    with pytest.raises(ValueError, match=reason):
        sbom.read(text)


def test_what_trivy_and_syft_know_of_a_component_is_kept():
    components = [
        {"type": "library", "group": "org.acme", "name": "io", "version": "1", "purl": "pkg:maven/org.acme/io@1",
         "properties": [{"name": "aquasecurity:trivy:FilePath", "value": "srv/app.jar"}]},
        {"type": "library", "name": "libssl3", "version": "3", "purl": "pkg:deb/debian/libssl3@3?upstream=openssl%401"},
        {"type": "library", "name": "libc6", "version": "2", "purl": "pkg:deb/debian/libc6@2",
         "properties": [{"name": f"aquasecurity:trivy:Src{key}", "value": value} for key, value in
                        {"Name": "glibc", "Version": "2.36", "Release": "9", "Epoch": "1"}.items()] + [3]},
        {"type": "library", "name": "x", "purl": "pkg:/", "licenses": [{"expression": "MIT OR X"}, {"license": 1}, 1]},
        {"type": "application", "name": "app/package-lock.json"},
        {"type": "library"},
        1,
    ]  # fmt: skip
    found = sbom.read(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": components}))
    io, libssl, libc, x, lock = found.parts
    assert (io.name, io.purl.name, io.path) == ("org.acme/io", "org.acme:io", "srv/app.jar")
    assert (libssl.source, libssl.source_version) == ("openssl", "1")
    assert (libc.source, libc.source_version) == ("glibc", "1:2.36-9")
    assert (x.purl, x.licence) == (None, "MIT OR X")
    assert (lock.kind, len(found.broken)) == ("aside", 2)


def test_components_in_one_another_are_bounded(monkeypatch):
    inner = {"type": "library", "name": "0"}
    for number in range(1, 4):
        inner = {"type": "library", "name": str(number), "components": [inner]}
    text = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [inner]})
    assert [part.name for part in sbom.read(text).parts] == ["3", "2", "1", "0"]
    monkeypatch.setattr(sbom.cyclonedx, "MAX_DEPTH", 2)
    with pytest.raises(ValueError, match="more than 2 deep"):
        sbom.read(text)


def test_long_words_are_cut():
    text = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [{"name": "x" * 9999}]})
    assert len(sbom.read(text).parts[0].name) == bill.MAX_WORD
