"""Packages that report their use are told of where it is known that nothing keeps them from it."""

from __future__ import annotations

import pytest

from scanner import knowledge
from scanner.engine import compile
from scanner.scan import Options, scan_image, scan_rootfs
from scanner.sources.image.example import made

METADATA = "usr/local/lib/python3.12/site-packages/gradio-5.49.1.dist-info/METADATA"
CONTENT = b"Metadata-Version: 2.1\nName: gradio\nVersion: 5.49.1\n"


@pytest.fixture(scope="module")
def options():
    rules = tuple(file.rule for file in compile.rule_files(knowledge.folder()) if file.rule.id == "telemetry-on")
    return Options(rules=rules, build_args={})


def told(report):
    return [(finding.fact.packages, finding.fact.variables) for finding in report.findings]


def test_of_an_image_its_packages_and_its_variables_are_known(options):
    def scanned(**config):
        return told(scan_image(made({"config": config}, [{METADATA: CONTENT}], {}), options))

    assert scanned() == [("gradio", "GRADIO_ANALYTICS_ENABLED=False")]
    assert scanned(Env=["GRADIO_ANALYTICS_ENABLED=False"]) == []
    assert scanned(Env=["GRADIO_ANALYTICS_ENABLED=True"]) != []


def test_of_files_alone_the_variables_are_not_known(options, tmp_path):
    path = tmp_path / METADATA
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    assert told(scan_rootfs(str(tmp_path), options)) == []
