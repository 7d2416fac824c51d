"""Find out what a path means: an image, a Dockerfile, or all Dockerfiles in a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch

from scanner.errors import TargetError
from scanner.parsers import image_reference

STDIN = "-"
ROOTFS = "rootfs"
SBOM, MODEL = "sbom", "model"
PREFIXES = ("image", "docker", "containerd", "registry", "archive", "oci", ROOTFS, SBOM, MODEL)
"""What stands before the colon of an image; ``image`` is one of a daemon, else of its registry, ``rootfs`` only the
files of one, in a folder, ``sbom`` its bill of materials, and ``model`` a model file, or a folder of them."""
ENDS = 4096
"""Bytes at each end of a file that tell what it is; some tools sort a document's members by name."""
_BILLS = frozenset({b"{", b"<", b"S", b"\xef"})
"""How a bill of materials begins: as JSON, XML, tag and value, perhaps with a byte order mark."""
_SKIPPED = frozenset({".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox"})


def discover(paths: Sequence[str], exclude: Sequence[str] = ()) -> Iterator[str]:
    """The Dockerfiles, images and models that these mean, each once: a file is itself, a folder is searched (for models
    when it has no Dockerfile), ``-`` is stdin.

    ``exclude`` are glob patterns over paths found in folders. Raises TargetError for a path that does not exist and
    for a folder without any Dockerfile or model.
    """
    seen: set[str] = set()
    for path in paths:
        if (image := meant(path)) is not None:
            if image not in seen:
                seen.add(image)
                yield image
            continue
        found = False
        for name in _search(path, exclude) if os.path.isdir(path) else [path]:
            if name != STDIN and not os.path.exists(name):
                raise TargetError(
                    f"{name}: no such file or folder", hint="an image is NAME:TAG, docker:NAME, registry:NAME"
                )
            found = True
            if (key := os.path.realpath(name) if len(paths) > 1 else name) not in seen:
                seen.add(key)
                yield name
        if not found and _has_models(path):
            found = True
            yield f"{MODEL}:{path}"
        if not found:
            raise TargetError(
                f"{path}: no Dockerfile and no model in this folder",
                hint="Looked for Dockerfile, Dockerfile.*, *.dockerfile and Containerfile; name other files.",
            )


def is_image(text: str) -> bool:
    """Whether it names an image rather than a path."""
    return text.partition(":")[0] in PREFIXES and ":" in text


def meant(text: str) -> str | None:
    """The image that a text means, with its prefix; None when it means something else.

    A folder with an OCI layout, a tar archive, a bill of materials and a model are images; so is a name with a tag or a
    digest where there is no such file, and then the daemons of this machine and its registry are asked. A name alone is
    more likely a misspelt path.
    """
    if is_image(text):
        return text
    if os.path.isdir(text):
        return f"oci:{text}" if os.path.isfile(os.path.join(text, "oci-layout")) else None
    if os.path.isfile(text):
        return None if is_dockerfile_name(os.path.basename(text)) else _of_content(text)
    return f"image:{text}" if not os.path.lexists(text) and _is_name(text) else None


def _is_name(text: str) -> bool:
    """Whether it is the name of an image with its tag or digest."""
    try:
        reference = image_reference.parse(text)
    except ValueError:
        return False
    return bool(reference.tag or reference.digest)


def _of_content(path: str) -> str | None:
    """A file that is an archive, a model or a bill of materials by its first bytes, and for the latter by its last."""
    try:
        with open(path, "rb") as file:
            head, size = file.read(ENDS), os.fstat(file.fileno()).st_size
            if head[257:262] == b"ustar":
                return f"archive:{path}"
            file.seek(max(0, size - ENDS))
            tail = file.read(ENDS) if head.lstrip()[:1] in _BILLS else b""
    except OSError:
        return None
    if tail:
        from scanner.parsers.sbom import recognized

        if recognized(head, tail):
            return f"{SBOM}:{path}"
    from scanner.sources.models import is_model

    return f"{MODEL}:{path}" if is_model(path, head, size) else None


def _has_models(folder: str) -> bool:
    from scanner.sources.models import has_models

    return os.path.isdir(folder) and has_models(folder)


def is_dockerfile_name(name: str) -> bool:
    """Whether a file is a Dockerfile by its base name."""
    lower = name.lower()
    return lower in {"dockerfile", "containerfile"} or (
        (lower.startswith(("dockerfile.", "containerfile.")) or lower.endswith((".dockerfile", ".containerfile")))
        and not lower.endswith(
            (".dockerignore", ".md", ".txt", ".orig", ".bak", ".swp", "~", ".j2", ".jinja", ".tmpl", ".template")
        )
    )


def _search(folder: str, exclude: Sequence[str]) -> Iterator[str]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in sorted(names):
            if is_dockerfile_name(name):
                path = os.path.normpath(os.path.join(root, name))
                if not any(fnmatch(path, pattern) for pattern in exclude):
                    yield path
