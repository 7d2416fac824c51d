"""Base images are asked of the daemon, then of the registry, whose answers are kept."""

from __future__ import annotations

import json
import multiprocessing
import os

import pytest

from scanner import web
from scanner.errors import TargetError
from scanner.sources.image import docker, resolve
from scanner.sources.image.resolve import FRESH, described

DIGEST = "sha256:" + "1" * 64


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path):
    """No daemon, no cache, nothing asked before."""
    monkeypatch.setattr(resolve, "_known", {})
    monkeypatch.setattr(resolve, "_silent", {})
    monkeypatch.setattr(docker, "SOCKET", str(tmp_path / "none.sock"))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(web.time, "sleep", lambda seconds: None)


@pytest.fixture
def again(monkeypatch):
    """A run that comes later by so many seconds."""

    def later(seconds=0):
        now = resolve.time.time()
        monkeypatch.setattr(resolve.time, "time", lambda: now + seconds)
        monkeypatch.setattr(resolve, "_known", {})

    return later


@pytest.fixture
def daemon(monkeypatch):
    """A daemon that has these images, by name; an error in place of an answer is raised."""

    def with_images(images):
        def inspect(name):
            answer = images.get(name)
            if isinstance(answer, TargetError):
                raise answer
            return answer

        monkeypatch.setenv("DOCKER_HOST", "unix:///somewhere.sock")
        monkeypatch.setattr(docker, "inspect", inspect)

    return with_images


def held(**more):
    return {"Config": {"User": "daemon"}, "Os": "linux", "Architecture": "amd64", "RepoDigests": []} | more


def test_the_registry_says_how_it_runs_and_what_the_tag_stands_for(registry, make):
    registry.put(made := make.image(settings={"User": "7", "Env": ["A=b=c"]}), "1")
    base = resolve.resolve(f"{registry.host}/team/app:1")
    assert (base.user, base.env, base.digest) == ("7", (("A", "b=c"),), made.digest)


def test_no_layer_is_read_and_nothing_is_asked_twice(registry, make):
    registry.put(made := make.image(), "1")
    for _ in range(2):
        resolve.resolve(f"{registry.host}/team/app:1")
    layers = {layer["digest"] for layer in made.document["layers"]}
    assert len(registry.asked) == 2
    assert not any(path.rpartition("/")[2] in layers for path, _ in registry.asked)


def test_a_layout_goes_before_all_others_and_alone_asks_nobody(registry, make, daemon, tmp_path):
    made = make.image(settings={"User": "layout"})
    names = {"org.opencontainers.image.ref.name": "python:3.12"}
    folder = str(make.write(tmp_path / "bases", make.layout_files(made, made.entry | {"annotations": names})))
    other = f"{registry.host}/team/app:1"
    registry.put(make.image(settings={"User": "registry"}), "1")
    daemon({"python:3.12": held()})
    both = {"layouts": (str(tmp_path / "none"), folder)}
    assert resolve.resolve("docker.io/library/python:3.12", **both).user == "layout"
    assert resolve.resolve(f"python@{made.digest}", **both).digest == made.digest
    assert resolve.resolve("python:3.12").user == "daemon"
    with pytest.raises(TargetError, match=r"there is no image .* in it") as caught:
        resolve.resolve(other, layouts=(folder,), ask_others=False)
    assert "--resolve-bases" in caught.value.hint
    assert registry.asked == []
    resolve._known.clear()
    assert resolve.resolve(other, **both).user == "registry"


def test_the_daemon_goes_first_and_is_not_kept(registry, make, daemon, again):
    name = f"{registry.host}/team/app:1"
    registry.put(make.image(), "1")
    daemon({name: held(RepoDigests=[f"other/app@{DIGEST[:-1]}2", f"{registry.host}/team/app@{DIGEST}"])})
    assert (resolve.resolve(name).user, resolve.resolve(name).digest) == ("daemon", DIGEST)
    assert registry.asked == []
    again()
    daemon({name: held(Config={"User": "new"})})
    assert (resolve.resolve(name).user, resolve.resolve(name).digest) == ("new", "")


def test_what_the_daemon_has_for_another_platform_is_left_aside(registry, make, daemon):
    name = f"{registry.host}/team/app:1"
    registry.put(make.image("arm64"), "1")
    daemon({name: held()})
    assert resolve.resolve(name, "linux/arm64").user == "1000"
    assert resolve.resolve(name, "linux/amd64").user == "daemon"


def test_a_daemon_that_does_not_answer_is_told_when_nobody_else_does(registry, make, daemon):
    name = f"{registry.host}/team/app"
    daemon({f"{name}:{tag}": TargetError("the daemon sleeps") for tag in "12"})
    registry.put(make.image(), "1")
    assert resolve.resolve(f"{name}:1").user == "1000"
    with pytest.raises(TargetError, match="no such image") as error:
        resolve.resolve(f"{name}:2")
    assert "the daemon sleeps" in error.value.hint


def test_an_error_is_remembered_for_the_run(registry, again):
    for _ in range(2):
        with pytest.raises(TargetError):
            resolve.resolve(f"{registry.host}/team/app:1")
    assert len(registry.asked) == 1
    again()
    with pytest.raises(TargetError):
        resolve.resolve(f"{registry.host}/team/app:1")
    assert len(registry.asked) == 2


def test_a_registry_that_does_not_answer_is_waited_for_once(monkeypatch):
    waited = []
    monkeypatch.setattr(web.time, "sleep", waited.append)
    for tag in "123":
        with pytest.raises(TargetError, match="cannot be reached"):
            resolve.resolve(f"localhost:1/team/app:{tag}")
    assert len(waited) == web.ATTEMPTS - 1


