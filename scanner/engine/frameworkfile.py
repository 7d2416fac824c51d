"""The compliance frameworks in ``frameworks/`` beside the rules: read, checked, and which rules judge each control."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import cast, get_args

from scanner.engine.document import Document, closest
from scanner.engine.yamlfile import Node
from scanner.errors import RuleError
from scanner.model.framework import Assessable, Control, Framework
from scanner.model.rule import Rule

FOLDER = "frameworks"
ENDINGS = (".yaml", ".yml")
SAID = ("shows", "cannot", "assessable", "verified")
"""What ``defaults`` of a file may say for all of its controls."""


def load(folders: Iterable[str]) -> dict[str, Framework]:
    """Every framework of some folders of rules, by its id. Raises RuleError."""
    read_from = {stem: path for folder in folders for stem, path in paths(folder)}
    found = {stem: read(path) for stem, path in read_from.items()}
    for framework in found.values():
        for control in framework.controls.values():
            for name, ids in control.rules_of.items():
                unknown = [each for each in ids if name not in found or each not in found[name].controls]
                if unknown:
                    reason = f"{control.id} takes rules of {unknown[0]!r}, which {name} does not have"
                    raise RuleError(read_from[framework.id], reason, hint=closest(name, found.keys() - {name}))
    return found


def paths(folder: str) -> list[tuple[str, str]]:
    """The framework files of a folder of rules, each with the id that its name gives."""
    here = os.path.join(folder, FOLDER)
    names = sorted(os.listdir(here)) if os.path.isdir(here) else []
    return [(os.path.splitext(name)[0], os.path.join(here, name)) for name in names if name.endswith(ENDINGS)]


def read(path: str) -> Framework:
    """A framework file. ``controls`` is a list of ids, or holds for each its title or all of its fields.

    Raises RuleError.
    """
    document = Document(path, RuleError)
    keys = document.mapping(document.read(), "a framework", ("controls",), ("id", "title", "url", "defaults"))
    stem = os.path.splitext(os.path.basename(path))[0]
    if "id" in keys and document.word(keys["id"], "'id'") != stem:
        raise document.fail(
            keys["id"], f"'id' is not the name of the file, {stem!r}", f"call the file {keys['id'].text}.yaml"
        )
    defaults = document.mapping(keys["defaults"], "'defaults'", (), SAID) if "defaults" in keys else {}
    listed = keys["controls"]
    entries: Mapping[str, Node | None]
    if isinstance(listed.value, tuple):
        entries = dict.fromkeys(document.words(listed, "'controls'"))
    else:
        entries = document.mapping(listed, "'controls'", (), None)
    return Framework(
        id=stem,
        title=document.text(keys["title"], "'title'") if "title" in keys else "",
        url=document.text(keys["url"], "'url'") if "url" in keys else "",
        controls={name: _control(document, name, node, defaults) for name, node in entries.items()},
    )


def _control(document: Document, name: str, node: Node | None, defaults: Mapping[str, Node]) -> Control:
    keys = defaults
    if node is not None:
        said = (
            document.mapping(node, name, ("title",), (*SAID, "rules-of"))
            if isinstance(node.value, dict)
            else {"title": node}
        )
        keys = {**defaults, **said}

    def line(key: str) -> str:
        return " ".join(document.text(keys[key], f"'{key}' of {name}").split()) if key in keys else ""

    return Control(
        id=name,
        title=line("title"),
        shows=line("shows"),
        cannot=line("cannot"),
        assessable=cast(Assessable, document.choice(keys["assessable"], "'assessable'", get_args(Assessable)))
        if "assessable" in keys
        else "partly",
        verified=document.truth(keys["verified"], "'verified'") if "verified" in keys else True,
        rules_of={
            other: document.words(value, f"'{other}'")
            for other, value in document.mapping(keys["rules-of"], "'rules-of'", (), None).items()
        }
        if "rules-of" in keys
        else {},
    )


def judging(framework: str, control: Control, rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules that name a control, or one of those whose rules it takes."""
    wanted = {**control.rules_of, framework: (*control.rules_of.get(framework, ()), control.id)}
    return tuple(
        rule
        for rule in rules
        if any(not set(ids).isdisjoint(rule.controls.get(name, ())) for name, ids in wanted.items())
    )
