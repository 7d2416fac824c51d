"""Model files: what their content is, what loading them would do, and what is wrong with them."""

from __future__ import annotations

from typing import ClassVar, Literal

from scanner.model.facts.base import Fact

ModelRole = Literal["weights", "config", "card", "index", "licence", "manifest", "template", "link", "stand-in"]
"""``weights``: a model's data, whatever its format; ``config``, ``card``, ``index``, ``licence``, ``template``: files
beside it;
``manifest``: what a store of models says of its files; ``link``: another name of a file; ``stand-in``: something else
that lies where the data should (a pointer of git-lfs, an error page)."""
ImportTier = Literal["library", "unknown", "dangerous"]
"""``library``: a class or function of a known library, not on torch's list, though nothing speaks against it."""


class ModelFile(Fact):
    """A model file, known by its content, or a file that says something about a model; texts are "" where it says
    nothing. Nothing of it is loaded: this is what its headers say.
    """

    kind = "model-file"
    identity: ClassVar[tuple[str, ...]] = ("path", "role")
    path: str
    role: ModelRole = "weights"
    format: str = ""
    """``safetensors``, ``gguf``, ``onnx``, ``pickle``, ``torch``, ``keras``, …"""
    container: str = ""
    """``zip``, ``tar``, ``gzip``, … around it."""
    size: int
    """Bytes."""
    digest: str = ""
    """``sha256:…`` of the file; "" where it was not read as a whole."""
    name: str = ""
    architecture: str = ""
    parameters: int | None = None
    """Numbers in all tensors."""
    dtypes: tuple[str, ...] = ()
    quantization: str = ""
    context_length: int | None = None
    """Tokens."""
    licence: str = ""
    """As declared: an identifier where there is one."""
    licence_link: str = ""
    base_models: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    producer: str = ""
    """The program that wrote it, or the library it is for."""
    author: str = ""
    version: str = ""
    task: str = ""
    languages: tuple[str, ...] = ()
    repository: str = ""
    """``org/model`` of the hub it is from, as the file or its folder says."""
    commit: str = ""
    files: tuple[str, ...] = ()
    """Files beside it that belong to it: shards, layers, what a link points at."""
    bundled: bool = False
    """It lies where package managers put other people's files: test data, samples."""
    copied: bool = False
    """It lies in a build context, and a COPY or ADD names it or a folder around it."""


class Model(ModelFile):
    """A model with all its files: one line of the inventory. ``path`` is its folder, or its file where that is all."""

    kind = "model"
    identity = ("path",)
    parts: int
    """Files of its data."""
    licence_file: bool
    """A licence lies beside it."""
    restrictions: str
    """What its licence restricts: ``non-commercial``, ``research-only``, ``use-restricted``, …
    (rules/tables/model-licences.tsv); "" for a licence that is not listed there."""
    asks: str
    """What that licence asks for, in words."""


class ModelImport(Fact):
    """Something that unpickling a file imports, and calls, without being asked for; torch's own list is left out."""

    kind = "model-import"
    identity = ("path", "member", "name")
    path: str
    format: str
    member: str
    """The file inside of archives, ``a.zip!/b.pkl`` for several; "" for the file itself."""
    name: str
    """``module.name``, as Python 3 imports it."""
    tier: ImportTier
    call: str
    """The call with its arguments as far as they are known, shortened; "" when it is only imported."""
    offset: int
    """Of the opcode, in bytes of the member."""
    bundled: bool


class ModelName(Fact):
    """Something that loading a file that is no pickle reaches by name."""

    kind = "model-name"
    identity = ("path", "member", "reaches", "name")
    path: str
    format: str
    member: str
    reaches: Literal[
        "foreign-class", "lambda", "operator", "custom-operator", "domain", "target", "loader", "handler", "file"
    ]
    """``foreign-class``: it is imported from elsewhere than the format's library; ``lambda``: it is code itself;
    ``operator``: the runtime runs it; ``custom-operator``, ``domain``: needs code from outside of the runtime;
    ``target``, ``loader``, ``handler``: a program imports it; ``file``: data is taken from it."""
    name: str
    where: str
    """The node, layer, key or tensor that names it."""
    detail: str
    tier: Literal["", "weights-only", "library", "unknown", "dangerous"]
    """Of what is imported, as for model-import."""
    reach: Literal["", "beside", "absolute", "parent", "url"]
    """Where a ``file`` is, seen from the model's folder."""
    bundled: bool


class ModelTemplate(Fact):
    """A chat template that reaches beyond text."""

    kind = "model-template"
    identity = ("path", "name")
    path: str
    name: str
    """"" for the default one."""
    reaches: tuple[str, ...]
    """``attribute``: Python's own (``__class__``), or a function's insides; ``built``: such a name put together from
    parts; ``filter``: ``|attr``; ``import``: another template; ``format``: fields of ``str.format`` that reach into an
    object; ``url``, ``encoded``: an address or a long run of base64 in the text; ``invisible``: characters that no one
    sees; ``unparsed``: no template, so that only its letters were looked at; ``limit``: too long."""
    words: str
    """The first of them, the gravest first."""


class ModelFlaw(Fact):
    """Something wrong with a model file, or a reason why it was not looked at as a whole."""

    kind = "model-flaw"
    identity = ("path", "member", "flaw")
    path: str
    format: str
    member: str
    group: Literal["unread", "name", "archive", "pickle", "structure", "executable", "digest", "legacy"]
    """``unread``: not all of it was looked at; ``name``: its name promises another format; ``archive``: what a scanner
    and a loader see of a container differs; ``pickle``: no unpickler makes sense of it, or not each the same;
    ``structure``: its header breaks the format; ``executable``: a program in it; ``digest``: its content is not what
    its name says; ``legacy``: a form that loaders no longer read safely."""
    flaw: str
    """Which of them: ``checksum``, ``overlap``, ``limit``, …"""
    detail: str
    offset: int
    bundled: bool
