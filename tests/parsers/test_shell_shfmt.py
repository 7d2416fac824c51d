"""Commands, words and places are those of shfmt, an independent parser of POSIX shell and bash."""

from __future__ import annotations

import glob
import json
import os
import subprocess
import sys
from typing import Any

import pytest

from scanner.model.command import Script
from scanner.model.instruction import Run
from scanner.model.location import Text
from scanner.parsers import dockerfile
from scanner.parsers.shell import parse
from scanner.parsers.shell.variables import Variables

SHFMT = os.path.join(os.path.dirname(sys.executable), "shfmt")

with open(os.path.join(os.path.dirname(__file__), "test_shell_bodies.txt"), encoding="utf-8") as _file:
    BODIES = _file.read().rstrip("\n").split("\n%%\n")
"""What people write in RUN instructions and entry points of AI images."""


class AllUnknown(Variables):
    """Words as they are written."""

    def get(self, name: str) -> None:
        return None


def read(body: str, monkeypatch: pytest.MonkeyPatch) -> Script:
    monkeypatch.setattr("scanner.parsers.shell.Variables", AllUnknown)
    monkeypatch.setattr("scanner.parsers.shell.commands.Variables", AllUnknown)
    monkeypatch.setattr("scanner.parsers.shell.script.Variables", AllUnknown)
    monkeypatch.setattr("scanner.parsers.shell.commands.peel", lambda words: ((), (), 0))
    return parse(Text.of_file("x.sh", body), lambda name: None)


def ours(script: Script) -> dict[tuple[int, int], list[tuple[str, tuple[int, int]]]]:
    """First word's place: each word as written, with its place. Scripts in arguments are left out."""
    found = {}
    for command in script.commands:
        above, outer = command, True
        while outer and above.inside:
            outer = above.inside != "-c"
            if above.parent is None:
                break
            above = script.commands[above.parent]
        if outer and command.words and command.words[0].text != "[[":
            words = [
                (command.source.value[word.start : word.end], command.source.place(word.start))
                for word in command.words
            ]
            while words[0][0] in {"time", "-p"}:
                del words[0]
            found[words[0][1]] = words
    return found


def theirs(body: str) -> dict[tuple[int, int], list[tuple[str, tuple[int, int]]]] | None:
    done = subprocess.run([SHFMT, "-tojson"], input=body.encode(), capture_output=True, check=False)
    if done.returncode:
        return None
    raw = body.encode()

    def place(position: dict[str, int]) -> tuple[int, int]:
        line = raw.rfind(b"\n", 0, position["Offset"]) + 1
        return raw.count(b"\n", 0, position["Offset"]) + 1, len(raw[line : position["Offset"]].decode()) + 1

    def word(node: dict[str, Any]) -> tuple[str, tuple[int, int]]:
        return raw[node["Pos"]["Offset"] : node["End"]["Offset"]].decode(), place(node["Pos"])

    found = {}
    todo: list[Any] = [json.loads(done.stdout)]
    while todo:
        node = todo.pop()
        if isinstance(node, list):
            todo += node
        elif isinstance(node, dict):
            todo += node.values()
            if node.get("Type") == "CallExpr" and node.get("Args"):
                words = [word(argument) for argument in node["Args"]]
                found[words[0][1]] = words
            elif node.get("Type") == "DeclClause":
                words = [word(node["Variant"]), *(word(argument) for argument in node.get("Args") or ())]
                found[words[0][1]] = words
    return found


def differences(body: str, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    expected = theirs(body)
    assert expected is not None, "shfmt does not take it"
    found = ours(read(body, monkeypatch))
    return [
        (place, expected.get(place), found.get(place))
        for place in expected.keys() | found.keys()
        if expected.get(place) != found.get(place)
    ]


FIXTURES = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "fixtures")


def fixture_bodies() -> set[str]:
    """The RUN bodies of all fixtures, as far as they are whole without the bodies of their here-documents."""
    bodies = set()
    for path in glob.glob(os.path.join(FIXTURES, "**", "*ockerfile*"), recursive=True):
        if not os.path.isfile(path):
            continue
        with open(path, encoding="utf-8", errors="replace", newline="") as file:
            instructions = dockerfile.parse(file.read(), path).instructions
        runs = [instruction for instruction in instructions if isinstance(instruction, Run)]
        bodies |= {run.script.value for run in runs if run.argv is None and "<<" not in run.script.value}
    return bodies


def test_the_fixtures_commands_have_the_words_and_places_that_shfmt_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = {body for body in fixture_bodies() if theirs(body) is not None}
    assert len(bodies) > 30
    assert [(body, wrong) for body in sorted(bodies) if (wrong := differences(body, monkeypatch))] == []


@pytest.mark.parametrize("number", range(len(BODIES)))
def test_every_command_has_the_words_and_places_that_shfmt_sees(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert differences(BODIES[number], monkeypatch) == []


def test_no_body_that_shfmt_reads_has_an_error() -> None:
    assert [(body, errors) for body in BODIES if (errors := parse(Text.of_file("x", body), {}.get).errors)] == []
