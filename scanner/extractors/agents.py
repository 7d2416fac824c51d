"""Agents that may run code and commands: how they are started, and the tools that Python gives them."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.extractors import embedded
from scanner.extractors.place import moment, stage
from scanner.extractors.variables import variables
from scanner.model.command import Command
from scanner.model.facts import AgentExecution
from scanner.model.location import Text
from scanner.model.target import Config, Item, Step
from scanner.parsers.python_code import Call, calls

_SWITCHES: dict[str, frozenset[str]] = {
    "claude": frozenset({"--dangerously-skip-permissions", "--permission-mode=bypassPermissions"}),
    "codex": frozenset(
        {
            "--dangerously-bypass-approvals-and-sandbox", "--yolo", "--sandbox=danger-full-access",
            "-s=danger-full-access",
        }
    ),
    "gemini": frozenset({"--yolo", "-y", "--approval-mode=yolo"}),
    "qwen": frozenset({"--yolo", "-y", "--approval-mode=yolo"}),
    "copilot": frozenset({"--allow-all-tools", "--yolo"}),
    "amp": frozenset({"--dangerously-allow-all"}),
    "interpreter": frozenset({"-y", "--auto_run"}),
    "lm_eval": frozenset({"--confirm_run_unsafe_code"}),
}  # fmt: skip
"""By program, the options with which it no longer asks before it runs something; ``option=value`` also in two words."""
_VARIABLES = {"HF_ALLOW_CODE_EVAL": "evaluate"}
_KEYWORDS: dict[str, tuple[object, str]] = {
    "allow_dangerous_code": (True, "langchain"),
    "allow_dangerous_requests": (True, "langchain"),
    "allow_code_execution": (True, "crewai"),
    "code_execution_mode": ("unsafe", "crewai"),
}
_TOOLS = {
    "PythonREPLTool": "langchain", "PythonAstREPLTool": "langchain", "PythonREPL": "langchain",
    "ShellTool": "langchain",
    "LocalCommandLineCodeExecutor": "autogen", "UnsafeLocalCodeExecutor": "google.adk", "CodeAgent": "smolagents",
}  # fmt: skip
"""Classes that run what a model writes in their own process, by the start of the module they come from."""


class AgentCommands:
    """Options of agents, and variables that let models run code."""

    of = (Step, Config)

    def wants(self, item: Item) -> bool:
        """ENV, and whatever runs commands."""
        return isinstance(item, Config) or (isinstance(item, Step) and (item.keyword == "ENV" or bool(item.commands)))

    def extract(self, item: Item) -> Iterator[AgentExecution]:
        """The facts."""
        assert isinstance(item, Config | Step)
        for each in variables(item):
            if each.name in _VARIABLES and each.on:
                yield AgentExecution(
                    evidence=(each.evidence,), ships=item.stage.ships, how=f"{each.name}={each.value}",
                    tool=_VARIABLES[each.name], stage=stage(item), moment=each.moment,
                )  # fmt: skip
        for command in item.commands:
            yield from _switched(item, command)


class AgentCode:
    """The tools and permissions that Python code gives to agents."""

    of = (Step, Config)

    def wants(self, item: Item) -> bool:
        """Steps and configs with commands."""
        return isinstance(item, Step | Config) and bool(item.commands)

    def extract(self, item: Item) -> Iterator[AgentExecution]:
        """The facts; what cannot be read is reported after them."""
        assert isinstance(item, Step | Config)
        unread: ValueError | None = None
        for text in embedded.readable(item):
            if not any(sign in text.value for sign in (*_TOOLS, *_KEYWORDS)):
                continue
            try:
                found = calls(text, _TOOLS.keys(), _KEYWORDS.keys())
            except ValueError as error:
                unread = unread or ValueError(f"{text.location()}: {error}")
                continue
            for call in found:
                yield from _allowed(item, text, call)
        if unread is not None:
            raise unread


def _switched(item: Step | Config, command: Command) -> Iterator[AgentExecution]:
    program = command.program if command.program in _SWITCHES else embedded.module(command)
    switches = _SWITCHES.get(program)
    if switches is None:
        return
    for index, word in enumerate(command.arguments):
        following = command.arguments[index + 1].text if index + 1 < len(command.arguments) else ""
        how = next((each for each in (word.text, f"{word.text}={following}") if each in switches), "")
        if how:
            yield AgentExecution(
                evidence=(command.evidence(word),), ships=item.stage.ships, how=how, tool=program, stage=stage(item),
                moment=moment(item),
            )  # fmt: skip


def _allowed(item: Step | Config, text: Text, call: Call) -> Iterator[AgentExecution]:
    found = [
        (f"{name}={argument.value}", tool, argument.start, argument.end)
        for name, (wanted, tool) in _KEYWORDS.items()
        if (argument := call.keywords.get(name)) is not None and argument.value == wanted
    ]
    name = call.name.rpartition(".")[2]
    if call.name.startswith(_TOOLS.get(name, "?")) and not _sandboxed(call):
        found.append((f"{name}()", _TOOLS[name], call.start, call.end))
    for how, tool, start, end in found:
        yield AgentExecution(
            evidence=(text.evidence(start, end),), ships=item.stage.ships, how=how, tool=tool, stage=stage(item),
            moment=moment(item),
        )  # fmt: skip


def _sandboxed(call: Call) -> bool:
    """Whether an agent is given an executor of another kind than the local one, or perhaps."""
    given = call.keywords.get("executor_type")
    return "executor" in call.keywords or (given is not None and given.value != "local")


EXTRACTORS = (AgentCommands(), AgentCode())
