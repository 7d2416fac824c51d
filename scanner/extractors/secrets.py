"""Credentials in the text, in files that are copied, and in what the build does with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from scanner.extractors import logins, secret_mounts
from scanner.extractors.credential_files import HEAD, TOLD, credential_type, in_layer, shows, taken_along
from scanner.extractors.interface import Told
from scanner.extractors.place import stage
from scanner.model.facts import CredentialFile, LayerFile, Login, Secret, SecretMount
from scanner.model.instruction import Copy, Run
from scanner.model.location import Evidence
from scanner.model.secret import SecretHit
from scanner.model.target import File, Item, Step

Place = Literal["env", "arg", "run", "label", "comment", "copy", "command", "file", "other"]
_PLACES: dict[str, Place] = {
    "ENV": "env", "ARG": "arg", "RUN": "run", "LABEL": "label", "COPY": "copy", "ADD": "copy", "CMD": "command",
    "ENTRYPOINT": "command", "HEALTHCHECK": "command", "#": "comment",
}  # fmt: skip


MAX_MOUNTS = 100
"""Secret mounts of one RUN that are looked at."""


class Secrets:
    """Credentials written out in a Dockerfile, and in the scripts that it copies and starts."""

    of = (Step, File)
    told = Told()

    def wants(self, item: Item) -> bool:
        """Steps and files in which the source found some."""
        return isinstance(item, self.of) and bool(item.secrets)

    def extract(self, item: Item) -> Iterator[Secret]:
        """A fact for each."""
        assert isinstance(item, Step | File)
        for hit in item.secrets:
            ships = item.stage.ships if isinstance(item, Step) else item.ships
            where = stage(item) if isinstance(item, Step) else ""
            carried = (item.copied_by,) if isinstance(item, File) and item.copied_by is not None else ()
            yield Secret(
                evidence=(Evidence(hit.at, hit.quote, f"revoke it at {hit.hint}" if hit.hint else ""), *carried),
                ships=ships,
                provider=hit.provider,
                ai=hit.ai,
                name=hit.name,
                place=_place(item, hit),
                stage=where,
                detector=hit.detector,
                title=hit.title,
                form=hit.form,
                made=hit.made,
                fingerprint=hit.fingerprint,
            )


class NamedCredentialFiles:
    """Credential files that a COPY or ADD names."""

    of = (Step,)

    def wants(self, item: Item) -> bool:
        """COPY and ADD, from the build context or the home folders of another stage."""
        return isinstance(item, Step) and isinstance(item.instruction, Copy)

    def extract(self, item: Item) -> Iterator[CredentialFile]:
        """A fact for each source with such a name."""
        assert isinstance(item, Step)
        assert isinstance(item.instruction, Copy)
        elsewhere = item.instruction.flag("from") is not None
        for source in item.instruction.sources:
            if elsewhere and not source.text.startswith(("/root/", "/home/")):
                continue
            kind = credential_type(source.text) if source.known and "://" not in source.text else ""
            if kind:
                yield CredentialFile(
                    evidence=(item.instruction.evidence(source),),
                    ships=item.stage.ships,
                    path=source.text,
                    type=kind,
                    by_name=True,
                    stage=stage(item),
                )


class CarriedCredentialFiles:
    """Credential files that get into the image with a folder."""

    of = (File,)
    told = Told()

    def wants(self, item: Item) -> bool:
        """Files of the build context that a COPY takes, by name."""
        if not isinstance(item, File) or item.copied_by is None:
            return False
        named = bool(credential_type(item.at.path)) or item.at.path.endswith(".npmrc")
        return named and taken_along(_from_dockerfile(item.at.path, item.copied_by))

    def extract(self, item: Item) -> Iterator[CredentialFile]:
        """The fact, unless the COPY names the file itself."""
        assert isinstance(item, File)
        assert item.copied_by is not None
        if credential_type(item.copied_by.quote):
            return
        kind = credential_type(item.at.path)
        if not kind and "_auth" in item.text().value:
            kind = "npm"
        if kind:
            yield CredentialFile(
                evidence=(item.copied_by, Evidence(item.at, note="gets into the image")),
                ships=item.ships,
                path=item.at.path,
                type=kind,
                by_name=False,
                stage="",
            )


class HeldCredentialFiles:
    """Credential files in layers, those that a later layer removes included."""

    of = (File,)
    told = TOLD

    def wants(self, item: Item) -> bool:
        """By name, where people put files of their own."""
        if not isinstance(item, File) or item.at.layer is None or item.link is not None or not item.size:
            return False
        return in_layer(item.at.path)

    def extract(self, item: Item) -> Iterator[LayerFile]:
        """The fact, when a credential is in it."""
        assert isinstance(item, File)
        kind = credential_type(item.at.path) or "npm"
        if shows(kind, item.part(0, HEAD)):
            yield LayerFile(
                evidence=(Evidence(item.at),),
                ships=item.ships,
                role="credential",
                path=item.at.path,
                type=kind,
                folder="",
                size=item.size,
            )


class Logins:
    """Login commands of the build."""

    of = (Step,)

    def wants(self, item: Item) -> bool:
        """RUN steps."""
        return isinstance(item, Step) and bool(item.commands)

    def extract(self, item: Item) -> Iterator[Login]:
        """A fact for each login."""
        assert isinstance(item, Step)
        found = [
            (index, service) for index, command in enumerate(item.commands) if (service := logins.service(command))
        ]
        if not found:
            return
        for (index, service), credential in zip(found, _credentials(item, [index for index, _ in found]), strict=True):
            yield Login(
                evidence=(item.commands[index].evidence(),),
                ships=item.stage.ships,
                service=service,
                stage=stage(item),
                credential=credential,
            )


class SecretMounts:
    """Secret mounts of RUN."""

    of = (Step,)

    def wants(self, item: Item) -> bool:
        """RUN steps with a mount."""
        return isinstance(item, Step) and isinstance(item.instruction, Run) and bool(item.instruction.mounts)

    def extract(self, item: Item) -> Iterator[SecretMount]:
        """A fact for each secret mount. Raises ValueError last when there are too many."""
        assert isinstance(item, Step)
        assert isinstance(item.instruction, Run)
        mounts = item.instruction.mounts
        secrets = [mount for mount in mounts if mount.type == "secret"]
        for mount in secrets[:MAX_MOUNTS]:
            how = secret_mounts.stored_by(mount, mounts, item.commands)
            yield SecretMount(
                evidence=(item.instruction.evidence(mount),),
                ships=item.stage.ships,
                id=secret_mounts.name(mount),
                stage=stage(item),
                persisted=bool(how),
                how=how,
            )
        if len(secrets) > MAX_MOUNTS:
            raise ValueError(f"{len(secrets):,} secret mounts in one RUN; the first {MAX_MOUNTS} are looked at")


def _place(item: Step | File, hit: SecretHit) -> Place:
    """Where it stands: the instruction, or for what no instruction holds the first word of its line."""
    if isinstance(item, Step):
        comment = hit.at.span is not None and _comment(item, hit)
        return "comment" if comment else _PLACES.get(item.keyword, "other")
    if hit.at.span is None:
        return "other"
    lines = item.text().value.split("\n")
    words = lines[hit.at.span.first_line - 1].split(None, 1) if hit.at.span.first_line <= len(lines) else []
    word = words[0].upper() if words else ""
    if word.startswith("#"):
        return "comment"
    return _PLACES.get(word, "other") if item.copied_by is None else "file"


def _comment(step: Step, hit: SecretHit) -> bool:
    """Whether it stands in a comment between the lines of an instruction, which the instruction's text leaves out."""
    assert hit.at.span is not None
    lines = {line for line, _ in step.instruction.text.places}
    lines |= {line for heredoc in step.instruction.heredocs for line, _ in heredoc.text.places}
    return hit.at.span.first_line not in lines