def test_a_tag_is_asked_again_after_a_day_and_a_digest_never(registry, make, again):
    registry.put(made := make.image(), "1")
    names = f"{registry.host}/team/app:1", f"{registry.host}/team/app@{made.digest}"
    first = [resolve.resolve(name) for name in names]
    registry.asked.clear()
    again(FRESH - 10)
    assert [resolve.resolve(name) for name in names] == first
    assert registry.asked == []
    again(FRESH + 10)
    registry.put(new := make.image(settings={"User": "9"}), "1")
    assert [resolve.resolve(name).digest for name in names] == [new.digest, made.digest]
    assert len(registry.asked) == 2


@pytest.mark.parametrize(
    "spoiled", [b"", b"{", b"[]", b"{}", b'{"time": "x"}', b'{"time": 1e400}', b'{"time": 1, "evil": 2}']
)
def test_a_spoiled_cache_is_no_answer_and_no_error(registry, make, again, tmp_path, spoiled):
    registry.put(make.image(), "1")
    base = resolve.resolve(f"{registry.host}/team/app:1")
    (file,) = (tmp_path / "cache" / "hullcheck").iterdir()
    file.write_bytes(spoiled)
    again()
    assert resolve.resolve(f"{registry.host}/team/app:1") == base


def _ask(name):
    resolve._known.clear()
    return resolve.resolve(name).user


def test_several_processes_may_share_the_cache(registry, make):
    registry.put(make.image(), "1")
    with multiprocessing.get_context("fork").Pool(4) as pool:
        assert set(pool.map(_ask, [f"{registry.host}/team/app:1"] * 40)) == {"1000"}


def test_what_is_kept_is_for_the_user_alone_and_holds_no_secret(registry, make, tmp_path):
    token = "hf_" + "aB3dE5gH7jK9mN1pQ3sT5vX7zA9cE1gH3k"
    settings = {
        "Env": [f"HF_TOKEN={token}", "DB_PASSWORD=correct-horse-7"],
        "Cmd": ["serve", "--api-key", "sk-proj-Zx81mQp0Lk2Jh3Gf4Ds5Aq6We7Rt8Yu9", 'say "it"'],
        "OnBuild": [f"ENV X={token}"],
    }
    registry.put(make.image(settings=settings), "1")
    base = resolve.resolve(f"{registry.host}/team/app:1")
    (file,) = (tmp_path / "cache" / "hullcheck").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    for text in (repr(base), file.read_text()):
        assert token not in text
        assert "correct-horse" not in text
        assert "Zx81mQp0" not in text
    assert base.command[3] == 'say "it"'
    assert [len(value) for _, value in base.env] == [len(token), len("correct-horse-7")]


def test_what_is_no_reference_is_told():
    with pytest.raises(TargetError, match="lower case"):
        resolve.resolve("Team/App")


@pytest.mark.parametrize("config", [
    {"User": 1}, {"Env": "A=b"}, {"Env": [1]}, {"Cmd": {"a": 1}}, {"OnBuild": [1]}, {"Env": ["A=b"] * 2_001},
    {"Cmd": ["x" * 140_000]}, {"Healthcheck": {"Test": "x"}},
])  # fmt: skip
def test_a_config_that_is_not_as_it_should_be_is_an_error(config):
    with pytest.raises(TargetError, match="its config is not as it should be: config"):
        described(config, "")


@pytest.mark.parametrize("config", [None, {}, {"Env": None, "Healthcheck": None, "ExposedPorts": None}])
def test_what_is_not_said_is_not_set(config):
    base = described(config, "")
    assert {field: getattr(base, field) for field in base.field_names() if getattr(base, field)} == {}


def test_a_scan_that_does_not_ask_imports_nothing_of_it():
    import subprocess
    import sys

    code = (
        "import sys; from scanner.cli import main; main(['scan', '--exit-zero', 'fixtures/tensorflow-tutorial']);"
        "print([name for name in sys.modules if name.startswith(('scanner.sources.image.', 'urllib.request', 'docker'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_scan_asks_when_it_is_told_to(registry, make, tmp_path, capsys):
    from scanner.cli import main

    registry.put(made := make.image(settings={"User": "root"}), "1.2")
    file = tmp_path / "Dockerfile"
    file.write_text(f"FROM {registry.host}/team/app:1.2\nCMD x\n")
    arguments = ["scan", "--profile", "strict", "-f", "json", str(file)]
    ids = []
    for more in ([], ["--resolve-bases"]):
        main([*arguments, *more])
        found = json.loads(capsys.readouterr().out)["targets"][0]["findings"]
        ids.append({one["rule"]: one["message"] for one in found})
    assert "root-user" not in ids[0]
    assert "root-user" in ids[1]
    assert made.digest in ids[1]["base-not-pinned-by-digest"]


def test_an_image_that_nobody_knows_makes_the_scan_incomplete(registry, tmp_path, capsys):
    from scanner.cli import main

    file = tmp_path / "Dockerfile"
    file.write_text(f"FROM {registry.host}/team/app:1.2\nUSER 1\n")
    assert main(["scan", "--ignore", "*", "--resolve-bases", str(file)]) == 3
    assert "cannot be asked for what it sets" in capsys.readouterr().out
    assert os.environ.get("DOCKER_HOST") is None


def test_mirrors_are_asked_before_the_registry(registry, mirror, make):
    mirror.put(make.image(), "1")
    found = resolve.resolve(f"{registry.host}/team/app:1", mirrors={registry.host: (mirror.host,)})
    assert found.user == "1000"
    assert registry.asked == []
