"""The whole scan on one page: a target's items become facts, facts meet rules, rules make findings."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

from scanner import knowledge
from scanner.derive import DERIVERS
from scanner.engine.judge import judge
from scanner.engine.suppress import Ignore, suppress
from scanner.errors import TargetError
from scanner.extractors import BY_KIND
from scanner.model.facts import InstalledPackage, Requirement
from scanner.model.facts.base import Fact
from scanner.model.finding import Notice, Problem, Report
from scanner.model.location import Location
from scanner.model.record import Record
from scanner.model.rule import Rule
from scanner.model.target import Target
from scanner.sources import dockerfile
from scanner.sources.discover import MODEL, ROOTFS, SBOM, discover, is_image, meant
from scanner.sources.dockerfile.inherit import Resolve

if TYPE_CHECKING:
    from scanner.advisories.corrections import Correction
    from scanner.engine.vex import Said
    from scanner.extractors.layers import Look
    from scanner.sources.image.gather import Counted
    from scanner.sources.image.image import Image
    from scanner.sources.image.known import Known
    from scanner.sources.image.layers import Passed


WARM = 4
"""Files after which most of what a scan needs is loaded."""
MEMORY = "give it more memory, or scan with one process: -j 1"


class Options(Record):
    """What a scan depends on, apart from its paths."""

    rules: tuple[Rule, ...]
    """The rules in force: selected, and of the profile asked for."""
    context: str | None = None
    """Folder of the build context; None: found beside each Dockerfile."""
    build_args: Mapping[str, str]
    target: str | None = None
    """The stage to look at; None: the last."""
    resolve_bases: bool = False
    """Ask the local daemon, then registries, what base images set."""
    base_layouts: tuple[str, ...] = ()
    """Folders of OCI layouts to look base images up in first."""
    mirrors: Mapping[str, tuple[str, ...]] = {}
    """Hosts to ask before a registry, by the registry."""
    exclude: tuple[str, ...] = ()
    """Glob patterns of files that a search of folders leaves out."""
    ignores: tuple[Ignore, ...] = ()
    """Ignores of the configuration."""
    catalogue: tuple[Rule, ...] = ()
    """Every rule there is, if that is more: an ignore of one that is not in force is no mistake."""
    vex: tuple[Said, ...] = ()
    """What VEX documents say."""
    baseline: frozenset[str] | None = None
    """Fingerprints that an earlier report had."""
    shellcheck: bool = False
    """Have ShellCheck look at shell text."""
    online: Literal["osv", "pypi"] | None = None
    """Who is asked about the Python packages, by name and version; None: nobody."""
    platform: str | None = None
    """Of an image that is there for several; None: this machine's."""
    dockerfile: str | None = None
    """The Dockerfile that made the image."""
    base: str | None = None
    """The image that the image is built on."""
    only_own: bool = False
    """What comes from an image's base image does not count."""
    verify: bool = True
    """Hold layers to their digests."""
    jobs: int | None = None
    """Processes to scan with; None: one, and for layers as many as there are cores, a few at most."""
    cache_limit: int = 0
    """Bytes that facts of layers may take in the user's cache folder; 0: none are kept, nor looked for."""
    weigh: bool = False
    """Reports say what each layer of an image takes up; then all layers are read."""
    keep_facts: bool = False
    """Reports hold all facts, which take most of the memory."""
    database: str | None = None
    """The advisory database; where there is no such file, an image's report says so. None: packages are not held
    against advisories."""
    corrections: tuple[Correction, ...] = ()
    """What the configuration knows better than advisories."""
    only_fixed: bool = False
    """Vulnerabilities without a fix do not count."""


def scan(
    paths: Sequence[str],
    options: Options,
    *,
    on_progress: Callable[[int], None] | None = None,
    on_layers: Callable[[Passed], None] | None = None,
) -> list[Report]:
    """Scan Dockerfiles, folders of them, and images; a report for each, in order.

    ``on_progress`` is called with the number of targets done, ``on_layers`` while those of an image are read. Raises
    TargetError for what cannot be opened.
    """
    names = list(discover(paths, options.exclude))
    jobs = options.jobs or 1
    parallel = jobs > 1 and len(names) > WARM and not any(map(is_image, names))  # images use jobs for layers
    reports = []
    for report in _in_parallel(names, options, jobs) if parallel else _each(names, options, on_layers):
        reports.append(report)
        if on_progress is not None:
            on_progress(len(reports))
    return reports


