"""What is in an image's file system: its operating system, its packages, its GPU libraries."""

from __future__ import annotations

from typing import Literal

from scanner.model.facts.base import Fact
from scanner.model.facts.packages import Ecosystem


class PackageRecord(Fact):
    """What one file says about a package; texts are "" where it says nothing.

    An installed-package is what all of them say together. A layer that writes the file anew records everything in it
    once more.
    """

    kind = "package-record"
    identity = ("ecosystem", "name", "location", "role")
    ecosystem: Ecosystem
    name: str = ""
    """As the ecosystem normalizes it; Maven's as ``group:artifact`` where the group is known."""
    version: str = ""
    """As recorded; with epoch and release for deb, apk and rpm."""
    licence: str = ""
    """As declared: an SPDX expression where the package gives one."""
    architecture: str = ""
    """``amd64``, ``x86_64``, ``noarch``, conda's ``linux-64``, …"""
    source: str = ""
    """The source package that a deb, apk or rpm was built from."""
    source_version: str = ""
    """The version of that, where it is another one."""
    url: str = ""
    """Where it was taken from, where that is recorded: archive, repository, folder or conda channel; secrets masked."""
    commit: str = ""
    """The commit of the repository it was taken from."""
    revision: str = ""
    """The branch, tag or commit that was asked for there."""
    editable: bool = False
    """Installed in place (``pip install -e``): it runs from the folder that ``url`` names."""
    installer: str = ""
    """What put it there, where that is recorded: ``pip``, ``uv``, ``conda``, …"""
    requested: bool | None = None
    """Somebody asked for it by name, rather than another package needing it; None where nobody recorded that."""
    vendored_in: str = ""
    """The package that carries it as a copy of its own: ``setuptools`` for what is in ``setuptools/_vendor``."""
    location: str
    """The folder or file that records it, as in a layer's tar: ``usr/lib/python3/dist-packages/six-1.16.egg-info``."""
    owns: tuple[str, ...] = ()
    """The locations of packages of other ecosystems that are among its files."""
    requires: tuple[str, ...] = ()
    """The packages that it requires, by name, without those of its extras; of Python packages only (METADATA)."""
    role: Literal["package", "details", "files", "project"] = "package"
    """``details``, ``files``: more about the package at ``location`` or of ``name``; ``project``: a folder of source
    code, installed only where another record leads to it."""


class InstalledPackage(PackageRecord):
    """A package in the file system of an image, or in a layer below it."""

    kind = "installed-package"
    identity = ("ecosystem", "name", "architecture", "vendored_in")
    purl: str
    """Package URL, "" where the name is not known well enough for one."""
    owned_by: str
    """The package of another ecosystem that brought it: ``deb:python3-setuptools 66.1.1-1``; ``deb`` alone where only
    its place says so; "" for none."""
    reached_by: str | None = None
    """The open service that hands it what the network sends: ``vllm, open on port 8000``, or that ``through fastapi``,
    which requires it; None where none is known to."""


class OperatingSystem(Fact):
    """The distribution that an image is made of, as its os-release says."""

    kind = "operating-system"
    identity = ("id",)
    id: str
    """``debian``, ``ubuntu``, ``alpine``, ``rhel``, ``rocky``, …"""
    version: str
    """``12``, ``24.04``, ``3.20.3``; "" for a rolling release."""
    codename: str
    """``bookworm``, ``noble``; "" for none."""
    pretty: str
    """As shown to people."""
    like: tuple[str, ...]
    """The distributions it is made after: ``debian``, ``fedora``, …"""


class GpuLibrary(Fact):
    """A library of the GPU stack in the file system of an image, or its compiler."""

    kind = "gpu-library"
    identity = ("product", "location")
    product: Literal["cuda", "cudnn", "nccl", "tensorrt", "driver", "compiler"]
    """``driver``: what the host's own driver brings when a container starts; ``compiler``: nvcc, without a version."""
    version: str
    """As exact as its source is: ``12.4.1``, ``9.1.0.70``, ``9`` from ``libcudnn.so.9``."""
    location: str
    """The file that shows it, or the record of the package."""
    shown_by: Literal["version-file", "header", "file-name", "package"]
