"""An image is scanned whole: its config, its history, and the files of its layers."""

import hashlib
import io
import json
import os
import zlib

import pytest

from scanner.engine.load import load
from scanner.scan import Options, scan, scan_image
from scanner.sources.image import layers, shared
from scanner.sources.image.image import Blob, Image
from tests.made_secrets import made
from tests.tars import packed

RULES = load()
BELOW = {
    "etc/os-release": b'ID=debian\nVERSION_ID="10"\nPRETTY_NAME="Debian GNU/Linux 10 (buster)"\n',
    "var/lib/dpkg/status": b"Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.0-4\n\n",
}
MODEL = {"srv/model/config.json": b'{"auto_map": {"AutoModel": "someone/else--modeling.Model"}}'}
SITE = "usr/local/lib/python3.12/site-packages"
OWN = {
    f"{SITE}/torch-2.1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: torch\nVersion: 2.1.0\n\n",
    f"{SITE}/litellm-1.82.7.dist-info/METADATA": b"Metadata-Version: 2.1\nName: litellm\nVersion: 1.82.7\n\n",
    **MODEL,
}
GONE = {"srv/model/.wh.config.json": b""}
HISTORY = (
    ("ADD debian.tar / # buildkit", False),
    ('CMD ["bash"]', True),
    ("RUN /bin/sh -c pip install torch # buildkit", False),
    ("RUN /bin/sh -c rm /srv/model/config.json # hullcheck: ignore-file[*] nothing to see here", False),
    ("EXPOSE map[8265/tcp:{}]", True),
    ('CMD ["ray" "start" "--head" "--block" "--dashboard-host=0.0.0.0"]', True),
)
OPENED = HISTORY[-1][0].index('"--dashboard') + 1
"""The column of the option that opens the port."""


