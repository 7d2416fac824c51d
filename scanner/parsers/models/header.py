"""What the head of a model file says, whatever its format, and what is wrong with it."""

from __future__ import annotations

from typing import Any, Literal

from scanner.model.record import Record
from scanner.parsers.models.limits import MAX_FLAWS, MAX_NAMED, MAX_WORDS

FlawKind = Literal[
    "truncated",
    "malformed",
    "limit",
    "unknown-version",
    "duplicate-key",
    "wrong-type",
    "too-large",
    "overlap",
    "hole",
    "wrong-span",
    "misaligned",
    "out-of-file",
    "trailing-data",
    "unprintable",
    "cycle",
    "entity",
    "unread",
]
"""What can be wrong with a file.

truncated: it ends before what it promises; malformed: it breaks its format; limit: one of ours was hit, the rest is not
read; unknown-version: none that is known; duplicate-key: said twice, so that readers differ; wrong-type: a value of
another type than its key has; too-large: a count or length that cannot be; overlap, hole: between two tensors;
wrong-span: a tensor's bytes are not those of its shape; misaligned, out-of-file: where a tensor stands; trailing-data:
bytes behind the logical end; unprintable: control characters in a name; cycle: a part that contains itself; entity: XML
that defines entities or takes some from outside; unread: a part that this reader does not know.
"""
NameKind = Literal[
    "class",
    "foreign-class",
    "lambda",
    "operator",
    "saver-operator",
    "custom-operator",
    "domain",
    "call",
    "target",
    "loader",
    "handler",
]
"""What a name in a file makes a loader do.

class: it is made; foreign-class: it is imported from elsewhere than the format's library; lambda: it is code itself;
operator, saver-operator: the runtime runs it, the second only to save or restore; custom-operator, domain: needs code
from outside the runtime; call: TorchScript calls it; target, loader, handler: a program imports it.
"""
ExternalKind = Literal["data", "link", "storage", "file", "virtual"]
Reach = Literal["beside", "absolute", "parent", "url"]


class Flaw(Record, kw_only=False):
    """Something wrong with a file; ``offset`` is that of its bytes, or of the characters of a text."""

    kind: FlawKind
    detail: str
    """Short, printable."""
    offset: int


class Name(Record, kw_only=False):
    """Something that loading the file reaches by name; each is told once, where it stands first."""

    kind: NameKind
    name: str
    """``module.Class``, ``WriteFile``, ``com.example``, …; "" for code without a name."""
    where: str
    """The node, layer or key that names it."""
    detail: str = ""
    """The registered name of a class, the version of a domain, the constant path of an operator."""
    count: int = 1


class External(Record, kw_only=False):
    """A file that this one takes data from."""

    kind: ExternalKind
    path: str
    where: str
    """The tensor, data set or link."""
    reach: Reach


class Template(Record, kw_only=False):
    """A chat template; ``name`` is "" for the default one."""

    name: str
    text: str
    offset: int


class Header(Record):
    """What a model file says of itself; "", empty or None where it says nothing."""

    format: str
    """As in ``recognize.FORMATS``, or what the module that read it says."""
    name: str = ""
    architecture: str = ""
    parameters: int | None = None
    """Numbers in all tensors."""
    tensors: int | None = None
    dtypes: tuple[str, ...] = ()
    """As the format names them, the most bytes first."""
    quantization: str = ""
    context_length: int | None = None
    licence: str = ""
    licence_link: str = ""
    base_models: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    producer: str = ""
    """The program that wrote it, or the library it is for."""
    author: str = ""
    version: str = ""
    """Of the model, else of the format."""
    repository: str = ""
    commit: str = ""
    task: str = ""
    languages: tuple[str, ...] = ()
    size_label: str = ""
    names: tuple[Name, ...] = ()
    externals: tuple[External, ...] = ()
    templates: tuple[Template, ...] = ()
    files: tuple[str, ...] = ()
    """Files that belong to it: shards beside it, weights and requirements of an archive, a tokenizer inside of GGUF."""
    end: int | None = None
    """Where the format says that the file ends, in bytes; what is behind belongs to nothing."""
    pickle_at: int | None = None
    """Where a pickle begins that loading it reads."""
    flaws: tuple[Flaw, ...] = ()


