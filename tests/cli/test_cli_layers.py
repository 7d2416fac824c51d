"""``hullcheck layers``: an image, its table or JSON, and exit codes."""

from __future__ import annotations

import json

import pytest

from scanner.model.finding import LayerUse, Problem, Report
from scanner.model.location import Layer, Location

USE = LayerUse(layer=Layer(0, "sha256:0", "ADD x /"), stored=5, size=10, wasted=0, entries=1, models=0)


@pytest.fixture
def image(stage):
    stage.reports = [Report(target="docker:app", layers=(USE,), lines={})]
    return stage


def test_it_scans_and_shows_a_table(image, run):
    code, out, err = run("layers", "docker:app")
    assert (code, err) == (0, "")
    assert "ADD x /" in out
    assert image.paths == ("docker:app",)
    assert (image.options.weigh, image.options.keep_facts) == (True, True)
    assert [rule.id for rule in image.options.rules] == ["some-rule", "other-rule"]


def test_json_goes_to_standard_output_alone(image, run):
    image.reports[0] = image.reports[0].replace(problems=(Problem(at=Location("etc/x"), reason="cut\x1boff"),))
    code, out, err = run("layers", "--json", "-j", "3", "app:1")
    assert json.loads(out)["layers"][0]["unpacked"] == 10
    assert (code, err) == (3, "etc/x not looked at: cut\\x1boff\n")
    assert image.paths == ("image:app:1",)
    assert image.options.jobs == 3


@pytest.mark.parametrize("name", ["Dockerfile", "rootfs:.", "."])
def test_what_has_no_layers_is_asked_wrongly(image, run, name):
    code, out, err = run("layers", name)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {name} is no image with layers\nhint: name one: ")
