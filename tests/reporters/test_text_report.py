"""Text is for people: exact, grouped by line, and safe to print."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.model.facts import Combination
from scanner.model.finding import Problem, Report
from scanner.model.location import Evidence, Location, Span
from scanner.model.rule import Severity
from scanner.reporters import Options, render


def test_the_whole_output_is_as_kept(reports, plain, golden):
    golden("report.txt", render("text", reports, plain))


def test_everything_can_be_shown(reports, plain, golden):
    golden(
        "report-verbose.txt",
        render("text", reports, plain.replace(verbose=True, show_suppressed=True, show_undecided=True)),
    )


def test_quiet_is_one_line_a_finding_and_a_gap(reports, plain):
    lines = render("text", reports, plain.replace(quiet=True)).splitlines()
    assert len(lines) == 7 + 2
    assert lines[2] == "app/Dockerfile:2:5 low pip-cache  pip leaves its downloads in the layer"
    assert lines[-1].endswith("not looked at: it is not UTF-8 text")


def test_color_changes_nothing_but_color(reports, plain):
    colored = render("text", reports, plain.replace(color=True, verbose=True))
    assert "\x1b[1;31mhigh\x1b[0m" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == render("text", reports, plain.replace(verbose=True))


def test_nothing_found_says_what_was_looked_at(reports, plain):
    clean = reports[1]
    assert render("text", [clean], plain) == "Nothing found in web/Dockerfile.\n"
    assert render("text", [clean], plain.replace(quiet=True)) == ""


def test_a_gap_is_never_called_nothing_found(plain):
    gap = Report(target="x", problems=(Problem(at=Location("x", Span(1, 1, 1, 1)), reason="no text"),), lines={})
    assert "could be looked at" in render("text", [gap], plain)


def one(make, line: str, first: int, last: int, message: str = "m", **changes) -> Report:
    fact = make.requirement("x", Location("f", Span(1, first, 1, last)))
    found = make.finding(make.UNPINNED, fact, message, **changes)
    return Report(target="t", findings=(found,), lines={"f": (line,)})


def quoted(make, line: str, first: int, last: int) -> tuple[str, str]:
    """The quoted line and its underline, without the gutter."""
    _, source, marks, *_ = render("text", [one(make, line, first, last)], Options()).split("\n")
    return source.partition("| ")[2], marks.partition("| ")[2]


@pytest.mark.parametrize(
    ("line", "place", "expected"),
    [
        ("RUN x", (5, 5), ("RUN x", "    ^")),
        ("\tRUN\tx", (6, 6), ("    RUN x", "        ^")),
        ("RUN 日本 x", (8, 8), ("RUN 日本 x", "         ^")),
        ("RUN 日本 x", (5, 6), ("RUN 日本 x", "    ^^^^")),
        ("RUN e\u0301 x", (8, 8), ("RUN e\u0301 x", "      ^")),
        ("a\x1b[31mb", (7, 7), (r"a\x1b[31mb", "         ^")),
        ("a\u202eb", (3, 3), (r"a\u202eb", "       ^")),
        ("a\xa0b", (2, 2), (r"a\xa0b", " ^^^^")),
        ("", (1, 1), ("", "^")),
        ("short", (90, 99), ("short", "     ^")),
    ],
)
def test_the_exact_words_are_underlined(make, line, place, expected):
    assert quoted(make, line, *place) == expected


def test_a_long_line_is_shown_around_the_words(make):
    shown, marked = quoted(make, "x" * 500_000 + "WORD" + "y" * 500_000, 500_001, 500_004)
    assert len(shown) == Options().width + 2
    assert shown[0] == shown[-1] == "…"
    assert shown[marked.index("^") : len(marked)] == "WORD"


def test_words_far_apart_on_a_long_line_are_each_shown(make):
    line = "RUN " + "a" * 1000 + " FIRST " + "b" * 1000 + " SECOND"
    findings = tuple(
        make.finding(
            make.UNPINNED,
            make.requirement(word, Location("f", Span(1, line.index(word) + 1, 1, line.index(word) + len(word)))),
            word,
        )
        for word in ("FIRST", "SECOND")
    )
    text = render("text", [Report(target="t", findings=findings, lines={"f": (line,)})], Options())
    rows = text.split("\n")
    shown = {row[rows[i + 1].index("^") : len(rows[i + 1])] for i, row in enumerate(rows[:-1]) if "^" in rows[i + 1]}
    assert shown == {"FIRST", "SECOND"}
    assert text.count("fix") == 1


def test_findings_of_one_line_share_one_quote_and_one_remedy_a_rule(reports, plain):
    text = render("text", reports, plain)
    assert text.count("RUN pip install tensorflow keras") == 1
    assert text.count("fix (unpinned-ai-library)") == 1
    assert "|                 ^^^^^^^^^^ ^^^^^ unpinned-ai-library" in text


def test_what_several_targets_share_is_told_once(make, plain):
    report = one(make, "RUN x", 5, 5)
    twice = render("text", [report, report.replace(target="other")], plain)
    assert twice.count("f:1:5") == 1
    assert "1 finding in 2 targets" in twice


def test_a_place_without_lines_is_quoted_from_its_evidence(make, plain):
    report = one(make, "", 1, 1).replace(lines={})
    assert "    | x\n" in render("text", [report], plain)


def test_many_related_places_are_counted(make, plain):
    related = tuple(Evidence(Location("f", Span(line, 1, line, 2)), "w") for line in range(2, 12))
    fact = make.requirement("x", Location("f", Span(1, 1, 1, 1)), *related)
    report = Report(target="t", findings=(make.finding(make.UNPINNED, fact, "m"),), lines={})
    assert "7 more (-v shows them)" in render("text", [report], plain)
    assert render("text", [report], plain.replace(verbose=True)).count("see:") == 10


HOSTILE = st.text(st.characters(codec=None), max_size=200)


@settings(max_examples=150, derandomize=True, deadline=None)
@given(line=HOSTILE, words=HOSTILE, first=st.integers(1, 300), length=st.integers(0, 300))
def test_nothing_a_terminal_obeys_gets_through(line, words, first, length):
    rule = SimpleNamespace(id="r", title="t", severity=Severity.LOW, remedy=lambda: "fix")
    at = Location(words, Span(1, first, 1, first + length))
    fact = SimpleNamespace(evidence=(Evidence(at, words, words),))
    found = SimpleNamespace(
        rule=rule, fact=fact, at=at, message=words, suppressed=None, related=(Evidence(Location("o"), words, line),)
    )
    problem = Problem(at=at, reason=words, remedy=words)
    report = Report(target=words, findings=(found,), problems=(problem,), lines={words: (line,)})
    text = render("text", [report], Options())
    assert all(character == "\n" or character.isprintable() for character in text)
    assert "\ud800" not in text
    assert max(map(len, text.split("\n"))) < 4_000


def test_combinations_stand_first_whatever_file_and_line_they_point_to(make):
    place = Location("z", Span(9, 1, 9, 4))
    combination = Combination(
        evidence=(Evidence(place, "CMD"), Evidence(Location("z", Span(1, 1, 1, 4)), "FROM", "root")),
        name="hub-code-as-root", holds=True, service="", what="", how="x",
    )  # fmt: skip
    worse = make.finding(make.BASE, combination, "together")
    single = one(make, "RUN x", 5, 5)
    output = render("text", [single, Report(target="z", findings=(worse,), lines={})], Options())
    assert output.index("together") < output.index("f:1:5")
    assert "= see: z:1:1  FROM — root" in output


def test_lines_in_a_row_that_break_one_rule_share_their_remedy(make):
    lines = ("torch", "keras", "numpy")

    def found(line, rule):
        return make.finding(rule, make.requirement("x", Location("f", Span(line, 1, line, 5))), f"m{line}")

    same = tuple(found(line, make.UNPINNED) for line in (1, 2, 3))
    text = render("text", [Report(target="t", findings=same, lines={"f": lines})], Options())
    assert text.count("= fix:") == 1
    assert [line.strip() for line in text.split("\n")[:9]] == [
        "f:1:1 medium unpinned-ai-library  m1", "f:2:1 medium unpinned-ai-library  m2",
        "f:3:1 medium unpinned-ai-library  m3", "1 | torch", "| ^^^^^", "2 | keras", "| ^^^^^", "3 | numpy", "| ^^^^^",
    ]  # fmt: skip
    other = (same[0], found(2, make.CACHE), same[2])
    assert render("text", [Report(target="t", findings=other, lines={"f": lines})], Options()).count("= fix:") == 3
