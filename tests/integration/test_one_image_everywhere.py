"""One image, scanned from every place it can be in, and as the Dockerfile that made it: everywhere the same facts."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import subprocess
import tarfile

import pytest

from scanner.engine.load import load
from scanner.scan import Options, scan
from tests.tars import packed

pytestmark = pytest.mark.integration

SITE = "usr/local/lib/python3.12/site-packages"
BELOW = {
    "etc/os-release": b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    "var/lib/dpkg/status": b"Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2-2\n\n",
    "srv/model/config.json": b'{"auto_map": {"AutoModel": "someone/else--modeling.Model"}}',
    f"{SITE}/oldlib-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: oldlib\nVersion: 1.0\n\n",
}
ABOVE = {"srv/model/.wh.config.json": b"", f"{SITE}/.wh.oldlib-1.0.dist-info": b""}
"""Takes away again what the layer below it has: Docker loads it, since no command runs here that could."""
CONTEXT = {
    "torch-2.1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: torch\nVersion: 2.1.0\n\n",
    "docker-entrypoint": b'#!/bin/sh\njupyter lab --ip=0.0.0.0 &\npython app.py &\nexec "$@"\n',
    "app.py": b"import gradio as gr\ngr.Interface(fn=str, inputs='text', outputs='text').launch(share=True)\n",
    "jupyter_server_config.py": b"c.ServerApp.token = ''\n",
}
"""What the image is made from; the script starts more than the config says."""
DOCKERFILE = f"""\
FROM local/below:1
COPY torch-2.1.0.dist-info /{SITE}/torch-2.1.0.dist-info
COPY docker-entrypoint /usr/local/bin/
COPY app.py /srv/
COPY jupyter_server_config.py /etc/jupyter/
WORKDIR /srv
ENV VLLM_API=on HF_HOME=/models
USER 4242:4242
EXPOSE 8265 9000/udp
HEALTHCHECK --interval=30s CMD ["/probe", "now"]
ENTRYPOINT ["docker-entrypoint"]
CMD ["ray", "start", "--head", "--block", "--dashboard-host=0.0.0.0"]
"""
CONFIG = ("runtime-user", "environment-variable", "exposed-port", "service", "health-check")
"""Kinds of facts that a config or a Dockerfile states."""
FILES = ("installed-package", "operating-system")
APART = frozenset({"evidence", "stage", "source", "moment"})
"""Fields that say where something is said."""


def saved(layers, name):
    """Layers as ``docker save`` writes them."""
    digests = [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]
    config = {"os": "linux", "architecture": "amd64", "config": {}, "rootfs": {"type": "layers", "diff_ids": digests}}
    names = [f"{number}/layer.tar" for number in range(len(layers))]
    listed = [{"Config": "config.json", "RepoTags": [name], "Layers": names}]
    files = {"config.json": json.dumps(config).encode(), "manifest.json": json.dumps(listed).encode()}
    return packed(files | dict(zip(names, layers, strict=True)))


@pytest.fixture(scope="session")
def built(daemon):
    """The image that Docker builds on what it loaded."""
    daemon.images.load(saved([packed(BELOW), packed(ABOVE)], "local/below:1"))
    context = packed({"Dockerfile": DOCKERFILE.encode(), **CONTEXT})
    built, _ = daemon.images.build(
        fileobj=io.BytesIO(context), custom_context=True, rm=True, forcerm=True, tag="local/ray:1"
    )
    return built


@pytest.fixture
def here(daemon_address, monkeypatch, tmp_path):
    """An empty current folder, which has Docker's configuration too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", daemon_address)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path


@pytest.fixture
def pushed(daemon, built, registry, here):
    """The image's name in a registry, at which we are logged in if need be."""
    host, login = registry
    if login:
        encoded = base64.b64encode(":".join(login).encode()).decode()
        (here / "config.json").write_text(json.dumps({"auths": {host: {"auth": encoded}}}))
    built.tag(f"{host}/team/ray", "1")
    credentials = {"username": login[0], "password": login[1]} if login else {}
    answers = daemon.images.push(f"{host}/team/ray", tag="1", auth_config=credentials).splitlines()
    assert not [answer for answer in map(json.loads, answers) if "error" in answer]
    return f"{host}/team/ray:1"


