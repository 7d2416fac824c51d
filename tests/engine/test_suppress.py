"""Comments, configuration and baseline say what does not count, and a slip in them is told."""

from __future__ import annotations

import pytest

from scanner.engine.judge import judge
from scanner.engine.select import named
from scanner.engine.suppress import MAX_IGNORES, Ignore, check, suppress
from scanner.errors import ConfigError
from scanner.model.facts import Label, RuntimeUser
from scanner.model.finding import Undecided
from scanner.model.location import Evidence, Location, Span
from scanner.model.rule import Rule, Severity
from scanner.model.target import Target
from scanner.parsers import dockerfile

TODAY = "2026-11-22"


def rule(name, subject="label", **same_as):
    when = ("test", "key", "is", name) if subject == "label" else ("test", "is_root", "is", True)
    return Rule(
        id=name, title=name, severity=Severity.HIGH, confidence="high", profile="default", subject=subject, when=when,
        message="!", why="w", fix="f", same_as=same_as, controls={}, path=f"{name}.yaml",
    )  # fmt: skip


RULES = (
    rule("apt-unpinned", hadolint=("DL3008",), trivy=("DS-0029",), checkov=("CKV_DOCKER_9",), kics=("965a08d7",)),
    rule("apt-lists", hadolint=("DL3009",), semgrep=("dockerfile/best-practice/apt-lists",)),
    rule("shell-form", buildkit=("JSONArgsRecommended",), tally=("gpu/shell",)),
    rule("root-user", "runtime-user", hadolint=("DL3002",), trivy=("DS-0002",), checkov=("CKV_DOCKER_3",)),
    rule("quiet"),
)


def label(key, line, path="Dockerfile", *more):
    places = [(path, line), *more]
    return Label(evidence=tuple(Evidence(Location(p, Span(n, 5, n, 9))) for p, n in places), key=key, value="")


def target_of(path, text, **others):
    """A target with the comments of a Dockerfile, and the lines of other files."""
    parsed = dockerfile.parse(text, path)
    texts = {path: text} | others
    return Target(
        name=path, config=None, comments=parsed.comments, directives=parsed.directives, problems=[],
        lines={name: tuple(words.split("\n")) for name, words in texts.items()},
    )  # fmt: skip


def run(text, *facts, rules=RULES, **options):
    """(the suppressions by rule, the notices by line) of a Dockerfile in which these facts are so."""
    target = target_of(options.pop("path", "Dockerfile"), text)
    findings, _ = judge(rules, facts)
    marked, notices = suppress(target, findings, rules=rules, today=TODAY, catalogue=RULES, **options)
    assert [f.replace(suppressed=None) for f in marked] == list(findings)
    said = [(n.at.span.first_line if n.at.span else 0, n.text) for n in notices]
    return [(f.rule.id, f.suppressed and (f.suppressed.by, f.suppressed.reason)) for f in marked], said


def test_an_ignore_covers_the_instruction_below_it():
    text = "FROM x\n# hullcheck: ignore[apt-unpinned] mirrored\nRUN a \\\n  b \\\n  c\nRUN d\n"
    assert run(text, label("apt-unpinned", 5), label("apt-unpinned", 6)) == (
        [("apt-unpinned", ("comment", "mirrored")), ("apt-unpinned", None)],
        [],
    )


def test_an_ignore_inside_an_instruction_covers_all_of_it():
    text = "FROM x\nRUN a \\\n  # hullcheck: ignore[apt-unpinned] mirrored\n  b\n"
    assert run(text, label("apt-unpinned", 2))[0] == [("apt-unpinned", ("comment", "mirrored"))]


def test_an_ignore_is_for_the_rules_it_names_only():
    text = "FROM x\n# hullcheck: ignore[apt-unpinned, quiet] mirrored\nRUN a\n"
    found, _ = run(text, label("apt-unpinned", 3), label("apt-lists", 3), label("quiet", 3))
    assert found == [
        ("apt-lists", None),
        ("apt-unpinned", ("comment", "mirrored")),
        ("quiet", ("comment", "mirrored")),
    ]


def test_a_finding_about_something_absent_is_covered_where_it_points():
    user = RuntimeUser(
        evidence=(Evidence(Location("Dockerfile", Span(2, 1, 2, 6))),), name="", declared=False, is_root=True,
        numeric=False, created_unused="",
    )  # fmt: skip
    text = "# hullcheck: ignore[root-user] the platform sets the user\nFROM x\nRUN a\n"
    assert run(text, user) == ([("root-user", ("comment", "the platform sets the user"))], [])


