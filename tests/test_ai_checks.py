"""The list of dangers for AI images that the rules were made from is covered, or there is a reason why not.

The list itself is no part of the project; where it does not lie beside it these tests are skipped. RULES has, for each
id of it, the rules that answer it; LEFT_OUT what a Dockerfile, its context and an image's configuration cannot show, or
what is answered elsewhere (docs/decisions/007-ai-checks.md). What an image shows of a check, the example of a rule shows.
"""

import json
import re
from pathlib import Path

import pytest

from scanner import knowledge
from scanner.engine import compile
from scanner.scan import Options, scan_text
from tests import model_files, tars

LIST = next(
    (
        path
        for folder in Path(__file__).resolve().parents
        if (path := folder / "shared" / "reference" / "ai-rules.json").exists()
    ),
    None,
)
pytestmark = pytest.mark.skipif(LIST is None, reason="the list of checks is not beside the project")
CHECKS = {check["id"]: check for check in json.loads(LIST.read_text(encoding="utf-8"))} if LIST is not None else {}

RULES: dict[str, tuple[str, ...]] = {
    "ai-lib-unpinned": ("unpinned-ai-library",),
    "ai-lib-range-only": ("ranged-ai-library",),
    "known-malicious-ai-release": ("known-malicious-ai-release",),
    "ai-typosquat": ("ai-typosquat", "ai-name-near-miss"),
    "untrusted-ai-namespace": ("untrusted-ai-namespace",),
    "extra-index-url": ("extra-package-index", "vendor-index-unpinned"),
    "insecure-index": ("insecure-package-index", "tls-verification-off"),
    "uv-unsafe-index-strategy": ("index-strategy-unsafe",),
    "find-links-remote": ("remote-find-links", "vendor-index-unpinned"),
    "prerelease-nightly": ("prerelease-ai-library", "prerelease-ai-library-installed"),
    "vcs-install-unpinned": ("vcs-requirement-unpinned", "vcs-requirement-by-tag"),
    "git-clone-build-unpinned": ("git-clone-unpinned", "git-clone-by-tag"),
    "remote-wheel-no-hash": ("url-requirement-without-hash",),
    "curl-pipe-shell-installer": ("curl-pipe-shell",),
    "conda-installer-latest": ("conda-installer-latest",),
    "tls-verify-off": ("tls-verification-off",),
    "apt-unauthenticated": ("signature-check-off",),
    "index-credentials-in-url": ("secret-in-command", "secret-in-arg", "secret-in-env"),
    "runtime-install": ("installs-at-start",),
    "unmaintained-ai-component": ("base-no-longer-updated", "unmaintained-ai-library"),
    "hf-cli-no-revision": ("model-download-without-revision",),
    "hf-python-no-revision": ("model-download-without-revision",),
    "hf-resolve-main": ("model-url-mutable",),
    "model-url-no-checksum": ("model-without-checksum",),
    "model-url-plain-http": ("download-over-http",),
    "git-lfs-clone-unpinned": ("model-clone-unpinned",),
    "ollama-pull-tag": ("ollama-model-by-tag",),
    "serve-model-id-no-revision": ("model-served-without-revision",),
    "torch-hub-unpinned": ("torch-hub-unpinned",),
    "personal-drive-download": ("personal-drive-download",),
    "runtime-corpus-download": ("corpus-download-unpinned",),
    "trust-remote-code": ("trust-remote-code",),
    "hf-auto-map-code-in-layer": ("model-code-from-elsewhere", "model-code-copied"),
    "hf-endpoint-override": ("model-hub-replaced",),
    "pickle-format-present": ("pickle-model-copied", "pickle-model-in-image"),
    "model-archive-with-code": ("pickle-model-copied", "pickle-model-in-image"),
    "native-model-plugin": ("native-model-code-copied", "native-model-in-image"),
    "weights-only-disabled": ("unsafe-model-loading", "numpy-pickle-allowed"),
    "unsafe-loader-combo": ("pickle-behind-service",),
    "model-writable-by-runtime": (
        "world-writable", "copy-world-writable", "model-owned-by-user", "world-writable-in-image",
    ),
    "ai-token-literal": ("ai-token",),
    "ai-token-context": ("ai-token",),
    "ai-token-env-name": ("secret-in-arg", "secret-in-env", "ai-token"),
    "ai-login-in-build": ("login-in-build",),
    "secret-mount-persisted": ("secret-mount-persisted", "credential-file-carried"),
    "credential-file-copied": ("credential-file-copied",),
    "credential-file-in-layer": ("credential-file-carried", "credential-file-copied"),
    "secret-removed-in-later-layer": ("credential-removed-later",),
    "token-in-model-url": ("clone-keeps-credential", "secret-in-command", "ai-token"),
    "ssh-key-baked": ("ssh-key-baked", "host-key-check-off"),
    "default-ai-credentials": ("account-password-set", "secret-in-env", "secret-in-command", "default-password"),
    "credential-in-notebook-or-run-log": ("ai-token", "secret-in-script", "secret-in-layer"),
    "jupyter-no-auth": ("open-notebook",),
    "jupyter-root-exposed": ("notebook-as-root-exposed",),
    "jupyter-sudo": ("notebook-sudo", "passwordless-sudo", "passwordless-sudo-in-image"),
    "tensorboard-exposed": ("open-tensorboard",),
    "mlflow-exposed": ("open-tracking-server",),
    "ray-exposed": ("open-ray",),
    "triton-model-control": ("triton-model-control",),
    "torchserve-management-open": ("torchserve-management-open",),
    "vllm-no-api-key": ("open-llm-server",),
    "vllm-dev-mode": ("vllm-development-mode", "unsafe-model-loading"),
    "llm-server-no-auth": ("open-llm-server",),
    "ollama-exposed": ("ollama-any-origin", "open-ollama"),
    "gradio-share": ("gradio-share",),
    "gradio-streamlit-exposed": ("open-demo-ui",),
    "image-gen-ui-exposed": ("open-image-ui",),
    "llm-ui-auth-off": ("llm-ui-login-off",),
    "vector-db-no-auth": ("open-vector-database",),
    "llm-gateway-no-key": ("gateway-without-key", "secret-in-env"),
    "label-tool-open-signup": ("label-studio-open-signup",),
    "distributed-compute-open": ("open-dask", "open-compute-cluster", "training-rendezvous-open"),
    "ssh-server-in-ai-image": ("ssh-port-exposed", "ssh-server"),
    "dev-server-in-production": ("development-server",),
    "agent-code-execution-enabled": ("agent-runs-code",),
    "mcp-server-exposed": ("open-mcp-server",),
    "ai-root-user": ("root-user",),
    "nvidia-visible-devices-all": ("visible-devices-all",),
    "nvidia-driver-capabilities-all": ("driver-capabilities-all",),
    "ld-preload-env": ("preloaded-library", "library-path-writable"),
    "nvidia-require-disabled": ("driver-check-disabled",),
    "toolkit-escape-pattern": ("driver-path-linked-away",),
    "driver-in-image": ("driver-in-image", "driver-library-in-image"),
    "cuda-devel-in-final-stage": ("devel-cuda-shipped", "cuda-compiler-in-image"),
    "cuda-eol": ("end-of-life-cuda",),
    "cuda-wheel-mismatch": ("wheel-cuda-mismatch",),
    "ai-base-mutable": ("ai-base-mutable",),
    "eol-python": ("end-of-life-python",),
    "eol-os-in-ai-base": ("end-of-life-os",),
    "base-inherits-open-server": ("inherited-open-server", "open-llm-server"),
    "dataset-in-image": ("data-in-image", "data-set-in-layer"),
    "notebook-outputs": ("notebook-outputs-copied",),
    "experiment-artifacts": ("experiment-records-copied", "copy-whole-context", "git-folder-in-image"),
    "training-state-shipped": ("training-state-copied",),
    "vector-index-baked": ("vector-index-copied",),
    "telemetry-on": ("telemetry-on",),
    "trace-egress": ("traces-sent-out",),
    "model-licence-missing": ("model-without-licence",),
    "ai-bom-missing": ("bill-of-materials-missing",),
    "weights-whiteouted": ("model-removed-later",),
    "unpinned-gpu-apt": ("unpinned-gpu-package",),
    "pickle-dangerous-global": ("dangerous-model-import",),
    "pickle-unknown-global": ("unknown-model-import",),
    "pickle-malformed": ("model-pickle-malformed", "model-damaged"),
    "archive-evasion": ("model-archive-ambiguous", "model-archive-leaves-folder"),
    "format-mismatch": ("model-name-mismatch", "model-stand-in"),
    "legacy-torch-container": ("legacy-model-container",),
    "keras-lambda": ("model-lambda",),
    "keras-unsafe-module": ("dangerous-model-class", "foreign-model-class"),
    "hdf5-external-storage": ("model-data-outside",),
    "tf-dangerous-op": ("tensorflow-file-operator",),
    "onnx-external-data-escape": ("model-data-outside",),
    "onnx-custom-domain": ("model-custom-operator",),
    "chat-template-ssti": ("unsafe-chat-template",),
    "gguf-malformed": ("model-header-contradictory", "model-damaged"),
    "safetensors-malformed": ("model-header-contradictory", "model-damaged"),
    "numpy-object-array": ("numpy-object-array",),
    "embedded-executable": ("executable-in-model",),
    "model-not-scanned": ("model-not-fully-scanned",),
    "model-licence-restrictive": ("restrictive-model-licence",),
}  # fmt: skip

