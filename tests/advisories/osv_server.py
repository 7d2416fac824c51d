"""A server that answers like OSV's, on this machine, by the pseudo-code of OSV's schema and nothing of ours.

https://ossf.github.io/osv-schema/#evaluation
"""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from packaging.version import InvalidVersion, Version


def affected(record, name, version):
    """Whether a record is about this version of a package of PyPI."""
    return any(
        version in each.get("versions", ()) or any(_in_range(kind, version) for kind in each.get("ranges", ()))
        for each in record.get("affected", ())
        if each.get("package", {}).get("ecosystem") == "PyPI"
        and re.sub(r"[-_.]+", "-", each["package"]["name"]).lower() == name
    )


def _in_range(kind, version):
    if kind["type"] != "ECOSYSTEM":
        return False
    asked, inside = _key(version), False
    events = [(_key(value), key) for event in kind["events"] for key, value in event.items()]
    for at, key in sorted(events, key=lambda event: event[0]):
        if key == "introduced" and asked >= at:
            inside = True
        elif (key == "fixed" and asked >= at) or (key == "last_affected" and asked > at):
            inside = False
    return inside


def _key(text):
    """Where a version sorts; "0", and what is none, before all that are."""
    try:
        return (0,) if text == "0" else (1, Version(text))
    except InvalidVersion:
        return (0,)


@contextmanager
def serving(records, *, status=200, raw=None):
    """The address of a server that knows these records, and the list of what it is asked, body and headers."""
    by_name = {}
    for record in records:
        for each in record.get("affected", ()):
            name = re.sub(r"[-_.]+", "-", each.get("package", {}).get("name", "")).lower()
            by_name.setdefault(name, {})[record["id"]] = record
    asked = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet for head and body: each would wait for the other's

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append((body, dict(self.headers)))
            name, version = body["package"]["name"], body["version"]
            found = [record for record in by_name.get(name, {}).values() if affected(record, name, version)]
            answer = raw if raw is not None else json.dumps({"vulns": found} if found else {}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
