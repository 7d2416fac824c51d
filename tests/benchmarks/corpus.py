"""A corpus of Dockerfiles for timing: the fixtures, varied by a fixed seed, one a folder."""

from __future__ import annotations

import random
import re
from pathlib import Path

FIXTURES = Path(__file__).parents[2] / "fixtures"


def make(folder: Path, count: int = 1_000, seed: int = 7) -> list[Path]:
    """Write ``count`` files below ``folder``: instructions shuffled between fixtures, versions and names changed."""
    choose = random.Random(seed)
    sources = [path.read_text(encoding="utf-8", errors="replace") for path in sorted(FIXTURES.rglob("Dockerfile*"))]
    sources = [text for text in sources if text.count("\n") > 15]
    blocks = [block for text in sources for block in _instructions(text) if re.match(r"(?:RUN|ENV|COPY|ARG)\b", block)]
    made = []
    for number in range(count):
        text = _varied(choose.choice(sources), choose)
        extra = [_varied(choose.choice(blocks), choose) for _ in range(choose.randrange(0, 12))]
        path = folder / f"{number:04}" / "Dockerfile"
        path.parent.mkdir(parents=True)
        path.write_text(text.rstrip("\n") + "\n" + "\n".join(extra) + "\n", encoding="utf-8")
        made.append(path)
    return made


def _instructions(text: str) -> list[str]:
    """The instructions without here-documents, continuation lines included."""
    found = re.findall(r"^[A-Z]+ (?:.*\\\n)*.*$", text, re.MULTILINE)
    return [block for block in found if "<<" not in block]


def _varied(text: str, choose: random.Random) -> str:
    return re.sub(r"(?<==)\d+(?=\.\d)", lambda _: str(choose.randrange(1, 30)), text)
