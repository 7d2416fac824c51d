"""Credentials in an image, from its layers to the report."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import os
import zlib

import pytest

from scanner import fingerprint
from scanner.engine.load import load
from scanner.engine.suppress import Ignore
from scanner.model.location import Location
from scanner.reporters import FORMATS, render
from scanner.reporters.interface import Options as Shown
from scanner.scan import Options, scan, scan_image
from scanner.sources.image.image import Blob, Image
from tests.made_secrets import all_made, made, told_apart
from tests.tars import packed

RULES = load()
HF, SLACK = made("hugging-face-token").value, made("slack-token").value


def image(*layers, history=(), compress=False, config=None):
    """An image of layers, given as files by name."""
    tars = [packed(files) for files in layers]
    ids = [f"sha256:{hashlib.sha256(tar).hexdigest()}" for tar in tars]
    stored = [gzip.compress(tar, 1) for tar in tars] if compress else tars
    blobs = tuple(
        Blob(digest=f"sha256:{hashlib.sha256(data).hexdigest()}", diff_id=id_, size=len(data), media_type="", open=lambda data=data: io.BytesIO(data))
        for id_, data in zip(ids, stored, strict=True)
    )  # fmt: skip
    told = [{"created_by": words, "comment": "buildkit.dockerfile.v0"} for words in history]
    document = {
        "os": "linux",
        "architecture": "amd64",
        "rootfs": {"type": "layers", "diff_ids": ids},
        "history": told,
        "config": config or {},
    }
    return Image(name="made", digest="", config=document, layers=blobs)


def looked_at(made_image, **options):
    return scan_image(made_image, Options(rules=RULES, build_args={}, keep_facts=True, **options))


def found(report, *, suppressed=False):
    return {
        (item.rule.id, str(item.at)) for item in report.findings if item.fact.kind in {"secret", "credential-file"} and bool(item.suppressed) is suppressed
    }  # fmt: skip


@pytest.mark.parametrize("compress", [False, True])
def test_one_credential_in_several_layers_is_one_finding_with_all_places(compress):
    files = {"app/a.py": f"T = '{HF}'\n".encode()}
    report = looked_at(
        image({**files, "srv/b.json": f'{{"t": "{HF}"}}'.encode()}, {"opt/c.txt": HF.encode()}, compress=compress)
    )
    (finding,) = [item for item in report.findings if item.fact.kind == "secret"]
    assert finding.rule.id == "ai-token"
    assert {str(each.at) for each in finding.fact.evidence} == {
        "app/a.py:1:6 (layer 0)",
        "srv/b.json:1:8 (layer 0)",
        "opt/c.txt:1:1 (layer 1)",
    }
    assert (finding.fact.places, finding.fact.layer) == (3, 0)


def test_what_a_later_layer_removes_names_the_layer_to_rebuild_from():
    report = looked_at(image({"etc/os-release": b"ID=x\n"}, {"app/a.py": SLACK.encode()}, {"app/.wh.a.py": b""}))
    (finding,) = [item for item in report.findings if item.fact.kind == "secret"]
    assert finding.rule.id == "secret-left-in-lower-layer"
    assert "layer 1 still holds it" in finding.message
    assert [str(each.at) for each in finding.fact.evidence] == ["app/a.py:1:1 (layer 1)", "app/a.py (layer 2)"]


def test_what_is_replaced_in_its_own_layer_is_gone_as_well():
    report = looked_at(image({"app/a.py": SLACK.encode(), "./app/a.py": b"nothing"}))
    assert found(report) == {("secret-left-in-lower-layer", "app/a.py:1:1 (layer 0)")}


def test_a_credential_file_is_told_once_and_an_ai_token_in_it_as_well():
    report = looked_at(image({"app/.env": f"SLACK={SLACK}\nHF_TOKEN={HF}\n".encode()}))
    assert found(report) == {("credential-file-carried", "app/.env (layer 0)"), ("ai-token", "app/.env:2:10 (layer 0)")}


def test_documentation_of_packages_is_low_and_of_the_base_image_too():
    files = {"usr/share/doc/x/README.md": SLACK.encode(), "srv/examples/a.py": HF.encode()}
    below = image(files)
    below_ids = [layer.diff_id for layer in below.layers]
    report = scan_image(
        image(files, {"app/x": b"x"}, history=("ADD debian.tar / # buildkit", "COPY x /app/x # buildkit")),
        Options(rules=RULES, build_args={}),
        base=below_ids,
    )
    assert {(item.rule.id, str(item.rule.severity)) for item in report.findings if item.fact.kind == "secret"} == {
        ("sample-secret-in-package", "low")
    }


def test_host_keys_that_all_containers_share():
    from tests.made_secrets import openssh_key

    report = looked_at(
        image(
            {
                f"etc/ssh/ssh_host_{kind}_key": openssh_key(number).encode()
                for number, kind in enumerate(("rsa", "ed25519"))
            }
        )
    )
    assert found(report) == {("ssh-host-key-in-image", "etc/ssh/ssh_host_rsa_key (layer 0)")}


@pytest.fixture(scope="module")
def everything():
    """An image with a value of every kind in its files, its config and its history, and all values."""
    values, files, env = [], {}, []
    for seed in (1, 2):
        for number, each in enumerate(all_made(seed)):
            values.append(each.value)
            env += [f"V{number}={each.text}"] if seed == 1 and not each.detector.files and "\n" not in each.text else []
            files[f"srv/{number}/{each.path}" if seed == 1 else f"app/{number}.txt"] = f"see:\n{each.text}\n".encode()
    history = [f"RUN /bin/sh -c use {values[3]} # buildkit"]
    return image(files, history=history, config={"Env": env}), values


@pytest.mark.parametrize("form", FORMATS)
def test_no_report_shows_more_than_four_characters(everything, form):
    made_image, values = everything
    report = looked_at(made_image)
    shown = render(form, [report], Shown(verbose=True, show_suppressed=True, show_undecided=True))
    whole = repr(report.facts) + repr(report.lines) + repr(report.problems)
    for each in told_apart(values):
        assert each not in shown
        assert each not in whole


def test_no_value_gets_into_the_cache(monkeypatch, tmp_path, everything):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made_image, values = everything
    first = looked_at(made_image, cache_limit=1 << 30)
    again = looked_at(made_image, cache_limit=1 << 30)
    assert set(first.facts) == set(again.facts)
    for folder, _, names in os.walk(tmp_path):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                data = file.read()
            at = data.find(b"\x78\x01")
            unpacked = data
            while at >= 0:
                with contextlib.suppress(zlib.error):
                    unpacked += zlib.decompressobj().decompress(data[at:])
                at = data.find(b"\x78\x01", at + 1)
            assert not [value for value in values if len(value) > 12 and value[5:].encode() in unpacked]


def fingerprints(report):
    return {item.fact.fingerprint for item in report.findings if item.fact.kind == "secret"}


@pytest.fixture
def keyed(monkeypatch):
    """Sets the key, or takes it away."""

    def keyed(key):
        fingerprint.key.cache_clear()
        if key:
            monkeypatch.setenv(fingerprint.VARIABLE, key)
        else:
            monkeypatch.delenv(fingerprint.VARIABLE, raising=False)

    yield keyed
    monkeypatch.undo()
    fingerprint.key.cache_clear()


def test_a_fingerprint_is_that_of_the_value_wherever_it_stands_and_of_the_key(keyed):
    keyed("")
    in_file, in_env = image({"app/a.py": HF.encode()}), image({"app/a": b"x"}, config={"Env": [f"HF_TOKEN={HF}"]})
    plain = fingerprints(looked_at(in_file))
    assert plain == fingerprints(looked_at(in_env))
    assert all(len(each) == fingerprint.DIGITS for each in plain)
    keyed("one of our own")
    other = fingerprints(looked_at(in_file))
    assert other == fingerprints(looked_at(in_env)) != plain


def test_what_a_person_chose_has_one_only_with_a_key(keyed):
    weak = image({"app/a": b"x"}, config={"Env": ["DB_PASSWORD=hunter2"]})
    keyed("")
    assert fingerprints(looked_at(weak)) == {""}
    keyed("one of our own")
    assert fingerprints(looked_at(weak)) != {""}


def test_another_key_reads_layers_again(keyed, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    keyed("")
    made_image = image({"app/a.py": HF.encode()})
    first = fingerprints(looked_at(made_image, cache_limit=1 << 30))
    keyed("other")
    assert fingerprints(looked_at(made_image, cache_limit=1 << 30)) != first


def test_one_credential_can_be_ignored_by_its_fingerprint(keyed):
    keyed("")
    made_image = image({"app/a.py": HF.encode(), "app/b.py": SLACK.encode()})
    (one,) = {item.fact.fingerprint for item in looked_at(made_image).findings if item.rule.id == "ai-token"}
    ignore = Ignore(rule="*", path="**", reason="revoked", fingerprint=one, folder=os.getcwd(), at=Location("c"))
    report = looked_at(made_image, ignores=(ignore,))
    assert found(report, suppressed=True) == {("ai-token", "app/a.py:1:1 (layer 0)")}
    assert found(report) == {("secret-in-layer", "app/b.py:1:1 (layer 0)")}


def test_a_file_of_a_layer_cannot_ask_to_be_left_alone():
    """Anybody may have made it."""
    report = looked_at(
        image(
            {"app/a.py": f"# hullcheck:allow-secret harmless\nT = '{HF}'  # hullcheck:allow-secret harmless\n".encode()}
        )
    )
    assert found(report) == {("ai-token", "app/a.py:2:6 (layer 0)")}


def test_an_unpacked_root_file_system(tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "a.py").write_text(f"T = '{HF}'\n")
    os.link(tmp_path / "app" / "a.py", tmp_path / "app" / "b.py")
    (report,) = scan([f"rootfs:{tmp_path}"], Options(rules=RULES, build_args={}))
    assert found(report) == {("ai-token", "app/a.py:1:6 (layer 0)")}


def test_a_large_file_that_an_extractor_reads_too(monkeypatch):
    """In a layer that goes forward only, both have it; beyond what is held, that is told."""
    from scanner.sources.image import read

    record = b"Metadata-Version: 2.1\nName: torch\nVersion: 2.1.0\n\n" + b"words\n" * 40_000 + HF.encode() + b"\n"
    files = {"usr/local/lib/python3.12/site-packages/torch-2.1.0.dist-info/METADATA": record}
    report = looked_at(image(files, compress=True))
    assert {fact.kind for fact in report.facts} >= {"package-record", "held-secret"}
    monkeypatch.setattr(read, "HELD", 1000)
    report = looked_at(image(files, compress=True))
    assert "held-secret" in {fact.kind for fact in report.facts} or report.problems
