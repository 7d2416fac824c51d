"""Which texts of a layer are kept for what an image starts, and what of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.extractors.services import EXTRACTORS as SERVICES
from scanner.extractors.services import places
from scanner.extractors.services.products import by_name, starts
from scanner.extractors.start_files import EXTRACTORS, MAX_LINK, MAX_SIZE
from scanner.model.location import Location, Text
from scanner.model.target import Config, Stage
from scanner.parsers import shell
from tests.extractors.image_files import file
from tests.made_secrets import made

(STARTS,) = EXTRACTORS
SCRIPT = b"#!/bin/sh\nexec serve\n"


@pytest.mark.parametrize(
    "path",
    [
        "entrypoint.sh", "usr/local/bin/docker-entrypoint.sh", "usr/bin/start.sh", "usr/src/app/run.bash", "start",
        "usr/local/bin/docker-entrypoint", "usr/bin/entrypoint", "opt/app/deep/down/below/launch.sh",
        "app/app.py", "app/main.py", "srv/src/api_server.py", "workspace/web_demo.py", "home/me/app2.py", "x/app-1.2.py",
        "app/Main.py", "srv/Home.py", "srv/rag_v2.py", "opt/comfyui/main.py", "examples/gradio/start-ui.py", "app/pkg/__main__.py", "app/gunicorn.conf.py",
        "etc/jupyter/jupyter_server_config.py", "root/.jupyter/jupyter_notebook_config.json",
        "opt/conda/etc/jupyter/jupyter_lab_config.py", "app/.streamlit/config.toml", "etc/supervisord.conf",
        "etc/supervisor/conf.d/supervisord.conf", "app/supervisor.ini", "home/model-server/config.properties",
        "etc/ssh/sshd_config", "qdrant/config/production.yaml", "app/litellm_config.yaml", "app/config.yml",
    ],
)  # fmt: skip
def test_what_an_image_may_start_or_be_set_up_by_is_wanted(path):
    assert STARTS.wants(file(path, SCRIPT))
    assert not STARTS.wants(file(path, SCRIPT, layer=None))


@pytest.mark.parametrize(
    "path",
    [
        "usr/lib/python3/dist-packages/x/main.py", "usr/local/lib/python3.12/site-packages/x/app.py", "usr/share/x/run.sh",
        "opt/venv/lib/python3.11/site-packages/x/start.sh", "app/node_modules/x/config.yaml", "srv/app/file1234.py",
        "srv/app/utils.py", "app/applied.py", "srv/model/config.json", "srv/data.json", "README.md", "app/start.pyc",
        "var/lib/dpkg/info/x.conf", "opt/conda/lib/x/start.sh", "opt/conda/pkgs/x/info/run.sh", "root/.cache/x/run.sh",
        "LICENSE", "app/data", "etc/mke2fs.conf", "usr/local/lib/x/start.sh", "",
    ],
)  # fmt: skip
def test_packages_data_and_other_code_are_not(path):
    assert not STARTS.wants(file(path, SCRIPT))


def test_executables_without_a_suffix_are_wanted_where_people_put_theirs():
    for path in ("usr/local/bin/tool", "app/tool", "opt/tool/tool"):
        assert STARTS.wants(file(path, SCRIPT, mode=0o755))
        assert not STARTS.wants(file(path, SCRIPT))
        assert not STARTS.wants(file(path, SCRIPT, mode=0o755, size=MAX_SIZE + 1))
    for path in ("usr/bin/tool", "opt/venv/bin/tool", "etc/init.d/tool", "usr/lib/git-core/tool", "app/tool.so"):
        assert not STARTS.wants(file(path, SCRIPT, mode=0o755))


def test_links_are_wanted_that_may_lead_to_one():
    for path in ("bin", "entrypoint.sh", "srv/app", "opt/app/current", "usr/local/bin/entrypoint"):
        assert STARTS.wants(file(path, link="elsewhere", mode=0o777))
    for path in ("etc/alternatives/pager", "usr/lib/libx.so", "srv/models/snapshots/a/blob", "opt/x/libx.so.1"):
        assert not STARTS.wants(file(path, link="elsewhere", mode=0o777))


def test_a_hard_link_is_wanted_before_its_size_is_known():
    link = file("entrypoint", size=1 << 20).replace(hard_link=True)
    assert STARTS.wants(link)
    assert not STARTS.wants(link.replace(hard_link=False))


def kept(path, content, **more):
    return list(STARTS.extract(file(path, content, **more)))


def test_the_text_is_kept_with_its_size_and_mode():
    (fact,) = kept("entrypoint.sh", SCRIPT, mode=0o755)
    assert (fact.path, fact.text, fact.link, fact.size, fact.mode) == (
        "entrypoint.sh", SCRIPT.decode(), None, len(SCRIPT), 0o755,
    )  # fmt: skip


def test_a_link_is_kept_by_what_it_points_at():
    (fact,) = kept("entrypoint.sh", b"", link="usr/local/bin/run.sh")
    assert (fact.link, fact.text) == ("usr/local/bin/run.sh", None)
    assert kept("entrypoint.sh", b"", link="x" * (MAX_LINK + 1)) == []


@pytest.mark.parametrize(
    "content", [b"\x7fELF\0\0", b"#!/bin/sh\n" + b"#" * 2000 + b"\0", b"#!/bin/sh\n\0" + b"#" * MAX_SIZE]
)
def test_a_program_under_the_name_of_a_script_is_not_kept(content):
    assert kept("entrypoint.sh", content) == []


def test_of_a_large_text_it_is_kept_that_it_is_there():
    (fact,) = kept("entrypoint.sh", b"#!/bin/sh\n".ljust(1 << 20, b"#"))
    assert (fact.text, fact.size) == (None, 1 << 20)


@pytest.mark.parametrize(
    ("path", "content", "is_kept"),
    [
        ("usr/local/bin/serve", b"#!/bin/bash\n", True),
        ("usr/local/bin/serve", b"#!/usr/bin/env -S bash -e\n", True),
        ("usr/local/bin/serve", b"exec uvicorn app:app\n", True),
        ("usr/local/bin/serve", b"#!/usr/bin/python3\n", False),
        ("usr/local/bin/tool", b"exec uvicorn app:app\n", False),
        ("usr/local/bin/vllm", b"#!/usr/local/bin/python3.12\n", False),
    ],
)
def test_what_has_no_suffix_is_kept_when_a_shell_runs_it(path, content, is_kept):
    assert bool(kept(path, content, mode=0o755)) is is_kept


def test_content_decides_nothing_before_the_mask(monkeypatch):
    """What is kept is what ``File.text`` gives."""
    token = made("github-token").value
    item = file("run.sh", f"export TOKEN={token}\n".encode())
    masked = item.replace(text=lambda: Text.of_file("run.sh", "export TOKEN=***\n"))
    assert [fact.text for fact in STARTS.extract(masked)] == ["export TOKEN=***\n"]


@given(st.text(), st.integers(0, 0o7777), st.integers(0, 1 << 30), st.sampled_from([None, "", "a"]))
def test_no_path_is_too_strange(path, mode, size, link):
    STARTS.wants(file(path, mode=mode, size=size, link=link))


def asked(command):
    """The paths that the services' extractor looks up for a command without options."""
    paths = []
    found = Config(
        at=Location("x"), stage=Stage(index=0, at=Location("x")), user="", env={"HOME": "/root"}, workdir="/",
        commands=shell.parse(Text.of_file("x", command), {}.get).commands, says={}, find=paths.append,
    )  # fmt: skip
    list(SERVICES[0].extract(found))
    return paths


COMMANDS = [f"{program} {subcommand}".strip() for program, each in starts().items() for subcommand, _ in each]


def test_every_file_that_a_server_looks_for_by_itself_is_kept():
    """Its name stands in one place, from which both the servers' extractor and this one have it."""
    paths = {path for command in [*COMMANDS, "supervisord"] for path in asked(command) if not path.startswith("-")}
    programs = {path for path in paths if path.endswith(".py") and "jupyter" not in path}
    assert {path.rpartition("/")[2] for path in paths - programs} == places.names()
    for path in paths - programs:
        item = file(path.lstrip("/"), b"x")
        assert STARTS.wants(item)
        assert [fact.text for fact in STARTS.extract(item)] == ["x"]
    assert len(by_name()) > 40
