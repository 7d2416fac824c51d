"""How the credentials of one provider look: rules/secrets/detectors/ holds a file for each."""

from __future__ import annotations

from typing import Literal

from scanner.model.record import Record

Kind = Literal["token", "password", "private-key", "encrypted-key"]


class Detector(Record):
    """One kind of credential, and how it is told from other text."""

    id: str
    title: str
    provider: str
    """Who issues it; "" for what belongs to nobody in particular."""
    kind: Kind
    """A ``password`` is what people choose, so that anything written out counts; the others are made by machines."""
    name: str
    """What takes it, for a command or file that has a place of its own for it; else ""."""
    pattern: str
    """The value stands in the group ``v``, or is the whole match. Every repeat has an upper bound."""
    keywords: tuple[str, ...]
    """Literals of which one begins each match (or stands in it, see ``inside``); empty for whole ``files``."""
    inside: int
    """How many characters may stand in front of the keyword in a match; 0: the keyword begins it."""
    needs: str
    """A literal that stands somewhere in the text as well, or ""."""
    files: tuple[str, ...]
    """The ends of the paths of files in which alone it counts; empty for everywhere."""
    entropy: float
    """The least that a real one has, in bits a character."""
    check: str
    """The name of a further test in ``parsers/secrets/checks.py``, or ""."""


class Provider(Record):
    """Who issues credentials."""

    id: str
    title: str
    ai: bool
    """It is an AI service: what it issues opens models, data and spending."""
    revoke: str
    """The page on which a credential is taken back, or ""."""
    how: str
    """What to do instead where there is no such page, or ""."""
    names: tuple[str, ...]
    """Words in the name of a variable that say whose credential it holds: ``hf`` in ``HF_TOKEN``."""
