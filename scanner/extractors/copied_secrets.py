"""Credentials in the files that a COPY or ADD takes out of the build context."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from scanner.model.facts import HeldSecret
from scanner.model.finding import Problem
from scanner.model.location import Evidence
from scanner.model.target import File, Item, Part


class CopiedSecrets:
    """Those in files that ship and that nothing else had read; found as in layers."""

    of = (File,)

    def wants(self, item: Item) -> bool:
        """Files that have something to search."""
        return isinstance(item, File) and item.parts is not None

    def extract(self, item: Item) -> Iterator[HeldSecret]:
        """A fact for each. Raises ValueError last when there are too many."""
        from scanner.extractors.layer_secrets import HeldSecrets

        assert isinstance(item, File)
        assert item.parts is not None
        searcher, found = HeldSecrets(), False
        for part in item.parts():
            for said in searcher.search(part, None):
                if isinstance(said, Problem):
                    raise ValueError(said.reason)
                assert isinstance(said, HeldSecret)
                if not found and not part.member:
                    with suppress(ValueError):  # keeps the lines, for comments in them and for reports; not all is text
                        item.text()
                found = True
                yield _placed(said, part, item)


def _placed(fact: HeldSecret, part: Part, file: File) -> HeldSecret:
    """The fact where its file is, with the COPY that takes it along."""
    path = f"{file.at.path}!{part.member}" if part.member else file.at.path
    found = fact.evidence[0]
    carried = () if file.copied_by is None else (file.copied_by,)
    return fact.replace(path=path, evidence=(Evidence(found.at.replace(path=path), found.quote, found.note), *carried))


EXTRACTORS = (CopiedSecrets(),)
