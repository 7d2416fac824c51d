"""Jupyter's servers: options named after classes, configuration files, a token that is on by default.

How the token works: https://jupyter-server.readthedocs.io/en/latest/operators/security.html. An empty token switches
authentication off unless a password is set; an empty ``JUPYTER_TOKEN`` does nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.extractors.services.places import JUPYTER, JUPYTER_ENDS, JUPYTER_FOLDERS
from scanner.extractors.services.reading import Guard, Listening, Reading, number
from scanner.extractors.services.settings import Asked, Setting, given, text_of, unquoted
from scanner.model.location import Text
from scanner.model.target import home
from scanner.parsers.lazy import Lazy

_OPTION = Lazy(r"(?s)--(?:(\w+)\.)?([\w-]+)(?:=(.*))?")
_LINE = (
    r"(?m)^[ \t]*c\.(\w+)\.(ip|port|token|password|hashed_password|allow_origin|certfile|disable_check_xsrf"
    r"|identity_provider_class)[ \t]*=[ \t]*([^\n#]*)"
)
_JSON = (
    r'"(ip|port|token|password|hashed_password|allow_origin|certfile|disable_check_xsrf)"[ \t]*:[ \t]*'
    r'("[^"\n]*"|[\w.]+)'
)
_LITERAL = Lazy(r"[uUbB]?(?:'([^'\n]*)'|\"([^\"\n]*)\"|(\d+)|(None|True|False))[ \t]*")
_CLASSES = frozenset(
    {"NotebookApp", "ServerApp", "LabApp", "JupyterNotebookApp", "ExtensionApp", "JupyterApp", "IdentityProvider"}
    | {"PasswordIdentityProvider", "SingleUserNotebookApp", "SingleUserLabApp"}
)
_ALIASES = frozenset({"ip", "port", "certfile", "keyfile"})
"""Options that work without the name of a class."""


def read(asked: Asked) -> Reading:
    """Address, token and password from the command, the variables and the configuration files."""
    said = dict(_files(asked)) | dict(_variables(asked)) | dict(_options(asked))
    origin, xsrf = said.get("allow_origin"), said.get("disable_check_xsrf")
    risks = []
    if origin is not None and origin.value == "*":
        risks.append(("any origin", origin))
    if xsrf is not None and xsrf.truth():
        risks.append(("XSRF protection off", xsrf))
    sudo = asked.variable("GRANT_SUDO")
    if sudo is not None and sudo.truth():
        risks.append(("sudo without a password", sudo))
    return Reading(
        listening=_listening(asked, said),
        guard=_guard(asked, said),
        encrypted="certfile" in said,
        risk=", ".join(words for words, _ in risks),
        risk_evidence=tuple(e for _, setting in risks for e in setting.evidence),
    )


def _listening(asked: Asked, said: dict[str, Setting]) -> Listening:
    product, image = asked.product, asked.call.image
    address: str | None = product.image_address if image else product.address
    port, ip, ported = product.port, said.get("ip"), said.get("port")
    if ip is not None:
        address = "*" if ip.by_default in {"", "*", "0.0.0.0", "::"} else ip.by_default  # noqa: S104
    elif asked.more:
        address = None
    if ported is not None:
        port = None if ported.by_default is None else number(ported.by_default)
    return Listening(address=address, port=port, evidence=ip.evidence if ip is not None else ())


def _guard(asked: Asked, said: dict[str, Setting]) -> Guard:
    token, password = said.get("token"), said.get("hashed_password", said.get("password"))
    program = asked.call.program
    if password is not None and password.value:
        return Guard(auth="set", evidence=password.evidence)
    if program is not None and "singleuser" in program.text:
        return Guard(auth="set")
    if "identity_provider_class" in said or (password is not None and password.value is None):
        return Guard(auth=None)
    if token is None or token.value:
        return Guard(auth="default" if token is None else "set")
    if token.value is None or asked.more:
        return Guard(auth=None)
    return Guard(auth="none", off=True, evidence=token.evidence + (password.evidence if password is not None else ()))


def _options(asked: Asked) -> Iterator[tuple[str, Setting]]:
    for index, argument in enumerate(asked.arguments):
        match = _OPTION.fullmatch(argument.text)
        if match is None:
            continue
        owner, name, value = match.groups()
        if (owner not in _CLASSES) if owner is not None else (name not in _ALIASES):
            continue
        if value is not None:
            yield name, given(_plain(value), argument.known or "$" not in value, asked.evidence(argument))
        elif index + 1 < len(asked.arguments) and asked.arguments[index + 1].text[:2] != "--":
            following = asked.arguments[index + 1]
            yield (
                name,
                Setting(_plain(following.text) if following.known else None, asked.evidence(argument, following)),
            )


def _variables(asked: Asked) -> Iterator[tuple[str, Setting]]:
    token = asked.variable("JUPYTER_TOKEN") or asked.variable("JUPYTER_TOKEN_FILE")
    if token is not None and token.value != "":
        yield "token", token
    port = asked.variable("JUPYTER_PORT")
    if port is not None:
        yield "port", port


def _files(asked: Asked) -> Iterator[tuple[str, Setting]]:
    given = asked.option("--config")
    names = [f"{folder}/{name}" for folder in (*JUPYTER_FOLDERS, *_homes(asked)) for name in JUPYTER]
    paths = [f"{name}{end}" for name in names for end in JUPYTER_ENDS]
    if given is not None and given.value:
        paths.append(given.value)
    for path in paths:
        file = asked.file(path)
        if file is not None:
            yield from _settings(text_of(file))


def _homes(asked: Asked) -> list[str]:
    own = asked.config.env.get("JUPYTER_CONFIG_DIR")
    homes = dict.fromkeys(("/root", "/home/jovyan", home(asked.config.user, asked.config.env)))
    folders = [f"{folder}/.jupyter" for folder in homes]
    return [*folders, own] if own else folders


def _settings(text: Text) -> Iterator[tuple[str, Setting]]:
    """Assignments to ``c.Class.setting`` in Python, or members of a JSON object; what is no literal is not known."""
    python = not text.value.lstrip().startswith("{")
    for match in re.finditer(_LINE if python else _JSON, text.value):
        name, value = (match[2], match[3]) if python else (match[1], match[2])
        if python and match[1] not in _CLASSES:
            continue
        literal = _LITERAL.fullmatch(value)
        plain = next((part for part in literal.groups() if part is not None), "") if literal is not None else None
        if plain == "None":
            plain = ""
        start = match.start(1) - (2 if python else 1)
        yield name, Setting(plain, (text.evidence(start, match.end()),))


def _plain(value: str) -> str:
    """An option's value as the configuration system takes it: quotes off, ``None`` as empty."""
    value = unquoted(value[1:] if value[:1] in {"u", "b"} and value[1:2] in {"'", '"'} else value)
    return "" if value == "None" else value
