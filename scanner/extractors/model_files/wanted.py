"""Which files get their first block looked at: asked of every file of every layer, so by path and size alone.

Content decides what a model is, whatever it is called. What is left out are names of code, text and libraries, and that
only where package managers put them or a build context keeps its source.
"""

from __future__ import annotations

from scanner.extractors.credential_files import foreign
from scanner.extractors.interface import Told
from scanner.model.target import File

SMALLEST = 4096
"""Bytes of the smallest file without a telling name that is looked at where package managers put theirs."""

BESIDE = frozenset({
    "config.json", "README.md", "tokenizer_config.json", "processor_config.json", "chat_template.jinja",
    "chat_template.json", "adapter_config.json", "model_index.json", "MLmodel", "model_config.yaml",
})  # fmt: skip
"""Files that say something about the model beside them; an index ends with ``.index.json``."""
LICENCES = ("LICENSE", "LICENCE", "COPYING", "USE_POLICY", "NOTICE")
"""How the names of files with a licence begin."""
_MODELS = frozenset(
    "pt pth pt2 ckpt bin pkl pickle pck pcl joblib dill npy npz safetensors gguf ggml onnx pb tflite lite h5 hdf5 "
    "keras mar nemo skops mlmodel mlpackage engine plan trt rknn t7 cbm ubj pmml pdparams pdmodel distcp llamafile "
    "model params mxnet rds rdata".split()
)
PLAIN = frozenset(
    "py pyc pyi pyx pxd pyd so a o h hh hpp inl c cc cpp cxx cu cuh f f90 js mjs cjs ts tsx jsx map css scss html "
    "htm md rst txt json jsonl yaml yml toml cfg ini conf xml svg csv tsv log sh bash pl pm rb go rs java class jar "
    "whl egg lua tcl el vim sql proto cmake mk am ac m4 in pc la po mo gmo mof png jpg jpeg gif webp ico bmp ttf "
    "otf woff woff2 pdf ps eps mp3 mp4 wav ogg list md5sums conffiles postinst postrm preinst prerm triggers "
    "symbols shlibs pem crt key gpg deb rpm apk service timer socket target rules desktop glade ui tmpl j2 tpl "
    "ipynb egg-link dtd xsd xsl rng sym jsa jmod s bc debug d mod sum golden php tcc pod def syso obj enc ph zst br "
    "exe dll tgz tcz utf-8 td afm pfb pfm cmap hyp dic aff cache elc inc mm swift kt scala lhs hs ml mli rd rnw "
    "sgml texi info nls lng gz bz2 xz zip".split()
)
"""Names of code, text, pictures, libraries, packages and archives."""
_SYSTEM = (
    "usr/local/lib/", "usr/local/go/", "usr/local/share/", "usr/local/include/", "usr/local/cuda", "usr/src/", "lib/",
    "lib64/", "etc/", "var/lib/", "var/cache/", "opt/conda/", "opt/nvidia/", "root/.cache/pip/", "root/.cargo/",
    "usr/local/cargo/", "usr/local/rustup/",
)  # fmt: skip
"""Where systems and package managers put files; those below ``usr`` and in site-packages are told by ``foreign``."""

TOLD = Told(
    frozenset({*(f".{suffix}" for suffix in _MODELS), *BESIDE, ".index.json"}), LICENCES, ("/manifests/", "/blobs/")
)
"""What may say something whatever it begins with."""


def is_wanted(file: File) -> bool:
    """Whether to look at it."""
    path, size = file.at.path, file.size
    in_layer = file.at.layer is not None
    packaged = in_layer and is_packaged(path)
    if packaged and path[path.rfind(".") + 1 :] in PLAIN:
        return False  # as most are
    if not (in_layer or file.given or file.copied_by is not None):
        return False
    if file.link is not None:
        return "/snapshots/" in path and "models--" in path and file.copied_by is None
    telling = is_telling(path)
    if telling or file.hard_link:
        return telling  # what another hard link stands for is a file of its own in the same layer
    if file.given or (in_layer and not packaged):
        return size > 1
    name = path[path.rfind("/") + 1 :]
    suffix = name[name.rfind(".") + 1 :].lower() if "." in name else ""
    return (size >= SMALLEST and suffix not in PLAIN and not suffix.isdecimal()) or (not in_layer and is_beside(path))


def is_telling(path: str) -> bool:
    """Whether it ends as the names of models do."""
    dot = path.rfind(".")
    return path[dot + 1 :].lower() in _MODELS and dot > path.rfind("/")


def is_packaged(path: str) -> bool:
    """Whether a path of a layer is where systems and package managers put files; cheap."""
    return foreign(path) or path.startswith(_SYSTEM) or "/lib/python" in path or "/node_modules/" in path


def is_beside(path: str) -> bool:
    """Whether a file has the name of one that says something about the model beside it, and is the user's own."""
    name = path[path.rfind("/") + 1 :]
    beside = name in BESIDE or name.endswith(".index.json") or name.startswith(LICENCES) or "/manifests/" in path
    return beside and not is_packaged(path)
