"""What a script does with a file that it fetched: check it, run it, unpack it, install it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from scanner.model.command import Command
from scanner.parsers.lazy import Lazy

_SUMS = Lazy(r"(?:sha(?:1|224|256|384|512)|b2|b3|sha3-\d+)sum|shasum|gsha\d+sum|sha256|rhash")
_SIGNATURES = {
    "gpg": ("--verify",), "gpg2": ("--verify",), "gpgv": (), "gpgv2": (), "cosign": ("verify-blob", "verify"),
    "minisign": ("-V", "-Vm"), "signify": ("-V",), "slsa-verifier": (), "rpmkeys": ("--checksig", "-K"),
    "rpm": ("-K", "--checksig"), "ssh-keygen": ("verify",), "sigstore": ("verify",), "dpkg-sig": (),
    "gh": ("attestation",),
}  # fmt: skip
"""Programs that check a signature, and the word that makes them do so."""
_COMPARES = frozenset({"grep", "egrep", "diff", "cmp", "comm"})
_TESTS = frozenset({"[", "test", "[["})

INTERPRETERS = frozenset(
    {"sh", "bash", "dash", "ash", "zsh", "ksh", "perl", "ruby", "node", "php", "pwsh", "Rscript", "R"}
)
READERS = 50
"""Commands of one pipeline that are looked at behind a download, or in front of a check."""
_SOURCES = frozenset({"source", ".", "eval", "exec"})
_UNPACKS = frozenset(
    {
        "tar", "bsdtar", "unzip", "gunzip", "bunzip2", "unxz", "xz", "gzip", "zstd", "unzstd", "7z", "7za", "7zr",
        "unrar", "cpio", "dpkg", "dpkg-deb", "rpm", "rpm2cpio", "apt", "apt-get", "apk", "yum", "dnf", "microdnf",
        "zypper", "pip", "pip3", "pipx", "uv", "conda", "mamba", "npm", "gem", "gdebi", "R", "Rscript", "install",
        "python", "python3", "java", "msiexec", "patch", "chmod", "make",
    }
)  # fmt: skip
"""Programs whose argument gets run, unpacked or installed."""
_BINARIES = Lazy(r"(?:^|/)s?bin(?:/|$)|^/etc/(?:init|profile|cron)")
_PYTHON = Lazy(r"(?:python|pypy)[\d.]*")


def is_python(program: str) -> bool:
    """Whether it is a Python interpreter: ``python``, ``python3.11``, ``pypy3``."""
    return _PYTHON.fullmatch(program) is not None


class Aftermath:
    """What the commands of one script do with what some of them fetch. Made once a script, in linear time."""

    def __init__(self, commands: Sequence[Command]) -> None:
        self._commands = commands
        self._pipelines: dict[tuple[int, int | None], list[int]] = {}
        self._used: dict[str, int] = {}
        """By file name: the last command that runs, unpacks or installs it; by ``.deb`` for ``*.deb``."""
        self._checked: dict[str, int] = {}
        """By file name: the last command that checks it; by "" for a check of files that are not named here."""
        for index, command in enumerate(commands):
            self._pipelines.setdefault((command.pipeline, command.parent), []).append(index)
        self._last_test = max((i for i, command in enumerate(commands) if command.program in _TESTS), default=-1)
        self._last_check = -1
        for index, command in enumerate(commands):
            self._note_use(index, command)
            for name in self._check(index, command):
                self._checked[name] = self._last_check = index

    def readers(self, index: int) -> tuple[Command, ...]:
        """The commands that read, through pipes, what a command prints."""
        command = self._commands[index]
        together = self._pipelines[command.pipeline, command.parent]
        after = together[bisect_right(together, index) :][:READERS]
        return tuple(self._commands[i] for i in after if self._commands[i].joined_by in {"|", "|&"})

    def interpreter(self, index: int) -> str:
        """The interpreter that runs what a command prints: behind a pipe, ``bash <(…)``, ``sh -c "$(…)"``; else ""."""
        command = self._commands[index]
        reader = next(filter(_reads_code, self.readers(index)), None)
        if reader is not None:
            return reader.program
        if command.parent is None or command.inside not in {"$()", "<()"}:
            return ""
        parent = self._commands[command.parent]
        if parent.program in _SOURCES and (command.inside == "<()" or parent.program != "exec"):
            return parent.program
        if not (parent.program in INTERPRETERS or is_python(parent.program)):
            return ""
        with_code = any(word.text[:1] == "-" and word.text[-1:] in "ce" for word in parent.arguments)
        return parent.program if with_code or command.inside == "<()" else ""

    def verifies(self, index: int, saved_as: str) -> bool:
        """Whether a command behind this one checks a checksum or signature of the file.

        A check whose list of files cannot be read here (``sha256sum -c SHA256SUMS``) counts. MD5 does not: whoever
        can replace the file can make another with the same sum.
        """
        name = saved_as.rpartition("/")[2]
        last = max(self._checked.get("", -1), self._checked.get(name, -1)) if name else self._last_check
        return last > index

    def uses(self, index: int, saved_as: str) -> bool:
        """Whether a command behind this one runs, unpacks or installs the file, or it is saved among the programs."""
        folder, _, name = saved_as.rpartition("/")
        if _BINARIES.search(folder):
            return True
        kinds = (name[dot:] for dot in (name.rfind("."), name.find(".")) if dot >= 0)
        return bool(name) and any(self._used.get(key, -1) > index for key in (name, *kinds))

    def _note_use(self, index: int, command: Command) -> None:
        program = command.program
        words = [word.text for word in command.words]
        runs = program in _UNPACKS or program in INTERPRETERS or program in _SOURCES or is_python(program)
        if not (runs or (program in {"mv", "cp", "ln"} and _BINARIES.search(words[-1]))):
            words = words[:1]
        for text in words:
            for part in (*text.split("/"), text.rpartition("/")[2].rpartition("=")[2]):
                self._used[part[1:] if part.startswith("*.") else part] = index

    def _check(self, index: int, command: Command) -> Sequence[str]:
        """The names of the files that a command checks, "" for files that are not named here; none when it does not."""
        program = command.program
        words = [word.text for word in command.arguments]
        if program in _SIGNATURES:
            wanted = _SIGNATURES[program]
            return ("",) if not wanted or any(word in wanted for word in words) else ()
        if program == "openssl" and words[:1] == ["dgst"] and "-verify" in words:
            return ("",)
        is_sum = _SUMS.fullmatch(program) is not None or (program == "openssl" and words[:1] in (["dgst"], ["sha256"]))
        if not is_sum or "-md5" in words:
            return ()
        if any(word in {"--check", "-C"} or re.fullmatch(r"-[a-z]*c[a-z]*", word) for word in words):
            return self._listed(index, command)
        compared = any(reader.program in _COMPARES for reader in self.readers(index))
        tested = command.parent is not None and self._commands[command.parent].program in _TESTS
        kept = command.inside == "$()" and self._last_test > index
        return [word.rpartition("/")[2] for word in words] if compared or tested or kept else ()

    def _listed(self, index: int, command: Command) -> Sequence[str]:
        """The files of the list given to ``-c``, as far as it is written out here."""
        texts = [command.heredoc.value] if command.heredoc else []
        together = self._pipelines[command.pipeline, command.parent]
        for before in together[max(0, bisect_right(together, index) - READERS) :]:
            if before < index and self._commands[before].program in {"echo", "printf"}:
                texts += [word.text for word in self._commands[before].arguments]
        listed = " ".join(texts)
        if "$" in listed or not re.search(r"[0-9a-fA-F]{40}\s+\S", listed):
            return ("",)
        return [word.lstrip("*").rpartition("/")[2] for word in listed.split()]


def _reads_code(command: Command) -> bool:
    """Whether an interpreter runs what comes from standard input, rather than reading it as data."""
    if not (command.program in INTERPRETERS or is_python(command.program) or command.program in {"source", "."}):
        return False
    for word in command.arguments:
        text = word.text
        if text in {"-", "/dev/stdin"} or (text.startswith("-s") and command.program != "perl"):
            return True
        if not text.startswith("-"):
            return False
        if text.startswith("--"):
            continue
        if text[-1] in "cemn" or (command.program == "perl" and "e" in text):
            return False
    return True
