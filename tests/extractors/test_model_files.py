"""Model files: known by their content, looked at without loading, and nothing passed over in silence."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import random
import tarfile
import zipfile
import zlib

import numpy
import pytest
import safetensors.numpy

from scanner.derive import models
from scanner.extractors.model_files import ModelFiles, contents, look, reading
from scanner.extractors.model_files.wanted import is_wanted
from scanner.model.facts import Model, ModelFile, ModelFlaw, ModelImport, ModelName
from scanner.sources.search import FIRST
from tests import tars
from tests.extractors.image_files import file
from tests.model_files import (
    DENSE,
    ELF,
    EVIL,
    HARMLESS,
    LAMBDA,
    called,
    checksum_changed,
    gguf,
    keras,
    listed_as,
    network,
    npy,
    onnx,
    saved_model,
    torch,
    zipped,
)
from tests.model_files import safetensors as tensors


def facts(data, path="models/blob", **kind):
    item = file(path, data, **kind)
    found = list(look.look(item)) if is_wanted(item) else []
    if found and item.link is None:  # its first bytes must not have said no
        assert ModelFiles().begins(path, item.size, item.part(0, FIRST))
    return found


def dangers(data, path="models/blob"):
    return {
        (fact.member, fact.name)
        for fact in facts(data, path)
        if isinstance(fact, ModelImport) and fact.tier == "dangerous"
    }


def flaws(data, path="models/blob"):
    return {(fact.group, fact.flaw) for fact in facts(data, path) if isinstance(fact, ModelFlaw)}


def itself(data, path="models/blob", **kind):
    (found,) = [fact for fact in facts(data, path, **kind) if isinstance(fact, ModelFile)]
    return found


INNER = torch(EVIL)
LEGACY = {"sys_info": HARMLESS, "pickle": EVIL, "storages": HARMLESS, "tensors": HARMLESS}


@pytest.mark.parametrize(
    ("data", "member"),
    [
        (EVIL, ""),
        (b"cos\nsystem\n(S'id'\ntR.", ""),
        (INNER, "m/data.pkl"),
        (zipped({"m/data.pkl": EVIL}, zipfile.ZIP_DEFLATED), "m/data.pkl"),
        (zipped({"m/data.pkl": EVIL}, zipfile.ZIP_BZIP2), "m/data.pkl"),
        (zipped({"m/data.pkl": HARMLESS, "m/other": EVIL}), "m/other"),
        (zipped({"inner.bin": INNER}), "inner.bin!/m/data.pkl"),
        (zipped({"inner.tar": tars.packed(LEGACY)}), "inner.tar!/pickle"),
        (tars.packed(LEGACY), "pickle"),
        (tars.packed({"model_config.yaml": b"a: 1\n", "model_weights.ckpt": INNER}), "model_weights.ckpt!/m/data.pkl"),
        (gzip.compress(EVIL), ""),
        (zlib.compress(EVIL), ""),
        (bz2.compress(EVIL), ""),
        (lzma.compress(EVIL), ""),
        (lzma.compress(EVIL, lzma.FORMAT_ALONE), ""),
        (gzip.compress(tars.packed({"x.ckpt": INNER})), "x.ckpt!/m/data.pkl"),
        (zipped({"a.npy": npy("|O", (1,), EVIL)}), "a.npy"),
        (npy("|O", (1,), EVIL), ""),
        (keras(network(DENSE), **{"model.weights.npz": zipped({"w.npy": npy("|O", (1,), EVIL)})}), "model.weights.npz!/w.npy"),
        (tensors(data=bytes(16) + EVIL), ""),
        (HARMLESS + EVIL, ""),
        (checksum_changed(INNER, EVIL), "m/data.pkl"),
        (listed_as(zipped({"m/data.pkl": HARMLESS, "m/data.txt": EVIL}), "m/data.txt", "m/data.pkl"), "m/data.txt"),
        (INNER.replace(b"PK\3\4\x14\0\0\0", b"PK\3\4\x14\0\1\0"), "m/data.pkl"),
        (zipped([("m/data.pkl", HARMLESS), ("m/data.pkl", EVIL)]), "m/data.pkl"),
        (zipped({"a.npy": npy()}) + INNER, "m/data.pkl"),
    ],
    ids=range(26),
)  # fmt: skip
def test_a_call_is_found_wherever_it_hides(data, member):
    assert dangers(data) == {(member, "os.system")}


def test_a_call_behind_other_data_is_found_where_the_name_promises_an_archive():
    assert dangers(b"#!/bin/true\n" + INNER, "models/x.npz") == {("m/data.pkl", "os.system")}


def test_an_import_tells_its_call_offset_and_member():
    (found,) = [fact for fact in facts(INNER) if isinstance(fact, ModelImport)]
    assert (found.call, found.member, found.offset) == ("os.system('id',)", "m/data.pkl", 2)
    assert found.evidence[0].note == "at byte 2 of m/data.pkl"


PLAIN_TEXT = b"cos\nsystem\n(S'id'\ntR."
"""The same call in protocol 0, which has no mark."""


@pytest.mark.parametrize(
    ("data", "member"),
    [
        (zipped({"m/data.pkl": PLAIN_TEXT}), "m/data.pkl"),
        (zipped({"m/other": PLAIN_TEXT, "m/data.pkl": HARMLESS}), "m/other"),
        (zlib.compress(PLAIN_TEXT), ""),
        (tars.packed({"sys_info": HARMLESS, "pickle": PLAIN_TEXT}), "pickle"),
        (zipped({"data/0": npy("|O", (1,), EVIL)}), "data/0"),
    ],
    ids=range(5),
)
def test_a_call_without_a_mark_is_found_in_containers_too(data, member):
    assert dangers(data) == {(member, "os.system")}


def test_a_flood_of_names_hides_no_call(monkeypatch):
    from scanner.extractors.model_files import draft

    monkeypatch.setattr(draft, "MAX_FACTS", 5)
    flood = b"".join(f"cacme\nN{number}\n0".encode() for number in range(9))
    assert dangers(b"\x80\2" + flood + EVIL[2:]) == {("", "os.system")}


def test_a_name_that_is_too_long_is_told_by_its_end():
    (found,) = [fact for fact in facts(zipped({"x" * 60_000 + "/data.pkl": EVIL})) if isinstance(fact, ModelImport)]
    assert len(found.member) == 1_000
    assert found.member.endswith("x/data.pkl")
    assert len(repr(facts(zipped([("y" * 60_000, EVIL), ("y" * 60_000, EVIL)])))) < 20_000


def test_a_token_in_a_call_is_not_shown():
    data = called("os", "system", "curl -H 'Authorization: Bearer hf_NotARealTokenJustMadeUpForTheTests' x")
    (found,) = [fact for fact in facts(data) if isinstance(fact, ModelImport)]
    assert "hf_NotAReal" not in repr(found)
    assert found.call.startswith('os.system("curl -H')


@pytest.mark.parametrize(
    ("data", "path", "expected"),
    [
        (checksum_changed(INNER, EVIL), "models/x", {("archive", "checksum")}),
        (INNER.replace(b"PK\3\4\x14\0\0\0", b"PK\3\4\x14\0\1\0"), "models/x", {("archive", "flags-differ")}),
        (zipped([("m/data.pkl", HARMLESS), ("m/data.pkl", EVIL)]), "models/x", {("archive", "duplicate")}),
        (b"#!" + INNER, "models/x.npz", {("archive", "data-in-front")}),
        (INNER[:-30], "models/x", {("archive", "no-directory"), ("archive", "data-between")}),
        (zipped({"../x.npy": npy()}), "models/x", {("archive", "leaves-folder")}),
        (b"7z\xbc\xaf\x27\x1c\0\4" + bytes(40), "models/x.pt", {("name", "other-format")}),
        (b"Rar!\x1a\x07\1\0" + bytes(40), "models/x.pkl", {("name", "other-format")}),
        (HARMLESS, "models/x.safetensors", {("name", "other-format")}),
        (torch(), "models/x.gguf", {("name", "other-format")}),
        (b"\x00\x01\x02\x03" * 9, "models/x.gguf", {("name", "unknown-content")}),
        (b"", "models/x.gguf", {("name", "empty")}),
        (ELF, "models/x.onnx", {("executable", "itself")}),
        (tensors(data=bytes(16) + ELF), "models/x", {("executable", "elf")}),
        (zipped({"m/data.pkl": HARMLESS, "m/lib.so": ELF}), "models/x", {("executable", "elf")}),
        (tars.packed(LEGACY), "models/x", {("legacy", "torch-tar")}),
        (zipped({"m/readme": b"x"}), "models/x.pt", {("unread", "container")}),
        (EVIL[:-1], "models/x", {("pickle", "truncated")}),
    ],
)
def test_what_is_wrong_is_told(data, path, expected):
    assert flaws(data, path) == expected


@pytest.mark.parametrize(
    "data", [b"", b"x", b"\x80", b"PK\3\4", b"#!/bin/sh\n", ELF, b"class Net:\n    pass\n", json.dumps({"a": 1}).encode(), zipped({"a.txt": b"x"})]
)  # fmt: skip
def test_other_files_say_nothing(data):
    assert facts(data, "srv/other.dat") == []


def test_a_name_alone_makes_no_model():
    assert facts(b"import os\n", "usr/lib/python3/dist-packages/x.pth") == []
    assert facts(b"resource {}\n", "srv/x.plan") == []


@pytest.mark.parametrize("name", ["model.pt", "blob", "image.jpg", "x.py", "notes.txt"])
def test_what_a_file_is_called_does_not_matter(name):
    assert itself(torch(), f"app/{name}").format == "torch"


@pytest.mark.parametrize("path", ["srv/manifests/x/m", "srv/LICENSE.md", "srv/config.json", "srv/README.md"])
def test_a_model_under_the_name_of_what_lies_beside_models_is_one(path):
    assert dangers(torch(EVIL), path) == {("m/data.pkl", "os.system")}


def test_what_cannot_be_unpacked_is_told():
    lz4 = (
        b"\x04\x22\x4d\x18\x64\x40\xa7" + (len(EVIL) + 1).to_bytes(4, "little") + bytes([len(EVIL) << 4 & 0xF0]) + EVIL
    )
    assert flaws(lz4, "srv/model.joblib") == {("unread", "container")}


def test_a_layer_that_is_cut_off_takes_nothing_away_of_what_was_seen():
    data = torch(EVIL, **{"m/data/0": bytes(2 << 20)})

    def part(start, size):
        if start + size > len(data):
            raise ValueError("the layer is cut off in the middle of it")
        return data[start : start + size]

    item = file("srv/m.pt", data, size=len(data) + (3 << 20)).replace(part=part)
    found = list(look.look(item))
    assert "os.system" in {fact.name for fact in found if isinstance(fact, ModelImport)}
    assert "damaged" in {fact.flaw for fact in found if isinstance(fact, ModelFlaw)}


def test_names_of_code_are_left_out_where_packages_are():
    for path, size in (("usr/lib/x.py", 10_000), ("usr/share/doc/x", 100), ("usr/lib/libx.so.1", 10_000)):
        assert not is_wanted(file(path, bytes(size)))
    assert is_wanted(file("usr/lib/x", bytes(10_000)))
    assert is_wanted(file("usr/lib/x.npy", b"x"))


HONEST = {
    "numpy": (npy(), "npy"),
    "torch": (torch(**{"m/data/0": bytes(4000)}), "torch"),
    "safetensors": (safetensors.numpy.save({"w": numpy.zeros((2, 3), "float32")}, {"format": "pt"}), "safetensors"),
    "pickle": (pickle.dumps({"a": [1.5, "x", None, (1, 2)], "b": {1, 2}}, 5), "pickle"),
    "joblib": (zlib.compress(pickle.dumps({"a": 1})), "pickle"),
    "gguf": (gguf(general_architecture="llama", llama_context__length=4096), "gguf"),
    "onnx": (onnx(), "onnx"),
    "keras": (keras(network(DENSE)), "keras"),
    "tensorflow": (saved_model("Placeholder", "MatMul"), "tensorflow"),
    "nemo": (tars.packed({"model_config.yaml": b"target: nemo.collections.asr.models.X\n", "w.ckpt": torch()}), "nemo"),
}


def numpy_archive():
    data = io.BytesIO()
    numpy.savez_compressed(data, a=numpy.zeros(9), b=numpy.ones((2, 2), "int8"))
    return data.getvalue()


@pytest.mark.parametrize(("data", "format"), [*HONEST.values(), (numpy_archive(), "npz")], ids=[*HONEST, "npz"])
def test_honest_files_are_known_and_nothing_is_wrong_with_them(data, format):
    found = facts(data)
    assert itself(data).format == format
    others = [fact for fact in found if not isinstance(fact, ModelFile)]
    assert [
        fact
        for fact in others
        if not (isinstance(fact, ModelName) and fact.reaches in {"operator", "domain", "target"})
    ] == []


def test_the_header_says_what_a_model_is():
    found = itself(
        gguf(general_architecture="llama", general_name="Tiny", general_license="mit", llama_context__length=4096)
    )
    assert (found.architecture, found.name, found.licence, found.context_length) == ("llama", "Tiny", "mit", 4096)
    found = itself(HONEST["safetensors"][0])
    assert (found.parameters, found.dtypes) == (6, ("F32",))


def test_a_model_that_somebody_asks_for_has_its_digest_and_of_others_the_header_is_read():
    import hashlib

    data = tensors()
    (asked,) = look.look(file("m.safetensors", data).replace(given=True))
    assert asked.digest == f"sha256:{hashlib.sha256(data).hexdigest()}"

    read = []
    large = safetensors.numpy.save({"a": numpy.zeros(1 << 18, numpy.float32)})
    (found,) = (
        each
        for each in look.look(
            file("m.safetensors", large).replace(
                part=lambda start, size: read.append(size) or large[start : start + size]
            )
        )
        if each.kind == "model-file"
    )
    assert found.digest == ""
    assert sum(read) < 1 << 17


def test_a_blob_that_is_not_what_its_name_says():
    path = f"root/.cache/huggingface/hub/models--acme--m/blobs/{'0' * 64}"
    assert flaws(tensors(), path) == {("digest", "differs")}
    assert flaws(tensors(), f"root/.ollama/models/blobs/sha256-{'0' * 64}") == {("digest", "differs")}


def test_code_of_layers_and_other_names_are_told():
    found = {(fact.reaches, fact.tier) for fact in facts(keras(network(LAMBDA))) if isinstance(fact, ModelName)}
    assert ("lambda", "") in found
    config = b"a:\n  _target_: os.system\n"
    data = tars.packed({"model_config.yaml": config, "w.ckpt": torch()})
    assert ("target", "dangerous") in {(fact.reaches, fact.tier) for fact in facts(data) if isinstance(fact, ModelName)}


def test_containers_in_containers_end():
    data = INNER
    for _ in range(contents.MAX_DEPTH + 1):
        data = zipped({"x": data, "y": torch()})
    assert ("unread", "limit") in flaws(data)


def test_a_file_that_takes_too_long_is_told(monkeypatch):
    monkeypatch.setattr(reading, "MAX_SECONDS", -1.0)
    assert flaws(torch(), "models/m.pt") == {("unread", "limit")}


def test_a_reader_that_fails_costs_its_file_alone(monkeypatch):
    from scanner.parsers.models import readers

    def fails(source, size):
        raise IndexError("beyond")

    monkeypatch.setitem(readers.READERS, "onnx", fails)
    assert flaws(onnx(), "models/m.onnx") == {("unread", "failed")}


def test_damage_makes_no_reader_fail():
    choose = random.Random(7)
    samples = [*(data for data, _ in HONEST.values()), torch(EVIL), INNER, tars.packed(LEGACY), keras(network(LAMBDA))]
    for _ in range(600):
        data = bytearray(choose.choice(samples))
        for _ in range(choose.randrange(1, 6)):
            at = choose.randrange(len(data))
            data[at : at + choose.randrange(3)] = choose.randbytes(choose.randrange(4))
        assert ("unread", "failed") not in flaws(bytes(data), "models/m.pt"), bytes(data)


def test_what_unpacks_to_too_much_is_told(monkeypatch):
    from scanner.extractors.model_files import draft

    monkeypatch.setattr(draft, "MAX_UNPACKED", 100_000)
    data = zipped({"m/data.pkl": HARMLESS, "m/x.pkl": b"\x80\2" + b"N0" * 200_000 + b"."}, zipfile.ZIP_DEFLATED)
    assert ("unread", "limit") in flaws(data)


def test_more_imports_than_are_told_are_told_of(monkeypatch):
    from scanner.extractors.model_files import draft

    monkeypatch.setattr(draft, "MAX_FACTS", 5)
    data = b"\x80\2" + b"".join(f"cacme\nN{number}\n0".encode() for number in range(9)) + b"N."
    found = facts(data)
    assert len(found) == 7
    assert ("unread", "limit") in {(fact.group, fact.flaw) for fact in found if isinstance(fact, ModelFlaw)}


def test_a_large_model_takes_little_memory():
    """Its bytes go by, as in a compressed layer: no offset is asked for twice, and little is kept."""
    import tracemalloc

    head = torch(HARMLESS)
    size = 300 << 20
    member = zipped({"m/data.pkl": HARMLESS, "m/data/0": bytes(100)})
    assert member[:4] == head[:4]
    prefix = tensors({"w": {"dtype": "F32", "shape": [size // 4], "data_offsets": [0, size]}}, b"")
    whole, asked = len(prefix) + size, [0]

    def part(start, length):
        assert start >= asked[0] or start + length <= 4096
        asked[0] = max(asked[0], start)
        return (prefix[start : start + length] + bytes(length))[: min(length, whole - start)]

    item = file("models/m.safetensors", b"", size=whole).replace(part=part)
    tracemalloc.start()
    found = list(look.look(item))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found[0].parameters == size // 4
    assert peak < 20 << 20


CARD = b"---\nlicense: apache-2.0\nbase_model: acme/base\ndatasets: [acme/data]\n---\n# M\n"
CONFIG = b'{"architectures": ["LlamaForCausalLM"], "model_type": "llama", "max_position_embeddings": 2048}'


def joined(*items):
    found = [fact for item in items if is_wanted(item) for fact in look.look(item)]
    return list(models.derive(found, ""))


def test_a_folder_is_one_model():
    (model,) = joined(
        file("models/m/README.md", CARD),
        file("models/m/config.json", CONFIG),
        file("models/m/model-00001-of-00002.safetensors", tensors()),
        file("models/m/model-00002-of-00002.safetensors", tensors()),
        file("models/m/LICENSE", b"Apache License"),
    )
    assert (model.path, model.name, model.parts, model.parameters) == ("models/m", "m", 2, 8)
    assert (model.architecture, model.context_length, model.licence) == ("LlamaForCausalLM", 2048, "Apache-2.0")
    assert (model.base_models, model.datasets, model.licence_file) == (("acme/base",), ("acme/data",), True)


def test_models_side_by_side_are_several():
    assert [model.name for model in joined(file("models/a.pt", torch()), file("models/b.pt", torch()))] == [
        "a.pt",
        "b.pt",
    ]


def test_the_cache_of_the_hub_tells_repository_and_commit():
    hub, commit = "root/.cache/huggingface/hub/models--acme--tiny", "a" * 40
    (model,) = joined(
        file(f"{hub}/blobs/{'b' * 40}", CONFIG),
        file(f"{hub}/blobs/{'c' * 40}", CARD),
        file(f"{hub}/blobs/deadbeef", tensors()),
        file(f"{hub}/snapshots/{commit}/config.json", link=f"../../blobs/{'b' * 40}"),
        file(f"{hub}/snapshots/{commit}/README.md", link=f"../../blobs/{'c' * 40}"),
        file(f"{hub}/snapshots/{commit}/model.safetensors", link="../../blobs/deadbeef"),
    )
    assert (model.repository, model.commit, model.name) == ("acme/tiny", commit, "tiny")
    assert (model.architecture, model.licence) == ("LlamaForCausalLM", "Apache-2.0")


def test_a_store_of_ollama_is_read_by_its_manifests():
    import hashlib

    data = gguf(general_architecture="llama", general_license="llama3.1")
    digest = hashlib.sha256(data).hexdigest()
    layers = [{"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{digest}", "size": len(data)}]
    manifest = json.dumps({"schemaVersion": 2, "layers": layers}).encode()
    (model,) = joined(
        file(f"root/.ollama/models/blobs/sha256-{digest}", data),
        file("root/.ollama/models/manifests/registry.ollama.ai/library/tiny/latest", manifest),
    )
    assert (model.name, model.architecture, model.restrictions) == ("tiny:latest", "llama", "use-restricted")


def test_what_a_later_layer_removes_does_not_ship():
    found = [fact.replace(ships=False) for fact in facts(torch(), "models/a.pt")]
    assert [model.ships for model in models.derive(found, "")] == [False]
    assert all(isinstance(model, Model) for model in models.derive(found, ""))


def test_tar_entries_that_are_no_files_are_passed():
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        entry = tarfile.TarInfo("x.ckpt")
        entry.size = len(INNER)
        archive.addfile(entry, io.BytesIO(INNER))
    assert dangers(data.getvalue()) == {("x.ckpt!/m/data.pkl", "os.system")}


def test_a_call_of_an_unknown_name_is_unknown():
    (found,) = [fact for fact in facts(called("acme.models", "Net", 3)) if isinstance(fact, ModelImport)]
    assert (found.tier, found.name) == ("unknown", "acme.models.Net")
