"""Credentials in the files of layers: both engines find the same, wherever a value stands, once."""

from __future__ import annotations

import contextlib
import io
import sqlite3
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.extractors import layer_secrets
from scanner.extractors.layer_secrets.matcher import Plain, matcher
from scanner.extractors.layer_secrets.places import holds_settings, is_sample, whose
from scanner.model.finding import Problem
from scanner.model.location import Layer
from scanner.model.target import OVERLAP, Part
from scanner.parsers import secrets
from scanner.parsers.archives.texts import members
from scanner.parsers.secrets.skipped import is_skipped
from scanner.parsers.secrets.table import DETECTORS, HEADS
from scanner.sources import search
from tests.made_secrets import made, private_key

LAYER = Layer(0, "sha256:0")
SEARCHED = [DETECTORS[number][0] for number in HEADS]
TOKEN = made("hugging-face-token").value


def searched(*parts):
    return [said for part in parts for said in layer_secrets.HeldSecrets().search(Part(*part), LAYER)]


HEADLESS = st.sampled_from([made(name, seed).text for name in (row[0] for row in DETECTORS) for seed in (1, 2)])
NAMED = st.sampled_from(
    [
        "DB_PASSWORD=hunter7x",
        "postgres://me:s3cretly@db/x",
        'api_key: "Zx9qLm2Vt7Rb4Ks8"',
        "tok\\\nen=4f9a8b7c6d5e4f3a2b1c",
    ]
)


@given(st.lists(st.one_of(HEADLESS, NAMED, st.text(max_size=30)), max_size=4).map("\n".join))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_settings_are_looked_at_exactly_when_that_may_find_something(text):
    data = text.encode("utf-8", "replace")
    if secrets.find(data.decode("latin-1"), "app/x.env"):
        assert matcher().hits(data) or matcher().tells(data)


@given(st.lists(st.one_of(st.sampled_from(secrets.telling()), st.binary(max_size=9)), max_size=4).map(b"".join))
def test_both_engines_tell_the_same_of_settings(data):
    for text in (data, data.upper()):
        assert matcher().tells(text) == Plain().tells(text)


@pytest.mark.parametrize("engine", [matcher, Plain])
def test_most_settings_name_nothing(engine):
    assert not engine().tells(b"import: [def, return]\nvalue: for if not None\npath: https://x.org/data\n" * 50)


def told(path, text, **more):
    data = text if isinstance(text, bytes) else text.encode()
    return [(fact.detector, fact.name) for fact in searched((path, data))]


def opened(path, data):
    """What is said of a file that is opened as one of a layer is."""
    return searched(
        *search.parts(path, len(data), data[: search.HEAD], lambda start, size: data[start : start + size], 0)
    )


PLANTS = st.sampled_from([made(name, seed).text for name in SEARCHED for seed in (1, 2)])
PIECES = st.lists(
    st.one_of(st.binary(max_size=30), st.sampled_from([b" ", b"\n", b'"', b"hf_", b"sk-", b"a", b"-----BEGIN "]), PLANTS.map(str.encode)),
    max_size=12,
).map(b"".join)  # fmt: skip


@given(PIECES, st.sampled_from(["app/a.py", "app/b.md", "app/.env", "app/run.sh", "root/.pgpass", "app/x"]))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_what_is_quiet_says_nothing(data, path):
    if layer_secrets.HeldSecrets().quiet(path, data):
        assert searched((path, data)) == []


def test_most_texts_are_quiet():
    assert layer_secrets.HeldSecrets().quiet("app/a.py", b"import os\n" * 100)
    assert not layer_secrets.HeldSecrets().quiet("app/a.py", f"T = '{TOKEN}'\n".encode())


@given(st.lists(PIECES, max_size=5))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_both_engines_find_the_same(texts):
    """Whatever is around the values; without Hyperscan nothing is compared, but the one engine finds what is planted."""
    data = b"\0".join(texts)
    plain = {number for _, number in Plain().hits(data)}
    assert {number for _, number in matcher().hits(data)} == plain
    parts = [(f"app/{number}.py", text) for number, text in enumerate(texts)]
    found = searched(*parts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layer_secrets, "matcher", Plain)
        assert searched(*parts) == found


def test_the_fast_engine_is_there_to_be_compared():
    pytest.importorskip("hyperscan", reason="not prebuilt for this machine")
    assert not isinstance(matcher(), Plain)


def test_the_compiled_heads_are_kept_and_compiled_anew_when_they_are_damaged(monkeypatch, tmp_path):
    hyper = pytest.importorskip("scanner.extractors.layer_secrets.hyper", reason="not prebuilt for this machine")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for damage in (None, None, b"", b"damaged"):
        engine = hyper.Hyperscan(HEADS, (b"key",))
        assert {DETECTORS[number][0] for _, number in engine.hits(TOKEN.encode())} == {"hugging-face-token"}
        path = tmp_path / "hullcheck" / hyper.NAME
        if damage is not None:
            path.write_bytes(path.read_bytes()[:-9] + damage)
    assert {number for _, number in hyper.Hyperscan({1: "abc"}, (b"key",)).hits(b"xabc")} == {1}


