"""Keras: the classes and functions that a model's configuration makes a loader import, and code that stands in it.

Format 3 (``config.json`` and ``metadata.json`` in a zip): https://keras.io/api/models/model_saving_apis/serialization_utils/.
Format 2 (``model_config`` in HDF5, ``keras_metadata.pb`` of a SavedModel) has no modules but for functions.
"""

from __future__ import annotations

from typing import Any

from scanner.parsers.models import documents
from scanner.parsers.models.documents import text
from scanner.parsers.models.header import Draft, Header
from scanner.parsers.tar import Source

OWN = frozenset({"keras", "keras_core", "tf_keras", "tensorflow", "keras_hub", "keras_nlp", "keras_cv", "builtins"})
"""Packages whose classes a configuration may name."""
_CODE = frozenset({"Lambda", "__lambda__"})


def read(source: Source, size: int) -> Header:
    """What a ``config.json`` names. Raises ValueError for what has no ``class_name`` anywhere."""
    draft = Draft("keras")
    said = documents.read_json(draft, source, size)
    if said is not None and not look(draft, said, ""):
        raise ValueError("a configuration that names no class")
    return draft.finish()


def read_metadata(source: Source, size: int) -> Header:
    """What a ``metadata.json`` says: the version of Keras."""
    draft = Draft("keras-metadata")
    version = text(documents.read_json(draft, source, size), "keras_version")
    draft.say(producer=f"keras {version}" if version else "")
    return draft.finish()


def own(module: str) -> bool:
    """Whether a module is part of Keras or TensorFlow."""
    return module.partition(".")[0] in OWN


def look(draft: Draft, config: Any, where: str) -> bool:
    """Note what a configuration names, at any depth; False when that is nothing."""
    found = False
    for path, part in documents.items(config):
        place = f"{where}.{path}" if where and path else where or path
        kind = part.get("class_name")
        if isinstance(kind, str):
            found = True
            _named(draft, part, kind, text(part, "config", "name") or place)
            if not path:
                draft.say(architecture=kind, name=text(part, "config", "name"))
        elif isinstance(part.get("function_type"), str) and not isinstance(kind, str):
            _function(draft, part, place)
    return found


def _named(draft: Draft, part: dict[str, Any], kind: str, place: str) -> None:
    module, registered = text(part, "module"), text(part, "registered_name")
    function = part.get("config")
    if kind == "function" and isinstance(function, str):
        kind = function
    full = f"{module}.{kind}" if module else kind
    draft.name("class" if not module or own(module) else "foreign-class", full, place, registered)
    if kind in _CODE:
        draft.name("lambda", kind, place)


def _function(draft: Draft, part: dict[str, Any], place: str) -> None:
    """A Lambda's configuration of format 2: marshalled code, or the name of a function and its module."""
    for key in ("function", "output_shape", "mask"):
        how = text(part, f"{key}_type")
        if how == "lambda":
            draft.name("lambda", key, place)
        elif how == "function":
            module, name = text(part, "module" if key == "function" else f"{key}_module"), text(part, key)
            draft.name("class" if module and own(module) else "foreign-class", f"{module}.{name}".strip("."), place)
