"""A Dockerfile is played through: stages, variables, files, scripts, secrets."""

from __future__ import annotations

import random
import string

import pytest

from scanner.errors import TargetError, UsageError
from scanner.sources import dockerfile
from scanner.sources.dockerfile import MAX_DOCKERFILE, open_dockerfile, read


def unindent(text):
    lines = text.strip("\n").split("\n")
    width = len(lines[0]) - len(lines[0].lstrip())
    return "\n".join(line[width:] for line in lines) + "\n"


def target(text, context=None, **options):
    return read(unindent(text), context=context, **options)


def runs(found):
    """(path, line, words) of every command of the build, then of those that the container starts."""
    commands = [command for step in found.steps for command in step.commands] + list(found.config.commands)
    return [
        (c.source.path, c.evidence().at.span.first_line, " ".join(word.text for word in c.words))
        for c in commands
        if c.words
    ]


class TestStages:
    def test_only_the_stages_the_target_starts_from_ship(self):
        found = target(
            """
            FROM python:3.12 AS base
            FROM node:22 AS web
            FROM base AS unused
            FROM base
            COPY --from=web /dist /dist
            """
        )
        stages = {step.stage.name or step.stage.index: step.stage for step in found.steps if step.keyword == "FROM"}
        assert {name: (s.ships, s.reached) for name, s in stages.items()} == {
            "base": (True, True),
            "web": (False, True),
            "unused": (False, False),
            3: (True, True),
        }

    def test_a_stage_used_by_a_bind_mount_is_reached(self):
        found = target(
            """
            FROM a AS wheels
            FROM b
            RUN --mount=type=bind,from=wheels,target=/w pip install /w/x.whl
            """
        )
        assert all(step.stage.reached for step in found.steps)

    def test_stages_are_not_images(self):
        found = target(
            """
            FROM a AS one
            FROM one
            COPY --from=one /x /x
            COPY --from=0 /x /x
            COPY --from=ghcr.io/astral-sh/uv:0.5 /uv /bin/
            FROM scratch
            """
        )
        assert [word.text for step in found.steps for word in step.images] == ["a", "ghcr.io/astral-sh/uv:0.5"]

    def test_a_stage_that_does_not_exist_is_a_wrong_question(self):
        with pytest.raises(UsageError, match="no stage called 'nope'") as caught:
            target("FROM a AS one", target="nope")
        assert "one" in caught.value.hint

    def test_stages_that_start_from_themselves_or_later_ones_do_no_harm(self):
        found = target(
            """
            FROM b AS a
            FROM a AS b
            FROM b AS b
            """
        )
        assert found.config.stage.index == 2

    def test_too_many_stages_are_a_problem(self):
        found = read("FROM a\n" * 10_000)
        assert [problem.reason for problem in found.problems] == ["more than 1,000 stages; the rest was not looked at"]


class TestWhoRuns:
    @pytest.mark.parametrize(
        ("text", "user"),
        [
            ("FROM python:3.12", ""),
            ("FROM scratch", ""),
            ("FROM registry.example.com/team/base:1", None),
            ("FROM jupyter/base-notebook", "jovyan"),
            ("ARG BASE\nFROM ${BASE}", None),
            ("FROM python:3.12\nUSER $WHO", None),
            ("FROM python:3.12\nARG WHO=app\nUSER $WHO", "app"),
            ("FROM python:3.12 AS a\nUSER root\nFROM a", "root"),
            ("FROM python:3.12 AS a\nUSER app\nFROM python:3.12", ""),
        ],
    )
    def test_the_user_is_known_set_or_the_base_images(self, text, user):
        assert read(text + "\n").config.user == user

    def test_a_build_argument_given_decides(self):
        assert target("ARG BASE\nFROM ${BASE}", build_args={"BASE": "python:3.12"}).config.user == ""


class TestArgumentsWithoutDefault:
    def test_the_default_of_a_substitution_stands_in(self):
        found = target(
            """
            ARG FLAVOR
            ARG SAME
            FROM a:${FLAVOR:-devel} AS one
            ARG FLAVOR
            ENV X=${FLAVOR-y} Z=${FLAVOR:+z} Y=$FLAVOR ARCH=${TARGETARCH:-amd64}
            FROM a:${SAME}
            """
        )
        assert [step.images[0].text for step in found.steps if step.images] == ["a:devel", "a:${SAME}"]
        (env,) = [step.instruction for step in found.steps if step.keyword == "ENV"]
        assert [pair.value.known for pair in env.pairs] == [True, False, False, False]

    def test_a_value_given_counts_more(self):
        found = read("ARG FLAVOR\nFROM a:${FLAVOR:-devel}\n", build_args={"FLAVOR": "base"})
        assert found.steps[1].images[0].text == "a:base"


