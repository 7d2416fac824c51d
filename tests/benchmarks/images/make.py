"""The images, each made once in each form."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks.images import contents, forms
from tests.benchmarks.images.ingredients import (
    BASE,
    CUDA,
    MORE_CUDA,
    MORE_PYTHON,
    NCCL,
    PYTHON,
    TOOLS,
    TORCH,
    Ingredients,
)

SIZES = {"0.7": 700, "3.8": 3_800, "12": 12_000}
"""Megabytes of the tars of each image's layers, which models fill up."""
TINY = {"1M": 1_000_000, "3M": 3_000_000}
"""Files of the images that have nothing but tiny ones."""
FORMS = ("docker", "gzip", "zstd")
"""``docker save``, and OCI layouts."""

_BUFFER = 1 << 20


def place(folder: Path, name: str, form: str) -> Path:
    """Where a form of an image is."""
    return folder / name / ("image.tar" if form == "docker" else form)


def make(folder: Path, name: str, form: str) -> None:
    """Make a form of an image, unless it is there."""
    path, saved = place(folder, name, form), place(folder, name, "docker")
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    print(f"making {path}", flush=True)
    if form == "docker":
        ingredients = Ingredients(folder / "ingredients")
        with part.open("wb", _BUFFER) as out:
            forms.save(out, name, lambda written: _layers(name, ingredients, written))
        (path.parent / "missing").write_text("".join(f"{one}\n" for one in ingredients.missing))
    else:
        make(folder, name, "docker")
        shutil.rmtree(part, ignore_errors=True)
        forms.layout(saved, part, form)
    os.replace(part, path)


def missing(folder: Path, name: str) -> list[str]:
    """What could not be had for an image."""
    return (folder / name / "missing").read_text().splitlines()


def _layers(name: str, ingredients: Ingredients, written: Callable[[], int]) -> Iterator[forms.Layer]:
    if name in TINY:
        yield "COPY . /", contents.tiny_files(TINY[name])
        return
    small = name == "0.7"
    base = ingredients.debian(BASE, "base")
    yield "ADD rootfs.tar.xz /", contents.debian(base)
    if not small:
        tools = ingredients.debian(TOOLS, "tools")
        yield "RUN apt-get update && apt-get install -y build-essential", contents.debian(tools, base)
    python = [*PYTHON, *(() if small else MORE_PYTHON)]
    yield "RUN pip install pandas scikit-learn", contents.wheels(ingredients.wheels(python))
    cuda = [*CUDA, *(() if small else NCCL), *(MORE_CUDA if name == "12" else ())]
    yield "RUN pip install nvidia-cuda-runtime-cu12", contents.wheels(ingredients.wheels(cuda))
    if not small:
        yield "RUN pip install torch", contents.wheels(ingredients.wheels(TORCH))
    yield "COPY . /srv/app", contents.small_files()
    yield "COPY models /srv/models", contents.models(SIZES[name] * 1_000_000 - written())
    yield "RUN rm -rf /srv/app/part20/module400", contents.whiteouts()
