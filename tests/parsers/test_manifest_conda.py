"""conda's specifications, environment files, explicit lists and lock files."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.model.location import Text
from scanner.parsers.manifests import conda


@pytest.mark.parametrize(
    ("words", "name", "specifier", "pinned", "bounded"),
    [
        ("pytorch", "pytorch", "", False, False),
        ("pytorch=2.1", "pytorch", "=2.1", False, True),
        ("pytorch=2.1.0", "pytorch", "=2.1.0", True, False),
        ("pytorch==2.1", "pytorch", "==2.1", True, False),
        ("pytorch=2.1.0=py310_cuda11.8", "pytorch", "=2.1.0=py310_cuda11.8", True, False),
        ("pytorch=2.1=py310_0", "pytorch", "=2.1=py310_0", True, False),
        ("pytorch=2.1.0=*cuda*", "pytorch", "=2.1.0=*cuda*", True, False),
        ("pytorch=2.1.*", "pytorch", "=2.1.*", False, True),
        ("pytorch=*=*cuda*", "pytorch", "=*=*cuda*", False, False),
        ("pytorch>=2", "pytorch", ">=2", False, True),
        ("pytorch >=2,<3", "pytorch", ">=2,<3", False, True),
        ("pytorch 2.1.0", "pytorch", "2.1.0", True, False),
        ("pytorch 2.1.*", "pytorch", "2.1.*", False, True),
        ("pytorch 2.1.0 py310_0", "pytorch", "2.1.0=py310_0", True, False),
        ("conda-forge::numpy=1.26.4", "numpy", "=1.26.4", True, False),
        ("conda-forge/linux-64::numpy", "numpy", "", False, False),
        ("pytorch[version='>=2.1']", "pytorch", ">=2.1", False, True),
        ("PyTorch", "pytorch", "", False, False),
        ("pytorch=${VERSION}", "pytorch", "=${VERSION}", None, None),
        ("pytorch>=${VERSION}", "pytorch", ">=${VERSION}", False, True),
    ],
)
def test_pinned_means_that_only_one_release_fits(words, name, specifier, pinned, bounded):
    spec = conda.spec(words)
    assert (spec.name, spec.specifier, spec.pinned, spec.bounded) == (name, specifier, pinned, bounded)
    assert spec.ecosystem == "conda"


def test_a_package_file_is_pinned_by_its_name():
    spec = conda.spec("https://x.test/linux-64/numpy-1.26.4-py310_0.conda#0123456789abcdef0123456789abcdef")
    assert (spec.name, spec.version, spec.pinned, spec.hashed, spec.origin) == ("numpy", "1.26.4", True, True, "url")


@pytest.mark.parametrize("words", ["", "=1", "a b c!\0", "-n", "a" * 9000])
def test_what_is_no_specification_is_refused(words):
    with pytest.raises(ValueError, match=r"."):
        conda.spec(words)


ENVIRONMENT = """\
name: ml
channels:
  - pytorch  # first
  - "conda-forge"
dependencies:
  - python=3.10
  - pytorch==2.1.0
  - 'numpy>=1.2'
  - pip
  - pip:
    - vllm==0.6
    - -r requirements.txt
    - --extra-index-url https://x.test/simple
    - git+https://x.test/a/b.git
  - scipy
prefix: /opt/env
variables:
  A: b
