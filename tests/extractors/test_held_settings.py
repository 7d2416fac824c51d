"""Settings of tools in layers: what counts, where, and when an instruction says it already."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.derive import DERIVERS
from scanner.extractors.held_settings import EXTRACTORS
from scanner.model.facts import PackageIndex, PasswordlessSudo, VerificationOff
from scanner.parsers import sudoers
from tests.extractors.image_files import file

(SETTINGS,) = EXTRACTORS


@pytest.mark.parametrize(
    "path",
    [
        "etc/pip.conf", "root/.config/pip/pip.conf", "opt/conda/.condarc", "etc/apt/sources.list", "root/.gitconfig",
        "etc/apt/sources.list.d/a.sources", "etc/sudoers", "etc/sudoers.d/app",
    ],
)  # fmt: skip
def test_files_that_tools_read_are_wanted(path):
    assert SETTINGS.wants(file(path, b""))
    assert not SETTINGS.wants(file(path, b"").replace(link="elsewhere"))
    assert not SETTINGS.wants(file(f"usr/share/doc/{path}", b""))


@pytest.mark.parametrize(
    "path",
    [
        "srv/app/tests/pip.conf",
        "srv/examples/.npmrc",
        "app/pip.conf.bak",
        "pip/conf",
        "etc/sudoers.d/a.bak",
        "etc/sudoers~",
    ],
)
def test_others_are_not(path):
    assert not SETTINGS.wants(file(path, b""))


def concluded(*facts):
    """What the facts say after all derivers."""
    every = list(facts)
    for derive in DERIVERS:
        every += derive(every, "2026-01-01")
    return [fact for fact in every if type(fact) in {PackageIndex, VerificationOff, PasswordlessSudo}]


def test_a_file_in_two_layers_says_a_thing_once():
    data = b"[global]\nindex-url = https://pypi.corp.example/simple\ntrusted-host = pypi.corp.example\n"
    item = file("etc/pip.conf", data)
    facts = [fact for _ in range(2) for fact in SETTINGS.extract(item)]
    index, check = concluded(*facts)
    assert (index.kind, index.role, index.host) == ("package-index", "primary", "pypi.corp.example")
    assert (check.kind, check.tool, check.host, check.lasting) == (
        "verification-off", "pip", "pypi.corp.example", True
    )  # fmt: skip


def test_a_file_that_a_later_layer_removes_says_nothing():
    facts = [
        fact.replace(ships=False) for fact in SETTINGS.extract(file("etc/pip.conf", b"[global]\nindex-url=http://a/\n"))
    ]
    assert facts
    assert concluded(*facts) == []


def test_what_an_instruction_is_known_to_set_is_told_of_there():
    (held,) = SETTINGS.extract(file("etc/pip.conf", b"trusted-host = a.example\n"))
    said = VerificationOff(**{field: getattr(held, field) for field in held.field_names()}).replace(
        how="trusted-host a.example"
    )
    assert concluded(held, said) == [said]


@pytest.mark.parametrize(
    ("line", "who"),
    [
        ("app ALL=(ALL) NOPASSWD: ALL", ["app"]),
        ("%wheel\tALL = NOPASSWD:ALL", ["%wheel"]),
        ("ALL ALL=(ALL:ALL) NOPASSWD:SETENV: ALL", ["ALL"]),
        ("#1000 ALL=(ALL) NOPASSWD: ALL", ["#1000"]),
        ("app ALL=(ALL) NOPASSWD: /bin/ls, ALL", ["app"]),
        ("app ALL=(ALL) \\\n  NOPASSWD: ALL", ["app"]),
        ("app ALL=(ALL) ALL", []),
        ("# app ALL=(ALL) NOPASSWD: ALL", []),
        ("app ALL=(ALL) NOPASSWD: /usr/bin/INSTALL", []),
        ("app ALL=(ALL) ALL # NOPASSWD: ALL", []),
        ("Defaults env_reset", []),
    ],
)
def test_rules_of_sudo(line, who):
    text = f"root ALL=(ALL:ALL) ALL\n{line}\n"
    found = list(sudoers.passwordless(text))
    assert [name for name, _, _ in found] == who
    assert all(text[start:end].startswith(name) for name, start, end in found)


@given(st.text(alphabet="aALNOPSWD:=(),%# \t\n\\", max_size=300))
def test_any_configuration_of_sudo_is_read(text):
    for name, start, end in sudoers.passwordless(text):
        assert 0 <= start < end <= len(text)
        assert name
