"""Commands that take a model from a hub: download tools and model servers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from scanner.extractors.embedded import module
from scanner.model.command import Command
from scanner.model.facts.models import ModelContent, ModelSource
from scanner.model.location import Word
from scanner.model.record import Record
from scanner.parsers.lazy import Lazy
from scanner.parsers.shell.arguments import Options, options


class Named(Record):
    """A model or data set that a command names. ``revision`` is None when none is given."""

    source: ModelSource
    name: Word
    content: ModelContent = "model"
    revision: Word | None = None
    via: Literal["cli", "server"] = "cli"
    call: str


_HF = frozenset(
    {"--revision", "--repo-type", "--local-dir", "--include", "--exclude", "--token", "--cache-dir", "--max-workers",
     "--local-dir-use-symlinks", "--resume-download", "--format"}
)  # fmt: skip
_MODEL_FLAGS = (
    "--model",
    "--model-id",
    "--model-path",
    "--model_path",
    "--model-name-or-path",
    "--hf-repo",
    "-hf",
    "-hfr",
    "--model_id",
)
_SERVERS = frozenset(
    {
        "vllm", "text-generation-launcher", "text-embeddings-router", "sglang", "lmdeploy", "trtllm-serve",
        "llama-server", "infinity_emb", "mlc_llm", "aphrodite", "tabby", "litserve", "llamafactory-cli", "optimum-cli",
        "whisperx", "tgi", "mlx_lm.server",
    }
)  # fmt: skip
_MODULES = (
    "vllm.",
    "sglang",
    "fastchat.serve",
    "aphrodite.",
    "lmdeploy",
    "mlc_llm",
    "text_generation_server",
    "tgi.",
    "llama_cpp.server",
    "mlx_lm",
)
_SERVE = {
    "vllm": {"serve"},
    "lmdeploy": {"serve", "api_server"},
    "mlc_llm": {"serve"},
    "sglang": {"serve"},
    "aphrodite": {"run"},
}
_REVISIONS = ("--revision", "--model-revision", "--code-revision")
_SERVER_VALUES = frozenset(
    {*_MODEL_FLAGS, *_REVISIONS, "--host", "--port", "--tokenizer", "--dtype", "--tensor-parallel-size", "--tp", "-tp",
     "--max-model-len", "--gpu-memory-utilization", "--served-model-name", "--quantization", "--api-key",
     "--num-shard", "--quantize", "--max-num-seqs", "--pipeline-parallel-size", "--chat-template", "--task",
     "--max-total-tokens", "--max-input-length", "--mem-fraction-static", "--load-format", "--kv-cache-dtype",
     "--device", "--download-dir", "--swap-space", "--max-num-batched-tokens", "--block-size", "--seed",
     "--tool-call-parser", "--reasoning-parser", "--server-port", "--server-name", "--model-name", "--runner"}
)  # fmt: skip
HUB_NAME = Lazy(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}(?::[\w.-]+)?")
"""``org/model``; a path begins with a slash, a dot or a variable."""
_FILES = Lazy(r"\.(?:gguf|safetensors|bin|onnx|pt|pth|engine)$", re.IGNORECASE)


def named(command: Command) -> Iterator[Named]:
    """The models and data sets that a command takes from a hub."""
    program = command.program
    running = module(command)
    if program in {"hf", "huggingface-cli"}:
        yield from _hugging_face(program, options(command.arguments, _HF))
    elif program == "ollama":
        yield from _ollama(options(command.arguments, frozenset({"--format", "--keepalive"})))
    elif program == "modelscope":
        yield from _modelscope(options(command.arguments, _HF | {"--model", "--dataset"}))
    elif program == "kaggle":
        yield from _kaggle(
            options(command.arguments, frozenset({"-d", "--dataset", "-p", "--path", "-f", "--file", "-c"}))
        )
    elif program == "ngc":
        yield from _ngc(options(command.arguments, frozenset({"--dest", "-d", "--org", "--team", "--format_type"})))
    elif program == "spacy" or running == "spacy":
        yield from _spacy(options(command.arguments, frozenset({"-m"})))
    elif running == "nltk.downloader":
        given = options(command.arguments, frozenset({"-m", "-d", "-u"}))
        for name in given.positionals:
            yield Named(source="nltk", name=name, content="corpus", call="nltk.downloader")
    elif program in _SERVERS or running.startswith(_MODULES) or program.startswith("--"):
        yield from _server(program if program in _SERVERS else running or "server", command)


def _hugging_face(program: str, given: Options) -> Iterator[Named]:
    words = [word.text for word in given.positionals]
    if words[:1] != ["download"] or len(words) < 2:
        return
    kind = given.value("--repo-type")
    yield Named(
        source="huggingface",
        name=given.positionals[1],
        content="dataset" if kind is not None and kind.text == "dataset" else "model",
        revision=given.value("--revision"),
        call=f"{program} download",
    )


def _ollama(given: Options) -> Iterator[Named]:
    words = [word.text for word in given.positionals]
    if words[:1] in (["pull"], ["run"]) and len(words) > 1:
        name = given.positionals[1]
        text = name.text
        mark = "@" if "@" in text else ":"
        _, _, tag = text.rpartition("/")[2].partition(mark)
        yield Named(
            source="ollama",
            name=name._replace(text=text.removesuffix(f"{mark}{tag}") if tag else text),
            revision=name._replace(text=tag) if tag else None,
            call=f"ollama {words[0]}",
        )


def _modelscope(given: Options) -> Iterator[Named]:
    if [word.text for word in given.positionals[:1]] == ["download"]:
        data = given.value("--dataset")
        name = data or given.value("--model") or (given.positionals[1] if len(given.positionals) > 1 else None)
        if name is not None:
            kind: ModelContent = "dataset" if data else "model"
            revision = given.value("--revision")
            yield Named(source="modelscope", name=name, content=kind, revision=revision, call="modelscope download")


def _kaggle(given: Options) -> Iterator[Named]:
    words = [word.text for word in given.positionals]
    if "download" in words:
        rest = given.positionals[words.index("download") + 1 :]
        name = given.value("-d", "--dataset", "-c") or (rest[0] if rest else None)
        if name is not None:
            kind: ModelContent = "model" if words[0] == "models" else "dataset"
            yield Named(source="kaggle", name=name, content=kind, call=f"kaggle {words[0]} download")


def _ngc(given: Options) -> Iterator[Named]:
    words = [word.text for word in given.positionals]
    if "download-version" in words and words.index("download-version") + 1 < len(words):
        word = given.positionals[words.index("download-version") + 1]
        name, colon, version = word.text.partition(":")
        revision = word._replace(text=version) if colon else None
        yield Named(source="ngc", name=word._replace(text=name), revision=revision, call="ngc download-version")


def _spacy(given: Options) -> Iterator[Named]:
    words = [word for word in given.positionals if word.text != "spacy"]
    if len(words) > 1 and words[0].text == "download":
        yield Named(source="spacy", name=words[1], call="spacy download")


def _server(program: str, command: Command) -> Iterator[Named]:
    words = command.words if command.program.startswith("--") else command.arguments
    given = options(words, _SERVER_VALUES)
    revision = given.value(*_REVISIONS)
    verbs = _SERVE.get(program.partition(".")[0], set())
    names = [*given.values(*_MODEL_FLAGS)]
    if verbs & {word.text for word in given.positionals}:
        names += [word for word in given.positionals if word.text not in verbs][:1]
    elif program == "trtllm-serve":
        names += given.positionals[:1]
    for name in names:
        if HUB_NAME.fullmatch(name.text) and not _FILES.search(name.text):
            call = f"{program} serve" if program in {"vllm", "lmdeploy"} else program
            yield Named(source="huggingface", name=name, revision=revision, via="server", call=call)
