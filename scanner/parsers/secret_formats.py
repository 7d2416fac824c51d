r"""The formats by which credentials of known services can be told from other text.

Sources: the providers' documentation and the published rules of gitleaks, trufflehog, kingfisher and Trivy (facts of
format only), as of 2026-11. The value stands in the group ``v``, or is the whole match. ``sign`` is a literal that
every match contains: the pattern is tried only where the sign is in the text.
"""

from __future__ import annotations

import re
from functools import cache

from scanner.model.record import Record


class Format(Record, kw_only=False):
    """How one kind of credential looks. ``entropy`` is the least one, in bits a character, that a real one has."""

    provider: str
    sign: str
    pattern: str
    entropy: float = 3.0


_START, _END = r"(?<![A-Za-z0-9_-])", r"(?![A-Za-z0-9_-])"

FORMATS = (
    Format("hugging-face", "hf_", _START + r"hf_[A-Za-z0-9]{34,40}" + _END),
    Format("hugging-face", "api_org_", _START + r"api_org_[A-Za-z0-9]{34}" + _END),
    Format("openai", "T3BlbkFJ", _START + r"sk-(?:[a-z]{4,9}-)?[\w-]{20,74}T3BlbkFJ[\w-]{20,74}" + _END),
    Format("anthropic", "sk-ant-", _START + r"sk-ant-[a-z]{3,5}[0-9]{2}-[\w-]{40,120}" + _END),
    Format("openrouter", "sk-or-v1-", _START + r"sk-or-v1-[0-9a-f]{64}" + _END),
    Format("langfuse", "-lf-", _START + r"sk-lf-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}" + _END, 2.5),
    Format("elevenlabs", "sk_", _START + r"sk_[a-f0-9]{48}" + _END),
    Format("wandb", "wandb_v1_", _START + r"wandb_v1_[\w-]{60,90}" + _END),
    Format("nvidia", "nvapi-", _START + r"nvapi-[\w-]{60,70}" + _END),
    Format("replicate", "r8_", _START + r"r8_[0-9A-Za-z_-]{37}" + _END),
    Format("groq", "gsk_", _START + r"gsk_[A-Za-z0-9]{52}" + _END),
    Format("google", "AIza", _START + r"AIza[\w-]{35}" + _END),
    Format("langsmith", "lsv2_", _START + r"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}" + _END),
    Format("pinecone", "pcsk_", _START + r"pcsk_[A-Za-z0-9]{5,6}_[A-Za-z0-9]{63}" + _END),
    Format("xai", "xai-", _START + r"xai-[0-9A-Za-z_]{70,85}" + _END),
    Format("perplexity", "pplx-", _START + r"pplx-[A-Za-z0-9]{48}" + _END),
    Format("databricks", "dapi", _START + r"dapi[a-f0-9]{32}(?:-[0-9])?" + _END),
    Format("aws-bedrock", "ABSK", _START + r"ABSK[A-Za-z0-9+/]{100,270}={0,2}(?![A-Za-z0-9+/=])"),
    Format("aws-bedrock", "bedrock-api-key-", _START + r"bedrock-api-key-[A-Za-z0-9+/=]{36,2000}"),
    Format("together", "tgp_v1_", _START + r"tgp_v1_[\w-]{43}" + _END),
    Format("kaggle", "KGAT_", _START + r"KGAT_[a-f0-9]{32}" + _END),
    Format("aws", "AKIA", _START + r"AKIA[A-Z2-7]{16}" + _END, 2.8),
    Format("aws", "ASIA", _START + r"ASIA[A-Z2-7]{16}" + _END, 2.8),
    Format("github", "gh", _START + r"gh[pousr]_[A-Za-z0-9]{36,255}" + _END),
    Format("github", "github_pat_", _START + r"github_pat_[A-Za-z0-9_]{80,90}" + _END),
    Format("gitlab", "gl", _START + r"gl(?:pat|rt|dt|cbt|ptt|agent|soat)-[\w-]{20,64}" + _END),
    Format("slack", "xox", _START + r"xox[abeoprs]-[0-9A-Za-z-]{20,200}" + _END, 2.8),
    Format("slack", "hooks.slack.com", r"hooks\.slack\.com/services/(?P<v>T[A-Z0-9]{6,12}/B[A-Z0-9]{6,12}/\w{20,28})"),
    Format("stripe", "k_live_", _START + r"[rs]k_live_[A-Za-z0-9]{20,200}" + _END),
    Format("docker", "dckr_", _START + r"dckr_[a-z]{3}_[\w-]{27,64}" + _END),
    Format("npm", "npm_", _START + r"npm_[A-Za-z0-9]{36}" + _END),
    Format("pypi", "pypi-", _START + r"pypi-AgE[\w-]{50,1000}" + _END),
    Format("azure", "AccountKey=", r"AccountKey=(?P<v>[A-Za-z0-9+/]{86}==)"),
    Format("azure", "8Q~", _START + r"[A-Za-z0-9~_.]{3}8Q~[\w~.-]{31,34}" + _END),
    Format("sendgrid", "SG.", _START + r"SG\.[\w-]{20,24}\.[\w-]{39,46}" + _END),
    Format("digitalocean", "do", _START + r"do[opr]_v1_[a-f0-9]{64}" + _END),
    Format("jwt", "eyJ", _START + r"eyJ[\w-]{15,2000}\.eyJ[\w-]{15,4000}\.[\w-]{20,1000}" + _END),
    Format(
        "private-key",
        "PRIVATE KEY",
        r"-----BEGIN (?:[A-Z0-9]{2,12} ){0,2}PRIVATE KEY(?: BLOCK)?-----(?P<v>(?:[^-]|-(?!----)){20,20000}+)-----END",
    ),
)  # fmt: skip

