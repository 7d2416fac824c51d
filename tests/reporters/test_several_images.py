"""A report over several images says of each file in which image it is."""

from __future__ import annotations

import json

import pytest

from scanner.engine.assess import assess
from scanner.model.facts import LayerFile
from scanner.model.finding import Finding, Problem, Report, Undecided
from scanner.model.framework import Assessment, Control, Framework, Verdict
from scanner.model.location import Evidence, Layer, Location
from scanner.model.rule import Rule, Severity
from scanner.reporters import Options, render
from scanner.reporters.tally import distinct, tally

RULE = Rule(
    id="some-file", title="A file", severity=Severity.HIGH, confidence="high", profile="default",
    subject="layer-file", when={}, message="", why="Because.", fix="Take it out.", same_as={}, controls={}, path="rules/x/some-file.yaml",
)  # fmt: skip
ONE, TWO, OTHER = Layer(0, "sha256:aa"), Layer(1, "sha256:bb"), Layer(1, "sha256:cc")


def found(path, layer, message):
    values = dict.fromkeys(LayerFile.field_names()) | {"evidence": (Evidence(Location(path, None, layer), path),)}
    return Finding(rule=RULE, fact=LayerFile(**values), message=message)


def report(target, *findings, **more):
    return Report(target=target, findings=findings, lines={}, **more)


@pytest.fixture
def reports():
    """Two images on the same base: a file of the base in both, files of one name in layers of their own."""
    shared = found("etc/shared", ONE, "is in the base")
    return [
        report("archive:a.tar", shared, found("srv/key", TWO, "is a key")),
        report("archive:b.tar", shared, found("srv/key", OTHER, "is a key")),
        report("Dockerfile"),
    ]


def test_each_place_in_a_layer_begins_with_its_image(reports):
    lines = render("text", reports, Options()).splitlines()
    assert [line for line in lines if " high " in line and "some-file" in line] == [
        "archive:a.tar etc/shared (layer 0) high some-file  is in the base",
        "archive:a.tar srv/key (layer 1) high some-file  is a key",
        "archive:b.tar srv/key (layer 1) high some-file  is a key",
    ]
    assert lines.count("    = also in: archive:b.tar") == 1
    assert lines[-2] == "3 findings in 3 targets: 3 high."


def test_a_quiet_line_names_the_other_images_too(reports):
    first, *rest = render("text", reports, Options(quiet=True)).splitlines()
    assert first == "archive:a.tar etc/shared (layer 0) high some-file  is in the base (also in archive:b.tar)"
    assert not any("also in" in line for line in rest)


def test_many_other_images_are_counted(reports):
    shared = reports[0].findings[0]
    many = [report(f"image:{number}", shared) for number in range(9)]
    assert "= also in: image:1, image:2, image:3, image:4, image:5 and 3 more" in render("text", many, Options())


def test_the_only_image_is_not_repeated_on_each_line(reports):
    assert "archive:a.tar srv" not in render("text", reports[:1], Options())


def test_files_of_two_unpacked_root_file_systems_are_two(reports):
    layer = Layer(0, "")
    two = [report(f"rootfs:{name}", found("etc/x", layer, "is bad")) for name in "ab"]
    assert tally(two, distinct(two)).findings == 2
    text = render("text", two, Options(quiet=True))
    assert text.count("rootfs:a etc/x") == text.count("rootfs:b etc/x") == 1
    results = json.loads(render("sarif", two, Options()))["runs"][0]["results"]
    names = [each["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] for each in results]
    assert names == ["rootfs:a:/etc/x", "rootfs:b:/etc/x"]


def test_what_was_not_looked_at_or_not_decided_names_its_image(reports):
    layer = Layer(0, "")
    gap = Problem(at=Location("etc/x", None, layer), reason="it is damaged")
    open_question = Undecided(rule=RULE, fact=found("etc/y", layer, "").fact, fields=("size",))
    two = [report(f"rootfs:{name}", problems=(gap,), undecided=(open_question,)) for name in "ab"]
    text = render("text", two, Options(show_undecided=True))
    for name in "ab":
        assert f"rootfs:{name} etc/x (layer 0) not looked at: it is damaged" in text
        assert f"rootfs:{name} etc/y (layer 0) undecided some-file" in text
    total = tally(two, distinct(two))
    assert (total.problems, total.undecided) == (2, 2)


def assessed(*reports):
    """The lines of the controls of a framework of two: one has findings, the other what was judged."""
    controls = {name: Control(id=name, title=name) for name in ("found", "judged")}
    findings = tuple({id(each.fact): each for one in reports for each in one.findings}.values())
    verdicts = (
        Verdict(control=controls["found"], status="failed", reason="Wrong.", findings=findings),
        Verdict(
            control=controls["judged"],
            status="passed",
            reason="Right.",
            facts=tuple(each.fact for one in reports for each in one.findings),
        ),
    )
    assessment = Assessment(framework=Framework(id="ours", controls=controls), verdicts=verdicts)
    text = render("text", reports, Options(assessments=(assessment,)))
    return [line.partition(" At ")[2] for line in text[text.index("ours") :].splitlines()[1:3]]


def test_what_became_of_a_control_names_the_image_of_each_file(reports):
    assert assessed(*reports) == [
        "archive:a.tar etc/shared (layer 0) some-file, archive:a.tar srv/key (layer 1) some-file, "
        "archive:b.tar srv/key (layer 1) some-file",
        "archive:a.tar etc/shared (layer 0), archive:a.tar srv/key (layer 1), archive:b.tar srv/key (layer 1)",
    ]
    assert assessed(reports[0]) == [
        "etc/shared (layer 0) some-file, srv/key (layer 1) some-file",
        "etc/shared (layer 0), srv/key (layer 1)",
    ]


def test_a_control_fails_in_each_of_two_root_file_systems():
    two = [report(f"rootfs:{name}", found("etc/x", Layer(0, ""), "is bad")) for name in "ab"]
    rule = RULE.replace(controls={"ours": ("1",)})
    marked = [one.replace(findings=tuple(each.replace(rule=rule) for each in one.findings)) for one in two]
    framework = Framework(id="ours", controls={"1": Control(id="1", title="One")})
    (verdict,) = assess(framework, marked, rules=(rule,), catalogue=(rule,)).verdicts
    assert len(verdict.findings) == 2
    assert assessed(*two) == [
        "rootfs:a etc/x (layer 0) some-file, rootfs:b etc/x (layer 0) some-file",
        "rootfs:a etc/x (layer 0), rootfs:b etc/x (layer 0)",
    ]


def test_sarif_has_a_shared_finding_once_with_all_its_images(reports):
    results = json.loads(render("sarif", reports, Options()))["runs"][0]["results"]
    assert [(each["properties"]["target"], each["properties"].get("alsoIn")) for each in results] == [
        ("archive:a.tar", ["archive:b.tar"]), ("archive:a.tar", None), ("archive:b.tar", None)
    ]  # fmt: skip
    names = [each["fullyQualifiedName"] for each in results[0]["locations"][0]["logicalLocations"]]
    assert names == [f"archive:{name}.tar@sha256:aa:/etc/shared" for name in "ab"]


def test_json_lists_the_findings_of_each_image(reports):
    targets = json.loads(render("json", reports, Options()))["targets"]
    assert [(each["target"], [item["path"] for item in each["findings"]]) for each in targets] == [
        ("archive:a.tar", ["etc/shared", "srv/key"]),
        ("archive:b.tar", ["etc/shared", "srv/key"]),
        ("Dockerfile", []),
    ]
