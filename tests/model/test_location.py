"""Text knows where each of its characters stands in the file, however it was cut."""

from hypothesis import given
from hypothesis import strategies as st

from scanner.model.location import Span, Text

TEXTS = st.text(alphabet="ab\n é\t", max_size=60)


def place(text, offset):
    """The definition: count newlines before it, and characters since the last one."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


@given(TEXTS, st.data())
def test_places_in_a_whole_file_are_line_and_column(text, data):
    whole = Text.of_file("f", text)
    offset = data.draw(st.integers(0, max(0, len(text) - 1)))
    assert whole.place(offset) == place(text, offset)


@given(TEXTS.filter(bool), st.data())
def test_a_cut_keeps_the_place_of_every_character(text, data):
    whole = Text.of_file("f", text)
    bounds = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted)
    parts = data.draw(st.lists(bounds, max_size=4))
    cut = whole.cut(*[(a, b) for a, b in parts])
    offsets = [offset for a, b in parts for offset in range(a, b)]
    assert cut.value == "".join(text[offset] for offset in offsets)
    assert [cut.place(i) for i in range(len(cut.value))] == [place(text, offset) for offset in offsets]


@given(TEXTS, TEXTS)
def test_joined_texts_keep_both_places(first, second):
    one, other = Text.of_file("f", first), Text.of_file("f", second)
    both, shift = one.joined(other)
    assert both.value == f"{first}\n{second}"
    assert [both.place(shift + i) for i in range(len(second))] == [place(second, i) for i in range(len(second))]


def test_words_that_stand_for_others_have_the_place_of_those():
    text = Text.of_file("f", 'a "b\\nc"')
    cut = text.cut((3, 4), ("\n", 4), (6, 7))
    assert cut.value == "b\nc"
    assert [cut.place(i) for i in range(3)] == [(1, 4), (1, 5), (1, 7)]


def test_spans_are_inclusive_and_at_least_one_character_wide():
    text = Text.of_file("f", "ab\ncd")
    assert text.span(1, 4) == Span(1, 2, 2, 1)
    assert text.span(3, 3) == Span(2, 1, 2, 1)


def test_spans_touch_when_they_share_a_line():
    assert Span(1, 1, 3, 1).touches(Span(3, 9, 4, 1))
    assert not Span(1, 1, 3, 1).touches(Span(4, 1, 4, 1))
