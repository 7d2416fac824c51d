"""What is known of a layer is not read again, and is never more than what a verified reading of the same bytes said."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import multiprocessing
import os
import tarfile
import tempfile
import types
import typing
import zlib
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner import kept
from scanner.errors import TargetError
from scanner.model.facts import KINDS
from scanner.model.facts.installed import PackageRecord
from scanner.model.facts.secrets import CredentialFile
from scanner.model.finding import Problem
from scanner.model.location import Evidence, Text
from scanner.sources.image import known, open_image, read
from scanner.sources.image.image import Blob, Image
from scanner.sources.image.known import FOLDER, Known
from scanner.sources.image.layers import read_layers
from scanner.sources.image.verified import verified

LIMIT = 1 << 30


@contextmanager
def somewhere():
    """A cache folder of its own."""
    with tempfile.TemporaryDirectory() as home, mock.patch.dict(os.environ, {"XDG_CACHE_HOME": home}):
        yield Path(home, "hullcheck", FOLDER)


@pytest.fixture
def folder():
    with somewhere() as found:
        yield found


class Look:
    """Extractors by name, each with its version and what it says of a file's content; ``seen`` is who looked at what."""

    def __init__(self, seen=None, **extractors):
        self.extractors = extractors or {"one": ("1", quoted), "two": ("1", counted)}
        self.seen = [] if seen is None else seen

    def versions(self):
        return {name: version for name, (version, _) in self.extractors.items()}

    def only(self, names):
        return Look(self.seen, **{name: each for name, each in self.extractors.items() if name in names})

    skips = None

    def dull(self, head, size):
        return False

    def wants(self, path, size, mode, *, dull=False):
        return tuple(self.extractors)

    def likely(self, names, path, size, head):
        return names

    def extract(self, file, names):
        for name in names:
            self.seen.append((name, file.at.path))
            for said in self.extractors[name][1](file):
                yield name, said


def quoted(file):
    text = Text.of_file(file.at.path, file.read().decode("utf-8", "replace"), layer=file.at.layer)
    evidence = (text.evidence(0, 3, "why"), Evidence(file.at, "it"), text.evidence())
    yield CredentialFile(evidence=evidence, path=file.at.path, type="é\udcff\0", by_name=True, stage="")


def counted(file):
    for number in range(file.size % 3):
        yield PackageRecord(
            evidence=(Evidence(file.at, f"{number}"),), ships=False, ecosystem="pypi", location=file.at.path,
            owns=("a", "b"), requested=(None, True)[number],
        )  # fmt: skip


