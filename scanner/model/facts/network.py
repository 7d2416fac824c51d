"""What listens."""

from __future__ import annotations

from typing import Literal

from scanner.model.facts.base import Fact

ServiceRole = Literal[
    "notebook",
    "model-server",
    "dashboard",
    "tracking",
    "cluster",
    "ui",
    "vector-db",
    "gateway",
    "labeling",
    "remote-shell",
    "database",
    "tools",
    "app",
]
"""``tools``: an MCP server; ``app``: a web framework that serves the image's own code."""

Authentication = Literal["none", "set", "default"]


class ExposedPort(Fact):
    """A port that EXPOSE names; each port is a fact of its own, a range is one."""

    kind = "exposed-port"
    identity = ("port", "protocol", "stage")
    port: int | None
    """The (first) port number; None when it is not known or not a number."""
    protocol: str
    words: str
    """As written, variables filled in."""
    valid: bool | None
    """A number from 1 to 65535, or a range of them, without host part."""
    host_mapping: bool
    """Written ``ip:port`` or ``host:container``, which EXPOSE cannot do."""
    count: int
    """How many ports it opens (a range has several)."""
    well_known: str
    """The remote-administration or database service that uses this port by convention (``ssh``, ``telnet``, ``rdp``,
    ``docker``, ``redis``, ``postgres``, …), else ""."""
    stage: str


class Service(Fact):
    """A network service that the container starts."""

    kind = "service"
    identity = ("product",)
    product: str
    """``jupyter``, ``ray``, ``mlflow``, ``vllm``, ``ollama``, … (rules/tables/services)."""
    role: ServiceRole
    port: int | None
    address: str | None
    """What it binds to, as configured or by default: ``0.0.0.0``, ``127.0.0.1``, …"""
    open: bool | None
    """It listens beyond localhost."""
    exposed: bool
    """EXPOSE names its port."""
    auth: Authentication | None
    """``none``: anyone may use it; ``set``: a credential or a file with one is configured; ``default``: the product
    protects itself unless told otherwise (Jupyter's token)."""
    auth_off: bool
    """Authentication is switched off on purpose, rather than never configured."""
    encrypted: bool | None
    as_root: bool | None
    runs_code: bool
    """Whoever may use it can run code in the container: notebooks, Ray jobs, TorchServe management, …"""
    started_by: Literal["command", "script", "base-image"]
    risk: str
    """A mode that makes it worse, in a few words (``model control explicit``, ``development mode``), else ""."""


class ServerSwitch(Fact):
    """A switch of a model server that gives callers more than answers."""

    kind = "server-switch"
    identity = ("how", "stage")
    product: str
    how: str
    """``VLLM_SERVER_DEV_MODE=1``, ``--allowed-local-media-path=/``, …"""
    opens: Literal["development endpoints", "loading of adapters", "files of the container"]
    stage: str
    moment: Literal["build", "start", "environment"]
