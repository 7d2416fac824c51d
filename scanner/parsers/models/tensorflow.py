"""TensorFlow: the operators of a SavedModel or a GraphDef, in its graph and its functions, and what Keras says in it.

Numbers of fields: ``saved_model.proto``, ``meta_graph.proto``, ``graph.proto``, ``function.proto``, ``node_def.proto``,
``attr_value.proto`` and ``saved_object_graph.proto`` of TensorFlow, ``saved_metadata.proto`` of Keras.
"""

from __future__ import annotations

from scanner.parsers.models import documents, keras
from scanner.parsers.models.header import Broken, Header
from scanner.parsers.models.limits import MAX_FLAWS, MAX_GRAPH_NODES, MAX_JSON
from scanner.parsers.models.messages import Reader
from scanner.parsers.models.scopes import Node, Scopes
from scanner.parsers.protobuf import BYTES, Field
from scanner.parsers.tar import Source

_INPUTS = 64
"""Inputs of a node that are kept; those of a function's call may be many."""


def read(source: Source, size: int) -> Header:
    """What a ``saved_model.pb`` says."""
    reader = _TensorFlow("tensorflow", source, size)
    with reader.damage():
        for field in reader.messages.fields(size):
            if field.number == 2:
                reader.meta_graph(field)
    reader.scopes.tell(reader.draft)
    return reader.draft.finish()


def read_graph(source: Source, size: int) -> Header:
    """What a frozen ``*.pb``, a GraphDef, says."""
    reader = _TensorFlow("tensorflow-graph", source, size)
    with reader.damage():
        for field in reader.messages.fields(size):
            reader.graph_part(field)
    reader.scopes.tell(reader.draft)
    return reader.draft.finish()


def read_metadata(source: Source, size: int) -> Header:
    """What a ``keras_metadata.pb`` says."""
    reader = _TensorFlow("keras-metadata", source, size)
    with reader.damage():
        for field in reader.messages.fields(size):
            if field.number == 1:
                reader.keras_object(field, path=3, metadata=5)
    return reader.draft.finish()


class _TensorFlow(Reader):
    def __init__(self, format: str, source: Source, size: int) -> None:
        super().__init__(format, source, size)
        self.scopes = Scopes()

    def meta_graph(self, field: Field) -> None:
        """A graph with what belongs to it; a SavedModel may have several, for serving and for training."""
        self.scopes.next()
        parts = {1: self._about, 2: self._graph, 3: self._saver, 6: self._asset, 7: self._objects}
        for part in self.fields(field):
            if part.number in parts:
                parts[part.number](part)

    def _about(self, field: Field) -> None:
        for part in self.fields(field):
            if part.number == 5:
                self.draft.say(producer=f"tensorflow {self.text(part)}")

    def _graph(self, field: Field) -> None:
        for part in self.fields(field):
            self.graph_part(part)

    def _saver(self, field: Field) -> None:
        for part in self.fields(field):
            if part.number in (2, 3):
                self.scopes.saver(self.text(part))

    def _objects(self, field: Field) -> None:
        """Older files have what Keras says in the graph of objects."""
        for part in self.fields(field):
            if part.number == 1:
                for thing in self.fields(part):
                    if thing.number == 4:
                        self.keras_object(thing, path=1, metadata=3)

    def _asset(self, field: Field) -> None:
        for part in self.fields(field):
            if part.number == 2:
                self.draft.external("file", f"assets/{self.text(part)}", "asset", part.start)

    def graph_part(self, field: Field) -> None:
        """A field of a GraphDef: a node, or the library of functions."""
        if field.number == 1:
            self._node(field, "")
        elif field.number == 2:
            for part in self.fields(field):
                if part.number == 1:
                    self._function(part)

    def _function(self, field: Field) -> None:
        """Nodes (3) may stand in front of the signature (1), which has the name."""
        name, nodes = "", []
        for part in self.fields(field):
            if part.number == 1:
                for said in self.fields(part):
                    if said.number == 1:
                        name = self.text(said)
            elif part.number == 3:
                nodes.append(self._read(part))
        for node in nodes:
            self.scopes.add(name, node)

    def _node(self, field: Field, scope: str) -> None:
        self.scopes.add(scope, self._read(field))

    def _read(self, field: Field) -> Node:
        if self.scopes.count >= MAX_GRAPH_NODES:
            raise Broken("limit", f"a graph of more than {MAX_GRAPH_NODES:,} nodes", field.start)
        self.scopes.count += 1
        node = Node()
        for part in self.fields(field):
            if part.number == 1:
                node.name = self.text(part)
            elif part.number == 2:
                node.operator = self.text(part)
            elif part.number == 3 and len(node.inputs) < _INPUTS:
                node.inputs.append(self.text(part))
            elif part.number == 5:
                self._attribute(part, node)
        return node

    def _attribute(self, field: Field, node: Node) -> None:
        """An entry of a node's attributes; a key may stand behind its value."""
        key = text = ""
        for part in self.fields(field):
            if part.number == 1:
                key = self.text(part)
            elif part.number == 2:
                for value in self.fields(part):
                    if value.number == 2:
                        text = self.text(value)
                    elif value.number == 8:
                        self._tensor(value, node)
                    elif value.number == 10:
                        self._called(value, node)
                    elif value.number == 1:
                        for item in self.fields(value):
                            if item.number == 9:
                                self._called(item, node)
        if text:
            node.strings[key] = text

    def _called(self, field: Field, node: Node) -> None:
        for part in self.fields(field):
            if part.number == 1:
                node.calls.append(self.text(part))

    def _tensor(self, field: Field, node: Node) -> None:
        """The value of a constant; a string tensor has its strings in field 8."""
        for part in self.fields(field):
            if part.number == 8 and not node.constant:
                node.constant = self.text(part)

    def keras_object(self, field: Field, path: int, metadata: int) -> None:
        """An object that Keras saved: JSON about a layer, in the fields of these numbers."""
        where, data, start = "", b"", field.start
        for part in self.fields(field):
            if part.number == path:
                where = self.text(part)
            elif part.number == metadata and part.kind == BYTES:
                if part.value > MAX_JSON:
                    self.draft.flaw("limit", f"JSON of more than {MAX_JSON:,} bytes", part.start)
                else:
                    data, start = self.messages.raw(part, MAX_JSON), part.start
        if data.startswith(b"{") and len(self.draft.flaws) < MAX_FLAWS:
            try:
                said = documents.load(self.draft, data, start)
            except Broken as broken:
                self.draft.flaws.append(broken.flaw)
            else:
                keras.look(self.draft, said, where)