class TestFilesAndScripts:
    def test_scripts_from_the_context_are_read_where_they_stand(self):
        found = target(
            """
            FROM python:3.12
            WORKDIR /app
            COPY scripts/ ./bin/
            RUN bash bin/setup.sh
            ENTRYPOINT ["./bin/start.sh"]
            """,
            {
                "scripts/setup.sh": b"set -e\npip install torch\n",
                "scripts/start.sh": b"#!/bin/sh\nexec ray start --head\n",
            },
        )
        assert runs(found) == [
            ("Dockerfile", 4, "bash bin/setup.sh"),
            ("scripts/setup.sh", 1, "set -e"),
            ("scripts/setup.sh", 2, "pip install torch"),
            ("Dockerfile", 5, "./bin/start.sh"),
            ("scripts/start.sh", 2, "ray start --head"),
        ]

    def test_scripts_written_by_the_build_are_read_where_they_are_written(self):
        found = target(
            """
            FROM python:3.12
            RUN echo '#!/bin/sh' > /run.sh && \\
                echo 'jupyter lab --ip=0.0.0.0' >> /run.sh
            COPY <<EOF /start
            #!/bin/bash
            mlflow server
            EOF
            ENTRYPOINT /start && /run.sh
            """
        )
        assert ("Dockerfile", 3, "jupyter lab --ip=0.0.0.0") in runs(found)
        assert ("Dockerfile", 6, "mlflow server") in runs(found)

    @pytest.mark.parametrize("cmd", ['["mlflow", "server"]', "mlflow server"])
    def test_a_script_hands_on_what_it_was_given(self, cmd):
        found = target(
            f"""
            FROM python:3.12
            COPY start.sh /
            ENTRYPOINT ["/start.sh"]
            CMD {cmd}
            """,
            {"start.sh": b'#!/bin/sh\ncheck "$@"\nexec gosu app "$@"\n'},
        )
        commands = found.config.commands
        assert [word.text for word in commands[1].words] == ["check", *(w.text for w in commands[0].arguments)]
        (last,) = [command for command in commands if command.program == "mlflow"]
        assert last.source.place(last.words[0].start)[0] == 4
        assert "gosu" in [word.text for each in (last, commands[last.parent]) for word in each.wrappers]

    def test_a_script_that_is_given_nothing_hands_nothing_on(self):
        """As an ENTRYPOINT without CMD is judged by what it says: what somebody adds to ``docker run`` is theirs."""
        found = target(
            'FROM a\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n', {"start.sh": b'#!/bin/sh\nmlflow server "$@"\n'}
        )
        assert [word.text for word in found.config.commands[1].words] == ["mlflow", "server"]

    def test_what_a_script_is_given_in_a_variable_is_not_known(self):
        found = target(
            "FROM a\nCOPY start.sh /\nENTRYPOINT /start.sh $MORE\n", {"start.sh": b'#!/bin/sh\nmlflow server "$@"\n'}
        )
        (server,) = [each for each in found.config.commands if each.program == "mlflow"]
        assert [word.known for word in server.words] == [True, True, False]

    @pytest.mark.parametrize(
        ("lines", "path"),
        [
            ("USER root\nRUN echo x > ~/.a", "/root/.a"),
            ("USER root\nRUN echo x > $HOME/.a", "/root/.a"),
            ("USER app\nRUN echo x > ~/.a", "/home/app/.a"),
            ('ENV HOME=/srv\nUSER app\nRUN echo x > "$HOME"/.a', "/srv/.a"),
        ],
    )
    def test_the_home_folder_is_that_of_the_user(self, lines, path):
        found = target(f"FROM python:3.12\n{lines}\n")
        assert found.config.find(path) is not None
        assert found.config.find("~/.a") is not None

    @pytest.mark.parametrize(
        ("lines", "name", "is_found"),
        [
            ("COPY x /usr/local/bin/start.sh", "start.sh", True),
            ("COPY x /usr/local/bin/docker-entrypoint", "docker-entrypoint", True),
            ("COPY x /opt/start.sh", "start.sh", False),
            ("COPY x /opt/start.sh\nENV PATH=/opt:/bin", "start.sh", True),
            ("COPY x /opt/start.sh\nENV PATH=/opt:$PATH", "start.sh", False),
        ],
    )
    def test_a_script_that_is_no_path_is_looked_for_where_path_says(self, lines, name, is_found):
        found = target(f'FROM a\n{lines}\nENTRYPOINT ["{name}"]\n', {"x": b"mlflow server\n"})
        assert ("mlflow server" in [words for _, _, words in runs(found)]) is is_found

    @pytest.mark.parametrize(
        ("before", "folder"),
        [
            ("true", ""),
            ("cd /srv/app", "/srv/app"),
            ("cd srv && cd app", "srv/app"),
            ("cd /srv; pushd -n app", "/srv/app"),
            ("cd -P /srv", "/srv"),
            ("cd ~/app", "~/app"),
            ("(cd /srv) && bash -c 'cd /elsewhere'", "/srv"),
            ("cd $UNKNOWN", None),
            ("cd $UNKNOWN; cd app", None),
            ("cd $UNKNOWN; cd /srv", "/srv"),
            ("cd -", None),
            ("cd", None),
        ],
    )
    def test_a_command_runs_where_cd_has_led_to(self, before, folder):
        found = target(f"FROM a\nRUN {before}; last\nRUN other\n")
        (first, second) = [step.commands for step in found.steps if step.commands]
        assert [each.folder for each in (first[-1], second[0])] == [folder, ""]

    def test_what_a_script_runs_runs_where_it_is_started(self):
        context = {"start.sh": b'first\ncd lib\n./more.sh\nexec "$@"\n', "more.sh": b"second; cd deeper; third\n"}
        found = target(
            """
            FROM a
            COPY start.sh /srv/app/
            COPY more.sh /srv/app/lib/
            ENTRYPOINT ["/bin/sh", "-c", "cd /srv/app && ./start.sh fourth"]
            """,
            context,
        )
        folders = {command.program: command.folder for command in found.config.commands}
        assert [folders[name] for name in ("first", "second", "third", "fourth")] == [
            "/srv/app", "/srv/app/lib", "/srv/app/lib/deeper", "/srv/app/lib",
        ]  # fmt: skip

    def test_scripts_that_start_each_other_are_read_once(self):
        found = target(
            """
            FROM python:3.12
            COPY . /
            CMD ["sh", "/a.sh"]
            """,
            {"a.sh": b"sh /b.sh\n", "b.sh": b"sh /a.sh\n"},
        )
        assert [words for _, _, words in runs(found)] == ["sh /a.sh", "sh /b.sh", "sh /a.sh"]

    def test_other_languages_are_not_read_as_shell(self):
        found = target(
            "FROM a\nCOPY x.py y /\nRUN /x.py && /y",
            {"x.py": b"import os\n", "y": b"#!/usr/bin/env python\nimport os\n"},
        )
        assert [words for _, _, words in runs(found)] == ["/x.py", "/y"]

    @pytest.mark.parametrize(
        "command", ["RUN <<EOF\n#!/usr/bin/env python3", "RUN <<'EOF' python3", "RUN python3 <<EOF"]
    )
    def test_a_here_document_for_another_interpreter_is_its_input(self, command):
        found = read(f"FROM a\n{command}\nprint('x (y')\nEOF\nUSER app\n")
        (command,) = found.steps[1].commands
        assert command.program == "python3"
        assert "print('x (y')" in command.heredoc.value
        assert found.problems == []

    @pytest.mark.parametrize(
        ("copy", "path", "name"),
        [
            ("COPY requirements.txt .", "requirements.txt", "requirements.txt"),
            ("COPY requirements.txt /app/deps.txt", "deps.txt", "requirements.txt"),
            ("COPY . /srv", "/srv/requirements.txt", "requirements.txt"),
            ("COPY require*.txt ./", "requirements.txt", "requirements.txt"),
            ("COPY docker /opt/", "/opt/gpu/requirements.txt", "docker/gpu/requirements.txt"),
            ("COPY a.txt b.txt /opt/", "/opt/b.txt", "b.txt"),
            ("ADD ./docker/gpu/requirements.txt /tmp", "/tmp/requirements.txt", "docker/gpu/requirements.txt"),
            ("COPY requirements.txt .", "other.txt", None),
            ("COPY . $WHERE", "requirements.txt", None),
        ],
    )
    def test_paths_of_the_image_lead_back_to_the_context(self, copy, path, name):
        files = dict.fromkeys(("requirements.txt", "docker/gpu/requirements.txt", "a.txt", "b.txt"), b"")
        found = target(f"FROM a\nWORKDIR /app\n{copy}\nRUN true", files)
        file = found.steps[-1].find(path)
        assert (file.at.path if file else None) == name

    def test_paths_lead_back_through_stages_and_mounts(self):
        found = target(
            """
            FROM a AS one
            COPY src /src
            FROM b
            COPY --from=one /src/app /app
            RUN --mount=type=bind,source=req.txt,target=/tmp/req.txt pip install -r /tmp/req.txt
            RUN true
            """,
            {"src/app/x.txt": b"", "req.txt": b""},
        )
        mounted, after = found.steps[-2:]
        assert mounted.find("/app/x.txt").at.path == "src/app/x.txt"
        assert mounted.find("/tmp/req.txt").at.path == "req.txt"
        assert after.find("/tmp/req.txt") is None

    def test_a_file_that_is_written_over_is_the_last_one(self):
        found = target("FROM a\nCOPY x /x\nRUN echo new > /x\nRUN true", {"x": b"old\n"})
        assert found.steps[-1].find("/x").text().value.strip() == "new"

    def test_files_that_come_along_are_listed_once_with_the_copy_that_brings_them(self):
        found = target("FROM a\nCOPY a.txt /\nCOPY . /app", {"a.txt": b"", "b.txt": b""})
        brought = [(file.at.path, file.copied_by.at.span.first_line) for file in found.files if file.copied_by]
        assert brought == [("a.txt", 2), ("b.txt", 3)]


