"""Layers are read once, whatever their form; what later layers do to their files is known in the end."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import TargetError
from scanner.model.facts.base import Fact
from scanner.model.facts.secrets import CredentialFile
from scanner.model.finding import Problem
from scanner.model.location import Evidence, Layer
from scanner.model.target import File
from scanner.sources.image import content, decompress, layers
from scanner.sources.image.archive import open_archive
from scanner.sources.image.image import Blob, Image
from scanner.sources.image.layers import Contents, Passed, read_layers
from tests.made_secrets import made

Member = tuple[str, bytes] | tarfile.TarInfo
FORMS: dict[str, Callable[[bytes], bytes]] = {
    "tar": lambda data: data,
    "gzip": gzip.compress,
    "estargz": lambda data: b"".join(gzip.compress(data[at : at + 700]) for at in range(0, len(data), 700)),
    "zstd": lambda data: zstandard.ZstdCompressor().compress(data),
    "zstd:chunked": lambda data: (
        b"".join(zstandard.ZstdCompressor().compress(data[at : at + 700]) for at in range(0, len(data), 700))
        + b"\x50\x2a\x4d\x18\x04\0\0\0what"
    ),
}


def layer(*members: Member) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size, info.type = len(member[1]), tarfile.DIRTYPE if member[0].endswith("/") else tarfile.REGTYPE
                archive.addfile(info, io.BytesIO(member[1]))
    return out.getvalue()


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def blob(stored: bytes, tar: bytes = b"", **changes: object) -> Blob:
    return Blob(
        digest=digest(stored), diff_id=digest(tar or stored), size=len(stored), media_type="",
        open=lambda: io.BytesIO(stored),
    ).replace(**changes)  # fmt: skip


def image(*blobs: Blob, **config: object) -> Image:
    return Image(name="registry:acme/serve:1", digest="", config=config, layers=blobs)


def says(file: File, words: str) -> CredentialFile:
    """A fact that quotes some words."""
    return about(file, Evidence(file.at, words))


def about(file: File, *evidence: Evidence) -> CredentialFile:
    return CredentialFile(evidence=evidence, path=file.at.path, type="test", by_name=False, stage="")


def quote(file: File) -> Iterable[Fact]:
    yield says(file, file.link if file.link is not None else file.read().decode())


class Look:
    """One extractor."""

    skips = None

    def __init__(self, wants=lambda *item: True, extract=quote) -> None:
        self._wants, self._extract = wants, extract

    def dull(self, head: bytes, size: int) -> bool:
        return False

    def wants(self, path: str, size: int | None, mode: int, *, dull: bool = False) -> Sequence[str]:
        return ["test"] * self._wants(path, size, mode)

    def likely(self, names: Sequence[str], path: str, size: int, head: bytes) -> Sequence[str]:
        return names

    def versions(self) -> dict[str, str]:
        return {"test": "1"}

    def only(self, names: Collection[str]) -> Look:
        return self

    def extract(self, file: File, names: Sequence[str]) -> Iterator[tuple[str, Fact | Problem]]:
        return ((name, said) for name in names for said in self._extract(file))


def contents(*blobs: Blob, wants=lambda path, size, mode: True, extract=quote, **options) -> Contents:
    return read_layers(image(*blobs), Look(wants, extract), **options)


def told(found: Contents) -> list[tuple[int, str, str]]:
    return [(one.at.layer.index, one.at.path, one.facts[0].evidence[0].quote) for one in found.found if one.at.layer]


def reasons(found: Contents) -> list[str]:
    return [problem.reason for problem in found.problems]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("verify", [True, False])
def test_each_form_is_found_by_its_first_bytes(form: str, verify: bool) -> None:
    """Whatever the media type says; estargz and zstd:chunked are many gzip members and zstd frames."""
    tar = layer(("etc/", b""), ("etc/motd", b"hello"), ("big", b"x" * 5000), ("etc/last", b"bye"))
    found = contents(blob(FORMS[form](tar), tar), wants=lambda path, size, mode: path != "big", verify=verify)
    assert told(found) == [(0, "etc/motd", "hello"), (0, "etc/last", "bye")]
    assert not found.problems
    assert found.entries == 4


def test_a_layer_is_verified_by_both_digests() -> None:
    """The stored bytes against the manifest, the tar against the config."""
    tar = layer(("a", b"1"))
    stored = gzip.compress(tar)
    wrong, long = "sha256:" + "0" * 64, "sha512:" + hashlib.sha512(tar).hexdigest()
    found = contents(
        blob(stored, tar, digest=wrong),
        blob(stored, tar, diff_id=wrong),
        blob(stored, tar, diff_id=long),
        blob(stored, tar, diff_id=""),
    )
    assert [(p.at.layer.index, p.reason) for p in found.problems if p.at.layer] == [
        (0, f"{wrong} holds something else than its digest says"),
        (1, f"what is in the layer is {digest(tar)}, it should be {wrong}"),
    ]
    assert [index for index, _, _ in told(found)] == [1, 2, 3]
    for each in ({"digest": wrong}, {"diff_id": wrong}):
        assert not contents(blob(stored, tar, **each), verify=False).problems


def test_the_digests_cover_what_follows_the_end_of_the_archive() -> None:
    """A tar is padded to ten kilobytes, and readers stop at its end mark."""
    tar = layer(("a", b"1")) + bytes(3_000_000)
    for form in FORMS.values():
        assert not contents(blob(form(tar), tar)).problems


@pytest.mark.parametrize("form", ["gzip", "zstd", "tar"])
@pytest.mark.parametrize("verify", [True, False])
def test_a_cut_off_layer_is_told_and_read_as_far_as_it_goes(form: str, verify: bool) -> None:
    """Also where the decompressor itself would say nothing."""
    tar = layer(("a", b"1"), ("noise", os.urandom(600_000)), ("b", b"2"))
    stored = FORMS[form](tar)[:400_000]
    found = contents(blob(stored), wants=lambda path, size, mode: path != "noise", verify=verify)
    assert told(found) == [(0, "a", "1")]
    assert found.problems


@pytest.mark.parametrize("form", ["gzip", "zstd"])
def test_a_damaged_layer_is_told(form: str) -> None:
    """With the name of its form."""
    tar = layer(("noise", os.urandom(600_000)))
    stored = bytearray(FORMS[form](tar))
    stored[300_000:300_400] = b"\xff" * 400
    assert any("damaged" in r or "it should be" in r for r in reasons(contents(blob(bytes(stored), tar))))


@pytest.mark.parametrize("form", ["gzip", "zstd"])
def test_a_bomb_is_not_inflated(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand times its size, and the walk stops at the limit."""
    monkeypatch.setattr(decompress, "MAX_SMALL", 1 << 20)
    tar = layer(("a", b"1"), ("zeros", bytes(40_000_000)), ("b", b"2"))
    found = contents(blob(FORMS[form](tar), tar))
    assert [quote for _, _, quote in told(found)][:1] == ["1"]
    assert "it looks like a bomb" in reasons(found)[-1]
    monkeypatch.setattr(decompress, "MAX_SMALL", 1 << 30)
    assert not contents(blob(FORMS[form](tar), tar), wants=lambda path, size, mode: path != "zeros").problems


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"BZh9", "a layer in bzip2"),
        (b"\xfd7zXZ\0", "a layer in xz"),
        (b"what is this", "neither tar nor gzip nor zstd"),
    ],
)
def test_other_forms_are_named(head: bytes, reason: str) -> None:
    """The daemon may read some of them; we say that we do not."""
    assert reasons(contents(blob(head * 200)))[0].startswith(reason)


