"""VEX documents of each format say the same."""

from __future__ import annotations

import json

import pytest

from scanner.parsers import vex
from scanner.parsers.vex import csaf, cyclonedx


def openvex(*statements, **more):
    return json.dumps({"@context": "https://openvex.dev/ns/v0.2.0", "statements": statements} | more, indent=1)


TORCH = "pkg:pypi/torch@2.5.0"
IMAGE = "pkg:oci/serve@sha256:aa?repository_url=ghcr.io/acme/serve"
OPENVEX = openvex(
    {
        "vulnerability": {"@id": "https://x/CVE-1", "name": "CVE-1", "aliases": ["GHSA-1"]},
        "products": [{"@id": IMAGE, "subcomponents": [{"@id": TORCH}]}],
        "status": "not_affected",
        "justification": "vulnerable_code_not_in_execute_path",
        "impact_statement": "weights are\nsafetensors",
    },
    timestamp="2026-01-01T00:00:00Z",
)
CSAF = json.dumps(
    {
        "document": {"csaf_version": "2.0", "category": "csaf_vex", "tracking": {"current_release_date": "2026-01-01T00:00:00Z"}},
        "product_tree": {
            "branches": [
                {"branches": [{"product": {"product_id": "serve", "name": "serve", "product_identification_helper": {"purl": IMAGE}}}]},
                {"product": {"product_id": "torch", "name": "torch", "product_identification_helper": {"purl": TORCH}}},
            ],
            "relationships": [
                {
                    "category": "default_component_of",
                    "product_reference": "torch",
                    "relates_to_product_reference": "serve",
                    "full_product_name": {"product_id": "serve:torch", "name": "torch in serve"},
                }
            ],
        },
        "vulnerabilities": [
            {
                "cve": "CVE-1",
                "ids": [{"text": "GHSA-1"}],
                "product_status": {"known_not_affected": ["serve:torch"], "recommended": ["serve"]},
                "flags": [{"label": "vulnerable_code_not_in_execute_path", "product_ids": ["serve:torch"]}],
                "threats": [
                    {"category": "impact", "details": "weights are\nsafetensors"},
                    {"category": "exploit_status", "details": "none"},
                    {"category": "impact", "details": "of others", "product_ids": ["other"]},
                ],
            }
        ],
    },
    indent=1,
)  # fmt: skip


@pytest.mark.parametrize("text", [OPENVEX, CSAF])
def test_openvex_and_csaf_say_the_same(text):
    (statement,) = vex.read(text)
    assert statement.ids == ("CVE-1", "GHSA-1")
    assert statement.status == "not_affected"
    (product,) = statement.products
    assert IMAGE in product.names
    assert [TORCH in part for part in product.parts] == [True]
    assert statement.reason == "vulnerable_code_not_in_execute_path: weights are safetensors"
    assert statement.time == "2026-01-01T00:00:00Z"


def bill(*vulnerabilities, **more):
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "vulnerabilities": vulnerabilities} | more
    return json.dumps(document, indent=1)


@pytest.mark.parametrize(
    ("state", "status", "reason"),
    [
        ("not_affected", "not_affected", "code_not_reachable: why"),
        ("false_positive", "not_affected", "false positive: code_not_reachable: why"),
        ("resolved", "fixed", "code_not_reachable: why"),
        ("resolved_with_pedigree", "fixed", "code_not_reachable: why"),
        ("exploitable", "affected", "code_not_reachable: why"),
        ("in_triage", "under_investigation", "code_not_reachable: why"),
    ],
)
def test_cyclonedx(state, status, reason):
    text = bill(
        {
            "id": "GHSA-1",
            "references": [{"id": "CVE-1"}],
            "analysis": {"state": state, "justification": "code_not_reachable", "detail": "why"},
            "affects": [{"ref": "torch"}, {"ref": "urn:cdx:3e67/1#pkg%3Apypi%2Fnumpy%402"}, {"ref": "image"}],
        },
        {"id": "CVE-2"},
        metadata={"timestamp": "2026-01-01", "component": {"bom-ref": "image", "type": "container", "name": "serve", "version": "1"}},
        components=[{"components": [{"bom-ref": "torch", "type": "library", "name": "torch", "purl": TORCH}]}],
    )  # fmt: skip
    (statement,) = vex.read(text)
    assert (statement.ids, statement.status, statement.reason) == (("GHSA-1", "CVE-1"), status, reason)
    assert [set(product.names) for product in statement.products] == [{TORCH}, {"pkg:pypi/numpy@2"}, {"serve:1"}]


