"""The JSON files beside a model's weights, as the Hugging Face libraries write them.

``auto_map`` and ``custom_pipelines`` name classes in files of the repository, or of another (``org/name--file.Class``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scanner.parsers.models import documents
from scanner.parsers.models.documents import number, text, words
from scanner.parsers.models.header import Draft, Header, Template
from scanner.parsers.models.limits import MAX_NAMED, MAX_TEMPLATE, MAX_TEMPLATES
from scanner.parsers.tar import Source

_CONTEXTS = ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "n_ctx", "max_sequence_length")
_NOT_LIBRARIES = frozenset({"null", "", "diffusers", "transformers"})


def reader_of(path: str) -> Callable[[Source, int], Header] | None:
    """What reads a file of this name; None for another one. Any folder may have a ``config.json`` of something else."""
    name = path.rpartition("/")[2]
    if name.endswith(".safetensors.index.json") or name == "pytorch_model.bin.index.json":
        return read_index
    return _READERS.get(name)


def read_config(source: Source, size: int) -> Header:
    """A ``config.json`` of transformers or diffusers. Raises ValueError for one of something else."""
    draft = Draft("config")
    said = _object(draft, source, size)
    if said is None:
        return draft.finish()
    if (
        not {"model_type", "architectures", "auto_map", "_class_name", "transformers_version", "quantization_config"}
        & said.keys()
    ):
        raise ValueError("not the configuration of a model")
    inner = said.get("text_config") if isinstance(said.get("text_config"), dict) else {}
    library, version = ("diffusers", text(said, "_diffusers_version")) if "_class_name" in said else (
        "transformers", text(said, "transformers_version"),
    )  # fmt: skip
    kind = words(said.get("torch_dtype")) or words(said.get("dtype")) or words((inner or {}).get("torch_dtype"))
    draft.say(
        architecture=next(iter(words(said.get("architectures"))), "") or text(said, "_class_name"),
        dtypes=kind,
        quantization=_quantization(said.get("quantization_config")),
        context_length=next((n for where in (said, inner) for key in _CONTEXTS if (n := number(where, key))), None),
        producer=f"{library} {version}" if version else "",
        base_models=[name] if "/" in (name := text(said, "_name_or_path")) and not name.startswith(("/", ".")) else [],
        licence=text(said, "license"),
        task=text(said, "pipeline_tag"),
    )  # fmt: skip
    draft.say(architecture=text(said, "model_type"))
    _mapped(draft, said)
    return draft.finish()


def read_tokenizer(source: Source, size: int) -> Header:
    """A ``tokenizer_config.json``, ``chat_template.json`` or ``processor_config.json``: chat templates and classes."""
    draft = Draft("tokenizer-config")
    said = _object(draft, source, size)
    if said is not None:
        templates = said.get("chat_template")
        if isinstance(templates, list):
            for part in templates[:MAX_TEMPLATES]:
                _template(draft, text(part, "name"), text(part, "template"))
        else:
            _template(draft, "", text(said, "chat_template"))
        limit = number(said, "model_max_length")
        draft.say(
            architecture=text(said, "tokenizer_class"), context_length=limit if limit and limit < 1 << 40 else None
        )
        _mapped(draft, said)
    return draft.finish()


def read_template(source: Source, size: int) -> Header:
    """A ``chat_template.jinja``."""
    draft = Draft("chat-template")
    _template(draft, "", documents.read_text(draft, source, size))
    return draft.finish()


def read_adapter(source: Source, size: int) -> Header:
    """An ``adapter_config.json`` of PEFT: what it adapts."""
    draft = Draft("adapter-config")
    said = _object(draft, source, size)
    if said is not None:
        draft.say(
            architecture=text(said, "peft_type"),
            base_models=words(said.get("base_model_name_or_path")),
            task=text(said, "task_type"),
            commit=text(said, "revision"),
            producer=f"peft {version}" if (version := text(said, "peft_version")) else "",
        )
        _mapped(draft, {"auto_map": said.get("auto_mapping")})
    return draft.finish()


def read_generation(source: Source, size: int) -> Header:
    """A ``generation_config.json``."""
    draft = Draft("generation-config")
    version = text(_object(draft, source, size), "transformers_version")
    draft.say(producer=f"transformers {version}" if version else "")
    return draft.finish()


def read_pipeline(source: Source, size: int) -> Header:
    """A ``model_index.json`` of diffusers: the classes of a pipeline's parts."""
    draft = Draft("pipeline-config")
    said = _object(draft, source, size) or {}
    version = text(said, "_diffusers_version")
    draft.say(architecture=text(said, "_class_name"), producer=f"diffusers {version}" if version else "")
    draft.say(base_models=words(said.get("_name_or_path")))
    for part, value in list(said.items())[:MAX_NAMED]:
        pair = words(value) if isinstance(value, list) and len(value) == 2 else []
        if len(pair) == 2:
            draft.name("class" if pair[0] in _NOT_LIBRARIES else "foreign-class", ".".join(pair), part)
    custom = said.get("_class_name")
    if isinstance(custom, list):  # a class in a file of the repository
        draft.name("loader", ".".join(words(custom)), "_class_name")
    return draft.finish()