def _credentials(
    step: Step, logins_at: list[int]
) -> Iterator[Literal["literal", "argument", "secret-mount", "unknown"]]:
    """Where each login takes the credential from: its own words, those it reads from a pipe, those inside ``$(…)``."""
    mounts = step.instruction.mounts if isinstance(step.instruction, Run) else ()
    secrets = [secret_mounts.Secret(mount, step.commands) for mount in mounts if mount.type == "secret"]
    words: dict[tuple[str, int], list[str]] = {}
    for command in step.commands:
        if command.words:
            text = command.source.value[command.words[0].start : command.words[-1].end]
            words.setdefault(("pipeline", command.pipeline), []).append(text)
            if command.parent is not None:
                words.setdefault(("parent", command.parent), []).append(text)
    for index in logins_at:
        command = step.commands[index]
        written = "\n".join((*words["pipeline", command.pipeline], *words.get(("parent", index), ())))
        span = command.source.span(command.words[0].start, command.words[-1].end)
        if any(secret.used_in(written) for secret in secrets):
            yield "secret-mount"
        elif any(
            hit.at.span is not None and hit.at.span.touches(span) and hit.quote in written for hit in step.secrets
        ):
            yield "literal"
        elif "$" in written:
            yield "argument"
        else:
            yield "secret-mount" if secrets else "unknown"


def _from_dockerfile(path: str, copied_by: Evidence) -> str:
    """A file's path without the folders above its Dockerfile, which say nothing about the image."""
    folder = copied_by.at.path.rpartition("/")[0]
    return path.removeprefix(f"{folder}/") if folder else path


EXTRACTORS = (
    Secrets(),
    NamedCredentialFiles(),
    CarriedCredentialFiles(),
    HeldCredentialFiles(),
    Logins(),
    SecretMounts(),
)
