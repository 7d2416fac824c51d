"""Files with a made credential in each: 50 kinds of file, 20 ways in which the value stands in its line.

``plants()`` has every detector in every kind that can hold it, ``in_own_files()`` those that only count in files of their
tools; ``image(plants)`` has their files in three layers, of which the last removes some of the first.
"""

from __future__ import annotations

import html
import io
import itertools
import json
import posixpath
import sqlite3
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from typing import NamedTuple

from scanner.model.detector import Detector
from scanner.sources.image import example
from scanner.sources.image.image import Image
from tests.made_secrets import detectors, made

HOSTS = (
    "{}", '"{}"', "'{}'", "`{}`", "({})", "[{}]", "<{}>", " {} ", "\t{}\t", "{};", "{}, other", "key={}", "--token {}",
    "https://api.example.org/v1?key={}&page=2", "{} # the one for production", "密钥{}。", "clé é{}é",
    "\x1b[32m{}\x1b[0m", "https://h.example.org/?q=%22{}%22", "x:{}|y",
)  # fmt: skip
"""How a value stands in its line."""


class Kind(NamedTuple):
    """A kind of file: a path, and what is written to a file that has a text in it."""

    path: str
    template: str
    escape: Callable[[str], str] = lambda text: text
    pack: Callable[[str, str], bytes] = lambda _, text: text.encode()
    settings: bool = False
    """It holds what people set and type, so that passwords in commands are looked for as well."""


class Plant(NamedTuple):
    """A file with a value of a detector in it."""

    detector: Detector
    kind: str
    host: int
    text: str
    path: str
    data: bytes


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _line(text: str) -> str:
    return text.replace("\n", "\\n")


def _doubled(text: str) -> str:
    return text.replace("'", "''")


def _cell(text: str) -> str:
    return text.replace('"', '""')


def _zip(name: str) -> Callable[[str, str], bytes]:
    def pack(_: str, text: str) -> bytes:
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n")
            archive.writestr(name, text)
        return data.getvalue()

    return pack


def _database(_: str, text: str) -> bytes:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE history (id INTEGER, line TEXT)")
        database.executemany("INSERT INTO history VALUES (?, ?)", [(1, "import os"), (2, text), (3, "quit()")])
        database.commit()
        return database.serialize()