def test_encrypted_and_foreign_layers_are_named() -> None:
    """Their bytes are not to be had."""

    def missing() -> io.BytesIO:
        raise TargetError("404 from the registry", hint="Log in.")

    tar = layer(("a", b"1"))
    found = contents(
        blob(tar, media_type="application/vnd.oci.image.layer.v1.tar+gzip+encrypted"),
        blob(tar, media_type="application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", open=missing),
        blob(tar, open=missing),
    )
    assert reasons(found) == [
        "the layer is encrypted",
        "a foreign layer, which the image only points at: 404 from the registry",
        "404 from the registry",
    ]
    assert all(problem.remedy for problem in found.problems)


def test_layers_are_those_that_the_history_tells_of() -> None:
    """Others are known by their digest."""
    tar = layer(("a", b"1"))
    told = Layer(1, digest(tar), "COPY a", True)
    found = contents(blob(tar), blob(tar), told=[told, Layer(None, "")])
    assert [one.at.layer for one in found.found] == [Layer(0, digest(tar)), told]


def test_several_processes_find_the_same() -> None:
    """In the same order, and one that is killed is told."""
    blobs = [blob(layer((f"f{n}", b"x" * n), ("same", b"%d" % n))) for n in range(7)]
    assert contents(*blobs, jobs=3) == contents(*blobs)

    def die(file: File) -> Iterable[Fact]:
        os._exit(1)

    assert any("was killed" in reason for reason in reasons(contents(*blobs, jobs=2, extract=die)))


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("verify", [False, True])
def test_somebody_may_watch(jobs: int, verify: bool) -> None:
    """How many layers are done, and how many of the stored bytes have gone by."""
    blobs = [blob(gzip.compress(tar), tar) for tar in (layer(("a", os.urandom(1 << 20))), layer(("b", b"")))]
    seen: list[Passed] = []
    contents(*blobs, jobs=jobs, verify=verify, wants=lambda *item: False, on_progress=seen.append)
    total = sum(one.size for one in blobs)
    assert seen[-1] == Passed(done=2, layers=2, size=total, total=total)
    assert [one.size for one in seen] == sorted(one.size for one in seen)
    assert jobs > 1 or any(0 < one.size < total and not one.done for one in seen)


