"""What a script does with a file that it fetched: check it, run it, unpack it, install it."""

from __future__ import annotations

import re
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


def is_python(program: str) -> bool:
    """Whether it is a Python interpreter: ``python``, ``python3.11``, ``pypy3``."""
    return re.fullmatch(r"(?:python|pypy)[\d.]*", program) is not None


def interpreter(commands: Sequence[Command], index: int) -> str:
    """The interpreter that runs what a command prints: behind a pipe, ``bash <(…)``, ``sh -c "$(…)"``; else ""."""
    command = commands[index]
    for later in commands[index + 1 :]:
        if later.pipeline == command.pipeline and later.parent == command.parent and _reads_code(later):
            return later.program
    if command.parent is None or command.inside not in {"$()", "<()"}:
        return ""
    parent = commands[command.parent]
    if command.inside == "<()":
        runs = parent.program in INTERPRETERS | _SOURCES or is_python(parent.program)
        return parent.program if runs else ""
    if parent.program in {"eval", "source", "."}:
        return parent.program
    with_code = any(word.text[:1] == "-" and word.text[-1:] in "ce" for word in parent.arguments)
    return parent.program if with_code and (parent.program in INTERPRETERS or is_python(parent.program)) else ""


def pipes_into(commands: Sequence[Command], index: int) -> tuple[Command, ...]:
    """The commands that read, through pipes, what a command prints."""
    command = commands[index]
    return tuple(
        later
        for later in commands[index + 1 :]
        if later.pipeline == command.pipeline and later.parent == command.parent and later.joined_by in {"|", "|&"}
    )


def verifies(commands: Sequence[Command], index: int, saved_as: str) -> bool:
    """Whether a command behind this one checks a checksum or signature of the file.

    A check whose list of files cannot be read here (``sha256sum -c SHA256SUMS``) counts. MD5 does not: whoever can
    replace the file can make another with the same sum.
    """
    name = saved_as.rpartition("/")[2]
    return any(_checks(commands, at, name) for at in range(index + 1, len(commands)))


def uses(commands: Sequence[Command], index: int, saved_as: str) -> bool:
    """Whether a command behind this one runs, unpacks or installs the file, or it is saved among the programs."""
    name = saved_as.rpartition("/")[2]
    if _BINARIES.search(saved_as.rpartition("/")[0]):
        return True
    if not name:
        return False
    for later in commands[index + 1 :]:
        words = [word.text for word in later.words]
        if not any(_names(text, name) for text in words):
            continue
        program = later.program
        if program in _UNPACKS or program in INTERPRETERS or program in _SOURCES or is_python(program):
            return True
        if words[0].rpartition("/")[2] == name:
            return True
        if program in {"mv", "cp", "ln"} and _BINARIES.search(words[-1]):
            return True
    return False


def _names(text: str, name: str) -> bool:
    """Whether an argument names the file, perhaps by a wildcard for all of a kind: ``/tmp/*.deb``."""
    last = text.rpartition("/")[2].rpartition("=")[2]
    if last == name or name in text.split("/"):
        return True
    return last.startswith("*.") and name.endswith(last[1:])


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


def _checks(commands: Sequence[Command], at: int, name: str) -> bool:
    command = commands[at]
    program = command.program
    words = [word.text for word in command.arguments]
    if program in _SIGNATURES:
        wanted = _SIGNATURES[program]
        return not wanted or any(word in wanted for word in words)
    if program == "openssl" and words[:1] == ["dgst"] and "-verify" in words:
        return True
    is_sum = _SUMS.fullmatch(program) is not None or (program == "openssl" and words[:1] in (["dgst"], ["sha256"]))
    if not is_sum or "-md5" in words:
        return False
    if any(word in {"--check", "-c", "-C"} or re.fullmatch(r"-[a-z]*c[a-z]*", word) for word in words):
        return _lists(commands, at, name)
    mentioned = not name or any(name in word for word in words)
    compared = any(later.program in _COMPARES for later in pipes_into(commands, at))
    parent = commands[command.parent] if command.parent is not None else None
    return mentioned and (compared or (parent is not None and parent.program in _TESTS) or _stored(commands, at))


def _lists(commands: Sequence[Command], at: int, name: str) -> bool:
    """Whether the list given to ``-c`` has the file; True when the list is not written out here."""
    command = commands[at]
    texts = [command.heredoc.value] if command.heredoc else []
    for before in commands[:at]:
        if before.pipeline == command.pipeline and before.program in {"echo", "printf"}:
            texts += [word.text for word in before.arguments]
    listed = " ".join(texts)
    return not listed or not name or name in listed or "$" in listed or not re.search(r"[0-9a-fA-F]{40}\s+\S", listed)


def _stored(commands: Sequence[Command], at: int) -> bool:
    """Whether the sum is kept in a variable that a later test looks at: ``sum=$(sha256sum f); [ "$sum" = … ]``."""
    return commands[at].inside == "$()" and any(later.program in _TESTS for later in commands[at + 1 :])
