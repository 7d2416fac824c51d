"""Images made in code, and a registry that may misbehave, on this machine only."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from scanner.sources.image import mirrors
from scanner.sources.image import registry as registries

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def digest(data):
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def packed(files):
    """A tar of files by name; a text for a symbolic link."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            if isinstance(content, str):
                entry.type, entry.linkname = tarfile.SYMTYPE, content
                archive.addfile(entry)
            else:
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    return data.getvalue()


class Made:
    """A small image, and everything that describes it."""

    def __init__(self, architecture="amd64", settings=None, size=10):
        self.tars = [packed({"etc/a": b"one" * size}), packed({"etc/b": b"two"})]
        self.layers = [gzip.compress(tar, mtime=0) for tar in self.tars]
        self.config = {
            "os": "linux",
            "architecture": architecture,
            "config": {"User": "1000"} if settings is None else settings,
            "rootfs": {"type": "layers", "diff_ids": [digest(tar) for tar in self.tars]},
        }
        self.blobs = {digest(layer): layer for layer in self.layers}
        config = self.add(self.config, CONFIG)
        layers = [{"mediaType": LAYER, "digest": digest(data), "size": len(data)} for data in self.layers]
        self.document = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers}
        self.entry = self.add(self.document, MANIFEST)
        self.digest = self.entry["digest"]

    def add(self, document, media_type, **more):
        """A descriptor of a document that is now among the blobs."""
        data = json.dumps(document).encode()
        self.blobs[digest(data)] = data
        return {"mediaType": media_type, "digest": digest(data), "size": len(data), **more}


def index_of(*entries):
    return {"schemaVersion": 2, "mediaType": INDEX, "manifests": list(entries)}


def layout_files(image, *entries):
    """The files of an OCI layout by their path."""
    files = {f"blobs/{name.replace(':', '/')}": data for name, data in image.blobs.items()}
    files["oci-layout"] = b'{"imageLayoutVersion": "1.0.0"}'
    files["index.json"] = json.dumps(index_of(*(entries or [image.entry]))).encode()
    return files


def write(folder, files):
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


class Registry(ThreadingHTTPServer):
    """Plays a registry with one repository, ``team/app``. What it does wrong is said by its attributes."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.host = f"127.0.0.1:{self.server_port}"
        self.contents = {}
        """Manifests by tag and digest, blobs by digest: bytes."""
        self.auth = None
        """``basic`` or ``bearer``; ``alice`` with ``s3cret-word`` may read."""
        self.anonymous = False
        self.failures = []
        """Statuses, with headers, that the next requests are answered with."""
        self.break_after = []
        """Bytes after which the next blobs break off."""
        self.ignores_ranges = False
        self.headers_for = {}
        """More headers by the last part of the path."""
        self.redirect = None
        self.asked = []
        """(path, headers) of every request."""

    def put(self, image, *tags):
        self.contents |= image.blobs
        for tag in tags:
            self.contents[tag] = image.blobs[image.digest]
        return self


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        server = self.server
        server.asked.append((self.path, dict(self.headers)))
        if server.failures:
            status, headers = server.failures.pop(0)
            return self._answer(status, b"{}", headers)
        path = self.path.partition("?")[0]
        if path == "/token":
            basic = self.headers.get("Authorization")
            if basic is None and not server.anonymous:
                return self._answer(401, b"{}")
            if basic is not None and basic != self._basic():
                return self._answer(401, b"{}")
            return self._answer(200, b'{"token": "right-token"}')
        wanted = {None: None, "basic": self._basic(), "bearer": "Bearer right-token"}[server.auth]
        kind, name = path.split("/")[-2:]
        if wanted is not None and self.headers.get("Authorization") != wanted and not path.startswith("/cdn/"):
            realm = f"http://{server.host}/token"
            challenge = (
                'Basic realm="registry"'
                if server.auth == "basic"
                else f'Bearer realm="{realm}",service="registry",scope="repository:team/app:pull"'
            )
            return self._answer(401, b"{}", {"WWW-Authenticate": challenge})
        if server.redirect and not path.startswith("/cdn/") and kind == "blobs":
            return self._answer(307, b"", {"Location": f"{server.redirect}/cdn/{name}"})
        data = server.contents.get(name)
        if data is None:
            return self._answer(404, b"{}")
        return self._answer(200, data, server.headers_for.get(name, {}), blob=kind != "manifests")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked.append((self.path, {"body": body}))
        self._answer(200, b'{"access_token": "right-token"}')

    def _basic(self):
        return "Basic " + base64.b64encode(b"alice:s3cret-word").decode()

    def _answer(self, status, data, headers=None, *, blob=False):
        headers = dict(headers or {})
        start = 0
        if blob and "Range" in self.headers and not self.server.ignores_ranges:
            start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
            status, headers["Content-Range"] = 206, f"bytes {start}-{len(data) - 1}/{len(data)}"
        data = data[start:]
        self.send_response(status)
        headers.setdefault("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if blob and self.server.break_after:
            data = data[: self.server.break_after.pop(0)]
            self.close_connection = True
        self.wfile.write(data)
        if int(headers["Content-Length"]) != len(data):
            self.close_connection = True


@pytest.fixture
def make():
    """What makes images."""
    return SimpleNamespace(
        image=Made, index_of=index_of, layout_files=layout_files, packed=packed, write=write, digest=digest
    )


def serve():
    """A running registry, until the test is over."""
    server = Registry()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def registry(monkeypatch, tmp_path_factory):
    """A running registry; nobody is logged in, nothing waits, and this machine knows of no mirrors."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("DOCKER_CONFIG", str(home))
    for name in ("DAEMON", "CONTAINERS"):
        monkeypatch.setattr(mirrors, name, str(home / name))
    monkeypatch.setattr(registries, "_silent", set())
    yield from serve()


@pytest.fixture
def mirror():
    """Another one."""
    yield from serve()


@pytest.fixture
def log_in(monkeypatch, tmp_path):
    """Writes Docker's config.json."""

    def write_config(config):
        (tmp_path / "config.json").write_text(json.dumps(config))
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))

    return write_config