def scan_text(
    text: str, options: Options, *, path: str = "Dockerfile", context: Mapping[str, bytes] | None = None
) -> Report:
    """Scan a Dockerfile's text with the files of its context by name."""
    target = dockerfile.read(text, path, context, build_args=options.build_args, target=options.target)
    return examine(target, options)


def scan_image(
    image: Image,
    options: Options,
    *,
    base: Sequence[str] = (),
    made_by: Target | None = None,
    on_layers: Callable[[Passed], None] | None = None,
) -> Report:
    """Scan an image.

    ``base`` are the ``diff_ids`` of the image it is built on, bottom first, and ``made_by`` is the target of its
    Dockerfile, if they are known.
    """
    from scanner.sources.image import origin, start, target
    from scanner.sources.image.layers import read_layers

    found = target.read(image, base=base)
    if made_by is not None:
        found = origin.tied(found, made_by)
    told = (step.at.layer for step in found.steps if step.at.layer is not None)
    look, known, counted = _looking(options)
    contents = read_layers(
        image,
        look,
        verify=options.verify,
        jobs=options.jobs,
        told=told,
        known=known,
        counted=counted,
        on_progress=on_layers,
    )
    found.problems.extend(contents.problems)
    found = start.completed(found, contents.starts())
    return examine(found, options, contents.stated()).replace(layers=contents.layers)


def scan_rootfs(folder: str, options: Options) -> Report:
    """Scan the files of an unpacked root file system: those of an image without its config and history."""
    from scanner.extractors.in_layers import IN_LAYERS, SEARCHERS
    from scanner.extractors.layers import Look
    from scanner.sources.image.rootfs import read_rootfs

    contents = read_rootfs(folder, Look(IN_LAYERS, SEARCHERS))
    name = f"{ROOTFS}:{folder}"
    target = Target(name=name, config=None, lines={}, may_ignore=False, problems=list(contents.problems))
    return examine(target, options, contents.stated())


def scan_sbom(path: str, options: Options) -> Report:
    """Scan what a bill of materials lists."""
    from scanner.sources.sbom import open_sbom

    return examine(open_sbom(path), options)


def scan_models(path: str, options: Options) -> Report:
    """Scan a model file, or a folder of them."""
    from scanner.sources.models import open_models

    return examine(open_models(path), options)


def _looking(options: Options) -> tuple[Look, Known | None, Counted | None]:
    """What is looked for in layers, those that are known, and which of their files to count."""
    from scanner.extractors.copies import is_model
    from scanner.extractors.in_layers import IN_LAYERS, SEARCHERS
    from scanner.extractors.layers import Look
    from scanner.sources.image.known import Known

    look = Look(IN_LAYERS, SEARCHERS)
    if options.weigh or not options.cache_limit:
        return look, None, is_model if options.weigh else None
    try:
        return look, Known(look.versions(), options.cache_limit), None
    except OSError:  # a program without its source cannot tell its versions apart
        return look, None, None


def open_target(path: str, options: Options) -> Target:
    """The target of one Dockerfile."""
    return dockerfile.open_dockerfile(
        path,
        context=options.context,
        build_args=options.build_args,
        target=options.target,
        resolve=_resolver(options) if options.resolve_bases or options.base_layouts else None,
    )


def _resolver(options: Options) -> Resolve:
    from scanner.sources.image.resolve import resolve

    return partial(resolve, layouts=options.base_layouts, ask_others=options.resolve_bases, mirrors=options.mirrors)


def examine(target: Target, options: Options, held: Sequence[Fact] = ()) -> Report:
    """Extract, derive, judge, suppress; ``held`` are facts of files that were extracted while they were read."""
    today = time.strftime("%Y-%m-%d")
    problems: list[Problem] = []
    facts = collect(target, today, problems, held, shellcheck=options.shellcheck)
    known = _vulnerabilities(target, facts, options, problems)
    if options.online is not None:
        from scanner.advisories.online import matched

        facts += matched(facts, options.online, target.name, problems, only_fixed=options.only_fixed)
    findings, undecided = judge(options.rules, facts)
    findings, notices = suppress(
        target,
        findings,
        undecided,
        rules=options.rules,
        catalogue=options.catalogue,
        ignores=options.ignores,
        vex=options.vex,
        baseline=options.baseline,
        only_own=options.only_own,
        today=today,
    )
    notices = (*notices, *known)
    if aged := knowledge.aged(today):
        notices = (*notices, Notice(at=Location(f"{knowledge.folder()}/tables"), text=aged))
    pointed = {name for finding in findings for each in finding.fact.evidence for name in each.at.files}
    pointed |= {text.path for text in target.origins.values()}
    return Report(
        target=target.name,
        called=target.called,
        facts=tuple(facts) if options.keep_facts else (),
        findings=findings,
        undecided=undecided,
        problems=(*target.problems, *problems),
        notices=notices,
        lines={path: lines for path, lines in target.lines.items() if path in pointed or path == target.name},
        origins=target.origins,
    )


