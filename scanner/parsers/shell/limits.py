"""How much of a script is read before its author is taken for hostile. Reaching one is an error entry."""

from __future__ import annotations

MAX_SCRIPT = 524_288
"""Characters of one script; what comes after is not read."""
MAX_DEPTH = 40
"""Substitutions within substitutions, ``sh -c`` within ``sh -c`` and braces within braces."""
MAX_NESTING = 200
"""Open compound commands (``if``, ``{``, ``(``, …) around one place."""
MAX_COMMANDS = 20_000
"""Commands of one script, inner scripts included."""
MAX_VALUE = 65_536
"""Characters of one variable's value; a longer one counts as not known."""
MAX_EXPANDED = 524_288
"""Characters that all variables together add to one script's words; after that they count as not known."""
MAX_ERRORS = 20
"""Errors told of one script."""
MAX_ARITHMETIC = 4_096
"""Characters of ``((…))``; a longer one is read as a subshell in a subshell."""
MAX_INNER = 524_288
"""Characters of all scripts and here-documents inside one script together; further ones are not read."""
MAX_PRINTED = 65_536
"""Characters of an ``echo`` or ``printf`` command; what a longer one prints counts as not known."""
MAX_GLOB = 4_096
"""Characters of a pattern in parentheses, ``@(a|b)``."""
MAX_GROUPED = 50_000
"""Commands looked at for what ``{ …; } > file`` writes; after that it counts as not known."""
