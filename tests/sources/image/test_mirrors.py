"""Mirrors: which are asked, in which order, and what becomes of those that fail."""

from __future__ import annotations

import base64
import json

import pytest

from scanner import web
from scanner.errors import TargetError
from scanner.extractors.layers import Look
from scanner.parsers import image_reference
from scanner.sources.image import mirrors, open_image
from scanner.sources.image.layers import read_layers
from scanner.sources.image.registry import BREAKS


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """Writes what a machine is told of mirrors, by file."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CONTAINERS_REGISTRIES_CONF", raising=False)
    monkeypatch.setattr(mirrors, "DAEMON", str(tmp_path / "daemon.json"))
    monkeypatch.setattr(mirrors, "CONTAINERS", str(tmp_path / "registries.conf"))

    def told(**files):
        for name, text in files.items():
            path = tmp_path / {"daemon": "daemon.json", "conf": "registries.conf"}.get(name, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text if isinstance(text, str) else json.dumps(text))

    return told


def asked(name, **own):
    """Whom it asks for an image, in order."""
    return [
        f"{'http' if each.plain else 'https'}://{each.host}/{each.repository}{'' if each.mirror else ' (origin)'}"
        for each in mirrors.endpoints(image_reference.parse(name), own)
    ]


HUB = "https://docker.io/library/python (origin)"


class TestWhoIsAsked:
    def test_without_any_configuration_it_is_the_registry(self, machine):
        assert asked("python:3.12") == [HUB]
        assert asked("localhost:5000/app") == ["http://localhost:5000/app (origin)"]

    def test_mirrors_of_the_docker_daemon_stand_for_docker_hub_alone(self, machine):
        machine(daemon={"registry-mirrors": ["https://mirror.example.com/", "http://cache.local:5000"]})
        hub = ["https://mirror.example.com/library/python", "http://cache.local:5000/library/python", HUB]
        assert asked("python:3.12") == hub
        assert asked("ghcr.io/acme/app:1") == ["https://ghcr.io/acme/app (origin)"]

    def test_the_daemon_of_a_user_has_a_file_of_its_own(self, machine):
        machine(daemon={"registry-mirrors": ["https://all.example.com"]})
        machine(**{"home/.config/docker/daemon.json": {"registry-mirrors": ["https://own.example.com"]}})
        assert asked("python:3.12") == ["https://own.example.com/library/python", HUB]

    def test_registries_conf_knows_prefixes_locations_and_mirrors(self, machine):
        machine(
            conf="""
            unqualified-search-registries = ["docker.io"]
            [[registry]]
            location = "docker.io"
            [[registry.mirror]]
            location = "mirror.example.com/hub"
            [[registry]]
            prefix = "quay.io/acme"
            location = "inner.example.com/moved"
            [[registry]]
            prefix = "quay.io"
            location = "quay.io"
            insecure = true
            [[registry.mirror]]
            location = "one.example.com:5000"
            insecure = true
            [[registry.mirror]]
            location = "two.example.com"
            pull-from-mirror = "digest-only"
            [[registry.mirror]]
            location = "three.example.com"
            pull-from-mirror = "tag-only"
            """
        )
        assert asked("python") == ["https://mirror.example.com/hub/library/python", HUB]
        assert asked("quay.io/acme/app:1") == ["https://inner.example.com/moved/app (origin)"]
        assert asked("quay.io/acme-2/app:1") == [
            "https://one.example.com:5000/acme-2/app",
            "http://one.example.com:5000/acme-2/app",
            "https://three.example.com/acme-2/app",
            "https://quay.io/acme-2/app (origin)",
            "http://quay.io/acme-2/app (origin)",
        ]
        pinned = asked(f"quay.io/x@sha256:{'a' * 64}")
        assert "https://two.example.com/x" in pinned
        assert "https://three.example.com/x" not in pinned

    def test_mirrors_may_be_for_digests_alone(self, machine):
        machine(
            conf="""
            [[registry]]
            location = "quay.io"
            mirror-by-digest-only = true
            mirror = [{location = "mirror.example.com"}]
            """
        )
        assert asked("quay.io/x:1") == ["https://quay.io/x (origin)"]
        assert asked(f"quay.io/x@sha256:{'a' * 64}")[0] == "https://mirror.example.com/x"

    def test_a_star_stands_for_all_hosts_below(self, machine):
        machine(
            conf="""
            [[registry]]
            prefix = "*.example.com"
            insecure = true
            [[registry]]
            prefix = "*.apps.example.com"
            location = "inner.local"
            """
        )
        assert asked("a.example.com:5000/x")[-1] == "http://a.example.com:5000/x (origin)"
        assert asked("b.apps.example.com/x/y") == ["https://inner.local/x/y (origin)"]
        assert asked("example.com/x") == ["https://example.com/x (origin)"]

    def test_drop_ins_come_last_and_the_users_file_is_read_instead_of_the_systems(self, machine, tmp_path, monkeypatch):
        entry = '[[registry]]\nprefix = "quay.io"\nlocation = "{}.example.com"\n'
        machine(conf=entry.format("system"))
        assert asked("quay.io/x") == ["https://system.example.com/x (origin)"]
        machine(**{"home/.config/containers/registries.conf": entry.format("user")})
        assert asked("quay.io/x") == ["https://user.example.com/x (origin)"]
        machine(other=entry.format("named"))
        monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(tmp_path / "other"))
        assert asked("quay.io/x") == ["https://named.example.com/x (origin)"]
        machine(
            **{"registries.conf.d/50.conf": entry.format("late"), "registries.conf.d/10.conf": entry.format("early")}
        )
        assert asked("quay.io/x") == ["https://late.example.com/x (origin)"]

    def test_what_is_blocked_is_not_asked(self, machine):
        machine(conf='[[registry]]\nlocation = "docker.io"\nblocked = true\n')
        with pytest.raises(TargetError, match=r"python: .*registries\.conf forbids to ask docker\.io"):
            asked("python:3.12")
        assert asked("quay.io/x") == ["https://quay.io/x (origin)"]

    def test_settings_of_our_own_go_before(self, machine):
        machine(daemon={"registry-mirrors": ["https://mirror.example.com"]})
        own = {"docker.io": ("own.example.com/hub",), "docker.io/acme": ("http://acme.example.com",)}
        assert asked("python", **own) == ["https://own.example.com/hub/library/python", HUB]
        assert asked("acme/app", **own)[0] == "http://acme.example.com/app"
        assert asked("python", **{"docker.io": ()}) == [HUB]

    @pytest.mark.parametrize(
        ("files", "reason"),
        [
            ({"daemon": "{"}, "daemon.json is not JSON"),
            ({"conf": "[[registry"}, "registries.conf is not TOML"),
            ({"conf": "[registries.search]\nregistries = []\n"}, "the form of version 1"),
            ({"conf": '[[registry]]\nlocation = "quay.io@evil"\n'}, "'quay.io@evil' is no registry"),
            ({"daemon": {"registry-mirrors": ["https://user:word@mirror"]}}, "is no registry"),
        ],
    )
    def test_a_configuration_that_cannot_be_read_is_not_passed_over(self, machine, files, reason):
        machine(**files)
        with pytest.raises(TargetError, match=reason):
            asked("python:3.12")

    @pytest.mark.parametrize("text", ["", "[]", '{"registry-mirrors": null}', '{"registry-mirrors": [1, {}]}'])
    def test_a_daemon_without_mirrors_has_none(self, machine, text):
        machine(daemon=text, conf="registry = 3")
        assert asked("python") == [HUB]


class TestMirrorsThatFail:
    @pytest.fixture
    def opened(self, registry, mirror, monkeypatch):
        """Opens the image through the mirror, and reads its layers."""
        monkeypatch.setattr("time.sleep", lambda seconds: None)

        def read(name="team/app:1"):
            image = open_image(
                f"registry:{registry.host}/{name}", mirrors={registry.host: (f"http://{mirror.host}/cache",)}
            )
            for layer in image.layers:
                with layer.open() as reader:
                    reader.read()
            return image

        return read

    def test_a_mirror_that_has_all_is_the_only_one_asked(self, opened, registry, mirror, make):
        mirror.put(make.image(), "1")
        image = opened()
        assert image.name == f"registry:{registry.host}/team/app:1"
        assert registry.asked == []
        assert {path.rpartition("/")[0] for path, _ in mirror.asked} == {
            "/v2/cache/team/app/manifests", "/v2/cache/team/app/blobs"
        }  # fmt: skip

    @pytest.mark.parametrize("status", [404, 401, 403, 429, 500, 503])
    def test_what_a_mirror_refuses_the_registry_is_asked_for(self, opened, registry, mirror, make, status):
        registry.put(make.image(), "1")
        mirror.put(make.image(), "1").failures = [(status, {})] * 100
        assert opened().digest == make.image().digest
        assert len(registry.asked) == 4

    def test_a_mirror_that_has_only_some_blobs_gives_those(self, opened, registry, mirror, make):
        image = make.image()
        registry.put(image, "1")
        mirror.put(image, "1")
        missing = image.document["layers"][1]["digest"]
        del mirror.contents[missing]
        opened()
        assert [path.rpartition("/")[2] for path, _ in registry.asked] == [missing]

    def test_a_mirror_that_is_not_there_is_waited_for_once(self, opened, registry, make, monkeypatch, mirror):
        registry.put(make.image(), "1")
        tried = []
        ask = web.Web.ask

        def count(server, url, *given, **named):
            tried.append(url)
            if server.host == mirror.host:
                raise web.Unreachable("gone")
            return ask(server, url, *given, **named)

        monkeypatch.setattr(web.Web, "ask", count)
        opened()
        opened()
        assert sum(mirror.host in url for url in tried) == 1

    @pytest.mark.parametrize(("answer", "schemes"), [("nothing", ["https", "http"]), ("a refusal", ["https"])])
    def test_a_registry_that_is_insecure_is_asked_without_encryption_only_where_there_is_none(
        self, registry, monkeypatch, answer, schemes
    ):
        conf = '[[registry]]\nlocation = "registry.example.com"\ninsecure = true\n'
        with open(mirrors.CONTAINERS, "w") as file:
            file.write(conf)
        tried = []

        def ask(server, url, *given, **named):
            tried.append(url.partition(":")[0])
            if answer == "nothing":
                raise web.Unreachable("it does not speak TLS")
            raise web.Refused("status 403", 403, ())

        monkeypatch.setattr(web.Web, "ask", ask)
        with pytest.raises(TargetError):
            open_image("registry:registry.example.com/team/app:1")
        assert tried == schemes

    def test_a_layer_goes_on_at_the_registry_when_the_mirror_keeps_breaking_off(self, opened, registry, mirror, make):
        image = make.image(size=4_000)
        registry.put(image, "1")
        mirror.put(image, "1").break_after = [10_000] + [3] * 100
        opened()
        ranges = [headers.get("Range") for path, headers in registry.asked]
        assert len(ranges) == 2
        assert None not in ranges
        assert mirror.asked[2][0] == mirror.asked[1 + BREAKS][0]

    def test_a_manifest_that_does_not_fit_its_digest_is_asked_of_the_registry(self, opened, registry, mirror, make):
        image = make.image()
        registry.put(image)
        mirror.put(make.image(settings={})).contents[image.digest] = b"{}"
        assert opened(f"team/app@{image.digest}").config["config"] == {"User": "1000"}

    def test_a_layer_that_does_not_fit_its_digest_is_told(self, registry, mirror, make):
        image = make.image()
        registry.put(image, "1")
        mirror.put(image, "1")
        layer = image.document["layers"][0]["digest"]
        mirror.contents[layer] = bytes(len(mirror.contents[layer]))
        opened = open_image(f"registry:{registry.host}/team/app:1", mirrors={registry.host: (f"http://{mirror.host}",)})
        reasons = [problem.reason for problem in read_layers(opened, Look([])).problems]
        assert any(f"{layer} holds something else than its digest says" in reason for reason in reasons), reasons

    def test_when_all_fail_it_says_so_of_each(self, opened, registry, mirror):
        with pytest.raises(TargetError, match=f"{registry.host}/team/app:1: the registry has no such image") as error:
            opened()
        assert f"{mirror.host} (asked before)" in error.value.hint

    def test_the_registrys_login_never_goes_to_a_mirror(self, opened, registry, mirror, make, log_in):
        word = base64.b64encode(b"alice:s3cret-word").decode()
        log_in({"auths": {registry.host: {"auth": word}}})
        for auth in ("basic", "bearer"):
            registry.put(make.image(), "1").auth = mirror.put(make.image(), "1").auth = auth
            registry.asked.clear()
            opened()
            assert any("Authorization" in headers for _, headers in registry.asked)
        assert not any("Authorization" in headers for _, headers in mirror.asked)
        assert mirror.asked

    def test_a_mirror_gets_the_login_of_its_own_host(self, opened, registry, mirror, make, log_in):
        word = base64.b64encode(b"alice:s3cret-word").decode()
        log_in({"auths": {mirror.host: {"auth": word}}})
        mirror.put(make.image(), "1").auth = "basic"
        opened()
        assert registry.asked == []
