"""What the tag of an AI server's image tells of its known vulnerabilities, and what it leaves open."""

from __future__ import annotations

import re

import pytest

from scanner import knowledge
from scanner.derive import ai_servers
from scanner.model.facts import KnownVulnerability, VulnerablePin
from scanner.scan import Options, scan_image, scan_text
from scanner.sources.image.example import made

OPTIONS = Options(rules=(), build_args={}, keep_facts=True)


def known(text, kind=KnownVulnerability):
    return [fact for fact in scan_text(text, OPTIONS).facts if isinstance(fact, kind)]


def advisories(image):
    return {fact.advisory for fact in known(f"FROM {image}\n")}


@pytest.mark.parametrize(
    ("tag", "numbers"),
    [
        ("0.1.30", (0, 1, 30)), ("v0.6.5", (0, 6, 5)), ("24.05-py3", (24, 5)), ("server-cuda-b3000", (3000,)),
        ("main-v1.40.0", (1, 40, 0)), ("v0.4.1.post7-cu124", (0, 4, 1)), ("25.06-vllm-python-py3", (25, 6)),
        ("v1.17.4-ubi8", (1, 17, 4)), ("2.8.0-py310-gpu", (2, 8, 0)), ("2.8", (2, 8)),
        ("0.5.10rc0-cu126", ()), ("v0.10.0.dev1", ()), ("0.17.1-rc0", ()), ("2.0.0-beta", ()), ("latest", ()), ("8", ()),
        ("main", ()), ("sha-1a2b3c4", ()), ("", ()),
    ],
)  # fmt: skip
def test_the_release_that_a_tag_names(tag, numbers):
    assert ai_servers.release(tag) == numbers


@pytest.mark.parametrize(
    ("image", "advisory", "has"),
    [
        ("ollama/ollama:0.1.33", "CVE-2024-37032", True),
        ("ollama/ollama:0.1.34", "CVE-2024-37032", False),
        ("docker.io/ollama/ollama:0.1.33-rocm", "CVE-2024-37032", True),
        ("mirror.example/ollama/ollama:0.1.33", "CVE-2024-37032", False),
        ("vllm/vllm-openai:v0.6.4", "CVE-2025-32444", False),
        ("vllm/vllm-openai:v0.6.5", "CVE-2025-32444", True),
        ("vllm/vllm-openai:v0.8.5", "CVE-2025-32444", False),
        ("vllm/vllm-openai:v0.6.0", "CVE-2024-9053", True),
        ("vllm/vllm-openai:v0.6.0.post1", "CVE-2024-9053", True),
        ("vllm/vllm-openai:v0.6.1", "CVE-2024-9053", False),
        ("nvcr.io/nvidia/tritonserver:25.06-py3", "CVE-2025-23310", True),
        ("nvcr.io/nvidia/tritonserver:25.07-py3", "CVE-2025-23310", False),
        ("ghcr.io/ggml-org/llama.cpp:server-b5661", "CVE-2025-49847", True),
        ("ghcr.io/ggml-org/llama.cpp:server-b5662", "CVE-2025-49847", False),
        ("rayproject/ray:2.7", "CVE-2023-6019", True),
        ("rayproject/ray:2.8", "CVE-2023-6019", False),  # it may be 2.8.1
        ("chromadb/chroma:1.5.9", "CVE-2026-45829", True),
        ("chromadb/chroma:1.5.10", "CVE-2026-45829", False),
        ("chromadb/chroma:0.6.3", "CVE-2026-45829", False),
        ("milvusdb/milvus:v2.5.20", "CVE-2025-64513", True),
        ("milvusdb/milvus:v2.5.21", "CVE-2025-64513", False),
        ("milvusdb/milvus:v2.6.0", "CVE-2025-64513", True),
        ("milvusdb/milvus:v2.3.9", "CVE-2025-64513", False),
    ],
)
def test_which_releases_have_it(image, advisory, has):
    assert (advisory in advisories(image)) == has


@pytest.mark.parametrize(
    "image", ["ollama/ollama", "ollama/ollama:latest", "${BASE}", "ollama/ollama@sha256:" + "a" * 64]
)
def test_a_release_that_is_not_known_says_nothing(image):
    assert advisories(image) == set()


def test_the_facts_say_what_to_upgrade_to():
    found = known("FROM ollama/ollama:0.1.45 AS a\nFROM debian:12\nCOPY --from=a /bin/ollama /bin/\n")
    assert {fact.upgrade for fact in found} == {"0.17.1"}
    (first, *_) = found
    assert (first.ecosystem, first.name, first.version) == ("generic", "ollama", "0.1.45")
    assert first.purl == "pkg:oci/ollama?repository_url=docker.io/ollama/ollama&tag=0.1.45"
    assert first.evidence[0].quote == "ollama/ollama:0.1.45"
    (chroma,) = known("FROM chromadb/chroma:1.0.0\n")
    assert (chroma.upgrade, chroma.fixed_in, chroma.remedy) == ("", (), "no fixed version is known")


def test_packages_that_no_database_has():
    status = (
        b"Package: nvidia-container-toolkit\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.17.4-1\n\n"
    )
    report = scan_image(made({}, [{"var/lib/dpkg/status": status}], {}), OPTIONS)
    (fact,) = (fact for fact in report.facts if isinstance(fact, KnownVulnerability))
    assert (fact.advisory, fact.version, fact.location) == ("CVE-2025-23266", "1.17.4-1", "var/lib/dpkg/status")
    text = "FROM debian:12\nRUN apt-get install -y nvidia-container-toolkit=1.17.3-1 libnvidia-container1=1.17.8-1\n"
    (pin,) = known(text, VulnerablePin)
    assert (pin.advisories, pin.severity, pin.upgrade) == (("CVE-2025-23266", "CVE-2025-23359"), "critical", "1.17.8")


def test_the_table_is_as_its_heading_says():
    rows = [ai_servers.Row(*cells) for cells in knowledge.rows("ai-servers")]
    for row in rows:
        assert row.severity in {"low", "medium", "high", "critical"}
        assert bool(row.fixed) != bool(row.last), row
        assert re.fullmatch(r"(?:CVE-\d{4}-\d{4,}|GHSA-[\w-]+)", row.advisory)
        assert all(re.fullmatch(r"b?\d+(?:\.\d+)*", each) for each in (row.first, row.fixed, row.last) if each)
        assert row.images.islower() or not row.images
        assert row.url.startswith("https://")
        assert not row.summary.endswith(".")
        assert row.summary[0].islower() or row.summary[:3].isupper()
    keys = [(row.product, row.advisory, row.first) for row in rows]
    assert len(keys) == len(set(keys))