def test_any_evidence_may_touch_the_instruction():
    text = "FROM x\n# hullcheck: ignore[quiet] pinned elsewhere\nRUN pip install -r r.txt\n"
    assert run(text, label("quiet", 7, "r.txt", ("Dockerfile", 3)))[0] == [("quiet", ("comment", "pinned elsewhere"))]
    assert run(text, label("quiet", 3, "r.txt", ("Dockerfile", 1)))[0] == [("quiet", None)]


def test_an_ignore_for_the_file_covers_all_of_it():
    text = "FROM x\nRUN a\nRUN b\n# hullcheck: ignore-file[apt-*] mirrored\n"
    assert run(text, label("apt-unpinned", 2), label("apt-lists", 3), label("quiet", 3)) == (
        [("apt-unpinned", ("comment", "mirrored")), ("apt-lists", ("comment", "mirrored")), ("quiet", None)],
        [],
    )


@pytest.mark.parametrize(("until", "counts"), [("2026-11-21", True), ("2026-11-22", False), ("2027-01-01", False)])
def test_an_ignore_holds_through_its_last_day(until, counts):
    text = f"FROM x\n# hullcheck: ignore[quiet] until={until} soon\nRUN a\n"
    found, notices = run(text, label("quiet", 3))
    assert found == [("quiet", None if counts else ("comment", "soon"))]
    ended = "this ignore of quiet ended on 2026-11-21: mend the cause, or give it a new date"
    assert notices == ([(2, ended)] if counts else [])


@pytest.mark.parametrize(("comment", "notice"), [
    ("ignore[quiet]", "this ignore does not count: say why after the bracket: ignore[quiet] why it is fine here"),
    ("ignore[quite] noisy", "there is no rule called 'quite': did you mean quiet?"),
    ("ignore[zzz] noisy", "there is no rule called 'zzz': 'hullcheck rules' lists them all"),
    ("ignore quiet", "this ignore does not count: write it so: hullcheck: ignore[rule-id] why it is fine here"),
])  # fmt: skip
def test_an_ignore_that_cannot_be_honoured_is_told(comment, notice):
    assert run(f"FROM x\n# hullcheck: {comment}\nRUN a\n", label("quiet", 3)) == ([("quiet", None)], [(2, notice)])


def test_an_ignore_that_ignores_nothing_is_told():
    text = "FROM x\n# hullcheck: ignore[quiet, apt-lists] why\nRUN a\n"
    assert run(text, label("quiet", 3))[1] == [(2, "this ignore of apt-lists covers nothing: take it out")]


def test_an_ignore_in_the_wrong_place_is_told_the_right_one():
    text = "FROM x\nRUN a\n# hullcheck: ignore[quiet] why\nRUN b\n"
    told = "this ignore of quiet covers nothing: quiet points to line 2, put it above that"
    assert run(text, label("quiet", 2)) == ([("quiet", None)], [(3, told)])


def test_an_ignore_of_a_rule_that_is_not_in_this_run_is_no_slip():
    text = "FROM x\n# hullcheck: ignore[quiet] why\nRUN a\n"
    assert run(text, rules=RULES[:2]) == ([], [])


def test_an_ignore_of_an_undecided_rule_is_no_slip():
    undecided = [Undecided(rule=RULES[4], fact=label("quiet", 3), fields=("value",))]
    text = "FROM x\n# hullcheck: ignore[quiet] why\nRUN a\n"
    assert run(text, undecided=undecided) == ([], [])


