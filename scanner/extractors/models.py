"""Models: where they are taken from, whether their code may run, and how they are loaded."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.extractors import embedded, model_calls
from scanner.extractors.model_commands import HUB_NAME, Named, named
from scanner.extractors.place import moment, stage
from scanner.extractors.variables import variables
from scanner.model.command import Command
from scanner.model.facts import ModelDownload, RemoteCode, UnsafeLoad
from scanner.model.facts.base import Fact
from scanner.model.location import Text, Word
from scanner.model.target import Config, Item, Step
from scanner.parsers.python_code import Call

_REMOTE_VARIABLES = frozenset({"TRUST_REMOTE_CODE", "HF_DATASETS_TRUST_REMOTE_CODE", "VLLM_TRUST_REMOTE_CODE"})
_UNSAFE_VARIABLES = {
    "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "torch",
    "VLLM_ALLOW_INSECURE_SERIALIZATION": "vllm",
}
_UNSAFE_FLAGS = {"--disable-safe-unpickle": "stable-diffusion-webui", "--allow-pickle": "numpy"}
_MODEL_VARIABLES = ("MODEL_ID", "HF_MODEL_ID")


class ModelCommands:
    """Download tools and model servers, and the flags given to them."""

    of = (Step, Config)

    def wants(self, item: Item) -> bool:
        """Steps and configs with commands."""
        return isinstance(item, Step | Config) and bool(item.commands)

    def extract(self, item: Item) -> Iterator[Fact]:
        """The facts."""
        assert isinstance(item, Step | Config)
        for command in item.commands:
            found = list(named(command))
            for each in found:
                yield _named(item, command, each)
            yield from _flags(item, command, found)


class ModelCode:
    """Python that the commands run."""

    of = (Step, Config)

    def wants(self, item: Item) -> bool:
        """Steps and configs with commands."""
        return isinstance(item, Step | Config) and bool(item.commands)

    def extract(self, item: Item) -> Iterator[Fact]:
        """The facts; what cannot be read is reported after them."""
        assert isinstance(item, Step | Config)
        unread: ValueError | None = None
        for text in embedded.sources(item):
            try:
                found = model_calls.read(text)
            except ValueError as error:
                unread = unread or ValueError(f"{text.location()}: {error}")
                continue
            for call in found:
                yield from _called(item, text, call)
        if unread is not None:
            raise unread


class ModelVariables:
    """Variables that switch checks off."""

    of = (Step, Config)

    def wants(self, item: Item) -> bool:
        """ENV, and whatever runs commands."""
        return isinstance(item, Config) or (isinstance(item, Step) and (item.keyword == "ENV" or bool(item.commands)))

    def extract(self, item: Item) -> Iterator[Fact]:
        """The facts."""
        assert isinstance(item, Config | Step)
        for each in variables(item):
            if not each.on:
                continue
            how, ships, where = f"{each.name}={each.value}", item.stage.ships, stage(item)
            if each.name in _REMOTE_VARIABLES:
                yield RemoteCode(
                    evidence=(each.evidence,), ships=ships, how=how, model="", revision_pinned=False, stage=where,
                    moment=each.moment,
                )  # fmt: skip
            if each.name in _UNSAFE_VARIABLES:
                yield UnsafeLoad(
                    evidence=(each.evidence,), ships=ships, how=how, library=_UNSAFE_VARIABLES[each.name], stage=where,
                    moment=each.moment,
                )  # fmt: skip


class ServedModels:
    """The model that a server takes from its environment: ``MODEL_ID`` of text-generation-inference."""

    of = (Config,)

    def wants(self, item: Item) -> bool:
        """Only the config."""
        return isinstance(item, Config) and any(name in item.env for name in _MODEL_VARIABLES)

    def extract(self, item: Item) -> Iterator[ModelDownload]:
        """A fact when the variable names a model of the hub."""
        assert isinstance(item, Config)
        for variable in _MODEL_VARIABLES:
            name = item.env.get(variable)
            if name is None or not HUB_NAME.fullmatch(name) or f"env.{variable}" not in item.says:
                continue
            revision = item.env.get("REVISION", item.env.get("HF_MODEL_REVISION", ""))
            yield ModelDownload(
                evidence=item.evidence(f"env.{variable}"),
                source="huggingface",
                name=name,
                content="model",
                revision=revision,
                revision_pinned=None if revision is None else model_calls.COMMIT.fullmatch(revision) is not None,
                via="server",
                call=variable,
                stage=stage(item),
                moment="start",
                trust_repo=False,
            )


def _named(item: Step | Config, command: Command, each: Named) -> ModelDownload:
    revision = each.revision
    digest = revision is not None and revision.known and revision.text.startswith("sha256:")
    return ModelDownload(
        evidence=(command.evidence(each.name),),
        ships=item.stage.ships,
        source=each.source,
        name=each.name.text if each.name.known else None,
        content=each.content,
        revision="" if revision is None else revision.text if revision.known else None,
        revision_pinned=digest or _pinned(revision),
        via=each.via,
        call=each.call,
        stage=stage(item),
        moment=moment(item),
        trust_repo=False,
    )


def _pinned(revision: Word | None) -> bool | None:
    """Whether it is a full commit; None when it is not known."""
    if revision is None:
        return False
    return model_calls.COMMIT.fullmatch(revision.text) is not None if revision.known else None


def _flags(item: Step | Config, command: Command, found: list[Named]) -> Iterator[Fact]:
    for word in command.words:
        name, _, value = word.text.lower().replace("_", "-").partition("=")
        if name == "--trust-remote-code" and value not in {"false", "0", "no"}:
            revision = next((each.revision for each in found if each.revision is not None), None)
            yield RemoteCode(
                evidence=(command.evidence(word),),
                ships=item.stage.ships,
                how="--trust-remote-code",
                model=found[0].name.text if found else "",
                revision_pinned=_pinned(revision),
                stage=stage(item),
                moment=moment(item),
            )
        elif name in _UNSAFE_FLAGS:
            yield UnsafeLoad(
                evidence=(command.evidence(word),),
                ships=item.stage.ships,
                how=name,
                library=_UNSAFE_FLAGS[name],
                stage=stage(item),
                moment=moment(item),
            )


def _called(item: Step | Config, text: Text, call: Call) -> Iterator[Fact]:
    ships, where, when = item.stage.ships, stage(item), moment(item)
    taken = model_calls.taken(call)
    if taken is not None:
        yield ModelDownload(
            evidence=(text.evidence(call.start, call.end),),
            ships=ships,
            source=taken.source,
            name=taken.name,
            content=taken.content,
            revision=taken.revision,
            revision_pinned=None
            if taken.revision is None
            else model_calls.COMMIT.fullmatch(taken.revision) is not None,
            via="python",
            call=call.name.rpartition(".")[2] if taken.source == "huggingface" else call.name,
            stage=where,
            moment=when,
            trust_repo=taken.trust_repo,
        )
    remote = model_calls.remote(call)
    if remote is not None:
        pinned = None if remote.revision is None else model_calls.COMMIT.fullmatch(remote.revision) is not None
        yield RemoteCode(
            evidence=(text.evidence(remote.start, remote.end),),
            ships=ships,
            how="trust_remote_code=True",
            model=remote.model,
            revision_pinned=pinned,
            stage=where,
            moment=when,
        )
    for one in model_calls.unsafe(call):
        yield UnsafeLoad(
            evidence=(text.evidence(one.start, one.end),),
            ships=ships,
            how=one.how,
            library=one.library,
            stage=where,
            moment=when,
        )


EXTRACTORS = (ModelCommands(), ModelCode(), ModelVariables(), ServedModels())
