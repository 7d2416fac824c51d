"""A registry may ask for a login, be busy, break off, and lie. Nothing here leaves this machine."""

from __future__ import annotations

import base64
import json

import pytest

from scanner import web
from scanner.errors import TargetError, UsageError
from scanner.sources.image import login, open_image
from scanner.sources.image.registry import described
from scanner.sources.image.verified import verified

SECRET = "s3cret-word"


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """The seconds that would have been waited."""
    waited = []
    monkeypatch.setattr(web.time, "sleep", waited.append)
    return waited


def opened(registry, tag="1", **options):
    return open_image(f"registry:{registry.host}/team/app:{tag}", **options)


def auth(user="alice", secret=SECRET):
    return {"auth": base64.b64encode(f"{user}:{secret}".encode()).decode()}


def contents(image):
    found = []
    for layer in image.layers:
        with layer.open() as reader:
            found.append(reader.read())
    return found


class TestImages:
    def test_by_tag_and_by_digest(self, registry, make):
        made = make.image()
        registry.put(made, "1")
        image = opened(registry)
        assert (image.digest, image.config) == (made.digest, made.config)
        assert contents(image) == made.layers
        assert open_image(f"registry:{registry.host}/team/app@{made.digest}").digest == made.digest

    def test_without_a_tag_it_is_latest(self, registry, make):
        registry.put(make.image(), "latest")
        assert open_image(f"registry:{registry.host}/team/app").config["os"] == "linux"

    def test_an_index_is_followed_and_its_digest_is_what_the_name_stands_for(self, registry, make):
        arm, amd = make.image("arm64"), make.image("amd64")
        registry.put(arm).put(amd)
        entries = [
            one.entry | {"platform": {"os": "linux", "architecture": one.config["architecture"]}} for one in (arm, amd)
        ]
        index = json.dumps(make.index_of(*entries)).encode()
        registry.contents["1"] = index
        image, digest = described(f"{registry.host}/team/app:1", "linux/arm64")
        assert (image.digest, digest) == (arm.digest, make.digest(index))

    def test_what_is_not_there(self, registry):
        with pytest.raises(TargetError, match="no such image") as error:
            opened(registry)
        assert error.value.hint == "check its name and tag"

    def test_what_is_no_name(self):
        with pytest.raises(UsageError, match="lower case"):
            open_image("registry:Team/App")


class TestLogins:
    @pytest.mark.parametrize("kind", ["basic", "bearer"])
    def test_the_login_of_docker_is_used(self, registry, make, log_in, kind):
        registry.put(make.image(), "1").auth = kind
        log_in({"auths": {registry.host: auth()}})
        assert contents(opened(registry))

    @pytest.mark.parametrize("kind", ["basic", "bearer"])
    def test_without_a_login_it_says_how_to_log_in(self, registry, make, kind):
        registry.put(make.image(), "1").auth = kind
        with pytest.raises(TargetError, match="not for everybody") as error:
            opened(registry)
        assert f"docker login {registry.host}" in error.value.hint

    @pytest.mark.parametrize("kind", ["basic", "bearer"])
    def test_a_wrong_login_is_told_without_showing_it(self, registry, make, log_in, kind):
        registry.put(make.image(), "1").auth = kind
        log_in({"auths": {registry.host: auth(secret="wr0ng-word")}})
        with pytest.raises(TargetError, match="refused") as error:
            opened(registry)
        assert "wr0ng" not in f"{error.value} {error.value.hint} {error.value!r}"

    def test_a_token_may_be_for_everybody(self, registry, make):
        registry.put(make.image(), "1").auth = "bearer"
        registry.anonymous = True
        assert contents(opened(registry))
        tokens = [path for path, _ in registry.asked if path.startswith("/token")]
        assert tokens == ["/token?service=registry&scope=repository%3Ateam%2Fapp%3Apull"]

    def test_an_identity_token_is_exchanged(self, registry, make, log_in):
        registry.put(make.image(), "1").auth = "bearer"
        log_in({"auths": {registry.host: {"identitytoken": "long-lived"}}})
        assert opened(registry).layers
        posted = [headers["body"] for path, headers in registry.asked if "body" in headers]
        assert "refresh_token=long-lived" in posted[0]

    def test_a_login_is_not_sent_to_where_a_blob_really_is(self, registry, make, log_in):
        registry.put(make.image(), "1").auth = "bearer"
        registry.redirect = f"http://localhost:{registry.server_port}"
        log_in({"auths": {registry.host: auth()}})
        assert contents(opened(registry))
        moved = [headers for path, headers in registry.asked if path.startswith("/cdn/")]
        assert moved
        assert all("Authorization" not in headers for headers in moved)

    @pytest.mark.parametrize(
        "realm", ["", "ftp://x/", "http://[", "file:///etc/passwd", "http://user:word@x/", "http://" + "x" * 3000]
    )
    def test_an_address_to_log_in_at_is_checked(self, registry, realm):
        registry.failures = [(401, {"WWW-Authenticate": f'Bearer realm="{realm}"'})]
        with pytest.raises(TargetError, match="no usable address"):
            opened(registry)

    def test_a_login_stays_with_the_host_that_redirects_to_itself(self, registry, make, log_in):
        registry.put(make.image(), "1").auth = "basic"
        log_in({"auths": {registry.host: auth()}})
        registry.redirect = f"http://{registry.host}"
        assert contents(opened(registry))
        assert all("Authorization" in headers for path, headers in registry.asked if path.startswith("/cdn/"))


