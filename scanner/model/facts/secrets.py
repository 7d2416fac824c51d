"""Credentials, and the ways they get into an image."""

from __future__ import annotations

from typing import Literal

from scanner.model.facts.base import Fact

Form = Literal["token", "password", "private-key", "encrypted-key", "named", "url"]


class Secret(Fact):
    """A credential written out in the text; its value is masked everywhere."""

    kind = "secret"
    identity = ("provider", "name", "place", "stage")
    provider: str
    """Who issued it: ``hugging-face``, ``openai``, ``aws``, …; "" when only the name beside it tells."""
    ai: bool
    """The provider is an AI service."""
    name: str
    """The variable or option it is given to, else ""."""
    place: Literal["env", "arg", "run", "label", "comment", "copy", "command", "file", "layer", "other"]
    """The instruction; ``file``: a file of the build context that gets into the image; ``layer``: one of a layer."""
    stage: str
    detector: str = ""
    """What told it, by the ids in docs/detectors.md; ``named`` or ``url`` where only the words around it do."""
    title: str = ""
    """What it is, in words."""
    form: Form = "token"
    """An ``encrypted-key`` opens nothing without its password; ``named`` and ``url`` are told by the words around."""
    made: bool = True
    """A machine made it; else a person may have chosen it."""
    whose: Literal["", "own", "package"] = ""
    """Who made the file, for those that were searched: the maker of the image, or a package; "" for all others."""
    sample: bool = False
    """It stands in documentation, an example or a test, by the path."""
    base: bool = False
    """Only layers that are known to be the base image's have it."""
    fingerprint: str = ""
    """A keyed hash by which reports can be compared; "" for what a person chose, unless the key is one's own."""
    layer: int = -1
    """The lowest layer that has it, counted from 0."""
    places: int = 1
    """In how many files that were searched it stands."""


class HeldSecret(Fact):
    """A credential in one file, of a layer or of a COPY; the same one in several places makes one ``secret``."""

    kind = "held-secret"
    identity = ("detector", "name", "path")
    path: str
    """Of a member of an archive: ``app/ours.whl!ours/settings.py``."""
    detector: str
    title: str
    provider: str
    ai: bool
    name: str
    form: Form
    made: bool
    whose: Literal["own", "package"]
    sample: bool
    fingerprint: str


class CredentialFile(Fact):
    """A file that holds credentials by convention and gets into the image."""

    kind = "credential-file"
    identity = ("path",)
    path: str
    type: str
    """``.env``, ``ssh key``, ``kaggle.json``, ``aws``, ``docker config``, …"""
    by_name: bool
    """A COPY names it, rather than taking it along with a folder."""
    stage: str


class Login(Fact):
    """A login command during the build, which stores or shows a credential."""

    kind = "login"
    identity = ("service", "stage")
    service: str
    """``hugging-face``, ``wandb``, ``docker``, ``ngc``, ``kaggle``, ``git``, …"""
    stage: str
    credential: Literal["literal", "argument", "secret-mount", "unknown"]
    """Where the credential comes from: written out, a build argument or ENV, a secret mount."""


class SecretMount(Fact):
    """A ``RUN --mount=type=secret``, and whether its content leaves the mount."""

    kind = "secret-mount"
    identity = ("id", "stage")
    id: str
    stage: str
    persisted: bool | None
    """A command of the RUN writes the secret into the layer: a redirection, a copy, or a login that stores it."""
    how: str
    """The program that stores it, else ""."""
