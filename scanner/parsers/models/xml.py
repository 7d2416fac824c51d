"""Models in XML: PMML and OpenVINO's. Nothing is expanded; a document type or an entity is told.

Formats: https://dmg.org/pmml/v4-4-1/GeneralStructure.html; OpenVINO's IR is a ``net`` with ``layers``.
"""

from __future__ import annotations

from scanner.parsers.lazy import Lazy
from scanner.parsers.models import documents
from scanner.parsers.models.header import Draft, Header
from scanner.parsers.tar import Source

_COMMENT = Lazy(r"(?s)<!--.*?(?:-->|\Z)")
_DECLARED = Lazy(r"<!(DOCTYPE|ENTITY)\b\s*([^<>\"'\[]{0,200})(\"[^\"]*\"|'[^']*')?")
_TAG = Lazy(r"<([A-Za-z_][\w.:-]{0,100})((?:\s+[\w:.-]{1,100}\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'))*)\s*/?>")
_VALUE = Lazy(r"([\w:.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_OWN_LAYERS = Lazy(r"(?:opset\d+|experimental|util|extension)?")


def read_pmml(source: Source, size: int) -> Header:
    """Version, program and kind of model."""
    draft = Draft("pmml")
    text = _plain(draft, source, size)
    for name, said in _tags(text):
        if name == "PMML":
            draft.say(version=said.get("version", ""))
        elif name == "Application":
            draft.say(producer=f"{said.get('name', '')} {said.get('version', '')}".strip())
        elif name.endswith("Model") and name != "Model":
            draft.say(architecture=name, name=said.get("modelName", ""), task=said.get("functionName", ""))
    return draft.finish()


def read_openvino(source: Source, size: int) -> Header:
    """Name, version, and the sets of operators that are not OpenVINO's own."""
    draft = Draft("openvino")
    text = _plain(draft, source, size)
    for name, said in _tags(text):
        if name == "net":
            draft.say(name=said.get("name", ""), version=said.get("version", ""), producer="openvino")
        elif name == "layer" and not _OWN_LAYERS.fullmatch(said.get("version", "")):
            draft.name("custom-operator", f"{said['version']}::{said.get('type', '')}", said.get("name", ""))
    return draft.finish()


def _plain(draft: Draft, source: Source, size: int) -> str:
    """The text without comments; what it declares becomes a flaw."""
    data = documents.read_text(draft, source, size)
    text = _COMMENT.sub("", data.replace("\0", ""))
    for found in _DECLARED.finditer(text):
        what = "a document type" if found[1] == "DOCTYPE" else "an entity"
        draft.flaw("entity", f"{what}: {found[2].strip()} {found[3] or ''}".strip(), found.start())
    return text


def _tags(text: str) -> list[tuple[str, dict[str, str]]]:
    """Names, without a prefix, and attributes of all elements that begin."""
    return [
        (found[1].rpartition(":")[2], {key: one or other for key, one, other in _VALUE.findall(found[2])})
        for found in _TAG.finditer(text)
    ]
