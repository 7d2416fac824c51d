"""Bring the tables in rules/tables/ up to date with the public data they are made from.

python rules/update.py                           all of them; those kept by hand are named, with their sources
python rules/update.py end-of-life [FROM]        FROM: endoflife.date's API, or a folder with its PRODUCT.json files
python rules/update.py malicious-releases [FROM] FROM: OSV's all.zip of PyPI, a file or a URL

Rows keep their order, and rows that the data does not know stay; both are said. Look at `git diff` before committing.
"""

from __future__ import annotations

import io
import json
import re
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scanner import knowledge  # noqa: E402
from scanner.derive.impostors import nearly  # noqa: E402
from scanner.parsers.manifests.specifier import normalize  # noqa: E402

TABLES = ROOT / "rules" / "tables"
END_OF_LIFE = "https://endoflife.date/api/v1/products"
OSV = "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip"
THEIR_NAMES = {
    "alpine": "alpine-linux",
    "amazonlinux": "amazon-linux",
    "node": "nodejs",
    "rockylinux": "rocky-linux",
}
"""Products that endoflife.date calls otherwise."""
BY_HAND = frozenset({"cuda", "tensorflow"})
"""Products of end-of-life.tsv that it does not have, or not with these dates."""
NOW = "9999-12-31"
"""The date of data that says of itself no other: the table then gets today's."""
FEW = 20
"""Releases up to which a record that speaks of malice may mean single releases rather than a hole in all of them."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MALICE = re.compile(
    r"(?i)malicious (?:release|version|package)|compromised (?:release|version)|supply.chain (?:attack|campaign)"
)


class Line(NamedTuple):
    """A release line of a product; ``end`` is "" when no day is given."""

    cycle: str
    code_name: str
    released: str
    end: str


def main(arguments: list[str], today: str = "") -> int:
    """0 when everything asked for is up to date, 1 when something could not be read, 2 when asked wrongly."""
    today = today or time.strftime("%Y-%m-%d")
    if len(arguments) > 2 or (arguments and not (TABLES / f"{arguments[0]}.tsv").is_file()):
        print(__doc__, file=sys.stderr)
        return 2
    complete = True
    for name in arguments[:1] or sorted(path.stem for path in TABLES.glob("*.tsv")):
        path = TABLES / f"{name}.tsv"
        text = path.read_text(encoding="utf-8")
        before = "".join(re.findall(r"(?m)^# date: (.*)$", text))
        print(f"{name}, of {before}")
        if name not in UPDATES:
            print("\n".join(f"  check by hand: {source}" for source in re.findall(r"(?m)^# source: (.*)$", text)))
            continue
        try:
            text, said, date = UPDATES[name](text, *arguments[1:])
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            print(f"  nothing changed: {error}", file=sys.stderr)
            complete = False
            continue
        if date:
            text = re.sub(r"(?m)^# date: .*$", f"# date: {max(before, min(date, today))}", text, count=1)
        path.write_text(text, encoding="utf-8")
        print("\n".join(f"  {line}" for line in said or ["nothing changed but the date"]))
        complete = complete and bool(date)
    return 0 if complete else 1


def end_of_life(table: str, source: str = END_OF_LIFE) -> tuple[str, list[str], str]:
    """The table with endoflife.date's days, what there is to say, and its new date: "" when a product is missing."""
    lines, said, date = table.splitlines(), [], NOW
    products = dict.fromkeys(line.split("\t")[0] for line in lines if not line.startswith("#"))
    for product in products:
        if product in BY_HAND:
            said.append(f"{product}: by hand, see the sources in the table")
            continue
        try:
            known = release_lines(json.loads(_read(source, THEIR_NAMES.get(product, product))))
        except (OSError, ValueError) as error:
            said.append(f"{product}: not read, kept: {error}")
            date = ""
            continue
        said += (f"{product}: {words}" for words in _merge(lines, product, known))
    return "\n".join(lines) + "\n", said, date


def release_lines(document: Any) -> list[Line]:
    """What endoflife.date says of a product, oldest first: a list of cycles, or version 1's ``result.releases``.

    Raises ValueError for anything else.
    """
    try:
        if isinstance(document, dict):
            each = [
                Line(item["name"], item.get("codename") or "", item["releaseDate"] or "", _day(item.get("eolFrom")))
                for item in document["result"]["releases"]
            ]
        else:
            each = [
                Line(str(item["cycle"]), item.get("codename") or "", item.get("releaseDate") or "", _day(item["eol"]))
                for item in document
            ]
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"not in the format of endoflife.date: {error!r}") from None
    return sorted(each, key=lambda line: line.released)


def _day(value: object) -> str:
    """A day, or "" for none: true and false say only whether the end has come."""
    return value if isinstance(value, str) and _DATE.fullmatch(value) else ""


