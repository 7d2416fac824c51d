"""Models in images, root file systems, build contexts and on disk: what a scan says of them, from end to end."""

from __future__ import annotations

import gzip
import hashlib
import io
import json

import pytest

from scanner.cli import main
from scanner.engine.load import load
from scanner.scan import Options, scan, scan_image, scan_text
from scanner.sources.image.image import Blob, Image
from tests import tars
from tests.model_files import DENSE, EVIL, HARMLESS, checksum_changed, gguf, keras, network, npy, torch
from tests.model_files import safetensors as tensors

RULES = load()
OPTIONS = Options(rules=tuple(rule for rule in RULES if rule.profile == "default"), build_args={}, keep_facts=True)
ABOUT_MODELS = {
    "model-file", "model", "model-import", "model-name", "model-template", "model-flaw", "model-code", "provenance",
}  # fmt: skip


def image(*layers, form="gzip"):
    """An image of layers that are {path: content}."""
    stored = [tars.packed(files) for files in layers]
    diff_ids = [f"sha256:{hashlib.sha256(data).hexdigest()}" for data in stored]
    blobs = []
    for data, diff_id in zip(stored, diff_ids, strict=True):
        body = gzip.compress(data, mtime=0) if form == "gzip" else data
        blobs.append(
            Blob(
                digest=f"sha256:{hashlib.sha256(body).hexdigest()}",
                diff_id=diff_id,
                size=len(body),
                media_type="",
                open=lambda body=body: io.BytesIO(body),
            )
        )
    config = {"config": {"User": "1000"}, "rootfs": {"type": "layers", "diff_ids": diff_ids}}
    return Image(name="image", digest="", config=config, layers=tuple(blobs))


def found(report):
    assert report.problems == ()
    return {(one.rule.id, one.fact.path) for one in report.findings if one.fact.kind in ABOUT_MODELS}


@pytest.mark.parametrize("form", ["gzip", "tar"])
def test_a_model_in_a_layer(form):
    files = {"srv/weights": torch(EVIL), "srv/model.safetensors": HARMLESS}
    report = scan_image(image(files, form=form), OPTIONS)
    assert found(report) == {
        ("dangerous-model-import", "srv/weights"),
        ("model-name-mismatch", "srv/model.safetensors"),
    }
    (call,) = [fact for fact in report.facts if fact.kind == "model-import"]
    assert (call.call, call.member) == ("os.system('id',)", "m/data.pkl")
    assert call.evidence[0].at.level == 0