@pytest.mark.parametrize("name", SEARCHED)
def test_each_format_is_found_among_others(name):
    text = f"import x\n\nVALUE = 1  # é\n{made(name, 7).text}\n"
    facts = searched(("app/a.py", b"nothing\n" * 50), ("app/b.py", text.encode()), ("app/c.py", b""))
    assert name in {fact.detector for fact in facts}
    assert {fact.path for fact in facts} == {"app/b.py"}
    assert all(fact.evidence[0].at.span.first_line >= 4 for fact in facts)


def test_a_place_is_counted_in_characters():
    (fact,) = searched(("app/a.py", f'x = 1\ny = "é€", "{TOKEN}"\n'.encode()))
    assert str(fact.evidence[0].at) == "app/a.py:2:12 (layer 0)"
    assert fact.evidence[0].at.span.last_column == 12 + len(TOKEN)
    assert fact.evidence[0].quote == TOKEN[:4] + "*" * (len(TOKEN) - 4)


def parts_of(data, monkeypatch, piece):
    monkeypatch.setattr(search, "PIECE", piece)
    return list(
        search.parts("app/big.log", len(data), data[: search.HEAD], lambda start, size: data[start : start + size], 0)
    )


@pytest.mark.parametrize("shift", range(0, 60, 7))
def test_a_value_on_a_border_of_parts_is_found_once(monkeypatch, shift):
    piece = 1 << 16
    borders = [piece, piece + OVERLAP, 2 * piece, 2 * piece + OVERLAP, 3 * piece]
    tokens = [made("hugging-face-token", seed).value for seed in range(len(borders))]
    text, at = bytearray(b"some words\n" * 30_000), []
    for border, token in zip(borders, tokens, strict=True):
        start = border - shift
        text[start - 1 : start + len(token) + 1] = f" {token} ".encode()
        at.append(start)
    parts = parts_of(bytes(text), monkeypatch, piece)
    assert len(parts) > 3
    assert all(len(part.data) <= piece + OVERLAP for part in parts)
    found = [said for part in parts for said in layer_secrets.HeldSecrets().search(part, LAYER)]
    places = [(text.count(b"\n", 0, start) + 1, start - text.rfind(b"\n", 0, start)) for start in at]
    spans = [fact.evidence[0].at.span for fact in found]
    assert sorted((span.first_line, span.first_column) for span in spans) == sorted(places)


def test_a_longer_word_that_a_border_cuts_is_no_value(monkeypatch):
    piece = 1 << 16
    text = bytearray(b"x" * (4 * piece))
    start = piece + OVERLAP - len(TOKEN)
    text[start : start + len(TOKEN)] = TOKEN.encode()
    text[start - 1 : start] = b" "
    found = [
        said
        for part in parts_of(bytes(text), monkeypatch, piece)
        for said in layer_secrets.HeldSecrets().search(part, LAYER)
    ]
    assert found == []


