"""Every limit of the readers of model files, in one place; one that is hit is a flaw ``limit`` of the header."""

from __future__ import annotations

HEAD = 4096
"""Bytes from which a format is recognized."""
WINDOW = 1 << 16
"""Bytes that are asked for at once."""
MAX_FLAWS = 50
"""Flaws that are told of one file; the first of each kind is told in any case."""
MAX_WORDS = 300
"""Characters of a name, a licence, a path."""
MAX_NAMED = 2000
"""Names, or external files, of each kind that one file tells; TensorFlow has 1,400 operators."""
MAX_TEMPLATES = 50
"""Chat templates of one file."""
MAX_TEMPLATE = 1 << 18
"""Characters of a chat template; the longest in use have about 30,000."""
MAX_JSON = 32 << 20
"""Bytes of a JSON document; the header of a safetensors file with 100,000 tensors has 15 MB."""
MAX_VALUES = 3_000_000
"""Commas, colons and brackets of a JSON document."""
MAX_SAFETENSORS_HEADER = 100_000_000
"""Bytes of a safetensors header: the library takes no longer ones."""
MAX_DIMENSIONS = 64
"""Dimensions of a tensor; NumPy has as many."""
MAX_KEYS = 1 << 16
"""Key-values of a GGUF file; real ones have about 60."""
MAX_TENSORS = 1_000_000
"""Tensors of one file. The largest models have about 100,000."""
MAX_GGUF_HEADER = 1 << 28
"""Bytes in front of a GGUF file's tensors; a vocabulary of 256,000 words takes 10 MB."""
MAX_WORDS_IN_ARRAYS = 4_000_000
"""Strings in all arrays of a GGUF file: words and merges of a vocabulary."""
MAX_ARRAY_DEPTH = 4
"""Arrays in arrays of GGUF."""
MAX_MESSAGE_DEPTH = 40
"""Messages in messages: graphs in graphs, for one."""
MAX_FIELDS = 2_000_000
"""Fields of one protobuf file that are looked at."""
MAX_GRAPH_NODES = 300_000
"""Nodes of a TensorFlow graph."""
MAX_HDF5 = 1 << 30
"""Bytes of an HDF5 file, which needs random access."""
MAX_HDF5_STEPS = 300_000
"""Blocks, messages, entries and pages of 4,096 bytes that are read of an HDF5 file."""
MAX_HDF5_DEPTH = 32
"""Levels of a B-tree or a heap in HDF5."""
MAX_NPY_HEADER = 1 << 16
"""Bytes of a .npy header; NumPy itself takes 10,000 characters."""
MAX_TEXT = 4 << 20
"""Bytes of a text (a card, a manifest, a source file) that are read."""
MAX_SEARCH = 64 << 20
"""Bytes of a file in which programs are looked for."""
