"""Files that hold credentials by convention."""

from __future__ import annotations

import re

from scanner.extractors.interface import Told, packaged
from scanner.parsers.lazy import Lazy

MAX_PATH = 4096
"""Characters of a path; Linux takes no longer ones."""
_NAMES = {
    ".netrc": "netrc", "_netrc": "netrc", ".pypirc": "pypi", ".git-credentials": "git", "kaggle.json": "kaggle",
    ".dockercfg": "docker config", ".dockerconfigjson": "docker config", ".pgpass": "postgres", ".my.cnf": "mysql",
    ".htpasswd": "htpasswd", ".vault-token": "vault", ".boto": "boto", ".s3cfg": "s3cmd", "rclone.conf": "rclone",
    "id_rsa": "ssh key", "id_dsa": "ssh key", "id_ecdsa": "ssh key", "id_ed25519": "ssh key", ".ssh": "ssh key",
    "kubeconfig": "kubernetes", ".aws": "aws", ".kube": "kubernetes", ".terraformrc": "terraform",
    "application_default_credentials.json": "google cloud", "credentials.json": "credentials",
    "secrets.toml": "secrets", "secrets.json": "secrets", "secrets.yaml": "secrets", "secrets.yml": "secrets",
    "secrets.env": ".env", "hf_token": "hugging-face", "hf_token.txt": "hugging-face", ".hf_token": "hugging-face",
    ".huggingface": "hugging-face", "clearml.conf": "clearml", ".comet.config": "comet", ".databrickscfg": "databricks",
    "msal_token_cache.json": "azure", "accessTokens.json": "azure", "credentials.tfrc.json": "terraform",
}  # fmt: skip
_PATHS = (
    (Lazy(r"(?:^|/)\.aws/(?:credentials|config)$", re.IGNORECASE), "aws"),
    (Lazy(r"(?:^|/)\.docker/config\.json$|(?:^|/)\.docker$", re.IGNORECASE), "docker config"),
    (Lazy(r"(?:^|/)\.ssh/(?!known_hosts|config$|authorized_keys|.*\.pub$)[^/]+$", re.IGNORECASE), "ssh key"),
    (Lazy(r"(?:^|/)\.?huggingface/(?:token|stored_tokens)$", re.IGNORECASE), "hugging-face"),
    (Lazy(r"(?:^|/)\.kube/config$", re.IGNORECASE), "kubernetes"),
    (Lazy(r"(?:^|/)\.mlflow/credentials$"), "mlflow"),
    (Lazy(r"(?:^|/)\.kaggle/access_token$"), "kaggle"),
    (Lazy(r"(?:^|/)\.modelscope/credentials(?:/|$)"), "modelscope"),
    (Lazy(r"(?:^|/)\.(?:mc|aliyun)/config\.json$"), "cloud"),
    (Lazy(r"(?:^|/)\.(?:config/)?composer/auth\.json$"), "registry"),
    (Lazy(r"(?:^|/)\.m2/settings\.xml$"), "maven"),
    (Lazy(r"(?:^|/)\.(?:cargo|gem)/credentials(?:\.toml)?$", re.IGNORECASE), "registry"),
    (Lazy(r"(?:^|/)\.(?:config/)?(?:gcloud|gh|ngc)(?:/|$)", re.IGNORECASE), "cloud"),
    (Lazy(r"(?:^|/)ssh_host_\w+_key$"), "ssh host key"),
    (Lazy(r"(?:^|/)\.env(?:\.[\w-]+)*$|(?:^|/)[\w-]+\.env$", re.IGNORECASE), ".env"),
    (Lazy(r"(?:^|/)[^/]*_(?:rsa|ed25519|ecdsa)$|\.ppk$", re.IGNORECASE), "ssh key"),
    (Lazy(r"(?:^|/)[^/]*(?:key|priv)[^/]*\.pem$|\.key$|\.(?:p12|pfx)$", re.IGNORECASE), "private key"),
    (
        Lazy(r"(?:^|/)[^/]*(?:service[-_]?account|client_secret|gcp[-_]key|google[-_]cred)[^/]*\.json$", re.IGNORECASE),
        "google cloud",
    ),
)  # fmt: skip
_MARKS = (
    ".aws/", ".docker", ".ssh/", "huggingface/", ".kube/", ".mlflow/", ".kaggle/", ".modelscope/", ".mc/", ".aliyun/",
    "composer/", ".m2/", ".cargo/", ".gem/", ".config/", ".gcloud", ".gh", ".ngc", "ssh_host_", ".env", "_rsa",
    "_ed25519", "_ecdsa", ".ppk", ".pem", ".key", ".p12", ".pfx", ".json",
)  # fmt: skip
"""One of these is in whatever these expressions match; most paths have none, and need no expression."""
_ENDS = frozenset(
    {".env", ".pem", ".key", ".p12", ".pfx", ".ppk", "pmrc", "_rsa", "5519", "cdsa", "_key", "json"}
)  # fmt: skip
"""The last four letters of most names of credential files."""
_ACCOUNTS = Lazy(r"account|secret|gcp|google", re.IGNORECASE)
_STORES = frozenset(
    {
        "credentials", "credentials.toml", "config", "config.json", "token", "stored_tokens", "hosts.yml",
        "access_tokens.db", "credentials.db", "access_token", "auth.json", "git_token", "settings.xml",
    }
)  # fmt: skip
"""What tools call the files in these folders that hold credentials; the others are settings and logs."""
_CALLED = _STORES.union(_NAMES)
_FOLDERS = frozenset(
    {
        ".aws", ".docker", "huggingface", ".huggingface", ".kube", ".cargo", ".gem", "gcloud", ".gcloud", "gh", ".gh",
        ".ngc", ".mlflow", ".kaggle", ".mc", ".aliyun", ".composer", "composer", ".m2",
    }
)  # fmt: skip
HEAD = 1 << 16
"""Bytes at the beginning of a file that tell whether it holds a credential."""
_PRIVATE_KEY = r"PRIVATE KEY-----|^PuTTY-User-Key-File|\A0\x82"
_SHOWN = {
    "ssh key": Lazy(_PRIVATE_KEY),
    "ssh host key": Lazy(_PRIVATE_KEY),
    "private key": Lazy(_PRIVATE_KEY),
    ".env": Lazy(r"^[ \t]*(?:export[ \t]+)?\w{1,100}[ \t]*=[ \t]*[^\s#]", re.MULTILINE),
    "docker config": Lazy(r'"(?:auth|identitytoken|registrytoken)"\s{0,100}:\s{0,100}"[^"]'),
    "aws": Lazy(r"aws_(?:secret_access_key|session_token)\s{0,100}=", re.IGNORECASE),
    "kubernetes": Lazy(r"(?:token|client-key-data|password)\s{0,100}:"),
    "netrc": Lazy(r"\bpassword\s"),
    "google cloud": Lazy(r'"(?:private_key|refresh_token|client_secret)"'),
    "pypi": Lazy(r"^\s{0,100}password\s{0,100}[=:]", re.MULTILINE),
    "npm": Lazy(r"_auth"),
    "clearml": Lazy(r"secret_key"),
    "maven": Lazy(r"<(?:password|passphrase)>[^$<{]"),
    "cloud": Lazy(r"[^{}\s]"),
}
"""What stands in a file of such a type that holds a credential; where the type is not named, anything does."""
_HARMLESS = Lazy(
    r"example|sample|template|\.(?:dist|tmpl|tpl|j2|pub|md|py|js|ts|sh|crt|cer|schema)$|public|(?:^|[._-])pub(?:[._-]|$)"
    r"|defaults?$|\.enc$|\.gpg$|\.age$",
    re.IGNORECASE,
)
_NOT_OURS = Lazy(r"(?:^|/)(?:tests?|testdata|fixtures|examples?|docs?|node_modules|site-packages|vendor)/")
_SYSTEM = Lazy(
    r"usr/(?!src/|local/)|usr/local/(?:lib|share|include|go|cuda[^/]{0,20})/|lib(?:32|64)?/|boot/|var/(?:lib|cache)/"
    r"|opt/(?:conda|miniconda3?|miniforge3?|nvidia|intel)/(?:lib|share|include|pkgs|ssl|compilers_and_libraries)/"
    r"|etc/(?:ssl/certs|pki|apt|ca-certificates)/"
)
_PROGRAMS = ("usr/bin/", "usr/sbin/")
_FETCHED = Lazy(
    r"(?:^|/)(?:dist-packages|go/pkg/mod|\.cargo/registry|gems|lib/python[\d.]{1,5}|\.cache)/"
    r"(?!huggingface/(?:token|stored_tokens)$)|/ssl-cert-snakeoil\.key$"
)
"""Where package managers put other people's files."""


