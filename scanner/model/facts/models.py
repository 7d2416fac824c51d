"""Models: where they come from and how they are loaded."""

from __future__ import annotations

from typing import Literal

from scanner.model.facts.base import Fact

ModelSource = Literal["huggingface", "ollama", "torch-hub", "modelscope", "spacy", "nltk", "kaggle", "ngc", "other"]
ModelContent = Literal["model", "dataset", "corpus"]


class ModelDownload(Fact):
    """A model or data set taken from a hub by name."""

    kind = "model-download"
    identity = ("source", "name", "stage")
    source: ModelSource
    name: str | None
    """``org/model``, or what the hub calls it."""
    content: ModelContent
    revision: str | None
    """As given, "" for none."""
    revision_pinned: bool | None
    """The revision is a full commit (or a digest)."""
    via: Literal["cli", "python", "server", "cache"]
    """A download command, a call in Python code, the argument of a model server, or what a cache in a layer tells."""
    call: str
    """``hf download``, ``from_pretrained``, ``vllm serve``, …"""
    stage: str
    moment: Literal["build", "start"]
    trust_repo: bool
    """``torch.hub.load(trust_repo=True)``."""


class RemoteCode(Fact):
    """Code that comes with a model is allowed to run."""

    kind = "remote-code"
    identity = ("how", "stage")
    how: str
    """``--trust-remote-code``, ``trust_remote_code=True``, ``HF_DATASETS_TRUST_REMOTE_CODE=1``, …"""
    model: str | None
    """The model it is allowed for, "" when that is not said."""
    revision_pinned: bool | None
    stage: str
    moment: Literal["build", "start", "environment"]


class UnsafeLoad(Fact):
    """A safe-loading check that is switched off, or a loader that runs what it loads."""

    kind = "unsafe-load"
    identity = ("how", "stage")
    how: str
    """``weights_only=False``, ``TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1``, ``allow_pickle=True``, …"""
    library: str
    """``torch``, ``numpy``, ``keras``, ``langchain``, ``vllm``, …"""
    stage: str
    moment: Literal["build", "start", "environment"]
