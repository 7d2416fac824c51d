"""The ports that EXPOSE names."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.model.facts import ExposedPort, Fact
from scanner.model.instruction import Words
from scanner.model.location import Word
from scanner.model.target import Item, Step

WELL_KNOWN = {
    22: "ssh",
    23: "telnet",
    445: "smb",
    512: "rexec",
    513: "rlogin",
    514: "rsh",
    873: "rsync",
    1433: "mssql",
    1521: "oracle",
    2049: "nfs",
    2222: "ssh",
    2375: "docker",
    2376: "docker",
    2379: "etcd",
    3306: "mysql",
    3389: "rdp",
    5432: "postgres",
    5900: "vnc",
    5901: "vnc",
    5985: "winrm",
    5986: "winrm",
    6379: "redis",
    6443: "kubernetes",
    9042: "cassandra",
    9200: "elasticsearch",
    10250: "kubelet",
    11211: "memcached",
    27017: "mongodb",
}
"""Remote administration and databases by port number.

https://www.iana.org/assignments/service-names-port-numbers; 2222 and 5901 by custom.
"""

LAST_PORT = 65_535


class ExposedPorts:
    """From EXPOSE instructions; what a base image exposes is not seen."""

    of = (Step,)

    def wants(self, item: Item) -> bool:
        """EXPOSE only."""
        return isinstance(item, Step) and item.keyword == "EXPOSE"

    def extract(self, item: Item) -> Iterator[Fact]:
        """A fact for each word."""
        assert isinstance(item, Step)
        if not isinstance(item.instruction, Words):
            return
        for word in item.instruction.words:
            numbers, protocol, mapped = _read(word)
            yield ExposedPort(
                evidence=(item.instruction.evidence(word),),
                ships=item.stage.ships,
                port=numbers[0] if numbers else None,
                protocol=protocol,
                words=word.text,
                valid=_valid(word, numbers, mapped),
                host_mapping=mapped,
                count=len(numbers) if numbers else 1,
                well_known=WELL_KNOWN.get(numbers[0], "") if len(numbers or ()) == 1 and numbers else "",
                stage=item.stage.name or str(item.stage.index),
            )


def opens(word: Word) -> range:
    """The port numbers that an EXPOSE word opens in the container; none when they are not known."""
    return _read(word)[0] or range(0)


def _read(word: Word) -> tuple[range | None, str, bool]:
    """Port numbers, protocol, and whether a host part is given; None for numbers that are not known or none."""
    ports, _, protocol = word.text.partition("/")
    host, colon, own = ports.rpartition(":")
    mapped = bool(colon) and "$" not in host
    first, dash, last = (own if mapped else ports).partition("-")
    numbers = None
    if first.isascii() and first.isdecimal() and len(first) < 9:
        numbers = range(int(first), int(first) + 1)
        if dash:
            usable = last.isascii() and last.isdecimal() and len(last) < 9
            numbers = range(int(first), int(last) + 1) if usable else None
    return numbers, protocol.lower() or "tcp", mapped


def _valid(word: Word, numbers: range | None, mapped: bool) -> bool | None:
    if numbers is None:
        return False if word.known else None
    return not mapped and len(numbers) > 0 and numbers[0] > 0 and numbers[-1] <= LAST_PORT


EXTRACTORS = (ExposedPorts(),)
