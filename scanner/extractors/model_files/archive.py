"""Which kind of model an archive is, by what is in it."""

from __future__ import annotations

from collections.abc import Callable

from scanner.extractors.model_files.wanted import PLAIN
from scanner.parsers import tar
from scanner.parsers.lazy import Lazy
from scanner.parsers.models.header import Header

Reader = Callable[[tar.Source, int], Header]

_STORAGE = Lazy(r"(?:^|/)(?:data|constants|tensors)/\w{1,40}$")
_MARKS: tuple[tuple[str, str], ...] = (
    ("sys_info", "torch-tar"),
    ("MAR-INF/MANIFEST.json", "torchserve"),
    ("serialized_exported_program.json", "torch-export"),
    ("archive_format", "torch-export"),
    ("constants.pkl", "torchscript"),
    ("data.pkl", "torch"),
    ("model_config.yaml", "nemo"),
    ("model.weights.h5", "keras"),
    ("model.weights.npz", "keras"),
    ("schema.json", "skops"),
)
"""Members that tell, the surest first."""

TOLD = "told"
_UNTOLD = PLAIN - {"so", "zip", "gz", "bz2", "xz"}


class Kind:
    """What has been met of an archive."""

    def __init__(self) -> None:
        self._marks: set[str] = set()
        self._formats: dict[str, int] = {}
        self._told = False
        self.members = 0
        self.programs: list[tuple[str, str]] = []
        """Members that are programs, and their formats."""

    def met(self, name: str, found: str) -> None:
        """A member, and what it is: a format, ``told`` for what says something about the model, "" for neither."""
        self.members += 1
        base = name[name.rfind("/") + 1 :]
        self._marks.update(mark for mark, _ in _MARKS if base == mark or name.endswith(mark))
        if found == TOLD:
            self._told = True
        elif found:
            self._formats[found] = self._formats.get(found, 0) + 1

    def format(self) -> str:
        """``torch``, ``keras``, …; that of its members where they are all alike, ``archive`` for a mixture; "" for no
        model.
        """
        if not self._formats and not self._told:
            return ""
        for mark, format in _MARKS:
            if mark in self._marks and (format != "torch-tar" or "pickle" in self._formats):
                return format
        if self._told:
            return "keras"
        if len(self._formats) > 1:
            return "archive"
        (format,) = self._formats
        return "npz" if format == "npy" else format


def is_storage(name: str) -> bool:
    """Whether a member of a torch archive holds bare numbers, which may look like anything."""
    return _STORAGE.search(name) is not None


def is_plain(name: str) -> bool:
    """Whether a member of a zip has the name of code, text or a picture: no loader takes a model from there."""
    return name[name.rfind(".") + 1 :] in _UNTOLD


def reader(name: str) -> Reader | None:
    """What reads a member that says something about the model in an archive."""
    from scanner.parsers.models import keras, packages

    if name.endswith("MAR-INF/MANIFEST.json"):
        return packages.read_torchserve
    readers: dict[str, Reader] = {
        "config.json": keras.read,
        "metadata.json": keras.read_metadata,
        "model_config.yaml": packages.read_nemo,
        "schema.json": packages.read_skops,
    }
    return readers.get(name[name.rfind("/") + 1 :])
