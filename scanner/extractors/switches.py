"""Everything that switches a check off: options, written configuration, variables."""

from __future__ import annotations

from typing import Literal

from scanner.model.record import Record

Check = Literal["tls", "signature", "host-key"]


class Switch(Record, kw_only=False):
    """``tools`` switch ``check`` off with words that match ``pattern``: group ``how``, perhaps ``host``."""

    tools: frozenset[str]
    check: Check
    pattern: str
    """For the arguments joined by spaces; upper and lower case are the same unless ``exact``."""
    lasting: bool = False
    exact: bool = False


_APT = frozenset({"apt-get", "apt", "aptitude", "add-apt-repository"})
_RPM = frozenset({"yum", "dnf", "microdnf", "tdnf", "dnf5", "yum-config-manager"})
_PIP = frozenset({"pip", "pip3", "python", "python3", "uv", "pipx", "pip-compile", "poetry", "pdm"})
_NODE = frozenset({"npm", "yarn", "pnpm"})
_ZYPPER = frozenset({"zypper"})
_GIT = frozenset({"git"})
_CONDA = frozenset({"conda", "mamba", "micromamba"})
_SSH = frozenset({"ssh", "scp", "sftp", "rsync", "git", "ssh-copy-id"})
_OFF = r"(?:false|no|0|off)"
_HOST = r"(?P<host>\S{1,200}?\.)?"
_REPO = r"(?:\S{1,100}\.)?"
_PEER = r"Acquire::https?::(?:\S{1,100}?::)?Verify-(?:Peer|Host)"
_UNSIGNED = r"(?:Acquire::Allow\w{0,20}InsecureRepositories|APT::Get::AllowUnauthenticated)"
_TRUSTED = r"(?P<how>\[[^\]\n]{0,200}trusted=yes[^\]\n]{0,200}\])(?P<host>\s+file:)?"

SWITCHES = (
    Switch(frozenset({"axel"}), "tls", r"(?:^|\s)(?P<how>--insecure|-k)(?=\s|$)", exact=True),
    Switch(frozenset({"wget", "wget2"}), "tls", r"(?P<how>--no-check-certificate|check[_-]certificate=off)"),
    Switch(frozenset({"aria2c"}), "tls", r"(?P<how>--check-certificate=false)"),
    Switch(_PIP, "tls", r"(?P<how>--(?:trusted-host|allow-insecure-host)[= ](?P<host>\S+))"),
    Switch(_PIP, "tls", r"config set \S*(?P<how>trusted-host (?P<host>\S.*))", lasting=True),
    Switch(_CONDA, "tls", r"(?P<how>ssl_verify " + _OFF + r"\b)", lasting=True),
    Switch(_CONDA, "tls", r"(?:^|\s)(?P<how>--insecure|-k)(?=\s|$)", exact=True),
    Switch(_GIT, "tls", r"(?P<how>-c http\." + _HOST + r"sslverify=" + _OFF + r"\b)"),
    Switch(_GIT, "tls", r"config .{0,200}?(?P<how>http\." + _HOST + r"sslverify " + _OFF + r"\b)", lasting=True),
    Switch(_NODE, "tls", r"(?:config )?set .{0,200}?(?P<how>strict-ssl[= ]false)", lasting=True),
    Switch(_NODE, "tls", r"(?P<how>--strict-ssl[= ]false|--no-strict-ssl)"),
    Switch(frozenset({"aws"}), "tls", r"(?P<how>--no-verify-ssl)"),
    Switch(frozenset({"kubectl", "helm", "oc"}), "tls", r"(?P<how>--insecure-skip-tls-verify)"),
    Switch(frozenset({"composer"}), "tls", r"(?P<how>disable-tls true)", lasting=True),
    Switch(frozenset({"mvn"}), "tls", r"(?P<how>-Dmaven\.wagon\.http\.ssl\.insecure=true)"),
    Switch(_APT, "tls", r"(?P<how>" + _PEER + "=" + _OFF + r"\b)"),
    Switch(_APT, "signature", r"(?P<how>--allow-unauthenticated|--force-yes|--allow-insecure-repositories)"),
    Switch(_APT, "signature", r"(?P<how>" + _UNSIGNED + "=(?:true|1|yes))"),
    Switch(_APT, "signature", _TRUSTED, lasting=True),
    Switch(frozenset({"apk"}), "signature", r"(?P<how>--allow-untrusted)"),
    Switch(_RPM, "signature", r"(?P<how>--nogpgcheck|--no-gpg-checks?|--setopt=" + _REPO + "gpgcheck=" + _OFF + r"\b)"),
    Switch(_RPM, "tls", r"(?P<how>--setopt=" + _REPO + "sslverify=" + _OFF + r"\b)"),
    Switch(frozenset({"rpm"}), "signature", r"(?P<how>--nosignature|--nodigest|--noverify)"),
    Switch(_ZYPPER, "signature", r"(?:^|\s)(?P<how>--no-gpg-?checks?|-G|--allow-unsigned-rpm)(?=\s|$)", exact=True),
    Switch(frozenset({"go"}), "signature", r"(?P<how>GOSUMDB=off)", lasting=True),
    Switch(_SSH, "host-key", r"(?P<how>StrictHostKeyChecking[= ](?:no|off))"),
)  # fmt: skip