KINDS: Mapping[str, Kind] = {
    ".env": Kind("srv/{}/.env", "# settings\nDEBUG=1\nVALUE={}\nPORT=80\n", _line, settings=True),
    ".env with CRLF": Kind(
        "srv/{}/prod.env", "DEBUG=1\r\nVALUE={}\r\nPORT=80\r\n", lambda text: text.replace("\n", "\r\n"), settings=True
    ),
    "shell script": Kind("app/{}/run.sh", "#!/bin/sh\nset -eu\nexport VALUE={}\nexec app\n", settings=True),
    "script without an ending": Kind("usr/local/bin/start-{}", "#!/usr/bin/env bash\nrun {}\nexec app\n", settings=True),
    "bash history": Kind("root/{}/.bash_history", "ls -l\n{}\ncd ..\n", _line, settings=True),
    "zsh history": Kind("home/me/{}/.zsh_history", ": 1732500000:0;{}\n", _line, settings=True),
    "history of Python": Kind("root/{}/.python_history", "import os\nx = {}\n", _line, settings=True),
    "Dockerfile": Kind("app/{}/Dockerfile", "FROM a\nRUN {}\nCMD b\n", _line, settings=True),
    "Makefile": Kind("app/{}/Makefile", "run:\n\t{}\n", _line, settings=True),
    "crontab": Kind("etc/cron.d/job-{}", "SHELL=/bin/sh\n0 3 * * * root {}\n", _line, settings=True),
    "crontab of a person": Kind("var/spool/cron/crontabs/u{}", "0 3 * * * {}\n", _line, settings=True),
    "systemd unit": Kind(
        "etc/systemd/system/u{}.service", "[Service]\nExecStart=/bin/app\nEnvironment=VALUE={}\n", _line, settings=True
    ),
    "ini": Kind("app/{}/settings.ini", "[server]\nvalue = {}\nport = 80\n", _line, settings=True),
    "conf": Kind("etc/{}/app.conf", "listen 80\nvalue {}\n", _line, settings=True),
    "toml": Kind("app/{}/config.toml", '[a]\nvalue = """{}"""\n', settings=True),
    "yaml": Kind("app/{}/values.yaml", "a:\n  value: |\n    {}\n  b: 1\n", settings=True),
    "properties": Kind("app/{}/application.properties", "a.b=1\na.value={}\n", _line, settings=True),
    "git's configuration": Kind(
        "srv/{}/.git/config", '[remote "origin"]\n\turl = https://h.example.org\n\tnote = {}\n', _line, settings=True
    ),
    "source cell of a notebook": Kind(
        "work/{}/a.ipynb", '{{"cells": [{{"cell_type": "code", "source": ["x = 1\\n", "{}\\n"]}}]}}\n', _json, settings=True
    ),
    "output of a notebook": Kind(
        "work/{}/b.ipynb",
        '{{"cells": [{{"cell_type": "code", "outputs": [{{"text": ["{}\\n"]}}], "source": []}}]}}\n',
        _json,
        settings=True,
    ),
    "Python": Kind("app/{}/main.py", "import os\n\nVALUE = '''{}'''\n"),
    "call in Python": Kind("app/{}/call.py", 'client = Client(key="{}", retries=3)\n', _quoted),
    "JSON": Kind("app/{}/config.json", '{{\n  "a": 1,\n  "value": "{}"\n}}\n', _json),
    "JSON in a line": Kind(
        "app/{}/state.json", '{{"a":[' + "1," * 4_000 + '0],"value":"{}","b":null}}', _json
    ),
    "JSON lines": Kind("data/{}/log.jsonl", '{{"t": 1}}\n{{"t": 2, "m": "{}"}}\n', _json),
    "JSON in JSON": Kind("app/{}/body.json", '{{"body": "{{\\"value\\": \\"{}\\"}}"}}\n', lambda text: _json(_json(text))),
    "Terraform": Kind("infra/{}/main.tf", 'resource "a" "b" {{\n  value = "{}"\n}}\n', _quoted),
    "Terraform's state": Kind("infra/{}/terraform.tfstate", '{{"resources": [{{"value": "{}"}}]}}\n', _json),
    "SQL": Kind("db/{}/dump.sql", "INSERT INTO a VALUES (1, '{}', NULL);\n", _doubled),
    "log": Kind("var/log/{}.log", "2026-11-25T10:00:00Z INFO start\n2026-11-25T10:00:01Z DEBUG sent {}\n"),
    "log without line breaks": Kind("var/log/{}.out", "words and more " * 500 + "{}" + " and words" * 500),
    "Markdown": Kind("app/{}/NOTES.md", "# Notes\n\nUse {} here.\n"),
    "text": Kind("app/{}/todo.txt", "first\n{}"),
    "HTML": Kind("app/{}/index.html", '<p>a</p>\n<script>var value = "{}"</script>\n', _quoted),
    "XML": Kind("app/{}/web.xml", "<a>\n  <value>{}</value>\n</a>\n", lambda text: html.escape(text, quote=False)),
    "attribute in XML": Kind("app/{}/a.xml", '<a>\n  <b value="{}"/>\n</a>\n', html.escape),
    "JavaScript": Kind("app/{}/app.js", 'const value = "{}";\n', _quoted),
    "packed JavaScript": Kind("app/{}/app.min.js", "!function(){{" + "var a=1;" * 1_000 + 'f("{}")}}();', _quoted),
    "TypeScript": Kind("app/{}/app.ts", "export const value: string = `{}`;\n"),
    "Java": Kind("app/{}/A.java", 'class A {{ String value = "{}"; }}\n', _quoted),
    "Go": Kind("app/{}/a.go", "package a\n\nconst value = `{}`\n"),
    "C": Kind("app/{}/a.h", '#define VALUE "{}"\n', _quoted),
    "R": Kind("app/{}/.Rprofile", 'Sys.setenv(VALUE = "{}")\n', _quoted),
    "PowerShell": Kind("app/{}/a.ps1", "$env:VALUE = '{}'\n", _doubled),
    "CSV": Kind("data/{}/keys.csv", 'name,value\nme,"{}"\n', _cell),
    "patch": Kind("srv/{}/a.patch", "@@ -1,2 +1,3 @@\n a\n+{}\n b\n", _line),
    "wheel": Kind("srv/wheels/{}.whl", "import os\nVALUE = '''{}'''\n", pack=_zip("ours/settings.py")),
    "jar": Kind("opt/app/{}.jar", "a.b=1\na.value={}\n", _line, _zip("application.properties")),
    "SQLite": Kind("root/{}/history.sqlite", "{}", pack=_database),
    "UTF-16": Kind("app/{}/notes.txt", "first\r\nvalue: {}\r\n", pack=lambda _, text: text.encode("utf-16")),
}  # fmt: skip