class TestLoginFiles:
    def find(self, config, tmp_path, registry="ghcr.io"):
        (tmp_path / "config.json").write_text(config if isinstance(config, str) else json.dumps(config))
        return login.find(registry, {"DOCKER_CONFIG": str(tmp_path)})

    @pytest.mark.parametrize("key", ["ghcr.io", "https://ghcr.io", "https://ghcr.io/v1/", "http://ghcr.io/v2/"])
    def test_hosts_and_old_addresses_are_keys(self, tmp_path, key):
        assert self.find({"auths": {key: auth()}}, tmp_path) == login.Login(user="alice", secret=SECRET)

    @pytest.mark.parametrize("key", ["https://index.docker.io/v1/", "docker.io", "registry-1.docker.io"])
    def test_docker_hub_has_several_names(self, tmp_path, key):
        assert self.find({"auths": {key: auth()}}, tmp_path, "docker.io") is not None

    def test_none_for_others(self, tmp_path):
        assert self.find({"auths": {"quay.io": auth(), "ghcr.io.evil.example": auth()}}, tmp_path) is None
        assert login.find("ghcr.io", {"DOCKER_CONFIG": str(tmp_path / "nowhere")}) is None

    @pytest.mark.parametrize(
        "config", ["{", "[" * 100_000, {"auths": {"ghcr.io": {"auth": "%%"}}}, {"auths": {"ghcr.io": {"auth": "YWJj"}}}]
    )
    def test_a_damaged_file_is_told(self, tmp_path, config):
        with pytest.raises(TargetError, match=r"config\.json") as error:
            self.find(config, tmp_path)
        assert error.value.hint == "docker login writes it anew"

    @pytest.mark.parametrize("config", [[], {"auths": []}, {"auths": {"ghcr.io": 1}}, {"credHelpers": 1}])
    def test_what_is_not_as_it_should_be_counts_for_nothing(self, tmp_path, config):
        assert self.find(config, tmp_path) is None

    def helper(self, tmp_path, monkeypatch, body):
        program = tmp_path / "docker-credential-test"
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    @pytest.mark.parametrize("config", [{"credHelpers": {"ghcr.io": "test"}}, {"credsStore": "test"}])
    def test_a_helper_is_asked(self, tmp_path, monkeypatch, config):
        self.helper(
            tmp_path,
            monkeypatch,
            'read server; [ "$1 $server" = "get ghcr.io" ] && echo \'{"Username": "bob", "Secret": "w"}\'',
        )
        assert self.find(config, tmp_path) == login.Login(user="bob", secret="w")

    def test_a_helper_may_have_a_token_or_nothing(self, tmp_path, monkeypatch):
        self.helper(tmp_path, monkeypatch, 'echo \'{"Username": "<token>", "Secret": "t"}\'')
        assert self.find({"credsStore": "test"}, tmp_path) == login.Login(user="", secret="t")
        self.helper(tmp_path, monkeypatch, "echo 'credentials not found in native keychain'; exit 1")
        assert self.find({"credsStore": "test"}, tmp_path) is None

    @pytest.mark.parametrize("body", ["echo hunter2; exit 1", "echo hunter2", "echo '{\"Username\": 1}'"])
    def test_a_helper_that_fails_is_told_without_its_words(self, tmp_path, monkeypatch, body):
        self.helper(tmp_path, monkeypatch, body)
        with pytest.raises(TargetError, match="docker-credential-test") as error:
            self.find({"credsStore": "test"}, tmp_path)
        assert "hunter2" not in f"{error.value} {error.value.hint}"

    def test_a_helper_that_is_not_there_is_told(self, tmp_path):
        with pytest.raises(TargetError, match="docker-credential-nowhere is not installed"):
            self.find({"credsStore": "nowhere"}, tmp_path)

    @pytest.mark.parametrize("name", ["../evil", "a b", "/bin/sh", "-x"])
    def test_a_helper_is_a_name_and_no_path(self, tmp_path, name):
        with pytest.raises(TargetError, match="no program's name"):
            self.find({"credsStore": name}, tmp_path)

    def test_a_login_does_not_show_in_its_representation(self):
        assert SECRET not in repr(login.Login(user="alice", secret=SECRET))


