"""The index leaves out only rules that cannot hold: judging with it and without it gives the same."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.engine.index import Index
from scanner.engine.load import load
from scanner.engine.match import decider
from scanner.model.facts import KINDS, Label
from scanner.model.location import Evidence, Location

RULES = load()
HERE = (Evidence(Location("Dockerfile")),)
KEYS = st.sampled_from(["maintainer", "version", "x"])
VALUES = st.sampled_from([None, "a", "b", "c"])
TESTS = st.one_of(
    st.tuples(st.just("test"), st.just("key"), st.just("is"), KEYS),
    st.tuples(st.just("test"), st.just("value"), st.just("in"), st.frozensets(st.sampled_from("abc"), min_size=1)),
)
CONDITIONS = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.tuples(st.just("not"), inner),
        st.tuples(st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(CONDITIONS, min_size=1, max_size=6), KEYS, VALUES)
def test_rules_that_the_index_leaves_out_are_false(conditions, key, value):
    rules = [RULES[number].replace(when=when, subject="label") for number, when in enumerate(conditions)]
    fact = Label(evidence=HERE, key=key, value=value)
    kept = [rule for rule, _ in Index(rules).rules(fact)]
    assert len(kept) == len({rule.id for rule in kept}), "each once"
    assert all(decider(rule.when)(fact) is False for rule in rules if rule not in kept)


def test_it_leaves_out_most_rules_about_commands():
    rules = [rule for rule in RULES if rule.subject == "command"]
    fields = dict.fromkeys(KINDS["command"].field_names(), "")
    fact = KINDS["command"](**fields | {"evidence": HERE, "program": "chmod"})
    assert len(Index(rules).rules(fact)) < len(rules) / 2
