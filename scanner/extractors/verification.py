"""Checks of certificates, signatures and host keys that are switched off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Literal

from scanner.extractors.fetches import CURL_VALUES
from scanner.extractors.place import stage
from scanner.model.command import Command
from scanner.model.facts import VerificationOff
from scanner.model.instruction import Copy, Pairs
from scanner.model.location import Evidence, Text
from scanner.model.record import Record
from scanner.model.target import Config, Item, Step
from scanner.parsers.shell.arguments import options
from scanner.parsers.urls import split

Check = Literal["tls", "signature", "host-key"]


class _Switch(Record, kw_only=False):
    """``tools`` switch ``check`` off with words that match ``pattern``: group ``how``, and ``host`` where it has one."""

    tools: frozenset[str]
    check: Check
    pattern: str
    lasting: bool = False


_APT = frozenset({"apt-get", "apt", "aptitude", "add-apt-repository"})
_RPM = frozenset({"yum", "dnf", "microdnf", "tdnf", "dnf5", "yum-config-manager"})
_PIP = frozenset({"pip", "pip3", "python", "python3", "uv", "pipx", "pip-compile", "poetry", "pdm"})
_NODE = frozenset({"npm", "yarn", "pnpm"})
_SSH = frozenset({"ssh", "scp", "sftp", "rsync", "git", "ssh-copy-id"})
_OFF = r"(?:false|no|0|off)"

_SWITCHES = (
    _Switch(frozenset({"axel"}), "tls", r"(?:^|\s)(?P<how>--insecure|-k)(?=\s|$)"),
    _Switch(frozenset({"wget", "wget2"}), "tls", r"(?P<how>--no-check-certificate|check[_-]certificate=off)"),
    _Switch(frozenset({"aria2c"}), "tls", r"(?P<how>--check-certificate=false)"),
    _Switch(_PIP, "tls", r"(?P<how>--(?:trusted-host|allow-insecure-host)[= ](?P<host>\S+))"),
    _Switch(_PIP, "tls", r"config set \S*(?P<how>trusted-host (?P<host>\S.*))", lasting=True),
    _Switch(frozenset({"conda", "mamba", "micromamba"}), "tls", r"(?P<how>ssl_verify " + _OFF + r"\b)", lasting=True),
    _Switch(frozenset({"conda", "mamba", "micromamba"}), "tls", r"(?:^|\s)(?P<how>--insecure|-k)(?=\s|$)"),
    _Switch(frozenset({"git"}), "tls", r"(?P<how>-c http\.(?P<host>\S+?\.)?sslverify=" + _OFF + r"\b)"),
    _Switch(frozenset({"git"}), "tls", r"config .*?(?P<how>http\.(?P<host>\S+?\.)?sslverify " + _OFF + r"\b)", lasting=True),
    _Switch(_NODE, "tls", r"(?:config )?set .*?(?P<how>strict-ssl[= ]false)", lasting=True),
    _Switch(_NODE, "tls", r"(?P<how>--strict-ssl[= ]false|--no-strict-ssl)"),
    _Switch(frozenset({"aws"}), "tls", r"(?P<how>--no-verify-ssl)"),
    _Switch(frozenset({"kubectl", "helm", "oc"}), "tls", r"(?P<how>--insecure-skip-tls-verify)"),
    _Switch(frozenset({"composer"}), "tls", r"(?P<how>disable-tls true)", lasting=True),
    _Switch(frozenset({"mvn"}), "tls", r"(?P<how>-Dmaven\.wagon\.http\.ssl\.insecure=true)"),
    _Switch(_APT, "tls", r"(?P<how>Acquire::https?::(?:\S+::)?Verify-(?:Peer|Host)=" + _OFF + r"\b)"),
    _Switch(_APT, "signature", r"(?P<how>--allow-unauthenticated|--force-yes|--allow-insecure-repositories)"),
    _Switch(_APT, "signature", r"(?P<how>(?:Acquire::Allow\w*InsecureRepositories|APT::Get::AllowUnauthenticated)=(?:true|1|yes))"),
    _Switch(_APT, "signature", r"(?P<how>\[[^\]]*trusted=yes[^\]]*\])(?P<host>\s+file:)?", lasting=True),
    _Switch(frozenset({"apk"}), "signature", r"(?P<how>--allow-untrusted)"),
    _Switch(_RPM, "signature", r"(?P<how>--nogpgcheck|--no-gpg-checks?|--setopt=(?:\S+\.)?gpgcheck=" + _OFF + r"\b)"),
    _Switch(_RPM, "tls", r"(?P<how>--setopt=(?:\S+\.)?sslverify=" + _OFF + r"\b)"),
    _Switch(frozenset({"rpm"}), "signature", r"(?P<how>--nosignature|--nodigest|--noverify)"),
    _Switch(frozenset({"zypper"}), "signature", r"(?:^|\s)(?P<how>--no-gpg-checks|--no-gpgcheck|-G|--allow-unsigned-rpm)(?=\s|$)"),
    _Switch(frozenset({"go"}), "signature", r"(?P<how>GOSUMDB=off)", lasting=True),
    _Switch(_SSH, "host-key", r"(?P<how>StrictHostKeyChecking[= ](?:no|off))"),
)  # fmt: skip

_WRITTEN: tuple[tuple[str, Check, str], ...] = (
    ("ssh", "host-key", r"(?P<how>StrictHostKeyChecking[ =]+\"?(?:no|off))\b"),
    ("apt-get", "signature", r"(?P<how>\[[^\]\n]{0,200}trusted=yes[^\]\n]{0,200}\])(?P<host>\s+file:)?"),
    ("apt-get", "signature", r"(?P<how>(?:Acquire::Allow\w{0,20}InsecureRepositories|APT::Get::AllowUnauthenticated)\s+\\?[\"']?(?:true|1|yes))"),
    ("apt-get", "tls", r"(?P<how>Acquire::https?::(?:\S{1,100}::)?Verify-(?:Peer|Host)\s+\\?[\"']?(?:false|0|no))"),
    ("yum", "signature", r"(?:(?<=\\n)|(?<![\w]))(?P<how>gpgcheck\s{0,4}=\s{0,4}(?:0|false|no))\b"),
    ("yum", "tls", r"(?:(?<=\\n)|(?<![\w.]))(?P<how>sslverify\s{0,4}=\s{0,4}(?:0|false|no))\b"),
    ("wget", "tls", r"(?P<how>check_certificate\s{0,4}=\s{0,4}off)\b"),
    ("npm", "tls", r"(?P<how>strict-ssl\s{0,4}=\s{0,4}false)\b"),
    ("conda", "tls", r"(?P<how>ssl_verify:\s{0,4}(?:false|no|off))\b"),
    ("pip", "tls", r"(?P<how>trusted-host\s{0,4}=\s{0,4}(?P<host>[^\s\"']+))"),
)  # fmt: skip
"""(tool, check, pattern) for configuration that is written to a file."""
_WRITERS = frozenset({"echo", "printf", "sed", "tee", "cat", "awk", "perl", "crudini", "ed"})
_SIGNS = (
    "sslverify",
    "hostkeychecking",
    "trusted",
    "insecure",
    "unauthenticated",
    "verify-",
    "gpgcheck",
    "certificate",
    "strict-ssl",
    "ssl_verify",
)

_NO = frozenset({"0", "false", "no", "off"})
_YES = frozenset({"1", "true", "yes", "on"})
_VARIABLES: dict[str, tuple[str, Check, frozenset[str] | None]] = {
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


class Switches:
    """Options, settings and files that commands use."""

    def wants(self, item: Item) -> bool:
        """Steps and configs with commands."""
        return isinstance(item, Step | Config) and bool(item.commands)

    def extract(self, item: Item) -> Iterator[VerificationOff]:
        """A fact for each switch."""
        assert isinstance(item, Step | Config)
        for command in item.commands:
            yield from _curl(item, command) if command.program == "curl" else _options(item, command)
            yield from _assigned(item, command)
            if command.program in _WRITERS:
                texts = (command.source.cut((command.words[0].start, command.words[-1].end)), command.heredoc)
                for text in texts:
                    yield from _written(item, text)


class Variables:
    """Variables that ENV or ARG sets."""

    def wants(self, item: Item) -> bool:
        """ENV and ARG steps."""
        return isinstance(item, Step) and item.keyword in {"ENV", "ARG"}

    def extract(self, item: Item) -> Iterator[VerificationOff]:
        """A fact for each variable that switches a check off."""
        assert isinstance(item, Step)
        instruction = item.instruction
        for pair in instruction.pairs if isinstance(instruction, Pairs) else ():
            if pair.value is not None and pair.value.known:
                at = instruction.text.evidence(pair.key.start, pair.value.end)
                yield from _variable(item, pair.key.text, pair.value.text, at, lasting=item.keyword == "ENV")


class WrittenFiles:
    """Configuration that a COPY writes from a here-document."""

    def wants(self, item: Item) -> bool:
        """COPY and ADD with here-documents."""
        return isinstance(item, Step) and isinstance(item.instruction, Copy) and bool(item.instruction.heredocs)

    def extract(self, item: Item) -> Iterator[VerificationOff]:
        """A fact for each setting."""
        assert isinstance(item, Step)
        for heredoc in item.instruction.heredocs:
            yield from _written(item, heredoc.text)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


@cache
def _by_tool() -> dict[str, tuple[_Switch, ...]]:
    tools = {tool for switch in _SWITCHES for tool in switch.tools}
    return {tool: tuple(switch for switch in _SWITCHES if tool in switch.tools) for tool in tools}


def _curl(item: Step | Config, command: Command) -> Iterator[VerificationOff]:
    """curl, whose ``-k`` may stand among other letters (``-fsSLk``) or be a value (``-o k``)."""
    given = options(command.arguments, CURL_VALUES)
    for how in ("-k", "--insecure", "--proxy-insecure"):
        word = given.word(how)
        if word is not None:
            urls = [split(positional.text) for positional in given.positionals]
            host = "localhost" if urls and all(url.local for url in urls) else ""
            yield _fact(item, "curl", "tls", how, command.evidence(word), host=host)


def _options(item: Step | Config, command: Command) -> Iterator[VerificationOff]:
    switches = _by_tool().get(command.program, ())
    if not switches:
        return
    words, offsets = " ".join(word.text for word in command.arguments), None
    for switch in switches:
        flags = 0 if switch.tools & {"axel", "zypper", "conda"} else re.IGNORECASE
        for match in _exact(switch.pattern, flags).finditer(words):
            offsets = offsets or _offsets(command)
            word = command.arguments[_at(offsets, match.start("how"))]
            last = command.arguments[_at(offsets, match.end("how") - 1)]
            how = match["how"]
            host = (match["host"] or "").rstrip(".") if "host" in match.re.groupindex else ""
            yield _fact(
                item,
                _tool(command.program, how),
                switch.check,
                how,
                command.source.evidence(word.start, last.end),
                host=host,
                lasting=switch.lasting,
            )
    if "_create_unverified_context" in words:
        yield _fact(item, "python", "tls", "ssl._create_unverified_context", command.evidence())


def _tool(program: str, how: str) -> str:
    if program in {"python", "python3", "pip3"}:
        return "pip"
    return "ssh" if "StrictHost" in how and program != "git" else program


@cache
def _exact(pattern: str, flags: int) -> re.Pattern[str]:
    return re.compile(pattern, flags)


def _offsets(command: Command) -> list[int]:
    """Where each argument begins when all are joined by spaces."""
    offsets, at = [], 0
    for word in command.arguments:
        offsets.append(at)
        at += len(word.text) + 1
    return offsets


def _at(offsets: list[int], place: int) -> int:
    from bisect import bisect_right

    return bisect_right(offsets, place) - 1


def _assigned(item: Step | Config, command: Command) -> Iterator[VerificationOff]:
    for assignment in command.assignments:
        if assignment.name.upper() in _VARIABLES and assignment.value.known:
            yield from _variable(item, assignment.name, assignment.value.text, command.evidence(assignment))


def _variable(
    item: Step | Config, name: str, value: str, at: Evidence, *, lasting: bool = False
) -> Iterator[VerificationOff]:
    entry = _VARIABLES.get(name.upper() if name.islower() else name)
    if entry is None:
        return
    tool, check, values = entry
    if name == "GIT_SSH_COMMAND":
        if _compiled(r"StrictHostKeyChecking[= ](?:no|off)").search(value):
            yield _fact(item, tool, check, "StrictHostKeyChecking=no", at, lasting=lasting)
    elif values is None:
        for host in value.replace(",", " ").split():
            yield _fact(item, tool, check, f"{name}={host}", at, host=host, lasting=lasting)
    elif value.strip().lower() in values:
        yield _fact(item, tool, check, f"{name}={value}" if value else f'{name}=""', at, lasting=lasting)


def _written(item: Step | Config, text: Text | None) -> Iterator[VerificationOff]:
    lower = text.value.lower() if text is not None else ""
    if text is None or not any(sign in lower for sign in _SIGNS):
        return
    for tool, check, pattern in _WRITTEN:
        for match in _compiled(pattern).finditer(text.value):
            host = match["host"] or "" if "host" in match.re.groupindex else ""
            at = text.evidence(*match.span("how"))
            yield _fact(item, tool, check, match["how"], at, host=host, lasting=True)


def _fact(
    item: Step | Config, tool: str, check: Check, how: str, at: Evidence, *, host: str = "", lasting: bool = False
) -> VerificationOff:
    host = host.strip()
    name = host.partition("://")[2] or host
    local = host == "file:" or name.partition(":")[0] in {"localhost", "127.0.0.1", "0.0.0.0", "::1"}  # noqa: S104
    return VerificationOff(
        evidence=(at,),
        ships=item.stage.ships,
        tool=tool,
        check=check,
        how=how,
        host="" if host == "file:" else host,
        local=local,
        stage=stage(item),
        lasting=lasting,
    )


EXTRACTORS = (Switches(), Variables(), WrittenFiles())
