"""An update fetches what is new, goes on where it broke off, and leaves the old database in place until it is whole."""

from __future__ import annotations

import gzip
import json
import os
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from scanner import web
from scanner.advisories import download, update
from scanner.advisories.database import Database
from scanner.errors import TargetError, UsageError
from tests.advisories.made import archive, below, record

KEV = json.dumps(
    {"catalogVersion": "2026.01.01", "vulnerabilities": [{"cveID": "CVE-2024-0001", "dateAdded": "2026-01-01"}]}
).encode()
EPSS = gzip.compress(b"#model_version:v2025,score_date:2026-01-01\ncve,epss,percentile\nCVE-2024-0001,0.25,0.9\n")
DAY = "Wed, 21 Oct 2026 07:28:00 GMT"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        server.asked.append(
            (
                self.path,
                {
                    name: value
                    for name, value in self.headers.items()
                    if name in {"Range", "If-Range", "If-None-Match", "If-Modified-Since"}
                },
            )
        )
        body = server.files.get(self.path)
        if body is None:
            self.send_error(404)
            return
        etag = f'"{hash(body) & 0xFFFFFFFF:x}"'
        unchanged = self.headers.get("If-Modified-Since") == DAY and not server.etags
        if unchanged or self.headers.get("If-None-Match") == etag:
            self.send_response(304)
            self.end_headers()
            return
        start = 0
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        if asked and self.headers.get("If-Range") == etag and server.ranges:
            start = int(asked[1])
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start + server.shifted}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - start))
        if server.etags:
            self.send_header("ETag", etag)
        else:
            self.send_header("Last-Modified", DAY)
        self.end_headers()
        part = body[start:]
        if server.breaks:
            part = part[: server.breaks.pop(0)]
        self.wfile.write(part)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    """A mirror that can be made to break off."""
    monkeypatch.setattr(web.time, "sleep", lambda seconds: None)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked, server.breaks, server.ranges, server.etags = [], [], True, True
        server.shifted = 0
        server.files = {
            "/PyPI/all.zip": archive(
                record("A-1", below("x", "1")), *(record(f"B-{n}", below("y", "1")) for n in range(200))
            ),
            "/Rocky%20Linux/all.zip": archive(record("R-1", below("x", "1-1", "Rocky Linux:9"))),
            "/kev.json": KEV,
            "/epss.csv.gz": EPSS,
        }
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def run(server, tmp_path):
    """Updates a database; what was told, and what went wrong."""

    def run(*names, **more):
        told = []
        feeds = update.wanted(names or ("PyPI",), server.url, f"{server.url}/kev.json", f"{server.url}/epss.csv.gz")
        return told, update.update(feeds, str(tmp_path / "a.db"), told.append, **more)

    run.path = tmp_path / "a.db"
    return run


def names(path, ecosystem="PyPI"):
    database = Database(str(path))
    return [database.details(entry.record).name for entry in database.entries([ecosystem], ["x"])]


def test_everything_is_fetched_from_a_mirror(server, run):
    told, problems = run("PyPI", "Rocky Linux", "KEV", "EPSS")
    assert (problems, len(told)) == ([], 4)
    database = Database(str(run.path))
    assert [feed.name for feed in database.feeds()] == ["EPSS", "KEV", "PyPI", "Rocky Linux"]
    assert (names(run.path), names(run.path, "Rocky Linux:9")) == (["A-1"], ["R-1"])
    assert (database.exploited(["CVE-2024-0001"]), database.likelihood(["CVE-2024-0001"])) == (True, 0.25)
    assert sorted(os.listdir(run.path.parent)) == ["a.db", "a.db.lock"]


def test_what_has_not_changed_is_not_fetched_again(server, run):
    run("PyPI", "KEV")
    told, problems = run("PyPI", "KEV")
    assert (told, problems) == (["PyPI: nothing new", "KEV: nothing new"], [])
    assert names(run.path) == ["A-1"]
    server.files["/PyPI/all.zip"] = archive(record("A-2", below("x", "2")))
    told, _ = run("PyPI", "KEV")
    assert (told[1], names(run.path)) == ("KEV: nothing new", ["A-2"])
    assert Database(str(run.path)).exploited(["CVE-2024-0001"])


def test_a_server_without_etags_is_asked_by_date(server, run):
    server.etags = False
    run()
    assert run()[0] == ["PyPI: nothing new"]


def test_force_fetches_it_all_the_same(server, run):
    run()
    told, _ = run(force=True)
    assert "bytes fetched" in told[0]


def test_a_connection_that_breaks_is_gone_on_with(server, run):
    server.breaks = [100, 200, 0]
    run()
    assert [headers.get("Range") for _, headers in server.asked] == [None, "bytes=100-", "bytes=300-", "bytes=300-"]
    assert names(run.path) == ["A-1"]


def test_a_server_without_ranges_is_asked_for_all_of_it(server, run):
    server.breaks, server.ranges = [100], False
    run()
    assert names(run.path) == ["A-1"]


def test_a_part_that_begins_elsewhere_is_not_put_behind_the_first(server, run):
    server.breaks, server.shifted = [100], 5
    run()
    assert [headers.get("Range") for _, headers in server.asked] == [None, "bytes=100-", None]
    assert names(run.path) == ["A-1"]


