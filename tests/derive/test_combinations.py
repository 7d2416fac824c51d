"""A combination needs all of its parts, has all their places, and is not guessed when one of them is not known."""

from __future__ import annotations

import pytest

from scanner.derive.combinations import derive
from scanner.derive.parts import MAX_NAMED
from scanner.scan import Options, scan_text

KEY = "ENV OPENAI_API_KEY=3f9a1c5e7b2d4860a9c1e3f57b9d2c4e"
NOTEBOOK = 'CMD ["jupyter", "lab", "--ip=0.0.0.0", "--allow-root", "--IdentityProvider.token="]'
SERVER = 'CMD ["uvicorn", "app:app", "--host", "0.0.0.0"]'
VLLM = 'CMD ["vllm", "serve", "o/m", "--trust-remote-code", "--api-key", "x"]'


def combinations(text, files=None):
    report = scan_text(text, Options(rules=(), build_args={}, keep_facts=True), context=files)
    return [fact for fact in report.facts if fact.kind == "combination"]


def found(text, files=None):
    return [(fact.name, fact.holds) for fact in combinations(text, files)]


PARTS = {
    "open-code-with-gpu": (["FROM nvidia/cuda:12.9.1-runtime-ubuntu24.04", "USER root", NOTEBOOK], None),
    "remote-root-shell": (
        ["FROM ubuntu:24.04", "RUN echo root:x | chpasswd", 'RUN echo "PermitRootLogin yes" >> /etc/ssh/sshd_config', "CMD /usr/sbin/sshd -D"],
        None,
    ),
    "pickle-behind-service": (["FROM python:3.12", "RUN pip install torch==2.5.1", "COPY m.pt /m/", SERVER], None),
    "hub-code-as-root": (["FROM python:3.12", "USER root", VLLM], None),
    "token-behind-open-gateway": (["FROM python:3.12", KEY, 'CMD ["litellm", "--host", "0.0.0.0"]'], None),
    "token-beside-traces": (["FROM python:3.12", KEY, "ENV LANGSMITH_TRACING=true"], None),
    "token-beside-telemetry": (["FROM python:3.12", KEY, "RUN pip install gradio==5.0"], None),
    "credentials-in-whole-context": (["FROM python:3.12", "COPY . /app"], {".env": b"A=1", "app.py": b""}),
}  # fmt: skip
"""All the lines that a combination needs; a USER that is missing means root, so it is replaced instead."""


@pytest.mark.parametrize("name", PARTS)
def test_all_parts_make_it_and_each_is_evidence(name):
    lines, files = PARTS[name]
    (fact,) = combinations("\n".join(lines) + "\n", files)
    assert (fact.name, fact.holds) == (name, True)
    places = {(evidence.at.path, evidence.at.span and evidence.at.span.first_line) for evidence in fact.evidence}
    assert len(places) >= 2
    assert all(evidence.note for evidence in fact.evidence)


@pytest.mark.parametrize(("name", "line"), [(n, at) for n, (lines, _) in PARTS.items() for at in range(1, len(lines))])
def test_without_one_of_its_parts_it_is_not_there(name, line):
    lines, files = PARTS[name]
    other = ["USER 1000"] if lines[line] == "USER root" else []
    assert found("\n".join([*lines[:line], *other, *lines[line + 1 :]]) + "\n", files) == []


@pytest.mark.parametrize(
    ("text", "files", "name"),
    [
        ("ARG BASE\nFROM $BASE\nUSER root\n" + NOTEBOOK, None, "open-code-with-gpu"),
        ("FROM nvidia/cuda:12.9.1-base-ubuntu24.04\nARG WHO\nUSER $WHO\n" + NOTEBOOK, None, "open-code-with-gpu"),
        ("FROM python:3.12\nARG V\nRUN pip install torch==$V\nCOPY m.pt /m/\n" + SERVER, None, "pickle-behind-service"),
        ("FROM python:3.12\nRUN pip install 'torch<2.7'\nCOPY m.pt /m/\n" + SERVER, None, "pickle-behind-service"),
        ("FROM python:3.12\nARG R\nUSER root\nCMD vllm serve o/m --trust-remote-code --api-key x --revision $R", None, "hub-code-as-root"),
        (f"FROM python:3.12\n{KEY}\nARG T\nENV LANGSMITH_TRACING=$T", None, "token-beside-traces"),
    ],
)  # fmt: skip
def test_a_part_that_is_not_known_leaves_it_undecided(text, files, name):
    assert found(text + "\n", files) == [(name, None)]


