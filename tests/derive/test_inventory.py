"""The packages of an image over its layers, and what follows from them."""

from __future__ import annotations

import io
import zipfile

import pytest

from scanner.model.facts import EndOfLife, InstalledPackage
from scanner.model.location import Layer
from tests.extractors.image_files import facts, file

LAYERS = [Layer(index, f"sha256:{index}") for index in range(4)]
SITE = "usr/local/lib/python3.12/site-packages"


def status(**packages):
    return "".join(f"Package: {name}\nVersion: {version}\n\n" for name, version in packages.items()).encode()


def packages(*files):
    return {
        (fact.name, fact.version): (fact.ships, fact.evidence[0].at.layer.index)
        for fact in facts(files)
        if isinstance(fact, InstalledPackage)
    }


def test_a_database_that_every_layer_writes_anew_counts_once():
    found = packages(
        file("var/lib/dpkg/status", status(base="1"), layer=LAYERS[0], ships=False),
        file("var/lib/dpkg/status", status(base="1", curl="7"), layer=LAYERS[1], ships=False),
        file("var/lib/dpkg/status", status(base="1", curl="8"), layer=LAYERS[3]),
    )
    assert found == {
        ("base", "1"): (True, 0),
        ("curl", "7"): (False, 1),
        ("curl", "8"): (True, 3),
    }, "each points to the lowest layer that has it, and what was replaced does not ship"


def test_the_order_of_the_layers_does_not_matter():
    files = [
        file("var/lib/dpkg/status", status(base="1"), layer=LAYERS[2]),
        file("var/lib/dpkg/status", status(base="1"), layer=LAYERS[0], ships=False),
    ]
    assert packages(*files) == packages(*reversed(files)) == {("base", "1"): (True, 0)}


def test_what_a_removed_copy_was_installed_from_is_not_what_the_new_one_was():
    folder = f"{SITE}/app-1.dist-info"
    text = b"Name: app\nVersion: 1\n\n"
    (fact,) = (
        fact
        for fact in facts(
            [
                file(f"{folder}/METADATA", text, layer=LAYERS[0], ships=False),
                file(
                    f"{folder}/direct_url.json", b'{"url": "https://old.example/app.whl"}', layer=LAYERS[0], ships=False
                ),
                file(f"{folder}/METADATA", text, layer=LAYERS[1]),
            ]
        )
        if isinstance(fact, InstalledPackage)
    )
    assert (fact.ships, fact.url) == (True, "")


def test_an_owner_that_was_upgraded_has_the_version_that_ships():
    path = "usr/share/java/a-1.jar"
    found = facts(
        [
            file("var/lib/dpkg/status", status(libajava="1-2"), layer=LAYERS[1]),
            file("var/lib/dpkg/status", status(libajava="1-1"), layer=LAYERS[0], ships=False),
            file("var/lib/dpkg/info/libajava.list", f"/{path}\n".encode()),
            file(path, archive({"lib/b-2.jar": archive({})})),
        ]
    )
    jars = [fact for fact in found if isinstance(fact, InstalledPackage) and fact.ecosystem == "maven"]
    assert [(fact.name, fact.owned_by) for fact in jars] == [("b", "deb:libajava 1-2"), ("a", "deb:libajava 1-2")]


def archive(files):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return made.getvalue()


def test_two_environments_have_two_copies():
    text = b"Name: torch\nVersion: 2.1\n\n"
    found = facts(
        [
            file(f"{folder}/lib/python3.12/site-packages/torch-2.1.dist-info/METADATA", text)
            for folder in ("opt/a", "opt/b")
        ]
    )
    assert len({fact.location for fact in found if isinstance(fact, InstalledPackage)}) == 2


def header(version):
    return f'#define PY_VERSION "{version}"\n'.encode()


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([file("usr/lib/os-release", b"ID=ubuntu\nVERSION_ID=18.04\n")], ("ubuntu", "18.04", True)),
        ([file("etc/os-release", b"ID=alpine\nVERSION_ID=3.22.1\n")], ("alpine", "3.22", False)),
        ([file("etc/os-release", b'ID="rocky"\nVERSION_ID="8.9"\n')], ("rockylinux", "8", False)),
        ([file("etc/os-release", b'ID=centos\nVERSION_ID=8\nPRETTY_NAME="CentOS Linux 8"\n')], ("centos", "8", True)),
        ([file("etc/os-release", b'ID=centos\nVERSION_ID=9\nPRETTY_NAME="CentOS Stream 9"\n')], ("centos-stream", "9", False)),
        ([file("usr/local/include/python3.8/patchlevel.h", header("3.8.18"))], ("python", "3.8", True)),
        ([file("opt/conda/conda-meta/python-3.9.18-h1_0.json", b'{"name": "python", "version": "3.9.18"}')], ("python", "3.9", True)),
        ([file("var/lib/dpkg/status", status(**{"python3.8-minimal": "3.8.20-1+jammy1"}))], ("python", "3.8", True)),
        ([file("var/lib/dpkg/status", status(nodejs="18.20.4-1nodesource1"))], ("node", "18", True)),
        ([file("usr/local/cuda-11.4/version.json", b'{"cuda": {"version": "11.4.3"}}')], ("cuda", "11.4", True)),
        ([file("opt/conda/conda-meta/cudatoolkit-10.2.89-h1_0.json", b'{"name": "cudatoolkit", "version": "10.2.89"}')], ("cuda", "10.2", True)),
    ],
)  # fmt: skip
def test_what_the_files_of_an_image_show_has_an_end_of_life(files, expected):
    (end,) = (fact for fact in facts(files) if isinstance(fact, EndOfLife))
    assert (end.product, end.cycle, end.ended) == expected
    assert end.source == "image"


@pytest.mark.parametrize(
    "files",
    [
        [file("var/lib/dpkg/status", status(**{"python3.9": "3.9.2-1"}))],
        [file("var/lib/dpkg/status", status(nodejs="18.20.4+dfsg-1~deb12u1"))],
        [
            file("usr/include/python3.9/patchlevel.h", header("3.9.2")),
            file("var/lib/dpkg/info/libpython3.9-dev:amd64.list", b"/usr/include/python3.9/patchlevel.h\n"),
            file("var/lib/dpkg/status", status(**{"libpython3.9-dev": "3.9.2-1"})),
        ],
        [file("etc/os-release", b"ID=wolfi\nVERSION_ID=20230201\n")],
    ],
)
def test_what_a_distribution_maintains_has_the_end_of_the_distribution(files):
    assert not [fact for fact in facts(files) if isinstance(fact, EndOfLife)]


def test_a_runtime_that_a_later_layer_removes_does_not_ship():
    path = "usr/local/include/python3.8/patchlevel.h"
    (end,) = (fact for fact in facts([file(path, header("3.8.1"), ships=False)]) if isinstance(fact, EndOfLife))
    assert (end.ended, end.ships) == (True, False)
    kept = facts([file(path, header("3.8.1"), ships=False), file(f"opt/py/{path}", header("3.8.2"))])
    (end,) = (fact for fact in kept if isinstance(fact, EndOfLife))
    assert end.ships, "another copy of the same line does"
