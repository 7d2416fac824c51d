"""Without a daemon; tests/integration has one."""

from __future__ import annotations

import gc

import pytest

from scanner.errors import TargetError
from scanner.sources.image import open_image
from scanner.sources.image.docker import inspect


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # the SDK's, of the connection that failed
@pytest.mark.parametrize("ask", [lambda: open_image("docker:app:1"), lambda: inspect("app:1")])
def test_where_no_daemon_answers_it_says_what_to_do(monkeypatch, tmp_path, ask):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(TargetError, match=r"no Docker daemon answers at unix://.*none\.sock") as error:
        ask()
    assert "DOCKER_HOST" in error.value.hint
    assert "registry:" in error.value.hint
    del error
    gc.collect()