def test_whoever_stops_leaves_no_process_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though they are in the middle of a layer."""
    started: list[int] = []
    fork = os.fork

    def forked() -> int:
        started.append(fork())
        return started[-1]

    monkeypatch.setattr(os, "fork", forked)

    def stop(passed: Passed) -> None:
        raise KeyboardInterrupt

    def linger(file: File) -> Iterable[Fact]:
        time.sleep(60)
        return ()

    blobs = [blob(layer((str(number), b""))) for number in range(4)]
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        contents(*blobs, jobs=2, extract=linger, on_progress=stop)
    assert started
    for pid in started:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert time.monotonic() - begun < 30


def test_an_error_of_an_extractor_is_a_problem_of_its_file() -> None:
    """What it said before counts, and the next file is looked at."""

    def picky(file: File) -> Iterator[Fact | Problem]:
        yield from quote(file)
        if file.at.path == "odd":
            yield Problem(at=file.at, reason="half of it is missing")
        if file.at.path == "bad":
            raise ValueError("not what it seems")

    found = contents(blob(layer(("bad", b"1"), ("odd", b"2"), ("good", b"3"))), extract=picky)
    assert told(found) == [(0, "bad", "1"), (0, "odd", "2"), (0, "good", "3")]
    assert [(p.at.path, p.reason) for p in found.problems] == [
        ("bad", "not what it seems"),
        ("odd", "half of it is missing"),
    ]


@pytest.mark.parametrize(
    ("cores", "small", "jobs", "at_once"),
    [
        (1, 0, None, []),
        (2, 0, None, [2]),
        (64, 0, None, [4]),
        (64, 1 << 20, None, []),
        (1, 1 << 20, 3, [3]),
        (64, 0, 1, []),
    ],
)
def test_how_many_layers_are_read_at_a_time(
    cores: int, small: int, jobs: int | None, at_once: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as somebody says, else as there are cores, unless all of it is read before another process has begun."""
    began: list[int] = []
    parallel = layers._in_parallel
    monkeypatch.setattr(layers, "SMALL", small)
    monkeypatch.setattr(layers, "cores", lambda: cores)
    monkeypatch.setattr(
        layers,
        "_in_parallel",
        lambda task, order, jobs, *rest: began.append(jobs) or parallel(task, order, jobs, *rest),
    )
    found = contents(blob(layer(("a", b"1"))), blob(layer(("b", b"2"))), jobs=jobs)
    assert [quote for _, _, quote in told(found)] == ["1", "2"]
    assert began == at_once


