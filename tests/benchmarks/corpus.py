"""A corpus of Dockerfiles for timing: the fixtures, varied by a fixed seed, one a folder.

Its shape is near that of 1,552 files of 68 public repositories, counted for this (in brackets): 40 lines in the median
(41), 73 in the mean (77) and 876 at most (856); 7.9 RUN a file (6.5), whose bodies have 80 characters in the median (108) and
1,235 in the 99th percentile (1,861); a comment inside a continuation in 19 % of them (21). hadolint finds 10.7 faults in
one of these (6.6).
"""

from __future__ import annotations

import random
import re
from pathlib import Path

FIXTURES = Path(__file__).parents[2] / "fixtures"
LICENCE = "# Licensed to whoever wants it, under whatever terms they like, in the hope that it is useful.\n" * 14
COMMENTS = (
    "# what the service needs to run\n",
    "# keep this in step with the chart\n",
    "# Everything below is cached by the builder, so what changes often comes last.\n# See the handbook before you touch it.\n",
    "#\n# ---- dependencies ----\n#\n",
)
PLAIN = (
    "mkdir -p /opt/app/logs /opt/app/models",
    "cp -r build/out /opt/app/bin",
    "mv /tmp/build/libfast.so.1 /usr/local/lib/libfast.so.1",
    "ln -s /usr/local/lib/libfast.so.1 /usr/local/lib/libfast.so",
    "ldconfig",
    "make -j4 all",
    "make install",
    "cmake -S . -B build -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF -DWITH_CUDA=ON",
    "cmake --build build --target install",
    "./configure --prefix=/usr/local --disable-static --enable-shared",
    "python setup.py build_ext --inplace",
    "python -c 'import app; print(app.__version__)'",
    "sed -i 's/^workers = .*/workers = 4/' /etc/app/app.conf",
    "echo 'export PATH=/opt/app/bin:$PATH' >> /etc/profile.d/app.sh",
    "printf 'en_US.UTF-8 UTF-8\\n' >> /etc/locale.gen",
    "locale-gen",
    "tar -xzf /tmp/tool.tar.gz -C /opt --strip-components=1",
    "rm -rf /tmp/build /tmp/tool.tar.gz",
    "find /opt/app -name '*.pyc' -delete",
    "if [ -f /opt/app/prepare.sh ]; then sh /opt/app/prepare.sh; fi",
    'for each in a b c; do mkdir -p "/var/lib/app/$each"; done',
    "test -x /opt/app/bin/serve",
    "groupadd --gid 1000 app",
    "useradd --uid 1000 --gid 1000 --no-log-init app",
    "chown -R app:app /opt/app/logs",
    "npm run build",
    "export BUILD_DATE=today",
    "touch /opt/app/.built",
)
"""Commands as they stand between the others, without fault."""
LONGEST = 856
"""Lines."""


def make(folder: Path, count: int = 1_000, seed: int = 7) -> list[Path]:
    """Write ``count`` files below ``folder``: instructions shuffled between fixtures, versions and names changed."""
    choose = random.Random(seed)
    sources = [path.read_text(encoding="utf-8-sig") for path in sorted(FIXTURES.rglob("Dockerfile*"))]
    sources = [text for text in sources if text.count("\n") > 10 and "# escape=" not in text]
    found = [block for text in sources for block in _instructions(text)]
    commands = [_command(block) for block in found if re.match(r"RUN [^-\[#<]", block) and "\n#" not in block]
    blocks = [block for block in found if re.match(r"(?:ENV|COPY (?!--from)|ARG|EXPOSE|LABEL)\b", block)]
    made = []
    for number in range(count):
        text = choose.choice(sources).rstrip("\n") + "\n"
        size = min(choose.lognormvariate(2.2, 2.0), LONGEST - text.count("\n") - 2 * LICENCE.count("\n"))
        while size > 0:
            block = _chain(commands, choose) if choose.random() < 0.32 else choose.choice(blocks) + "\n"
            text += "\n" * choose.randrange(2) + (choose.choice(COMMENTS) if choose.random() < 0.6 else "") + block
            size -= block.count("\n") + 1.5
        path = folder / f"{number:04}" / "Dockerfile"
        path.parent.mkdir(parents=True)
        path.write_text((LICENCE if choose.random() < 0.2 else "") + _varied(text, choose), encoding="utf-8")
        made.append(path)
    return made


def _instructions(text: str) -> list[str]:
    """The instructions without here-documents, continuation lines included."""
    found = re.findall(r"^[A-Z]+ (?:.*\\\n)*.*$", text, re.MULTILINE)
    return [block for block in found if "<<" not in block]


def _command(run: str) -> str:
    return run.removeprefix("RUN ").rstrip()


def _chain(commands: list[str], choose: random.Random) -> str:
    """A RUN of one command or of several, as people chain them."""
    chained = [
        choose.choice(commands if choose.random() < 0.25 else PLAIN)
        for _ in range(max(1, min(40, round(choose.lognormvariate(0.65, 1.15)))))
    ]
    note = " \\\n    # and then\n    && " if choose.random() < 0.1 else " \\\n    && "
    return "RUN " + note.join(chained) + "\n"


def _varied(text: str, choose: random.Random) -> str:
    return re.sub(r"(?<==)\d+(?=\.\d)", lambda _: str(choose.randrange(1, 30)), text)
