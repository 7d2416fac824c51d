"""Agents that may run code: options, variables, classes and keywords, and what is not one of them."""

from __future__ import annotations

import pytest

from scanner.extractors import agents
from scanner.sources import dockerfile


def allowed(text: str, **files: str):
    context = {f"{name}.py": words.encode() for name, words in files.items()}
    target = dockerfile.read(f"FROM python:3.12\n{text}\n", context=context)
    found = [fact for item in target.items() for e in agents.EXTRACTORS if e.wants(item) for fact in e.extract(item)]
    return [(fact.how, fact.tool, fact.moment) for fact in found]


@pytest.mark.parametrize(
    ("text", "how", "tool", "moment"),
    [
        ("ENV HF_ALLOW_CODE_EVAL=1", "HF_ALLOW_CODE_EVAL=1", "evaluate", "environment"),
        ("RUN HF_ALLOW_CODE_EVAL=true python e.py", "HF_ALLOW_CODE_EVAL=true", "evaluate", "build"),
        ("CMD export HF_ALLOW_CODE_EVAL=1 && python e.py", "HF_ALLOW_CODE_EVAL=1", "evaluate", "start"),
        ("CMD claude -p x --dangerously-skip-permissions", "--dangerously-skip-permissions", "claude", "start"),
        (
            'CMD ["claude", "--permission-mode", "bypassPermissions"]',
            "--permission-mode=bypassPermissions",
            "claude",
            "start",
        ),
        ("CMD codex --sandbox=danger-full-access", "--sandbox=danger-full-access", "codex", "start"),
        ("CMD gemini -y", "-y", "gemini", "start"),
        ("CMD python -m lm_eval --confirm_run_unsafe_code", "--confirm_run_unsafe_code", "lm_eval", "start"),
    ],
)
def test_what_lets_a_model_run_code(text, how, tool, moment):
    assert allowed(text) == [(how, tool, moment)]


@pytest.mark.parametrize(
    "text",
    [
        "ENV HF_ALLOW_CODE_EVAL=0",
        "ENV HF_ALLOW_CODE_EVAL=$ALLOW",
        "CMD claude --permission-mode plan",
        "CMD codex --sandbox workspace-write",
        "RUN apt-get install -y gemini",
        "RUN echo --dangerously-skip-permissions",
    ],
)
def test_what_does_not(text):
    assert allowed(text) == []


@pytest.mark.parametrize(
    ("code", "how"),
    [
        ("from langchain_experimental.utilities import PythonREPL as R\nR()", "PythonREPL()"),
        ("import autogen.coding as c\nc.LocalCommandLineCodeExecutor(work_dir='w')", "LocalCommandLineCodeExecutor()"),
        ("from smolagents import CodeAgent\nCodeAgent(executor_type='local')", "CodeAgent()"),
        ("from crewai import Agent\nAgent(role='x', allow_code_execution=True)", "allow_code_execution=True"),
        ("from crewai import Agent\nAgent(code_execution_mode='unsafe')", "code_execution_mode=unsafe"),
        ("load(allow_dangerous_requests=True)", "allow_dangerous_requests=True"),
    ],
)
def test_python_that_gives_an_agent_such_a_tool(code, how):
    assert [found[0] for found in allowed("COPY a.py .\nCMD python a.py", a=code)] == [how]


@pytest.mark.parametrize(
    "code",
    [
        "from smolagents import CodeAgent\nCodeAgent(executor_type='e2b')",
        "from smolagents import CodeAgent\nCodeAgent(executor=mine)",
        "from smolagents import CodeAgent\nCodeAgent(executor_type=KIND)",
        "from ours import PythonREPL\nPythonREPL()",
        "Agent(allow_code_execution=False)",
        "Agent(allow_code_execution=ALLOWED)",
        "'PythonREPL()'",
    ],
)
def test_python_that_does_not(code):
    assert allowed("COPY a.py .\nCMD python a.py", a=code) == []


def test_python_that_cannot_be_read_is_named():
    with pytest.raises(ValueError, match=r"a\.py.*not Python"):
        allowed("COPY a.py .\nCMD python a.py", a="PythonREPL(")