# What a file lets one read


@pytest.mark.parametrize("form", FORMS)
def test_a_file_can_be_read_in_parts(form: str) -> None:
    """A longer beginning after a shorter one, something from further on, and the beginning once more."""
    body = bytes(range(256)) * 3000

    def parts(file: File) -> Iterable[Fact]:
        assert [file.part(0, 8), file.part(0, 5000), file.part(700_000, 300), file.part(0, 100)] == [
            body[:8], body[:5000], body[700_000:700_300], body[:100]
        ]  # fmt: skip
        assert file.part(len(body) - 5, 100) == body[-5:]
        assert file.part(len(body) + 5, 100) == b""
        yield says(file, "fine")

    tar = layer(("a", body), ("b", body))
    found = contents(blob(FORMS[form](tar), tar), extract=parts)
    assert told(found) == [(0, "a", "fine"), (0, "b", "fine")]
    assert not found.problems


def sparse(name: str, parts: dict[int, bytes], size: int) -> bytes:
    """A member with holes, in the form that pax 0.1 has for it."""
    body = b"".join(parts.values())
    info = tarfile.TarInfo(name)
    info.size = len(body)
    listed = ",".join(f"{at},{len(data)}" for at, data in parts.items())
    info.pax_headers = {"GNU.sparse.map": listed, "GNU.sparse.size": str(size)}
    return info.tobuf(tarfile.PAX_FORMAT) + body + bytes(-len(body) % 512)


@pytest.mark.parametrize("form", FORMS)
def test_the_holes_of_a_sparse_file_are_zeros(form: str) -> None:
    """Whole, in parts, and under another name of it."""
    tar = sparse("db", {3: b"abc", 10: b"xyz"}, 20) + layer(link("also", "db", tarfile.LNKTYPE), ("end", b"plain"))
    whole = b"\0\0\0abc\0\0\0\0xyz" + bytes(7)

    def parts(file: File) -> Iterable[Fact]:
        yield says(file, "".join(file.part(at, 4).decode() for at in range(0, file.size, 4)))

    for extract in (quote, parts):
        found = contents(blob(FORMS[form](tar), tar), extract=extract)
        assert sorted(told(found)) == [(0, "also", whole.decode()), (0, "db", whole.decode()), (0, "end", "plain")]
        assert not found.problems


def test_holes_out_of_all_proportion_are_not_filled() -> None:
    """Else a few bytes would keep whoever reads on busy for ever."""
    tar = sparse("lastlog", {0: b"x"}, 1 << 40) + sparse("empty", {}, 1 << 30) + sparse("small", {}, 1000) + layer()
    found = contents(blob(tar), extract=lambda file: [says(file, file.part(0, 1000).decode())])
    assert told(found) == [(0, "small", "\0" * 1000)]
    assert reasons(found) == [
        "a sparse file of 1,099,511,627,776 bytes that holds 1; it is not read",
        "a sparse file of 1,073,741,824 bytes that holds 0; it is not read",
    ]


def test_what_estargz_puts_into_each_layer_is_no_file_of_the_image() -> None:
    """It replaces nothing, so nothing is wasted; who looks for it finds it all the same."""
    marks = (("stargz.index.json", b"{}" * 50), (".no.prefetch.landmark", b"\x0f"))
    layers = [blob(layer((f"file{number}", b"1"), *marks)) for number in range(3)]
    found = contents(*layers, counted=lambda path: False)
    assert [(one.size, one.wasted) for one in found.layers] == [(1, 0)] * 3
    assert sum(path == "stargz.index.json" for _, path, _ in told(found)) == 3


def test_a_compressed_layer_does_not_go_back() -> None:
    """Its bytes were not kept; a tar that can seek does."""

    def back(file: File) -> Iterable[Fact]:
        file.part(400_000, 10)
        file.part(100, 10)
        return ()

    tar = layer(("a", os.urandom(500_000)))
    assert reasons(contents(blob(gzip.compress(tar), tar), extract=back)) == ["a compressed layer is read forward only"]
    assert not contents(blob(tar, open=lambda: io.BytesIO(tar)), extract=back, verify=False).problems