def collect(
    target: Target, today: str, problems: list[Problem], held: Sequence[Fact] = (), *, shellcheck: bool = False
) -> list[Fact]:
    """All facts of a target, with those that are ``held``; what an extractor could not read goes to ``problems``."""
    facts = list(held)
    asked = {kind: [(each.wants, each) for each in extractors] for kind, extractors in BY_KIND.items()}
    for item in target.items():
        for wants, extractor in asked[type(item)]:
            if wants(item):
                try:
                    facts.extend(extractor.extract(item))
                except (ValueError, OSError, RecursionError) as error:
                    problems.append(Problem(at=item.at, reason=f"{type(extractor).__name__}: {error}"))
    if shellcheck:
        from scanner.extractors.shellcheck import weaknesses

        try:
            facts.extend(weaknesses(target))
        except (ValueError, OSError) as error:
            problems.append(Problem(at=Location(target.name), reason=f"ShellCheck: {error}"))
    for derive in DERIVERS:
        facts += list(derive(facts, today))
    return facts


def _vulnerabilities(
    target: Target, facts: list[Fact], options: Options, problems: list[Problem]
) -> tuple[Notice, ...]:
    """What is known of the packages joins the facts; what the user should know of the database.

    Nothing is loaded where there is nothing to ask, or nobody.
    """
    if options.database is None or not any(isinstance(fact, InstalledPackage | Requirement) for fact in facts):
        return ()
    here = Location(target.name)
    if not os.path.exists(options.database):
        text = "packages are not held against advisories, there are none: 'hullcheck db update' fetches them"
        return (Notice(at=here, text=text),) if any(isinstance(fact, InstalledPackage) for fact in facts) else ()
    from scanner.advisories.consult import consult

    try:
        found, told = consult(facts, options.database, options.corrections, only_fixed=options.only_fixed)
    except (TargetError, ValueError) as error:
        remedy = getattr(error, "hint", "")
        problems.append(Problem(at=Location(options.database), reason=str(error), remedy=remedy))
        return ()
    facts += found
    return tuple(Notice(at=here, text=text) for text in told)


def _each(
    names: Sequence[str], options: Options, on_layers: Callable[[Passed], None] | None = None
) -> Iterator[Report]:
    for name in names:
        yield _report(name, options, on_layers)


def _in_parallel(names: Sequence[str], options: Options, jobs: int) -> Iterator[Report]:
    """The same in several processes, which begin with all that the first files had this one load."""
    from scanner.workers import Workers

    yield from _each(names[:WARM], options)
    size = max(1, min(16, len(names) // (4 * jobs)))
    ranges = [range(start, min(start + size, len(names))) for start in range(WARM, len(names), size)]
    reports: dict[int, Report] = {}
    following = WARM
    with Workers(jobs, lambda numbers: [_report(names[number], options) for number in numbers], ranges) as running:
        for numbers, done in filter(None, running.results()):
            if done is None:
                listed = ", ".join(names[number] for number in numbers)
                raise TargetError(f"a process was killed that scanned one of {listed}", hint=MEMORY)
            reports |= zip(numbers, done, strict=True)
            while following in reports:
                yield reports.pop(following)
                following += 1


def _report(name: str, options: Options, on_layers: Callable[[Passed], None] | None = None) -> Report:
    if not is_image(name):
        return examine(open_target(name, options), options)
    kind, _, rest = name.partition(":")
    if kind == ROOTFS:
        return scan_rootfs(rest, options)
    if kind == SBOM:
        return scan_sbom(rest, options)
    if kind == MODEL:
        return scan_models(rest, options)
    from scanner.sources.image import open_image
    from scanner.sources.image.layers import Passing

    base: tuple[str, ...] = ()
    if options.base is not None:
        below = open_image(meant(options.base) or options.base, platform=options.platform, mirrors=options.mirrors)
        base = tuple(layer.diff_id for layer in below.layers)
    made_by = None if options.dockerfile is None else open_target(options.dockerfile, options)
    look, known, counted = _looking(options)
    passing = Passing(look, jobs=options.jobs, counted=counted, known=known, on_progress=on_layers)
    image = open_image(name, platform=options.platform, mirrors=options.mirrors, passing=passing)
    return scan_image(image, options, base=base, made_by=made_by, on_layers=on_layers)
