"""Who wants a file of a layer: what its path tells at a glance leaves out nobody who would want it."""

import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.extractors.in_layers import IN_LAYERS
from scanner.extractors.interface import Selective
from scanner.extractors.layers import TAIL, Look
from tests.extractors.image_files import file

LOOK = Look(IN_LAYERS)
SELECTIVE = [extractor for extractor in IN_LAYERS if isinstance(extractor, Selective)]
ENDS = sorted({end for extractor in SELECTIVE for end in extractor.told.ends})
STARTS = sorted({start for extractor in SELECTIVE for start in extractor.told.starts})
WITHIN = sorted({part for extractor in SELECTIVE for part in extractor.told.within})
FOLDERS = st.sampled_from(
    ["app", "etc", "root", "home/me", "usr/lib", "srv/models--a--b", "x.dist-info", "site-packages", "hub/a_b_main", ".aws"]
    + ["etc/sudoers.d", "etc/apt/sources.list.d", ".ssh", "refs", "wandb", "var/lib/dpkg/status.d"]
    + [part.strip("/") for part in WITHIN]
)  # fmt: skip
NAMES = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "a", "a-1.0", ".", ".env.", "events.out.", "libcudnn.so.", "sudoers", "hubconf.py", *STARTS]),
    st.sampled_from(["", "b", "secret"]),
    st.sampled_from(["", ".py", ".PEM", ".so.12", *ENDS]),
).filter(lambda name: name.strip("."))
PATHS = st.builds(lambda folders, name: "/".join((*folders, name)), st.lists(FOLDERS, max_size=3), NAMES)
MODES = st.sampled_from([stat.S_IFREG | 0o644, stat.S_IFREG | 0o4755, stat.S_IFLNK | 0o777])


def asked_one_by_one(path, size, mode):
    """Those who want it when all are asked."""
    link = "" if stat.S_ISLNK(mode) else None
    item = file(path, b"", size=size, mode=stat.S_IMODE(mode), link=link)
    return tuple(name for name, extractor in LOOK._extractors.items() if extractor.wants(item))


@given(PATHS, st.sampled_from([0, 1, 5_000, 1 << 20, 200 << 20]), MODES)
@settings(max_examples=1_500, deadline=None, derandomize=True)
def test_whoever_wants_a_file_is_asked(path, size, mode):
    assert LOOK.wants(path, size, mode) == asked_one_by_one(path, size, mode)


@pytest.mark.parametrize(
    "path",
    [
        "app/.env.production", "root/.ssh/work", "root/.ssh/id_rsa", "app/id_ed25519", "srv/private.key", "root/.aws/credentials",
        "app/events.out.tfevents.1.host", "app/wandb/run-1/notes", "app/n.ipynb", "app/data.parquet", "app/.git/HEAD",
        "etc/sudoers", "etc/sudoers.d/me", "etc/apt/sources.list.d/x.sources", "root/.config/pip/pip.conf",
        "usr/lib/libcudnn.so.9.1.0", "var/lib/dpkg/status", "var/lib/dpkg/status.d/base", "lib/apk/db/installed",
        "usr/lib/python3/dist-packages/six-1.16.0.egg-info", "opt/x/lib/a.jar", "opt/conda/conda-meta/a-1-0.json",
        "root/.cache/huggingface/hub/models--a--b/refs/main", "root/.cache/torch/hub/o_r_main/hubconf.py",
        "srv/model/config.json",
    ],
)  # fmt: skip
def test_what_somebody_wants_for_its_path(path):
    found = asked_one_by_one(path, 100_000, stat.S_IFREG | 0o644)
    selective = {name for name, extractor in LOOK._extractors.items() if isinstance(extractor, Selective)}
    assert selective & set(found)
    assert LOOK.wants(path, 100_000, stat.S_IFREG | 0o644) == found


@pytest.mark.parametrize("extractor", SELECTIVE, ids=lambda extractor: type(extractor).__name__)
def test_an_end_is_long_enough_to_be_told_by(extractor):
    assert all(len(end) >= TAIL for end in extractor.told.ends)


def test_most_files_are_nobodys_without_anybody_being_asked(monkeypatch):
    asked = []
    for extractor in SELECTIVE:
        monkeypatch.setattr(extractor, "wants", asked.append, raising=False)
    look = Look(SELECTIVE)
    assert look.wants("usr/share/doc/six/notes.rst", 100, stat.S_IFREG | 0o644, dull=True) == ()
    assert look.wants("srv/app/logo.png", 100, stat.S_IFREG | 0o644, dull=True) == ()
    assert look.wants("srv/app/data/settings.json", 100, stat.S_IFREG | 0o644, dull=True) == ()
    assert [item.at.path for item in asked] == ["srv/app/data/settings.json"]
