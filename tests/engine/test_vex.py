"""A VEX document takes findings away that it is about, keeps its reason, and takes no other one."""

from __future__ import annotations

import json

import pytest

from scanner.engine import vex
from scanner.engine.suppress import suppress
from scanner.errors import UsageError
from scanner.model.facts import KnownVulnerability
from scanner.model.finding import Finding
from scanner.model.location import Evidence, Location
from scanner.model.rule import Rule, Severity
from scanner.model.target import Target

DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64
RULE = Rule(
    id="known",
    title="t",
    severity=Severity.HIGH,
    confidence="high",
    profile="default",
    subject="known-vulnerability",
    when=(),
    message="m",
    why="w",
    fix="f",
    same_as={},
    controls={},
    path="known.yaml",
)


def finding(purl="pkg:pypi/torch@2.5.0", advisory="CVE-1", aliases=("GHSA-1",)):
    fact = KnownVulnerability(
        evidence=(Evidence(Location("site/torch"), "torch 2.5.0"),),
        ecosystem="pypi",
        name="torch",
        version="2.5.0",
        purl=purl,
        location="site/torch",
        advisory=advisory,
        aliases=aliases,
        source="PyPI",
        summary="",
        affects=True,
        certainty="high",
        severity="high",
        score="",
        vector="",
        fixed_in=(),
        upgrade="",
        remedy="",
        exploited=None,
        exploit_percent=None,
        disputed=False,
        of_base=None,
        reached_by=None,
        told="torch 2.5.0",
    )
    return Finding(rule=RULE, fact=fact, message="m")


def target(name="registry:ghcr.io/acme/serve:1", called=(DIGEST,)):
    return Target(name=name, called=frozenset(called), config=None, lines={}, problems=[])


@pytest.fixture
def ruled(tmp_path):
    """What becomes of a finding: the reason why it is suppressed or None, and the notices."""

    def ruling(*statements, of=None, target=None):
        path = tmp_path / "vex.json"
        path.write_text(json.dumps({"@context": "https://openvex.dev/ns/v0.2.0", "statements": statements}, indent=1))
        of, on = of or finding(), target or globals()["target"]()
        (marked,), notices = suppress(on, [of], rules=(RULE,), vex=vex.read(str(path)))
        if marked.suppressed:
            assert (marked.suppressed.by, marked.suppressed.at.path) == ("vex", str(path))
        return marked.suppressed and marked.suppressed.reason, [notice.text for notice in notices]

    return ruling


def said(
    product="pkg:pypi/torch",
    *,
    status="not_affected",
    id="CVE-1",
    reason="inline_mitigations_already_exist",
    time="",
    parts=(),
):
    product = {"@id": product, "subcomponents": [{"@id": part} for part in parts]}
    return {"vulnerability": {"name": id}, "products": [product], "status": status, "justification": reason, "timestamp": time}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("not_affected", "not affected: inline_mitigations_already_exist"),
        ("fixed", "fixed: inline_mitigations_already_exist"),
        ("affected", None),
        ("under_investigation", None),
    ],
)
def test_what_does_not_affect_and_what_is_fixed_is_suppressed_with_the_reason(ruled, status, reason):
    assert ruled(said(status=status)) == (reason, [])


@pytest.mark.parametrize("id", ["CVE-1", "GHSA-1"])
def test_any_id_of_the_advisory_will_do(ruled, id):
    assert ruled(said(id=id))[0]
    assert ruled(said(id="CVE-11")) == (None, [])


@pytest.mark.parametrize(
    ("product", "purl", "about"),
    [
        ("pkg:pypi/torch", "pkg:pypi/torch@2.5.0", True),
        ("pkg:pypi/Torch@2.5.0", "pkg:pypi/torch@2.5.0", True),
        ("pkg:pypi/torch@2.5.0", "pkg:pypi/torch@2.5.0%2Bcu124", True),
        ("pkg:pypi/torch@2.5.0?package-id=ab", "pkg:pypi/torch@2.5.0", True),
        ("pkg:pypi/torch@2.5.1", "pkg:pypi/torch@2.5.0", False),
        ("pkg:pypi/torchvision", "pkg:pypi/torch@2.5.0", False),
        ("pkg:conda/torch", "pkg:pypi/torch@2.5.0", False),
        ("pkg:pypi/", "pkg:pypi/torch@2.5.0", False),
        ("pkg:pypi/torch", "", False),
        ("pkg:deb/debian/libssl3", "pkg:deb/debian/libssl3@3.0?arch=amd64&distro=debian-12.4", True),
        ("pkg:deb/debian/libssl3?distro=debian-12", "pkg:deb/debian/libssl3@3.0?arch=amd64&distro=debian-12.4", True),
        ("pkg:deb/debian/libssl3?distro=debian-1", "pkg:deb/debian/libssl3@3.0?arch=amd64&distro=debian-12.4", False),
        ("pkg:deb/debian/libssl3?arch=arm64", "pkg:deb/debian/libssl3@3.0?arch=amd64&distro=debian-12", False),
        ("pkg:deb/debian/libssl3?distro=debian-12", "pkg:deb/debian/libssl3@3.0", False),
        ("pkg:deb/ubuntu/libssl3", "pkg:deb/debian/libssl3@3.0", False),
    ],
)
def test_a_package_is_meant_by_its_package_url(ruled, product, purl, about):
    suppressed, notices = ruled(said(product), of=finding(purl))
    assert bool(suppressed) == about
    assert bool(notices) != about, "what is about something else is said, so that a slip is seen"


