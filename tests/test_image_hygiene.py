"""What lies about in an image: told once for each cause, whichever layers have it."""

import hashlib
import io
import tarfile

import pytest

from scanner.engine.load import load
from scanner.extractors import credential_files
from scanner.scan import Options, scan_image
from scanner.sources.image.image import Blob, Image

RULES = load()
HASH = "$6$abcdefgh$" + "0123456789" * 8
KEY = b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaA\n"


def packed(*members):
    """A layer: (name, content), with a mode behind them; content None is a folder, a str a hard link."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, content, *mode in members:
            entry = tarfile.TarInfo(name)
            entry.mode = mode[0] if mode else 0o755 if content is None else 0o644
            if content is None:
                entry.type = tarfile.DIRTYPE
            elif isinstance(content, str):
                entry.type, entry.linkname = tarfile.LNKTYPE, content
            else:
                entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content) if isinstance(content, bytes) else None)
    return data.getvalue()


def looked_at(*layers, jobs=1):
    """The report on an image of such (created_by, members)."""
    stored = [packed(*members) for _, *members in layers]
    digests = [f"sha256:{hashlib.sha256(data).hexdigest()}" for data in stored]
    blobs = tuple(
        Blob(digest=digest, diff_id=digest, size=len(data), media_type="", open=lambda data=data: io.BytesIO(data))
        for digest, data in zip(digests, stored, strict=True)
    )
    config = {
        "config": {"User": "1000"},
        "history": [{"created_by": words, "comment": "buildkit.dockerfile.v0"} for words, *_ in layers],
        "rootfs": {"type": "layers", "diff_ids": digests},
    }
    image = Image(name="image", digest="", config=config, layers=blobs)
    report = scan_image(image, Options(rules=RULES, build_args={}, keep_facts=True, jobs=jobs))
    assert report.problems == ()
    return report


def found(report, *rules):
    return [(item.rule.id, str(item.at)) for item in report.findings if item.rule.id in rules]


COPY = "COPY . /app # buildkit"
CHOWN = "RUN /bin/sh -c chown -R app /app # buildkit"


def test_a_credential_that_a_later_layer_gives_to_another_owner_is_told_once():
    report = looked_at((COPY, ("app/.env", b"KEY=1\n")), (CHOWN, ("app/.env", b"KEY=1\n")))
    assert found(report, "credential-file-carried") == [("credential-file-carried", "app/.env (layer 0)")]
    (fact,) = (fact for fact in report.facts if fact.kind == "credential-file")
    assert fact.ships
    assert [str(each.at) for each in fact.evidence] == [
        "app/.env (layer 0)",
        "app/.env (layer 1)",
        "app/.env (layer 1)",
    ]
    assert [each.note for each in fact.evidence] == ["", "removed or replaced here", ""]


def test_a_credential_that_a_later_layer_removes_is_still_told():
    gone = ("RUN /bin/sh -c rm /root/.ssh/id_rsa # buildkit", ("root/.ssh/.wh.id_rsa", b""))
    report = looked_at((COPY, ("root/.ssh/id_rsa", KEY)), gone)
    assert found(report, "credential-file-carried") == [("credential-file-carried", "root/.ssh/id_rsa (layer 0)")]
    (fact,) = (fact for fact in report.facts if fact.kind == "credential-file")
    assert not fact.ships
    assert fact.evidence[-1].note == "removed or replaced here"


def test_a_credential_that_the_copy_names_has_one_finding():
    report = looked_at(("COPY id_rsa /root/.ssh/ # buildkit", ("root/.ssh/id_rsa", KEY)))
    assert [rule for rule, _ in found(report, "credential-file-copied", "credential-file-carried")] == [
        "credential-file-copied"
    ]


def test_a_copy_whose_destination_alone_is_a_credentials_name_does_not_name_it():
    report = looked_at(("COPY machine /root/.netrc # buildkit", ("root/.netrc", b"machine x login y password z\n")))
    assert [rule for rule, _ in found(report, "credential-file-copied", "credential-file-carried")] == [
        "credential-file-carried"
    ]


def test_a_key_beside_one_that_the_copy_names_is_still_told():
    files = [("root/.ssh/id_rsa", KEY), ("root/.ssh/id_ed25519", KEY)]
    report = looked_at(("COPY id_rsa /root/.ssh/ # buildkit", *files), (CHOWN, files[0]))
    assert found(report, "credential-file-carried") == [("credential-file-carried", "root/.ssh/id_ed25519 (layer 0)")]


def test_the_keys_that_an_ssh_server_makes_are_one_finding():
    keys = [(f"etc/ssh/ssh_host_{kind}_key", KEY) for kind in ("ecdsa", "ed25519", "rsa")]
    report = looked_at(("RUN /bin/sh -c apt-get install -y openssh-server # buildkit", *keys))
    assert found(report, "credential-file-carried") == []
    assert found(report, "ssh-host-key-in-image") == [("ssh-host-key-in-image", "etc/ssh/ssh_host_ecdsa_key (layer 0)")]


def test_a_folder_of_five_hundred_tables_is_one_finding():
    tables = [(f"data/part-{number}.parquet", bytes(70_000)) for number in range(500)]
    report = looked_at(("COPY data /data # buildkit", *tables))
    assert found(report, "data-set-in-layer") == [("data-set-in-layer", "data/part-0.parquet (layer 0)")]
    (fact,) = (fact for fact in report.facts if fact.kind == "artifact")
    assert (fact.others, fact.made_by) == (499, "copy")


def test_git_history_that_a_later_layer_owns_or_removes_is_told_once():
    head = ("app/.git/HEAD", b"ref: refs/heads/main\n")
    for later in ((CHOWN, head), ("RUN /bin/sh -c rm -rf /app/.git # buildkit", ("app/.wh..git", b""))):
        report = looked_at((COPY, head), later)
        assert found(report, "git-folder-in-image") == [("git-folder-in-image", "app/.git/HEAD (layer 0)")]


def test_a_folder_whose_mode_a_later_layer_mends_is_fine():
    open_, mended = ("srv/models", None, 0o777), ("srv/models", None, 0o755)
    assert found(looked_at((COPY, open_)), "world-writable-in-image")
    assert not found(looked_at((COPY, open_), ("RUN /bin/sh -c mend # buildkit", mended)), "world-writable-in-image")


def test_what_everyone_may_write_to_in_a_layer_is_one_finding_at_its_top():
    members = [("app/b/c", None, 0o777), ("app", None, 0o777), ("app/run.sh", b"", 0o777), ("app/data", b"", 0o666)]
    report = looked_at((COPY, *members))
    (fact,) = (fact for fact in report.facts if fact.kind == "world-writable")
    assert (fact.path, fact.others, fact.told) == ("app", 2, False)


def test_hard_links_are_neither_counted_nor_looked_up_for_their_size_or_mode():
    wheel = ("root/.cache/pip/http-v2/a.body", bytes(2_000_000))
    report = looked_at(
        (
            COPY,
            wheel,
            ("root/.cache/pip/http-v2/b.body", wheel[0]),
            ("usr/bin/sudo", b"x", 0o4755),
            ("usr/bin/sudoedit", "usr/bin/sudo", 0o4755),
        )
    )
    assert [fact.megabytes for fact in report.facts if fact.kind == "package-cache"] == [2]
    assert [fact.path for fact in report.facts if fact.kind == "set-id-program"] == ["usr/bin/sudo"]


def test_a_cache_is_counted_over_all_layers_and_told_when_removed():
    lists = ("var/lib/apt/lists/a_Packages.lz4", bytes(900_000))
    other = ("var/lib/apt/lists/b_Packages.lz4", bytes(900_000))
    gone = [("var/lib/apt/lists/.wh.a_Packages.lz4", b""), ("var/lib/apt/lists/.wh.b_Packages.lz4", b"")]
    report = looked_at(("RUN a", lists), ("RUN b", other), ("RUN c", *gone))
    (fact,) = (fact for fact in report.facts if fact.kind == "package-cache")
    assert (fact.tool, fact.folder, fact.megabytes, fact.removed) == ("apt lists", "var/lib/apt/lists", 1, True)
    assert found(report, "package-cache-in-image") == [("package-cache-in-image", "var/lib/apt/lists (layer 0)")]


def test_accounts_count_as_the_finished_image_has_them_and_no_hash_is_told():
    shadow = f"root:{HASH}:19000:0:99999:7:::\napp::19000::::::\n".encode()
    report = looked_at((COPY, ("etc/shadow", shadow)))
    rules = ("account-without-password", "account-password-in-image")
    assert set(found(report, *rules)) == {
        ("account-password-in-image", "etc/shadow:1:1 (layer 0)"),
        ("account-without-password", "etc/shadow:2:1 (layer 0)"),
    }
    assert HASH not in repr(report)
    locked = b"root:*:19000:0:99999:7:::\napp:!:19000::::::\n"
    assert not found(looked_at((COPY, ("etc/shadow", shadow)), ("RUN x", ("etc/shadow", locked))), *rules)


def test_the_report_is_the_same_however_many_layers_are_read_at_once():
    layers = [
        (COPY, ("app/.env", b"KEY=1\n"), ("app", None, 0o777), ("etc/passwd", b"root::0:0::/:/bin/sh\n")),
        (CHOWN, ("app/.env", b"KEY=1\n"), ("app", None, 0o777)),
    ]
    assert looked_at(*layers) == looked_at(*layers, jobs=2)


@pytest.mark.parametrize(
    "path",
    [
        "app/.env", "app/.env.production", "app/deploy/prod.env", "root/.netrc", "root/.aws/credentials",
        "root/.docker/config.json", "root/.ssh/id_ed25519", "root/.ssh/work", "etc/ssh/ssh_host_rsa_key",
        "root/.cache/huggingface/token", "data/huggingface/token", "root/.kube/config", "root/.cargo/credentials.toml",
        "root/.config/gcloud/credentials.db", "root/.config/gh/hosts.yml", "app/deploy_rsa", "app/tls/private.pem",
        "app/server.key", "etc/ssl/private/server.key", "app/client.p12", "app/service-account-prod.json",
        "app/kaggle.json", "root/.npmrc", "root/.git-credentials", "usr/src/app/.env", "usr/local/app/.env",
    ],
)  # fmt: skip
def test_credentials_are_known_by_their_names_wherever_people_put_them(path):
    assert credential_files.in_layer(path)
    assert credential_files.credential_type(path) or path.endswith(".npmrc")


@pytest.mark.parametrize(
    "path",
    [
        "etc/ssl/certs/Key_Root_CA.pem", "etc/apt/keyrings/vendor.key", "usr/share/ca-certificates/mozilla/key.pem",
        "etc/ssl/private/ssl-cert-snakeoil.key", "etc/ssh/ssh_host_rsa_key.pub", "root/.ssh/authorized_keys",
        "opt/conda/lib/python3.12/test/certdata/keycert.pem", "opt/conda/pkgs/openssl-3.5.0-h0/ssl/private.key",
        "usr/lib/node_modules/npm/test/fixtures/agent.key", "app/node_modules/tool/server.key",
        "root/go/pkg/mod/example.org/tool@v1.0.0/server.key", "usr/local/bundle/gems/tool-1.0/server.key",
        "venv/lib/python3.12/site-packages/tool/settings.py", "venv/lib/python3.12/site-packages/certifi/key.pem",
        "app/models/config.json", "app/model/token", "app/tests/server.key", "app/.env.example", "app/main.py",
        "root/.config/gcloud/logs/2026.01.01/12.00.log", "usr/lib/jvm/java-21/conf/management/jmxremote.key",
    ],
)  # fmt: skip
def test_what_others_cry_wolf_at_is_no_credential(path):
    assert not credential_files.in_layer(path)
