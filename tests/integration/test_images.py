"""One image, built and pushed by Docker, opened from everywhere: the daemon, a registry, archives, layouts."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import subprocess
import tarfile
import textwrap
from pathlib import Path

import pytest
from docker.models.images import Image

from scanner.cli import main
from scanner.errors import TargetError
from scanner.sources import dockerfile
from scanner.sources.image import docker as docker_source
from scanner.sources.image import open_image, resolve
from scanner.sources.image.merge import Names
from scanner.sources.image.read import Read

pytestmark = pytest.mark.integration

DOCKERFILE = """
FROM scratch
COPY Dockerfile /one
COPY Dockerfile /two
ENV MODE=served
USER 4242
EXPOSE 8000
HEALTHCHECK CMD ["/probe"]
ENTRYPOINT ["/serve"]
"""


def build(daemon, text, **options):
    """The image that Docker builds."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(text.encode())
        archive.addfile(entry, io.BytesIO(text.encode()))
    data.seek(0)
    return daemon.images.build(fileobj=data, custom_context=True, rm=True, forcerm=True, **options)[0]


@pytest.fixture(scope="session")
def built(daemon):
    """The image."""
    return build(daemon, DOCKERFILE)


@pytest.fixture
def nobody(monkeypatch, tmp_path):
    """No login, no daemon, no cache, nothing asked before."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(docker_source, "SOCKET", str(tmp_path / "none.sock"))
    for name, value in (("_known", {}), ("_silent", {})):
        monkeypatch.setattr(resolve, name, value)


def log_in(host, login, folder):
    encoded = base64.b64encode(":".join(login).encode()).decode()
    (Path(folder) / "config.json").write_text(json.dumps({"auths": {host: {"auth": encoded}}}))


@pytest.fixture
def pushed(daemon, built, registry):
    """The name of the image in the registry, and the digest that Docker got for it."""
    host, login = registry
    name = f"{host}/team/base"
    built.tag(name, "1.2")
    credentials = {"username": login[0], "password": login[1]} if login else {}
    answers = [json.loads(line) for line in daemon.images.push(name, tag="1.2", auth_config=credentials).splitlines()]
    assert not [answer for answer in answers if "error" in answer]
    return f"{name}:1.2", next(answer["aux"]["Digest"] for answer in answers if "aux" in answer)


def check(image, built):
    """It is the image that Docker built, and each layer is what the config says."""
    theirs = built.attrs
    assert image.config["config"]["User"] == "4242"
    assert [layer.diff_id for layer in image.layers] == theirs["RootFS"]["Layers"]
    for layer in image.layers:
        with layer.open() as reader:
            data = reader.read()
        assert len(data) == layer.size
        tar = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        assert f"sha256:{hashlib.sha256(tar).hexdigest()}" == layer.diff_id


class Passing:
    """Sums up the layers, and notes the config."""

    def __init__(self):
        self.gone_by, self.kept = set(), None

    def __call__(self, name, blob):
        with blob.open() as reader:
            digest = f"sha256:{hashlib.file_digest(reader, 'sha256').hexdigest()}"
        self.gone_by.add(digest)
        return Read(found=[], names=Names(), problems=[], entries=0, sure=True, digest=digest)

    def recall(self, name, digest):
        return None

    def keep(self, digest, config, image):
        self.kept = digest, config


def test_from_the_daemon(daemon_address, built, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", daemon_address)
    built.tag("local/base", "1")
    passing = Passing()
    image = open_image("docker:local/base:1", passing=passing)
    assert [layer.diff_id for layer in image.layers] == built.attrs["RootFS"]["Layers"]
    assert passing.gone_by >= {layer.diff_id for layer in image.layers}
    (digest, config) = passing.kept
    assert digest == built.id == f"sha256:{hashlib.sha256(config).hexdigest()}"
    assert image.config["config"]["Healthcheck"]["Test"] == ["CMD", "/probe"]
    with pytest.raises(TargetError, match="no such image") as error:
        open_image("docker:local/nowhere:1")
    assert "docker pull" in error.value.hint


@pytest.mark.usefixtures("nobody")
def test_the_daemon_is_not_asked_twice_for_what_is_known(daemon, daemon_address, built, monkeypatch, capsys):
    monkeypatch.setenv("DOCKER_HOST", daemon_address)
    built.tag("local/base", "1")
    exports = []
    save = Image.save
    monkeypatch.setattr(Image, "save", lambda *given, **named: exports.append(given) or save(*given, **named))

    def report(*more):
        main(["scan", "docker:local/base:1", "--profile", "strict", "-f", "json", *more])
        return json.loads(capsys.readouterr().out)

    first = report()
    assert first["summary"]
    assert report() == first
    assert len(exports) == 1
    assert report("--no-cache") == first
    assert len(exports) == 2
    other = build(daemon, DOCKERFILE + "LABEL a=b\n")
    other.tag("local/base", "1")
    report()
    report()
    assert len(exports) == 3, "the name now stands for another image, whose layers are known"


def test_from_an_archive(daemon, built, tmp_path):
    built.tag("local/base", "1")
    path = tmp_path / "image.tar"
    with open(path, "wb") as file:
        file.writelines(daemon.images.get("local/base:1").save(named="local/base:1"))
    check(open_image(f"archive:{path}"), built)
    check(open_image(f"archive:{path}:local/base:1"), built)


def test_from_the_registry(pushed, built, registry, nobody, tmp_path):
    name, digest = pushed
    host, login = registry
    if login:
        with pytest.raises(TargetError, match="not for everybody") as error:
            open_image(f"registry:{name}")
        assert f"docker login {host}" in error.value.hint
        log_in(host, (login[0], "wrong"), tmp_path)
        with pytest.raises(TargetError, match="refused"):
            open_image(f"registry:{name}")
        log_in(host, login, tmp_path)
    image = open_image(f"registry:{name}")
    assert image.digest == digest
    check(image, built)
    check(open_image(f"registry:{name.rpartition(':')[0]}@{digest}"), built)
    with pytest.raises(TargetError, match="no such image"):
        open_image(f"registry:{name}-nothing")


def test_from_what_skopeo_writes(skopeo, pushed, built, registry, tmp_path):
    name, _ = pushed
    login = ["--src-creds", ":".join(registry[1])] if registry[1] else []
    for where in (
        f"oci:{tmp_path}/layout:1.2",
        f"oci-archive:{tmp_path}/oci.tar:1.2",
        f"docker-archive:{tmp_path}/d.tar:x:1",
    ):
        command = [
            skopeo,
            "--insecure-policy",
            "copy",
            "-q",
            "--src-tls-verify=false",
            *login,
            f"docker://{name}",
            where,
        ]
        subprocess.run(command, check=True)
    for text in (
        f"oci:{tmp_path}/layout",
        f"oci:{tmp_path}/layout:1.2",
        f"archive:{tmp_path}/oci.tar",
        f"archive:{tmp_path}/d.tar",
        f"archive:{tmp_path}/d.tar:x:1",
    ):
        check(open_image(text), built)


@pytest.mark.usefixtures("nobody")
def test_a_certificate_has_to_be_vouched_for(encrypted, monkeypatch):
    host, authority = encrypted
    with pytest.raises(TargetError, match="certificate is not trusted") as error:
        open_image(f"registry:https://{host}/team/base:1")
    assert "SSL_CERT_FILE" in error.value.hint
    monkeypatch.setenv("SSL_CERT_FILE", authority)
    with pytest.raises(TargetError, match="no such image"):
        open_image(f"registry:https://{host}/team/base:1")


def scanned(tmp_path, name, capsys):
    file = tmp_path / "Dockerfile"
    file.write_text(f"FROM {name}\n")
    code = main(["scan", "--resolve-bases", "--profile", "strict", "-f", "json", str(file)])
    found = json.loads(capsys.readouterr().out)["targets"][0]
    return code, {one["rule"]: one["message"] for one in found["findings"]}, found["problems"]


def test_a_base_image_is_resolved_by_the_registry(pushed, registry, nobody, tmp_path, capsys):
    name, digest = pushed
    host, login = registry
    if login:
        code, _, problems = scanned(tmp_path, name, capsys)
        assert code == 3
        assert "docker login" in problems[0]["remedy"]
        assert login[1] not in json.dumps(problems)
        log_in(host, login, tmp_path)
        resolve._known.clear()
    code, found, problems = scanned(tmp_path, name, capsys)
    assert (code, problems) == (1, [])
    assert f"(today {digest})" in found["base-not-pinned-by-digest"]
    assert not {"root-user", "missing-healthcheck"} & found.keys()


@pytest.mark.usefixtures("nobody")
def test_a_base_image_is_resolved_by_the_daemon(pushed, daemon_address, monkeypatch, tmp_path, capsys):
    name, digest = pushed
    monkeypatch.setenv("DOCKER_HOST", daemon_address)
    code, found, problems = scanned(tmp_path, name, capsys)
    assert (code, problems) == (1, [])
    assert f"(today {digest})" in found["base-not-pinned-by-digest"]
    assert not {"root-user", "missing-healthcheck"} & found.keys()


BASES = {
    "settings": """
        FROM scratch
        ENV A=1 B="x y" PATH=/opt/bin
        USER 10:20
        WORKDIR /srv
        EXPOSE 80 90/udp
        ENTRYPOINT ["/bin/x", "-q"]
        CMD ["a"]
        HEALTHCHECK --interval=5s CMD ["/probe", "now"]
        """,
    "triggers": """
        FROM scratch
        ONBUILD ENV FROM_TRIGGER=${PATH:-none}
        ONBUILD USER 4242
        ONBUILD WORKDIR deeper
        ENTRYPOINT exec /bin/x
        HEALTHCHECK NONE
        """,
    "nothing": """
        FROM scratch
        LABEL a=b
        """,
}
CHILDREN = {
    "nothing": "FROM local/{base}:1\n",
    "variables": "FROM local/{base}:1\nENV C=${{A}}-${{B:-none}}-${{NOWHERE}}\nWORKDIR in\nEXPOSE 7\n",
    "a command": 'FROM local/{base}:1\nCMD ["b"]\nUSER 7\n',
    "an entrypoint": 'FROM local/{base}:1\nENTRYPOINT ["/y"]\nHEALTHCHECK CMD ["/other"]\n',
    "a stage in between": "FROM local/{base}:1 AS one\nENV D=$A\nFROM one\nENV E=$D\n",
}


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize("child", CHILDREN)
@pytest.mark.parametrize("base", BASES)
def test_what_is_built_on_a_base_is_what_docker_builds(daemon, daemon_address, monkeypatch, base, child):
    build(daemon, textwrap.dedent(BASES[base]), tag=f"local/{base}:1")
    text = CHILDREN[child].format(base=base)
    theirs = build(daemon, text).attrs["Config"]
    monkeypatch.setenv("DOCKER_HOST", daemon_address)
    target = dockerfile.read(text, context={}, resolve=resolve.resolve)
    config = target.config
    assert target.problems == []
    assert {
        "user": config.user,
        "env": dict(config.env),
        "workdir": config.workdir,
        "ports": {port.text if "/" in port.text else f"{port.text}/tcp" for port in config.ports},
        "healthcheck": [word.text for word in config.healthcheck[0].words] if config.healthcheck else [],
        "argv": [word.text for word in config.commands[0].words] if config.commands else [],
    } == {
        "user": theirs["User"],
        "env": dict(pair.split("=", 1) for pair in theirs["Env"] or ()),
        "workdir": theirs["WorkingDir"] or "/",
        "ports": set(theirs.get("ExposedPorts") or ()),
        "healthcheck": (theirs.get("Healthcheck") or {}).get("Test", [])[1:],
        "argv": (theirs["Entrypoint"] or []) + (theirs["Cmd"] or []),
    }