@pytest.fixture
def image(tmp_path, monkeypatch):
    """A ``docker save`` of three layers: Debian, what was installed on it, and what was removed again."""
    tars = [packed(files) for files in (BELOW, OWN, GONE)]
    told = [
        {"created_by": words, "empty_layer": empty, "comment": "buildkit.dockerfile.v0"} for words, empty in HISTORY
    ]
    config = {
        "os": "linux",
        "architecture": "amd64",
        "config": {"Cmd": json.loads(HISTORY[-1][0][4:].replace('" "', '", "')), "ExposedPorts": {"8265/tcp": {}}},
        "history": told,
        "rootfs": {"diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in tars]},
    }
    names = [f"{number}.tar" for number in range(len(tars))]
    manifest = [{"Config": "config.json", "RepoTags": ["acme/ray:1"], "Layers": names}]
    files = {"config.json": json.dumps(config).encode(), "manifest.json": json.dumps(manifest).encode()}
    monkeypatch.chdir(tmp_path)
    (tmp_path / "image.tar").write_bytes(packed(files | dict(zip(names, tars, strict=True))))
    return "image.tar"


def looked_at(image, **options):
    (report,) = scan([image], Options(rules=RULES, build_args={}, keep_facts=True, **options))
    return report


def found(report):
    return {(item.rule.id, str(item.at)) for item in report.findings if not item.suppressed}


def test_rules_judge_config_history_and_files(image):
    report = looked_at(image)
    assert report.problems == ()
    assert found(report) >= {
        ("root-user", "archive:image.tar config"),
        ("open-ray", f"archive:image.tar history:6:{OPENED}"),
        ("unpinned-ai-library", "archive:image.tar history:3:28 (layer 1)"),
        ("end-of-life-os", "etc/os-release (layer 0)"),
        ("known-malicious-ai-release", f"{SITE}/litellm-1.82.7.dist-info/METADATA (layer 1)"),
    }


def test_packages_are_known_with_the_layer_that_has_them(image):
    packages = {fact.name: fact for fact in looked_at(image).facts if fact.kind == "installed-package"}
    assert {name: (fact.purl, fact.evidence[0].at.layer.index) for name, fact in packages.items()} == {
        "bash": ("pkg:deb/debian/bash@5.0-4?arch=amd64&distro=debian-10", 0),
        "litellm": ("pkg:pypi/litellm@1.82.7", 1),
        "torch": ("pkg:pypi/torch@2.1.0", 1),
    }


def test_a_file_that_a_later_layer_removes_is_still_told_of(image):
    (fact,) = (fact for fact in looked_at(image).facts if fact.kind == "model-code")
    assert (fact.repository, fact.ships) == ("someone/else", False)
    assert [(str(each.at), each.note) for each in fact.evidence] == [
        ("srv/model/config.json (layer 1)", ""),
        ("srv/model/config.json (layer 2)", "removed or replaced here"),
    ]


def test_an_unpacked_root_file_system_says_what_its_files_say(image, tmp_path):
    """And nothing of a config: who runs it is not known."""
    for files in (BELOW, OWN):
        for name, content in files.items():
            (tmp_path / "root" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "root" / name).write_bytes(content)
    files, whole = looked_at("rootfs:root"), looked_at(image)
    assert files.problems == ()
    purls = [{fact.purl for fact in each.facts if fact.kind == "installed-package"} for each in (files, whole)]
    assert purls[0] == purls[1] != set()
    assert ("end-of-life-os", "etc/os-release (layer 0)") in found(files)
    assert not {"runtime-user", "health-check"} & {fact.kind for fact in files.facts}


def test_what_the_base_image_did_can_be_left_out(image):
    own, every = found(looked_at(image, only_own=True)), found(looked_at(image))
    assert own < every
    assert ("end-of-life-os", "etc/os-release (layer 0)") in every - own


def test_the_report_is_the_same_however_many_layers_are_read_at_once(image):
    one, three = looked_at(image), looked_at(image, jobs=3)
    assert one == three


def test_the_report_is_the_same_from_the_cache(image, monkeypatch, tmp_path):
    """Of a first scan and of a second, which opens no layer."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(shared, "SETTLED", -60)  # as if the file were a minute old
    without = looked_at(image)
    assert looked_at(image, cache_limit=1 << 20) == without
    monkeypatch.setattr(layers, "read_layer", None)
    assert looked_at(image, cache_limit=1 << 20) == without
    assert looked_at(image, cache_limit=1 << 20, verify=False, jobs=2) == without


def test_what_layers_take_up_is_measured_though_they_are_known(image, monkeypatch, tmp_path):
    """What is kept of a layer has no sizes."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(shared, "SETTLED", -60)
    for _ in range(2):
        report = looked_at(image, cache_limit=1 << 20, weigh=True)
        assert [(use.stored, use.size, use.wasted) for use in report.layers] == [
            (10240, sum(map(len, BELOW.values())), 0),
            (10240, sum(map(len, OWN.values())), len(MODEL["srv/model/config.json"])),
            (10240, 0, 0),
        ]
        assert report.replace(layers=()) == looked_at(image, cache_limit=1 << 20)


def test_an_archive_that_is_written_anew_is_read_anew(image, monkeypatch, tmp_path):
    """Its config still says the digests of layers that are known; also by whoever sets its time back."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(shared, "SETTLED", -60)
    looked_at(image, cache_limit=1 << 20)
    before = os.stat(image)
    with open(image, "r+b") as file:
        data = file.read()
        file.seek(0)
        file.write(data.replace(b"Version: 2.1.0\n", b"Version: 2.6.0\n"))
    os.utime(image, ns=(before.st_atime_ns, before.st_mtime_ns))
    for _ in range(2):
        (problem,) = looked_at(image, cache_limit=1 << 20).problems
        assert "it should be sha256:" in problem.reason


def test_an_archive_that_was_just_written_is_not_known_by_its_times(image, monkeypatch, tmp_path):
    """It could be changed again within the same tick of the clock."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    looked_at(image, cache_limit=1 << 20)
    monkeypatch.setattr(layers, "read_layer", None)
    with pytest.raises(TypeError):
        looked_at(image, cache_limit=1 << 20)


def test_no_secret_gets_into_the_cache(monkeypatch, tmp_path):
    """Not of a file that is read, nor of an address."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    token = made("github-token").value
    url = (
        f'{{"url": "https://user:{token}@example.com/x.git", "vcs_info": {{"vcs": "git", "commit_id": "{"a" * 40}"}}}}'
    )
    layer = packed(
        {
            f"{SITE}/x-1.dist-info/direct_url.json": url.encode(),
            f"{SITE}/x-1.dist-info/METADATA": b"Name: x\nVersion: 1\n\n",
        }
    )
    blob = Blob(
        digest="",
        diff_id=f"sha256:{hashlib.sha256(layer).hexdigest()}",
        size=1,
        media_type="",
        open=lambda: io.BytesIO(layer),
    )
    report = scan_image(
        Image(name="x", digest="", config={}, layers=(blob,)),
        Options(rules=RULES, build_args={}, keep_facts=True, cache_limit=1 << 20),
    )
    assert any("example.com" in fact.url for fact in report.facts if fact.kind == "installed-package")
    (path,) = (tmp_path / "cache" / "hullcheck" / "layers").iterdir()
    data, unpacked = path.read_bytes(), b""
    for at in range(len(data)):
        if data[at : at + 1] == b"x":
            try:
                unpacked += zlib.decompressobj().decompress(data[at:])
            except zlib.error:
                continue
    assert b"example.com" in unpacked
    assert token[:16].encode() not in unpacked + data


def test_an_image_cannot_ask_for_findings_to_be_ignored(image):
    assert all(finding.suppressed is None for finding in looked_at(image).findings)


def test_a_layer_that_is_not_what_its_digest_says_is_a_problem(image):
    with open(image, "rb") as file:
        data = file.read()
    with open(image, "wb") as file:
        file.write(data.replace(b"Version: 2.1.0\n", b"Version: 2.6.0\n"))
    (problem,) = looked_at(image).problems
    assert "it should be sha256:" in problem.reason
    assert looked_at(image, verify=False).problems == ()


def test_the_dockerfile_that_made_it_is_pointed_at(image):
    text = "FROM debian:10\nRUN pip install torch\nCMD exec x\n"
    with open("Dockerfile", "w", encoding="utf-8") as file:
        file.write(text)
    report = looked_at(image, dockerfile="Dockerfile")
    (finding,) = (each for each in report.findings if each.rule.id == "unpinned-ai-library")
    assert (
        str(report.origin(finding.fact.evidence[0])) == f"Dockerfile:2:{text.split(os.linesep)[1].index('torch') + 1}"
    )
