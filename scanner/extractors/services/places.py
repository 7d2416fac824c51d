"""Where servers look for settings that nobody names: in an image, these files are kept by name (``start_files``)."""

from __future__ import annotations

from functools import cache

from scanner.extractors.services.products import by_name

JUPYTER = ("jupyter_server_config", "jupyter_notebook_config", "jupyter_lab_config", "jupyter_config")
JUPYTER_ENDS = (".py", ".json")
JUPYTER_FOLDERS = ("/etc/jupyter", "/usr/local/etc/jupyter", "/opt/conda/etc/jupyter")
SUPERVISOR = (
    "/etc/supervisord.conf",
    "/etc/supervisor/supervisord.conf",
    "/etc/supervisor/conf.d/supervisord.conf",
    "supervisord.conf",
)
SSH = "/etc/ssh/sshd_config"


@cache
def names() -> frozenset[str]:
    """The base names of all of them, those in the table of products included."""
    paths = [name + end for name in JUPYTER for end in JUPYTER_ENDS]
    paths += (*SUPERVISOR, SSH)
    for product in by_name().values():
        for place in product.settings.get("file", ()):
            if not place.variable and not place.name.startswith("-"):
                paths.append(place.name)
    return frozenset(path.rpartition("/")[2] for path in paths)
