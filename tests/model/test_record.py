"""Records behave like frozen, slotted, keyword-only dataclasses."""

from __future__ import annotations

import pickle
from typing import ClassVar

import pytest

from scanner.model.facts import KINDS
from scanner.model.record import MANY, Record


class Point(Record):
    kind: ClassVar[str] = "point"
    x: int
    y: int = 2


class Named(Point, kw_only=False):
    name: str = ""


def test_fields_are_given_by_name_and_defaults_fill_in():
    assert (Point(x=1).x, Point(x=1).y) == (1, 2)
    assert Named(1, 3, "a") == Named(x=1, y=3, name="a")
    assert Named.field_names() == ("x", "y", "name")


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (Point, "Point needs 'x'"),
        (lambda: Point(x=1, z=2), "Point has no field 'z'"),
        (lambda: Point(1), "keyword arguments only"),
        (lambda: Named(1, 2, "a", 4), "keyword arguments only"),
    ],
)
def test_wrong_arguments_are_refused_by_name(make, complaint):
    with pytest.raises(TypeError, match=complaint):
        make()


def test_a_record_cannot_be_changed_and_has_no_room_for_more():
    point = Point(x=1)
    with pytest.raises(AttributeError, match="frozen"):
        point.x = 2
    with pytest.raises(AttributeError, match="frozen"):
        del point.x
    assert not hasattr(point, "__dict__")


def test_equality_hash_and_copy_go_by_value():
    assert Point(x=1) == Point(x=1, y=2)
    assert hash(Point(x=1)) == hash(Point(x=1, y=2))
    assert Point(x=1) != Named(x=1)
    assert Point(x=1).replace(y=5) == Point(x=1, y=5)
    assert repr(Point(x=1)) == "Point(x=1, y=2)"


def test_records_travel_between_processes():
    """Parallel scans send reports back; inert data made here, nothing from a target."""
    assert pickle.loads(pickle.dumps(Named(1, 2, "a"))) == Named(1, 2, "a")


class Often(Record, kw_only=False):
    first: int
    second: str = "b"
    third: tuple[int, ...] = ()


class OftenToo(Often):
    fourth: bool


def test_the_constructor_that_is_written_out_makes_the_same():
    made = [Often(number, third=(1,)) for number in range(2 * MANY)]
    assert [(each.first, each.second, each.third) for each in made] == [(n, "b", (1,)) for n in range(2 * MANY)]
    for wrong in ({}, {"first": 1, "fifth": 2}):
        with pytest.raises(TypeError):
            Often(**wrong)
    assert OftenToo(first=1, fourth=True).fourth, "a class made from it has its own constructor"
    with pytest.raises(TypeError, match="keyword arguments only"):
        OftenToo(1, fourth=True)


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_fact_can_be_made_often(kind):
    values = dict.fromkeys(kind.field_names(), "x")
    made = [kind(**values) for _ in range(MANY + 2)]
    assert made[0] == made[-1]
