"""A Docker daemon of the tests' own: on its own socket, without network, thrown away afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time

import pytest


def missing(reason):
    """Skip with a reason; where nothing may be skipped (in CI), fail with it."""
    if os.environ.get("HULLCHECK_NO_SKIP"):
        pytest.fail(reason)
    pytest.skip(reason)


def _answers(process, folder):
    """Whether the daemon answers within a minute."""
    for _ in range(120):
        if process.poll() is not None:
            return False
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(f"{folder}/docker.sock") == 0:
                return True
        time.sleep(0.5)
    return False


@pytest.fixture(scope="session")
def daemon(tmp_path_factory):
    """A client of a running dockerd."""
    if shutil.which("dockerd") is None:
        missing("dockerd is not installed (Debian: apt-get install docker.io)")
    if os.geteuid() != 0:
        missing("dockerd needs root")
    import docker

    folder = tmp_path_factory.mktemp("dockerd")
    address = f"unix://{folder}/docker.sock"
    options = [
        f"--host={address}",
        f"--data-root={folder}/data",
        f"--exec-root={folder}/exec",
        f"--pidfile={folder}/pid",
    ]
    options += ["--storage-driver=vfs", "--bridge=none", "--iptables=false"]
    with open(folder / "log", "w") as log:
        process = subprocess.Popen(["dockerd", *options], stdout=log, stderr=log)
    client = docker.DockerClient(base_url=address, version="auto", timeout=60) if _answers(process, folder) else None
    try:
        if client is None:
            missing("dockerd does not start here: " + (folder / "log").read_text()[-400:])
        yield client
    finally:
        if client is not None:
            client.close()
        process.terminate()
        process.wait(timeout=30)
