"""Images that stages start from or copy files out of."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.model.facts import BaseImage
from scanner.model.instruction import From
from scanner.model.location import Evidence
from scanner.model.target import Item, Step
from scanner.parsers import image_reference
from scanner.parsers.lazy import Lazy

_VERSION = Lazy(r"v?(\d+(?:\.\d+)*)(?![\d.]*[a-zA-Z]{3,}\d)")
_GPU = Lazy(r"(?:^|[-_.])(?:gpu|cuda|rocm|tensorrt)(?:$|[-_.\d])")
_CUDA = Lazy(r"(?:^|[-_.])(?:cuda[-_]?|cu)(\d+(?:\.\d+)*)")
_VARIABLE = Lazy(r"\$\{[^}]*\}")
_BETWEEN = Lazy(r"[-_.]")
_FLAVORS = ("devel", "runtime", "base", "slim", "alpine", "minimal", "micro", "distroless", "nonroot", "debug", "full")


class BaseImages:
    """From FROM, ``COPY --from`` and ``RUN --mount=from=``, unless they name a stage."""

    of = (Step,)

    def wants(self, item: Item) -> bool:
        """FROM, COPY and RUN steps with an image in them."""
        return isinstance(item, Step) and item.keyword in {"FROM", "COPY", "RUN"} and bool(item.images)

    def extract(self, item: Item) -> Iterator[BaseImage]:
        """A fact for each image."""
        assert isinstance(item, Step)
        instruction = item.instruction
        for image in item.images:
            platform = instruction.flag("platform") if isinstance(instruction, From) else None
            raw = instruction.text.value[platform.start : platform.end] if platform else ""
            use = "from" if isinstance(instruction, From) else "copy"
            yield describe(
                image.text if image.known else None,
                shown=image.text,
                evidence=(instruction.evidence(image),),
                use=use,
                stage=item.stage.name or str(item.stage.index),
                ships=item.stage.ships,
                platform=platform.value if platform else "",
                platform_fixed="$" not in raw if platform else False,
                default_invalid=use == "from" and not item.undeclared and _invalid(item.default_image),
                resolved_digest=item.resolved_digest,
            )


def describe(
    reference: str | None,
    *,
    shown: str,
    evidence: tuple[Evidence, ...],
    use: str,
    stage: str,
    ships: bool,
    platform: str | None = "",
    platform_fixed: bool | None = False,
    default_invalid: bool | None = False,
    resolved_digest: str | None = None,
) -> BaseImage:
    """What an image reference says; all is unknown for None, and for one that is not valid."""
    parsed = None
    if reference is not None:
        try:
            parsed = image_reference.parse(reference)
        except ValueError:
            parsed = None
    tag = parsed.tag or "" if parsed else None
    version = tag_version(tag) if tag is not None else None
    return BaseImage(
        evidence=evidence,
        ships=ships,
        reference=shown,
        registry=parsed.registry if parsed else None,
        repository=parsed.repository if parsed else None,
        tag=tag,
        has_tag=bool(tag) if parsed else _has_literal_tag(shown),
        is_latest=(tag == "latest" or (not tag and not parsed.digest)) if parsed else None,
        digest_pinned=bool(parsed.digest) if parsed else (True if "@sha256:" in shown else None),
        version=version,
        version_parts=version.count(".") + 1 if version else 0 if version == "" else None,
        flavor=_flavor(tag) if tag is not None else None,
        cuda=_cuda(parsed.repository, tag or "") if parsed else None,
        gpu=_for_gpu(parsed.familiar, tag or "") if parsed else None,
        use=use,
        stage=stage,
        platform=platform,
        platform_fixed=platform_fixed,
        default_invalid=default_invalid,
        resolved_digest=resolved_digest,
        today=f" (today {resolved_digest})" if resolved_digest else "",
    )


def _invalid(reference: str | None) -> bool | None:
    if reference is None:
        return None
    try:
        image_reference.parse(reference)
    except ValueError:
        return True
    return False


def tag_version(tag: str) -> str:
    """The version a tag starts with: ``3.7`` of ``3.7-slim``, ``12.4.1`` of ``12.4.1-devel-ubuntu22.04``, or ""."""
    match = _VERSION.match(tag)
    return match.group(1) if match else ""


def _has_literal_tag(shown: str) -> bool | None:
    """Whether a reference with variables in it has a tag all the same: ``python:${VERSION}`` does."""
    last = shown.rpartition("/")[2]
    return True if ":" in _VARIABLE.sub("", last) else None


def _flavor(tag: str) -> str:
    words = {*_BETWEEN.split(tag), *(word.rstrip("0123456789.") for word in tag.split("-"))}
    return next((flavor for flavor in _FLAVORS if flavor in words), "")


def _cuda(repository: str, tag: str) -> str:
    if repository in {"nvidia/cuda", "nvidia/cuda-arm64", "nvidia/cudagl"}:
        return tag_version(tag)
    match = _CUDA.search(tag)
    return _dotted(match.group(1)) if match else ""


def _for_gpu(name: str, tag: str) -> bool:
    return name.startswith(("nvidia/", "nvcr.io/", "rocm/")) or bool(_cuda(name, tag)) or _GPU.search(tag) is not None


def _dotted(digits: str) -> str:
    """``cu130`` means 13.0, ``cu1241`` 12.4.1, ``cuda12`` 12."""
    if "." in digits or len(digits) < 3:
        return digits
    return ".".join([digits[:2], *digits[2:]])


EXTRACTORS = (BaseImages(),)
