r"""The formats by which credentials of known services can be told from other text.

Sources: the providers' documentation and the published rules of gitleaks, trufflehog, kingfisher and Trivy (facts of
format only), as of 2026-11. The value stands in the group ``v``, or is the whole match. ``sign`` is a literal with
which every match begins, so that a plain search for it comes first; ``rest`` is the pattern of what follows it.
"""

from __future__ import annotations

import re
from functools import cache

from scanner.model.record import Record


class Format(Record, kw_only=False):
    """How one kind of credential looks. ``entropy`` is the least, in bits a character, that a real one has."""

    provider: str
    sign: str
    rest: str
    entropy: float = 3.0


_END = r"(?![A-Za-z0-9_-])"

FORMATS = (
    Format("hugging-face", "hf_", r"[A-Za-z0-9]{34,40}" + _END),
    Format("hugging-face", "api_org_", r"[A-Za-z0-9]{34}" + _END),
    Format("openai", "sk-", r"(?:[a-z]{4,9}-)?[\w-]{20,74}T3BlbkFJ[\w-]{20,74}" + _END),
    Format("anthropic", "sk-ant-", r"[a-z]{3,5}[0-9]{2}-[\w-]{40,120}" + _END),
    Format("openrouter", "sk-or-v1-", r"[0-9a-f]{64}" + _END),
    Format("langfuse", "sk-lf-", r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}" + _END, 2.5),
    Format("elevenlabs", "sk_", r"[a-f0-9]{48}" + _END),
    Format("wandb", "wandb_v1_", r"[\w-]{60,90}" + _END),
    Format("nvidia", "nvapi-", r"[\w-]{60,70}" + _END),
    Format("replicate", "r8_", r"[0-9A-Za-z_-]{37}" + _END),
    Format("groq", "gsk_", r"[A-Za-z0-9]{52}" + _END),
    Format("google", "AIza", r"[\w-]{35}" + _END),
    Format("langsmith", "lsv2_", r"(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}" + _END),
    Format("pinecone", "pcsk_", r"[A-Za-z0-9]{5,6}_[A-Za-z0-9]{63}" + _END),
    Format("xai", "xai-", r"[0-9A-Za-z_]{70,85}" + _END),
    Format("perplexity", "pplx-", r"[A-Za-z0-9]{48}" + _END),
    Format("databricks", "dapi", r"[a-f0-9]{32}(?:-[0-9])?" + _END),
    Format("aws-bedrock", "ABSK", r"[A-Za-z0-9+/]{100,270}={0,2}(?![A-Za-z0-9+/=])"),
    Format("aws-bedrock", "bedrock-api-key-", r"[A-Za-z0-9+/=]{36,2000}"),
    Format("together", "tgp_v1_", r"[\w-]{43}" + _END),
    Format("kaggle", "KGAT_", r"[a-f0-9]{32}" + _END),
    Format("aws", "AKIA", r"[A-Z2-7]{16}" + _END, 2.8),
    Format("aws", "ASIA", r"[A-Z2-7]{16}" + _END, 2.8),
    Format("github", "gh", r"[pousr]_[A-Za-z0-9]{36,255}" + _END),
    Format("github", "github_pat_", r"[A-Za-z0-9_]{80,90}" + _END),
    Format("gitlab", "gl", r"(?:pat|rt|dt|cbt|ptt|agent|soat)-[\w-]{20,64}" + _END),
    Format("slack", "xox", r"[abeoprs]-[0-9A-Za-z-]{20,200}" + _END, 2.8),
    Format("slack", "hooks.slack.com/services/", r"(?P<v>T[A-Z0-9]{6,12}/B[A-Z0-9]{6,12}/\w{20,28})"),
    Format("stripe", "sk_live_", r"[A-Za-z0-9]{20,200}" + _END),
    Format("stripe", "rk_live_", r"[A-Za-z0-9]{20,200}" + _END),
    Format("docker", "dckr_", r"[a-z]{3}_[\w-]{27,64}" + _END),
    Format("npm", "npm_", r"[A-Za-z0-9]{36}" + _END),
    Format("pypi", "pypi-", r"AgE[\w-]{50,1000}" + _END),
    Format("azure", "AccountKey=", r"(?P<v>[A-Za-z0-9+/]{86}==)"),
    Format("sendgrid", "SG.", r"[\w-]{20,24}\.[\w-]{39,46}" + _END),
    Format("digitalocean", "do", r"[opr]_v1_[a-f0-9]{64}" + _END),
    Format("jwt", "eyJ", r"[\w-]{15,2000}\.eyJ[\w-]{15,4000}\.[\w-]{20,1000}" + _END),
    Format(
        "private-key",
        "-----BEGIN ",
        r"(?:[A-Z0-9]{2,12} ){0,2}PRIVATE KEY(?: BLOCK)?-----(?P<v>(?:[^-]|-(?!----)){20,20000}+)-----END",
    ),
)  # fmt: skip

_QUOTE = r"[\"']?"
_WORD = r"(?P<v>[^\s\"'$\\;&|]{1,512})"
_GIVEN = r"\s(?:[^\n|;&]{0,200}?\s)??"

