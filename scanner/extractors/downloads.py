"""Files fetched while building or starting, and whether anything checks them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from scanner.extractors import checks, embedded, model_calls, remote
from scanner.extractors.fetches import Fetch, fetches
from scanner.extractors.place import moment, stage
from scanner.model.command import Command
from scanner.model.facts import Download
from scanner.model.instruction import Copy
from scanner.model.location import Evidence, Location, Text, Word
from scanner.model.target import Config, Item, Step
from scanner.parsers import urls


class CommandDownloads:
    """What curl, wget and their like fetch in RUN, CMD and ENTRYPOINT."""

    of = (Step, Config)

    def wants(self, item: Item) -> bool:
        """Steps and configs with commands."""
        return isinstance(item, Step | Config) and bool(item.commands)

    def extract(self, item: Item) -> Iterator[Download]:
        """A fact for each URL; the script of ``sh -c "$(curl …)"`` is met twice."""
        assert isinstance(item, Step | Config)
        facts: dict[Location, Download] = {}
        found = [(index, fetch) for index, command in enumerate(item.commands) for fetch in fetches(command)]
        if found:
            after = checks.Aftermath(item.commands)
            later = [checks.Aftermath(step.commands) for step in item.later()] if isinstance(item, Step) else []
            for index, fetch in found:
                fact = _fetched(item, after, later, index, fetch)
                known = facts.get(fact.evidence[0].at)
                if known is None or not known.piped_to:
                    facts[fact.evidence[0].at] = fact
        yield from facts.values()


class CodeDownloads:
    """What Python code fetches by URL: ``torch.hub.download_url_to_file``, ``urllib.request.urlretrieve``."""

    of = (Step, Config)

    def wants(self, item: Item) -> bool:
        """Steps and configs with commands."""
        return isinstance(item, Step | Config) and bool(item.commands)

    def extract(self, item: Item) -> Iterator[Download]:
        """A fact for each URL that is written out; what cannot be read is reported where models are looked for."""
        assert isinstance(item, Step | Config)
        for text in embedded.readable(item):
            if any(name in text.value for name in model_calls.FETCHES):
                with suppress(ValueError):
                    yield from _called(item, text)


class AddedDownloads:
    """What ADD fetches from a URL."""

    of = (Step,)

    def wants(self, item: Item) -> bool:
        """ADD steps."""
        return isinstance(item, Step) and item.keyword == "ADD"

    def extract(self, item: Item) -> Iterator[Download]:
        """A fact for each URL that is no git repository."""
        assert isinstance(item, Step)
        instruction = item.instruction
        if not isinstance(instruction, Copy):
            return
        checksum = instruction.flag("checksum")
        for source in instruction.sources:
            url = urls.split(source.text)
            if url.scheme in {"http", "https", "ftp"} and not url.path.endswith(".git"):
                verified = (checksum is not None and bool(checksum.value)) if item.flags_known else None
                name = instruction.destination.text
                yield _download(item, "ADD", source, name, verified=verified, evidence=(instruction.evidence(source),))


def _called(item: Step | Config, text: Text) -> Iterator[Download]:
    for call in model_calls.read(text):
        url = call.argument(0, "url")
        if call.name.rpartition(".")[2] in model_calls.FETCHES and url is not None and isinstance(url.value, str):
            prefix = call.argument(2 if call.name.endswith("download_url_to_file") else -1, "hash_prefix")
            verified = call.is_true("check_hash") or (prefix is not None and prefix.value is not None)
            word, evidence = Word(url.value, url.start, url.end), text.evidence(call.start, call.end)
            yield _download(item, call.name, word, "", verified=verified, evidence=(evidence,))


def _fetched(
    item: Step | Config, after: checks.Aftermath, later: list[checks.Aftermath], index: int, fetch: Fetch
) -> Download:
    command = item.commands[index]
    interpreter = after.interpreter(index)
    readers = after.readers(index)
    unpacked = any(reader.program in {"tar", "bsdtar", "cpio", "unzip"} for reader in readers)
    key = any(reader.program in {"gpg", "gpg2", "apt-key"} for reader in readers)
    saved_as = fetch.saved_as or next((_teed(reader) for reader in readers if reader.program == "tee"), "")
    verified = after.verifies(index, saved_as) if not interpreter else False
    executed = bool(interpreter) or unpacked or after.uses(index, saved_as)
    for then in later if saved_as else ():
        if not executed:
            verified, executed = verified or then.verifies(-1, saved_as), then.uses(-1, saved_as)
    evidence = [command.evidence(fetch.url)]
    if interpreter:
        evidence.append(command.evidence(note=f"run by {interpreter}"))
    return _download(
        item,
        fetch.tool,
        fetch.url,
        saved_as,
        verified=verified,
        piped_to=interpreter,
        executed=executed,
        key=key or fetch.tool in {"apt-key", "rpm", "rpmkeys"},
        evidence=tuple(evidence),
    )


def _download(
    item: Step | Config,
    tool: str,
    address: Word,
    saved_as: str,
    *,
    verified: bool | None,
    evidence: tuple[Evidence, ...],
    piped_to: str = "",
    executed: bool = False,
    key: bool = False,
) -> Download:
    url = urls.split(address.text)
    unknown = not url.scheme and address.text[:1] in "$`"
    content = remote.content(url, saved_as)
    if key:
        content = "key"
    elif piped_to and content == "other":
        content = "script"
    elif executed and content == "other" and not unknown:
        content = "installer"
    return Download(
        evidence=evidence,
        ships=item.stage.ships,
        url=None if unknown else address.text,
        host=None if unknown or "$" in url.host else url.host,
        encrypted=None if unknown else (url.encrypted if url.scheme else False),
        tool=tool,
        stage=stage(item),
        moment=moment(item),
        file=url.file or url.host,
        content=content,
        model_format=remote.model(url, saved_as),
        verified=verified,
        piped_to=piped_to,
        executed=executed,
        mutable=None if unknown else remote.mutable(url, known=address.known),
        hub=remote.hub(url),
    )


def _teed(command: Command) -> str:
    return next((word.text for word in command.arguments if not word.text.startswith("-")), "")


EXTRACTORS = (CommandDownloads(), CodeDownloads(), AddedDownloads())