def test_large_files_are_not_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits have names, and are told when hit."""
    monkeypatch.setattr(content, "MAX_WHOLE", 10)
    monkeypatch.setattr(content, "MAX_TEXT", 5)
    tar = blob(layer(("a", b"x" * 11)))
    assert reasons(contents(tar)) == ["11 bytes; at most 10 are read at once"]
    assert reasons(contents(tar, extract=lambda file: [says(file, file.part(0, 11).decode())])) == reasons(
        contents(tar)
    )
    assert reasons(contents(tar, extract=lambda file: [says(file, file.text().value)])) == [
        "11 bytes; at most 5 are read as text"
    ]


def test_text_is_masked_and_knows_its_layer() -> None:
    """As that of a build context."""
    secret = made("github-token").value
    found = contents(blob(layer(("env", f"A=1\nTOKEN={secret}\n".encode()))), extract=lambda file: [
        about(file, file.text().evidence(4, 15))
    ])  # fmt: skip
    evidence = found.found[0].facts[0].evidence[0]
    assert str(evidence.at) == "env:2:1 (layer 0)"
    assert evidence.quote.startswith("TOKEN=")
    assert secret[:9] not in evidence.quote


def test_names_are_asked_with_size_and_mode() -> None:
    """With the type in the mode; folders, devices and whiteouts are not asked about."""
    asked = []
    members = [("d/", b""), ("d/f", b"123"), link("s", "d/f"), link("h", "d/f", tarfile.LNKTYPE), ("d/.wh.g", b""),
               link("null", "", tarfile.CHRTYPE)]  # fmt: skip
    contents(blob(layer(*members)), wants=lambda *item: bool(asked.append(item)))
    assert asked == [("d/f", 3, 0o100644), ("s", 0, 0o120644), ("h", None, 0o100644)]


# Links


@pytest.mark.parametrize("form", FORMS)
def test_a_hard_link_is_read_as_the_file_it_stands_for(form: str) -> None:
    """Also where that one is not wanted itself and went by before."""
    tar = layer(("cache/1", b"text"), ("other", b"no"), link("site/METADATA", "./cache/1", tarfile.LNKTYPE))
    found = contents(
        blob(FORMS[form](tar), tar), wants=lambda path, size, mode: path == "site/METADATA" and size in (None, 4)
    )
    assert told(found) == [(0, "site/METADATA", "text")]
    assert not found.problems


def test_a_hard_link_to_a_file_that_was_read_costs_no_second_pass() -> None:
    """As those from a cache of conda or uv into site-packages."""
    tar = layer(("lib/METADATA", b"text"), link("pkgs/METADATA", "lib/METADATA", tarfile.LNKTYPE))
    opened = iter([io.BytesIO(gzip.compress(tar))])
    assert told(contents(blob(b"", digest="", diff_id="", open=lambda: next(opened)))) == [
        (0, "lib/METADATA", "text"), (0, "pkgs/METADATA", "text")
    ]  # fmt: skip


@pytest.mark.parametrize("verify", [False, True])
def test_a_large_file_is_read_anywhere_in_a_layer_that_goes_by(verify: bool) -> None:
    """In a file here that is not compressed, hashed or not; a hard link to it as well."""

    def quote_parts(file: File) -> Iterable[Fact]:
        assert file.anywhere
        yield says(file, (file.part(file.size - 3, 3) + file.part(0, 3) + file.read()[-2:]).decode())

    large = b"1" * (1 << 20) + b"234"
    tar = layer(("before", b"567"), ("large", large), link("hard", "large", tarfile.LNKTYPE), ("behind", b"890"))
    found = contents(blob(tar, local=True), extract=quote_parts, wants=lambda path, *_: path == "large", verify=verify)
    assert told(found) == [(0, "large", "23411134")]
    linked = contents(blob(tar, local=True), extract=lambda file: [says(file, str(len(file.read())))], verify=verify)
    assert told(linked) == [(0, "before", "3"), (0, "large", "1048579"), (0, "hard", "1048579"), (0, "behind", "3")]
    assert not linked.problems


def test_links_to_nothing_out_of_the_root_and_in_a_circle_are_told() -> None:
    """Nothing outside the layer is ever read."""
    members = [link("up", "../../etc/passwd", tarfile.LNKTYPE), link("a", "b", tarfile.LNKTYPE),
               link("b", "a", tarfile.LNKTYPE), link("self", "self", tarfile.LNKTYPE)]  # fmt: skip
    found = contents(blob(layer(*members)))
    assert not found.found
    assert {p.at.path for p in found.problems} == {"up", "a", "b", "self"}
    assert all("no file of its layer" in reason for reason in reasons(found))


def test_a_symbolic_link_has_a_target_and_no_content() -> None:
    """What it points at is a file of its own, wherever that is."""
    tar = blob(layer(link("s", "/etc/../../passwd")))
    assert told(contents(tar)) == [(0, "s", "/etc/../../passwd")]
    assert "symbolic link" in reasons(contents(tar, extract=lambda file: [says(file, file.read().decode())]))[0]


# What later layers do


def fates(*layers: Sequence[str]) -> dict[tuple[int, str], int | None]:
    """What became of each file of some layers of empty files."""
    found = contents(
        *(blob(layer(*((name, b"") for name in names))) for names in layers), extract=lambda file: [says(file, "")]
    )
    return {
        (one.at.layer.index, one.at.path): one.removed_by and one.removed_by.index
        for one in found.found
        if one.at.layer
    }


def test_whiteouts_take_away_files_and_folders_of_the_layers_below() -> None:
    """And nothing of their own layer or of those above (OCI image specification, "Whiteouts")."""
    assert fates(["a", "d/x", "d/e/y", "k"], ["b/.wh.x", ".wh.d", ".wh.a", "d/new"], ["a"]) == {
        (0, "a"): 1, (0, "d/x"): 1, (0, "d/e/y"): 1, (0, "k"): None, (1, "d/new"): None, (2, "a"): None,
    }  # fmt: skip


def test_an_opaque_folder_hides_all_that_it_had() -> None:
    """Wherever the mark stands among its siblings, and at the root as well."""
    assert fates(["bin/a", "bin/b/c", "binary"], ["bin/a2", "bin/.wh..wh..opq", "bin/b/"]) == {
        (0, "bin/a"): 1, (0, "bin/b/c"): 1, (0, "binary"): None, (1, "bin/a2"): None,
    }  # fmt: skip
    assert fates(["a", "b/c"], [".wh..wh..opq", "d"]) == {(0, "a"): 1, (0, "b/c"): 1, (1, "d"): None}


def test_a_file_is_replaced_by_whatever_has_its_name() -> None:
    """A file, a folder, a folder that is there only because something is in it; and a folder by a file."""
    assert fates(["a", "b", "c", "d/x", "e/x"], ["a", "b/", "c/in", "d", "e/"]) == {
        (0, "a"): 1, (0, "b"): 1, (0, "c"): 1, (0, "d/x"): 1, (0, "e/x"): None, (1, "a"): None, (1, "c/in"): None, (1, "d"): None,
    }  # fmt: skip


def test_a_member_that_comes_again_replaces_the_first() -> None:
    """In its own layer; the hidden one is still looked at."""
    found = contents(blob(layer(("a", b"secret"), ("./a", b"harmless"))))
    assert told(found) == [(0, "a", "secret"), (0, "a", "harmless")]
    assert [one.removed_by is not None for one in found.found] == [True, False]


def test_devices_and_fifos_are_never_read_and_replace_what_was_there() -> None:
    """Whatever their headers say of a size."""
    below = layer(("dev/one", b"1"), ("dev/two", b"2"), ("dev/three", b"3"))
    kinds = (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)
    members = []
    for name, kind in zip(("dev/one", "dev/two", "dev/three"), kinds, strict=True):
        member = link(name, "", kind)
        member.size = 5
        members.append(member)
    found = contents(blob(below), blob(layer(*members, ("dev/four", b"4"))))
    assert told(found)[3:] == [(1, "dev/four", "4")]
    assert [one.removed_by is not None for one in found.found] == [True, True, True, False]
    assert not found.problems


def test_what_aufs_left_over_means_nothing() -> None:
    """At the root; and a whiteout that names nothing is told."""
    assert fates(["a", "wh.plnk"], [".wh..wh.plnk/", ".wh..wh.plnk/12.34", ".wh..wh.aufs"]) == {
        (0, "a"): None,
        (0, "wh.plnk"): None,
    }
    assert reasons(contents(blob(layer((".wh.", b""), ("d/.wh...", b""))))) == ["a whiteout that names no file"] * 2


def test_names_are_taken_from_the_root() -> None:
    """Absolute, with dots or doubled slashes; one that leaves the image is told."""
    names = ["/abs", "./dot", "a//b/./c", "x/../y", "../../up"]
    found = contents(blob(layer(*((name, b"") for name in names))), extract=lambda file: [says(file, "")])
    assert [path for _, path, _ in told(found)] == ["abs", "dot", "a/b/c", "y", "up"]
    assert reasons(found) == ["its name leaves the image: ../../up"]


PARTS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join)
ENTRIES = st.one_of(
    PARTS, PARTS.map(lambda path: path + "/"), PARTS.map(lambda path: f"{path}/.wh..wh..opq"),
    PARTS.map(lambda path: "/".join([*path.split("/")[:-1], ".wh." + path.split("/")[-1]])),
    st.just(".wh..wh..opq"),
)  # fmt: skip


def consistent(names: list[str]) -> bool:
    """No name twice, and no file that is a folder too: what a runtime's own layers are like."""
    plain = [name for name in names if ".wh." not in name]
    files = {name for name in plain if not name.endswith("/")}
    folders = {"/".join(name.split("/")[:n]) for name in names for n in range(1, name.count("/") + 1)}
    return len(set(names)) == len(names) and not files & folders