COMMANDS = (
    ("sshpass", "sshpass -p", r"\s+-p\s{0,4}" + _QUOTE + _WORD),
    ("login", "login -p", r"\s[^\n|;&]{0,200}?(?<=\s)-p[ =]{1,4}" + _QUOTE + _WORD),
    ("wandb", "wandb login", r"\s+login\s+(?:--\w+\s+){0,3}" + _QUOTE + r"(?P<v>[A-Za-z0-9_-]{20,120})\b"),
    ("useradd", "useradd -p", _GIVEN + r"-p\s{1,4}" + _QUOTE + _WORD),
    ("usermod", "usermod -p", _GIVEN + r"-p\s{1,4}" + _QUOTE + _WORD),
    ("mysql", "mysql -p", r"(?:admin|dump)?" + _GIVEN + r"-p" + _QUOTE + _WORD),
    ("curl", "curl --user", _GIVEN + r"(?:-u|--user|--proxy-user)[ =]{0,4}[\"']?[^\s\"':$\\]{1,128}:" + _WORD),
    ("htpasswd", "htpasswd", r"\s+-\w{0,8}b\w{0,8}\s+(?:-\w+\s+){0,3}\S{1,256}\s+\S{1,64}\s+" + _QUOTE + _WORD),
    ("Authorization:", "Authorization", r"\s{0,4}(?:Bearer|Basic|token)\s{1,4}(?P<v>[A-Za-z0-9._~+/=:-]{6,4096})"),
    ("authorization:", "Authorization", r"\s{0,4}(?:Bearer|Basic|token)\s{1,4}(?P<v>[A-Za-z0-9._~+/=:-]{6,4096})"),
    ("machine", "password", r"\s{1,4}\S{1,256}+\s{1,4}login\s{1,4}\S{1,256}+\s{1,4}password\s{1,4}" + _QUOTE + _WORD),
    ("key", "key", r"\\?[\"']\s{0,4}:\s{0,4}\\?[\"'](?P<v>[0-9a-f]{32})\b"),
    ("NEO4J_AUTH", "NEO4J_AUTH", r"[= ]{1,4}" + _QUOTE + r"neo4j/" + _WORD),
    ("requirepass", "requirepass", r"\s{1,4}" + _QUOTE + _WORD),
)  # fmt: skip
"""(sign, name, rest) for commands and files that take a password at a place of its own; as in ``Format``."""

_PRINTED = r"(?:-\w+\s+)?[\"']?(?P<v>[^\s\"'|$\\]{1,256}+)[\"']?\s{0,8}\|[^\n|]{0,40}?\b"

ECHOED = (
    (
        "chpasswd",
        "chpasswd",
        r"[\"']?[\w.-]{1,32}+:(?P<v>[^\s\"'|$\\]{1,256}+)[^\n|]{0,12}+\|[^\n|]{0,40}?\bchpasswd\b",
    ),
    ("--stdin", "passwd", _PRINTED + r"passwd\s+--stdin\b"),
    ("vncpasswd", "vncpasswd", _PRINTED + r"vncpasswd\b"),
)  # fmt: skip
"""(sign of the reader, its name, pattern of what stands behind ``echo``) for passwords that are piped on."""

AI = frozenset(
    {
        "hugging-face", "openai", "anthropic", "openrouter", "langfuse", "elevenlabs", "wandb", "nvidia", "replicate",
        "groq", "langsmith", "pinecone", "xai", "perplexity", "databricks", "aws-bedrock", "together", "kaggle",
    }
)  # fmt: skip
"""Providers in ``FORMATS`` that are AI services. Google's keys open other services too."""

HINTS = {
    "hugging-face": "https://huggingface.co/settings/tokens",
    "openai": "https://platform.openai.com/api-keys",
    "anthropic": "https://console.anthropic.com/settings/keys",
    "openrouter": "https://openrouter.ai/settings/keys",
    "wandb": "https://wandb.ai/authorize",
    "nvidia": "https://org.ngc.nvidia.com/setup/api-keys",
    "replicate": "https://replicate.com/account/api-tokens",
    "groq": "https://console.groq.com/keys",
    "google": "https://console.cloud.google.com/apis/credentials",
    "langsmith": "https://smith.langchain.com/settings",
    "pinecone": "https://app.pinecone.io",
    "xai": "https://console.x.ai",
    "perplexity": "https://www.perplexity.ai/settings/api",
    "elevenlabs": "https://elevenlabs.io/app/settings/api-keys",
    "kaggle": "https://www.kaggle.com/settings",
    "aws": "https://console.aws.amazon.com/iam/home#/security_credentials",
    "github": "https://github.com/settings/tokens",
    "gitlab": "https://gitlab.com/-/user_settings/personal_access_tokens",
    "slack": "https://api.slack.com/apps",
    "stripe": "https://dashboard.stripe.com/apikeys",
    "docker": "https://app.docker.com/settings/personal-access-tokens",
}
"""Where a credential of a provider is revoked."""


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, ready to use; most scans need none of them."""
    return re.compile(pattern, re.ASCII)
