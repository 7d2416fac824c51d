"""VEX documents: which findings about known vulnerabilities do not count, since their authors say so.

A statement is about a finding when it names one of the ids of its advisory, and the package or the image.
``not_affected`` with a reason and ``fixed`` take the finding away; of several about one, the latest counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scanner.engine.given import contents
from scanner.engine.products import Image, is_package
from scanner.errors import UsageError
from scanner.model.facts import KnownVulnerability
from scanner.model.finding import Finding, Notice, Suppression
from scanner.model.location import Location, Text
from scanner.model.record import Record
from scanner.model.target import Target
from scanner.parsers import vex
from scanner.parsers.vex import Product, Statement

MAX_BYTES = 64 << 20
SHOWN = 3
"""Names that a notice lists."""
_HINT = "OpenVEX, CSAF and CycloneDX are read, as JSON"


class Said(Record, kw_only=False):
    """A statement and where it stands."""

    statement: Statement
    at: Location


def read(path: str) -> tuple[Said, ...]:
    """The statements of a VEX document. Raises UsageError."""
    data = contents(path, "the VEX document", MAX_BYTES, _HINT)
    try:
        value = data.decode("utf-8-sig")
        statements = vex.read(value)
    except ValueError as error:
        raise UsageError(f"{path}: {error}", hint=_HINT) from None
    text = Text.of_file(path, value)
    return tuple(Said(each, text.location(each.start, each.start + 1)) for each in statements)


class Verdicts:
    """What statements say about the findings of one target."""

    def __init__(self, said: Iterable[Said], target: Target) -> None:
        self._said = sorted(said, key=lambda each: _moment(each.statement.time))
        self._by_id: dict[str, list[int]] = {}
        for number, each in enumerate(self._said):
            for name in dict.fromkeys(each.statement.ids):
                self._by_id.setdefault(name, []).append(number)
        self._target = Image(target)
        self._elsewhere: dict[str, list[Said]] = {}
        self._mute: list[Said] = []

    def suppression(self, finding: Finding) -> Suppression | None:
        """Why a finding does not count; None when it does."""
        fact = finding.fact
        if not self._said or not isinstance(fact, KnownVulnerability):
            return None
        ids = (fact.advisory, *fact.aliases)
        about = [self._said[at] for at in sorted({at for name in ids for at in self._by_id.get(name, ())})]
        ours = [each for each in about if any(self._covers(one, fact) for one in each.statement.products)]
        if not ours:
            for each in about:
                self._elsewhere.setdefault(each.at.path, []).append(each)
            return None
        statement, at = ours[-1].statement, ours[-1].at
        if statement.status not in {"not_affected", "fixed"}:
            return None
        if statement.status == "not_affected" and not statement.reason:
            self._mute.append(ours[-1])
            return None
        words = f"{statement.status.replace('_', ' ')}: {statement.reason}".removesuffix(": ")
        return Suppression(by="vex", reason=words, at=at)

    def _covers(self, product: Product, fact: KnownVulnerability) -> bool:
        """Whether a product is the package of a fact, or the target, of which all or that package is meant."""
        if product.parts:
            return self._target.has_any(product.names) and any(is_package(part, fact) for part in product.parts)
        return is_package(product.names, fact) or self._target.has_any(product.names)

    def notices(self) -> Iterator[Notice]:
        """What the user should know about statements that do not count."""
        for each in dict.fromkeys(self._mute):
            text = "does not count: it says that nothing is affected, but not why; add a justification"
            yield Notice(at=each.at, text=f"what it says of {each.statement.ids[0]} {text}")
        for said in self._elsewhere.values():
            ids = ", ".join(list(dict.fromkeys(each.statement.ids[0] for each in said))[:SHOWN])
            products = (name for each in said for one in each.statement.products for name in sorted(one.names))
            named = ", ".join(list(dict.fromkeys(products))[:SHOWN]) or "none"
            text = f"what it says of {ids} does not count here: its products are others ({named})"
            yield Notice(at=said[0].at, text=text)


def _moment(text: str) -> float:
    """Seconds since the epoch; 0 where no time is said."""
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
