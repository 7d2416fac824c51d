"""The effect of a change is what is new and what is gone, by rule and place, whatever the words."""

from tests.effect import Found, counts, effect


def found(rule="root-user", line=1, **changes):
    return Found(**({"rule": rule, "path": "fixtures/a/Dockerfile", "line": line, "column": 1} | changes))


def lines(before, after):
    return list(effect("default", before, after))


def test_nothing_changes():
    assert lines([found()], [found(message="in other words", severity="low")]) == [
        "default: 1 findings before, 1 now, the same ones",
        "",
    ]


def test_new_and_gone_are_listed_by_rule_with_their_places():
    before = [found(), found("x-rule", 3, severity="low", message="gone"), found("x-rule", 4)]
    after = [found(), found("x-rule", 4), found("x-rule", 5, severity="high", message="new"), found("a-rule")]
    assert [line.rstrip() for line in lines(before, after)] == [
        "default: 3 findings before, 4 now",
        "  a-rule: +1",
        "    + fixtures/a/Dockerfile:1:1",
        "  x-rule: +1, -1",
        "    - fixtures/a/Dockerfile:3:1 low gone",
        "    + fixtures/a/Dockerfile:5:1 high new",
        "",
    ]


def test_a_cause_is_a_rule_in_a_file():
    target = "fixtures/tensorflow-tutorial/Dockerfile"
    some = [found(line=line, target=target, path=path) for line, path in ((1, "a"), (2, "a"), (3, "b"))]
    gap = found("not looked at", target=target)
    table = list(counts({"default": [*some, gap]}))
    assert "| tensorflow-tutorial | 3 | 2 |" in table
    assert "| tensorflow-tutorial-mended | 0 | 0 |" in table
