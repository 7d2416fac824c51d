"""What a remote address says about the thing behind it: what it is, which hub has it, whether it can change."""

from __future__ import annotations

import re
from typing import Literal, cast

from scanner.extractors.copies import model_format
from scanner.parsers.lazy import Lazy
from scanner.parsers.urls import Url

Content = Literal["model", "archive", "script", "package", "installer", "key", "other"]

_HUBS = {
    "huggingface.co": "huggingface", "hf.co": "huggingface", "hf-mirror.com": "huggingface",
    "modelscope.cn": "modelscope", "modelscope.ai": "modelscope", "github.com": "github",
    "githubusercontent.com": "github", "gitlab.com": "gitlab", "bitbucket.org": "bitbucket", "gitee.com": "gitee",
    "drive.google.com": "google-drive", "docs.google.com": "google-drive",
    "drive.usercontent.google.com": "google-drive", "dropbox.com": "dropbox",
    "dl.dropboxusercontent.com": "dropbox", "mega.nz": "mega", "1drv.ms": "onedrive",
    "onedrive.live.com": "onedrive", "wetransfer.com": "wetransfer", "mediafire.com": "mediafire",
    "pan.baidu.com": "baidu", "zenodo.org": "zenodo", "kaggle.com": "kaggle", "civitai.com": "civitai",
}  # fmt: skip
"""Hosts, and what is below them, that anybody may upload to."""
MAX_NAME = 255
"""Characters of a file's name: more than file systems take are not looked at."""
_MODEL_HUBS = frozenset({"huggingface", "modelscope", "civitai"})
_REPOSITORIES = frozenset({"huggingface", "modelscope", "github", "gitlab", "bitbucket", "gitee"})

_SUFFIXES: dict[str, Content] = {
    "sig": "other", "minisig": "other", "sigstore": "other", "md5": "other", "sha1": "other", "sha256": "other",
    "sha512": "other", "sha256sum": "other", "sha512sum": "other", "asc": "key", "gpg": "key", "key": "key",
    "pub": "key", "run": "installer", "exe": "installer", "msi": "installer", "appimage": "installer",
    "pkg": "installer", "sh": "script", "bash": "script", "py": "script", "pl": "script", "rb": "script",
    "ps1": "script", "js": "script", "lua": "script", "r": "script", "whl": "package", "deb": "package",
    "rpm": "package", "apk": "package", "gem": "package", "jar": "package", "war": "package", "conda": "package",
    "nupkg": "package", "tar": "archive", "tgz": "archive", "tbz": "archive", "tbz2": "archive", "txz": "archive",
    "zip": "archive", "gz": "archive", "bz2": "archive", "xz": "archive", "zst": "archive", "lz4": "archive",
    "7z": "archive", "rar": "archive", "parquet": "model", "csv": "model", "tsv": "model", "jsonl": "model",
    "ndjson": "model", "tfrecord": "model", "tfrecords": "model", "arrow": "model", "h5ad": "model",
}  # fmt: skip
_NAMES = Lazy(
    r"(?P<other>(?:sha\d*|md5)sums|.*checksums?)|(?P<installer>.*(?:conda|miniforge|mambaforge).*\.sh$|rustup-init$)"
    r"|(?P<key>(?:gpg|pubkey|keys?)$|rpm-gpg-key|gpg-?key)|(?P<script>install(?:er)?$|setup_[\w.]+$)"
    r"|(?P<archive>(?:tarball|zipball)$)|(?P<model>.*\.(?:csv|tsv|jsonl|ndjson)\.gz$)",
    re.IGNORECASE,
)
_WORDS = Lazy(r"\.(?:md|txt|license)$|^(?:license|readme)", re.IGNORECASE)
_LATEST = Lazy(r"(?<![A-Za-z])latest(?![A-Za-z])|refs/heads/|(?:/|[-_.])nightly(?:/|[-_.]|$)")
_BRANCH = r"(?:main|master|HEAD|trunk|develop|dev)"
_ON_BRANCH = Lazy(rf"/(?:resolve|raw|blob|archive|tree|tarball|zipball)/{_BRANCH}(?:[/.]|$)")
_OF_REPOSITORY = Lazy(rf"/{_BRANCH}/")


def hub(url: Url) -> str:
    """The public place that has it (``huggingface``, ``github``, ``google-drive``, …), else ""."""
    parts = url.host.rsplit(".", 4)
    return next((_HUBS[name] for n in range(len(parts)) if (name := ".".join(parts[n:])) in _HUBS), "")


def mutable(url: Url, *, known: bool) -> bool | None:
    """Whether its name stands for something that changes: ``latest``, a branch, ``resolve/main``."""
    path = url.path
    if _LATEST.search(path) or _ON_BRANCH.search(path) or url.query.endswith(("ref=main", "ref=master")):
        return True
    if hub(url) in _REPOSITORIES and _OF_REPOSITORY.search(path):
        return True
    return False if known else None


def model(url: Url, saved_as: str = "") -> str:
    """The format of the model that it is, by its name or the one it is saved under; "" for other files."""
    return next((found for name in _names(url, saved_as) if (found := model_format(name))), "")


def content(url: Url, saved_as: str = "") -> Content:
    """What it is, by its name, or by the name it is saved under when its own says nothing."""
    from_models = hub(url) in _MODEL_HUBS and ("/resolve/" in url.path or "/api/" in url.path)
    for name in _names(url, saved_as):
        if model_format(name):
            return "model"
        match = _NAMES.match(name)
        suffix = name.rpartition(".")[2].lower() if "." in name else ""
        kind = match.lastgroup if match is not None else _SUFFIXES.get(suffix)
        if kind:
            return "model" if kind == "archive" and from_models else cast("Content", kind)
    return "model" if from_models and not _WORDS.search(url.file) else "other"


def _names(url: Url, saved_as: str) -> tuple[str, str]:
    return url.file[-MAX_NAME:], saved_as.rpartition("/")[2][-MAX_NAME:]