LEFT_OUT: dict[str, str] = {
    "ai-lib-ceiling-vulnerable": "advisories",
    "vulnerable-ai-package": "advisories",
}

VECTORS = Path(__file__).parent / "parsers" / "vectors" / "models"
PINNED = f"FROM python:3.12@sha256:{'0' * 64}\n"
STARTS = re.compile(r"(?:FROM|RUN|ENV|CMD|ENTRYPOINT|COPY|ADD|ARG|EXPOSE|LABEL|USER) ")
STANDS_FOR = {
    "<40-hex>": "0123456789abcdef0123456789abcdef01234567", "<64hex>": "5f" * 32, "<digest>": "5f" * 32,
    "<40 hex>": "3f9a1c5e7b2d4860a9c1e3f57b9d2c4e6f80a1b3", "hf_" + "x" * 34: "hf_NotARealTokenJust" + "MadeUpForTheTests",
    " + ": "\n",
}  # fmt: skip
"""What the list writes for a value that has to be there, and a value."""

AROUND: dict[str, tuple[str, dict[str, bytes]]] = {
    "ollama-exposed": ("FROM ollama/ollama\n{}", {}),
    "llm-ui-auth-off": ("FROM ghcr.io/open-webui/open-webui:v0.6.30\n{}", {}),
    "vector-db-no-auth": ("FROM semitechnologies/weaviate:1.33.0\n{}", {}),
    "image-gen-ui-exposed": ("FROM python:3.12\nRUN git clone https://github.com/comfyanonymous/ComfyUI /c\n{}", {}),
    "weights-whiteouted": ("FROM python:3.12\nRUN hf download org/model\n{}", {}),
    "notebook-outputs": (
        "FROM python:3.12\n{}",
        {"notebooks/a.ipynb": b'{"cells": [{"cell_type": "code", "outputs": [{"text": "Ada"}]}]}'},
    ),
    "experiment-artifacts": (
        "FROM python:3.12\n{}",
        {".dockerignore": b"*.md", "wandb/run-20260101_1-a/files/config.yaml": b"lr: 1"},
    ),
    "mcp-server-exposed": (
        "FROM python:3.12\nCOPY server.py .\n{}",
        {
            "server.py": b"from mcp.server.fastmcp import FastMCP\nm = FastMCP('x', host='0.0.0.0')\nm.run(transport='sse')\n"
        },
    ),
}
"""What has to be around the line of a check for it to mean anything: the product, the files, an earlier instruction."""
WRITTEN: dict[str, tuple[str, dict[str, bytes]]] = {
    "hf-auto-map-code-in-layer": (
        "COPY m /m",
        {"m/config.json": b'{"auto_map": {"AutoModel": "someone/else--modeling.M"}}'},
    ),
    "model-archive-with-code": ("COPY ranker.mar /m/", {}),
    "native-model-plugin": ("COPY ours.so /model_repository/x/1/", {}),
    "credential-file-in-layer": ("COPY . /app", {".cache/huggingface/token": b"x"}),
    "credential-in-notebook-or-run-log": (
        "COPY n.ipynb /",
        {"n.ipynb": b'{"cells": [{"outputs": [{"text": "HF_TOKEN=hf_NotARealTokenJustMadeUpForTheTests"}]}]}'},
    ),
    "unsafe-loader-combo": (
        "RUN pip install torch==2.5.1 uvicorn\nCOPY pytorch_model.bin /m/\nCMD uvicorn app:app --host 0.0.0.0",
        {},
    ),
    "jupyter-root-exposed": ("USER root\nCMD jupyter lab --allow-root --ip=0.0.0.0", {}),
    "triton-model-control": ("CMD tritonserver --model-repository=/m --model-control-mode=explicit", {}),
    "torchserve-management-open": (
        "COPY config.properties .\nCMD torchserve --start --ts-config config.properties --disable-token-auth",
        {"config.properties": b"management_address=http://0.0.0.0:8081\n"},
    ),
    "gradio-share": (
        "COPY a.py .\nCMD python a.py",
        {"a.py": b"import gradio as gr\ngr.Blocks().launch(share=True)\n"},
    ),
    "gradio-streamlit-exposed": ("CMD streamlit run app.py --server.enableXsrfProtection=false", {}),
    "ai-root-user": ("USER root", {}),
    "cuda-wheel-mismatch": (
        "FROM nvidia/cuda:11.8.0-base-ubuntu22.04\n"
        "RUN pip install torch==2.6.0 --index-url https://download.pytorch.org/whl/cu124",
        {},
    ),
    "model-licence-missing": ("COPY ranker.safetensors /m/", {}),
    "ai-bom-missing": ("COPY ranker.safetensors /m/", {}),
    **{
        name: ("COPY m /m", {"m/" + file: content})
        for name, file, content in (
            ("pickle-dangerous-global", "blob.bin", model_files.torch(model_files.EVIL)),
            ("pickle-unknown-global", "net.pt", model_files.torch(model_files.UNKNOWN)),
            ("pickle-malformed", "net.pkl", model_files.UNKNOWN[:-1] + b"\xff."),
            ("archive-evasion", "net.pt", model_files.checksum_changed(model_files.torch(), model_files.HARMLESS)),
            ("format-mismatch", "net.safetensors", model_files.HARMLESS),
            (
                "legacy-torch-container",
                "net.pt",
                tars.packed(dict.fromkeys(("sys_info", "pickle", "storages", "tensors"), model_files.HARMLESS)),
            ),
            ("keras-lambda", "net.keras", model_files.keras(model_files.network(model_files.LAMBDA))),
            (
                "keras-unsafe-module",
                "net.keras",
                model_files.keras(model_files.network({"module": "os", "class_name": "system", "config": "id"})),
            ),
            ("tf-dangerous-op", "saved_model.pb", model_files.saved_model("WriteFile").ljust(5_000, b"\0")),
            ("onnx-external-data-escape", "net.onnx", model_files.onnx(model_files.external("../../etc/passwd"))),
            ("onnx-custom-domain", "net.onnx", model_files.onnx(domain="acme.ops")),
            ("chat-template-ssti", "net.gguf", model_files.gguf(tokenizer_chat__template="{{ cycler.__init__ }}")),
            ("gguf-malformed", "net.gguf", model_files.gguf()[:-8] + b"\xff" * 8),
            ("safetensors-malformed", "net.safetensors", model_files.safetensors() + model_files.HARMLESS),
            ("numpy-object-array", "net.npy", model_files.npy("|O", (1,), model_files.HARMLESS)),
            ("embedded-executable", "net.safetensors", model_files.safetensors() + model_files.ELF),
            ("hdf5-external-storage", "net.h5", (VECTORS / "new.h5").read_bytes()),
            ("model-not-scanned", "net.pt", model_files.zipped({"readme": b"x"})),
            ("model-licence-restrictive", "net.gguf", model_files.gguf(general_license="llama3.1")),
        )
    },
}
"""A Dockerfile for checks whose example in the list is none."""