class TestTrouble:
    @pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
    def test_a_busy_registry_is_asked_again(self, registry, make, waits, status):
        registry.put(make.image(), "1").failures = [(status, {}), (status, {})]
        assert opened(registry).layers
        assert len(waits) == 2
        assert waits[0] <= web.LONGEST_WAIT

    def test_it_says_how_long_to_wait(self, registry, make, waits):
        registry.put(make.image(), "1").failures = [(429, {"Retry-After": "7"})]
        assert opened(registry).layers
        assert waits == [7.0]

    @pytest.mark.parametrize("when", ["3600", "Fri, 01 Jan 2100 00:00:00 GMT"])
    def test_nobody_waits_for_hours(self, registry, waits, when):
        registry.failures = [(429, {"Retry-After": when})]
        with pytest.raises(TargetError, match="status 429") as error:
            opened(registry)
        assert "it asks to wait" in error.value.hint
        assert "docker login" in error.value.hint
        assert waits == []

    def test_a_date_in_the_past_or_nonsense_is_no_wait(self, registry, make, waits):
        registry.put(make.image(), "1")
        registry.failures = [(503, {"Retry-After": "Fri, 01 Jan 2021 00:00:00 GMT"}), (503, {"Retry-After": "soon"})]
        assert opened(registry).layers
        assert waits[0] == 0

    def test_it_is_not_asked_for_ever(self, registry, waits):
        registry.failures = [(503, {})] * 50
        with pytest.raises(TargetError, match="status 503"):
            opened(registry)
        assert len(waits) == web.ATTEMPTS - 1

    def test_a_registry_that_is_not_there(self, waits):
        with pytest.raises(TargetError, match="cannot be reached") as error:
            open_image("registry:localhost:1/team/app:1")
        assert "HTTPS_PROXY" in error.value.hint
        assert len(waits) == web.ATTEMPTS - 1

    def test_one_without_encryption_has_to_be_asked_for(self, registry, make, monkeypatch):
        registry.put(make.image(), "1")
        with pytest.raises(TargetError, match="does not speak TLS"):
            open_image(f"registry:https://{registry.host}/team/app:1")
        assert open_image(f"registry:http://{registry.host}/team/app:1").layers
        assert [web.is_local(host) for host in ("localhost:5000", "127.0.0.1", "[::1]:5000", "127.9.9.9:1")] == [
            True
        ] * 4
        assert not any(web.is_local(host) for host in ("localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1"))

    def test_a_redirection_does_not_lead_out_of_encryption(self):
        from urllib.request import Request

        redirects = web._Redirects(plain=False)
        for url in ("http://localhost/x", "file:///etc/passwd", "ftp://localhost/x"):
            with pytest.raises(web._Unsafe):
                redirects.redirect_request(Request("https://x/"), None, 307, "", {}, url)

    @pytest.mark.parametrize("where", ["http://[", "http://host:port/", "ftp://x/", "", "\u00fc"])
    def test_a_redirection_to_nowhere_is_told(self, registry, where):
        registry.failures = [(307, {"Location": where})] * 10
        with pytest.raises(TargetError, match=r"cannot be reached|status 307"):
            opened(registry)

    def test_redirections_in_a_circle_end(self, registry):
        registry.failures = [(307, {"Location": "/v2/team/app/manifests/1"})] * 100
        with pytest.raises(TargetError, match="status 307"):
            opened(registry)
        assert len(registry.asked) < 10


