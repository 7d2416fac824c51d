"""What language models and their agents may do, and where their traffic goes."""

from __future__ import annotations

from typing import Literal

from scanner.model.facts.base import Fact


class AgentExecution(Fact):
    """A language model, or code that one wrote, may run code and commands in the container."""

    kind = "agent-execution"
    identity = ("how", "stage")
    how: str
    """``--dangerously-skip-permissions``, ``allow_dangerous_code=True``, ``PythonREPLTool()``, …"""
    tool: str
    """``claude``, ``langchain``, ``smolagents``, …"""
    stage: str
    moment: Literal["build", "start", "environment"]


class Destination(Fact):
    """An address that a variable gives to AI libraries: where they take models from, or send traces to."""

    kind = "destination"
    identity = ("purpose", "how")
    purpose: Literal["model-hub", "traces"]
    how: str
    """``HF_ENDPOINT=https://hf-mirror.com``, ``LANGSMITH_TRACING=true``, …"""
    host: str | None
    official: bool | None
    """It is the hub that the library asks by itself."""
    outside: bool | None
    """A public host: no address or name of a private network, nor of this machine; None for one that is spoken to in
    clear text, which may be a cluster's own."""
    encrypted: bool | None
    stage: str
    moment: Literal["build", "start", "environment"]
