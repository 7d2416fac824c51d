"""``hullcheck scan``: settings, rules, the scan, its reports and the exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scanner import config
from scanner.cli.output import STDOUT, Progress, colored, now, width, write
from scanner.config import Settings
from scanner.engine.load import load
from scanner.engine.select import choose
from scanner.errors import UsageError
from scanner.model.record import Record
from scanner.reporters import FORMATS, Options, render
from scanner.scan import Options as ScanOptions
from scanner.scan import scan

if TYPE_CHECKING:
    from scanner.engine.vex import Said
    from scanner.model.finding import Report
    from scanner.model.framework import Assessment, Framework
    from scanner.model.rule import Rule

CLEAN, FINDINGS, INCOMPLETE = 0, 1, 3
HERE = "."


class Flags(Record):
    """What was typed; None and () mean not given."""

    paths: tuple[str, ...] = ()
    format: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    fail_on: str | None = None
    exit_zero: bool | None = None
    allow_incomplete: bool | None = None
    profile: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    framework: tuple[str, ...] = ()
    vex: tuple[str, ...] = ()
    baseline: str | None = None
    build_args: tuple[str, ...] = ()
    target: str | None = None
    context: str | None = None
    resolve_bases: bool | None = None
    base_layouts: tuple[str, ...] = ()
    config: str | None = None
    show_undecided: bool | None = None
    show_suppressed: bool | None = None
    no_color: bool = False
    quiet: bool = False
    verbose: bool = False
    shellcheck: bool | None = None
    online: bool | None = None
    online_service: str | None = None
    platform: str | None = None
    dockerfile: str | None = None
    base: str | None = None
    only: str | None = None
    no_verify: bool | None = None
    jobs: int | None = None
    no_cache: bool | None = None
    db: str | None = None
    no_vulnerabilities: bool | None = None
    only_fixed: bool | None = None

    APART = frozenset({"paths", "outputs", "config", "no_color", "quiet", "verbose"})
    """Not settings."""

    def settings(self) -> Settings:
        """These flags over the environment and the configuration file. Raises UsageError."""
        given = {name: getattr(self, name) for name in self.field_names() if name not in self.APART}
        return config.settings(given, config=self.config)


def run(flags: Flags) -> int:
    """Scan and report; the exit code. Raises ScanError."""
    settings = flags.settings()
    if flags.quiet and flags.verbose:
        raise UsageError("-q and -v contradict each other", hint="leave one of them out")
    places = destinations(settings.format, flags.outputs)
    if "oscal" in settings.format and not settings.framework:
        hint = "name one: --framework cis-docker-1.6; 'hullcheck frameworks' lists them"
        raise UsageError("-f oscal reports on the controls of a framework", hint=hint)
    reports, assessments = _look(flags.paths or (HERE,), settings)
    for form, path in places:
        options = _options(flags, settings, on_screen=path == STDOUT).replace(assessments=assessments)
        if form == "sarif":
            from scanner.cli.frameworks import known

            options = options.replace(frameworks=known(settings))
        write(render(form, reports, options), path)
    return exit_code(reports, settings)


def destinations(formats: Sequence[str], outputs: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of format and file: the nth file belongs to the nth format, and one format may go to standard output."""
    for form in formats:
        if form not in FORMATS:
            raise UsageError(f"-f: there is no format called {form!r}", hint=f"one of {', '.join(FORMATS)}")
    if len(outputs) > len(formats):
        raise UsageError(
            f"{len(outputs)} files for {len(formats)} format{'s' * (len(formats) > 1)}",
            hint="give a -f with each -o: -f json -o report.json -f sarif -o report.sarif",
        )
    files = [*outputs, *[STDOUT] * (len(formats) - len(outputs))]
    pairs = list(zip(formats, files, strict=True))
    for file in files:
        if file != STDOUT and files.count(file) > 1:
            raise UsageError(f"-o: {file} is given twice", hint="give each format a file of its own")
    if files.count(STDOUT) > 1:
        loose = [form for form, file in pairs if file == STDOUT]
        raise UsageError(
            f"{' and '.join(loose)} cannot both go to the screen", hint=f"add -o FILE, as in: -f {loose[0]} -o report"
        )
    return pairs


