"""Write what is made from the source: docs/facts.md, docs/frameworks.md, docs/rules/, rules/schema.json, and what
detectors.py makes.

python docs/generate.py            writes them
python docs/generate.py --check    says which are out of date, and fails if any is
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import detectors  # noqa: E402  (beside this file)

from scanner.engine import grammar  # noqa: E402
from scanner.engine.compile import rule_files  # noqa: E402
from scanner.engine.example import Example, RuleFile  # noqa: E402
from scanner.engine.frameworkfile import load  # noqa: E402
from scanner.engine.grammar import Field, Kind  # noqa: E402
from scanner.model.facts import KINDS, Fact  # noqa: E402
from scanner.model.record import Record  # noqa: E402

MADE = "<!-- Made by docs/generate.py; edit {source} instead. -->\n\n"


def main(arguments: list[str]) -> int:
    """0 when everything is written, or was up to date."""
    wanted = documents()
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    left = [path for path in (ROOT / "docs" / "rules").glob("*.md") if path not in wanted]
    if "--check" in arguments:
        for path in sorted(stale + left):
            print(f"{path.relative_to(ROOT)} is out of date: python docs/generate.py")
        return 1 if stale or left else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8")
    for path in left:
        path.unlink()
    return 0


def documents() -> dict[Path, str]:
    """Every file that is made, and its text."""
    files = sorted(rule_files(str(ROOT / "rules")), key=lambda file: file.rule.id)
    pages = {ROOT / "docs" / "rules" / f"{file.rule.id}.md": rule_page(file) for file in files}
    return {
        ROOT / "docs" / "facts.md": facts_page(files),
        ROOT / "docs" / "frameworks.md": frameworks_page(files),
        ROOT / "docs" / "rules" / "README.md": rules_index(files),
        ROOT / "rules" / "schema.json": json.dumps(schema(), indent=2, ensure_ascii=False) + "\n",
        **detectors.documents(ROOT),
        **pages,
    }


def facts_page(files: list[RuleFile]) -> str:
    """docs/facts.md: every kind of fact, its fields, and the rules that judge it."""
    parts = [
        MADE.format(source="scanner/model/facts/"),
        "# Facts\n\n",
        "What Hullcheck can know about a Dockerfile or an image. A rule judges one kind of fact by its fields; ",
        "`hullcheck facts PATH` prints the facts of a target.\n\n",
        "A field that may be unknown holds nothing where the target does not say enough (a variable without a value, ",
        "say); a rule that depends on it is then undecided rather than guessed. Every kind also ",
        f"has `ships`: {_docs(Fact)['ships']}\n\n",
    ]
    parts += [f"- [{kind}](#{kind}): {_first_line(cls)}\n" for kind, cls in sorted(KINDS.items())]
    for kind, cls in sorted(KINDS.items()):
        docs = _docs(cls)
        parts.append(f"\n## {kind}\n\n{_doc(cls)}\n\n| Field | Holds | |\n|---|---|---|\n")
        fields = [field for field in grammar.fields(kind).values() if field.name != "ships"]
        parts += [f"| `{field.name}` | {_holds(field)} | {_cell(docs.get(field.name, ''))} |\n" for field in fields]
        judging = [f"[{file.rule.id}](rules/{file.rule.id}.md)" for file in files if file.rule.subject == kind]
        if judging:
            parts.append(f"\nRules: {', '.join(judging)}.\n")
    return "".join(parts)


def frameworks_page(files: list[RuleFile]) -> str:
    """docs/frameworks.md: every control that rules are about, what can be shown, and by which rules."""
    frameworks = load([str(ROOT / "rules")])
    parts = [
        MADE.format(source="rules/frameworks/"),
        "# Compliance frameworks\n\n",
        "`hullcheck scan --framework NAME` reports on each control: *failed* when a finding counts against it; ",
        "*passed* when its rules judged something, all of it decided, and found nothing; *not applicable* when there ",
        "is nothing of the kind; else *not assessable by a scanner*, with the reason. A pass is evidence for what the ",
        "second column says, not for the third. `-f oscal` writes OSCAL assessment results.\n\n",
        "Titles are in our own words; read the frameworks themselves for what they ask. A † marks a control whose id ",
        "and title could not be held against the published text.\n\n",
    ]
    parts += [f"- [{name}](#{_anchor(name)}): {each.title}\n" for name, each in frameworks.items()]
    for name, framework in frameworks.items():
        parts.append(f"\n## {name}\n\n{framework.title}. <{framework.url}>\n\n")
        parts.append("| Control | Can be shown | Cannot be shown | Rules |\n|---|---|---|---|\n")
        left = []
        for control in framework.controls.values():
            title = f"**{control.id}**{'' if control.verified else ' †'} {control.title}"
            rules = [file.rule.id for file in files if control.id in file.rule.controls.get(name, ())]
            judges = [f"[{rule}](rules/{rule}.md)" for rule in rules]
            judges += [f"those of [{of}](#{_anchor(of)}) {', '.join(ids)}" for of, ids in control.rules_of.items()]
            if judges:
                cells = (title, control.shows, control.cannot, ", ".join(judges))
                parts.append(f"| {' | '.join(map(_cell, cells))} |\n")
            elif name != "cwe":
                left.append(f"- {title}: {control.cannot}\n")
        if left:
            parts += ["\nNot for a scanner to assess:\n\n", *left]
    return "".join(parts)


def _anchor(heading: str) -> str:
    return heading.replace(".", "")


def _docs(cls: type) -> Mapping[str, str]:
    """The docstrings beneath the fields of a class and of those it is made from."""
    found = dict(_docs(cls.__base__)) if cls.__base__ not in {None, Fact, Record} and cls is not Fact else {}
    definition = ast.parse(inspect.getsource(cls)).body[0]
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    for statement, following in pairwise(body):
        match statement, following:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = inspect.cleandoc(text)
    return found


def _first_line(cls: type) -> str:
    return _doc(cls).split("\n", 1)[0]


def _doc(cls: type) -> str:
    return _code(inspect.cleandoc(cls.__doc__ or ""))


def _code(text: str) -> str:
    """A docstring's code marks as Markdown's."""
    return text.replace("``", "`")


def _holds(field: Field) -> str:
    names = {"text": "text", "truth": "true or false", "number": "whole number", "texts": "several texts"}
    words = ", ".join(f"`{choice}`" if choice else "the empty text" for choice in field.choices) or names[field.kind]
    return f"{words}; may be unknown" if field.optional else words


def _cell(text: str) -> str:
    return " ".join(_code(text).split()).replace("|", "\\|")


def rules_index(files: list[RuleFile]) -> str:
    """docs/rules/README.md: every rule, by topic."""
    parts = [
        MADE.format(source="rules/"),
        f"# Rules\n\n{len(files)} rules. Those of the `default` profile are worth a person's time on any image; ",
        "`--profile strict` adds hardening and style.\n",
    ]
    topics: dict[str, list[RuleFile]] = {}
    for file in files:
        topics.setdefault(Path(file.rule.path).parent.name, []).append(file)
    for topic, members in sorted(topics.items()):
        parts.append(f"\n## {topic}\n\n| Rule | Finds | Severity | Profile |\n|---|---|---|---|\n")
        parts += [
            f"| [{rule.id}]({rule.id}.md) | {_cell(rule.title)} | {rule.says[0]} | {rule.profile} |\n"
            for rule in (file.rule for file in members)
        ]
    return "".join(parts)


def rule_page(file: RuleFile) -> str:
    """docs/rules/ID.md: what `hullcheck explain ID` says, with the examples."""
    rule = file.rule
    parts = [
        MADE.format(source=Path(rule.path).relative_to(ROOT).as_posix()),
        f"# {rule.title}\n\n",
        f"`{rule.id}` · severity **{rule.says[0]}** · confidence {rule.says[1]} · profile {rule.profile} · ",
        f"judges [{rule.subject}](../facts.md#{rule.subject})\n\n",
        f"> {rule.message}\n\n",
        f"## Why it matters\n\n{rule.why.strip()}\n\n## What to do\n\n{rule.fix.strip()}\n",
    ]
    for verdict, heading in (("bad", "Found"), ("good", "Not found")):
        examples = [example for example in file.examples if example.verdict == verdict]
        parts.append(f"\n## {heading}\n")
        parts += [text for example in examples for text in _example(example)]
    if rule.same_as:
        parts.append("\n## The same elsewhere\n\n")
        parts += [f"- {tool}: {', '.join(ids)}\n" for tool, ids in sorted(rule.same_as.items())]
    if rule.controls:
        parts.append("\n## Controls\n\n")
        parts += [f"- {name}: {', '.join(ids)}\n" for name, ids in sorted(rule.controls.items())]
    if rule.references:
        parts.append("\n## References\n\n")
        parts += [f"- <{url}>\n" for url in rule.references]
    parts.append("\n## To ignore it\n\nAbove the instruction, with the reason:\n\n")
    parts.append(f"    # hullcheck: ignore[{rule.id}] why it is fine here\n")
    return "".join(parts)


def _example(example: Example) -> Iterator[str]:
    yield f"\n{example.name[0].upper()}{example.name[1:]}:\n\n"
    if example.dockerfile is not None:
        lines = [line for line in example.dockerfile.rstrip().split("\n") if not line.strip().startswith("# expect")]
        yield _block("dockerfile", lines)
    else:
        yield _block("json", json.dumps(example.image, indent=2, ensure_ascii=False).split("\n"))
    yield from _files(example.files or {}, example, "with")
    yield from _files(example.later or {}, example, "and in a later layer")


def _files(files: Mapping[str, bytes], example: Example, how: str) -> Iterator[str]:
    for path, content in files.items():
        mode = f" (mode {example.modes[path]:o})" if path in example.modes else ""
        yield f"\n{how} `{path}`{mode}\n"
        if path.endswith("/") or (mode and not content):
            continue
        try:
            lines = content.decode("utf-8").rstrip().split("\n")
        except UnicodeDecodeError:
            lines = [f"({len(content):,} bytes)"]
        if b"\0" in content:
            lines = [f"({len(content):,} bytes)"]
        yield "\n"
        yield _block("text", [line for line in lines if not line.strip().startswith("# expect")])


def _block(language: str, lines: list[str]) -> str:
    fence = "~~~~" if any("```" in line for line in lines) else "```"
    return "\n".join((f"{fence}{language}", *lines, fence)) + "\n"


def schema() -> dict[str, Any]:
    """A JSON Schema of rule files, for editors; made from the tables that the loader checks against."""
    kinds = sorted(KINDS)
    text = {"type": "string", "minLength": 1}
    names = {"type": "array", "minItems": 1, "items": {"type": ["string", "number"]}}
    file = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "text": {"type": "string"},
            "base64": text,
            "size": {"type": "integer", "minimum": 0},
            "mode": {"type": "string", "pattern": "^[0-7]{3,4}$"},
        },
    }
    example = {
        "type": "object",
        "required": ["name"],
        "additionalProperties": False,
        "oneOf": [{"required": ["dockerfile"]}, {"required": ["image"]}],
        "properties": {
            "name": text,
            "dockerfile": text,
            "image": {"type": "object"},
            "advisories": {"type": "array", "minItems": 1, "items": {"type": "object"}},
            "files": {"type": "object", "additionalProperties": {"oneOf": [{"type": "string"}, file]}},
            "later": {"type": "object", "additionalProperties": {"oneOf": [{"type": "string"}, file]}},
        },
    }
    examples = {"type": "array", "minItems": 1, "items": example}
    repair = {
        "type": "object",
        "required": ["name"],
        "additionalProperties": False,
        "properties": {"name": text, "safe": {"type": "boolean"}},
    }
    properties = {
        "id": {"type": "string", "pattern": f"^{grammar.ID}$"},
        "title": text,
        "severity": _said(grammar.SEVERITIES),
        "confidence": _said(grammar.CONFIDENCES),
        "profile": {"enum": list(grammar.PROFILES)},
        "subject": {"enum": kinds},
        "when": {"type": "object", "minProperties": 1},
        "message": text,
        "why": text,
        "fix": text,
        "each": {"type": "string", "pattern": f"^{grammar.EACH}$"},
        "repair": {"oneOf": [text, repair]},
        "same-as": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                tool: {
                    "type": "array",
                    "minItems": 1,
                    "items": {"type": ["string", "number"], "pattern": f"^(?:{shape})$"},
                }
                for tool, shape in grammar.TOOLS.items()
            },
        },
        "controls": {"type": "object", "additionalProperties": names},
        "references": {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": r"^https://\S+$"}},
        "bad": examples,
        "good": examples,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "Made by docs/generate.py from scanner/engine/grammar.py and scanner/model/facts/.",
        "title": "A Hullcheck rule",
        "type": "object",
        "required": list(grammar.REQUIRED),
        "additionalProperties": False,
        "properties": properties,
        "allOf": [
            {
                "if": {"properties": {"subject": {"const": kind}}, "required": ["subject"]},
                "then": {"properties": {"when": {"$ref": f"#/$defs/{kind}"}}},
            }
            for kind in kinds
        ],
        "$defs": dict(_comparisons()) | {kind: _conditions(kind) for kind in kinds},
    }


def _said(choices: Sequence[str]) -> dict[str, Any]:
    """The schema of a word for all findings, or of the field that says it for each."""
    word = {"enum": list(choices)}
    field = {
        "type": "object",
        "required": ["from", "unknown"],
        "additionalProperties": False,
        "properties": {"from": {"type": "string"}, "unknown": word},
    }
    return {"oneOf": [word, field]}


def _conditions(kind: str) -> dict[str, Any]:
    """The schema of a condition on one kind of fact."""
    docs = {name: _code(text) for cls in (Fact, KINDS[kind]) for name, text in _docs(cls).items()}
    same = {"$ref": f"#/$defs/{kind}"}
    several = {"type": "array", "minItems": 1, "items": same}
    properties: dict[str, Any] = {}
    for field in grammar.fields(kind).values():
        properties[field.name] = {"description": docs[field.name]} if field.name in docs else {}
        properties[field.name] |= _one_of(list(field.choices)) if field.choices else {"$ref": f"#/$defs/{field.kind}"}
    return {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": properties | {"all": several, "any": several, "not": same},
    }


def _one_of(choices: list[str]) -> dict[str, Any]:
    """What a field that has few values can be compared with."""
    value = {"enum": choices}
    return {"anyOf": [value, {"type": "array", "minItems": 1, "items": value}, {"$ref": "#/$defs/text-operators"}]}


def _comparisons() -> Iterator[tuple[str, dict[str, Any]]]:
    """What any other field can be compared with, by the kind of field."""
    wanted: dict[str, dict[str, Any]] = {
        "empty": {"type": "boolean"},
        "at_least": {"type": "integer"},
        "at_most": {"type": "integer"},
        "has_any": {"type": "array", "minItems": 1, "items": {"type": "string"}},
    }
    types: dict[Kind, str] = {"text": "string", "truth": "boolean", "number": "integer"}
    for kind in get_args(Kind):
        names = [name for name, kinds in grammar.OPERATORS.items() if kind in kinds]
        operators = {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": False,
            "properties": {name: wanted.get(name, {"type": "string", "minLength": 1}) for name in names},
        }
        ways: list[dict[str, Any]] = [{"$ref": f"#/$defs/{kind}-operators"}] if names else []
        if names:
            yield f"{kind}-operators", operators
        if kind in types:
            value = {"type": types[kind]}
            ways = [value, {"type": "array", "minItems": 1, "items": value}, *ways]
        yield kind, {"anyOf": ways}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
