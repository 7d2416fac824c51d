"""One rule file, read and checked. A rule is data: reading one runs no code and opens no other file."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from scanner.engine import example, family, grammar
from scanner.engine.condition import Lists, Reader
from scanner.engine.document import Document, closest
from scanner.engine.example import RuleFile
from scanner.engine.judge import placeholders
from scanner.engine.yamlfile import Node
from scanner.errors import RuleError
from scanner.model.facts import KINDS
from scanner.model.rule import Confidence, Profile, Rule, Severity

Frameworks = Mapping[str, frozenset[str]]
"""The controls of every compliance framework in ``frameworks/``; an empty set where it lists none."""


def read(path: str, lists: Lists, frameworks: Frameworks) -> RuleFile:
    """The rule in a file. Raises RuleError."""
    document = Document(path, RuleError)
    root = document.read()
    keys = document.mapping(root, "a rule", grammar.REQUIRED, grammar.OPTIONAL)
    subject = _subject(document, keys["subject"])
    conditions = Reader(document, subject, lists)
    severity, severity_from = _said(document, keys["severity"], "severity", grammar.SEVERITIES, conditions)
    confidence, confidence_from = _said(document, keys["confidence"], "confidence", grammar.CONFIDENCES, conditions)
    return RuleFile(
        rule=Rule(
            id=_id(document, keys["id"]),
            title=_line(document, keys["title"], "'title'"),
            severity=Severity[severity.upper()],
            severity_from=severity_from,
            confidence=cast(Confidence, confidence),
            confidence_from=confidence_from,
            profile=cast(Profile, document.choice(keys["profile"], "'profile'", grammar.PROFILES)),
            subject=subject,
            when=conditions.condition(keys["when"]),
            message=_message(document, keys["message"], conditions),
            why=document.text(keys["why"], "'why'"),
            fix=document.text(keys["fix"], "'fix'"),
            repair=_repair(document, keys.get("repair")),
            same_as=_same_as(document, keys.get("same-as")),
            controls=_controls(document, keys.get("controls"), frameworks),
            references=_references(document, keys.get("references")),
            each=_each(document, keys["each"], conditions) if "each" in keys else "",
            path=path,
        ),
        examples=tuple(
            example.read(document, entry, verdict)
            for verdict in ("bad", "good")
            for entry in document.items(keys[verdict], f"'{verdict}'")
        ),
    )


def _id(document: Document, node: Node) -> str:
    name = document.text(node, "'id'")
    if not re.fullmatch(grammar.ID, name):
        raise document.fail(node, f"'id' should be lower-case words joined by -, found {name!r}")
    stem = os.path.splitext(os.path.basename(document.path))[0]
    if name != stem:
        raise document.fail(node, f"'id' is {name!r}, but the file is called {stem!r}", f"call the file {name}.yaml")
    return name


def _line(document: Document, node: Node, what: str) -> str:
    return " ".join(document.text(node, what).split())


def _subject(document: Document, node: Node) -> str:
    kind = document.text(node, "'subject'")
    if kind not in KINDS:
        hint = closest(kind, KINDS) or f"there are {', '.join(KINDS)}"
        raise document.fail(node, f"there is no kind of fact called {kind!r}", hint)
    return kind


def _message(document: Document, node: Node, conditions: Reader) -> str:
    message = _line(document, node, "'message'")
    try:
        named = placeholders(message)
    except ValueError:
        raise document.fail(node, "'message' has a brace that is no {field}", "write {{ or }} for a brace") from None
    for name in named:
        conditions.field(name, node)
    return message


def _said(document: Document, node: Node, key: str, choices: Sequence[str], conditions: Reader) -> tuple[str, str]:
    """A word for all findings, or ``{from: FIELD, unknown: WORD}``: the fact's own, else that word."""
    if not isinstance(node.value, dict):
        return document.choice(node, f"'{key}'", choices), ""
    keys = document.mapping(node, f"'{key}'", ("from", "unknown"), ())
    field = conditions.field(document.text(keys["from"], "'from'"), keys["from"])
    if not field.choices or not set(field.choices) <= set(choices):
        raise document.fail(keys["from"], f"{field.name} is not one of {', '.join(choices)}")
    return document.choice(keys["unknown"], "'unknown'", choices), field.name


def _each(document: Document, node: Node, conditions: Reader) -> str:
    template = document.text(node, "'each'")
    if not re.fullmatch(grammar.EACH, template):
        hint = "write it as in shellcheck-SC{code}"
        raise document.fail(node, f"'each' should be an id that ends with a field, found {template!r}", hint)
    field = conditions.field(template.partition("{")[2][:-1], node)
    wanted = "text" if template.startswith("{") else "number"
    if field.kind != wanted or field.optional:
        raise document.fail(node, f"'each' needs a field that is a {wanted} and always known: {field.name!r} is not")
    if wanted == "text":
        conditions.field(family.ALIASES, node)
    return template


def _repair(document: Document, node: Node | None) -> Mapping[str, Any] | None:
    """``add-user``, or ``{name: add-user, safe: false}``."""
    if node is None:
        return None
    if not isinstance(node.value, dict):
        return {"name": document.text(node, "'repair'"), "safe": True}
    keys = document.mapping(node, "'repair'", ("name",), ("safe",))
    safe = document.truth(keys["safe"], "'safe'") if "safe" in keys else True
    return {"name": document.text(keys["name"], "'name'"), "safe": safe}


def _same_as(document: Document, node: Node | None) -> Mapping[str, tuple[str, ...]]:
    if node is None:
        return {}
    found = {}
    for tool, value in document.mapping(node, "'same-as'", (), grammar.TOOLS).items():
        found[tool] = document.words(value, f"'{tool}'")
        for name in found[tool]:
            if not re.fullmatch(grammar.TOOLS[tool], name):
                raise document.fail(value, f"{name!r} does not look like an id of {tool}")
    return found


def _controls(document: Document, node: Node | None, frameworks: Frameworks) -> Mapping[str, tuple[str, ...]]:
    if node is None:
        return {}
    found = {}
    for name, value in document.mapping(node, "'controls'", (), None).items():
        found[name] = document.words(value, f"'{name}'")
        if name == "cwe":
            wrong = [control for control in found[name] if not re.fullmatch(r"CWE-\d+", control)]
        elif frameworks and name not in frameworks:
            raise document.fail(value, f"there is no framework called {name!r}", closest(name, (*frameworks, "cwe")))
        else:
            known = frameworks.get(name)
            wrong = [control for control in found[name] if known and control not in known]
        if wrong:
            hint = closest(wrong[0], frameworks.get(name, ()))
            raise document.fail(value, f"{name} has no control {wrong[0]!r}", hint)
    return found


def _references(document: Document, node: Node | None) -> tuple[str, ...]:
    if node is None:
        return ()
    urls = document.texts(node, "'references'")
    for item, url in zip(node.value, urls, strict=True):
        if not re.fullmatch(r"https://\S+", url):
            raise document.fail(item, f"a reference is an https:// address, found {url!r}")
    return urls