def read_index(source: Source, size: int) -> Header:
    """A ``*.index.json``: the files that a model's tensors are in, which lie beside it."""
    draft = Draft("index")
    said = _object(draft, source, size) or {}
    places = said.get("weight_map")
    if isinstance(places, dict):
        files = list(dict.fromkeys(name for name in places.values() if isinstance(name, str)))[: MAX_NAMED + 1]
        draft.say(files=sorted(files), tensors=len(places))
        for name in files:
            draft.external("file", name, "weight_map")
    return draft.finish()


def _object(draft: Draft, source: Source, size: int) -> dict[str, Any] | None:
    said = documents.read_json(draft, source, size)
    if said is not None and not isinstance(said, dict):
        draft.flaw("wrong-type", "no object", 0)
    return said if isinstance(said, dict) else None


def _mapped(draft: Draft, said: dict[str, Any]) -> None:
    """Classes that are loaded from files of a repository when that is allowed."""
    places = said.get("auto_map")
    for key, value in list(places.items())[:MAX_NAMED] if isinstance(places, dict) else ():
        for name in words(value):
            draft.name("loader", name, f"auto_map.{key}")
    custom = said.get("custom_pipelines")
    for key, value in list(custom.items())[:MAX_NAMED] if isinstance(custom, dict) else ():
        draft.name("loader", text(value, "impl"), f"custom_pipelines.{key}")


def _template(draft: Draft, name: str, template: str) -> None:
    if len(template) > MAX_TEMPLATE:
        draft.flaw("limit", f"a chat template of more than {MAX_TEMPLATE:,} characters", 0)
    if template:
        draft.templates.append(Template(name, template[:MAX_TEMPLATE], 0))


def _quantization(said: Any) -> str:
    """``gptq 4-bit``, ``bitsandbytes 4-bit``, ``fp8``."""
    method = text(said, "quant_method")
    bits = number(said, "bits") or number(said, "w_bit")
    if isinstance(said, dict) and not bits:
        bits = 4 if said.get("load_in_4bit") is True else 8 if said.get("load_in_8bit") is True else None
    return f"{method} {bits}-bit".strip() if bits else method


_READERS: dict[str, Callable[[Source, int], Header]] = {
    "config.json": read_config,
    "tokenizer_config.json": read_tokenizer,
    "processor_config.json": read_tokenizer,
    "preprocessor_config.json": read_tokenizer,
    "chat_template.json": read_tokenizer,
    "chat_template.jinja": read_template,
    "adapter_config.json": read_adapter,
    "generation_config.json": read_generation,
    "model_index.json": read_pipeline,
}