@pytest.fixture(scope="module")
def fired():
    """The rules that fire on an instruction, or on a whole Dockerfile, with a context."""
    rules = tuple(file.rule for file in compile.rule_files(knowledge.folder()))
    options = Options(rules=rules, build_args={})

    def scan(text, files):
        whole = text if text.startswith("FROM") else PINNED + text
        report = scan_text(whole + ("" if "USER" in whole else "\nUSER 1000") + "\n", options, context=files)
        return {finding.rule.id for finding in report.findings}

    return scan


def _filled(line):
    for written, value in STANDS_FOR.items():
        line = line.replace(written, value)
    return line


def test_each_check_of_the_first_two_priorities_is_answered_once():
    wanted = {name for name, check in CHECKS.items() if check["priority"] in {"P1", "P2"}}
    assert wanted == RULES.keys() | LEFT_OUT.keys()
    assert not RULES.keys() & LEFT_OUT.keys()


def _seen(check):
    """It can show in an image, as the list says."""
    return not check["image"].startswith("—")


@pytest.mark.parametrize("name", sorted(name for name in RULES if _seen(CHECKS.get(name, {"image": "—"}))))
def test_an_image_shows_it_in_the_examples_of_a_rule(name, examples):
    assert any({"bad", "good"} <= examples[rule] for rule in RULES[name])


