"""The texts of a layer that an image may start or be set up by: scripts, programs, settings.

What the image starts is said by its config, which a layer's facts do not depend on (docs/decisions/011); so these are
chosen by path, size and mode, kept, and found by their path when the config is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.extractors.credential_files import installed
from scanner.extractors.interface import Extractor, Told, packaged
from scanner.extractors.services import places
from scanner.model.facts.layers import StartFile
from scanner.model.location import Evidence
from scanner.model.target import SNIFFED, File, Item
from scanner.parsers.lazy import Lazy

MAX_SIZE = 256 << 10
"""Bytes of the largest text that is kept. Of a larger one that has a telling name it is kept that it is there."""
MAX_LINK = 4096
"""Characters of what a symbolic link points at; Linux takes no longer ones."""
LINK_DEPTH = 2
"""Slashes in the path of a symbolic link that may be to a folder."""

_SCRIPTS = ("sh", "bash")
_SETTINGS = ("yaml", "yml", "toml", "properties", "conf", "cfg", "ini")
"""JSON is left out, since every model brings its own."""
_STARTS = ("entrypoint", "start", "run", "launch", "serve", "init", "boot", "up")
"""What scripts without a suffix are called."""
_TAILS = frozenset(
    name[-3:] for name in (*(f".{end}" for end in (*_SCRIPTS, *_SETTINGS, "py")), *(f"/{start}" for start in _STARTS))
)
"""The last letters of all that is wanted without being executable or one of ``places``."""
_ENTRY = Lazy(rf"(?:^|[_-])(?:{'|'.join(_STARTS)})(?:[_-]|$)")
_PROGRAMS = frozenset(
    "agent agents api app application asgi assistant backend bot chat chatbot cli conf config copilot daemon "
    "dashboard demo endpoint entrypoint eval evaluate fastapi finetune flask frontend gateway gradio grpc gui "
    "handler home index infer inference launch launcher llm main manage mcp model notebook openai pipeline "
    "predict predictor proxy rag router rpc run runner serve server service serving settings start streamlit "
    "train tts tune ui vllm vlm web websocket webui worker wsgi".split()
)
"""Words in the names of Python programs that a container starts or is set up by."""
_CONFIG = Lazy(r"(?:^|[_.-])(?:config|conf|settings)[_.-]|^supervisor.*\.(?:conf|ini)$", re.IGNORECASE)
"""Names that options for settings are given."""
_LOCAL = "usr/local/bin/"
_BINARIES = (_LOCAL, "usr/bin/", "usr/sbin/")
_FOREIGN = ("usr/lib", "var/lib/", "opt/conda/lib/", "opt/conda/pkgs/")
_SHELL = Lazy(r"#!.{0,100}\b(?:ba|da|a|z|k)?sh\b")


class StartFiles:
    """Scripts, Python programs and settings outside of packages, and the links that may lead to them."""

    of = (File,)

    @property
    def told(self) -> Told:
        """By the last letters, a name, and the mode."""
        return Told(_TAILS | places.names(), modes=0o111, apart=True)

    def wants(self, item: Item) -> bool:
        """By the place, which is all that most files are asked, then by name or mode."""
        if not isinstance(item, File):
            return False
        path = item.at.path
        if packaged(path) or path.startswith(_FOREIGN) or item.at.layer is None:
            return False
        name = path[path.rfind("/") + 1 :]
        return (_tells(item, path, name) or name in places.names()) and "/node_modules/" not in path

    def begins(self, path: str, size: int, head: bytes) -> bool:
        """By what tells a text, and a script."""
        return _is_text(path, head)

    def extract(self, item: Item) -> Iterator[StartFile]:
        """One fact; none for what is no text, or no script after all. Raises ValueError when it cannot be read."""
        assert isinstance(item, File)
        path, link = item.at.path, item.link
        text: str | None = None
        if link is not None:
            if len(link) > MAX_LINK:
                return
        else:
            head = item.part(0, min(item.size, SNIFFED))
            if not _is_text(path, head):
                return
            if item.size <= MAX_SIZE:
                if b"\0" in item.read():
                    return
                text = item.text().value
        yield StartFile(
            evidence=(Evidence(item.at),),
            ships=item.ships,
            path=path,
            text=text,
            link=link,
            size=item.size,
            mode=item.mode,
        )


def _is_program(name: str) -> bool:
    """Whether a Python program is called like one that a container starts or is set up by."""
    stem = name[:-3].rstrip("0123456789").lower()
    if stem.isalpha():
        return stem in _PROGRAMS  # as most are
    return not _PROGRAMS.isdisjoint(stem.replace("-", "_").replace(".", "_").split("_"))


def _tells(item: File, path: str, name: str) -> bool:
    """By its name, or, when that has no suffix, by mode and place as well."""
    if item.link is not None and "/" not in path:
        return True  # /bin, say, or /entrypoint
    dot = name.rfind(".")
    if dot < 0:
        return (item.mode & 0o111 != 0 or path[-3:] in _TAILS) and _may_start(item, path, name)
    end = name[dot + 1 :]
    if end in _SCRIPTS:
        return path.startswith(_BINARIES) or not installed(path)
    told = _is_program(name) if end == "py" else end in _SETTINGS and _CONFIG.search(name) is not None
    return told and not installed(path)


def _may_start(item: File, path: str, name: str) -> bool:
    """Of what has no suffix, and is executable or called like a script."""
    script = _ENTRY.search(name) is not None and _may_be_script(item)
    if script and path.startswith(_BINARIES):
        return True
    if installed(path):
        return False
    if script or path[:4] == "etc/":
        return script
    if item.link is not None:
        return path.count("/") <= LINK_DEPTH
    folder = path[: -len(name)]
    return item.mode & 0o111 != 0 and _may_be_script(item) and (folder == _LOCAL or not folder.endswith("bin/"))


def _may_be_script(item: File) -> bool:
    """A larger file without a suffix is a program; how large a hard link is is not known yet."""
    return item.size <= MAX_SIZE or item.hard_link


def _is_text(path: str, head: bytes) -> bool:
    """Whether a file that begins so is one that can be followed: without a suffix, one that a shell runs."""
    name = path[path.rfind("/") + 1 :]
    if b"\0" in head or "." in name or name in places.names():
        return b"\0" not in head
    text = head.decode("utf-8", "replace")
    return (_SHELL.match(text) if text.startswith("#!") else _ENTRY.search(name)) is not None


EXTRACTORS: tuple[Extractor, ...] = (StartFiles(),)