@pytest.mark.parametrize(
    ("product", "about"),
    [
        (f"pkg:oci/serve@{DIGEST.replace(':', '%3A')}?repository_url=index.example/other", True),
        (f"pkg:oci/serve@{OTHER}?repository_url=ghcr.io/acme/serve", False),
        ("pkg:oci/serve?repository_url=ghcr.io/acme/serve", True),
        ("pkg:oci/serve?repository_url=ghcr.io/acme/serve&tag=1", True),
        ("pkg:oci/serve?repository_url=ghcr.io/acme/serve&tag=2", False),
        ("pkg:oci/serve?repository_url=ghcr.io/else/serve", False),
        ("pkg:oci/serve", True),
        ("pkg:docker/acme/serve@1", False),
        ("ghcr.io/acme/serve:1", True),
        ("ghcr.io/acme/serve", True),
        ("ghcr.io/acme/serve:2", False),
        (f"ghcr.io/acme/serve@{DIGEST}", True),
        (DIGEST, True),
        (OTHER, False),
        ("registry:ghcr.io/acme/serve:1", True),
        ("https://example.com/Serve", False),
    ],
)
def test_an_image_is_meant_by_digest_or_name(ruled, product, about):
    assert bool(ruled(said(product))[0]) == about
    assert bool(ruled(said(product, parts=["pkg:pypi/torch"]))[0]) == about
    assert ruled(said(product, parts=["pkg:pypi/numpy"]))[0] is None, "another package of the image"


def test_an_image_of_docker_hub_and_a_bill_of_materials(ruled):
    assert ruled(said("pkg:docker/acme/serve@1"), target=target("docker:acme/serve:1", ()))[0]
    assert ruled(said("pkg:oci/serve?repository_url=index.docker.io/acme/serve"), target=target("docker:acme/serve:1"))[
        0
    ]
    assert ruled(said("acme/serve:1"), target=target("sbom:bom.json", ("acme/serve:1",)))[0]
    assert ruled(said("acme/serve:1"), target=target("sbom:bom.json", ()))[0] is None


def test_a_package_with_parts_is_no_image(ruled):
    assert ruled(said("pkg:pypi/torch", parts=["pkg:pypi/torch"]))[0] is None


def test_of_several_statements_the_latest_counts(ruled):
    not_yet = said(status="under_investigation", time="2026-01-01T00:00:00Z")
    later = said(time="2026-01-01T01:00:00+00:00")
    assert ruled(later, not_yet)[0]
    assert ruled(not_yet, later)[0]
    assert ruled(later, said(status="affected", time="2026-01-02T00:00:00Z", product="pkg:pypi/torch@2.5.0"))[0] is None
    assert ruled(later, said(status="affected", time="2027-01-02T00:00:00Z", product="pkg:pypi/numpy"))[0]
    assert ruled(said(time="soon"), said(status="affected", time=""))[0] is None, "in the order of the file"


def test_a_reason_is_asked_for_as_of_every_ignore(ruled):
    assert ruled(said(reason="")) == (
        None,
        ["what it says of CVE-1 does not count: it says that nothing is affected, but not why; add a justification"],
    )
    assert ruled(said(reason="", status="fixed")) == ("fixed", [])


def test_statements_about_other_products_are_told_once_a_file(ruled):
    _, notices = ruled(said("pkg:pypi/numpy"), said("pkg:npm/torch"))
    assert notices == [
        "what it says of CVE-1 does not count here: its products are others (pkg:pypi/numpy, pkg:npm/torch)"
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{}", "neither OpenVEX"),
        (b"\xff", "can't decode"),
        (b"x" * 99, "larger than 90 bytes"),
        (None, "cannot be read"),
    ],
)
def test_a_document_that_cannot_be_read_is_a_usage_error(tmp_path, monkeypatch, content, reason):
    monkeypatch.setattr(vex, "MAX_BYTES", 90)
    path = tmp_path / "vex.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=f"vex.json.*{reason}"):
        vex.read(str(path))