@pytest.mark.parametrize(("comment", "covered"), [
    ("hadolint ignore=DL3008", {"apt-unpinned": 3}),
    ("hadolint ignore=DL3008,DL3009", {"apt-unpinned": 3, "apt-lists": 3}),
    ("hadolint global ignore=DL3008", {"apt-unpinned": "all"}),
    ("trivy:ignore:AVD-DS-0029", {"apt-unpinned": 3}),
    ("trivy:ignore:DS029", {"apt-unpinned": 3}),
    ("trivy:ignore:DS-0029:exp:2026-11-21", {}),
    ("trivy:ignore:DS-0029:exp:2026-11-22", {"apt-unpinned": 3}),
    ("trivy:ignore:*", {"apt-unpinned": 3}),
    ("checkov:skip=CKV_DOCKER_9:mirrored", {"apt-unpinned": "all"}),
    ("kics-scan ignore-line", {"apt-unpinned": 3}),
    ("kics-scan disable=965a08d7-ef86-4f14-8792-4a3b2098937e", {"apt-unpinned": "all"}),
    ("nosemgrep: dockerfile.best-practice.apt-lists.apt-lists", {"apt-lists": 3}),
    ("nosemgrep", {"apt-lists": 3}),
    ("tally ignore=hadolint/DL3008;reason=mirrored", {"apt-unpinned": 3}),
    ("tally ignore=DL3008", {"apt-unpinned": 3}),
    ("tally ignore=gpu/shell", {"shell-form": 3}),
    ("tally ignore=tally/gpu/shell", {"shell-form": 3}),
    ("tally global ignore=shell", {"shell-form": "all"}),
    ("tally ignore=buildkit/JSONArgsRecommended", {"shell-form": 3}),
    ("hadolint ignore=DL9999", {}),
])  # fmt: skip
def test_other_tools_ignores_hold_for_the_rules_that_find_the_same(comment, covered):
    text = f"FROM x\n# {comment}\nRUN a\nRUN b\n"
    names = ("apt-unpinned", "apt-lists", "shell-form")
    found, notices = run(text, *(label(name, line) for line in (3, 4) for name in names))

    expected = [(n, line) for line in (3, 4) for n in sorted(names) if covered.get(n) in {line, "all"}]
    hits = [(n, 3 + at // 3) for at, (n, why) in enumerate(found) if why]
    assert sorted(hits) == sorted(expected)
    assert notices == []


@pytest.mark.parametrize(
    ("skip", "covered"), [("JSONArgsRecommended", True), ("all", True), ("StageNameCasing", False)]
)
def test_buildkits_skip_is_for_the_file(skip, covered):
    text = f"# check=skip={skip};error=true\nFROM x\nCMD a\n"
    why = ("comment", "ignored for buildkit") if covered else None
    assert run(text, label("shell-form", 3)) == ([("shell-form", why)], [])


def test_another_tools_ignore_that_ignores_nothing_is_not_ours_to_tell():
    assert run("FROM x\n# hadolint ignore=DL3008\nRUN a\n") == ([], [])


def test_our_own_ignore_is_the_one_that_is_quoted():
    text = "FROM x\n# hadolint ignore=DL3008\n# hullcheck: ignore[apt-unpinned] mirrored\nRUN a\n"
    assert run(text, label("apt-unpinned", 4)) == ([("apt-unpinned", ("comment", "mirrored"))], [])


@pytest.mark.parametrize(("lines", "covered"), [
    ("torch  # hullcheck: ignore[quiet] nightly\nkeras\n", {1}),
    ("torch\n# hullcheck: ignore[quiet] nightly\nkeras\njax\n", {2, 3}),
    ("# hullcheck: ignore-file[quiet] nightly\ntorch\nkeras\n", {1, 2, 3}),
])  # fmt: skip
def test_other_text_files_have_ignores_too(lines, covered):
    target = target_of("Dockerfile", "FROM x\nRUN pip install -r r.txt\n", **{"r.txt": lines})
    findings, _ = judge(RULES, [label("quiet", line, "r.txt") for line in (1, 2, 3)])
    marked, _ = suppress(target, findings, rules=RULES, today=TODAY)
    assert {f.at.span.first_line for f in marked if f.suppressed} == covered


def test_a_comment_of_a_heredoc_covers_the_line_below_it():
    text = "FROM x\nRUN <<EOF\n# hullcheck: ignore[quiet] nightly\npip install torch\nEOF\n"
    assert run(text, label("quiet", 4))[0] == [("quiet", ("comment", "nightly"))]


def entry(path="**", until="", name="quiet"):
    at = Location(".hullcheck.yaml", Span(3, 1, 3, 1))
    return Ignore(rule=name, path=path, reason="known", until=until, folder="/repo", at=at)


@pytest.mark.parametrize(("path", "pattern", "covered"), [
    ("/repo/docker/Dockerfile", "docker", True),
    ("/repo/docker/Dockerfile", "docker/*", True),
    ("/repo/docker/Dockerfile", "**/Dockerfile", True),
    ("/repo/Dockerfile", "**/Dockerfile", True),
    ("/repo/docker/Dockerfile", "Dockerfile", False),
    ("/elsewhere/Dockerfile", "docker", False),
    ("/elsewhere/Dockerfile", "**", True),
])  # fmt: skip
def test_the_configuration_ignores_by_path(path, pattern, covered):
    found, notices = run("FROM x\nRUN a\n", label("quiet", 2, path), path=path, ignores=[entry(pattern)])
    assert found == [("quiet", ("config", "known") if covered else None)]
    assert notices == []


def test_an_ended_entry_of_the_configuration_is_told_where_it_would_matter():
    ignores = [entry(until="2026-01-01"), entry(until="2026-01-01", name="apt-lists")]
    found, notices = run("FROM x\nRUN a\n", label("quiet", 2), ignores=ignores)
    assert found == [("quiet", None)]
    assert notices == [(3, "this ignore of quiet ended on 2026-01-01: mend the cause, or give it a new date")]


def test_an_entry_for_no_rule_is_an_error():
    with pytest.raises(ConfigError) as caught:
        check([entry(), entry(name="quite")], RULES)
    assert str(caught.value) == ".hullcheck.yaml:3: there is no rule called 'quite'"
    assert caught.value.hint == "did you mean quiet?"


def test_the_baseline_covers_what_it_names():
    findings, _ = judge(RULES, [label("quiet", 2), label("apt-lists", 2)])
    known = frozenset({next(f.fingerprint for f in findings if f.rule.id == "quiet")})
    found, _ = run("FROM x\nRUN a\n", label("quiet", 9), label("apt-lists", 2), baseline=known)
    assert found == [("apt-lists", None), ("quiet", ("baseline", "in the baseline"))]


def test_more_ignores_than_anybody_writes_are_told_and_not_honoured():
    text = "FROM x\n" + "# hadolint ignore=DL3008\n" * MAX_IGNORES + "# hadolint ignore=DL3009\nRUN a\n"
    found, notices = run(text, label("apt-lists", MAX_IGNORES + 3))
    assert found == [("apt-lists", None)]
    assert notices == [(MAX_IGNORES + 2, f"only {MAX_IGNORES} ignores are honoured, this and later ones not")]


@pytest.mark.parametrize(("name", "ids"), [
    ("quiet", {"quiet"}), ("Quiet", {"quiet"}), ("apt-*", {"apt-unpinned", "apt-lists"}), ("DL3008", {"apt-unpinned"}),
    ("AVD-DS-0002", {"root-user"}), ("965a08d7", {"apt-unpinned"}), ("nothing-*", set()), ("DL", set()), ("", set()),
])  # fmt: skip
def test_a_rule_is_named_by_id_by_glob_or_as_other_tools_do(name, ids):
    assert named(RULES, name) == ids


@pytest.fixture(scope="module")
def allowed():
    """What a scan says of the credentials in a Dockerfile and a script, and its notices."""
    from scanner.engine.load import load
    from scanner.scan import Options, scan_text

    options = Options(rules=load(), build_args={})

    def allowed(text, script=""):
        files = {"run.sh": script.encode()} if script else {}
        report = scan_text(text + ("COPY run.sh /\nCMD sh /run.sh\n" if script else ""), options, context=files)
        found = [f for f in report.findings if f.fact.kind == "secret"]
        return {str(f.at): f.suppressed and f.suppressed.reason for f in found}, [n.text for n in report.notices]

    return allowed


ENV = "ENV DB_PASSWORD=hunter2"


@pytest.mark.parametrize(
    ("text", "script", "wanted"),
    [
        (f"# hullcheck:allow-secret for the tests alone\n{ENV}\n", "", {"Dockerfile:3:17": "for the tests alone"}),
        (f"{ENV} # hullcheck:allow-secret for the tests\n", "", {"Dockerfile:2:17": "for the tests"}),
        (f"{ENV}\n# hullcheck:allow-secret too late\n", "", {"Dockerfile:2:17": None}),
        ("", "export API_KEY=abc123x # hullcheck: allow-secret: revoked\n", {"run.sh:1:16": "revoked"}),
        ("", "export API_KEY=abc123x -- hullcheck:allow-secret revoked\n", {"run.sh:1:16": "revoked"}),
        ("", "# hullcheck:allow-secret revoked\nexport API_KEY=abc123x\n", {"run.sh:2:16": None}),
    ],
)
def test_a_line_may_say_that_its_credentials_are_known(allowed, text, script, wanted):
    assert allowed(f"FROM x\n{text}", script)[0] == wanted


def test_it_has_to_say_why_and_to_cover_something(allowed):
    found, notices = allowed(f"FROM x\n# hullcheck:allow-secret\n{ENV}\n")
    assert (list(found.values()), len(notices)) == ([None], 1)
    assert "say why" in notices[0]
    _, notices = allowed("FROM x\n# hullcheck:allow-secret none here\nENV A=b\n")
    assert notices == ["this ignore of allow-secret covers nothing: take it out"]
