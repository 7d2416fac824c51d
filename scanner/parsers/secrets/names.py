"""What the name of a variable or option says: whether it carries a credential, and for which AI service."""

from __future__ import annotations

from functools import lru_cache

from scanner.parsers.lazy import Lazy
from scanner.parsers.secrets.table import NAMES

_WORD = Lazy(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

_CREDENTIALS = frozenset(
    {
        "password", "passwd", "passphrase", "passcode", "pword", "secret", "token", "credential", "credentials",
        "apikey", "apitoken", "authtoken", "accesskey", "secretkey", "privatekey", "authkey", "apisecret", "userpass",
        "rootpass", "bearertoken", "accesstoken",
    }
)  # fmt: skip
_KEY_OF = frozenset(
    {
        "api", "access", "secret", "private", "master", "account", "auth", "authentication", "encryption", "encrypt",
        "signing", "sign", "deploy", "ssh", "app", "license", "licence", "service", "storage", "session", "jwt",
        "shared", "admin", "subscription", "webhook", "fernet", "rsa", "client", "root", "aes", "crypt", "crypto",
    }
)  # fmt: skip
"""Words in front of ``KEY`` that make it a secret one."""
_SHORT = {
    "pass": frozenset({"first", "second", "two", "one", "single", "multi", "dual", "last", "next", "render", "by"}),
    "pwd": frozenset({"old", "cur", "current", "build", "start", "script", "initial"}),
    "pat": frozenset({"glob", "file", "match", "test", "re", "regex"}),
}
"""Words that mean a credential only behind another word, and not behind these."""
_TAIL = frozenset(
    {
        "prod", "production", "dev", "development", "staging", "stage", "live", "default", "value", "base", "main",
        "old", "new", "read", "write", "readonly", "ro", "rw", "github", "gitlab", "build", "ci", "arg", "env", "plain",
        "text", "string",
    }
)  # fmt: skip
"""What may follow the credential's word without changing what it is."""
_NOT = frozenset(
    {
        # about a credential, not one
        "public", "pub", "gpg", "pgp", "fingerprint", "keyring", "keyserver", "id", "ids", "path", "file", "files",
        "dir", "folder", "url", "uri", "endpoint", "host", "name", "names", "length", "len", "size", "count", "counts",
        "limit", "limits", "ttl", "expiry", "expire", "expires", "timeout", "type", "policy", "header", "prefix",
        "suffix", "format", "template", "provider", "store", "manager", "mount", "regex",
        # switches
        "allow", "enable", "enabled", "disable", "disabled", "require", "required", "use", "no", "skip", "without",
        "show", "has", "is", "random", "empty", "generate", "force", "check", "validate", "verify", "rotate", "reset",
        "change", "prompt", "ignore", "encrypted", "hashed",
        # what language models call a token
        "pad", "eos", "bos", "unk", "sep", "cls", "mask", "stop", "special", "max", "min", "num", "per", "next",
        "image", "video", "audio", "vision", "speaker", "vocab", "added", "tokens", "tokenizer", "tokenizers", "input",
        "output",
    }
)  # fmt: skip


@lru_cache(maxsize=4096)
def is_credential(name: str) -> bool:
    """Whether a variable or option of this name holds a credential itself: ``HF_TOKEN``, ``--db-password``.

    No for what is about one (``TOKEN_FILE``, ``SSH_KEY_PATH``, ``AWS_ACCESS_KEY_ID``), for switches
    (``ALLOW_EMPTY_PASSWORD``), for public keys and for the tokens of language models (``PAD_TOKEN``).
    """
    words = _words(name)
    while len(words) > 1 and (words[-1].isdigit() or words[-1] in _TAIL):
        words = words[:-1]
    if not words or any(word in _NOT for word in words) or (words[0], words[-1]) == ("google", "credentials"):
        return False
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in _CREDENTIALS:
        return True
    if last == "key":
        return before in _KEY_OF or (len(words) == 2 and before in NAMES) or before == "ai"
    if last in _SHORT:
        return name.upper() == "PASS" or (before not in _SHORT[last] and before != "")
    return False


@lru_cache(maxsize=4096)
def ai_provider(name: str) -> str:
    """The AI service that a credential of this name opens: ``hugging-face`` for ``HF_TOKEN``; "" for none."""
    if not is_credential(name):
        return ""
    words = _words(name)
    if "azure" in words and "openai" in words:
        return "azure-openai"
    if words[:1] == ["google"] and words[1:] == ["api", "key"]:
        return "google"
    return next(
        (NAMES[word] for word in words if word in NAMES and (word not in {"co", "llama"} or word == words[0])), ""
    )


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]
