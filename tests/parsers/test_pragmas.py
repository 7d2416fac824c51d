"""Comments ask to ignore rules in many tools' words, and each is read as that tool reads it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.parsers.pragmas import is_date, parse, skipped_checks, trivy_id


def requests(comment):
    return [(each.tool, each.scope, each.ids, each.reason, each.until) for each in parse(comment)]


@pytest.mark.parametrize(("comment", "scope", "ids", "reason", "until"), [
    (" hullcheck: ignore[root-user] it runs in a sandbox", "instruction", ("root-user",), "it runs in a sandbox", ""),
    ("hullcheck:ignore[a, b ,c] because", "instruction", ("a", "b", "c"), "because", ""),
    (" hullcheck: ignore[apt-*] -- mirrored", "instruction", ("apt-*",), "mirrored", ""),
    (" hullcheck: ignore[a]: mirrored", "instruction", ("a",), "mirrored", ""),
    (" hullcheck: ignore[a] until=2027-01-31 waiting for 2.1", "instruction", ("a",), "waiting for 2.1", "2027-01-31"),
    (" hullcheck: ignore[a] waiting, until=2027-01-31", "instruction", ("a",), "waiting,", "2027-01-31"),
    (" hullcheck: ignore-file[a] a test image", "file", ("a",), "a test image", ""),
    (" HullCheck: Ignore[a] why", "instruction", ("a",), "why", ""),
    (" see below # hullcheck: ignore[a] why", "instruction", ("a",), "why", ""),
])  # fmt: skip
def test_our_own_words(comment, scope, ids, reason, until):
    (pragma,) = parse(comment)
    assert (pragma.tool, pragma.scope, pragma.ids, pragma.reason, pragma.until) == (
        "hullcheck",
        scope,
        ids,
        reason,
        until,
    )
    assert not pragma.mistake


@pytest.mark.parametrize(("comment", "mistake"), [
    (" hullcheck: ignore[root-user]", "say why after the bracket: ignore[root-user] why it is fine here"),
    (" hullcheck: ignore[root-user]  - ", "say why after the bracket: ignore[root-user] why it is fine here"),
    (" hullcheck: ignore-file[a,b] until=2027-01-01",
     "say why after the bracket: ignore-file[a, b] why it is fine here"),
    (" hullcheck: ignore[] why", "name the rule in the brackets: ignore[rule-id]"),
    (" hullcheck: ignore[a] until=tomorrow why", "until=tomorrow is no date: write until=YYYY-MM-DD"),
    (" hullcheck: ignore[a] until=2027-13-01 why", "until=2027-13-01 is no date: write until=YYYY-MM-DD"),
    (" hullcheck: ignore root-user", "write it so: hullcheck: ignore[rule-id] why it is fine here"),
    (" hullcheck: ingore[root-user] why", "write it so: hullcheck: ignore[rule-id] why it is fine here"),
    (" hullcheck: ignore-all[x] why", "write it so: hullcheck: ignore[rule-id] why it is fine here"),
])  # fmt: skip
def test_what_is_wrong_with_our_own_words_is_said(comment, mistake):
    (pragma,) = parse(comment)
    assert pragma.mistake == mistake


@pytest.mark.parametrize(("comment", "expected"), [
    (" hadolint ignore=DL3008", [("hadolint", "instruction", ("DL3008",), "", "")]),
    (" hadolint ignore=DL3008,DL3009, SC2086", [("hadolint", "instruction", ("DL3008", "DL3009", "SC2086"), "", "")]),
    ("hadolint ignore = DL3008 # mirrored", [("hadolint", "instruction", ("DL3008",), "", "")]),
    (" hadolint global ignore=DL3003,DL3006", [("hadolint", "file", ("DL3003", "DL3006"), "", "")]),
    ("trivy:ignore:AVD-DS-0002", [("trivy", "instruction", ("DS-0002",), "", "")]),
    (" trivy:ignore:DS002", [("trivy", "instruction", ("DS-0002",), "", "")]),
    ("trivy:ignore:DS-0002:exp:2026-01-01", [("trivy", "instruction", ("DS-0002",), "", "2026-01-01")]),
    ("trivy:ignore:DS-0002 trivy:ignore:DS-0026",
     [("trivy", "instruction", ("DS-0002",), "", ""), ("trivy", "instruction", ("DS-0026",), "", "")]),
    ("trivy:ignore:*", [("trivy", "instruction", ("*",), "", "")]),
    ("checkov:skip=CKV_DOCKER_3:runs in a sandbox", [("checkov", "file", ("CKV_DOCKER_3",), "runs in a sandbox", "")]),
    (" checkov:skip=CKV_DOCKER_3,CKV2_DOCKER_1", [("checkov", "file", ("CKV_DOCKER_3", "CKV2_DOCKER_1"), "", "")]),
    (" kics-scan ignore-line", [("kics", "instruction", ("*",), "", "")]),
    (" kics-scan ignore-block", [("kics", "instruction", ("*",), "", "")]),
    (" kics-scan ignore", [("kics", "file", ("*",), "", "")]),
    (" kics-scan disable=FD54F200-402c-4333-a5a4-36ef6709af2f,67fd0c4a-68cf-46d7-8c41-bc9fba7e40ae",
     [("kics", "file", ("fd54f200", "67fd0c4a"), "", "")]),
    (" nosemgrep: dockerfile.security.missing-user.missing-user",
     [("semgrep", "instruction", ("dockerfile.security.missing-user.missing-user",), "", "")]),
    (" nosemgrep", [("semgrep", "instruction", ("*",), "", "")]),
    (" tally ignore=DL3008,tally/x;reason=mirrored; twice",
     [("tally", "instruction", ("DL3008", "tally/x"), "mirrored; twice", "")]),
    (" tally global ignore=DL3008", [("tally", "file", ("DL3008",), "", "")]),
    (" install hadolint, trivy and checkov first", []),
    (" see the hullcheck manual", []),
    (" not a hadolint ignore=DL3008", []),
])  # fmt: skip
def test_other_tools_words(comment, expected):
    assert requests(comment) == expected


@pytest.mark.parametrize(("value", "ids"), [
    ("skip=JSONArgsRecommended,StageNameCasing", ("JSONArgsRecommended", "StageNameCasing")),
    ("skip=JSONArgsRecommended;error=true", ("JSONArgsRecommended",)),
    ("error=true;skip=all", ("*",)),
])  # fmt: skip
def test_buildkits_directive_is_for_the_file(value, ids):
    (pragma,) = skipped_checks(value)
    assert (pragma.tool, pragma.scope, pragma.ids) == ("buildkit", "file", ids)


def test_a_directive_that_skips_nothing_asks_for_nothing():
    assert skipped_checks("error=true") == ()


@pytest.mark.parametrize("name", ["DS-0002", "DS0002", "DS002", "AVD-DS-0002", "ds-0002", "avd-ds-0002"])
def test_trivy_ids_have_one_spelling(name):
    assert trivy_id(name) == "DS-0002"


@pytest.mark.parametrize(("words", "date"), [
    ("2026-11-22", True), ("2026-1-2", False), ("2026-00-01", False), ("2026-01-32", False), ("22.11.2026", False),
    ("2026-11-22x", False), ("", False), ("２０２６-11-22", False),
])  # fmt: skip
def test_a_date_is_written_year_month_day(words, date):
    assert is_date(words) is date


PIECES = ["hullcheck:", "ignore[", "ignore-file[", "]", "a,b", "until=", "2026-01-01", " hadolint ignore=",
          "DL3008", "trivy:ignore:", "checkov:skip=", ":", "kics-scan disable=",
          "nosemgrep", " ", ",", "#", "ä", "[" * 9]  # fmt: skip


@settings(max_examples=120, derandomize=True, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=12).map("".join))
def test_no_comment_breaks_the_parser_and_places_are_inside_it(comment):
    for pragma in parse(comment):
        assert 0 <= pragma.start < pragma.end <= len(comment)
        assert pragma.mistake or pragma.ids


def test_a_very_long_comment_is_read_at_once():
    for piece in ("hadolint ignore=" + "a," * 200_000, "hullcheck: ignore[" * 50_000, "nosemgrep: " + "a , " * 100_000):
        parse(piece)
        parse(" " + piece)