def test_early_openvex_names_things_by_a_word():
    (statement,) = vex.read(openvex({"vulnerability": "CVE-1", "products": [TORCH], "status": "fixed"}))
    assert (statement.ids, statement.status) == (("CVE-1",), "fixed")
    assert [set(product.names) for product in statement.products] == [{TORCH}]


def test_digests_are_names():
    product = {"@id": "x", "identifiers": {"purl": IMAGE}, "hashes": {"sha-256": "AB", "sha256": "cd"}}
    (statement,) = vex.read(openvex({"vulnerability": "CVE-1", "products": [product], "status": "fixed"}))
    assert set(statement.products[0].names) == {"x", IMAGE, "sha256:ab", "sha256:cd"}


def test_csaf_products_with_other_reasons_are_statements_of_their_own():
    document = json.loads(CSAF)
    document["vulnerabilities"] = [
        {
            "cve": "CVE-1",
            "product_status": {"known_not_affected": ["a", "b"], "fixed": ["serve"], "known_affected": ["c"], "under_investigation": ["d"]},
            "flags": [{"label": "component_not_present", "product_ids": ["a"]}],
        }
    ]  # fmt: skip
    found = [
        (one.status, one.reason, [sorted(each.names) for each in one.products])
        for one in vex.read(json.dumps(document))
    ]
    assert found == [
        ("not_affected", "component_not_present", [["a"]]),
        ("not_affected", "", [["b"]]),
        ("fixed", "", [sorted(["serve", IMAGE])]),
        ("affected", "", [["c"]]),
        ("under_investigation", "", [["d"]]),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (openvex(1), "line 4: a statement that is no object"),
        (openvex({"status": "fixed"}), "line 4: a statement that names no vulnerability"),
        (openvex({"vulnerability": "CVE-1", "status": "sure"}), "line 4: there is no status 'sure'"),
        (bill({}), "line 5: a vulnerability without an id"),
        (bill({"id": "CVE-1", "analysis": {"state": "odd"}}), "line 5: there is no state 'odd'"),
        ('{"document": {"csaf_version": "2.0"}, "vulnerabilities": [{}]}', "line 1: a vulnerability without cve"),
        ('{"document": {"csaf_version": "2.0"}, "vulnerabilities": [1]}', "line 1: a vulnerability that is no"),
        ("{}", "neither OpenVEX nor CSAF"),
        ('{"a": [}', "line 1: not JSON"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text, reason):
    with pytest.raises(ValueError, match=reason):
        vex.read(text)


def test_depth_and_number_are_bounded(monkeypatch):
    monkeypatch.setattr(csaf, "MAX_DEPTH", 1)
    with pytest.raises(ValueError, match="more than 1 deep"):
        vex.read(CSAF)
    monkeypatch.setattr(csaf, "MAX_DEPTH", 9)
    monkeypatch.setattr(csaf, "MAX_PRODUCTS", 1)
    with pytest.raises(ValueError, match="more than 1 products"):
        vex.read(CSAF)
    monkeypatch.setattr(cyclonedx, "MAX_DEPTH", 0)
    with pytest.raises(ValueError, match="more than 0 deep"):
        vex.read(bill(components=[{"components": []}]))
