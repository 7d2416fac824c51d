"""How far a pickle is followed. Each limit that is hit is a flaw of its trace."""

MAX_WALKED = 128 << 20
"""Bytes of opcodes and short arguments, nested pickles included; payloads that are jumped over do not count."""
MAX_MEMO = 1 << 20
"""Memo entries; of later ones only imports are remembered."""
MAX_STACK = 1 << 18
"""Values on the stack; those at the bottom are forgotten."""
MAX_HELD = 1 << 21
"""Values held in containers; when it is reached, what containers hold is forgotten."""
MAX_ITEMS = 64
"""Values held of one container."""
MAX_TEXT = 4_096
"""Bytes kept of a string, of bytes or of a line, and of a string that is put together."""
MAX_DECODED = 1 << 20
"""Bytes of text that is looked at as bytes, as protocol 2 writes them."""
MAX_RENDERED = 300
"""Characters of the arguments of a call, and of a persistent id."""
MAX_NESTING = 8
"""Pickles inside one another."""
MAX_NESTED = 256
"""Pickles found inside one pickle."""
MAX_IMPORTS = 10_000
CALLS_EACH = 4
"""Calls that are told of one import and one opcode."""
MAX_CALLS = 20_000
MAX_IDS = 100_000
"""Persistent ids, and tensors."""
MAX_PICKLES = 10_000
"""Pickles one behind the other."""
MAX_FLAWS = 50
