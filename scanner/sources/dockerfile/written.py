"""Files that a Dockerfile writes itself: with a here-document, with echo or cat in a RUN."""

from __future__ import annotations

from scanner.model.command import Script
from scanner.model.location import Text
from scanner.model.target import File
from scanner.sources.dockerfile.stage import StageState
from scanner.sources.layout import Layout, Placed, absolute


def place_written(script: Script, layout: Layout, state: StageState) -> None:
    """Put the files that a script writes where later instructions find them."""
    for written in script.written:
        path = absolute(written.path.text, state.place, state.home) if written.path.known else None
        if path is None:
            continue
        content = written.content
        if written.append and content is not None:
            earlier = layout.find(path)
            if earlier is not None:
                try:
                    content = earlier.text().joined(content)[0]
                except (OSError, ValueError):
                    content = None
        layout.add(Placed(path, None if content is None else written_file(path, content)))


def written_file(path: str, content: Text) -> File:
    """A file whose content stands in the Dockerfile."""
    data = content.value.encode("utf-8", "replace")
    return File(
        at=content.location(),
        size=len(data),
        mode=0o755,
        read=lambda: data,
        part=lambda start, size: data[start : start + size],
        text=lambda: content,
    )
