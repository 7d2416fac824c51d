"""The facts of one file while it is looked at."""

from __future__ import annotations

from typing import Any, Literal

from scanner.extractors.model_files.wanted import is_packaged
from scanner.model.facts.base import Fact
from scanner.model.facts.model_files import ModelFile, ModelFlaw, ModelImport, ModelName, ModelTemplate
from scanner.model.location import Evidence
from scanner.model.target import File
from scanner.parsers import secrets
from scanner.parsers.archives.stream import Budget
from scanner.parsers.models import hub
from scanner.parsers.models.recognize import format_of_name

MAX_UNPACKED = 8 << 30
"""Bytes that all that is packed in one file may unpack to."""
MAX_FACTS = 500
"""Imports and names that are told of one file; of those that are dangerous, and of flaws, as many more."""

MAX_PLACE = 1_000
"""Characters of a place inside of archives, of which the end is told, and of what is said of a flaw."""

Group = Literal["unread", "name", "archive", "pickle", "structure", "executable", "digest", "legacy"]


class Draft:
    """Collects what is found; nothing is told of a file that turns out to be no model."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.promised = format_of_name(file.at.path)
        """The formats that go with its name."""
        self.format = self.container = ""
        self.said: dict[str, Any] = {}
        """Fields of ``ModelFile``; what was said first counts."""
        self.budget = Budget(MAX_UNPACKED)
        self.is_model = False
        self.bundled = file.at.layer is not None and is_packaged(file.at.path)
        self._found: dict[object, Fact] = {}
        self._more = False

    @property
    def path(self) -> str:
        """Where the file is."""
        return self.file.at.path

    def say(self, **fields: Any) -> None:
        """Note fields of ``ModelFile``; empty ones say nothing."""
        for field, value in fields.items():
            if value not in ("", (), None):
                self.said.setdefault(field, value)

    def flaw(self, group: Group, flaw: str, detail: str, member: str = "", offset: int = 0) -> None:
        """Note what is wrong."""
        detail = detail[:MAX_PLACE]
        self._add(
            ModelFlaw(
                evidence=self._evidence(note=detail),
                ships=self.file.ships,
                path=self.path,
                format=self.format,
                member=member[-MAX_PLACE:],
                group=group,
                flaw=flaw,
                detail=detail,
                offset=offset,
                bundled=self.bundled,
            ),
            (group, flaw, member),
        )

    def imports(self, name: str, tier: Any, call: str, member: str, offset: int) -> None:
        """Note an import of a pickle."""
        call = secrets.mask(call, secrets.find(call))
        self._add(
            ModelImport(
                evidence=self._evidence(call, f"at byte {offset:,}" + (f" of {member[-MAX_PLACE:]}" if member else "")),
                ships=self.file.ships,
                path=self.path,
                format=self.format,
                member=member[-MAX_PLACE:],
                name=name,
                tier=tier,
                call=call,
                offset=offset,
                bundled=self.bundled,
            ),
            ("import", member, name),
        )

    def names(
        self, reaches: Any, name: str, member: str, *, where: str, detail: str, tier: Any = "", reach: Any = ""
    ) -> None:
        """Note something that loading reaches by name."""
        self._add(
            ModelName(
                evidence=self._evidence(note=f"in {where}" if where else ""),
                ships=self.file.ships,
                path=self.path,
                format=self.format,
                member=member[-MAX_PLACE:],
                reaches=reaches,
                name=name,
                where=where,
                detail=detail,
                tier=tier,
                reach=reach,
                bundled=self.bundled,
            ),
            ("name", member, reaches, name if reaches != "lambda" else ""),
        )

    def template(self, name: str, reaches: tuple[str, ...], words: str, line: int) -> None:
        """Note what a chat template reaches; ``words`` stand in this line of it."""
        self._add(
            ModelTemplate(
                evidence=self._evidence(words, f"line {line} of the chat template"),
                ships=self.file.ships,
                path=self.path,
                name=name,
                reaches=reaches,
                words=words,
            ),
            ("template", name),
        )

    def drop(self, group: Group, flaw: str, member: str) -> None:
        """Forget a flaw that another one says better."""
        self._found.pop((group, flaw, member), None)

    def facts(self, role: Any = "weights", digest: str = "") -> list[Fact]:
        """What was found; nothing of what is no model."""
        if not self.is_model:
            return []
        if self._more:
            self.flaw("unread", "limit", f"more than {MAX_FACTS} imports, names and flaws; the others are not told")
        place = hub.cached(self.path)
        if place is not None:
            self.say(repository=place.repository, commit=place.commit)
        itself = ModelFile(
            evidence=self._evidence(),
            ships=self.file.ships,
            path=self.path,
            role=role,
            format=self.format,
            container=self.container,
            size=self.file.size,
            digest=digest,
            bundled=self.bundled,
            copied=self.file.copied_by is not None,
            **self.said,
        )
        found = [self._formatted(fact) for fact in self._found.values()]
        return [itself, *found]

    def _formatted(self, fact: Fact) -> Fact:
        """With the format, which may be known only at the end."""
        return fact if isinstance(fact, ModelTemplate) else fact.replace(format=self.format)

    def _add(self, fact: Fact, key: object) -> None:
        light = isinstance(fact, ModelImport | ModelName) and fact.tier != "dangerous"
        if key in self._found or len(self._found) < (MAX_FACTS if light else 2 * MAX_FACTS):
            self._found.setdefault(key, fact)
        else:
            self._more = True

    def _evidence(self, quote: str = "", note: str = "") -> tuple[Evidence, ...]:
        here = Evidence(self.file.at, quote, note)
        return (here,) if self.file.copied_by is None else (here, self.file.copied_by)