def test_a_full_disk_is_no_broken_connection(server, run, monkeypatch):
    def full(*_):
        raise TargetError("cannot be written: No space left on device")

    monkeypatch.setattr(download, "_write", full)
    with pytest.raises(TargetError, match="No space left on device"):
        run()
    assert len(server.asked) == 1


def test_a_file_that_changes_in_between_is_fetched_from_its_beginning(server, run, tmp_path):
    path = str(tmp_path / "part")
    server.breaks = [100] * 30
    with pytest.raises(TargetError, match="breaks again and again"):
        download.fetch(f"{server.url}/PyPI/all.zip", path)
    server.breaks = []
    server.files["/PyPI/all.zip"] = new = archive(record("A-2", below("x", "2")))
    assert download.fetch(f"{server.url}/PyPI/all.zip", path) is not None
    with open(path, "rb") as file:
        assert file.read() == new


def test_a_later_run_goes_on_where_an_earlier_one_ended(server, run, monkeypatch):
    monkeypatch.setattr(download, "MAX_BROKEN", 0)
    server.breaks = [500]
    with pytest.raises(TargetError, match="nothing could be taken in"):
        run()
    server.asked.clear()
    run()
    assert server.asked[0][1]["Range"] == "bytes=500-"
    assert names(run.path) == ["A-1"]


def test_what_an_interrupted_run_had_fetched_whole_is_not_fetched_again(server, run, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(update, "take", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            run()
    server.asked.clear()
    run()
    assert list(server.asked[0][1]) == ["If-None-Match"]
    assert names(run.path) == ["A-1"]


def _interrupted(*_, **__):
    raise KeyboardInterrupt


@pytest.mark.parametrize("step", ["fetch", "take", "carry", "finish"])
def test_interrupted_at_any_step_the_old_database_is_usable(server, run, monkeypatch, step):
    run()
    server.files["/PyPI/all.zip"] = archive(record("A-2", below("x", "2")))
    old = run.path.read_bytes()
    with monkeypatch.context() as patch:
        if step in {"fetch", "take"}:
            patch.setattr(update, step, _interrupted)
        else:
            patch.setattr(update.Compiler, step, _interrupted)
        with pytest.raises(KeyboardInterrupt):
            run()
    assert run.path.read_bytes() == old
    assert names(run.path) == ["A-1"]
    run()
    assert names(run.path) == ["A-2"]


def test_a_damaged_archive_is_refused_and_the_old_feed_stays(server, run):
    run()
    good = server.files["/PyPI/all.zip"]
    server.files["/PyPI/all.zip"] = good[:-40]
    _, problems = run("PyPI", "KEV")
    assert [problem.partition(": ")[2].partition(": ")[0] for problem in problems] == ["PyPI is damaged"]
    assert names(run.path) == ["A-1"]
    assert Database(str(run.path)).exploited(["CVE-2024-0001"])
    server.files["/PyPI/all.zip"] = archive(record("A-3", below("x", "2")))
    run()
    assert names(run.path) == ["A-3"]


def test_what_cannot_be_fetched_is_told_and_the_rest_is_there(server, run):
    run("PyPI")
    _, problems = run("PyPI", "npm", "KEV")
    assert len(problems) == 1
    assert problems[0].startswith("npm: 127.0.0.1")
    assert [feed.name for feed in Database(str(run.path)).feeds()] == ["KEV", "PyPI"]


def test_nothing_at_all_says_what_to_check(run):
    with pytest.raises(TargetError, match=r"nothing could be taken in: npm: .* status 404") as error:
        run("npm")
    assert "db-url" in error.value.hint
    assert not run.path.exists()


def test_a_damaged_database_is_given_up_only_when_forced(server, run):
    run("PyPI", "KEV")
    data = bytearray(run.path.read_bytes())
    data[-4096:] = b"\xa5" * 4096
    run.path.write_bytes(data)
    with pytest.raises(TargetError, match="is damaged"):
        run("PyPI")
    run("PyPI", force=True)
    assert names(run.path) == ["A-1"]


@pytest.mark.parametrize("file", ["/kev.json", "/epss.csv.gz"])
@pytest.mark.parametrize("data", [b"", b"{}", b"[" * 100_000, b"\x1f\x8bnonsense", b"a,b\n1,2\n", b"cve,epss\nx,y\n"])
def test_files_of_cisa_and_first_that_are_none_are_refused(server, run, file, data):
    server.files[file] = data
    with pytest.raises(TargetError, match="is damaged"):
        run("KEV" if file == "/kev.json" else "EPSS")


def test_a_file_that_is_too_large_is_refused(server, run, monkeypatch):
    monkeypatch.setattr(download, "MAX_BYTES", 1_000)
    with pytest.raises(TargetError, match="more than 1,000 bytes"):
        run()


def test_what_is_not_known_is_asked_wrongly():
    with pytest.raises(UsageError, match="there is no ecosystem called 'Pypi'"):
        update.wanted(["Pypi"], update.URL)
    with pytest.raises(UsageError, match="no address to fetch from"):
        update.wanted(["PyPI"], "file:///etc")


def test_ecosystems_with_a_space_are_asked_for_as_an_address():
    assert (
        update.wanted(["Red Hat"], "https://mirror.example/osv/")[0].url
        == "https://mirror.example/osv/Red%20Hat/all.zip"
    )
