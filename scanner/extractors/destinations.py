"""Where AI libraries take models from and send traces to, as variables tell them (rules/tables/destinations.tsv)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Literal, cast

from scanner import knowledge
from scanner.extractors.place import stage
from scanner.extractors.variables import Variable, variables
from scanner.model.facts import Destination
from scanner.model.record import Record
from scanner.model.target import Config, Item, Step
from scanner.parsers import urls
from scanner.parsers.lazy import Lazy

_HUB = frozenset({"huggingface.co", "hf.co"})
_PRIVATE = Lazy(
    r"(?:10|127)\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|\[f[cde]|[^.]*$"
    r"|.*\.(?:local|localdomain|internal|intranet|lan|svc|corp|home|test)$",
    re.IGNORECASE,
)
"""Hosts of private networks, by address or by name; a name without a dot is one of a cluster or of compose."""


class _Row(Record, kw_only=False):
    purpose: Literal["model-hub", "traces"]
    value: str
    elsewhere: tuple[str, ...]
    default: str


class Destinations:
    """What the variables of the image, of its build and of its start commands say."""

    of = (Step, Config)

    def wants(self, item: Item) -> bool:
        """ENV, and whatever runs commands."""
        return isinstance(item, Config) or (isinstance(item, Step) and (item.keyword == "ENV" or bool(item.commands)))

    def extract(self, item: Item) -> Iterator[Destination]:
        """A fact for each variable of the table that has an effect: traces are for the image as it runs."""
        assert isinstance(item, Config | Step)
        own = list(variables(item))
        given = {**item.env, **{each.name: each.value for each in own}}
        for each in (*own, *_kept(item)) if isinstance(item, Config) else own:
            row = _rows().get(each.name)
            if row is not None and (row.purpose == "model-hub" or isinstance(item, Config)):
                address = _address(row, each, given)
                if address is not None:
                    yield _destination(item, each, address)


def _kept(config: Config) -> Iterator[Variable]:
    """The variables about traces that the finished image has."""
    for name, row in _rows().items():
        if row.purpose == "traces" and f"env.{name}" in config.says:
            yield Variable(name, config.env.get(name), config.says[f"env.{name}"][0], "environment")


def _address(row: _Row, variable: Variable, env: dict[str, str | None]) -> str | None:
    """The address that counts, "" when it is not known; None when the variable switches nothing on."""
    if row.value == "*":
        return "" if variable.value is None else variable.value or None
    if variable.value is not None and not (variable.on if row.value == "on" else variable.value.lower() == row.value):
        return None
    elsewhere = next((env[name] for name in row.elsewhere if name in env), row.default)
    return (elsewhere or "") if variable.value else ""


def _destination(item: Config | Step, variable: Variable, address: str) -> Destination:
    url = urls.split(address)
    known = bool(address) and "$" not in url.host
    return Destination(
        evidence=(variable.evidence,),
        ships=item.stage.ships,
        purpose=_rows()[variable.name].purpose,
        how=f"{variable.name}={'…' if variable.value is None else variable.value}",
        host=url.host if known else None,
        official=url.host in _HUB if known else None,
        outside=_outside(url) if known else None,
        encrypted=url.encrypted,
        stage=stage(item),
        moment=variable.moment,
    )


def _outside(url: urls.Url) -> bool | None:
    """Whether it is a public host; clear text may mean a name of the cluster: ``http://collector.monitoring``."""
    if url.local or _PRIVATE.match(url.host):
        return False
    return None if url.encrypted is False else True


@cache
def _rows() -> dict[str, _Row]:
    return {
        name: _Row(
            cast("Literal['model-hub', 'traces']", purpose), value, tuple(re.findall(r"\w+", elsewhere)), default
        )
        for name, purpose, value, elsewhere, default in knowledge.rows("destinations")
    }


EXTRACTORS = (Destinations(),)
