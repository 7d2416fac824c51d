"""Files that hold credentials by convention."""

from __future__ import annotations

import re

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
    ".huggingface": "hugging-face",
}  # fmt: skip
_PATHS = (
    (Lazy(r"(?:^|/)\.aws/(?:credentials|config)$", re.IGNORECASE), "aws"),
    (Lazy(r"(?:^|/)\.docker/config\.json$|(?:^|/)\.docker$", re.IGNORECASE), "docker config"),
    (Lazy(r"(?:^|/)\.ssh/(?!known_hosts|config$|authorized_keys|.*\.pub$)[^/]+$", re.IGNORECASE), "ssh key"),
    (Lazy(r"(?:^|/)\.?huggingface/(?:token|stored_tokens)$", re.IGNORECASE), "hugging-face"),
    (Lazy(r"(?:^|/)\.kube/config$", re.IGNORECASE), "kubernetes"),
    (Lazy(r"(?:^|/)\.(?:cargo|gem)/credentials(?:\.toml)?$", re.IGNORECASE), "registry"),
    (Lazy(r"(?:^|/)\.(?:config/)?(?:gcloud|gh|ngc)(?:/|$)", re.IGNORECASE), "cloud"),
    (Lazy(r"(?:^|/)\.env(?:\.[\w-]+)*$|(?:^|/)[\w-]+\.env$", re.IGNORECASE), ".env"),
    (Lazy(r"(?:^|/)[^/]*_(?:rsa|ed25519|ecdsa)$|\.ppk$", re.IGNORECASE), "ssh key"),
    (Lazy(r"(?:^|/)[^/]*(?:key|priv)[^/]*\.pem$|\.key$|\.(?:p12|pfx)$", re.IGNORECASE), "private key"),
    (
        Lazy(r"(?:^|/)[^/]*(?:service[-_]?account|client_secret|gcp[-_]key|google[-_]cred)[^/]*\.json$", re.IGNORECASE),
        "google cloud",
    ),
)  # fmt: skip
_HARMLESS = Lazy(
    r"example|sample|template|\.(?:dist|tmpl|tpl|j2|pub|md|py|js|ts|sh|crt|cer|schema)$|public|(?:^|[._-])pub(?:[._-]|$)"
    r"|defaults?$|\.enc$|\.gpg$|\.age$",
    re.IGNORECASE,
)
_NOT_OURS = Lazy(r"(?:^|/)(?:tests?|testdata|fixtures|examples?|docs?|node_modules|site-packages|vendor)/")


def credential_type(path: str) -> str:
    """What kind of credential file a path names (``.env``, ``ssh key``, …), "" for none.

    Examples, templates, encrypted files, public keys and certificates are none.
    """
    path = path.rstrip("/")
    if path in {"", "."} or len(path) > MAX_PATH:
        return ""
    name = path.rpartition("/")[2]
    if _HARMLESS.search(name):
        return ""
    if name in _NAMES:
        return _NAMES[name]
    if not ("." in name or "_" in name or "/" in path):
        return ""
    return next((kind for pattern, kind in _PATHS if pattern.search(path)), "")


def taken_along(path: str) -> bool:
    """Whether a file that nobody names counts: those of tests, examples and other people's packages do not."""
    return _NOT_OURS.search(path) is None
