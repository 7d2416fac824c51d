"""What the images are made of, fetched once: Debian packages with apt, wheels with pip.

Wheels are pinned. Debian's packages are those of the suite that apt is set up for, in the versions of that day. What
cannot be had is named, and left out.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from packaging.utils import canonicalize_name, parse_wheel_filename

BASE = (
    "apt base-files base-passwd bash bsdutils ca-certificates coreutils dash debconf debianutils diffutils dpkg "
    "e2fsprogs findutils grep gzip hostname init-system-helpers libc-bin login mount ncurses-base passwd perl-base "
    "sed tar tzdata util-linux"
).split()
"""Debian packages of the bottom layer, as debootstrap's smallest variant has them."""
TOOLS = (
    "build-essential curl git jq libopenblas0 openssh-client openssh-server perl python3 python3-dev rsync sudo vim wget"
).split()
"""Debian packages of the layer above."""
PYTHON = (
    "annotated-types==0.8.0 click==8.5.1 filelock==4.3.1 fsspec==2026.9.0 idna==3.20 jinja2==3.1.6 joblib==1.6.0 "
    "markupsafe==3.0.4 numpy==2.5.5 packaging==26.4 pandas==3.1.1 pydantic==2.14.4 pydantic-core==2.50.5 "
    "python-dateutil==4.0.0 pyyaml==6.0.4 scikit-learn==1.9.1 scipy==1.18.1 threadpoolctl==3.8.0 tqdm==4.70.1 "
    "typing-extensions==4.16.0 typing-inspection==0.4.5"
).split()
MORE_PYTHON = (
    "annotated-doc==0.0.7 anyio==4.16.0 contourpy==1.4.0 cycler==0.12.1 fonttools==4.68.0 h11==0.16.0 hf-xet==1.8.0 "
    "huggingface-hub==2.4.0 kiwisolver==1.5.1 markdown-it-py==4.3.0 matplotlib==3.11.2 mdurl==0.1.2 mpmath==1.3.0 "
    "networkx==3.7 pillow==13.0.0 pygments==2.21.0 pyparsing==3.3.3 regex==2026.11.19 rich==15.0.0 safetensors==0.8.0 "
    "shellingham==1.5.4 sympy==1.14.0 tokenizers==0.23.3 transformers==5.24.0 typer==0.29.2"
).split()
TORCH = "cuda-bindings==12.9.4 cuda-pathfinder==1.9.1 torch==2.10.0".split()
CUDA = "nvidia-cuda-cupti-cu12==12.8.90 nvidia-cuda-runtime-cu12==12.8.90 nvidia-nvtx-cu12==12.8.90".split()
NCCL = ["nvidia-nccl-cu12==2.27.5"]
MORE_CUDA = (
    "nvidia-cublas-cu12==12.8.4.1 nvidia-cuda-nvrtc-cu12==12.8.93 nvidia-cudnn-cu12==9.10.2.21 "
    "nvidia-cufft-cu12==11.3.3.83 nvidia-cufile-cu12==1.13.1.3 nvidia-curand-cu12==10.3.9.90 "
    "nvidia-cusolver-cu12==11.7.3.90 nvidia-cusparse-cu12==12.5.8.93 nvidia-cusparselt-cu12==0.7.1 "
    "nvidia-nvjitlink-cu12==12.8.93 nvidia-nvshmem-cu12==3.4.5 triton==3.6.0"
).split()
VERSION = "3.12"
"""The Python that the wheels are for."""

_PLATFORMS = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_26", "manylinux_2_17", "manylinux2014")


class Ingredients:
    """A folder of packages, and what could not be had for it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.missing: list[str] = []

    def debian(self, names: Sequence[str], listed: str) -> list[Path]:
        """These packages with all that they depend on; the choice is kept under the name ``listed``."""
        folder = self._folder / "debian"
        (folder / "partial").mkdir(parents=True, exist_ok=True)
        choice = folder / f"{listed}.list"
        if not choice.exists():
            (folder / "status").touch()
            command = ["apt-get", "--yes", "-o", f"Dir::State::status={folder / 'status'}"]
            command += ["-o", f"Dir::Cache::archives={folder}", "-o", "Debug::NoLocking=1"]
            command += ["-o", "APT::Install-Recommends=0", "install"]
            if not _ran([*command, "--download-only", *names]):
                self.missing.append(f"Debian packages for {listed} (needs apt-get; run apt-get update first)")
                return []
            simulated = subprocess.run([*command, "--simulate", *names], capture_output=True, text=True, check=True)
            chosen = {line.split()[1] for line in simulated.stdout.splitlines() if line.startswith("Inst ")}
            found = sorted(path.name for path in folder.glob("*.deb") if path.name.partition("_")[0] in chosen)
            choice.write_text("\n".join(found))
        return [folder / name for name in choice.read_text().split()]

    def wheels(self, pins: Sequence[str]) -> list[Path]:
        """These wheels, each as pinned."""
        folder = self._folder / "wheels"
        folder.mkdir(parents=True, exist_ok=True)
        found = []
        for pin in pins:
            name, _, version = pin.partition("==")
            path = _wheel(folder, name, version)
            if path is None:
                print(f"  fetching {pin}", file=sys.stderr)
                command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir"]
                command += ["--only-binary", ":all:", "--python-version", VERSION, "--implementation", "cp"]
                command += [f"--platform={one}_x86_64" for one in _PLATFORMS]
                _ran([*command, "--dest", str(folder), pin])
                path = _wheel(folder, name, version)
            if path is None:
                self.missing.append(pin)
            else:
                found.append(path)
        return found


def _ran(command: Sequence[str]) -> bool:
    try:
        return (
            subprocess.run(command, stdout=subprocess.DEVNULL, env=os.environ | {"LC_ALL": "C"}, check=False).returncode
            == 0
        )
    except OSError:
        return False


def _wheel(folder: Path, name: str, version: str) -> Path | None:
    for path in folder.glob("*.whl"):
        parsed = parse_wheel_filename(path.name)
        if parsed[0] == canonicalize_name(name) and str(parsed[1]) == version:
            return path
    return None