@pytest.fixture
def places(pushed, built, skopeo, containerd_address, monkeypatch):
    """What names the image in each place."""
    with open("image.tar", "wb") as file:
        file.writelines(built.save(named="local/ray:1"))
    copy = [skopeo, "--insecure-policy", "copy", "-q", "docker-archive:image.tar", "oci:layout:1"]
    subprocess.run(copy, check=True)
    monkeypatch.setenv("CONTAINERD_ADDRESS", containerd_address)
    images = ["ctr", "-n", "k8s.io", "images"]
    subprocess.run([*images, "import", "--no-unpack", "image.tar"], check=True, capture_output=True)
    names = [f"docker.io/local/{name}:1" for name in ("ray", "other")]
    subprocess.run([*images, "tag", "--force", *names], check=True, capture_output=True)
    return {
        "docker": "docker:local/ray:1",
        "image": "local/ray:1",
        "containerd": "containerd:local/ray:1",
        "image of containerd": "local/other:1",
        "registry": f"registry:{pushed}",
        "archive": "image.tar",
        "stdin": "archive:-",
        "oci": "layout",
    }


def looked_at(target):
    (report,) = scan([target], Options(rules=load(), build_args={}, keep_facts=True))
    assert report.problems == ()
    return report


def told(report, *kinds, ships=True):
    """The facts of some kinds, without where they are said."""
    names = [fact.field_names() for fact in report.facts]
    return {
        (fact.kind, *((name, str(getattr(fact, name))) for name in fields if name not in APART))
        for fact, fields in zip(report.facts, names, strict=True)
        if fact.kind in kinds and fact.ships is ships
    }


def test_every_place_states_the_same_facts(places, monkeypatch):
    with open("image.tar") as file:
        monkeypatch.setattr("sys.stdin", file)
        reports = {place: looked_at(name) for place, name in places.items()}
    facts = {place: told(report, *CONFIG, *FILES) for place, report in reports.items()}
    findings = {place: {each.rule.id for each in report.findings} for place, report in reports.items()}
    differing = facts.pop("oci") ^ facts["docker"]
    assert {kind for kind, *_ in differing} == {"health-check"}  # OCI's config has none, so skopeo leaves it out
    assert findings.pop("oci") ^ findings["docker"] == {"missing-healthcheck"}
    assert all(each == facts["docker"] for each in facts.values())
    assert reports["image"].target == "docker:local/ray:1"
    assert reports["image of containerd"].target == "containerd:local/other:1"
    assert all(each == findings["docker"] for each in findings.values())
    assert findings["docker"] >= {"open-ray", "open-notebook", "gradio-share"}
    whole = reports["docker"].facts
    assert {(one.name, one.version, one.ships) for one in whole if one.kind == "installed-package"} == {
        ("bash", "5.2-2", True), ("torch", "2.1.0", True), ("oldlib", "1.0", False)
    }  # fmt: skip
    assert [(one.repository, one.ships) for one in whole if one.kind == "model-code"] == [("someone/else", False)]


@pytest.mark.usefixtures("built")
def test_the_dockerfile_states_what_the_config_states(here):
    for name, content in CONTEXT.items():
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).write_bytes(content)
    (here / "Dockerfile").write_text(DOCKERFILE)
    image, text = looked_at("docker:local/ray:1"), looked_at("Dockerfile")
    path = {each for each in told(image, "environment-variable") if ("name", "PATH") in each}
    assert len(path) == 1  # of the builder, which sets it where the base image has none
    for kind in CONFIG:
        assert told(text, kind) == told(image, kind) - path != set(), kind


@pytest.mark.usefixtures("built", "here")
def test_the_files_alone_state_what_they_state_in_the_image(daemon):
    container = daemon.containers.create("local/ray:1")
    try:
        with open("root.tar", "wb") as file:
            file.writelines(container.export())
    finally:
        container.remove()
    with tarfile.open("root.tar") as archive:
        archive.extractall("root", filter="tar")
    image, files = looked_at("docker:local/ray:1"), looked_at("rootfs:root")
    assert told(files, *FILES) == told(image, *FILES) != set()
    assert told(files, *CONFIG) == set()
    assert told(files, *FILES, ships=False) == set()
