"""Every limit of the readers of model files, in one place; one that is hit is a flaw ``limit`` of the header."""

from __future__ import annotations

HEAD = 4096
"""Bytes from which a format is recognized."""
MAX_WINDOW = 1 << 16
"""Bytes that are asked for at once."""
MAX_FLAWS = 50
"""Flaws that are told of one file."""
MAX_WORDS = 300
"""Characters of a name, a licence, a path."""
MAX_NAMED = 500
"""Names of one kind that one file tells: classes, operators, calls, external files."""
MAX_TEMPLATE = 1 << 18
"""Characters of a chat template; the longest in use have about 30,000."""
MAX_JSON = 64 << 20
"""Bytes of a JSON document that is read whole."""
MAX_JSON_DEPTH = 200
"""Levels of what is nested in a JSON document."""
MAX_NODES = 1_000_000
"""Values of a JSON document, or nodes of a graph, that are looked at."""
MAX_SAFETENSORS_HEADER = 100_000_000
"""Bytes of a safetensors header; the library takes no longer ones."""
MAX_TENSORS = 1_000_000
"""Tensors of one file. The largest models have about 100,000."""
MAX_DIMENSIONS = 64
"""Dimensions of a tensor."""
MAX_KEYS = 1 << 16
"""Key-values of a GGUF file; real ones have about 60."""
MAX_GGUF_HEADER = 1 << 28
"""Bytes in front of a GGUF file's tensors; a vocabulary of 256,000 words takes 10 MB."""
MAX_GGUF_DEPTH = 4
"""Arrays in arrays."""
MAX_MESSAGE_DEPTH = 40
"""Messages in messages: graphs in graphs, for one."""
MAX_FIELDS = 20_000_000
"""Fields of one protobuf file."""
MAX_FIELD = 16 << 20
"""Bytes of one string or message without known parts that is looked into."""
MAX_HDF5 = 1 << 30
"""Bytes of an HDF5 file, which needs random access."""
MAX_OBJECTS = 100_000
"""Groups and data sets of an HDF5 file."""
MAX_HDF5_STEPS = 1_000_000
"""Blocks, messages and entries of an HDF5 file."""
MAX_NPY_HEADER = 1 << 16
"""Bytes of a .npy header; NumPy itself takes 10,000 characters."""
MAX_TEXT = 4 << 20
"""Bytes of a text (a card, a manifest, a source file) that are read."""
MAX_LINES = 200_000
"""Lines of such a text."""
MAX_SEARCH = 64 << 20
"""Bytes in which programs are looked for."""