def _merge(lines: list[str], product: str, known: list[Line]) -> Iterator[str]:
    """Put the days of a product into its rows, and add lines newer than any of them; says what it did."""
    ends = {name: line.end for line in known for name in _names(line)}
    released = {name: line.released for line in known for name in _names(line)}
    mine = [at for at, line in enumerate(lines) if line.startswith(f"{product}\t")]
    newest = ""
    for at in mine:
        _, cycle, before = lines[at].split("\t")
        newest = max(newest, released.get(cycle, ""))
        after = ends.get(cycle, "")
        if cycle not in ends:
            yield f"{cycle} is not in the data, kept"
        elif not after:
            yield f"{cycle} has no day in the data, kept"
        elif after != before:
            lines[at] = f"{product}\t{cycle}\t{after}"
            yield f"{cycle} ends on {after}, was {before}"
    coded = any(lines[at].split("\t")[1].isalpha() for at in mine)
    place = mine[-1] + 1
    for line in known:
        if newest and line.released > newest and line.end:
            for cycle in _names(line) if coded else [line.cycle]:
                lines.insert(place, f"{product}\t{cycle}\t{line.end}")
                place += 1
                yield f"{cycle} is new, ends on {line.end}"


def _names(line: Line) -> list[str]:
    """How tags call a release line: its number, and the first word of its code name."""
    return [line.cycle, *line.code_name.lower().split()[:1]]


def malicious_releases(table: str, source: str = OSV) -> tuple[str, list[str], str]:
    """The table with OSV's malicious releases of AI packages, what there is to say, and the newest record's day."""
    heading = [line for line in table.splitlines() if line.startswith("#")]
    rows = {row[0]: row for row in (line.split("\t") for line in table.splitlines()) if not row[0].startswith("#")}
    cited = {row[2] for row in rows.values()}
    left, said, date = set(rows), [], ""
    with zipfile.ZipFile(io.BytesIO(_read(source))) as archive:
        for name in sorted(archive.namelist()):
            record = json.loads(archive.read(name)) if name.endswith(".json") else {}
            date = max(date, record.get("published", "")[:10])
            for affected in record.get("affected", ()) if not record.get("withdrawn") else ():
                package = normalize(affected.get("package", {}).get("name", ""))
                original = borrowed(package)
                if package not in rows and original is None:
                    continue
                ids = [each for each in (record["id"], *record.get("aliases", ())) if each.startswith("MAL-")]
                if ids:
                    left.discard(package)
                    said += _take(rows, package, ids[0], original, affected)
                elif record["id"] not in cited and _speaks_of_malice(record, affected):
                    said.append(f"{package}: {record['id']} speaks of malice, look at it")
    said += (f"{package}: not in the data as malicious, kept" for package in sorted(left))
    return "\n".join([*heading, *("\t".join(rows[name]) for name in sorted(rows))]) + "\n", said, date


def borrowed(package: str) -> str | None:
    """The AI library whose name a package uses, "" when it is one, None when it has nothing to do with any."""
    libraries = knowledge.names("ai-libraries")
    if package in libraries:
        return ""
    longer = (name for name in libraries if package.startswith(f"{name}-"))
    return max(longer, key=len, default="") or nearly(package) or None


def _take(
    rows: dict[str, list[str]], package: str, advisory: str, original: str | None, affected: dict[str, Any]
) -> Iterator[str]:
    """Add what a record says of a package to its row; says what it did."""
    events = [{key: value for event in each["events"] for key, value in event.items()} for each in _ranges(affected)]
    every = any(event == {"introduced": "0"} for event in events)
    row = rows.get(package, [package, "", advisory, (original or "") if every else ""])
    before = set(row[1].split(", ")) - {""}
    found = {"*"} if every or "*" in before else before | set(affected.get("versions", ()))
    if not found:
        yield f"{package}: {advisory} names no releases, look at it"
    elif found != before:
        if package not in rows and original and not every:
            yield f"{package}: if it only lives off the name of {original}, say so in the last column"
        rows[package] = [package, ", ".join(sorted(found, key=_numbers)), *row[2:]]
        yield f"{package}: {advisory} adds {', '.join(sorted(found - before, key=_numbers))}"


def _numbers(version: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", version)]


def _ranges(affected: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in affected.get("ranges", ()) if each.get("type") == "ECOSYSTEM"]


def _speaks_of_malice(record: dict[str, Any], affected: dict[str, Any]) -> bool:
    text = f"{record.get('summary', '')} {record.get('details', '')}"
    return 0 < len(affected.get("versions", ())) <= FEW and bool(_MALICE.search(text))


def _read(source: str, product: str = "") -> bytes:
    """A file or the answer of a web server; ``product`` is one of several files or pages below ``source``."""
    if source.startswith("https://"):
        page = source if not product else f"{source}/{product}{'' if '/v1/' in source else '.json'}"
        with urllib.request.urlopen(page, timeout=60) as answer:  # noqa: S310
            content: bytes = answer.read()
            return content
    return (Path(source) / f"{product}.json" if product else Path(source)).read_bytes()


UPDATES = {"end-of-life": end_of_life, "malicious-releases": malicious_releases}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
