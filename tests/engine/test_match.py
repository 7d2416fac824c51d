"""Conditions are decided in Kleene's three-valued logic."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.engine.match import MAX_MATCHED, decider, unknown
from scanner.model.facts import Command, RuntimeUser, Service
from scanner.model.location import Evidence, Location

HERE = (Evidence(Location("Dockerfile")),)
T, F, U = True, False, None


def user(**fields):
    known = {"name": "app", "declared": True, "is_root": False, "numeric": False, "created_unused": ""}
    return RuntimeUser(evidence=HERE, **known | fields)


def command(**fields):
    known = {
        "program": "pip",
        "words": "pip install torch",
        "arguments": ("install", "torch"),
        "wrappers": (),
        "moment": "build",
        "stage": "0",
        "pipeline_without_pipefail": False,
        "world_writable": False,
        "changes_directory": False,
        "installs_at_start": False,
    }
    return Command(evidence=HERE, **known | fields)


def is_(field, value):
    return ("test", field, "is", value)


@pytest.mark.parametrize(("first", "second", "both", "either"), [
    (T, T, T, T), (T, F, F, T), (T, U, U, T),
    (F, T, F, T), (F, F, F, F), (F, U, F, U),
    (U, T, U, T), (U, F, F, U), (U, U, U, U),
])  # fmt: skip
def test_all_and_any_follow_kleenes_tables(first, second, both, either):
    fact = user(is_root=first, numeric=second)
    parts = (is_("is_root", True), is_("numeric", True))

    assert decider(("all", parts))(fact) is both
    assert decider(("any", parts))(fact) is either


@pytest.mark.parametrize(("value", "negated"), [(T, F), (F, T), (U, U)])
def test_not_of_unknown_is_unknown(value, negated):
    assert decider(("not", is_("is_root", True)))(user(is_root=value)) is negated


@pytest.mark.parametrize(("operator", "wanted", "fact", "answer"), [
    ("in", frozenset({"app", "web"}), user(), True),
    ("in", frozenset({"web"}), user(), False),
    ("in", frozenset({"web"}), user(name=None), None),
    ("matches", "^a.p$", user(), True),
    ("matches", "^p", user(), False),
    ("empty", True, user(name=""), True),
    ("empty", False, user(name=""), False),
    ("empty", True, user(name=None), None),
])  # fmt: skip
def test_operators_on_text(operator, wanted, fact, answer):
    assert decider(("test", "name", operator, wanted))(fact) is answer


@pytest.mark.parametrize(("operator", "wanted", "answer"), [
    ("has_any", frozenset({"torch", "keras"}), True),
    ("has_any", frozenset({"keras"}), False),
    ("matches", "^tor", True),
    ("matches", "^keras", False),
    ("empty", False, True),
])  # fmt: skip
def test_operators_on_several_texts(operator, wanted, answer):
    assert decider(("test", "arguments", operator, wanted))(command()) is answer


@pytest.mark.parametrize(
    ("port", "least", "most"), [(80, False, True), (1024, True, True), (8080, True, False), (None, None, None)]
)
def test_operators_on_numbers(port, least, most):
    fact = Service(
        evidence=HERE, product="x", role="ui", port=port, address=None, open=None, exposed=False, auth=None,
        auth_off=False, encrypted=None, as_root=None, runs_code=False, started_by="command", risk="",
    )  # fmt: skip
    assert decider(("test", "port", "at_least", 1024))(fact) is least
    assert decider(("test", "port", "at_most", 1024))(fact) is most


@pytest.mark.parametrize(("words", "answer"), [
    ("root" + "x" * MAX_MATCHED, True),
    ("x" * MAX_MATCHED + "root", None),
    ("x" * (MAX_MATCHED - 1), False),
])  # fmt: skip
def test_what_stands_beyond_the_limit_of_a_match_is_not_known(words, answer):
    assert decider(("test", "words", "matches", "root"))(command(words=words)) is answer


def test_an_end_made_by_the_limit_is_not_the_end_of_the_text():
    assert decider(("test", "words", "matches", "x$"))(command(words="x" * (MAX_MATCHED + 1) + "y")) is None


def test_the_fields_that_are_not_known_are_named_once():
    condition = (
        "all",
        (is_("is_root", True), ("not", ("any", (is_("name", "a"), is_("name", "b"), is_("declared", True))))),
    )
    assert unknown(condition, user(is_root=None, name=None)) == ("is_root", "name")


FIELDS = {"is_root": st.booleans(), "numeric": st.booleans(), "name": st.sampled_from(["", "app", "root"])}
LEAVES = st.one_of(
    st.tuples(st.just("test"), st.sampled_from(["is_root", "numeric"]), st.just("is"), st.booleans()),
    st.tuples(st.just("test"), st.just("name"), st.just("in"), st.frozensets(FIELDS["name"], min_size=1)),
    st.tuples(st.just("test"), st.just("name"), st.just("empty"), st.booleans()),
    st.tuples(st.just("test"), st.just("name"), st.just("matches"), st.sampled_from(["^a", "o", "^$"])),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.tuples(st.just("not"), inner),
    ),
    max_leaves=8,
)


@settings(max_examples=120, derandomize=True, deadline=None)
@given(CONDITIONS, st.fixed_dictionaries(FIELDS), st.sets(st.sampled_from(sorted(FIELDS))))
def test_learning_more_never_flips_an_answer(condition, known, hidden):
    decide = decider(condition)
    before = decide(user(**known | dict.fromkeys(hidden)))
    after = decide(user(**known))

    assert after is not None
    assert before is None or before is after


@settings(max_examples=80, derandomize=True, deadline=None)
@given(
    st.lists(CONDITIONS, min_size=1, max_size=3), st.fixed_dictionaries({k: st.none() | v for k, v in FIELDS.items()})
)
def test_not_all_is_any_not(parts, fields):
    fact = user(**fields)
    negated = ("any", tuple(("not", part) for part in parts))
    assert decider(("not", ("all", tuple(parts))))(fact) is decider(negated)(fact)
