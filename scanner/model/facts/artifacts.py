"""What development and training leave behind, and what comes with a model."""

from __future__ import annotations

from typing import Literal

from scanner.model.facts.base import Fact

ArtifactType = Literal[
    "experiment", "training-state", "vector-index", "compile-cache", "notebook-outputs", "prompts", "git", "data",
    "build-file",
]  # fmt: skip
"""``experiment``: records of an experiment tracker; ``training-state``: what only resuming a training needs;
``compile-cache``: kernels compiled elsewhere; ``notebook-outputs``: notebooks saved with what their cells printed. In
layers also ``git``: the history of a repository; ``data``: a data set; ``build-file``: a Dockerfile or Compose file."""
MadeBy = Literal["copy", "run", "unknown"]
"""The instruction that brings it, as far as the build file or the history of the image says."""


class CopiedArtifact(Fact):
    """A file or folder of such a type that a COPY names or takes along, or that lies in a layer of an image."""

    kind = "copied-artifact"
    identity = ("type", "path")
    type: ArtifactType
    path: str
    by_name: bool
    """The COPY names it, rather than taking it along with a folder."""


class Artifact(Fact):
    """All that one COPY or ADD brings, or one layer holds, of one type."""

    kind = "artifact"
    identity = ("type", "path")
    type: ArtifactType
    path: str
    """The first of them."""
    others: int
    """How many more there are, as far as the build context is known."""
    by_name: bool
    wanted: bool
    """What the container starts is there to use such files: a training, a notebook server."""
    made_by: MadeBy = "copy"


class ModelCode(Fact):
    """A model's configuration that names Python code to be loaded with the weights (``auto_map``)."""

    kind = "model-code"
    identity = ("path", "repository")
    path: str
    """Of the configuration."""
    code: str
    """``modeling_x.XModel``, or ``org/repo--modeling_x.XModel`` for code that is fetched from another repository."""
    repository: str
    """That repository; "" when the code lies beside the configuration."""


class Provenance(Fact):
    """What the image says about the models that the build puts into it."""

    kind = "provenance"
    models: str
    """Files and names of the hub, on one line."""
    weights: bool
    """Some are single files of weights, so that nothing else of the model comes along by itself."""
    licence: bool | None
    """A licence file is copied, or a label names the licences; None when a folder may hold one."""
    bill_of_materials: bool | None
    """An SBOM or AI-BOM is copied, or a label names one; None when a folder may hold one."""
    labelled: bool
    """A label says from which source or revision it was built."""