def unpacked(layers: list[list[str]]) -> dict[tuple[int, str], int | None]:
    """The same by unpacking: a tree as a dictionary, changed entry by entry as the OCI specification says."""
    tree: dict[str, tuple[str, int]] = {}
    fate: dict[tuple[int, str], int | None] = {}

    def remove(path: str, by: int, *, itself: bool = True) -> None:
        for name in [name for name in tree if (itself and name == path) or name.startswith(path + "/") or path == ""]:
            kind, number = tree.pop(name)
            if kind == "file":
                fate[number, name] = by

    for number, names in enumerate(layers):
        for name in names:
            folder, _, base = name.rpartition("/")
            if base == ".wh..wh..opq":
                remove(folder, number, itself=False)
            elif base.startswith(".wh."):
                remove(f"{folder}/{base[4:]}".lstrip("/"), number)
        for name in names:
            is_file, path = not name.endswith("/"), name.rstrip("/")
            folder, _, base = path.rpartition("/")
            parents = ["/".join(path.split("/")[:n]) for n in range(1, path.count("/") + 1)]
            for parent in parents:
                if tree.get(parent, ("", 0))[0] == "file":
                    remove(parent, number)
                tree.setdefault(parent, ("folder", number))
            if base.startswith(".wh."):
                continue
            if is_file or tree.get(path, ("", 0))[0] == "file":
                remove(path, number)
            tree.setdefault(path, ("file" if is_file else "folder", number))
            if is_file:
                fate[number, path] = None
    return fate