WRITTEN: tuple[tuple[str, Check, str], ...] = (
    ("ssh", "host-key", r"(?P<how>StrictHostKeyChecking[ =]+\"?(?:no|off))\b"),
    ("apt-get", "signature", _TRUSTED),
    ("apt-get", "signature", r"(?P<how>" + _UNSIGNED + r"\s+\\?[\"']?(?:true|1|yes))"),
    ("apt-get", "tls", r"(?P<how>" + _PEER + r"\s+\\?[\"']?(?:false|0|no))"),
    ("yum", "signature", r"(?:(?<=\\n)|(?<![\w]))(?P<how>gpgcheck\s{0,4}=\s{0,4}(?:0|false|no))\b"),
    ("yum", "tls", r"(?:(?<=\\n)|(?<![\w.]))(?P<how>sslverify\s{0,4}=\s{0,4}(?:0|false|no))\b"),
    ("wget", "tls", r"(?P<how>check_certificate\s{0,4}=\s{0,4}off)\b"),
    ("npm", "tls", r"(?P<how>strict-ssl\s{0,4}=\s{0,4}false)\b"),
    ("conda", "tls", r"(?P<how>ssl_verify:\s{0,4}(?:false|no|off))\b"),
    ("pip", "tls", r"(?P<how>trusted-host\s{0,4}=\s{0,4}(?P<host>[^\s\"'\\]+))"),
)  # fmt: skip
"""(tool, check, pattern) for configuration that is written to a file."""
WRITERS = frozenset({"echo", "printf", "sed", "tee", "cat", "awk", "perl", "crudini", "ed"})
"""Programs that write configuration."""
CONFIGS = frozenset(
    {
        "pip.conf", "pip.ini", ".condarc", "condarc", ".npmrc", "npmrc", ".wgetrc", "wgetrc", "ssh_config", "yum.conf",
        "dnf.conf",
    }
)  # fmt: skip
"""Files that hold such configuration, by name."""
SIGNS = (
    "sslverify", "hostkeychecking", "trusted", "insecure", "unauthenticated", "verify-", "gpgcheck", "certificate",
    "strict-ssl", "ssl_verify",
)  # fmt: skip
"""What every such configuration has in it, in lower case."""

_NO = frozenset({"0", "false", "no", "off"})
_YES = frozenset({"1", "true", "yes", "on"})
VARIABLES: dict[str, tuple[str, Check, frozenset[str] | None]] = {
    "PYTHONHTTPSVERIFY": ("python", "tls", frozenset({"0"})),
    "CURL_CA_BUNDLE": ("python", "tls", frozenset({""})),
    "REQUESTS_CA_BUNDLE": ("python", "tls", frozenset({""})),
    "NODE_TLS_REJECT_UNAUTHORIZED": ("node", "tls", frozenset({"0"})),
    "NPM_CONFIG_STRICT_SSL": ("npm", "tls", _NO),
    "YARN_STRICT_SSL": ("yarn", "tls", _NO),
    "YARN_ENABLE_STRICT_SSL": ("yarn", "tls", _NO),
    "GIT_SSL_NO_VERIFY": ("git", "tls", _YES),
    "CONDA_SSL_VERIFY": ("conda", "tls", _NO),
    "MAMBA_SSL_VERIFY": ("mamba", "tls", _NO | {"<false>"}),
    "PERL_LWP_SSL_VERIFY_HOSTNAME": ("perl", "tls", frozenset({"0"})),
    "BUNDLE_SSL_VERIFY_MODE": ("bundler", "tls", frozenset({"0"})),
    "HF_HUB_DISABLE_SSL_VERIFY": ("huggingface", "tls", _YES),
    "HF_HUB_DISABLE_SSL_VERIFICATION": ("huggingface", "tls", _YES),
    "PIP_TRUSTED_HOST": ("pip", "tls", None),
    "UV_INSECURE_HOST": ("uv", "tls", None),
    "GOSUMDB": ("go", "signature", frozenset({"off"})),
    "GOINSECURE": ("go", "tls", None),
    "GIT_SSH_COMMAND": ("git", "host-key", None),
    "APK_ALLOW_UNTRUSTED": ("apk", "signature", _YES),
}
"""Variables that switch a check off when they have one of these values; None: with a value that names a host."""
