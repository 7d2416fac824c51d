"""Symbolic links where the GPU runtime mounts its driver."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.extractors import links
from scanner.model.location import Location
from scanner.model.target import File
from scanner.sources import dockerfile


def made(text: str):
    target = dockerfile.read(f"FROM ubuntu:24.04\n{text}\n")
    found = [fact for item in target.items() for e in links.EXTRACTORS if e.wants(item) for fact in e.extract(item)]
    return [(fact.path, fact.target, fact.leaves) for fact in found]


@pytest.mark.parametrize(
    ("command", "path", "target", "leaves"),
    [
        ("ln -s /proc/1/root /usr/lib/libcuda.so.1", "/usr/lib/libcuda.so.1", "/proc/1/root", True),
        ("ln -sfn / /usr/local/cuda-12.8/compat", "/usr/local/cuda-12.8/compat", "/", True),
        ("cd /etc/ld.so.conf.d; ln -s ../../../host x", "/etc/ld.so.conf.d/x", "../../../host", True),
        ("ln -s /host/a.so /usr/local/cuda/compat/", "/usr/local/cuda/compat/a.so", "/host/a.so", True),
        ("ln -st /usr/local/cuda/compat /mnt/a.so", "/usr/local/cuda/compat/a.so", "/mnt/a.so", True),
        ("ln -s libcuda.so.1 /usr/lib/libcuda.so", "/usr/lib/libcuda.so", "libcuda.so.1", False),
        ("ln -s /opt/x/libcuda.so /usr/lib/libcuda.so", "/usr/lib/libcuda.so", "/opt/x/libcuda.so", False),
        ("ln -s $HOST/lib /usr/lib/libcuda.so", "/usr/lib/libcuda.so", "$HOST/lib", None),
    ],
)
def test_a_link(command, path, target, leaves):
    assert made(f"RUN {command}") == [(path, target, leaves)]


@pytest.mark.parametrize(
    "command",
    ["ln /proc/1/root /usr/lib/libcuda.so.1", "ln -s /proc /data", "ln -s", "ln -s /a /usr/lib/libcudart.so.12"],
)
def test_other_links_are_nothing_to_speak_of(command):
    assert made(f"RUN {command}") == []


def test_a_link_in_a_layer():
    """Found by path and target alone: nothing is read or followed."""

    def unread():
        raise AssertionError

    at = Location("usr/local/cuda/compat/libcuda.so.1")
    file = File(at=at, size=0, link="../../../../../etc", read=unread, part=lambda *_: unread(), text=unread)
    held = links.EXTRACTORS[1]
    assert held.wants(file)
    assert not held.wants(file.replace(link=None))
    (fact,) = held.extract(file)
    assert (fact.path, fact.leaves) == ("/usr/local/cuda/compat/libcuda.so.1", True)


@given(st.lists(st.sampled_from(["..", ".", "usr", "lib", "opt", "proc", "x"]), max_size=8), st.booleans())
def test_a_link_leaves_where_its_way_does(parts, absolute):
    """The way is walked part by part: it leaves when it goes above the root, or ends in the root or in /proc."""
    target = ("/" if absolute else "") + "/".join(parts) or "."
    place, above = [] if absolute else ["usr", "lib"], False
    for part in posixpath.normpath(target).split("/"):
        if part == "..":
            above = above or not place
            place = place[:-1]
        elif part not in {"", "."}:
            place = [*place, part]
    assert links._leaves("/usr/lib/libcuda.so", target) == (above or place[:1] in ([], ["proc"]))
