"""Core ML: what a ``.mlmodel`` says of itself, and custom layers and models, which need code of the app.

Numbers of fields: ``mlmodel/format/*.proto`` of https://github.com/apple/coremltools.
"""

from __future__ import annotations

from scanner.parsers.models.header import Header
from scanner.parsers.models.messages import Reader
from scanner.parsers.protobuf import Field
from scanner.parsers.tar import Source

_KINDS = {
    200: "pipelineClassifier", 201: "pipelineRegressor", 202: "pipeline", 300: "glmRegressor",
    301: "supportVectorRegressor", 302: "treeEnsembleRegressor", 303: "neuralNetworkRegressor",
    304: "bayesianProbitRegressor", 400: "glmClassifier", 401: "supportVectorClassifier",
    402: "treeEnsembleClassifier", 403: "neuralNetworkClassifier", 404: "kNearestNeighborsClassifier",
    500: "neuralNetwork", 501: "itemSimilarityRecommender", 502: "mlProgram", 555: "customModel",
    556: "linkedModel", 600: "oneHotEncoder", 601: "imputer", 602: "featureVectorizer", 603: "dictVectorizer",
    604: "scaler", 606: "categoricalMapping", 607: "normalizer", 609: "arrayFeatureExtractor",
    610: "nonMaximumSuppression",
    900: "identity", 2000: "textClassifier", 2001: "wordTagger", 2002: "visionFeaturePrint",
    2003: "soundAnalysisPreprocessing", 2004: "gazetteer", 2005: "wordEmbedding", 2006: "audioFeaturePrint",
    3000: "serializedModel",
}  # fmt: skip
_NETWORKS = frozenset({303, 403, 500})
_PIPELINES = frozenset({200, 201})
_CUSTOM_LAYER, _CUSTOM, _LINKED = 500, 555, 556


def read(source: Source, size: int) -> Header:
    """What the model says."""
    reader = _CoreMl("coreml", source, size)
    with reader.damage():
        reader.model(size)
    return reader.draft.finish()


class _CoreMl(Reader):
    def model(self, end: int) -> None:
        """A model; a pipeline has others in it."""
        for field in self.messages.fields(end):
            self._part(field)

    def _part(self, field: Field) -> None:
        if field.number == 1:
            self.draft.say(version=str(field.value))
        elif field.number == 2:
            for part in self.fields(field):
                if part.number == 100:
                    self._metadata(part)
        elif field.number in _KINDS:
            self.draft.say(architecture=_KINDS[field.number])
            if field.number in _NETWORKS:
                self._network(field)
            elif field.number == 202:
                self._pipeline(field)
            elif field.number in _PIPELINES:
                for part in self.fields(field):
                    if part.number == 1:
                        self._pipeline(part)
            elif field.number == _CUSTOM:
                self._custom(field, "model")
            elif field.number == _LINKED:
                self.draft.name("domain", "linkedModel", "model")

    def _metadata(self, field: Field) -> None:
        said = {1: "name", 2: "version", 3: "author", 4: "licence"}
        for part in self.fields(field):
            if part.number in said:
                self.draft.say(**{said[part.number]: self.text(part)})

    def _pipeline(self, field: Field) -> None:
        for part in self.fields(field):
            if part.number == 1:
                for inner in self.fields(part):
                    self._part(inner)

    def _network(self, field: Field) -> None:
        for layer in self.fields(field):
            if layer.number == 1:
                name = ""
                for part in self.fields(layer):
                    if part.number == 1:
                        name = self.text(part)
                    elif part.number == _CUSTOM_LAYER:
                        self._custom(part, name)

    def _custom(self, field: Field, where: str) -> None:
        for part in self.fields(field):
            if part.number == 10:
                self.draft.name("custom-operator", self.text(part), where)
