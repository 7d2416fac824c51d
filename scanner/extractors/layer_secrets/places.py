"""What the path of a file in a layer says about credentials in it."""

from __future__ import annotations

import re
from typing import Literal

from scanner.extractors.credential_files import foreign, installed, ours
from scanner.parsers.lazy import Lazy

MAX_SETTINGS = 1 << 18
"""Bytes of the largest file in which names of variables count, too."""

_SETTINGS = frozenset(
    {
        "env", "sh", "bash", "zsh", "fish", "ini", "cfg", "conf", "config", "cnf", "toml", "yaml", "yml", "properties",
        "tfvars", "tfstate", "ipynb", "netrc", "dockerfile", "envrc", "secret", "secrets", "credentials", "key",
        "token", "service", "local", "production", "development", "prod", "dev", "staging", "json", "tf", "ps1", "bat",
        "cmd",
    }
)  # fmt: skip
"""Ends of the names of files that hold settings, scripts and what people typed."""
_NAMES = frozenset(
    {
        "bash_history", "zsh_history", "ash_history", "sh_history", "python_history", "bashrc", "zshrc", "profile",
        "bash_profile", "bash_aliases", "zshenv", "environment", "dockerfile", "makefile", "procfile", "entrypoint",
        "credentials", "config", "netrc", "_netrc", "pypirc", "npmrc", "yarnrc", "git-credentials", "gitconfig",
        "docker-entrypoint", "psql_history", "mysql_history", "rediscli_history", "condarc", "wgetrc", "curlrc",
    }
)  # fmt: skip
"""Whole names, without a dot in front."""
_TABLES = ("etc/cron", "var/spool/cron/")
"""Where commands stand that run at a time, under any name."""
_SHELL = Lazy(rb"\A#![^\n]{0,80}[/ \t](?:ba|da|z|k|a|fi)?sh\b")
_SAMPLE = Lazy(
    r"(?:^|/)(?:tests?|testing|testdata|test[_-]\w{1,40}|fixtures?|examples?|samples?|specs?|__tests__|mocks?|demos?"
    r"|docs?|man|tutorials?)/|(?:^|/)(?:test(?:ing)?_[^/]{1,80}|[^/]{1,80}[_.-]test|conftest)\.\w{1,5}$"
    r"|(?:^|/)(?:README|CHANGELOG|CHANGES|NEWS|HISTORY|HOWTO|METADATA$|PKG-INFO$)[^/]{0,40}$|example|sample|\.(?:md|rst|adoc|pod|[1-8])$",
    re.IGNORECASE,
)
_BROUGHT = Lazy(r"(?:^|/)(?:node_modules|site-packages|vendor|third_party|google-cloud-sdk)/")


_PROGRAMS = (".py", ".h", ".js", ".ts", ".hpp", ".pyi", ".html", ".rst", ".md", ".c", ".cpp", ".pl", ".pm", ".txt")
"""Ends of the names of most text files, so that these are told at once."""


def is_plain(path: str) -> bool:
    """Whether it is surely no file of settings, and none that a detector is for."""
    return path.endswith(_PROGRAMS)


def holds_settings(path: str, data: bytes = b"") -> bool:
    """Whether it is a file of settings, a script or a history that people put there, by its path and first line."""
    return may_hold_settings(path, data) and not foreign(path) and ours(path)


def may_hold_settings(path: str, data: bytes = b"") -> bool:
    """The same of any file, wherever it comes from; cheaper."""
    base = path[path.rfind("/") + 1 :].lower()
    name = base[1:] if base[:1] == "." else base
    likely = name in _NAMES or name[name.rfind(".") + 1 :] in _SETTINGS or name[:4] == "env."
    return likely or path.startswith(_TABLES) or (data[:2] == b"#!" and _SHELL.match(data) is not None)


def whose(path: str) -> Literal["own", "package"]:
    """Who put it there: the maker of the image, or a package."""
    return "package" if foreign(path) or installed(path) or _BROUGHT.search(path) is not None else "own"


def is_sample(path: str) -> bool:
    """Whether it is documentation, an example or a test."""
    return _SAMPLE.search(path) is not None