@given(st.lists(st.lists(ENTRIES, max_size=6).filter(consistent), min_size=1, max_size=4))
def test_fates_are_those_of_unpacking_layer_by_layer(layers: list[list[str]]) -> None:
    """For any few layers of files, folders, whiteouts and opaque folders."""
    assert fates(*layers) == unpacked(layers)


def waste(*layers: Sequence[tuple[str, int]]) -> list[int]:
    """The bytes that each of some layers wastes, by names and sizes."""
    blobs = (blob(layer(*((name, bytes(size)) for name, size in names))) for names in layers)
    return [use.wasted for use in contents(*blobs, wants=lambda *file: False, counted=lambda path: False).layers]


@given(st.lists(st.lists(ENTRIES, max_size=6).filter(consistent), min_size=1, max_size=4))
def test_what_is_wasted_is_what_unpacking_takes_away_again(layers: list[list[str]]) -> None:
    """Each file with a size of its own, a power of two, so that sums tell which they are."""
    numbers = iter(range(100))
    sized = [
        [(name, 0 if name.endswith("/") or ".wh." in name else 1 << next(numbers)) for name in names]
        for names in layers
    ]
    fate = unpacked(layers)
    assert waste(*sized) == [
        sum(size for name, size in names if size and fate[number, name] is not None)
        for number, names in enumerate(sized)
    ]


