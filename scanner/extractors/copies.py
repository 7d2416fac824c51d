"""What COPY and ADD bring into the image."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Literal

from scanner import knowledge
from scanner.extractors.artifacts import data_file
from scanner.extractors.user import is_root
from scanner.model.facts import Copy
from scanner.model.instruction import Copy as CopyInstruction
from scanner.model.location import Word
from scanner.model.target import Item, Step
from scanner.parsers import image_reference
from scanner.parsers.lazy import Lazy

_ARCHIVE = Lazy(r"\.(?:tar|tar\.(?:gz|bz2|xz|zst|lzma)|tgz|tbz2?|txz)$", re.IGNORECASE)
_GIT = Lazy(r"^(?:git@|git://|ssh://)|\.git(?:#|$)")
_DATA_FOLDERS = frozenset({"data", "dataset", "datasets", "training_data", "train_data", "raw_data", "corpus"})
_MODELS = {
    "pt": "pytorch", "pth": "pytorch", "ckpt": "pytorch", "bin": "pytorch", "pkl": "pickle", "pickle": "pickle",
    "joblib": "joblib", "dill": "pickle", "h5": "hdf5", "hdf5": "hdf5", "keras": "keras", "onnx": "onnx",
    "gguf": "gguf",
    "ggml": "ggml", "safetensors": "safetensors", "tflite": "tflite", "pb": "tensorflow", "engine": "tensorrt",
    "plan": "tensorrt", "nemo": "nemo", "mar": "torchserve", "npy": "numpy", "npz": "numpy", "mlmodel": "coreml",
}  # fmt: skip
"""Model formats by file suffix; ``.bin`` only with a name that models have."""
_BIN = Lazy(r"model|weight|checkpoint|pytorch|adapter|ggml|consolidated", re.IGNORECASE)


class Copies:
    """A fact for each source of a COPY or ADD."""

    of = (Step,)

    def wants(self, item: Item) -> bool:
        """COPY and ADD."""
        return isinstance(item, Step) and isinstance(item.instruction, CopyInstruction)

    def extract(self, item: Item) -> Iterator[Copy]:
        """The facts."""
        assert isinstance(item, Step)
        assert isinstance(item.instruction, CopyInstruction)
        for source in item.instruction.sources:
            yield _copy(item, item.instruction, source)


def model_format(name: str) -> str:
    """The model format that a file's name says, or ""."""
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    if suffix == "bin" and not _BIN.search(name):
        return ""
    return _MODELS.get(suffix, "")


def is_model(path: str) -> bool:
    """Whether a file has a name that models have."""
    return bool(model_format(path.rpartition("/")[2]))


def _copy(step: Step, instruction: CopyInstruction, source: Word) -> Copy:
    origin = _origin(step, instruction, source)
    name = posixpath.basename(posixpath.normpath(source.text)) if source.text else ""
    cleaned = posixpath.normpath(source.text.lstrip("/") or ".")
    whole = cleaned in {".", "*"} if source.known else _maybe_whole(cleaned)
    if origin != "context":
        whole = None if origin is None and whole is not False else False
    flag = instruction.flag("from")
    destination = instruction.destination
    mode, owner = instruction.flag("chmod"), instruction.flag("chown")
    archive = instruction.keyword == "ADD" and origin == "context" and bool(_ARCHIVE.search(name))
    return Copy(
        evidence=(instruction.evidence(source),),
        ships=step.stage.ships,
        keyword="ADD" if instruction.keyword == "ADD" else "COPY",
        source=source.text if source.known else None,
        destination=destination.text if destination.known else None,
        stage=step.stage.name or str(step.stage.index),
        origin=origin,
        from_stage=flag.value or "" if flag else "",
        from_known=_from_known(step, flag.value or "") if flag else True,
        from_self=bool(flag and flag.value and flag.value.lower() == step.stage.name.lower()),
        whole_context=whole,
        ignore_file=step.ignore_file,
        archive=archive,
        needs_add=None if origin is None else instruction.keyword == "ADD" and (archive or origin in {"url", "git"}),
        owner=owner.value if owner else "",
        mode=mode.value if mode else "",
        world_writable=is_world_writable(mode.value or "") if mode else False,
        relative_destination=_relative(step, destination),
        many_without_slash=_many(instruction),
        model_format=model_format(name) if origin in {"context", "url", None} else "",
        data_file=origin in {"context", None} and (data_file(name) or name.lower() in _DATA_FOLDERS),
        notebook=name.lower().endswith(".ipynb"),
        vcs=origin == "context" and (cleaned == ".git" or (whole is True and _takes_git(step, destination))),
        ignored=(None if step.ignore_file is None else source in step.kept_out) if origin == "context" else False,
        user_is_root=is_root(step.user),
        from_scratch=step.from_scratch,
        first=source is instruction.sources[0],
    )


def _maybe_whole(path: str) -> bool | None:
    """A path with variables can mean the whole context only when nothing but variables is in it.

    So can one that a builder wrote down as a checksum, unless that is one file's.
    """
    if path.startswith(("dir:", "multi:")):
        return None
    return None if re.fullmatch(r"(?:\$\{[^}]*\}|\$\w+|[./*])*", path) else False


def is_world_writable(mode: str) -> bool | None:
    """Whether a chmod mode (``0777``, ``a+w``, ``go=rwx``) lets everyone write; None when it is not known."""
    if "$" in mode:
        return None
    if mode.isdecimal():
        return bool(int(mode[-1]) & 2)
    return any(
        (re.match(r"(?:[ugo]*[oa][ugoa]*|)[+=][rxXst]*w", clause) is not None and not clause.startswith(("u", "g")))
        or re.match(r"[ug]*[oa][ugoa]*[+=][rxXst]*w", clause) is not None
        for clause in mode.split(",")
    )


def _origin(
    step: Step, instruction: CopyInstruction, source: Word
) -> Literal["context", "stage", "image", "url", "git", "heredoc"] | None:
    flag = instruction.flag("from")
    if flag is not None:
        return "image" if step.images else "stage"
    if source.text.startswith("<<"):
        return "heredoc"
    if instruction.keyword == "ADD":
        if _GIT.search(source.text):
            return "git"
        if re.match(r"https?://|ftp://", source.text, re.IGNORECASE):
            return "url"
    told = step.flags_known or (source.known and instruction.keyword == "ADD")
    return "context" if told else None


def _from_known(step: Step, name: str) -> bool | None:
    if not step.images:
        return True
    if "$" in name:
        return None
    if any(char in name for char in "/:@."):
        return True
    try:
        image = image_reference.parse(name)
    except ValueError:
        return False
    return knowledge.base_image(image.familiar, image.tag or "") is not None


def _relative(step: Step, destination: Word) -> bool | None:
    if destination.text.startswith(("/", "\\")) or destination.text[1:3] in {":/", ":\\"}:
        return False
    if not destination.known:
        return None
    return step.workdir is None


def _many(instruction: CopyInstruction) -> bool:
    end = instruction.destination
    return (
        len(instruction.sources) > 1
        and end.known
        and not end.text.endswith(("/", "\\"))
        and end.text not in {".", ".."}
    )


def _takes_git(step: Step, destination: Word) -> bool:
    return destination.known and step.find(posixpath.join(destination.text, ".git/HEAD")) is not None


EXTRACTORS = (Copies(),)
