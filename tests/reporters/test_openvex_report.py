"""What is ignored with a reason becomes OpenVEX that says so, and that our own --vex honours."""

from __future__ import annotations

import json

import pytest

from scanner.engine import vex
from scanner.engine.suppress import suppress
from scanner.model.finding import Report, Suppression
from scanner.model.target import Target
from scanner.reporters import Options, render
from tests.engine.test_vex import DIGEST, RULE, finding

OPTIONS = Options(time="2026-07-23T00:00:00Z")


def report(*findings, target="registry:ghcr.io/acme/serve:1", called=(DIGEST,)):
    return Report(target=target, called=frozenset(called), findings=findings, lines={})


def told(*reports):
    return json.loads(render("openvex", reports, OPTIONS))


def ignored(by="config", reason="safetensors only"):
    return Suppression(by=by, reason=reason)


def test_an_ignore_is_not_affected_and_all_else_is_under_investigation():
    document = told(
        report(
            finding().replace(suppressed=ignored()),
            finding("pkg:pypi/torch@2.5.0?b").replace(suppressed=ignored()),
            finding(advisory="CVE-2", aliases=()),
            finding(advisory="CVE-3", aliases=()).replace(suppressed=ignored("baseline")),
            finding(advisory="CVE-4").replace(suppressed=ignored("vex")),
        )
    )
    image = f"pkg:oci/serve@{DIGEST.replace(':', '%3A')}?repository_url=ghcr.io/acme/serve&tag=1"
    assert document["statements"] == [
        {
            "vulnerability": {"name": "CVE-1", "aliases": ["GHSA-1"]},
            "products": [
                {"@id": image, "subcomponents": [{"@id": "pkg:pypi/torch@2.5.0"}, {"@id": "pkg:pypi/torch@2.5.0?b"}]}
            ],
            "status": "not_affected",
            "impact_statement": "safetensors only",
        },
        {
            "vulnerability": {"name": "CVE-2"},
            "products": [{"@id": image, "subcomponents": [{"@id": "pkg:pypi/torch@2.5.0"}]}],
            "status": "under_investigation",
        },
        {
            "vulnerability": {"name": "CVE-3"},
            "products": [{"@id": image, "subcomponents": [{"@id": "pkg:pypi/torch@2.5.0"}]}],
            "status": "under_investigation",
        },
    ]
    assert {key: document[key] for key in ("@context", "timestamp", "version", "author")} == {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "timestamp": "2026-07-23T00:00:00Z",
        "version": 1,
        "author": "Unknown Author",
    }


def test_what_an_open_service_reaches_is_noted_for_who_investigates():
    fact = finding().fact.replace(reached_by="ray, open on port 8265", told="torch 2.5.0 (reached by ray)")
    reached = finding().replace(fact=fact)
    (statement,) = told(report(reached, finding("pkg:pypi/torch@2.5.0?b")))["statements"]
    assert (statement["status"], statement["status_notes"]) == ("under_investigation", "torch 2.5.0 (reached by ray)")
    (statement,) = told(report(reached.replace(suppressed=ignored())))["statements"]
    assert "status_notes" not in statement, "somebody has investigated"


@pytest.mark.parametrize(
    ("target", "called"),
    [
        ("registry:ghcr.io/acme/serve:1", (DIGEST,)),
        ("docker:python:3.12", ()),
        (f"image:acme/serve@{DIGEST}", ()),
        ("archive:serve.tar", (DIGEST,)),
        ("rootfs:/", ()),
        ("sbom:bom.json", ("acme/serve", f"pkg:oci/serve@{DIGEST}?repository_url=index.docker.io/acme/serve")),
    ],
)
def test_our_own_documents_do_what_the_ignores_did(tmp_path, target, called):
    text = render("openvex", [report(finding().replace(suppressed=ignored()), target=target, called=called)], OPTIONS)
    path = tmp_path / "vex.json"
    path.write_text(text)
    on = Target(name=target, called=frozenset(called), config=None, lines={}, problems=[])
    (marked,), notices = suppress(on, [finding()], rules=(RULE,), vex=vex.read(str(path)))
    assert marked.suppressed.reason == "not affected: safetensors only"
    assert notices == ()


def test_the_same_statements_are_the_same_document():
    first, again, other = told(report(finding())), told(report(finding())), told(report(finding(advisory="CVE-2")))
    assert first == again
    assert first["@id"] != other["@id"]
    assert told(report())["statements"] == []