class TestBodies:
    def test_a_blob_goes_on_where_the_connection_broke(self, registry, make):
        made = make.image(size=3_000)
        registry.put(made, "1")
        layer = opened(registry).layers[0]
        registry.break_after = [5, 20, 0]
        before = len(registry.asked)
        with layer.open() as reader:
            assert reader.read() == made.layers[0]
        assert [headers.get("Range") for _, headers in registry.asked[before:]] == [
            None, "bytes=5-", "bytes=25-", "bytes=25-",
        ]  # fmt: skip

    def test_so_it_does_when_the_registry_sends_all_of_it_again(self, registry, make):
        made = make.image(size=3_000)
        registry.put(made, "1").ignores_ranges = True
        layer = opened(registry).layers[0]
        registry.break_after = [30, 40]
        with layer.open() as reader:
            assert reader.read() == made.layers[0]

    def test_a_connection_that_always_breaks_is_an_error(self, registry, make):
        registry.put(make.image(), "1")
        layer = opened(registry).layers[0]
        registry.break_after = [0] * 1_000
        with layer.open() as reader, pytest.raises(OSError, match="the connection broke after 0 of"):
            reader.read()
        assert 1_000 - len(registry.break_after) == web.MAX_RESUMED + 1

    def test_a_registry_that_goes_away_is_an_error(self, registry, make):
        made = make.image()
        registry.put(made, "1")
        layer = opened(registry).layers[0]
        registry.break_after = [3]
        reader = layer.open()
        registry.contents.clear()
        with reader, pytest.raises(OSError, match="no such image"):
            reader.read()

    def test_a_blob_whose_length_is_announced_too_large_is_read_all_the_same(self, registry, make):
        made = make.image()
        registry.put(made, "1").headers_for[made.document["layers"][0]["digest"]] = {"Content-Length": "10000000"}
        assert contents(opened(registry)) == made.layers

    def test_a_blob_whose_length_is_announced_too_small_is_asked_for_until_it_is_whole(self, registry, make):
        made = make.image(size=3_000)
        registry.put(made, "1").headers_for[made.document["layers"][0]["digest"]] = {"Content-Length": "20"}
        assert contents(opened(registry)) == made.layers

    def test_a_blob_with_nothing_in_it_is_an_error(self, registry, make):
        registry.put(made := make.image(), "1").headers_for[made.document["layers"][0]["digest"]] = {
            "Content-Length": "0"
        }
        with opened(registry).layers[0].open() as reader, pytest.raises(OSError, match="ended early"):
            reader.read()

    def test_a_lying_length_of_a_manifest_is_an_error(self, registry, make):
        registry.put(make.image(), "1").headers_for["1"] = {"Content-Length": "100000"}
        with pytest.raises(TargetError, match="broke off"):
            opened(registry)

    def test_a_blob_that_is_not_what_its_digest_says_is_an_error(self, registry, make):
        made = make.image()
        registry.put(made, "1")
        name = made.document["layers"][0]["digest"]
        registry.contents[name] = bytes(len(made.layers[0]))
        layer = opened(registry).layers[0]
        held = verified(layer.open(), layer.digest, layer.size)
        with held as reader, pytest.raises(ValueError, match="something else"):
            reader.read()

    def test_a_manifest_that_is_not_what_was_asked_for_is_an_error(self, registry, make):
        one, two = make.image(), make.image(settings={"User": "0"})
        registry.put(one).put(two)
        registry.contents[one.digest] = registry.contents[two.digest]
        with pytest.raises(TargetError, match="something else than its digest says"):
            open_image(f"registry:{registry.host}/team/app@{one.digest}")
        registry.contents["1"] = json.dumps(make.index_of(one.entry)).encode()
        with pytest.raises(TargetError, match="something else than its digest says"):
            opened(registry)

    def test_a_manifest_that_arrives_damaged_is_an_error(self, registry, make):
        registry.put(make.image(), "1").headers_for["1"] = {"Docker-Content-Digest": "sha256:" + "0" * 64}
        with pytest.raises(TargetError, match="arrives damaged"):
            opened(registry)

    def test_a_manifest_without_end_is_not_read_to_its_end(self, registry):
        registry.contents["1"] = b" " * (5 << 20)
        with pytest.raises(TargetError, match="larger than 4 MiB"):
            opened(registry)

    def test_manifests_of_old_are_told(self, registry):
        registry.contents["1"] = b'{"schemaVersion": 1, "fsLayers": []}'
        with pytest.raises(TargetError, match="old schema 1") as error:
            opened(registry)
        assert "docker push" in error.value.hint
