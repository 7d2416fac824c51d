"""Models and credentials that are removed when they are in a layer already."""

from __future__ import annotations

import pytest

from scanner.extractors import removals
from scanner.sources import dockerfile


def removed(*instructions: str, stage: str = "FROM python:3.12"):
    target = dockerfile.read("\n".join((stage, *instructions, "")))
    (extractor,) = removals.EXTRACTORS
    return [
        (fact.path, fact.content, fact.put_by)
        for item in target.items()
        if extractor.wants(item)
        for fact in extractor.extract(item)
    ]


@pytest.mark.parametrize(
    ("before", "later", "content", "put_by"),
    [
        ("COPY .netrc /root/", "rm /root/.netrc", "credential", "copy"),
        ("COPY conf /root/.netrc", "rm -f ~/.netrc", "credential", "copy"),
        ("RUN hf auth login --token $T", "rm -rf ~/.cache/huggingface", "credential", "login"),
        ("RUN echo $T > /root/.netrc", "pip list && rm /root/.netrc", "credential", "command"),
        ("COPY m.pt /models/", "rm -r /models", "model", "copy"),
        ("ADD https://example.org/m.gguf /models/", "rm /models/*.gguf", "model", "copy"),
        ("RUN curl -o /m/x.safetensors https://example.org/x", "rm /m/x.safetensors", "model", "command"),
        ("RUN cd /m && wget https://example.org/x.onnx", "cd /m && rm x.onnx", "model", "command"),
        ("RUN hf download o/m --local-dir /m", "rm -rf /m", "model", "command"),
        ("ENV HF_HOME=/hf\nRUN hf download o/m", "rm -rf /hf", "model", "command"),
        ("RUN ollama pull llama3", "rm -rf $HOME/.ollama", "model", "command"),
        (
            "RUN python -c \"from transformers import AutoModel; AutoModel.from_pretrained('o/m')\"",
            "rm -rf /root/.cache/huggingface",
            "model",
            "command",
        ),
    ],
)
def test_a_later_instruction_removes_what_an_earlier_one_left(before, later, content, put_by):
    ((_, found, by),) = removed(before, f"RUN {later}")
    assert (found, by) == (content, put_by)
    assert removed(f"RUN {later} || true; ls") in ([], [(later.rpartition(" ")[2], "credential", "unknown")])


@pytest.mark.parametrize(
    "instructions",
    [
        ("RUN hf download o/m --local-dir /m && rm -rf /m", "RUN rm -rf /m"),
        ("RUN echo $T > ~/.netrc; pip list; rm ~/.netrc", "RUN pip check && rm -f ~/.netrc"),
        ("COPY m.pt /models/", "RUN rm /models/other.pt /modelsx /model"),
        ("RUN rm -rf /root/.cache /var/lib/apt/lists/*",),
        ("RUN apt-get install -y x && rm ~/.netrc",),
        ("RUN hf download o/m --local-dir /m", "FROM python:3.12", "RUN rm -rf /m"),
    ],
)
def test_nothing_is_left_behind(instructions):
    assert removed(*instructions) == []


def test_a_stage_that_the_last_one_starts_from_counts():
    found = removed("COPY m.pt /m/", "FROM base", "RUN rm /m/m.pt", stage="FROM python:3.12 AS base")
    assert found == [("/m/m.pt", "model", "copy")]


def test_more_than_are_remembered_is_said(monkeypatch):
    monkeypatch.setattr(removals, "MAX_PLACED", 2)
    with pytest.raises(ValueError, match="more than 2"):
        removed(*(f"COPY m{n}.pt /m/" for n in range(5)), "RUN rm /x")


def test_more_wildcards_than_are_compared_is_said(monkeypatch):
    monkeypatch.setattr(removals, "MAX_WILDCARDS", 2)
    with pytest.raises(ValueError, match="2 removals by wildcard"):
        removed("COPY m.pt /m/", "RUN rm /a* /b* /c*")
