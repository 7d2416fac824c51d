"""A Docker daemon, containerd and registries of the tests' own: on this machine only, thrown away afterwards."""

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


def _answers(process, address):
    """Whether the daemon answers within a minute."""
    for _ in range(120):
        if process.poll() is not None:
            return False
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(address)) == 0:
                return True
        time.sleep(0.5)
    return False


@pytest.fixture(scope="session")
def daemon_address(tmp_path_factory):
    """Where a running dockerd listens."""
    if shutil.which("dockerd") is None:
        missing("dockerd is not installed (Debian: apt-get install docker.io)")
    if os.geteuid() != 0:
        missing("dockerd needs root")
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
    try:
        if not _answers(process, folder / "docker.sock"):
            missing("dockerd does not start here: " + (folder / "log").read_text()[-400:])
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="session")
def daemon(daemon_address):
    """A client of a running dockerd."""
    import docker

    client = docker.DockerClient(base_url=daemon_address, version="auto", timeout=60)
    yield client
    client.close()


@pytest.fixture(scope="session")
def containerd_address(tmp_path_factory):
    """Where a running containerd listens; it can store images, not run them."""
    if shutil.which("containerd") is None or shutil.which("ctr") is None:
        missing("containerd is not installed (Debian: apt-get install containerd)")
    if os.geteuid() != 0:
        missing("containerd needs root")
    folder = tmp_path_factory.mktemp("containerd")
    lines = ["version = 2", 'disabled_plugins = ["io.containerd.grpc.v1.cri"]', f'root = "{folder}/root"']
    lines += [f'state = "{folder}/state"', "[grpc]", f'address = "{folder}/c.sock"']
    (folder / "config.toml").write_text("\n".join(lines))
    with open(folder / "log", "w") as log:
        process = subprocess.Popen(["containerd", "--config", folder / "config.toml"], stdout=log, stderr=log)
    try:
        if not _answers(process, folder / "c.sock"):
            missing("containerd does not start here: " + (folder / "log").read_text()[-400:])
        yield f"{folder}/c.sock"
    finally:
        process.terminate()
        process.wait(timeout=30)


HTPASSWD = "alice:$2b$04$/cuv2GPqQ3jl12kvcZEpYuyyE/H0rynL3xrPnczpoGe95wxu5l8Ai\n"
"""``alice`` with ``s3cret-word``, as ``htpasswd -nbBC 4`` writes it."""

CONFIG = """
version: 0.1
log: {{level: warn}}
storage: {{filesystem: {{rootdirectory: {folder}/data}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


def _serve(folder, *, auth=False, tls=False):
    """A registry's process, and its host with port."""
    if shutil.which("docker-registry") is None:
        missing("docker-registry is not installed (Debian: apt-get install docker-registry)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    text = CONFIG.format(folder=folder, port=port)
    if auth:
        (folder / "htpasswd").write_text(HTPASSWD)
        text += f"auth: {{htpasswd: {{realm: test, path: {folder}/htpasswd}}}}\n"
    if tls:
        files = f"certificate: {folder}/cert.pem, key: {folder}/key.pem"
        text = text.replace("http: {", f"http: {{tls: {{{files}}}, ")
    (folder / "config.yml").write_text(text)
    with open(folder / "log", "w") as log:
        process = subprocess.Popen(["docker-registry", "serve", folder / "config.yml"], stdout=log, stderr=log)
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, f"127.0.0.1:{port}"
        time.sleep(0.1)
    process.kill()
    missing("docker-registry does not start here: " + (folder / "log").read_text()[-400:])
    raise AssertionError


@pytest.fixture(scope="session", params=[False, True], ids=["open", "with-login"])
def registry(request, tmp_path_factory):
    """A real registry on this machine, and who may read it (None: everybody)."""
    process, host = _serve(tmp_path_factory.mktemp("registry"), auth=request.param)
    yield host, ("alice", "s3cret-word") if request.param else None
    process.terminate()
    process.wait(timeout=30)


@pytest.fixture
def encrypted(tmp_path):
    """The host of a registry that speaks TLS, and the file of the authority that vouches for it."""
    if shutil.which("openssl") is None:
        missing("openssl is not installed")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
    command += [
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        tmp_path / "key.pem",
        "-out",
        tmp_path / "cert.pem",
    ]
    subprocess.run(command, check=True, capture_output=True)
    process, host = _serve(tmp_path, tls=True)
    yield host, str(tmp_path / "cert.pem")
    process.terminate()
    process.wait(timeout=30)


@pytest.fixture(scope="session")
def skopeo():
    """The program that copies images between all places."""
    if shutil.which("skopeo") is None:
        missing("skopeo is not installed (Debian: apt-get install skopeo)")
    return "skopeo"