"""


def environment(value):
    text = Text.of_file("environment.yml", value)
    return text, conda.read(text)


def test_an_environment_file_lists_channels_conda_and_pip_requirements():
    text, manifest = environment(ENVIRONMENT)
    assert manifest.errors == ()
    assert [(e.spec.ecosystem, e.spec.name, *text.place(e.start)) for e in manifest.entries] == [
        ("conda", "python", 6, 5),
        ("conda", "pytorch", 7, 5),
        ("conda", "numpy", 8, 6),
        ("conda", "pip", 9, 5),
        ("pypi", "vllm", 11, 7),
        ("pypi", "b", 14, 7),
        ("conda", "scipy", 15, 5),
    ]
    assert [(i.url, i.role) for i in manifest.indexes] == [
        ("pytorch", "channel"),
        ("conda-forge", "channel"),
        ("https://x.test/simple", "extra"),
    ]
    assert [i.path for i in manifest.includes] == ["requirements.txt"]


def test_lists_on_one_line_and_lists_without_indentation_are_read():
    _, manifest = environment("channels: [pytorch, 'defaults']\ndependencies:\n- python=3.10\n- pip:\n  - torch\n")
    assert [i.url for i in manifest.indexes] == ["pytorch", "defaults"]
    assert [(e.spec.ecosystem, e.spec.name) for e in manifest.entries] == [("conda", "python"), ("pypi", "torch")]


def test_a_shape_that_is_not_read_is_an_error_and_no_silence():
    _, manifest = environment("dependencies: [{pip: [a]}]\nchannels:\n  pytorch\n")
    assert len(manifest.errors) == 2


def test_an_explicit_list_is_a_lock():
    text = Text.of_file(
        "conda-linux-64.lock",
        "# platform: linux-64\n@EXPLICIT\nhttps://x.test/linux-64/numpy-1.26.4-py310_0.conda#00112233445566778899aabbccddeeff\n",
    )
    manifest = conda.read(text)
    assert manifest.declared == "lock"
    assert [(e.spec.name, e.spec.version, e.spec.pinned) for e in manifest.entries] == [("numpy", "1.26.4", True)]


def test_a_plain_list_is_read():
    _, manifest = environment("# one\npytorch=2.1.0\nnumpy\n")
    assert [(e.spec.name, e.spec.pinned) for e in manifest.entries] == [("pytorch", True), ("numpy", False)]


LOCK = """\
version: 1
metadata:
  channels:
  - url: conda-forge
package:
- name: numpy
  version: 1.26.4
  manager: conda
  platform: linux-64
  dependencies:
    python: '>=3.10'
    version: 3
  url: https://x.test/numpy.conda
  hash:
    md5: aa
    sha256: bb
- name: numpy
  version: 1.26.3
  manager: conda
  platform: osx-64
  hash:
    sha256: bb
- name: torch
  version: '2.1'
  manager: pip
  platform: linux-64
  hash:
    sha256: cc
"""


def test_a_conda_lock_pins_every_package_for_linux():
    text = Text.of_file("conda-lock.yml", LOCK)
    manifest = conda.read(text)
    assert manifest.declared == "lock"
    assert [
        (e.spec.ecosystem, e.spec.name, e.spec.version, e.spec.hashed, text.place(e.start)) for e in manifest.entries
    ] == [
        ("conda", "numpy", "1.26.4", True, (6, 9)),
        ("pypi", "torch", "2.1", True, (23, 9)),
    ]


words = st.from_regex(r"[a-z][a-z0-9-]{0,6}[a-z](=[0-9]\.[0-9](\.[0-9])?)?", fullmatch=True)
channels = st.sampled_from(["pytorch", "conda-forge", "https://x.test/channel"])


@settings(max_examples=80, derandomize=True, deadline=None)
@given(
    st.lists(channels, max_size=3), st.lists(words, min_size=1, max_size=4), st.lists(words, max_size=3), st.booleans()
)
def test_what_a_yaml_library_writes_is_read_the_same(channels, dependencies, pip, flow):
    pip = [each.replace("=", "==") for each in pip]
    data = {
        "name": "x",
        "channels": channels,
        "dependencies": [*dependencies, *([{"pip": pip}] if pip and not flow else [])],
    }
    _, manifest = environment(
        yaml.safe_dump(data, default_flow_style=None if flow else False, sort_keys=False, width=10_000)
    )
    assert manifest.errors == ()
    assert [i.url for i in manifest.indexes] == channels
    said = [(e.spec.ecosystem, e.spec.name + e.spec.specifier) for e in manifest.entries]
    assert [name for kind, name in said if kind == "conda"] == dependencies
    if not flow:
        assert [name for kind, name in said if kind == "pypi"] == pip


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.text(alphabet="-: \n\t[]{}'\"#apicdehnls=1.&*!|>@EXPLICIT", max_size=80))
def test_no_text_makes_it_fail(value):
    text, manifest = environment("dependencies:\n" + value)
    assert all(0 <= e.start <= e.end <= len(text.value) for e in manifest.entries)
