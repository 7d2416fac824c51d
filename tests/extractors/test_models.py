"""Models: where they come from and how they are loaded."""

from __future__ import annotations

import pytest

from scanner.extractors import models
from scanner.model.facts import ModelDownload, RemoteCode, UnsafeLoad
from scanner.sources import dockerfile

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def facts(text: str, kind=None, **files: str):
    context = {name.replace("__", ".").replace("_slash_", "/"): words.encode() for name, words in files.items()}
    target = dockerfile.read(f"FROM python:3.12\n{text}\n", context=context)
    found = [fact for item in target.items() for e in models.EXTRACTORS if e.wants(item) for fact in e.extract(item)]
    assert not target.problems
    return [fact for fact in found if kind is None or isinstance(fact, kind)]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("hf download o/m", ("huggingface", "o/m", "model", "", False, "cli", "hf download")),
        ("hf download o/m a.bin --local-dir /m", ("huggingface", "o/m", "model", "", False, "cli", "hf download")),
        (
            "huggingface-cli download --repo-type dataset o/d",
            ("huggingface", "o/d", "dataset", "", False, "cli", "huggingface-cli download"),
        ),
        (f"hf download o/m --revision {COMMIT}", ("huggingface", "o/m", "model", COMMIT, True, "cli", "hf download")),
        ("hf download o/m --revision=main", ("huggingface", "o/m", "model", "main", False, "cli", "hf download")),
        ("hf download o/m --revision $R", ("huggingface", "o/m", "model", None, None, "cli", "hf download")),
        ("hf download $M", ("huggingface", None, "model", "", False, "cli", "hf download")),
        ("ollama pull llama3", ("ollama", "llama3", "model", "", False, "cli", "ollama pull")),
        ("ollama pull hub.org/x/llama3:8b", ("ollama", "hub.org/x/llama3", "model", "8b", False, "cli", "ollama pull")),
        ("modelscope download --model o/m", ("modelscope", "o/m", "model", "", False, "cli", "modelscope download")),
        ("kaggle datasets download -d o/d", ("kaggle", "o/d", "dataset", "", False, "cli", "kaggle datasets download")),
        (
            "ngc registry model download-version o/m:1.0",
            ("ngc", "o/m", "model", "1.0", False, "cli", "ngc download-version"),
        ),
        (
            "python -m spacy download en_core_web_sm",
            ("spacy", "en_core_web_sm", "model", "", False, "cli", "spacy download"),
        ),
        ("python -m nltk.downloader -d /d punkt", ("nltk", "punkt", "corpus", "", False, "cli", "nltk.downloader")),
        ("vllm serve o/m --port 80", ("huggingface", "o/m", "model", "", False, "server", "vllm serve")),
        (f"vllm serve --revision {COMMIT} o/m", ("huggingface", "o/m", "model", COMMIT, True, "server", "vllm serve")),
        (
            "python3 -m vllm.entrypoints.openai.api_server --model o/m",
            ("huggingface", "o/m", "model", "", False, "server", "vllm.entrypoints.openai.api_server"),
        ),
        (
            "text-generation-launcher --model-id o/m --revision main",
            ("huggingface", "o/m", "model", "main", False, "server", "text-generation-launcher"),
        ),
        ("llama-server -hf o/m:Q4", ("huggingface", "o/m:Q4", "model", "", False, "server", "llama-server")),
    ],
)
def test_each_command_that_takes_a_model(command, said):
    (fact,) = facts(f"RUN {command}", ModelDownload)
    assert (fact.source, fact.name, fact.content, fact.revision, fact.revision_pinned, fact.via, fact.call) == said
    assert fact.moment == "build"


@pytest.mark.parametrize(
    "command",
    [
        "hf upload o/m",
        "hf auth login",
        "ollama serve",
        "ollama create x -f Modelfile",
        "vllm serve /models/m",
        "vllm serve ./m",
        "vllm serve $MODEL",
        "llama-server -m /m.gguf",
        "echo hf download o/m",
        "vllm bench --x y",
        "text-generation-launcher --model-id /data/m",
        "python train.py --model o/m",
    ],
)
def test_what_takes_no_model(command):
    assert facts(f"RUN {command}", ModelDownload) == []


