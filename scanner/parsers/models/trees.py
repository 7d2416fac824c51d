"""Boosted trees: what stands in front of the trees of XGBoost, LightGBM and CatBoost.

XGBoost's JSON and UBJSON: https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html; LightGBM's text is
what ``Booster.save_model`` writes; CatBoost's file is ``CBM1``, a length and a flatbuffer.
"""

from __future__ import annotations

from scanner.parsers.lazy import Lazy
from scanner.parsers.models.header import Draft, Header
from scanner.parsers.models.limits import HEAD
from scanner.parsers.tar import Source

_EDGE = 1 << 16
"""Bytes at both ends in which XGBoost's names of objective and version are looked for."""
_LINE = Lazy(r"(\w+)=(.*)")
_OBJECTIVE = Lazy(
    rb'objective"?[:{][\s\S]{0,40}?name"?(?::\s*"|SL[\0-\xff]{8}|S[UiIl][\0-\xff]{1,4}?)([a-z]+:[a-z0-9_]+)'
)
_BOOSTER = Lazy(rb"\b(gbtree|gblinear|dart)\b")
_VERSION = Lazy(rb'"version"\s*:\s*\[\s*(\d{1,4})\s*,\s*(\d{1,4})\s*,\s*(\d{1,4})\s*\]')


def read_xgboost(source: Source, size: int) -> Header:
    """Booster, objective and version, looked for at both ends; the trees between are not read."""
    draft = Draft("xgboost")
    head = source.at(0, min(size, _EDGE))
    edges = head + (source.at(size - _EDGE, _EDGE) if size >= 2 * _EDGE else source.at(len(head), size - len(head)))
    kind = "binary" if head.startswith(b"binf") else "json" if head[1:2] in b' \r\n\t"' else "ubjson"
    booster, objective, version = (pattern.search(edges) for pattern in (_BOOSTER, _OBJECTIVE, _VERSION))
    draft.say(
        architecture=booster[1].decode() if booster else "",
        task=objective[1].decode() if objective else "",
        producer=f"xgboost {b'.'.join(version.groups()).decode()}" if version else "xgboost",
        version=kind,
    )
    if size and kind == "json" and b"}" not in edges[-64:]:
        draft.flaw("truncated", "the document does not end", size)
    return draft.finish()


def read_lightgbm(source: Source, size: int) -> Header:
    """The lines in front of the first tree. Raises ValueError for another beginning."""
    head = source.at(0, min(size, HEAD)).decode("utf-8", "replace")
    if not head.startswith("tree\n"):
        raise ValueError("not a LightGBM model")
    draft = Draft("lightgbm")
    lines = (_LINE.fullmatch(line.strip()) for line in head.split("\n")[:40])
    said = {line[1]: line[2] for line in lines if line}
    draft.say(architecture="gbdt", task=said.get("objective", ""), version=said.get("version", ""), producer="lightgbm")
    return draft.finish()


def read_catboost(source: Source, size: int) -> Header:
    """The length of the model's core. Raises ValueError for another magic."""
    head = source.at(0, 8)
    if head[:4] != b"CBM1":
        raise ValueError("not a CatBoost model")
    draft = Draft("catboost")
    draft.say(producer="catboost", architecture="gbdt")
    length = int.from_bytes(head[4:8], "little")
    if len(head) < 8 or 8 + length > size:
        draft.flaw("truncated", f"a core of {length:,} bytes in a file of {size:,}", 4)
    return draft.finish()
