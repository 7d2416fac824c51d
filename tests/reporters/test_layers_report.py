"""The table of an image's layers fits its screen, and JSON says the same."""

from __future__ import annotations

import json
import re

import pytest

from scanner.model.facts import HealthCheck, InstalledPackage
from scanner.model.finding import Finding, LayerUse, Problem, Report, Suppression
from scanner.model.location import Evidence, Layer, Location
from scanner.model.rule import Rule, Severity
from scanner.reporters.layers import as_json, instruction, table
from scanner.reporters.tally import size

BELOW = Layer(0, "sha256:00", "ADD debian.tar / # buildkit", True)
OWN = Layer(1, "sha256:11", "RUN /bin/sh -c pip install torch &&\n  echo \x1b[31m " + "x" * 200, False)
TOP = Layer(2, "sha256:22", "", False)
USES = (
    LayerUse(layer=BELOW, stored=29_126_484, size=74_782_720, wasted=0, entries=3_372, models=0),
    LayerUse(layer=OWN, stored=2_512_345_678, size=5_000_000_000, wasted=2_500_000_000, entries=44_000, models=2),
    LayerUse(layer=TOP, stored=32, size=0, wasted=0, entries=1, models=0),
)


def package(layer, name):
    given = dict.fromkeys(InstalledPackage.field_names())
    return InstalledPackage(**given | {"name": name, "evidence": (Evidence(Location("x", None, layer)),)})


def finding(layer, severity, suppressed=None):
    rule = Rule(
        id="some-rule", title="", severity=severity, confidence="high", profile="default", subject="health-check",
        when=(), message="", why="", fix="", same_as={}, controls={}, path="",
    )  # fmt: skip
    fact = HealthCheck(evidence=(Evidence(Location("x", None, layer)),), declared=False, disabled=False)
    return Finding(rule=rule, fact=fact, message="", suppressed=suppressed)


REPORT = Report(
    target="registry:acme/serve:1",
    facts=(package(BELOW, "bash"), package(OWN, "torch"), package(OWN, "numpy")),
    findings=(
        finding(OWN, Severity.LOW),
        finding(OWN, Severity.HIGH),
        finding(TOP, Severity.HIGH, Suppression(by="config", reason="known")),
        finding(None, Severity.MEDIUM),
    ),
    lines={},
    layers=USES,
)
WHOLE = """\
layer   stored  unpacked   wasted  packages  models  findings
from the base image
    0  29.1 MB   74.8 MB        -         1       -         -  █               ADD debian.tar /
built on top
    1  2.51 GB   5.00 GB  2.50 GB         2       2         2  ███████░░░░░░░  RUN pip install torch && echo \\x1b[31m x…
    2     32 B         -        -         -       -         -
  all  2.54 GB   5.07 GB  2.50 GB         3       2         2  49% is wasted

1 more finding about its config, in no layer.
"""


def test_it_is_a_line_a_layer_and_a_total():
    assert table(REPORT, width=120, color=False) == WHOLE


@pytest.mark.parametrize("width", [80, 100, 120, 160])
@pytest.mark.parametrize("color", [False, True])
def test_it_fits_the_screen(width, color):
    text = table(REPORT, width=width, color=color)
    assert ("\x1b[" in text) is color
    longest = max(len(line) for line in re.sub(r"\x1b\[[\d;]*m", "", text).split("\n"))
    assert width - 1 <= longest <= width


def test_on_screens_without_blocks_bars_are_ascii():
    assert table(REPORT, width=80, color=False, blocks=False).replace("…", "").isascii()
    assert "###..." in table(REPORT, width=80, color=False, blocks=False)


def test_without_a_history_nothing_is_said_of_the_base():
    layers = tuple(use.replace(layer=Layer(use.layer.index, "sha256:0")) for use in USES)
    assert "base" not in table(REPORT.replace(layers=layers), width=80, color=False)


def test_an_image_without_layers_has_a_total():
    assert table(Report(target="x", lines={}), width=80, color=False).split() == [
        "stored", "unpacked", "wasted", "pkgs", "models", "found", "all", *"------"
    ]  # fmt: skip


def test_json_says_the_same_in_bytes():
    problem = Problem(at=Location("x", None, OWN), reason="it is cut off")
    told = json.loads(as_json(REPORT.replace(problems=(problem,))))
    assert told["layers"][1] == {
        "index": 1, "digest": "sha256:11", "base": False, "entries": 44_000, "stored": 2_512_345_678,
        "instruction": instruction(OWN.created_by), "unpacked": 5_000_000_000, "wasted": 2_500_000_000, "packages": 2,
        "models": 2, "findings": 2, "severities": {"high": 1, "low": 1},
    }  # fmt: skip
    assert told["total"] == {
        "stored": 2_541_472_194, "unpacked": 5_074_782_720, "wasted": 2_500_000_000, "packages": 3, "models": 2,
        "findings": 2,
    }  # fmt: skip
    assert told["findings_in_no_layer"] == 1
    assert told["problems"][0]["reason"] == "it is cut off"


@pytest.mark.parametrize(
    ("created_by", "shown"),
    [
        ("/bin/sh -c #(nop) COPY file:0a1b in /app ", "COPY file:0a1b in /app"),
        ("RUN |1 A=b /bin/bash -o pipefail -c make \\\n  all # buildkit", "RUN make all"),
        ("bazel build ...", "bazel build ..."),
        ("", ""),
    ],
)
def test_an_instruction_is_what_the_dockerfile_said(created_by, shown):
    assert instruction(created_by) == shown


def test_sizes_have_three_digits():
    shown = [size(number) for number in (0, 999, 1000, 9_994, 9_995, 99_949, 99_950, 999_499, 999_500, 10**12)]
    assert shown == [
        "0 B",
        "999 B",
        "1.00 kB",
        "9.99 kB",
        "10.0 kB",
        "99.9 kB",
        "100 kB",
        "999 kB",
        "1.00 MB",
        "1.00 TB",
    ]
