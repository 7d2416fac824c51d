"""A rule file to change, a fact kind of its own, and targets made by hand."""

from __future__ import annotations

import textwrap

import pytest

from scanner.engine import rulefile
from scanner.engine.document import Document
from scanner.errors import RuleError

RULE = """\
id: root-user
title: The container runs as root
severity: high
confidence: high
profile: default
subject: runtime-user
when:
  is_root: true
message: The process runs as {name}.
why: Root owns everything.
fix: Switch to a user.
bad:
  - name: root by name
    dockerfile: |
      FROM python:3.12
      # expect
      USER root
good:
  - name: a user
    dockerfile: |
      FROM python:3.12
      USER app
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty rule folder; rules are kept in a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    where = tmp_path / "rules"
    where.mkdir()
    return where


@pytest.fixture
def read(folder):
    """Reads a rule file made of RULE with some of its text replaced."""

    def run(*changes, lists=None, frameworks=None, name="root-user.yaml", text=RULE):
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = folder / name
        path.write_text(textwrap.dedent(text))
        return rulefile.read(str(path), lists or {}, frameworks or {})

    return run


@pytest.fixture
def complaint(read, folder):
    """The error (without the folder) and its hint for a rule file made so."""

    def run(*changes, **options):
        with pytest.raises(RuleError) as caught:
            read(*changes, **options)
        return str(caught.value).removeprefix(f"{folder}/"), caught.value.hint

    return run


@pytest.fixture
def document():
    """A document that is not on disk."""
    return Document("x.yaml", RuleError)
