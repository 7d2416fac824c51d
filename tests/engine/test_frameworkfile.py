"""Framework files say what they should, and every slip in one is told with its line."""

from __future__ import annotations

import pytest

from scanner.engine.frameworkfile import judging, load, read
from scanner.errors import RuleError
from scanner.model.framework import Control
from scanner.model.rule import Rule, Severity


@pytest.fixture
def file(tmp_path):
    """Writes a framework file and gives its path."""

    def write(text, name="ours.yaml"):
        path = tmp_path / "frameworks" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return str(path)

    return write


def rule(name, **controls):
    return Rule(
        id=name, title=name, severity=Severity.LOW, confidence="high", profile="default", subject="label",
        when=("test", "key", "empty", False), message="!", why="w", fix="f", same_as={}, path=f"{name}.yaml",
        controls={framework.replace("_", "-"): ids for framework, ids in controls.items()},
    )  # fmt: skip


def test_controls_may_be_ids_alone_or_titles_alone(file):
    assert read(file("title: Ours\ncontrols: [A1, 4.10]\n")).controls["4.10"] == Control(id="4.10", title="")
    titles = read(file("controls:\n  4.10: Titles stay\n  4.1: as written\n")).controls
    assert {name: control.title for name, control in titles.items()} == {"4.10": "Titles stay", "4.1": "as written"}


def test_what_a_control_does_not_say_the_defaults_say(file):
    found = read(file(
        "id: ours\ntitle: Ours\nurl: https://example.com\n"
        "defaults: {shows: Nothing., cannot: Anything., assessable: no, verified: false}\n"
        "controls:\n"
        "  A1: {title: One}\n"
        "  A2: {title: Two, shows: Much., cannot: Little., assessable: yes, verified: true, rules-of: {slsa: [build]}}\n"
    )).controls  # fmt: skip
    assert found["A1"] == Control(
        id="A1", title="One", shows="Nothing.", cannot="Anything.", assessable="no", verified=False
    )
    assert found["A2"] == Control(
        id="A2", title="Two", shows="Much.", cannot="Little.", assessable="yes", rules_of={"slsa": ("build",)}
    )


@pytest.mark.parametrize(("text", "reason", "hint"), [
    ("title: x\n", "1: a framework needs 'controls'", ""),
    ("id: other\ncontrols: [a]\n", "1: 'id' is not the name of the file, 'ours'", "call the file other.yaml"),
    ("controls:\n  A1: {titel: x}\n", "2: A1 has no key 'titel'", "did you mean title?"),
    ("controls:\n  A1:\n    title: x\n    assessable: perhaps\n",
     "4: 'assessable' should be one of yes, partly, no; found 'perhaps'", ""),
    ("controls:\n  A1:\n    title: x\n    verified: no\n", "4: 'verified' should be true or false, found 'no'", ""),
    ("defaults: {title: x}\ncontrols: [a]\n", "1: 'defaults' has no key 'title'",
     "the keys of 'defaults' are shows, cannot, assessable, verified"),
])  # fmt: skip
def test_a_slip_is_told_with_its_line(file, text, reason, hint):
    path = file(text)
    with pytest.raises(RuleError) as caught:
        read(path)
    assert (str(caught.value), caught.value.hint) == (f"{path}:{reason}", hint)


@pytest.mark.parametrize("other", ["thers: [A1]", "theirs: [A2]"])
def test_rules_of_a_control_that_is_not_there_are_an_error(file, tmp_path, other):
    file("controls: [A1]\n", "theirs.yaml")
    path = file(f"controls:\n  B1: {{title: x, rules-of: {{{other}}}}}\n")
    with pytest.raises(RuleError, match=f"^{path}: B1 takes rules of 'A[12]', which thei?rs does not have"):
        load([str(tmp_path)])


def test_a_control_has_the_rules_that_name_it_and_those_of_the_controls_it_takes():
    control = Control(id="A1", title="", rules_of={"theirs": ("B1",), "ours": ("A2",)})
    rules = [
        rule("direct", ours=("A1",)), rule("taken", theirs=("B1", "B2")), rule("own", ours=("A2",)),
        rule("other", ours=("A3",)), rule("elsewhere", theirs=("A1",)), rule("none"),
    ]  # fmt: skip
    assert [each.id for each in judging("ours", control, rules)] == ["direct", "taken", "own"]