def scan_options(settings: Settings, frameworks: Sequence[Framework] = (), **changes: Any) -> ScanOptions:
    """What the scan itself needs of the settings: its rules loaded and chosen, the baseline read.

    Rules that judge a control of ``frameworks`` are in force whatever the profile.
    """
    every = load(*settings.rules)
    needed: frozenset[str] = frozenset()
    if frameworks:
        from scanner.cli import frameworks as compliance

        needed = compliance.needed(frameworks, every)
    if settings.ignores:
        from scanner.engine.suppress import check

        check(settings.ignores, every)
    baseline = None
    if settings.baseline is not None:
        from scanner.engine.baseline import read

        baseline = read(settings.baseline)
    vex: tuple[Said, ...] = ()
    if settings.vex:
        from scanner.engine.vex import read as read_vex

        vex = tuple(said for path in settings.vex for said in read_vex(path))
    rules = choose(every, profile=settings.profile, select=settings.select, ignore=settings.ignore, needed=needed)
    return ScanOptions(
        **{
            "rules": rules,
            "catalogue": every,
            "context": settings.context,
            "build_args": settings.build_args,
            "target": settings.target,
            "resolve_bases": settings.resolve_bases,
            "base_layouts": settings.base_layouts,
            "mirrors": settings.mirrors,
            "exclude": settings.exclude,
            "ignores": settings.ignores,
            "vex": vex,
            "baseline": baseline,
            "shellcheck": settings.shellcheck or (bool(settings.select) and wants_shellcheck(rules)),
            "online": settings.online_service if settings.online else None,
            "platform": settings.platform,
            "dockerfile": settings.dockerfile,
            "base": settings.base,
            "only_own": settings.only == "own",
            "verify": not settings.no_verify,
            "jobs": settings.jobs,
            "cache_limit": 0 if settings.no_cache else settings.cache_limit << 20,
            "keep_facts": bool(frameworks),
            "database": database(settings),
            "corrections": settings.corrections,
            "only_fixed": settings.only_fixed,
        }
        | changes
    )


def database(settings: Settings) -> str | None:
    """The advisory database to ask: the one named, else the user's. Raises UsageError where that one is not."""
    if settings.no_vulnerabilities:
        return None
    if settings.db is None:
        from scanner import kept

        return kept.database()
    if not os.path.exists(settings.db):
        raise UsageError(f"--db: {settings.db} is not there", hint=f"'hullcheck db update --db {settings.db}' makes it")
    return settings.db


def wants_shellcheck(rules: Sequence[Rule]) -> bool:
    """Whether some of these rules judge what only ShellCheck can say."""
    return any(rule.subject == "shell-weakness" for rule in rules)


def exit_code(reports: Sequence[Report], settings: Settings) -> int:
    """3 outranks 1: what was not looked at may hide anything."""
    if not settings.allow_incomplete and any(report.problems for report in reports):
        return INCOMPLETE
    found = any(
        finding.suppressed is None and finding.rule.severity >= settings.fail_on
        for report in reports
        for finding in report.findings
    )
    return FINDINGS if found and not settings.exit_zero else CLEAN


def _look(paths: Sequence[str], settings: Settings) -> tuple[list[Report], tuple[Assessment, ...]]:
    """The reports, and what they say about the frameworks asked for."""
    if not settings.framework:
        return look(paths, scan_options(settings)), ()
    from scanner.cli.frameworks import asked
    from scanner.engine.assess import assess

    frameworks = asked(settings)
    options = scan_options(settings, frameworks)
    reports = look(paths, options)
    held = (assess(each, reports, rules=options.rules, catalogue=options.catalogue) for each in frameworks)
    return reports, tuple(held)


def look(paths: Sequence[str], options: ScanOptions) -> list[Report]:
    """Scan, and show how far it is."""
    if not sys.stderr.isatty():
        return scan(paths, options)
    progress = Progress(sys.stderr)
    try:
        return scan(paths, options, on_progress=progress, on_layers=progress.layers)
    finally:
        progress.close()


def _options(flags: Flags, settings: Settings, *, on_screen: bool) -> Options:
    return Options(
        color=on_screen and not flags.no_color and colored(sys.stdout),
        width=width(sys.stdout) if on_screen else Options().width,
        quiet=flags.quiet,
        verbose=flags.verbose,
        show_undecided=settings.show_undecided,
        show_suppressed=settings.show_suppressed,
        allow_incomplete=settings.allow_incomplete,
        baseline=settings.baseline is not None,
        root=os.getcwd(),
        time=now(),
    )