@pytest.fixture(scope="module")
def examples():
    """The verdicts of each rule's examples that are images."""
    return {
        file.rule.id: {example.verdict for example in file.examples if example.image is not None}
        for file in compile.rule_files(knowledge.folder())
    }


def test_the_rules_exist():
    known = {file.rule.id for file in compile.rule_files(knowledge.folder())}
    assert {rule for rules in RULES.values() for rule in rules} <= known


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_fires_on_the_bad_example(name, fired):
    bad = _filled(CHECKS[name]["bad"])
    text, files = WRITTEN.get(name) or AROUND.get(name, ("{}", {}))
    assert name in WRITTEN or STARTS.match(bad), "the example is no instruction: write one"
    assert fired(text.format(bad) if name not in WRITTEN else text, files) & set(RULES[name])


def _whole(good):
    """The example is an instruction, not a sketch of one."""
    return STARTS.match(good) and not set("…<") & set(_filled(good))


@pytest.mark.parametrize("name", sorted(name for name in RULES if _whole(CHECKS.get(name, {}).get("good", ""))))
def test_none_fires_on_the_good_example(name, fired):
    good = _filled(CHECKS[name]["good"])
    text, files = AROUND.get(name, ("{}", {}))
    assert not fired(text.format(good), {} if files else None) & set(RULES[name])