def packed(*members):
    """A tar; a text for a hard link."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            if isinstance(content, str):
                entry.type, entry.linkname = tarfile.LNKTYPE, content
                archive.addfile(entry)
            else:
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    return data.getvalue()


def digest(data):
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def blob(tar, stored=None, **changes):
    stored = tar if stored is None else stored
    made = Blob(
        digest=digest(stored), diff_id=digest(tar), size=len(stored), media_type="",
        open=lambda: verified(io.BytesIO(stored), made.digest, len(stored)) if made.digest else io.BytesIO(stored),
    ).replace(**changes)  # fmt: skip
    return made


def shut(one):
    """The same layer, that nobody can open."""

    def fail():
        raise TargetError("it was opened")

    return one.replace(open=fail)


def look_at(*blobs, look=None, cache=True, limit=LIMIT, **options):
    look = look or Look()
    layers = Known(look.versions(), limit) if cache else None
    image = Image(name="registry:acme/serve:1", digest="", config={}, layers=blobs)
    return read_layers(image, look, known=layers, **options)


LOWER = packed(("etc/a", b"one"), ("etc/b", b"two\nlines"), ("srv/x/y", b""), ("odd\udcff", b"4444"))
UPPER = packed(("etc/.wh.b", b""), ("srv/x/.wh..wh..opq", b""), ("etc/a", b"new"), ("z", b"zz"), ("z", b"again"))


# The same as without


NAMES = st.lists(st.sampled_from(["a", "b", ".wh.a", ".wh.b", ".wh..wh..opq", "\udcfe"]), min_size=1, max_size=3)
MEMBERS = st.lists(st.tuples(NAMES.map("/".join), st.binary(max_size=5)), max_size=5)
LAYERS = st.lists(MEMBERS.map(lambda members: blob(packed(*members))), min_size=1, max_size=3)


@settings(deadline=None)
@given(LAYERS, LAYERS)
def test_what_is_found_is_the_same_with_and_without(first, second):
    """For a first reading, for a second, and for another image that has the same layers elsewhere."""
    mixed = [*second, *first[::-1]]
    with somewhere():
        for blobs in (first, first, mixed, mixed):
            assert look_at(*blobs) == look_at(*blobs, cache=False)


def test_a_known_layer_is_not_opened(folder):
    """Nor is one below or above it; the next layer is."""
    first = look_at(blob(LOWER), blob(UPPER))
    assert look_at(shut(blob(LOWER)), shut(blob(UPPER)), jobs=2) == first
    new = blob(packed(("new", b"1")))
    assert not look_at(shut(blob(LOWER)), new).problems
    assert look_at(shut(blob(UPPER)), shut(blob(LOWER)), shut(new)) == look_at(
        blob(UPPER), blob(LOWER), new, cache=False
    )


def test_of_a_known_image_a_registry_is_asked_for_manifest_and_config_only(folder, registry, make):
    registry.put(make.image(), "1")
    config = make.image().document["config"]["digest"]
    results = []
    for _ in range(2):
        registry.asked.clear()
        image = open_image(f"registry:{registry.host}/team/app:1")
        results.append(read_layers(image, Look(), known=Known(Look().versions(), LIMIT)))
        asked = [path.rpartition("/")[2] for path, _ in registry.asked]
    assert asked == ["1", config]
    assert results[0] == results[1]
    assert not results[0].problems


def test_all_layers_are_counted_as_done(folder):
    done = []
    look_at(blob(LOWER))
    look_at(blob(LOWER), blob(UPPER), on_progress=done.append)
    assert (done[-1].done, done[-1].layers, done[-1].total) == (2, 2, len(UPPER))


def test_every_kind_of_fact_can_be_kept():
    """Its fields hold words, numbers and tuples of them."""

    def plain(hint):
        if typing.get_origin(hint) in {types.UnionType, typing.Union}:
            return all(map(plain, typing.get_args(hint)))
        if typing.get_origin(hint) is tuple:
            return typing.get_args(hint)[0] is str
        return typing.get_origin(hint) is typing.Literal or hint in {str, bool, int, type(None)}

    for kind in KINDS.values():
        hints = typing.get_type_hints(kind)
        for field in kind.field_names()[1:]:
            assert plain(hints[field]), (kind, field)


# Extractors change


def test_a_changed_extractor_alone_looks_again(folder):
    """At all files; what the other one said stays, and files are in order."""
    old, new = Look(), Look(one=("1", quoted), two=("2", counted))
    look_at(blob(LOWER), blob(UPPER), look=old)
    again = look_at(blob(LOWER), blob(UPPER), look=new)
    assert {name for name, _ in new.seen} == {"two"}
    assert again == look_at(blob(LOWER), blob(UPPER), look=new, cache=False)
    assert look_at(shut(blob(LOWER)), shut(blob(UPPER)), look=new) == again
    assert not look_at(shut(blob(LOWER)), look=Look(two=new.extractors["two"])).problems


def test_what_is_known_of_a_layer_that_cannot_be_opened_any_more_counts(folder):
    """When a changed extractor would look again: a problem, and the rest is as it was, what it removes included."""
    look_at(blob(LOWER), blob(UPPER))
    new = Look(one=("1", quoted), two=("2", counted))
    found = look_at(blob(LOWER), shut(blob(UPPER)), look=new)
    assert [problem.reason for problem in found.problems] == ["it was opened"]
    gone = {one.at.path for one in found.found if one.removed_by is not None and one.removed_by.index == 1}
    assert gone == {"etc/a", "etc/b", "srv/x/y", "z"}


def test_an_extractor_that_is_gone_says_nothing(folder):
    look_at(blob(LOWER))
    one = Look(one=("1", quoted))
    found = look_at(shut(blob(LOWER)), look=one)
    assert found == look_at(blob(LOWER), look=one, cache=False)


def test_a_change_of_what_reads_layers_makes_all_new(folder, monkeypatch):
    look_at(blob(LOWER))
    monkeypatch.setattr(known.code, "stamp", lambda *modules: "other")
    assert look_at(shut(blob(LOWER))).problems


# What never gets in


def test_only_what_was_verified_and_has_no_problems_is_kept(folder):
    """A wrong digest, no digest, no verifying, damage, and a file that could not be read."""
    stored, wrong = gzip.compress(LOWER), "sha256:" + "0" * 64

    def broken(file):
        yield Problem(at=file.at, reason="broken")

    look_at(blob(LOWER, diff_id=wrong), blob(LOWER, diff_id=""), blob(LOWER, stored, digest=wrong))
    look_at(blob(LOWER, stored[:-20]), blob(LOWER), verify=False)
    look_at(blob(LOWER), look=Look(one=("1", quoted), two=("1", broken)))
    assert not folder.exists()
    look_at(blob(LOWER))
    assert len(list(folder.iterdir())) == 1


def test_facts_of_another_layer_are_not_kept(folder):
    """They would be told of the wrong one the next time."""
    look_at(blob(LOWER), look=Look(one=("1", lambda file: quoted(file.replace(at=file.at.replace(layer=None))))))
    assert not folder.exists()


def test_a_layer_is_not_known_by_what_its_image_claims(folder):
    """Whoever makes an image can write the diff_id of another layer into its config."""
    look_at(blob(LOWER))
    for liar in (blob(UPPER, diff_id=digest(LOWER)), blob(UPPER, diff_id=digest(LOWER), digest="")):
        (problem,) = look_at(liar).problems
        assert "it should be" in problem.reason
    look_at(blob(LOWER, digest="", identity="file:1:2"))
    assert look_at(blob(UPPER, diff_id=digest(LOWER), digest="", identity="file:1:3")).problems
    assert not look_at(shut(blob(LOWER, digest="", identity="file:1:2"))).problems


def test_a_layer_is_known_in_each_form_that_was_read(folder):
    """Compressed or not; and by its diff_id alone when somebody vouches for it."""
    stored = gzip.compress(LOWER)
    look_at(blob(LOWER, stored))
    assert not look_at(shut(blob(LOWER, stored))).problems
    assert not look_at(shut(blob(LOWER))).problems  # its digest is the diff_id
    other = blob(LOWER, gzip.compress(LOWER, 1))
    assert look_at(shut(other)).problems
    look_at(other)
    assert not look_at(shut(other), shut(blob(LOWER, stored))).problems
    assert not look_at(shut(blob(LOWER, digest="", identity=digest(LOWER)))).problems


def test_what_a_hard_link_stands_for_is_verified_as_well(folder, monkeypatch):
    """It is read in a second pass, for which a registry may send something else."""
    monkeypatch.setattr(read, "MAX_KEPT", 0)
    good, bad = packed(("a", b"good"), ("b", "a")), packed(("a", b"evil"), ("b", "a"))
    sent = iter([good, bad, good, good])
    found = look_at(blob(good, digest="", identity="x", open=lambda: io.BytesIO(next(sent))))
    assert "it should be" in found.problems[0].reason
    assert not folder.exists()
    assert not look_at(blob(good, digest="", identity="x", open=lambda: io.BytesIO(next(sent)))).problems
    assert folder.exists()


# Files that are not as they were written


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: data[: len(data) // 2],
        lambda data: data.replace(b"kept 1", b"kept 0"),
        lambda data: os.urandom(len(data)),
        lambda data: data[:100] + bytes([data[100] ^ 1]) + data[101:],
    ],
)
def test_a_damaged_file_is_ignored_and_replaced(folder, spoil):
    first = look_at(blob(LOWER))
    (path,) = folder.iterdir()
    path.write_bytes(spoil(path.read_bytes()))
    assert look_at(blob(LOWER)) == first
    assert look_at(shut(blob(LOWER))) == first


BODIES = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=3)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(
        st.sampled_from(["identities", "versions", "entries", "found", "one"]), inner)),
    max_leaves=12,
)  # fmt: skip


@settings(deadline=None)
@given(BODIES, BODIES, BODIES)
def test_a_file_with_anything_in_it_is_ignored(head, found, names):
    """With a right checksum: it can do no more than be wrong."""
    one = blob(LOWER)
    versions = Look().versions()
    heads = [head, {"identities": [one.digest], "versions": versions, "entries": 1, "found": found}]
    for each in heads:
        packs = [zlib.compress(json.dumps(part).encode()) for part in (each, names)]
        with somewhere():
            body = b"".join((len(packs[0]).to_bytes(4, "little"), *packs))
            kept.seal(known._name(one), Known(versions, LIMIT)._key(one), body)
            look_at(blob(UPPER), one)


def test_a_file_that_others_can_write_or_that_is_a_link_is_not_used(folder):
    look_at(blob(LOWER))
    (path,) = folder.iterdir()
    path.chmod(0o666)
    assert look_at(shut(blob(LOWER))).problems
    path.chmod(0o600)
    assert not look_at(shut(blob(LOWER))).problems
    path.rename(folder.parent / "elsewhere")
    path.symlink_to(folder.parent / "elsewhere")
    assert look_at(shut(blob(LOWER))).problems


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_a_file_of_another_user_is_not_used(folder):
    look_at(blob(LOWER))
    (path,) = folder.iterdir()
    os.chown(path, 12345, -1)
    assert look_at(shut(blob(LOWER))).problems


def test_a_file_under_another_layers_name_is_not_used(folder):
    """Whoever can write to the folder can still rename files in it."""
    look_at(blob(LOWER))
    look_at(blob(UPPER))
    lower, upper = (folder / digest(tar).replace(":", "-") for tar in (LOWER, UPPER))
    os.replace(lower, upper)
    assert look_at(shut(blob(UPPER))).problems


def test_more_than_fits_is_not_kept(folder, monkeypatch):
    monkeypatch.setattr(known, "MAX_FILE", 10)
    look_at(blob(LOWER))
    assert not folder.exists()


# Several at once, and the limit


def _many(blobs, right, limit):
    for _ in range(10):
        assert look_at(*blobs, limit=limit) == right
    os._exit(0)


@pytest.mark.parametrize("limit", [LIMIT, 600])
def test_processes_may_read_and_write_at_once(folder, limit):
    """Also while others drop what is too much; nothing half-written is ever seen, or left."""
    blobs = [blob(LOWER), blob(UPPER), blob(packed(("c", b"c")))]
    right = look_at(*blobs, cache=False)
    processes = [multiprocessing.get_context("fork").Process(target=_many, args=(blobs, right, limit)) for _ in "123"]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert all(path.name.startswith("sha256-") and "." not in path.name for path in folder.iterdir())


def test_what_was_used_longest_ago_goes_first(folder):
    blobs = [blob(packed((f"{n}", os.urandom(2000).hex().encode()))) for n in range(4)]
    for number, one in enumerate(blobs[:3]):
        look_at(one)
        os.utime(folder / one.diff_id.replace(":", "-"), (number, number))
    look_at(shut(blobs[0]))  # used again
    size = sum(path.stat().st_size for path in folder.iterdir())
    look_at(blobs[3], limit=size + 100)
    assert [look_at(shut(one)).problems != () for one in blobs] == [False, True, False, False]


def test_a_folder_that_cannot_be_written_does_no_harm(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/nowhere")
    assert look_at(blob(LOWER), blob(UPPER)) == look_at(blob(LOWER), blob(UPPER), cache=False)