class TestSecrets:
    TOKEN = "hf_" + "".join(random.Random(5).choices(string.ascii_letters, k=34))

    def test_no_part_of_the_target_holds_a_secret(self):
        found = target(
            f"FROM a\n# {self.TOKEN}\nENV HF_TOKEN={self.TOKEN}\nRUN curl -H 'Bearer {self.TOKEN}' https://x.example"
        )
        assert self.TOKEN[4:] not in repr(found)
        assert self.TOKEN[4:] not in repr([file.text() for file in found.files])

    def test_secrets_belong_to_their_step_or_to_the_file(self):
        found = target(f"FROM a\n# {self.TOKEN}\nENV HF_TOKEN={self.TOKEN}")
        assert [(step.keyword, len(step.secrets)) for step in found.steps] == [("FROM", 0), ("ENV", 1)]
        (itself,) = found.files
        assert [hit.at.span.first_line for hit in itself.secrets] == [2]


class TestWhatCannotBeRead:
    def test_errors_of_the_syntax_are_problems_with_their_line_and_the_rest_is_read(self):
        found = target("FROM a\nRUM pip install x\nRUN pip install y")
        assert [(p.at.span.first_line, "RUM" in p.reason) for p in found.problems] == [(2, True)]
        assert ("Dockerfile", 3, "pip install y") in runs(found)

    def test_powershell_is_a_problem_once(self):
        found = target('FROM mcr.microsoft.com/windows\nSHELL ["powershell"]\nRUN Get-Item x\nRUN Get-Item y')
        assert [p.reason for p in found.problems] == [
            "commands for PowerShell are not read: only those for POSIX shells are"
        ]

    def test_a_variable_the_builder_refuses_is_a_problem_at_its_word(self):
        found = target("FROM a\nUSER ${x")
        (problem,) = found.problems
        assert problem.at.span.first_line == 2

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b"F\0R\0O\0M\0", "not UTF-8 text"),
            (b"\xff\xfeF\0", "not UTF-8 text"),
            (b"#" * (MAX_DOCKERFILE + 1), "larger than"),
        ],
    )
    def test_what_is_no_dockerfile_is_a_problem(self, tmp_path, data, reason):
        (tmp_path / "Dockerfile").write_bytes(data)
        found = open_dockerfile(str(tmp_path / "Dockerfile"))
        assert reason in found.problems[0].reason
        assert found.config is None

    def test_a_byte_that_is_not_utf8_is_a_problem_and_the_rest_is_read(self, tmp_path):
        (tmp_path / "Dockerfile").write_bytes(b"FROM a\nLABEL x=\xff\nUSER app\n")
        found = open_dockerfile(str(tmp_path / "Dockerfile"))
        assert [p.at.span.first_line for p in found.problems] == [2]
        assert found.config.user == "app"

    def test_a_file_that_cannot_be_opened_is_an_error(self, tmp_path):
        with pytest.raises(TargetError, match="nope"):
            open_dockerfile(str(tmp_path / "nope"))


class TestContextFolder:
    def test_it_is_the_dockerfiles_own_or_the_nearest_above_that_has_what_is_copied(self, tmp_path):
        (tmp_path / ".git").mkdir()
        (tmp_path / "docker").mkdir()
        (tmp_path / "requirements.txt").write_text("torch\n")
        file = tmp_path / "docker" / "Dockerfile"
        file.write_text("FROM a\nCOPY requirements.txt /r.txt\nRUN pip install -r /r.txt\n")
        found = open_dockerfile(str(file))
        assert found.steps[-1].find("/r.txt").at.path == str(tmp_path / "requirements.txt")
        file.write_text("FROM a\nCOPY nowhere.txt requirements.txt /\nRUN true\n")
        assert open_dockerfile(str(file)).steps[-1].find("/requirements.txt") is None


def test_positions_are_those_of_the_file():
    found = dockerfile.read("FROM a\nRUN apt-get update && \\\n    # why\n    pip install 'torch' keras\n")
    (pip,) = [c for c in found.steps[1].commands if c.program == "pip"]
    assert [c.evidence(word).at.span for c in [pip] for word in pip.words[2:]] == [(4, 17, 4, 23), (4, 25, 4, 29)]