class Broken(ValueError):
    """A file that cannot be read on; becomes a flaw of what is read so far."""

    def __init__(self, kind: FlawKind, detail: str, offset: int) -> None:
        super().__init__(detail)
        self.flaw = Flaw(kind, shown(detail), offset)


class Draft:
    """A header in the making."""

    def __init__(self, format: str) -> None:
        self.format = format
        self.flaws: list[Flaw] = []
        self.templates: list[Template] = []
        self._said: dict[str, Any] = {}
        self._names: dict[tuple[NameKind, str, str], Name] = {}
        self._externals: dict[tuple[str, str], External] = {}
        self._bytes: dict[str, int] = {}
        self._kinds: dict[str, int] = {}
        self._tensors = self._parameters = 0

    def say(self, **fields: Any) -> None:
        """Note fields of ``Header``; what is said first counts, and what says nothing is left out."""
        for field, value in fields.items():
            said = value
            if isinstance(value, str):
                said = shown(value)
            elif isinstance(value, list | tuple):
                words = (shown(word) for word in value[:MAX_NAMED] if isinstance(word, str) and word)
                said = tuple(dict.fromkeys(words))
            if said not in ("", (), None):
                self._said.setdefault(field, said)

    def said(self, field: str) -> bool:
        """Whether a field of ``Header`` is already known."""
        return field in self._said

    def flaw(self, kind: FlawKind, detail: str, offset: int) -> None:
        """Note what is wrong."""
        if len(self.flaws) < MAX_FLAWS or all(flaw.kind != kind for flaw in self.flaws):
            self.flaws.append(Flaw(kind, shown(detail), offset))

    def name(self, kind: NameKind, name: str, where: str, detail: str = "", *, offset: int = 0, count: int = 1) -> None:
        """Note a name that loading reaches."""
        name, where, detail = shown(name), shown(where), shown(detail)
        seen = self._names.get((kind, name, detail))
        if seen is None and not self._room(kind, offset):
            return
        self._names[kind, name, detail] = (
            seen.replace(count=seen.count + count) if seen else Name(kind, name, where, detail, count)
        )

    def external(self, kind: ExternalKind, path: str, where: str, offset: int = 0) -> None:
        """Note a file that data come from."""
        if (kind, path) not in self._externals and self._room(kind, offset):
            self._externals[kind, path] = External(kind, shown(path), shown(where), reach(path))

    def tensor(self, dtype: str, numbers: int, size: int) -> None:
        """Count a tensor: how many numbers, in how many bytes."""
        self._tensors += 1
        self._parameters += numbers
        if dtype in self._bytes or len(self._bytes) < MAX_NAMED:
            self._bytes[dtype] = self._bytes.get(dtype, 0) + size

    def _room(self, kind: str, offset: int) -> bool:
        """Whether one more of a kind may be noted; the first that may not is a flaw."""
        self._kinds[kind] = self._kinds.get(kind, 0) + 1
        if self._kinds[kind] == MAX_NAMED + 1:
            self.flaw("limit", f"more than {MAX_NAMED} of {kind}", offset)
        return self._kinds[kind] <= MAX_NAMED

    def finish(self) -> Header:
        """The header, of what was noted."""
        if self._tensors:
            counted = sorted(self._bytes, key=lambda dtype: -self._bytes[dtype])
            self.say(tensors=self._tensors, parameters=self._parameters, dtypes=counted)
        return Header(
            format=self.format,
            names=tuple(self._names.values()),
            externals=tuple(self._externals.values()),
            templates=tuple(self.templates),
            flaws=tuple(self.flaws),
            **self._said,
        )


def shown(words: str) -> str:
    """Words without what a terminal would act on, and not too many of them."""
    words = words[:MAX_WORDS] + "…" if len(words) > MAX_WORDS else words
    return (
        words if words.isprintable() else "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in words)
    )


def reach(path: str) -> Reach:
    """Where a path leads, seen from the folder of the file that names it."""
    plain = path.replace("\\", "/")
    if "://" in plain[:40] or plain.lower().startswith(("file:", "data:")):
        return "url"
    if plain.startswith(("/", "~")) or plain[1:3] == ":/":
        return "absolute"
    depth = 0
    for part in plain.split("/"):
        depth += -1 if part == ".." else part not in ("", ".")
        if depth < 0:
            return "parent"
    return "beside"
