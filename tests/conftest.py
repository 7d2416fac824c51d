"""What all tests have in common."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True, scope="session")
def _no_database_of_the_user(tmp_path_factory: pytest.TempPathFactory):
    """Scans find what the tests give them, whatever advisories whoever runs them has fetched."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield
