"""Artifacts of development and training in the build context, and models that bring code."""

from __future__ import annotations

import json

import pytest

from scanner.extractors import artifacts, model_code
from scanner.model.facts import Artifact
from scanner.scan import collect
from scanner.sources import dockerfile


def brought(text: str, *paths: str, **contents: str):
    files = dict.fromkeys(paths, b"x") | {name.replace("__", "."): words.encode() for name, words in contents.items()}
    target = dockerfile.read(f"FROM python:3.12\n{text}\n", context=files)
    problems: list = []
    facts = collect(target, "2026-01-01", problems)
    assert not problems
    return [fact for fact in facts if isinstance(fact, Artifact)]


@pytest.mark.parametrize(
    ("source", "type_"),
    [
        ("wandb", "experiment"), ("./mlruns/", "experiment"), ("a/lightning_logs", "experiment"),
        ("checkpoint-500", "training-state"), ("out/global_step100", "training-state"),
        ("m/optimizer.pt", "training-state"), ("chroma_db", "vector-index"), ("data/.chroma", "vector-index"),
        ("docs.faiss", "vector-index"), ("vectorstore", "vector-index"), ("torch_compile_cache", "compile-cache"),
        ("prompts/", "prompts"), ("system_prompt.txt", "prompts"),
    ],
)  # fmt: skip
def test_a_copy_names_one(source, type_):
    (fact,) = brought(f"COPY {source} /x/")
    assert (fact.type, fact.path, fact.by_name, fact.others) == (type_, source, True, 0)


@pytest.mark.parametrize(
    "source",
    [
        "wandb.yaml",
        "tests/chroma_db",
        "checkpoint",
        "checkpoints",
        "vector.py",
        "prompts.py",
        "index.pkl",
        "mlruns/1/a/artifacts/m",
    ],
)
def test_a_copy_names_none(source):
    assert brought(f"COPY {source} /x/") == []


def test_what_a_folder_brings_is_one_fact_for_each_type():
    found = brought(
        "COPY . /app",
        "wandb/run-1-a/files/config.yaml",
        "wandb/run-2-b/logs/debug.log",
        "m/optimizer.pt",
        "m/trainer_state.json",
        "site-packages/wandb/run-1/x",
        "wandb/__init__.py",
    )
    assert {(fact.type, fact.others, fact.by_name) for fact in found} == {
        ("experiment", 1, False),
        ("training-state", 1, False),
    }
    assert all(fact.evidence[0].quote == "." for fact in found)


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("torchrun --nproc-per-node=8 a.py", True),
        ("python train_lora.py", True),
        ("python finetune.py --x", True),
        ("accelerate launch a.py", True),
        ("python serve.py", False),
        ("python constraints.py", False),
    ],
)
def test_training_state_is_wanted_where_training_goes_on(command, wanted):
    (fact,) = brought(f"COPY checkpoint-1 /m\nCMD {command}")
    assert fact.wanted is wanted


def notebook(outputs):
    return json.dumps({"cells": [{"cell_type": "markdown"}, {"cell_type": "code", "outputs": outputs}]})


def test_a_notebook_with_outputs():
    (fact,) = brought("COPY . /app", a__ipynb=notebook([{"text": "1"}]))
    assert fact.type == "notebook-outputs"
    assert brought("COPY . /app", a__ipynb=notebook([])) == []
    assert brought("COPY . /app", a__ipynb='{"text": "\\"outputs\\": [1]"}') == []


def test_a_large_notebook_is_not_read(monkeypatch):
    monkeypatch.setattr(artifacts, "MAX_NOTEBOOK", 10)
    (fact,) = brought("COPY . /app", a__ipynb="no JSON, and longer than ten bytes")
    assert fact.type == "notebook-outputs"


def test_a_broken_notebook_is_a_problem():
    target = dockerfile.read("FROM x\nCOPY . /app\n", context={"a.ipynb": b'{"outputs": [1'})
    problems: list = []
    collect(target, "2026-01-01", problems)
    assert [problem.at.path for problem in problems] == ["a.ipynb"]


@pytest.mark.parametrize(
    ("auto_map", "found"),
    [
        ({"AutoModel": "modeling.M"}, [""]),
        ({"AutoModel": "o/r--modeling.M", "AutoConfig": "o/r--c.C", "AutoTokenizer": ["t.T", None]}, ["o/r", ""]),
        ({}, []),
        ("text", []),
        ({"AutoModel": 3}, []),
    ],
)
def test_the_code_that_a_configuration_names(auto_map, found):
    data = json.dumps({"auto_map": auto_map}).encode()
    target = dockerfile.read("FROM x\nCOPY m /m\n", context={"m/config.json": data, "m/other.json": data})
    (extractor,) = model_code.EXTRACTORS
    facts = [fact for item in target.items() if extractor.wants(item) for fact in extractor.extract(item)]
    assert [fact.repository for fact in facts] == found
