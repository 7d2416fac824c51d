"""Paths of credential files are told by expressions, which a cheaper look spares most paths."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.extractors.credential_files import _MARKS, _PATHS, credential_type


@pytest.mark.parametrize(("pattern", "kind"), _PATHS, ids=lambda each: each if isinstance(each, str) else "")
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_what_an_expression_matches_has_one_of_the_marks(pattern, kind, data):
    path = data.draw(st.from_regex(pattern.search.__self__))
    assert any(mark in path.lower() for mark in _MARKS)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("home/app/.AWS/credentials", "aws"),
        ("srv/prod.env", ".env"),
        ("keys/deploy_rsa", "ssh key"),
        ("keys/server-key.pem", "private key"),
        ("gcp-key.json", "google cloud"),
        ("root/.config/gcloud/x.db", "cloud"),
        ("kaggle.json", "kaggle"),
        ("config.json", ""),
        ("app.py", ""),
        ("keys/server-key.pem.example", ""),
    ],
)
def test_a_path_is_told_by_its_name_and_folder(path, kind):
    assert credential_type(path) == kind
