"""conda: package specifications, environment files, explicit lists and conda-lock's lock file.

Formats by conda's manual ("Package match specifications", "Managing environments") and conda-lock's. Environment files
are YAML; the simple shape that people and tools write is read line by line, anything else is reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.model.location import Text
from scanner.parsers.lazy import Lazy
from scanner.parsers.manifests import specifier
from scanner.parsers.manifests.entries import MAX_ENTRIES, TOO_MANY, Declared, Entry, Include, Index, Manifest, Spec

_SPEC = Lazy(r"(?as)(?:([\w./${}-]+)::?)?([A-Za-z0-9_][\w.-]*)\s*(?:\[([^\]]*)\])?\s*(.*)")
_EXPLICIT = Lazy(r"/([^/#]+)-([^-/#]+)-([^-/#]+)\.(?:conda|tar\.bz2)(?:#(\w+:?\w*))?$")
_EXACT = Lazy(r"(?a)(?:(==)|(=))?\s*v?([\w.!+]+?)(?:=([\w.*+]+))?")
_BUILD = Lazy(r"(?a)([\w.+]+)\s+([\w.*]+)")
_ODD = Lazy(r"(?a)[^\w.*+!<>=~|,()'\"^$\s{}:-]")
_ITEM = Lazy(r"([ \t]*)-[ \t]+(.*)")
_KEY = Lazy(r"([ \t]*)([A-Za-z_][\w-]*)[ \t]*:[ \t]*(.*)")


def spec(text: str) -> Spec:
    """What a conda specification says: ``pytorch=2.1``, ``conda-forge::numpy>=1.2``, ``x=1.0=build_0``.

    ``=1.2`` means any 1.2.x, so that only three numbers or a build make one release of it. Raises ValueError.
    """
    text = text.strip()
    if len(text) > specifier.LIMIT:
        raise ValueError(f"a specification of more than {specifier.LIMIT} characters")
    if "://" in text or re.search(r"\.(?:conda|tar\.bz2)(?:#|$)", text):
        return _file(text)
    match = _SPEC.fullmatch(text)
    if not match:
        raise ValueError(f"not a conda specification: {text!r}")
    name, brackets, rest = match[2].lower(), match[3], match[4].strip()
    if _ODD.search(rest):
        raise ValueError(f"not a conda specification: {text!r}")
    if build := _BUILD.fullmatch(rest):
        rest = f"{build[1]}={build[2]}"
    if brackets:
        version = re.search(r"version\s*=\s*['\"]?([^'\",\]]+)", brackets)
        rest = version[1].strip() if version else rest
    return _versioned(name, rest)


def _versioned(name: str, rest: str) -> Spec:
    if not rest or rest.rstrip("*=") == "" or rest.startswith("=*"):
        return Spec(name=name, specifier=rest, ecosystem="conda")
    if specifier.unknown(rest) and not rest.startswith((">", "<", "!", "~")):
        return Spec(name=name, specifier=rest, version=None, pinned=None, bounded=None, ecosystem="conda")
    exact = _EXACT.fullmatch(rest)
    if exact and "*" not in exact[3]:
        full = bool(exact[1]) or exact[3].count(".") >= 2 or (exact[4] is not None and "*" not in exact[4])
        bare = not exact[1] and not exact[2]
        if full or bare:
            return Spec(name=name, specifier=_tight(rest), version=exact[3], pinned=True, ecosystem="conda")
    return Spec(name=name, specifier=_tight(rest), bounded=not rest.startswith("!="), ecosystem="conda")


def _tight(words: str) -> str:
    return "".join(words.split())


def _file(text: str) -> Spec:
    parts = _EXPLICIT.search(text if "/" in text else "/" + text)
    local = "://" not in text
    return Spec(
        name=parts[1].lower() if parts else "",
        specifier=f"@ {specifier.masked(text)}",
        version=parts[2] if parts else "",
        pinned=True if parts else None if specifier.unknown(text) else local,
        hashed=bool(parts and parts[4]),
        origin="local" if local else "url",
        url=specifier.masked(text),
        ecosystem="conda",
    )


def read(text: Text) -> Manifest:
    """What any of conda's own files asks for: environment.yml, a plain list of specifications, an explicit list."""
    if re.search(r"^@EXPLICIT\b", text.value, re.MULTILINE):
        return _listed(text, "lock")
    if re.search(r"^(?:package|metadata|version)[ \t]*:", text.value, re.MULTILINE) and "manager:" in text.value:
        return lock(text)
    if re.search(r"^(?:dependencies|channels|name)[ \t]*:", text.value, re.MULTILINE):
        return environment(text)
    return _listed(text, "environment")


def _listed(text: Text, declared: Declared) -> Manifest:
    """A specification or a URL a line."""
    entries: list[Entry] = []
    errors: list[tuple[int, int, str]] = []
    for start, _, line in _lines(text.value):
        if line.startswith("@"):
            continue
        if len(entries) >= MAX_ENTRIES:
            errors.append((start, start + 1, TOO_MANY))
            break
        try:
            entries.append(Entry(spec(line), start, start + len(line)))
        except ValueError as error:
            errors.append((start, start + len(line), str(error)))
    return Manifest(declared=declared, entries=tuple(entries), errors=tuple(errors))


def _lines(value: str) -> Iterator[tuple[int, int, str]]:
    """(offset, indentation, words) of each line that says something, comments left out."""
    offset = 0
    for line in value.splitlines(keepends=True):
        words = re.sub(r"(?:^|[ \t])#.*", "", line) if "#" in line else line
        bare = words.strip()
        if bare and bare not in {"---", "..."}:
            indent = line.index(bare)
            yield offset + indent, indent, bare
        offset += len(line)