def test_a_layer_wastes_what_comes_twice_in_it() -> None:
    """The last one counts, and a whiteout of its own layer takes nothing of it away."""
    assert waste([("a", 1), ("a", 2), ("b", 4), (".wh.b", 0)]) == [1]


def test_what_layers_take_up_is_told_when_asked() -> None:
    """Bytes as stored, bytes of files, members, and files that count."""
    tar = layer(("d/", b""), ("d/a.pt", b"12345"), ("b", b"123"), link("c", "b", tarfile.LNKTYPE), link("e.pt", "b"))
    stored = gzip.compress(tar)
    for jobs in (1, 2):
        found = contents(
            blob(stored, tar),
            blob(layer()),
            jobs=jobs,
            wants=lambda *file: False,
            counted=lambda path: path.endswith(".pt"),
        )
        assert [(use.layer.index, use.stored, use.size, use.entries, use.models) for use in found.layers] == [
            (0, len(stored), 8, 5, 1), (1, 10240, 0, 0, 0)
        ]  # fmt: skip
    assert contents(blob(tar)).layers == ()


def test_a_layer_on_disk_is_read_where_it_is_wanted(tmp_path: Path) -> None:
    """What nobody asks for is skipped, not read."""
    path = tmp_path / "layer.tar"
    path.write_bytes(layer(("a", b"1"), ("weights", bytes(50_000_000)), ("b", b"2")))
    taken = 0

    class Counting(io.FileIO):
        def read(self, size: int | None = -1, /) -> bytes:
            nonlocal taken
            data = super().read(size)
            taken += len(data)
            return data

    found = contents(
        blob(b"", open=lambda: Counting(path)), wants=lambda path, size, mode: path != "weights", verify=False
    )
    assert [quote for _, _, quote in told(found)] == ["1", "2"]
    assert taken < 100_000


@given(st.sampled_from(sorted(FORMS)), st.integers(0, 1 << 16), st.binary(max_size=40), st.integers(0, 40))
def test_damage_of_any_kind_is_told(form: str, place: int, put: bytes, cut: int) -> None:
    """In any form: no crash, and what differs from the whole layer does so with a problem."""
    tar = layer(("a", b"1" * 600), ("b", bytes(range(256)) * 4), link("c", "a"))
    stored = FORMS[form](tar)
    place %= len(stored)
    damaged = stored[:place] + put + stored[place + cut :]
    found = contents(
        blob(damaged, tar, digest=digest(stored)), extract=lambda file: [says(file, file.link or repr(file.read()))]
    )
    assert damaged == stored or found.problems


def test_an_archive_is_read_in_place(tmp_path: Path) -> None:
    """As ``docker save`` writes it: the layers are stretches of one file, which several processes read at once."""
    layers = [layer(("a", b"1"), ("b", b"2")), layer((".wh.a", b""), ("c", b"3"))]
    config = json.dumps(
        {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": list(map(digest, layers))}}
    )
    listed = json.dumps(
        [{"Config": "config.json", "RepoTags": ["acme/serve:1"], "Layers": ["0/layer.tar", "1/layer.tar"]}]
    )
    members = [("config.json", config.encode()), ("manifest.json", listed.encode())]
    path = tmp_path / "image.tar"
    path.write_bytes(layer(*members, *((f"{index}/layer.tar", data) for index, data in enumerate(layers))))
    for verify, jobs in ((True, 1), (False, 1), (True, 2), (False, 2)):
        found = read_layers(open_archive(str(path), None), Look(), verify=verify, jobs=jobs)
        assert told(found) == [(0, "a", "1"), (0, "b", "2"), (1, "c", "3")]
        assert [one.removed_by is not None for one in found.found] == [True, False, False]
        assert not found.problems
