"""What installed packages were asked for as, where no step of the build is known to ask for them."""

from __future__ import annotations

import json

import pytest

from scanner.derive.recorded import derive
from scanner.model.facts import InstalledPackage
from tests.extractors.image_files import facts, file

SITE = "usr/local/lib/python3.12/site-packages"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "https://github.com/org/app.git"


def installed(version="1.0", site=SITE, **files):
    """The facts of a package ``app``; ``INSTALLER`` and ``direct_url`` are what the files say."""
    folder = f"{site}/app-{version}.dist-info"
    found = [file(f"{folder}/METADATA", f"Name: app\nVersion: {version}\n\n".encode())]
    if "installer" in files:
        found.append(file(f"{folder}/INSTALLER", files["installer"].encode()))
    if "direct_url" in files:
        found.append(file(f"{folder}/direct_url.json", json.dumps(files["direct_url"]).encode()))
    return [fact for fact in facts(found) if isinstance(fact, InstalledPackage)]


def asked(*known):
    return list(derive(known, "2026-01-01"))


def from_git(revision=None, installer="pip"):
    info = {"vcs": "git", "commit_id": COMMIT} | ({} if revision is None else {"requested_revision": revision})
    (fact,) = asked(*installed(installer=installer, direct_url={"url": REPOSITORY, "vcs_info": info}))
    return fact


def test_a_release_of_the_index_is_one_exact_version():
    (fact,) = asked(*installed())
    assert (fact.specifier, fact.version, fact.pinned, fact.origin) == ("==1.0", "1.0", True, "index")
    assert (fact.declared_in, fact.hashed, fact.commit_pinned) == ("installed", None, None)


@pytest.mark.parametrize(
    ("revision", "specifier", "at_commit"),
    [
        (None, f"@ git+{REPOSITORY}", False),
        ("main", f"@ git+{REPOSITORY}@main", False),
        ("v1.0", f"@ git+{REPOSITORY}@v1.0", False),
        (COMMIT[:7], f"@ git+{REPOSITORY}@{COMMIT[:7]}", False),
        (COMMIT, f"@ git+{REPOSITORY}@{COMMIT}", True),
    ],
)
def test_pip_records_what_was_asked_for_in_a_repository(revision, specifier, at_commit):
    fact = from_git(revision)
    assert (fact.origin, fact.specifier, fact.commit_pinned, fact.pinned) == ("vcs", specifier, at_commit, at_commit)


@pytest.mark.parametrize("installer", ["uv", "poetry", ""])
def test_other_installers_may_have_the_commit_from_a_lock_file(installer):
    assert from_git("main", installer).commit_pinned is None
    assert from_git(COMMIT, installer).commit_pinned is True


@pytest.mark.parametrize(
    ("said", "origin", "pinned"),
    [
        ({"url": "https://host.example/app-1.0.whl", "archive_info": {}}, "url", None),
        ({"url": "https://host.example/app-1.0.whl", "archive_info": {"hash": f"sha256={'0' * 64}"}}, "url", None),
        ({"url": "file:///wheels/app-1.0.whl", "archive_info": {}}, "local", True),
        ({"url": "file:///app", "dir_info": {"editable": True}}, "local", True),
    ],
)
def test_a_file_is_not_known_to_be_held_to_a_hash(said, origin, pinned):
    (fact,) = asked(*installed(direct_url=said))
    assert (fact.origin, fact.pinned, fact.hashed) == (origin, pinned, None), (
        "installers note a hash they never checked"
    )


@pytest.mark.parametrize(
    "version",
    ["1.0rc1", "1.0a0", "2.10.0.dev20251101+cu128", "1.0-beta.2", "1.0.pre1", "0.50b0", "2.9.0a0+a1b2.nv25.10"],
)
def test_pre_releases(version):
    assert asked(*installed(version))[0].prerelease


@pytest.mark.parametrize("version", ["1.0", "1.0.post1", "2.9.0+cu128", "1.0+dev1", "2025.1.31", "9b", "1!2.0"])
def test_releases(version):
    assert not asked(*installed(version))[0].prerelease


def test_what_a_step_asks_for_is_told_of_there():
    packages = installed()
    (fact,) = asked(*packages)
    step = fact.replace(declared_in="command", specifier=">=0.9", pinned=False)
    assert asked(*packages, step) == []
    assert asked(*packages, step.replace(name="other")) == [fact]
    assert asked(*packages, step.replace(ecosystem="conda")) == [fact]


def test_what_others_bring_or_a_layer_removes_is_not_asked_for():
    (package,) = installed()
    assert asked(package.replace(ships=False)) == []
    assert asked(package.replace(vendored_in="setuptools")) == []
    assert asked(package.replace(owned_by="deb:python3-app 1.0")) == []
    assert asked(package.replace(ecosystem="npm")) == []
    assert len(asked(package, package.replace(location="opt/other/app.dist-info"))) == 1


def test_no_distributions_package_is_asked_for():
    assert asked(*installed(site="usr/lib/python3/dist-packages")) == []
