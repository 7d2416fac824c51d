"""How caches of models in layers were filled: by a branch or a tag, or by a commit."""

from __future__ import annotations

import pytest

from scanner.derive import DERIVERS
from scanner.extractors.model_caches import EXTRACTORS
from scanner.model.facts import ModelDownload
from tests.extractors.image_files import file

(CACHES,) = EXTRACTORS
COMMIT = "0123456789abcdef0123456789abcdef01234567"
HUB = "root/.cache/huggingface/hub"
TORCH = "root/.cache/torch/hub"


def told(path):
    return [
        (fact.source, fact.name, fact.content, fact.revision, fact.revision_pinned)
        for item in [file(path)]
        if CACHES.wants(item)
        for fact in CACHES.extract(item)
    ]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (f"{HUB}/models--org--model/refs/main", ("huggingface", "org/model", "model", "", False)),
        (f"{HUB}/models--gpt2/refs/v1.0", ("huggingface", "gpt2", "model", "v1.0", False)),
        (f"{HUB}/models--org--model/refs/heads/x", ("huggingface", "org/model", "model", "heads/x", False)),
        (f"{HUB}/datasets--org--words/refs/main", ("huggingface", "org/words", "dataset", "", False)),
        (
            f"{TORCH}/ultralytics_yolov5_master/hubconf.py",
            ("torch-hub", "ultralytics/yolov5", "model", "master", False),
        ),
        (f"{TORCH}/org_my_nets_main/hubconf.py", ("torch-hub", "org/my_nets", "model", "main", False)),
        (f"{TORCH}/pytorch_vision_v0.10.0/hubconf.py", ("torch-hub", "pytorch/vision", "model", "v0.10.0", False)),
        (f"hub/org_nets_{COMMIT}/hubconf.py", ("torch-hub", "org/nets", "model", COMMIT, True)),
    ],
)
def test_a_cache_tells_what_was_asked_for(path, said):
    assert told(path) == [said]


@pytest.mark.parametrize(
    "path",
    [
        f"{HUB}/models--org--model/refs/pr/7",  # the library looks for a safe copy by itself
        f"{HUB}/models--org--model/snapshots/{COMMIT}/config.json",
        f"{HUB}/models--org--model/blobs/{COMMIT}",
        f"{HUB}/spaces--org--demo/refs/main",
        "src/.git/refs/heads/main",
        "src/a--b/.git/refs/heads/main",
        f"{TORCH}/ultralytics_yolov5_master/models/hubconf.py",
        "srv/yolov5/hubconf.py",
        "hub/yolov5/hubconf.py",
        "hub/_yolov5_main/hubconf.py",
        "hub/org__main/hubconf.py",
        "hubconf.py",
    ],
)
def test_others_tell_nothing(path):
    assert told(path) == []


def test_only_files_of_layers_are_looked_at():
    ref = file(f"{HUB}/models--org--model/refs/main")
    assert CACHES.wants(ref)
    assert not CACHES.wants(ref.replace(link="elsewhere"))
    assert not CACHES.wants(file(ref.at.path, layer=None))


def concluded(cached, *known):
    facts = [*known, *CACHES.extract(cached)]
    for derive in DERIVERS:
        facts += derive(facts, "2026-01-01")
    return [fact for fact in facts if type(fact) is ModelDownload and fact not in known]


def download(name, **more):
    (fact,) = CACHES.extract(file(f"{HUB}/models--org--model/refs/main"))
    fields = {field: getattr(fact, field) for field in fact.field_names()}
    return ModelDownload(**fields | {"via": "cli", "name": name, "revision": ""} | more)


def test_a_download_that_a_step_makes_is_told_of_there():
    ref = file(f"{HUB}/models--org--model/refs/main")
    (fact,) = concluded(ref)
    assert (fact.name, fact.via, fact.evidence[0].at.path) == ("org/model", "cache", ref.at.path)
    assert concluded(ref, download("org/model")) == []
    assert concluded(ref, download("Model")) == [], "sentence-transformers calls its models so"
    assert concluded(ref, download("org/other")) == [fact]
    assert concluded(ref, download("org/model", revision=COMMIT, revision_pinned=True)) == [fact], "another one took it"


def test_what_a_later_layer_removes_tells_nothing():
    assert concluded(file(f"{HUB}/models--org--model/refs/main", ships=False)) == []