UNREAD: Mapping[str, tuple[str, str]] = {
    "attribute in XML": ("\"'", "quotes that belong to a format, and are written as entities, are not read as quotes"),
}
"""By kind of file: characters, one of which makes a value one that is not found, and why. A test holds this, too."""
OWN_PLACES = ("root/{}", "home/me/{}", "app/{}", "srv/backup/me/{}", "etc/skel/{}")
OWN_TEXTS = ("{}", "{}\n", "{}\r\n", "\n{}\n")


def plant(detector: Detector, kind: str, host: int) -> Plant:
    """A value in a file of its own; another for each host."""
    held, form = made(detector, 1000 + host), KINDS[kind]
    path = form.path.format(f"{detector.id}-{host}")
    text = form.template.format(form.escape(HOSTS[host].format(held.text)))
    return Plant(detector, kind, host, held.text, path, form.pack(path, text))


def pairs() -> Iterator[tuple[Detector, str]]:
    """Every detector with every kind of file that it counts in."""
    for detector in detectors().values():
        for kind, form in KINDS.items():
            if not detector.files and (detector.kind != "password" or form.settings):
                yield detector, kind


def plants(hosts: Iterable[int] | None = None) -> Iterator[Plant]:
    """All pairs, each in some hosts; without ``hosts`` in one, not the same for all."""
    for detector, kind in pairs():
        for host in hosts or [zlib.crc32(f"{detector.id} {kind}".encode()) % len(HOSTS)]:
            yield plant(detector, kind, host)


def in_own_files() -> Iterator[Plant]:
    """The detectors that only count in files of their tools, in these, at several places and in a zip."""
    for detector in detectors().values():
        for number, (end, place, text) in enumerate(itertools.product(detector.files, OWN_PLACES, OWN_TEXTS)):
            held = made(detector, 1000 + number).text
            data, archive = text.format(held), f"srv/{detector.id}-{number}.zip"
            yield Plant(detector, end, number, held, place.format(f"{number}/{end}"), data.encode())
            yield Plant(detector, f"{end} in a zip", number, held, archive, _zip(f"me/{end}")("", data))


def unread(plant: Plant) -> bool:
    """Whether it is one of those that are known not to be found."""
    return plant.kind in UNREAD and any(each in plant.text for each in UNREAD[plant.kind][0])


def image(planted: Iterable[Plant]) -> tuple[Image, set[str]]:
    """An image with the files in two layers, and the paths that a third one removes."""
    layers: tuple[dict[str, bytes], ...] = ({}, {}, {})
    gone = set()
    for number, each in enumerate(planted):
        layers[number % 2][each.path] = each.data
        if number % 6 == 0:
            folder, name = posixpath.split(each.path)
            layers[2][f"{folder}/.wh.{name}"] = b""
            gone.add(each.path)
    return example.made({}, layers, {}), gone
