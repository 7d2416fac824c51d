"""``hullcheck explain``: a rule's page on the screen."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from scanner import config as configuration
from scanner import knowledge
from scanner.cli.output import colored, write
from scanner.engine.compile import rule_files
from scanner.engine.example import DOCKERFILE, Example, RuleFile
from scanner.engine.family import only
from scanner.engine.select import named, suggestion
from scanner.errors import UsageError
from scanner.reporters.interface import DOCS
from scanner.reporters.style import BOLD, SEVERITY, Painter


def run(name: str, folders: Sequence[str], config: str | None) -> int:
    """The pages of the rules that a name means, on standard output; the exit code. Raises UsageError."""
    settings = configuration.settings({"rules": tuple(folders)}, config=config)
    files = [file for folder in (knowledge.folder(), *settings.rules) for file in rule_files(folder)]
    rules = [file.rule for file in files]
    ids = named(rules, name)
    if not ids:
        raise UsageError(f"there is no rule called {name!r}", hint=suggestion(rules, name))
    paint = Painter(colored(sys.stdout))
    pages = ("\n".join(_page(file, paint)) for file in files if only(file.rule, ids, frozenset()))
    write("\n\n\n".join(pages) + "\n")
    return 0


def _page(file: RuleFile, paint: Painter) -> Iterator[str]:
    rule = file.rule
    yield f"{paint(rule.id, BOLD)}: {rule.title}"
    severity, confidence = rule.says
    severity = paint(severity, SEVERITY[rule.severity])
    yield f"severity {severity}, confidence {confidence}, profile {rule.profile}, judges {rule.subject}"
    yield from ("", paint("Why", BOLD), *_indented(rule.why))
    yield from ("", paint("Fix", BOLD), *_indented(rule.fix))
    for verdict, heading in (("bad", "Wrong"), ("good", "Right")):
        example = next((e for e in file.examples if e.verdict == verdict and e.dockerfile is not None), None)
        if example is not None:
            yield from ("", paint(f"{heading}: {example.name}", BOLD), *_indented(_source(example)))
    for heading, ids in (("Controls", rule.controls), ("Same as", rule.same_as)):
        if ids:
            yield from ("", paint(heading, BOLD), *(f"  {name}: {', '.join(ids[name])}" for name in sorted(ids)))
    yield from ("", paint("Read on", BOLD), *(f"  {url}" for url in (*rule.references, f"{DOCS}/{rule.id}.md")))
    yield from ("", paint("Ignore it", BOLD) + " with a comment above the instruction that says why:")
    yield f"  # hullcheck: ignore[{rule.id}] the reason"


def _source(example: Example) -> str:
    """The Dockerfile without its marks, and the names of the files beside it."""
    lines = (example.dockerfile or "").split("\n")
    shown = [line for line in lines if not line.lstrip().startswith("# expect")]
    beside = sorted(path for path in example.files or () if path != DOCKERFILE)
    return "\n".join(shown) + (f"\n(beside it: {', '.join(beside)})" if beside else "")


def _indented(text: str) -> list[str]:
    return [f"  {line}".rstrip() for line in text.strip("\n").split("\n")]
