"""The documents in archives and folders that serve a model, and what they make a server import.

NeMo's ``model_config.yaml`` (Hydra's ``_target_``), TorchServe's ``MAR-INF/MANIFEST.json``, MLflow's ``MLmodel``,
skops' ``schema.json``, and the code in TorchScript archives. The archives themselves are walked elsewhere.
"""

from __future__ import annotations

import re

from scanner.parsers.lazy import Lazy
from scanner.parsers.models import documents, yaml_lines
from scanner.parsers.models.documents import text
from scanner.parsers.models.header import Draft, Header
from scanner.parsers.tar import Source

_TARGET = Lazy(r"""["']?\b_target_["']?\s*:\s*(?:[&!]\S*\s+)*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s"',{}\[\]#]+))""")
_ESCAPE = Lazy(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))")
_CALL = Lazy(r"(?a)(?<![\w.])([A-Za-z_][\w]*(?:\.[A-Za-z_]\w*)*)\s*\(")
_WORDS = frozenset(
    {"def", "if", "while", "for", "return", "class", "and", "or", "not", "in", "is", "elif", "assert", "print"}
)
_NUMERIC = ("sklearn.", "numpy.", "scipy.")
_UNTRUSTED = ("numpy.f2py", "numpy.testing", "numpy.distutils", "numpy.lib", "scipy._lib")
_PLAIN = frozenset(
    "builtins." + name
    for name in "str int float bool bytes bytearray complex list dict tuple set frozenset slice range NoneType".split()
)
_FLAVOURS = frozenset(
    {"loader_module", "python_model", "model_code_path", "cloudpickle_version", "serialization_format"}
)


def read_nemo(source: Source, size: int) -> Header:
    """A ``model_config.yaml``: each ``_target_`` is imported and called."""
    draft = Draft("nemo-config")
    data = documents.read_text(draft, source, size)
    plain = _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), data)
    for found in _TARGET.finditer(plain):
        draft.name("target", found[1] or found[2] or found[3] or "", f"character {found.start()}")
    for keys, value in yaml_lines.entries(data):
        if keys == ("target",):
            draft.name("target", value, "target")
            draft.say(architecture=value)
        elif keys == ("nemo_version",):
            draft.say(producer=f"nemo {value}")
    return draft.finish()


def read_torchserve(source: Source, size: int) -> Header:
    """A ``MANIFEST.json``: the handler is run."""
    draft = Draft("torchserve-manifest")
    said = documents.read_json(draft, source, size)
    model = said.get("model") if isinstance(said, dict) else None
    draft.say(
        name=text(model, "modelName"),
        version=text(model, "modelVersion"),
        producer=f"torch-model-archiver {text(said, 'archiverVersion')}".strip(),
        licence=text(said, "license"),
        files=[text(model, key) for key in ("serializedFile", "modelFile", "requirementsFile")],
    )
    if handler := text(model, "handler"):
        draft.name("handler", handler, "model.handler")
    if code := text(model, "modelFile"):
        draft.name("loader", code, "model.modelFile")
    return draft.finish()


def read_mlflow(source: Source, size: int) -> Header:
    """An ``MLmodel``: flavours, and the module that loads it."""
    draft = Draft("mlmodel-yaml")
    flavours = []
    for keys, value in yaml_lines.entries(documents.read_text(draft, source, size)):
        if keys == ("mlflow_version",):
            draft.say(producer=f"mlflow {value}")
        elif keys == ("artifact_path",):
            draft.say(name=value)
        elif keys in (("model_uuid",), ("model_id",)):
            draft.say(version=value)
        elif keys[:1] == ("flavors",) and len(keys) > 1:
            flavours.append(keys[1])
            if keys[-1] in _FLAVOURS and len(keys) == 3:
                where = f"flavors.{keys[1]}.{keys[2]}"
                draft.name("loader" if keys[-1] == "loader_module" else "handler", value, where)
    draft.say(architecture=", ".join(dict.fromkeys(flavours)))
    return draft.finish()


def read_skops(source: Source, size: int) -> Header:
    """A ``schema.json``: the types that loading makes; those that are not numbers or models are foreign."""
    draft = Draft("skops")
    said = documents.read_json(draft, source, size)
    for path, part in documents.items(said):
        name = f"{text(part, '__module__')}.{text(part, '__class__')}".strip(".")
        if name:
            draft.name(
                "class" if trusted(name) else "foreign-class", name, path or "the model", text(part, "__loader__")
            )
            if not path:
                draft.say(architecture=name)
    version = text(said, "_skops_version")
    draft.say(producer=f"skops {version}" if version else "")
    return draft.finish()


def trusted(name: str) -> bool:
    """Whether a type of a skops file is one of numbers, plain values or scikit-learn."""
    return name in _PLAIN or (name.startswith(_NUMERIC) and not name.startswith(_UNTRUSTED))


def read_code(source: Source, size: int) -> Header:
    """A ``code/**.py`` of TorchScript, which only looks like Python: what it calls, its own classes left out."""
    draft = Draft("torchscript-code")
    code = re.sub(r"#[^\n]*", "", documents.read_text(draft, source, size))
    for found in _CALL.finditer(code):
        name = found[1]
        before = code[max(0, found.start() - 8) : found.start()]
        if name not in _WORDS and not name.startswith("__torch__.") and not before.endswith(("def ", "class ")):
            line = code.count("\n", 0, found.start()) + 1 if len(code) < 1 << 16 else 0
            draft.name("call", name, f"line {line}" if line else "")
    return draft.finish()