_ECHOED = r"\becho\s+(?:-\w+\s+)?[\"']?(?P<v>[^\s\"'|$\\]{1,256}+)[\"']?\s{0,8}\|[^\n|]{0,40}?\b"
_QUOTE = r"[\"']?"
_WORD = r"(?P<v>[^\s\"'$\\;&|]{1,512})"

COMMANDS = (
    (
        "chpasswd",
        "chpasswd",
        r"[\"'\s][A-Za-z_][\w.-]{0,32}+:(?P<v>[^\s\"':|$\\]{1,256}+)[^\n|]{0,12}+\|[^\n|]{0,40}?\bchpasswd\b",
    ),
    ("--stdin", "passwd", _ECHOED + r"passwd\s+--stdin\b"),
    ("vncpasswd", "vncpasswd", _ECHOED + r"vncpasswd\b"),
    ("sshpass", "sshpass -p", r"\bsshpass\s+-p\s{0,4}" + _QUOTE + _WORD),
    (
        "login",
        "login -p",
        r"\b(?:docker|podman|helm|crane|skopeo)\s+(?:\w+\s+)?login\b[^\n|;&]{0,200}?\s-p[ =]{1,4}" + _QUOTE + _WORD,
    ),
    ("wandb", "wandb login", r"\bwandb\s+login\s+(?:--\w+\s+){0,3}" + _QUOTE + r"(?P<v>[A-Za-z0-9_-]{20,120})\b"),
    ("user", "useradd -p", r"\buser(?:add|mod)\s[^\n|;&]{0,200}?\s?-p\s{1,4}" + _QUOTE + _WORD),
    ("mysql", "mysql -p", r"\bmysql(?:admin|dump)?\s(?:[^\n|;&]{0,200}?\s)?-p" + _QUOTE + _WORD),
    (
        "curl",
        "curl --user",
        r"\bcurl\s(?:[^\n|;&]{0,200}?\s)?(?:-u|--user|--proxy-user)[ =]{0,4}[\"']?[^\s\"':$\\]{1,128}:" + _WORD,
    ),
    (
        "htpasswd",
        "htpasswd",
        r"\bhtpasswd\s+-\w{0,8}b\w{0,8}\s+(?:-\w+\s+){0,3}\S{1,256}\s+\S{1,64}\s+" + _QUOTE + _WORD,
    ),
    (
        "uthorization:",
        "Authorization",
        r"uthorization:\s{0,4}(?:Bearer|Basic|token)\s{1,4}(?P<v>[A-Za-z0-9._~+/=:-]{6,4096})",
    ),
    (
        "machine",
        "password",
        r"\bmachine\s{1,4}\S{1,256}+\s{1,4}login\s{1,4}\S{1,256}+\s{1,4}password\s{1,4}" + _QUOTE + _WORD,
    ),
    ("username", "key", r"\bkey\\?[\"']\s{0,4}:\s{0,4}\\?[\"'](?P<v>[0-9a-f]{32})\b"),
    ("requirepass", "requirepass", r"\brequirepass\s{1,4}" + _QUOTE + _WORD),
)  # fmt: skip
"""(sign, name, pattern) for commands and files that take a password at a place of its own."""

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
