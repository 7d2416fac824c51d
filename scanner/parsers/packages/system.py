"""What a system says about itself: its distribution, its CUDA.

Formats: https://www.freedesktop.org/software/systemd/man/latest/os-release.html, and the version files that NVIDIA's
toolkits come with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from scanner.parsers.lazy import Lazy

MAX_FILE = 1 << 18
"""Bytes of a version file or header that are read. What is behind is left out."""

_SETTING = Lazy(
    r"""(?m)^([A-Z_]{1,64})=(?:"((?:[^"\\\n]|\\.){0,1024})"|'([^'\n]{0,1024})'|([^\s"'\n]{0,1024}))[ \t\r]*$"""
)
_ESCAPE = Lazy(r"\\([$\"'\\`])")
_CUDA_TEXT = Lazy(r"CUDA Version (\d{1,3}(?:\.\d{1,6}){0,3})")
_DEFINED = Lazy(
    r"(?m)^[ \t]*#[ \t]*define[ \t]+(?:NV_TENSORRT|TRT|CUDNN)_(MAJOR|MINOR|PATCH|PATCHLEVEL|BUILD)(?:_ENTERPRISE)?"
    r"[ \t]+(\d{1,6})\b"
)
_LIBRARY = Lazy(r"lib(cudnn|nccl|nvinfer|cudart|cuda)\.so\.(\d{1,4}(?:\.\d{1,6}){0,3})$")
_PRODUCTS = {"cudnn": "cudnn", "nccl": "nccl", "nvinfer": "tensorrt", "cudart": "cuda", "cuda": "driver"}


def os_release(data: bytes) -> Mapping[str, str]:
    """The settings of an os-release, quotes removed."""
    text = data[:MAX_FILE].decode("utf-8", "replace")
    return {
        match[1]: _ESCAPE.sub(r"\1", match[2]) if match[2] is not None else match[3] or match[4] or ""
        for match in _SETTING.finditer(text)
    }


def cuda_version(data: bytes) -> str:
    """The version of CUDA that a ``version.json`` or ``version.txt`` of a toolkit names, "" for none.

    Raises ValueError for broken JSON.
    """
    if not data.lstrip().startswith(b"{"):
        found = _CUDA_TEXT.search(data[:MAX_FILE].decode("utf-8", "replace"))
        return found[1] if found else ""
    said = json.loads(data[:MAX_FILE])
    cuda = said.get("cuda")
    version = cuda.get("version") if isinstance(cuda, dict) else None
    return version[:64] if isinstance(version, str) else ""


def defined_version(data: bytes) -> str:
    """The version that ``NvInferVersion.h`` or ``cudnn_version.h`` defines, "" for none."""
    parts = dict(_DEFINED.findall(data[:MAX_FILE].decode("utf-8", "replace")))
    patch = parts.get("PATCH") or parts.get("PATCHLEVEL")
    numbers = (parts.get("MAJOR"), parts.get("MINOR"), patch, parts.get("BUILD"))
    return ".".join(number for number in numbers if number) if parts.get("MAJOR") else ""


def library(name: str) -> tuple[str, str] | None:
    """Product and version that the file name of a GPU library tells; None for another one."""
    found = _LIBRARY.match(name)
    return (_PRODUCTS[found[1]], found[2]) if found else None