@pytest.mark.parametrize(
    "text",
    [
        "FROM nvidia/cuda:12.9.1-base-ubuntu24.04\nENV X=1\nCMD jupyter lab --ip=0.0.0.0 --allow-root --ServerApp.token=abcdefgh1234",
        "FROM python:3.12-slim\nENV NVIDIA_VISIBLE_DEVICES=void\n" + NOTEBOOK,
        "FROM python:3.12\nRUN pip install torch==2.6.0\nCOPY m.pt /m/\n" + SERVER,
        "FROM python:3.12\nRUN pip install torch==2.10.0\nCOPY m.pt /m/\n" + SERVER,
        "FROM python:3.12\nRUN pip install 'torch>=2.0'\nCOPY m.pt /m/\n" + SERVER,
        "FROM pytorch/pytorch:2.1.0-cuda12.1-cudnn8-runtime\nRUN pip install torch==2.8.0\nCOPY m.pt /m/\n" + SERVER,
        "FROM python:3.12\nRUN pip install torch==2.5.1\nCOPY m.safetensors /m/\n" + SERVER,
        "FROM python:3.12\nRUN pip install torch==2.5.1\nCOPY m.pt /m/\nCMD uvicorn app:app --host 127.0.0.1",
        f"FROM python:3.12\n{KEY}\nENV OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318",
        f"FROM python:3.12\n{KEY}\nENV LANGFUSE_HOST=",
        f"FROM python:3.12 AS build\n{KEY}\nFROM python:3.12\nENV LANGSMITH_TRACING=true",
        "FROM python:3.12 AS build\nCOPY m.pt /m/\nFROM python:3.12\nRUN pip install torch==2.5.1\n" + SERVER,
    ],
)
def test_what_only_looks_like_it_is_none(text):
    assert found(text + "\n") == []


@pytest.mark.parametrize(
    ("base", "holds"),
    [
        ("tensorflow/tensorflow:2.19.0-gpu-jupyter", True),
        ("nvcr.io/nvidia/pytorch:25.08-py3", True),
        ("rocm/pytorch:rocm6.4_ubuntu24.04_py3.12_pytorch_release_2.6.0", True),
        ("vllm/vllm-openai:v0.11.0", False),
        ("python:3.12-slim-amd64", False),
    ],
)
def test_a_base_is_for_gpus_by_its_name_or_tag(base, holds):
    names = [name for name, _ in found(f"FROM {base}\nUSER root\n{NOTEBOOK}\n")]
    assert ("open-code-with-gpu" in names) is holds


def test_a_sudo_without_password_is_as_good_as_root():
    text = (
        "FROM nvidia/cuda:12.9.1-base-ubuntu24.04\nRUN echo 'app ALL=(ALL) NOPASSWD: ALL' >> /etc/sudoers\nUSER app\n"
    )
    assert found(text + NOTEBOOK + "\n") == [("open-code-with-gpu", True)]


def test_weights_that_a_download_brings_count_by_the_name_they_are_saved_under():
    text = "FROM python:3.12\nRUN pip install torch==2.5.1\nRUN curl -o {} https://h.example/get\n" + SERVER + "\n"
    assert found(text.format("/m/model.pt")) == [("pickle-behind-service", True)]
    assert found(text.format("/m/model.onnx")) == []


def test_many_files_are_named_up_to_a_limit_and_all_are_evidence():
    files = {f"{number}.env": b"A=1" for number in range(9)}
    (fact,) = combinations("FROM python:3.12\nCOPY . /app\n", files)
    assert fact.what.count(".env") == MAX_NAMED
    assert fact.what.endswith(" and 4 more")
    assert len(fact.evidence) == 1 + 9


def test_no_facts_make_no_combination():
    assert list(derive((), "2026-01-01")) == []