def environment(text: Text) -> Manifest:
    """What an environment.yml asks for; lines of another shape than the usual one are errors."""
    reader = _Environment()
    for start, indent, line in _lines(text.value):
        if len(reader.entries) >= MAX_ENTRIES:
            reader.errors.append((start, start + 1, TOO_MANY))
            break
        reader.line(start, indent, line)
    return Manifest(
        declared="environment",
        entries=tuple(reader.entries),
        includes=tuple(reader.includes),
        indexes=tuple(reader.indexes),
        errors=tuple(reader.errors),
    )


class _Environment:
    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.includes: list[Include] = []
        self.indexes: list[Index] = []
        self.errors: list[tuple[int, int, str]] = []
        self.section = ""
        self.pip_indent: int | None = None

    def line(self, start: int, indent: int, line: str) -> None:
        """Read one line: a key of the top level, or an item of the list below it."""
        key = _KEY.fullmatch(line)
        if indent == 0 and key:
            self.section, self.pip_indent = key[2], None
            if key[3] and self.section in {"dependencies", "channels"}:
                self.flow(start + key.start(3), key[3])
            return
        if self.section not in {"dependencies", "channels"}:
            return
        item = _ITEM.fullmatch(line)
        if not item:
            self.errors.append((start, start + len(line), "not an item of a list"))
            return
        self.item(start + item.start(2), indent, item[2])

    def item(self, start: int, indent: int, words: str) -> None:
        """One item: a channel, a specification, or the head of pip's own list."""
        if self.pip_indent is not None and indent <= self.pip_indent:
            self.pip_indent = None
        if self.section == "dependencies" and re.fullmatch(r"[\"']?pip[\"']?[ \t]*:", words):
            self.pip_indent = indent
            return
        inner = re.match(r"(?:pip[ \t]*:[ \t]*)(\[.*)", words)
        if inner:
            self.pip_indent = indent
            self.flow(start + inner.start(1), inner[1])
            self.pip_indent = None
            return
        if len(words) > 1 and words[0] == words[-1] and words[0] in "\"'":
            start, words = start + 1, words[1:-1]
        self.add(start, words)

    def flow(self, start: int, words: str) -> None:
        """A list on one line: ``[a, b]``."""
        if not (words.startswith("[") and words.endswith("]")) or "{" in words or "[" in words[1:]:
            self.errors.append((start, start + len(words), "not a list that can be read"))
            return
        for part in re.finditer(r"[^,\[\]]+", words):
            bare = part[0].strip().strip("\"'")
            if bare:
                self.add(start + words.index(bare, part.start()), bare)

    def add(self, start: int, words: str) -> None:
        """Note one channel or requirement."""
        end = start + len(words)
        if self.section == "channels":
            self.indexes.append(Index(words, "channel", start, end))
            return
        try:
            if self.pip_indent is None:
                self.entries.append(Entry(spec(words), start, end))
            elif words.startswith("-"):
                self.pip_option(start, words)
            else:
                self.entries.append(Entry(specifier.read(words), start, end))
        except ValueError as error:
            self.errors.append((start, end, str(error)))

    def pip_option(self, start: int, words: str) -> None:
        """An option among pip's requirements: ``-r file``, ``--extra-index-url URL``, ``-e path``."""
        option, _, value = words.replace("=", " ", 1).partition(" ") if words.startswith("--") else words.partition(" ")
        value = value.strip()
        at = start + (words.rindex(value) if value else 0)
        role = specifier.role_of(option)
        if role:
            self.indexes.append(Index(value, role, at, at + len(value)))
        elif option in {"-r", "--requirement", "-c", "--constraint"}:
            constraint = option in {"-c", "--constraint"}
            self.includes.append(Include(value, constraint=constraint, start=at, end=at + len(value)))
        elif option in {"-e", "--editable"}:
            self.entries.append(Entry(specifier.read(value), at, at + len(value)))


def lock(text: Text) -> Manifest:
    """The packages of a conda-lock.yml, those for Linux."""
    entries: list[Entry] = []
    errors: list[tuple[int, int, str]] = []
    package: dict[str, tuple[str, int]] = {}
    inside = False

    def finish() -> None:
        name, version = package.get("name"), package.get("version")
        platform = package.get("platform", ("linux", 0))[0]
        if name and version and platform.startswith(("linux", "noarch")):
            pip = package.get("manager", ("conda", 0))[0] == "pip"
            hashed = "sha256" in package or "md5" in package
            found = Spec(
                name=specifier.normalize(name[0]) if pip else name[0].lower(),
                specifier=f"=={version[0]}",
                version=version[0],
                pinned=True,
                hashed=hashed,
                ecosystem="pypi" if pip else "conda",
            )
            entries.append(Entry(found, name[1], name[1] + len(name[0])))
        package.clear()

    nested = 0
    for start, indent, line in _lines(text.value):
        item = _ITEM.fullmatch(line)
        if indent == 0 and not item:
            inside = line.startswith("package:")
            continue
        if not inside:
            continue
        if len(entries) >= MAX_ENTRIES:
            errors.append((start, start + 1, TOO_MANY))
            break
        words, at = (item[2], item.start(2)) if item else (line, 0)
        if item and (not package or indent < nested):
            finish()
            nested = indent + at
        key = _KEY.fullmatch(words)
        if key and (indent + at == nested or key[2] in {"sha256", "md5"}):
            value = key[3].strip("\"'")
            quote = len(key[3]) != len(value)
            package.setdefault(key[2], (value, start + at + key.start(3) + quote))
    finish()
    return Manifest(declared="lock", entries=tuple(entries), errors=tuple(errors))
