"""Configurations, cards, caches and stores around a model's weights."""

from __future__ import annotations

import json

import pytest

from scanner.parsers.licences import normalized, parts
from scanner.parsers.models import cards, configs, hub, yaml_lines
from scanner.parsers.models.header import reach
from scanner.parsers.tar import Buffer
from tests.parsers.models.sources import kinds

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def config(name: str, said: object):
    data = said.encode() if isinstance(said, str) else json.dumps(said).encode()
    read = configs.reader_of(f"a/b/{name}")
    assert read
    return read(Buffer(data), len(data))


def card(text: str):
    data = text.encode()
    return cards.read(Buffer(data), len(data))


def test_a_configuration_of_transformers() -> None:
    """Architecture, type of numbers, quantization, context, and classes from a repository's own code."""
    found = config("config.json", {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "torch_dtype": "bfloat16", "_name_or_path": "meta/llama",
        "quantization_config": {"quant_method": "gptq", "bits": 4}, "max_position_embeddings": 8192, "transformers_version": "4.44.0",
        "auto_map": {"AutoModel": "modeling_x.Model", "AutoConfig": "other/repo--config_x.Config"},
    })  # fmt: skip
    assert (found.architecture, found.dtypes, found.quantization) == ("LlamaForCausalLM", ("bfloat16",), "gptq 4-bit")
    assert (found.context_length, found.producer, found.base_models) == (8192, "transformers 4.44.0", ("meta/llama",))
    assert [(n.kind, n.name, n.where) for n in found.names] == [
        ("loader", "modeling_x.Model", "auto_map.AutoModel"), ("loader", "other/repo--config_x.Config", "auto_map.AutoConfig"),
    ]  # fmt: skip


def test_a_configuration_of_something_else_is_none() -> None:
    """Any program may have a config.json."""
    with pytest.raises(ValueError, match="not the configuration"):
        config("config.json", {"port": 1})
    assert kinds(config("config.json", "[1]")) == ["wrong-type"]
    assert kinds(config("config.json", "{")) == ["malformed"]
    assert configs.reader_of("package.json") is None


def test_chat_templates_of_a_tokenizer() -> None:
    """One, or several by name, or a file of its own."""
    assert config("tokenizer_config.json", {"chat_template": "{{ x }}"}).templates[0].text == "{{ x }}"
    many = config(
        "tokenizer_config.json",
        {"chat_template": [{"name": "default", "template": "a"}, {"name": "tool", "template": "b"}]},
    )
    assert [(t.name, t.text) for t in many.templates] == [("default", "a"), ("tool", "b")]
    assert config("chat_template.jinja", "{{ y }}").templates[0].text == "{{ y }}"


def test_adapters_indexes_and_pipelines() -> None:
    """What an adapter is for, which files belong together, which classes a pipeline has."""
    found = config(
        "adapter_config.json", {"peft_type": "LORA", "base_model_name_or_path": "meta/llama", "revision": "abc"}
    )
    assert (found.architecture, found.base_models, found.commit) == ("LORA", ("meta/llama",), "abc")
    found = config("model.safetensors.index.json", {"weight_map": {"a": "m-1.safetensors", "b": "../m-2.safetensors"}})
    assert [(e.path, e.reach) for e in found.externals] == [
        ("m-1.safetensors", "beside"),
        ("../m-2.safetensors", "parent"),
    ]
    found = config("model_index.json", {"_class_name": "FluxPipeline", "_diffusers_version": "0.31.0", "vae": ["diffusers", "AutoencoderKL"],
                                        "x": ["mine", "Thing"], "y": [None, None]})  # fmt: skip
    assert (found.architecture, found.producer) == ("FluxPipeline", "diffusers 0.31.0")
    assert [(n.kind, n.name) for n in found.names] == [
        ("class", "diffusers.AutoencoderKL"),
        ("foreign-class", "mine.Thing"),
    ]


def test_a_card_says_licence_origin_and_task() -> None:
    """In lists of both kinds, with and without quotes; the text below is none of it."""
    found = card("""---
language:
- en
- "de"
license: other
license_name: llama3.1  # own
license_link: https://example.com/LICENSE
base_model: [meta/a, 'meta/b']
datasets:
  - acme/data
pipeline_tag: text-generation
model-index:
- name: x
  results:
  - license: nested
---
license: mit
""")
    assert (found.licence, found.licence_link, found.task) == (
        "llama3.1",
        "https://example.com/LICENSE",
        "text-generation",
    )
    assert (found.base_models, found.datasets, found.languages) == (("meta/a", "meta/b"), ("acme/data",), ("en", "de"))
    assert card("---\r\nlicense: mit\r\n---\r\n").licence == "mit"
    assert card("---\nlicense:\n- mit\n- apache-2.0\n---\n").licence == "mit OR apache-2.0"
    assert kinds(card("---\nlicense: mit\n")) == ["truncated"]
    with pytest.raises(ValueError, match="without a model's card"):
        card("# Title\n")