TOLD = Told(_ENDS | _CALLED, (".env",), ("/.ssh/",), apart=True)
"""What ``in_layer`` is true of."""


def credential_type(path: str) -> str:
    """What kind of credential file a path names (``.env``, ``ssh key``, …), "" for none.

    Examples, templates, encrypted files, public keys and certificates are none.
    """
    path = path.rstrip("/")
    if path in {"", "."} or len(path) > MAX_PATH:
        return ""
    name = path.rpartition("/")[2]
    lower = path.lower()
    if (name not in _NAMES and not any(mark in lower for mark in _MARKS)) or _HARMLESS.search(name):
        return ""
    if name in _NAMES:
        return _NAMES[name]
    return next((kind for pattern, kind in _PATHS if pattern.search(path)), "")


def in_layer(path: str) -> bool:
    """Whether a file of a layer has such a name and lies where people put their own; cheap for nearly all paths."""
    folder, _, name = path.rpartition("/")
    end = path[-4:].lower()
    if end not in _ENDS and name not in _CALLED and name[:4] != ".env" and "/.ssh/" not in path:
        return False
    likely = end != "json" or name in _CALLED or _ACCOUNTS.search(name) is not None
    if not likely or foreign(path) or (name in _STORES and folder[folder.rfind("/") + 1 :] not in _FOLDERS):
        return False
    return ours(path) and (name == ".npmrc" or bool(credential_type(path)))


def shows(kind: str, head: bytes) -> bool:
    """Whether a file that begins so holds a credential of that type, as far as that can be told."""
    pattern = _SHOWN.get(kind)
    return bool(head.strip()) if pattern is None else pattern.search(head.decode("latin-1")) is not None


def taken_along(path: str) -> bool:
    """Whether a file that nobody names counts: those of tests, examples and other people's packages do not."""
    return _NOT_OURS.search(path) is None


def foreign(path: str) -> bool:
    """Whether a path of a layer is the system's or a Python package's at a glance, as most are."""
    return packaged(path) or path.startswith(_PROGRAMS)


def ours(path: str) -> bool:
    """Whether a path of a layer is none of the system's, of a package's, or of its tests and examples."""
    return not installed(path) and taken_along(path)


def installed(path: str) -> bool:
    """Whether the system or a package manager put a file there."""
    return _SYSTEM.match(path) is not None or _FETCHED.search(path) is not None
