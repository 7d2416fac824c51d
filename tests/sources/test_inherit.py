"""What a resolved base image sets counts for the stages that start from it, and says where it comes from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.engine.judge import judge
from scanner.engine.load import load
from scanner.errors import TargetError
from scanner.scan import collect
from scanner.sources import dockerfile
from scanner.sources.image.resolve import described

DIGEST = "sha256:" + "5" * 64
BASE = {
    "User": "app",
    "Env": ["PATH=/opt/bin:/bin", "MODE=base", "EMPTY"],
    "WorkingDir": "/srv",
    "ExposedPorts": {"8000/tcp": {}},
    "Entrypoint": ["python", "-m", "vllm.entrypoints.openai.api_server"],
    "Cmd": ["--host", "0.0.0.0"],
    "Healthcheck": {"Test": ["CMD-SHELL", "curl -f http://127.0.0.1/ || exit 1"]},
    "Shell": ["/bin/bash", "-c"],
    "OnBuild": ["ENV TRIGGERED=yes", "USER builder"],
}


class Asked:
    """A resolver that knows one config, and what it was asked for."""

    def __init__(self, config, digest=DIGEST):
        self.config, self.digest, self.calls = config, digest, []

    def __call__(self, reference, platform):
        self.calls.append((reference, platform))
        if self.config is None:
            raise TargetError("nobody answers", hint="do something")
        return described(self.config, self.digest)


PLAIN = {**BASE, "OnBuild": []}


def target(text, config=None, **options):
    return dockerfile.read(text, resolve=Asked(BASE if config is None else config), **options)


def words(found):
    return [word.text for word in found.config.commands[0].words] if found.config.commands else []


def findings(found, *ids):
    facts = collect(found, "2026-01-01", [])
    return [one for one in judge(load(), facts)[0] if one.rule.id in ids]


def test_settings_are_inherited():
    found = target("FROM acme/base:1\n", PLAIN)
    config = found.config
    assert (config.user, config.workdir) == ("app", "/srv")
    assert dict(config.env) == {"PATH": "/opt/bin:/bin", "MODE": "base", "EMPTY": ""}
    assert [port.text for port in config.ports] == ["8000/tcp"]
    assert words(found) == ["python", "-m", "vllm.entrypoints.openai.api_server", "--host", "0.0.0.0"]
    assert config.healthcheck_declared
    assert [command.program for command in config.healthcheck] == ["curl", "exit"]
    assert config.inherited == {
        "user", "command", "entrypoint", "cmd", "healthcheck", "port.8000", "env.PATH", "env.MODE", "env.EMPTY",
    }  # fmt: skip
    assert found.problems == []


def test_where_they_come_from_is_where_from_names_the_image():
    found = target("ARG X\nFROM --platform=linux/arm64 acme/base:1 AS it\n", PLAIN)
    for name in ("user", "command", "port.8000", "env.MODE", "healthcheck"):
        for evidence in found.config.says[name]:
            assert str(evidence.at) == "Dockerfile:2:29"
            assert evidence.note == "inherited from acme/base:1"
    command = found.config.commands[0]
    for evidence in (command.evidence(), *map(command.evidence, command.words)):
        assert (evidence.at.span, evidence.note) == ((2, 29, 2, 39), "inherited from acme/base:1")


def test_the_file_goes_before_its_base():
    found = target(
        'FROM acme/base:1\nUSER 7\nENV MODE=own\nWORKDIR sub\nEXPOSE 9\nENTRYPOINT ["/x"]\nHEALTHCHECK NONE\n'
        "RUN echo $MODE\n"
    )
    config = found.config
    assert (config.user, config.workdir, config.env["MODE"]) == ("7", "/srv/sub", "own")
    assert words(found) == ["/x"]
    assert config.healthcheck == ()
    assert config.inherited == {"env.PATH", "env.EMPTY", "port.8000"}
    assert found.steps[-1].shell == ("/bin/bash", "-c")


def test_a_command_of_the_file_goes_to_the_entrypoint_of_its_base():
    found = target('FROM acme/base:1\nCMD ["--port", "1"]\n')
    assert words(found) == ["python", "-m", "vllm.entrypoints.openai.api_server", "--port", "1"]
    assert "command" not in found.config.inherited
    assert str(found.config.commands[0].evidence(found.config.commands[0].words[-1]).at) == "Dockerfile:2:16"


def test_triggers_run_in_the_stage_that_names_the_image_and_not_in_those_on_top():
    found = target("FROM acme/base:1 AS one\nUSER 5\nFROM one\n")
    assert found.config.user == "5"
    assert found.config.env["TRIGGERED"] == "yes"
    assert target("FROM acme/base:1\n").config.user == "builder"


def test_stages_inherit_what_a_stage_inherited():
    found = target("FROM acme/base:1 AS one\nFROM one\n", PLAIN)
    assert found.config.user == "app"
    assert "command" in found.config.inherited


def test_a_variable_that_nobody_sets_is_empty_once_the_base_is_known():
    text = "FROM acme/base:1\nENV A=x${NOWHERE}\nUSER ${MODE}\n"
    assert dockerfile.read(text).config.env["A"] is None
    assert target(text).config.env["A"] == "x"
    assert target(text).config.user == "base"


def test_an_image_that_sets_nothing_leaves_the_defaults():
    found = target("FROM acme/base:1\n", {"Env": None, "Entrypoint": None})
    assert (found.config.user, found.config.workdir, found.config.commands) == ("", "/", ())
    assert found.config.healthcheck_declared is False
    assert found.config.inherited == frozenset()


def test_an_argument_chooses_the_image_that_is_asked_for():
    asked = Asked({})
    dockerfile.read(
        "ARG TAG=2\nFROM acme/base:${TAG} AS a\nFROM --platform=linux/arm64 b\nCOPY --from=a / /\n"
        "FROM --platform=$BUILDPLATFORM c\nCOPY --from=1 / /\n",
        resolve=asked,
    )
    assert asked.calls == [("acme/base:2", None), ("b", "linux/arm64"), ("c", None)]


@pytest.mark.parametrize(
    "text", ["FROM scratch\n", "FROM $NOBODY\n", "ARG X\nFROM a:$X\n", "FROM a AS one\nFROM scratch\n"]
)
def test_what_is_not_known_or_not_built_is_not_asked_for(text):
    asked = Asked({})
    dockerfile.read(text, resolve=asked)
    assert asked.calls == []


def test_an_image_that_nobody_knows_is_one_problem_and_stays_undecided():
    text = "FROM acme/base:1 AS a\nFROM acme/base:1\nCOPY --from=a / /\n"
    found = dockerfile.read(text, resolve=Asked(None))
    assert [(str(one.at), one.remedy) for one in found.problems] == [("Dockerfile:1:6", "do something")]
    assert "acme/base:1 cannot be asked" in found.problems[0].reason
    assert found.config.user is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
WORDS = st.lists(
    st.sampled_from(["", " ", "a", "$A", "sh", "-c", "x; y", "=", "A=", "\n", "\u2028", '"', "\\", "ü"]), max_size=5
)
TRIGGERS = st.lists(
    st.tuples(
        st.sampled_from(["RUN", "COPY", "CMD", "ENV", "USER", "ONBUILD", "FROM", "HEALTHCHECK", "ADD", ""]), WORDS
    ).map(lambda line: " ".join((line[0], *line[1]))),
    max_size=3,
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(("Env", "Entrypoint", "Cmd", "Shell"), WORDS | JSON),
            **{key: st.text(max_size=5) | JSON for key in ("User", "WorkingDir")},
            "OnBuild": TRIGGERS | JSON,
            "ExposedPorts": st.dictionaries(st.text(max_size=5), st.none()) | JSON,
            "Healthcheck": st.fixed_dictionaries({"Test": WORDS.map(lambda words: ["CMD-SHELL", *words])}) | JSON,
        },
    )
)
def test_whatever_a_config_holds_the_scan_goes_on(config):
    found = target('FROM acme/base:1 AS one\nRUN x\nFROM one\nCMD ["a"]\n', config)
    assert found.config is not None
    collect(found, "2026-01-01", [])


@pytest.mark.parametrize("line", ["NONSENSE x", "USER a\nUSER b", "", "ENV"])
def test_a_trigger_that_cannot_be_read_is_a_problem(line):
    found = target("FROM acme/base:1\n", {"OnBuild": [line, "USER good"]})
    assert [problem.reason for problem in found.problems] == [
        "an ONBUILD instruction of the base image acme/base:1 cannot be read"
    ]
    assert found.config.user == "good"


class TestFindings:
    def test_root_is_decided(self):
        text = "FROM acme/base:1\n"
        assert not findings(dockerfile.read(text), "root-user")
        assert not findings(target(text, {"User": "app"}), "root-user")
        for user in ("", "root", "0:0"):
            (found,) = findings(target(text, {"User": user}), "root-user")
            assert found.at.span.first_line == 1

    def test_a_health_check_of_the_base_is_one(self):
        text = "FROM python:3.12\nCMD x\n"
        assert findings(dockerfile.read(text), "missing-healthcheck")
        assert not findings(target(text), "missing-healthcheck")

    def test_a_server_of_the_base_is_told_as_inherited_and_not_as_the_files_own(self):
        found = target("FROM acme/base:1\n")
        assert [one.rule.id for one in findings(found, "inherited-open-server", "open-llm-server")] == [
            "inherited-open-server"
        ]
        own = target('FROM acme/base:1\nCMD ["--host", "0.0.0.0", "--port", "1"]\n')
        assert [one.rule.id for one in findings(own, "inherited-open-server", "open-llm-server")] == ["open-llm-server"]

    def test_ports_and_variables_of_the_base_are_not_reported_as_the_files(self):
        found = target("FROM acme/base:1\n", {"ExposedPorts": {"22/tcp": {}}, "Env": ["DB_PASSWORD=hunter2hunter2"]})
        assert not findings(found, "ssh-port-exposed", "secret-in-env")

    def test_a_server_known_by_its_image_is_still_found_behind_an_entry_script(self):
        text = 'FROM ollama/ollama:0.12.10\nCMD ["serve"]\n'
        plain = [one.rule.id for one in findings(dockerfile.read(text), "open-ollama", "inherited-open-server")]
        scripted = target(text, {"Entrypoint": ["/entry.sh", "-", "x", "--verbose"]})
        assert [one.rule.id for one in findings(scripted, "open-ollama", "inherited-open-server")] == plain
        bare = target("FROM ollama/ollama:0.12.10\n", {"Entrypoint": ["/entry.sh"]})
        assert [one.rule.id for one in findings(bare, "inherited-open-server")] == ["inherited-open-server"]

    def test_a_user_that_nobody_switches_to_is_still_told(self):
        text = "FROM acme/base:1\nRUN useradd app\n"
        assert findings(target(text, {"User": "root"}), "user-created-unused")
        assert not findings(target(text, {"User": "app"}), "user-created-unused")

    @pytest.mark.parametrize(("text", "rule"), [
        ("FROM python:3.12\n", "base-version-floating"),
        ("FROM python:3.12.1\n", "base-not-pinned-by-digest"),
        ("FROM debian\n", "base-latest"),
    ])  # fmt: skip
    def test_the_digest_of_today_is_shown_where_one_is_asked_for(self, text, rule):
        (found,) = findings(target(text), rule)
        assert f"(today {DIGEST})" in found.message
        (found,) = findings(dockerfile.read(text), rule)
        assert "today" not in found.message