def test_lines_of_yaml() -> None:
    """Keys of keys, lists of objects; what goes on in other lines has no value here."""
    text = "a:\n  b: 1\n  c:\n  - x\n  - d: y\n    e: 'z'\nf: |\n  text: no\ng: [1, \"2\"]\n"
    assert list(yaml_lines.entries(text)) == [
        (("a", "b"), "1"), (("a", "c"), "x"), (("a", "c", "d"), "y"), (("a", "c", "e"), "z"), (("f", "text"), "no"), (("g",), "1"), (("g",), "2"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (f"root/.cache/huggingface/hub/models--org--my-name/snapshots/{COMMIT}/onnx/model.onnx", ("model", "org/my-name", "snapshots", COMMIT, "onnx/model.onnx", "")),
        ("models--gpt2/blobs/abc", ("model", "gpt2", "blobs", "", "", "abc")),
        ("h/datasets--org--data/refs/main", ("dataset", "org/data", "refs", "", "main", "")),
        ("h/models--org--name/refs/refs/pr/1", ("model", "org/name", "refs", "", "refs/pr/1", "")),
        ("h/models--org--name/snapshots/main/a", ("model", "org/name", "snapshots", "", "a", "")),
    ],
)  # fmt: skip
def test_places_in_a_cache(path: str, said: tuple[str, ...]) -> None:
    """They say repository and commit."""
    found = hub.cached(path)
    assert found
    assert (found.kind, found.repository, found.part, found.commit, found.file, found.blob) == said


def test_other_places_are_in_no_cache() -> None:
    """Names with two dashes are common."""
    for path in (
        "models--a/b",
        "usr/lib/x--y/blobs/1",
        f"models--a--b/snapshots/{COMMIT}",
        "models--a--b/blobs/x/y",
        "a/b",
    ):
        assert hub.cached(path) is None


def test_names_in_an_ollama_store() -> None:
    """As one types them."""
    assert hub.ollama_name("root/.ollama/models/manifests/registry.ollama.ai/library/llama3/8b") == "llama3:8b"
    assert hub.ollama_name("models/manifests/registry.ollama.ai/acme/m/latest") == "acme/m:latest"
    assert hub.ollama_name("models/manifests/hf.co/acme/m/q4") == "hf.co/acme/m:q4"
    assert hub.ollama_name("x/manifests/a/b/c/d") == ""
    assert hub.ollama_blob("root/.ollama/models/blobs/sha256-" + "a" * 64) == "sha256:" + "a" * 64
    assert hub.ollama_blob("models/blobs/sha256-xyz") == ""


def test_a_manifest_of_ollama() -> None:
    """Its layers by what they are."""
    said = {
        "layers": [
            {"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:1", "size": 5, "from": "/x"},
            3,
        ]
    }
    data = json.dumps(said).encode()
    found = hub.read_manifest(Buffer(data), len(data))
    assert [(x.kind, x.digest, x.size, x.origin) for x in found.layers] == [
        ("model", "sha256:1", 5, "/x"),
        ("", "", None, ""),
    ]
    with pytest.raises(ValueError, match="without layers"):
        hub.read_manifest(Buffer(b"{}"), 2)


@pytest.mark.parametrize(
    ("path", "where"),
    [("a/b.bin", "beside"), ("a/../b", "beside"), ("../b", "parent"), ("a/../../b", "parent"), ("/etc/passwd", "absolute"),
     ("C:\\x", "absolute"), ("~/x", "absolute"), ("..\\x", "parent"), ("http://x/y", "url"), ("file:/x", "url"), ("", "beside")],
)  # fmt: skip
def test_where_a_path_leads(path: str, where: str) -> None:
    """Seen from the folder of the model, on any system."""
    assert reach(path) == where


@pytest.mark.parametrize(
    ("said", "expression"),
    [("apache-2.0", "Apache-2.0"), ("mit or apache-2.0", "MIT OR Apache-2.0"), ("cc-by-nc-4.0", "CC-BY-NC-4.0"), ("llama3", ""),
     ("other", ""), ("", ""), ("(" * 99, ""), ("x" * 999, "")],
)  # fmt: skip
def test_licences_in_the_words_of_spdx(said: str, expression: str) -> None:
    """What SPDX does not know is none of its."""
    assert normalized(said) == expression
    assert parts("(MIT OR Apache-2.0) AND mit") == ("MIT", "Apache-2.0", "mit")