@pytest.mark.parametrize(
    ("code", "source", "name", "revision"),
    [
        ("from transformers import AutoModel; AutoModel.from_pretrained('o/m')", "huggingface", "o/m", ""),
        (
            "import transformers as t; t.AutoModel.from_pretrained('bert-base-uncased')",
            "huggingface",
            "bert-base-uncased",
            "",
        ),
        (
            f"from transformers import AutoModel as A; A.from_pretrained('o/m', revision='{COMMIT}')",
            "huggingface",
            "o/m",
            COMMIT,
        ),
        ("from transformers import AutoModel as A; A.from_pretrained('o/m', revision=REV)", "huggingface", "o/m", None),
        ("from huggingface_hub import snapshot_download as s; s(repo_id='o/m')", "huggingface", "o/m", ""),
        ("from modelscope import snapshot_download; snapshot_download('o/m')", "modelscope", "o/m", ""),
        ("from datasets import load_dataset; load_dataset('o/d', split='train')", "huggingface", "o/d", ""),
        ("from transformers import pipeline; pipeline('ner', model='o/m')", "huggingface", "o/m", ""),
        ("import torch; torch.hub.load('o/r:main', 'x')", "torch-hub", "o/r", "main"),
        ("import nltk; nltk.download('punkt')", "nltk", "punkt", ""),
        ("import stanza; stanza.download('en')", "other", "stanza/en", ""),
        ("import kagglehub; kagglehub.model_download('o/m/pyTorch/x/1')", "kaggle", "o/m/pyTorch/x/1", "1"),
        ("from vllm import LLM; LLM(model='o/m')", "huggingface", "o/m", ""),
    ],
)
def test_each_call_that_takes_a_model(code, source, name, revision):
    (fact,) = facts(f'RUN python -c "{code}"', ModelDownload)
    assert (fact.source, fact.name, fact.revision, fact.via) == (source, name, revision, "python")
    assert fact.revision_pinned is (None if revision is None else revision == COMMIT)


@pytest.mark.parametrize(
    "code",
    [
        "A.from_pretrained('/models/m')",
        "A.from_pretrained('./m')",
        "A.from_pretrained(path)",
        "A.from_pretrained('o/m', local_files_only=True)",
        "load_dataset('json', data_files='x')",
        "import torch; torch.hub.load('/src', 'x', source='local')",
        "import json; json.load(open('x'))",
        "pipeline('sentiment-analysis')",
        "print('from_pretrained')",
    ],
)
def test_calls_that_take_none(code):
    assert facts(f'RUN python -c "{code}"', ModelDownload) == []


SOURCE = "from sentence_transformers import SentenceTransformer\n\nSentenceTransformer('o/m')\n"


@pytest.mark.parametrize(
    "text",
    [
        "COPY a.py .\nRUN python -u a.py --x",
        'WORKDIR /app\nCOPY a.py .\nCMD ["python3.12", "/app/a.py"]',
        "WORKDIR /app\nCOPY . .\nCMD uvicorn a:app --host 0.0.0.0",
        'WORKDIR /app\nCOPY . .\nCMD ["gunicorn", "-w", "2", "a:create()"]',
        "WORKDIR /app\nCOPY . .\nCMD streamlit run a.py",
        "WORKDIR /app\nCOPY . .\nENTRYPOINT python -m a",
        "WORKDIR /app\nCOPY . .\nRUN chmod +x a.py && ./a.py",
    ],
)
def test_a_script_of_the_context_is_read_where_it_stands(text):
    (fact,) = facts(text, ModelDownload, a__py=SOURCE)
    assert fact.evidence[0].at.path == "a.py"
    assert fact.evidence[0].at.span == (3, 1, 3, 26)


@pytest.mark.parametrize(
    "text",
    [
        f"RUN python - <<EOF\n{SOURCE}EOF",
        f"RUN python3 <<'EOF'\n{SOURCE}EOF",
        f"RUN <<EOF\n#!/usr/bin/env python3\n{SOURCE}EOF",
        f"COPY <<EOF /b.py\n{SOURCE}EOF\nRUN python /b.py",
    ],
)
def test_a_here_document_is_read(text):
    target = dockerfile.read(f"FROM python:3.12\n{text}\n", context={})
    found = [fact for item in target.items() for e in models.EXTRACTORS if e.wants(item) for fact in e.extract(item)]
    (fact,) = found
    assert fact.evidence[0].quote == "SentenceTransformer('o/m')"
    assert fact.evidence[0].at.path == "Dockerfile"


