"""The patterns of ``${NAME#pattern}`` and its like: ``*``, ``?`` and a backslash before either.

Go's engine takes linear time on them and Python's does not, so they are matched here: every pattern is a bit mask of
the places it can be at, moved on with each character.
"""

from __future__ import annotations

LONGEST = 1_000
"""Characters of a pattern."""
MAX_REPLACED = 1 << 20
"""Characters that a replacement may put in."""

Tokens = tuple[tuple[str, bool], ...]
"""Characters, and whether each stands for others."""


def tokens(pattern: str) -> Tokens:
    """The parts of a pattern.

    Raises:
        ValueError: a backslash before something that needs none, or more than ``LONGEST`` characters.
    """
    if len(pattern) > LONGEST:
        raise ValueError(f"a pattern of more than {LONGEST:,} characters")
    parts: list[tuple[str, bool]] = []
    at = 0
    while at < len(pattern):
        character, at = pattern[at], at + 1
        if character != "\\":
            part = (character, character in "*?")
            if part != ("*", True) or parts[-1:] != [part]:
                parts.append(part)
            continue
        escaped = pattern[at : at + 1]
        if escaped in ("}", "/"):
            continue
        if escaped not in ("*", "?", "\\"):
            raise ValueError(f"bad escape \\{escaped} in a pattern")
        parts.append((escaped, False))
        at += 1
    return tuple(parts)


def prefix(parts: Tokens, value: str, longest: bool) -> int | None:
    """How long the shortest or longest match at the beginning of ``value`` is; None when there is none."""
    return _end(_Machine(parts), value, longest, 0)


def _end(machine: _Machine, value: str, longest: bool, start: int) -> int | None:
    state, found = machine.begin(), None
    for at in range(start, len(value) + 1):
        if machine.accepts(state):
            found = at
            if not longest:
                break
        if at < len(value):
            state = machine.step(state, value[at])
        if not state:
            break
    return found


def replace(parts: Tokens, value: str, replacement: str, every: bool) -> str:
    """``value`` with the first, leftmost and longest, match replaced, or with every one.

    Raises ValueError when that puts in more than ``MAX_REPLACED`` characters.
    """
    begins = _begins(parts, value)
    machine = _Machine(parts)
    out: list[str] = []
    at, last, size = 0, -1, 0
    for start in range(len(value) + 1):
        if start < at or not begins[start]:
            continue
        end = _end(machine, value, True, start)
        if end is None or start == end == last:
            continue
        size += len(replacement)
        if size > MAX_REPLACED:
            raise ValueError(f"a replacement puts in more than {MAX_REPLACED:,} characters; it was not filled in")
        out += [value[at:start], replacement]
        at = last = end
        if not every:
            break
    out.append(value[at:])
    return "".join(out)


def _begins(parts: Tokens, value: str) -> list[bool]:
    """For each place of ``value``, whether a match begins there: the pattern run backwards from everywhere."""
    machine = _Machine(parts[::-1])
    state = machine.begin()
    begins = [machine.accepts(state)]
    for character in reversed(value):
        state = machine.step(state, character) | machine.begin()
        begins.append(machine.accepts(state))
    return begins[::-1]


class _Machine:
    """A pattern as a state machine; bit ``n`` of a state says that ``n`` parts are behind us."""

    def __init__(self, parts: Tokens) -> None:
        self._end = 1 << len(parts)
        self._stars = self._wild = 0
        self._literal: dict[str, int] = {}
        for index, (character, special) in enumerate(parts):
            bit = 1 << index
            if special and character == "*":
                self._stars |= bit
            elif special:
                self._wild |= bit
            else:
                self._literal[character] = self._literal.get(character, 0) | bit

    def begin(self) -> int:
        """The state before the first character."""
        return self._over_stars(1)

    def step(self, state: int, character: str) -> int:
        """The state after a character. A line feed is matched by itself only."""
        on = state & self._literal.get(character, 0)
        stay = 0
        if character != "\n":
            on |= state & self._wild
            stay = state & self._stars
        return self._over_stars(on << 1 | stay)

    def accepts(self, state: int) -> bool:
        """Whether the whole pattern is behind us."""
        return bool(state & self._end)

    def _over_stars(self, state: int) -> int:
        """A star may stand for nothing. There are never two in a row."""
        return state | (state & self._stars) << 1
