"""The nodes of a TensorFlow graph and its functions: constant paths, and what only saves or restores."""

from __future__ import annotations

from collections import defaultdict

from scanner.parsers.models.header import Draft, NameKind

_QUIET = frozenset({"Const", "Placeholder", "NoOp", "Identity"})
"""Operators that say nothing about what a graph does."""
_SOURCES = frozenset({"Const", "Identity", "PlaceholderWithDefault"})
_HOPS = 16
_PATH_INPUTS = {
    **dict.fromkeys((
        "ReadFile", "WriteFile", "MatchingFiles", "MatchingFilesDataset", "TextLineDataset", "TFRecordDataset",
        "FixedLengthRecordDataset", "FixedLengthRecordDatasetV2", "CSVDataset", "CSVDatasetV2", "LMDBDataset",
        "LoadAndRemapMatrix", "Save", "SaveV2", "SaveSlices", "Restore", "RestoreV2", "RestoreSlice",
    ), 0),
    **dict.fromkeys((
        "InitializeTableFromTextFile", "InitializeTableFromTextFileV2", "SqlDataset", "DatasetToTFRecord",
        "MergeV2Checkpoints",
    ), 1),
}  # fmt: skip
"""Which input of an operator is a path, by the definitions in ``tensorflow/core/ops``."""
_PATH_ATTRIBUTES = {"ImmutableConst": "memory_region_name", "PrintV2": "output_stream", "PyFunc": "token"}


class Node:
    """A node; its inputs as written: ``name``, ``name:1``, ``^name``, ``name:output:0``."""

    __slots__ = ("calls", "constant", "inputs", "name", "operator", "strings")

    def __init__(self) -> None:
        self.name = self.operator = self.constant = ""
        self.inputs: list[str] = []
        self.calls: list[str] = []
        self.strings: dict[str, str] = {}


class Scopes:
    """A graph's nodes by the function they are in, "" for the graph itself."""

    def __init__(self) -> None:
        self.count = 0
        self._graph = 0
        self._nodes: dict[tuple[int, str], list[Node]] = defaultdict(list)
        self._savers: list[tuple[int, str]] = []

    def next(self) -> None:
        """Begin another graph, whose functions are its own."""
        self._graph += 1

    def add(self, function: str, node: Node) -> None:
        """Note a node."""
        self._nodes[self._graph, function].append(node)

    def saver(self, tensor: str) -> None:
        """Note what a saver runs."""
        self._savers.append((self._graph, _node_of(tensor)))

    def tell(self, draft: Draft) -> None:
        """Name every operator, each constant path that it is given, and where it stands first."""
        savers = self._saving()
        for (graph, function), nodes in self._nodes.items():
            known = {node.name: node for node in nodes if node.operator in _SOURCES}
            for node in nodes:
                if node.operator in _QUIET:
                    continue
                saving = (graph, function, "") in savers or (graph, function, node.name) in savers
                where = f"{function}/{node.name}" if function else node.name
                kind: NameKind = "saver-operator" if saving else "operator"
                draft.name(kind, node.operator, where, _path(node, known))

    def _saving(self) -> set[tuple[int, str, str]]:
        """(graph, function, node) of all that a saver leads to; the node is "" for all of a function."""
        found: set[tuple[int, str, str]] = set()
        by_name = {
            (graph, node.name): node for (graph, scope), nodes in self._nodes.items() if not scope for node in nodes
        }
        waiting = list(self._savers)
        while waiting:
            graph, name = waiting.pop()
            node = by_name.get((graph, name))
            if node is None or (graph, "", name) in found:
                continue
            found.add((graph, "", name))
            waiting += [(graph, _node_of(given)) for given in node.inputs]
            self._calls(graph, node.calls, found)
        return found

    def _calls(self, graph: int, functions: list[str], found: set[tuple[int, str, str]]) -> None:
        waiting = list(functions)
        while waiting:
            function = waiting.pop()
            if (graph, function, "") not in found and (graph, function) in self._nodes:
                found.add((graph, function, ""))
                waiting += [called for node in self._nodes[graph, function] for called in node.calls]


def _path(node: Node, known: dict[str, Node]) -> str:
    """The constant path that an operator is given, straight or through an Identity; "" for none."""
    said = node.strings.get(_PATH_ATTRIBUTES.get(node.operator, ""), "")
    place = _PATH_INPUTS.get(node.operator, -1)
    name = node.inputs[place] if 0 <= place < len(node.inputs) else ""
    for _ in range(_HOPS):
        source = known.get(_node_of(name))
        if said or source is None:
            break
        said, name = source.constant, source.inputs[0] if source.inputs else ""
    return said


def _node_of(tensor: str) -> str:
    return tensor.lstrip("^").partition(":")[0]