def test_a_key_across_a_border(monkeypatch):
    piece = 1 << 16
    key = private_key(lines=300)
    text = b"x\n" * ((piece + OVERLAP - 9000) // 2) + key.encode() + b"x\n" * 50_000
    found = [
        said for part in parts_of(text, monkeypatch, piece) for said in layer_secrets.HeldSecrets().search(part, LAYER)
    ]
    assert [fact.detector for fact in found] == ["private-key"]


def test_what_is_in_a_file_is_told_by_its_first_bytes():
    kinds = {
        b"text": "text",
        b"\x7fELF\0": None,
        b"a\0b": None,
        b"PK\3\4rest": "zip",
        b"SQLite format 3\0": "sqlite",
        "é".encode(): "text",
    }
    assert {head: search.kind_of(head, 100) for head in kinds} == kinds
    assert search.kind_of(b"PK\3\4", 1 << 30) is None


def zipped(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def test_the_members_of_a_zip():
    data = zipped({"ours/settings.py": f"T = '{TOKEN}'", "ours/x.so": TOKEN, "ours/bin": "\0" + TOKEN, "dir/": ""})
    (fact,) = opened("app/ours-1.whl", data)
    assert (fact.path, str(fact.evidence[0].at)) == (
        "app/ours-1.whl!ours/settings.py",
        "app/ours-1.whl!ours/settings.py:1:6 (layer 0)",
    )


def test_a_zip_that_unpacks_to_too_much_is_a_problem_and_no_more():
    data = zipped({f"{number}.txt": b"a" * (1 << 20) for number in range(40)} | {"big.txt": b"a" * (2 << 20)})
    with pytest.raises(ValueError, match="33,554,432 bytes"):
        opened("app/bomb.zip", data)
    assert opened("app/bomb", data) == []


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_no_damaged_zip_makes_it_fail(noise):
    data = zipped({"a.txt": "hello " * 50})
    for broken in (b"PK\3\4" + noise, data[: len(noise)], data[:20] + noise + data[20:]):
        with contextlib.suppress(ValueError):
            list(members(broken))


def test_a_database(tmp_path):
    """gcloud keeps its logins in one."""
    token = made("google-refresh-token").value
    database = sqlite3.connect(tmp_path / "credentials.db")
    database.execute("CREATE TABLE credentials (account_id TEXT PRIMARY KEY, value BLOB)")
    database.execute("INSERT INTO credentials VALUES (?, ?)", ("me@x", f'{{"refresh_token": "{token}"}}'.encode()))
    database.execute("INSERT INTO credentials VALUES (?, ?)", ("you", TOKEN))
    database.commit()
    database.close()
    data = (tmp_path / "credentials.db").read_bytes()
    facts = opened("root/.config/tool/credentials.db", data)
    assert {fact.detector for fact in facts} == {"google-refresh-token", "hugging-face-token"}


@pytest.mark.parametrize(
    ("path", "text", "wanted"),
    [
        ("root/.bash_history", "export DB_PASSWORD=kX92mPq7Lw41vZ\n", [("named", "DB_PASSWORD")]),
        ("app/run.sh", "docker login -u me -p kX92mPq7Lw41vZ h.example\n", [("login-password", "login -p")]),
        ("app/nb.ipynb", '{"source": ["os.environ[\\"X\\"]\\n", "x"], "text": "WANDB_API_KEY=3f9a1c5e7b2d4860a9c1e3f57b9d2c4e6f80a1b3"}', [("named", "WANDB_API_KEY")]),
        ("app/a.py", "DB_PASSWORD = 'kX92mPq7Lw41vZ'\n", []),
        ("usr/lib/python3/dist-packages/a.cfg", "DB_PASSWORD=kX92mPq7Lw41vZ\n", []),
        ("root/.pgpass", "h:5432:db:me:kX92mPq7Lw41vZ\n", [("pgpass", "")]),
        ("app/.git/config", "url = https://me:kX92mPq7Lw41vZ@git.example/x\n", [("url", "URL")]),
    ],
)  # fmt: skip
def test_names_count_where_people_write_settings(path, text, wanted):
    assert told(path, text) == wanted


def test_the_same_value_twice_in_a_file_is_told_once_and_too_many_are_a_problem():
    assert told("app/a.py", f"{TOKEN}\n{TOKEN}\n") == [("hugging-face-token", "")]
    many = "\n".join(made("hugging-face-token", seed).value for seed in range(105))
    assert isinstance(searched(("app/a.py", many.encode()))[-1], Problem)


@pytest.mark.parametrize(
    ("path", "owner", "sample"),
    [
        ("app/settings.py", "own", False),
        ("app/tests/test_a.py", "own", True),
        ("usr/local/lib/python3.12/site-packages/x/testing_utils.py", "package", True),
        ("app/node_modules/x/index.js", "package", False),
        ("usr/share/doc/x/README", "package", True),
        ("usr/local/lib/python3.12/site-packages/x/config.py", "package", False),
        ("usr/local/lib/python3.12/site-packages/x/docs/a.py", "package", True),
        ("opt/tool/conf.d/a.conf", "own", False),
        ("usr/local/etc/x.conf", "own", False),
    ],
)
def test_whose_a_file_is(path, owner, sample):
    assert (whose(path), is_sample(path)) == (owner, sample)


def test_which_files_hold_settings():
    assert all(
        map(
            holds_settings,
            (
                "app/.env",
                "app/run.sh",
                "root/.bash_history",
                "etc/app.conf",
                "app/config",
                "app/.env.local",
                "app/Dockerfile",
            ),
        )
    )
    assert not any(
        map(holds_settings, ("usr/lib/x/a.conf", "app/a.py", "app/x.txt", "usr/lib/python3/dist-packages/a.sh"))
    )


@pytest.mark.parametrize(
    ("path", "skipped"),
    [
        ("app/x.so", True), ("lib/libc.so.6", True), ("app/a.PNG", True), ("app/model.safetensors", True), ("app/tokenizer.json", True),
        ("var/lib/dpkg/status", True), ("app/x-1.dist-info/RECORD", True), ("app/a.py", False), ("app/x.json", False),
        ("app/uv.lock", False), ("app/binary", False), ("app/x.whl", False), (".env", False), ("app/so", False),
    ],
)  # fmt: skip
def test_what_is_left_out_by_name(path, skipped):
    assert is_skipped(path.encode(), path.rpartition("/")[2].encode()) is skipped
