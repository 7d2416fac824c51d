"""Servers known only by a script's name and the place it lies in: ``python main.py`` in ComfyUI's folder."""

from __future__ import annotations

from scanner.extractors.services.calls import Program
from scanner.extractors.services.products import Product, by_name
from scanner.model.command import Command
from scanner.model.instruction import Run
from scanner.model.target import Config

_SCRIPTS: dict[str, tuple[tuple[str, str], ...]] = {
    "main.py": (("comfyui", "comfyui"), (" 8188 ", "comfyui")),
    "launch.py": (
        ("fooocus", "fooocus"),
        ("stable-diffusion-webui", "stable-diffusion-webui"),
        ("stable_diffusion_webui", "stable-diffusion-webui"),
        ("automatic1111", "stable-diffusion-webui"),
        ("forge", "stable-diffusion-webui"),
        ("sdnext", "stable-diffusion-webui"),
    ),
    "server.py": (("text-generation-webui", "text-generation-webui"), ("oobabooga", "text-generation-webui")),
}
_SCRIPTS["webui.py"] = _SCRIPTS["launch.py"]
"""By script name: a word that its folder, its image, its port or the repository cloned has in it, and the product."""


def product_of(program: Program, command: Command, config: Config) -> Product | None:
    """The product that a script belongs to, by where it lies, else by what the build cloned."""
    known = _SCRIPTS.get(program.name)
    if known is None:
        return None
    near = [program.path, config.workdir or "", config.base or ""]
    near += [
        word.text
        for other in config.commands
        if other.program in {"cd", "pushd"} and other.source is command.source
        for word in other.arguments
    ]
    near += [word.text for word in (*program.arguments, *config.ports)]
    return _named(" ".join([*near, ""]), known) or _named(_cloned(config), known)


def _named(text: str, known: tuple[tuple[str, str], ...]) -> Product | None:
    lower = text.lower()
    return next((by_name()[product] for word, product in known if word in lower), None)


def _cloned(config: Config) -> str:
    return " ".join(
        word.text
        for step in config.steps
        if isinstance(step.instruction, Run)
        for command in step.commands
        if command.program == "git"
        for word in command.arguments
    )
