"""What a remote address says about the thing behind it: what it is, which hub has it, whether it can change."""

from __future__ import annotations

import re
from typing import Literal

from scanner.extractors.copies import model_format
from scanner.parsers.urls import Url

Content = Literal["model", "archive", "script", "package", "installer", "key", "other"]

_HUBS = {
    "huggingface.co": "huggingface", "hf.co": "huggingface", "hf-mirror.com": "huggingface",
    "modelscope.cn": "modelscope", "modelscope.ai": "modelscope", "github.com": "github",
    "githubusercontent.com": "github", "gitlab.com": "gitlab", "bitbucket.org": "bitbucket", "gitee.com": "gitee",
    "drive.google.com": "google-drive", "docs.google.com": "google-drive", "drive.usercontent.google.com": "google-drive",
    "dropbox.com": "dropbox", "dl.dropboxusercontent.com": "dropbox", "mega.nz": "mega", "1drv.ms": "onedrive",
    "onedrive.live.com": "onedrive", "wetransfer.com": "wetransfer", "mediafire.com": "mediafire",
    "pan.baidu.com": "baidu", "zenodo.org": "zenodo", "kaggle.com": "kaggle", "civitai.com": "civitai",
}  # fmt: skip
"""Hosts, and what is below them, that anybody may upload to."""
_MODEL_HUBS = frozenset({"huggingface", "modelscope", "civitai"})

_SUFFIXES: tuple[tuple[Content, re.Pattern[str]], ...] = (
    ("other", re.compile(r"\.(?:sig|sign|minisig|sigstore|sha\d+(?:sums?)?|md5|sbom)$|^(?:SHA\d*|MD5)SUMS|checksums?", re.I)),
    ("key", re.compile(r"\.(?:asc|gpg|key|pub)$|^(?:gpg|pubkey|RPM-GPG-KEY\S*|GPG-KEY\S*|KEYS?)$|^gpgkey", re.I)),
    ("installer", re.compile(r"(?:conda|miniforge|mambaforge)\S*\.sh$|\.(?:run|exe|msi|appimage|pkg|dmg)$|^rustup-init$", re.I)),
    ("script", re.compile(r"\.(?:sh|bash|py|pl|rb|ps1|js|lua|R)$|^install(?:er)?$|^setup_[\w.]+$", re.I)),
    ("package", re.compile(r"\.(?:whl|deb|rpm|apk|gem|jar|war|conda|nupkg|egg)$", re.I)),
    ("archive", re.compile(r"\.(?:tar|tgz|tbz2?|txz|zip|gz|bz2|xz|zst|lz4|7z|rar)$|^(?:tarball|zipball)$", re.I)),
)  # fmt: skip
_DATA = re.compile(r"\.(?:parquet|csv|tsv|jsonl|ndjson|tfrecords?|arrow|npz|npy|h5ad)(?:\.gz)?$", re.IGNORECASE)
_WORDS = re.compile(r"\.(?:md|txt|license)$|^(?:license|readme)", re.IGNORECASE)
_MUTABLE = re.compile(
    r"(?<![A-Za-z])latest(?![A-Za-z])|/(?:main|master|HEAD|nightly|trunk|develop|dev)(?:/|$)|refs/heads/"
    r"|(?:main|master)\.(?:zip|tar\.gz)$|[-_]nightly",
)


def hub(url: Url) -> str:
    """The public place that has it (``huggingface``, ``github``, ``google-drive``, …), else ""."""
    parts = url.host.split(".")
    return next((_HUBS[name] for n in range(len(parts)) if (name := ".".join(parts[n:])) in _HUBS), "")


def mutable(url: Url, *, known: bool) -> bool | None:
    """Whether its name stands for something that changes: ``latest``, a branch, ``resolve/main``."""
    if _MUTABLE.search(url.path) or "ref=main" in url.query or "ref=master" in url.query:
        return True
    return False if known else None


def content(url: Url, saved_as: str = "") -> Content:
    """What it is, by its name, or by the name it is saved under when its own says nothing."""
    from_models = hub(url) in _MODEL_HUBS and ("/resolve/" in url.path or "/api/" in url.path)
    for name in (url.file, saved_as.rpartition("/")[2]):
        if model_format(name) or _DATA.search(name):
            return "model"
        for kind, pattern in _SUFFIXES:
            if pattern.search(name):
                return "model" if kind == "archive" and from_models else kind
    return "model" if from_models and not _WORDS.search(url.file) else "other"