def test_the_facts_of_a_known_layer_are_the_same(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    options = OPTIONS.replace(cache_limit=1 << 20)
    made = image({"srv/weights": torch(EVIL), "srv/m.gguf": gguf(general_architecture="llama")})
    first, second = (scan_image(made, options) for _ in range(2))
    assert any(path.is_file() for path in tmp_path.rglob("sha256-*"))
    assert [fact for fact in first.facts if fact.kind in ABOUT_MODELS] == [
        fact for fact in second.facts if fact.kind in ABOUT_MODELS
    ]


def test_a_root_file_system_and_a_folder_say_the_same(tmp_path):
    (tmp_path / "srv").mkdir()
    (tmp_path / "srv" / "weights").write_bytes(torch(EVIL))
    (rootfs,) = scan([f"rootfs:{tmp_path}"], OPTIONS)
    assert found(rootfs) == {("dangerous-model-import", "srv/weights")}
    (folder,) = scan([str(tmp_path)], OPTIONS)
    assert folder.target == f"model:{tmp_path}"
    assert found(folder) == {("dangerous-model-import", f"{tmp_path}/srv/weights")}


@pytest.mark.parametrize("form", ["{}", "model:{}"])
def test_a_model_file_is_a_target(tmp_path, form):
    path = tmp_path / "weights.txt"
    path.write_bytes(torch(EVIL))
    (report,) = scan([form.format(path)], OPTIONS)
    assert found(report) == {("dangerous-model-import", str(path))}


def test_a_dockerfile_in_a_folder_comes_first(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY weights /m/\n")
    (tmp_path / "weights").write_bytes(torch(EVIL) + bytes(5000))
    (tmp_path / "other.pt").write_bytes(torch(EVIL))
    (report,) = scan([str(tmp_path)], OPTIONS)
    assert report.target == str(tmp_path / "Dockerfile")
    assert found(report) >= {("dangerous-model-import", str(tmp_path / "weights"))}
    assert not any("other" in path for _, path in found(report))


def test_a_build_context_is_looked_at_where_it_is_copied():
    text = "FROM scratch\nCOPY models /models\n"
    report = scan_text(text, OPTIONS, context={"models/a.pt": torch(EVIL), "b.pt": torch(EVIL)})
    assert found(report) == {("dangerous-model-import", "models/a.pt")}
    (one,) = [each for each in report.findings if each.rule.id == "dangerous-model-import"]
    assert [str(each.at) for each in one.fact.evidence] == ["models/a.pt", "Dockerfile:2:6"]


def test_nothing_new_is_imported_for_a_dockerfile_without_models(tmp_path):
    import subprocess
    import sys

    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY . /app\n")
    (tmp_path / "app.py").write_text("print()\n")
    words = f"from scanner.cli import main; main(['scan', {str(tmp_path)!r}]); import sys; print(sorted(sys.modules))"
    out = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True).stdout
    for module in ("parsers.pickles", "parsers.models", "parsers.archives", "derive.models", "model_files.look"):
        assert module not in out


HONEST = {
    "srv/a/config.json": b'{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}',
    "srv/a/README.md": b"---\nlicense: mit\n---\n",
    "srv/a/model.safetensors": tensors(),
    "srv/b.pt": torch(**{"m/data/0": bytes(500)}),
    "srv/c.gguf": gguf(general_architecture="llama", general_license="apache-2.0"),
    "srv/d.keras": keras(network(DENSE)),
    "srv/e.npy": npy(),
    "srv/f.joblib": gzip.compress(HARMLESS, mtime=0),
    "usr/lib/python3/dist-packages/numpy/tests/data.pkl": HARMLESS,
}


def test_honest_models_have_no_findings():
    report = scan_image(image(HONEST), OPTIONS)
    assert found(report) == set()
    models = {fact.path: fact for fact in report.facts if fact.kind == "model"}
    assert models["srv/a"].licence == "MIT"
    assert len(models) == 7


def test_a_model_that_a_layer_above_replaces_is_told_and_does_not_ship():
    report = scan_image(image({"srv/m.pt": torch(EVIL)}, {"srv/m.pt": torch()}), OPTIONS)
    assert found(report) == {("dangerous-model-import", "srv/m.pt")}
    assert sorted(fact.ships for fact in report.facts if fact.kind == "model") == [False, True]


def test_models_are_listed(tmp_path, capsys):
    (tmp_path / "m.safetensors").write_bytes(tensors())
    (tmp_path / "n.gguf").write_bytes(
        gguf(general_architecture="llama", general_name="Tiny\x1b[31m", general_license="mit")
    )
    assert main(["models", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["model", "format", "architecture", "parameters", "type", "context", "licence", "size"]
    assert lines[1].split()[:4] == ["m.safetensors", "safetensors", "-", "4"]
    assert "\x1b" not in "".join(lines)
    assert lines[3].split()[-3:] == ["MIT", "148", "B"]
    assert lines[-1].startswith("2 models, ")


def test_the_list_is_there_for_programs(tmp_path, capsys):
    (tmp_path / "m.pt").write_bytes(checksum_changed(torch(), HARMLESS))
    assert main(["models", "--format", "json", str(tmp_path / "m.pt")]) == 0
    (model,) = json.loads(capsys.readouterr().out)["models"]
    assert (model["format"], model["path"], model["layer"]) == ("torch", str(tmp_path / "m.pt"), None)
    assert model["digest"].startswith("sha256:")


def test_no_models_are_no_mistake(tmp_path, capsys):
    assert main(["models", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "No models found.\n"


def test_a_folder_with_neither_is_one(tmp_path, capsys):
    assert main(["scan", str(tmp_path)]) == 3
    assert "no Dockerfile and no model in this folder" in capsys.readouterr().err
