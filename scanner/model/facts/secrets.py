"""Credentials, and the ways they get into an image."""

from __future__ import annotations

from typing import Literal

from scanner.model.facts.base import Fact


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
    place: Literal["env", "arg", "run", "label", "comment", "copy", "command", "file", "other"]
    """The instruction; ``file``: a file of the build context that gets into the image."""
    stage: str


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