def test_the_place_of_a_call_in_an_argument():
    text = "FROM python:3.12\nRUN pip list && \\\n    python -c 'import nltk; nltk.download(\"punkt\")'\n"
    target = dockerfile.read(text, context={})
    (fact,) = [fact for item in target.items() for e in models.EXTRACTORS if e.wants(item) for fact in e.extract(item)]
    assert fact.evidence[0].at.span == (3, 29, 3, 50)


def test_python_that_cannot_be_read_is_reported_after_the_rest():
    with pytest.raises(ValueError, match=r"a\.py.*not Python"):
        facts("COPY a.py .\nRUN python a.py", a__py="print 'nltk'")


def test_the_model_of_a_server_in_its_environment():
    (fact,) = facts("ENV MODEL_ID=o/m", ModelDownload)
    assert (fact.name, fact.revision, fact.via, fact.moment) == ("o/m", "", "server", "start")
    (fact,) = facts(f"ENV MODEL_ID=o/m REVISION={COMMIT}", ModelDownload)
    assert fact.revision_pinned is True
    assert facts("ENV MODEL_ID=/data/m", ModelDownload) == []


@pytest.mark.parametrize(
    ("text", "how", "model", "pinned", "moment"),
    [
        ("CMD vllm serve o/m --trust-remote-code", "--trust-remote-code", "o/m", False, "start"),
        (f"CMD vllm serve o/m --trust-remote-code --revision {COMMIT}", "--trust-remote-code", "o/m", True, "start"),
        ("CMD x --trust_remote_code=true", "--trust-remote-code", "", False, "start"),
        (
            "RUN python -c \"A.from_pretrained('o/m', trust_remote_code=True)\"",
            "trust_remote_code=True",
            "o/m",
            False,
            "build",
        ),
        ("ENV TRUST_REMOTE_CODE=1", "TRUST_REMOTE_CODE=1", "", False, "environment"),
        ("RUN HF_DATASETS_TRUST_REMOTE_CODE=1 x", "HF_DATASETS_TRUST_REMOTE_CODE=1", "", False, "build"),
    ],
)
def test_code_that_comes_with_a_model(text, how, model, pinned, moment):
    (fact,) = facts(text, RemoteCode)
    assert (fact.how, fact.model, fact.revision_pinned, fact.moment) == (how, model, pinned, moment)


@pytest.mark.parametrize(
    "text",
    [
        "ENV TRUST_REMOTE_CODE=false",
        "CMD x --trust-remote-code=false",
        "CMD x --no-trust-remote-code",
        "RUN python -c \"A.from_pretrained('/m', trust_remote_code=False)\"",
    ],
)
def test_code_that_may_not_run(text):
    assert facts(text, RemoteCode) == []


@pytest.mark.parametrize(
    ("text", "how", "library"),
    [
        ("ENV TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1", "torch"),
        ("RUN VLLM_ALLOW_INSECURE_SERIALIZATION=1 x", "VLLM_ALLOW_INSECURE_SERIALIZATION=1", "vllm"),
        ("RUN python -c \"import torch; torch.load('x', weights_only=False)\"", "weights_only=False", "torch"),
        ("RUN python -c \"import numpy as np; np.load('x', allow_pickle=True)\"", "allow_pickle=True", "numpy"),
        ("RUN python -c \"import keras; keras.models.load_model('x', safe_mode=False)\"", "safe_mode=False", "keras"),
        ('RUN python -c "keras.config.enable_unsafe_deserialization()"', "enable_unsafe_deserialization()", "keras"),
        ("CMD python launch.py --disable-safe-unpickle", "--disable-safe-unpickle", "stable-diffusion-webui"),
    ],
)
def test_unsafe_loading(text, how, library):
    (fact,) = facts(text, UnsafeLoad)
    assert (fact.how, fact.library) == (how, library)


def test_safe_loading():
    text = "RUN python -c \"torch.load('x', weights_only=True); np.save('x', y, allow_pickle=True); np.load('x')\""
    assert facts(text, UnsafeLoad) == []
    assert facts("ENV TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=0", UnsafeLoad) == []


def test_a_revision_that_is_not_known_leaves_the_code_of_a_server_undecided():
    (fact,) = facts("CMD vllm serve o/m --trust-remote-code --revision $R", RemoteCode)
    assert fact.revision_pinned is None
