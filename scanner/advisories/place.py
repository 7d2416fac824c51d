"""Where the advisory database of a user is."""

from __future__ import annotations

import os

NAME = "advisories.db"


def folder() -> str:
    """The user's data folder of this program, which need not exist: what is there is not made again by itself."""
    home = os.environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
    return os.path.join(home, "hullcheck")


def default() -> str:
    """The database that a scan uses when nobody names another."""
    return os.path.join(folder(), NAME)
