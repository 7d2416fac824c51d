"""An image's config and history say what a Dockerfile would have said: the same facts, places and masks."""

from __future__ import annotations

import json
from collections import Counter
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.engine.load import load
from scanner.reporters import FORMATS, render
from scanner.reporters import Options as ReportOptions
from scanner.scan import Options, collect, scan_image
from scanner.sources import dockerfile
from scanner.sources.image import origin, target
from scanner.sources.image.image import Blob, Image
from tests.parsers.test_image_config import CONFIGS
from tests.sources.buildkit import COMMENT, built

FIXTURES = Path(__file__).parents[2] / "fixtures"
RULES = load()
OPTIONS = Options(rules=RULES, build_args={}, keep_facts=True)
SUM = "5d673d25da3a14ce1f6cf66e4c7fd4f4b85a3759a9d93efb3fd9ff852b5b56e4"
TOKEN = "hf_" + "qWm8ZtRk3VbNx7LpYcJd2HsFgT5aEu9KvQ"[:34]


def image(*created_by, config=None, layers=(), name="registry:acme/serve:1", comment=""):
    """``!`` in front of an entry: it made no layer."""
    entries = [
        {"created_by": text.removeprefix("!"), "comment": comment} | ({"empty_layer": True} if text[0] == "!" else {})
        for text in created_by
    ]
    count = sum("empty_layer" not in entry for entry in entries)
    whole = {
        "config": config or {},
        "history": entries,
        "rootfs": {"diff_ids": [f"sha256:{n:064x}" for n in range(count)]},
    }
    return Image(name=name, digest="", config=whole, layers=tuple(layers))


def buildkit(*created_by, **more):
    return image(*created_by, comment=COMMENT, **more)


def facts(found, kind):
    return [fact for fact in collect(found, "2026-01-01", []) if fact.kind == kind]


def commands(found):
    return [[word.text for word in command.words] for step in found.steps for command in step.commands]


COMPARED = {
    "runtime-user": ("name", "is_root"),
    "environment-variable": ("name", "value"),
    "exposed-port": ("port", "protocol"),
    "requirement": ("ecosystem", "name", "specifier", "version", "pinned"),
    "download": ("url", "verified", "executed", "piped_to"),
    "command": ("moment", "words"),
    "service": ("product", "address", "port", "open", "auth", "started_by", "risk"),
    "model-download": ("name", "source", "revision_pinned", "call", "moment"),
    "git-clone": ("url", "reference", "commit_pinned", "used"),
    "health-check": ("declared", "disabled"),
}
LOST = {
    # what a COPY with a here-document wrote
    "heredoc-training": {"requirement", "command", "model-download"},
    "pixi-robotics": {"command"},
    # ADD --checksum
    "onnx-gpu-service": {"download"},
    "rapids-spark": {"download"},
    "yolo-edge": {"download"},
    # what is known of the image that FROM names
    "litellm-gateway": {"service"},
    "open-webui-custom": {"service", "runtime-user", "health-check"},
    "serve-tensorflow-serving": {"service"},
    "serve-torchserve": {"service"},
    "tei-embeddings": {"service"},
    "tgi-endpoint": {"service"},
}
"""What is in no history."""


def compared(found):
    counted = {kind: Counter() for kind in COMPARED}
    for fact in collect(found, "2026-01-01", []):
        if fact.kind in COMPARED and getattr(fact, "ships", True):
            counted[fact.kind][tuple(getattr(fact, name) for name in COMPARED[fact.kind])] += 1
    return counted


@pytest.mark.parametrize("name", sorted(path.parent.name for path in FIXTURES.glob("*/Dockerfile")))
def test_a_dockerfile_and_its_image_state_the_same_facts(name):
    """All that the Dockerfile alone says for sure, the image that BuildKit makes of it says too, and no more."""
    source = dockerfile.read((FIXTURES / name / "Dockerfile").read_text(encoding="utf-8"))
    if source.config is None:
        pytest.skip("it has no stage")
    said, shown = compared(source), compared(target.read(built(source)))
    for kind in COMPARED.keys() - LOST.get(name, set()):
        missing, more = said[kind] - shown[kind], shown[kind] - said[kind]
        assert all(None in fact for fact in missing), kind
        assert more.total() == missing.total(), kind


class TestConfig:
    def test_the_config_is_the_truth_and_root_is_said_by_silence(self):
        found = target.read(image())
        assert (found.config.user, found.config.workdir, found.config.healthcheck_declared) == ("", "/", False)
        (user,) = facts(found, "runtime-user")
        assert (user.is_root, user.declared) == (True, False)
        assert str(user.evidence[0].at) == "registry:acme/serve:1 config"

    def test_a_setting_points_to_the_entry_that_set_it(self):
        found = target.read(buildkit("!USER app", "!ENV A=b c", config={"User": "app", "Env": ["A=b c"]}))
        (user,) = facts(found, "runtime-user")
        assert (str(user.evidence[0].at), user.evidence[0].quote) == ("registry:acme/serve:1 history:1:6", "app")
        assert [evidence.quote for evidence in found.config.says["env.A"]] == ["A=b c"]

    def test_a_setting_that_no_entry_set_points_to_the_config(self):
        config = {"User": "1000", "Env": ["A=b"], "ExposedPorts": {"22/tcp": {}}, "Cmd": ["python", "app.py"]}
        found = target.read(image(config=config))
        (user,) = facts(found, "runtime-user")
        assert str(user.evidence[0].at) == "registry:acme/serve:1 config:2:6"
        assert [fact.port for fact in facts(found, "exposed-port")] == [22]
        assert [[word.text for word in command.words] for command in found.config.commands] == [["python", "app.py"]]

    def test_what_the_history_says_and_the_config_does_not_is_over(self):
        found = target.read(buildkit("!USER app", "!ENV A=b", '!CMD ["x"]', config={}))
        assert (found.config.user, found.config.env, found.config.commands) == ("", {}, ())

    def test_a_later_value_of_the_config_wins(self):
        found = target.read(buildkit("!ENV A=1", config={"Env": ["A=2"]}))
        assert found.config.env == {"A": "2"}
        assert [fact.value for fact in facts(found, "environment-variable")] == ["1", "2"]

    def test_a_command_is_not_void_because_the_base_had_another(self):
        found = target.read(
            buildkit('!CMD ["bash"]', "RUN /bin/sh -c x # buildkit", '!CMD ["y"]', config={"Cmd": ["y"]})
        )
        assert not any(step.overridden for step in found.steps)

    def test_entrypoint_and_command_of_one_builder_are_quoted_from_the_history(self):
        found = target.read(
            buildkit(
                '!ENTRYPOINT ["vllm" "serve"]', '!CMD ["m"]', config={"Entrypoint": ["vllm", "serve"], "Cmd": ["m"]}
            )
        )
        (command,) = found.config.commands
        assert [word.text for word in command.words] == ["vllm", "serve", "m"]
        assert [command.evidence(word).at.span.first_line for word in command.words] == [1, 1, 2]

    def test_files_that_nothing_runs_are_no_running_root(self):
        copied = f"/bin/sh -c #(nop) COPY dir:{SUM} in /models "
        assert facts(target.read(image(copied)), "runtime-user") == []
        assert facts(target.read(image(copied, "/bin/sh -c x")), "runtime-user") != []
        assert facts(target.read(image(copied, config={"Cmd": ["serve"]})), "runtime-user") != []

    def test_an_empty_list_is_none(self):
        found = target.read(image(config={"Entrypoint": [], "Cmd": [], "Shell": [], "Healthcheck": {"Test": []}}))
        assert (found.config.commands, found.config.healthcheck_declared) == ((), False)

    def test_a_health_check_is_read(self):
        test = {"Test": ["CMD-SHELL", "curl -f localhost || exit 1"]}
        found = target.read(image(config={"Healthcheck": test}))
        assert found.config.healthcheck_declared is True
        assert [command.program for command in found.config.healthcheck] == ["curl", "exit"]

    def test_a_range_of_ports_is_said_once(self):
        ports = {f"{port}/tcp": {} for port in range(8000, 8003)}
        found = target.read(image("!/bin/sh -c #(nop)  EXPOSE 8000-8002/tcp", config={"ExposedPorts": ports}))
        assert [fact.words for fact in facts(found, "exposed-port")] == ["8000-8002/tcp"]

    def test_triggers_are_steps_that_run_later(self):
        found = target.read(image(config={"OnBuild": ["RUN pip install x", "nonsense"]}))
        assert [(step.keyword, step.triggered) for step in found.steps] == [("RUN", True), ("NONSENSE", True)]
        assert commands(found) == []


class TestBase:
    def test_the_history_alone_names_no_base(self):
        found = target.read(buildkit("RUN /bin/sh -c x # buildkit"))
        assert found.config.base is None
        assert facts(found, "base-image") == []

    @pytest.mark.parametrize("where", ["history", "config"])
    def test_labels_name_it(self, where):
        name = "org.opencontainers.image.base.name"
        entries = [f"!LABEL {name}=python:3.7"] if where == "history" else []
        found = target.read(buildkit(*entries, config={"Labels": {name: "python:3.7"}}))
        (fact,) = facts(found, "base-image")
        assert (fact.reference, fact.tag, fact.digest_pinned) == ("python:3.7", "3.7", False)
        assert (fact.evidence[0].quote, fact.evidence[0].at.path) == ("python:3.7", f"registry:acme/serve:1 {where}")

    def test_with_its_digest_it_is_pinned(self):
        labels = {
            "org.opencontainers.image.base.name": "a/b:1",
            "org.opencontainers.image.base.digest": f"sha256:{SUM}",
        }
        (fact,) = facts(target.read(image(config={"Labels": labels})), "base-image")
        assert (fact.reference, fact.digest_pinned) == (f"a/b:1@sha256:{SUM}", True)

    HISTORY = ("ADD rootfs.tar / # buildkit", '!CMD ["bash"]', "RUN /bin/sh -c a # buildkit", "!ENV A=b", '!CMD ["x"]')

    def owners(self, *history, base=()):
        return [step.instruction.text.layer.base for step in target.read(buildkit(*history), base=base).steps]

    def test_a_command_with_layers_behind_it_ends_the_base(self):
        assert self.owners(*self.HISTORY) == [True, True, False, False, False]

    def test_without_such_a_command_nobody_knows(self):
        assert self.owners(*self.HISTORY[2:]) == [None] * 3

    def test_the_layers_of_the_base_tell(self):
        base = [f"sha256:{n:064x}" for n in range(2)]
        history = (
            "ADD a / # buildkit",
            "RUN /bin/sh -c b # buildkit",
            "!ENV A=b",
            "RUN /bin/sh -c c # buildkit",
            "!USER x",
        )
        assert self.owners(*history, base=base) == [True, True, None, False, False]
        assert self.owners(*history[:2], '!CMD ["x"]', *history[2:], base=base) == [True] * 3 + [False] * 3

    def test_a_base_that_is_none_is_a_problem(self):
        found = target.read(buildkit(*self.HISTORY), base=["sha256:other"])
        assert ["not what this image is built on" in problem.reason for problem in found.problems] == [True]

    def test_only_what_is_ones_own_counts_if_asked(self):
        history = ("RUN /bin/sh -c curl http://a.test/x | sh # buildkit", *self.HISTORY[1:])
        reports = [scan_image(buildkit(*history), OPTIONS.replace(only_own=own)) for own in (False, True)]
        counted = [{f.rule.id for f in report.findings if f.suppressed is None} for report in reports]
        assert "curl-pipe-shell" in counted[0] - counted[1]
        assert "root-user" in counted[1]


class TestBuilders:
    def test_the_classic_builder(self):
        found = target.read(
            image(
                f"/bin/sh -c #(nop) ADD file:{SUM} in / ",
                "!/bin/sh -c #(nop)  ENV LANG=C.UTF-8",
                "|1 V=2.1 /bin/sh -c pip install torch==$V",
                f"/bin/sh -c #(nop) COPY dir:{SUM} in /app ",
                config={"Env": ["LANG=C.UTF-8"]},
            )
        )
        assert commands(found) == [["pip", "install", "torch==2.1"]]
        assert [(fact.name, fact.version) for fact in facts(found, "requirement")] == [("torch", "2.1")]
        (add, copy) = facts(found, "copy")
        assert (add.source, add.needs_add, add.origin, add.whole_context) == (None, None, None, False)
        assert (copy.source, copy.destination, copy.whole_context) == (None, "/app", None)

    def test_buildah_writes_arguments_as_they_were(self):
        found = target.read(
            image(
                '!/bin/sh -c #(nop) ENV A="b c" D=$A',
                "!/bin/sh -c #(nop) CMD python app.py",
                "/bin/sh -c --mount=type=cache,target=/root/.cache/pip pip install x",
                config={"Env": ["A=b c", "D=b c"], "Cmd": ["/bin/sh", "-c", "python app.py"]},
            )
        )
        assert found.config.env == {"A": "b c", "D": "b c"}
        assert {evidence.at.path for evidence in found.config.says["cmd"]} == {"registry:acme/serve:1 history"}
        (call,) = facts(found, "package-manager-call")
        assert call.cache_left is False

    def test_kaniko_writes_no_settings_so_they_count_from_the_start(self):
        found = target.read(
            image(
                "COPY --from=build --chown=app:app . /app",
                "RUN pip install $PACKAGE",
                config={"Env": ["PACKAGE=torch"], "User": "app", "WorkingDir": "/app"},
            )
        )
        assert ["pip", "install", "torch"] in commands(found)
        (copy,) = facts(found, "copy")
        assert (copy.origin, copy.from_stage, copy.whole_context) == ("stage", "build", False)
        run = next(step for step in found.steps if step.keyword == "RUN")
        assert (run.user, run.workdir) == (None, "/app")

    @pytest.mark.parametrize(
        "text", ["bazel build //:image", "ko build ko://example.org/cmd", "jib-core-plugin:3", " "]
    )
    def test_what_is_no_instruction_is_a_step_without_facts(self, text):
        found = target.read(image(text, config={"User": "1000", "Cmd": ["/app"]}))
        assert [step.keyword for step in found.steps] == ["", "USER", "CMD"]
        assert found.problems == []
        assert commands(found) == []

    def test_what_buildkit_leaves_out_is_not_known(self):
        found = target.read(buildkit("RUN /bin/sh -c pip install x # buildkit", "COPY . /app # buildkit"))
        (call,) = facts(found, "package-manager-call")
        (copy,) = facts(found, "copy")
        assert (call.cache_left, copy.origin, copy.whole_context) == (None, None, None)

    def test_a_script_that_a_run_wrote_is_followed(self):
        run = "RUN /bin/sh -c cat <<EOF > /x.sh\ncurl http://a.test/y | sh\nEOF\nsh /x.sh # buildkit"
        found = target.read(buildkit(run))
        assert [fact.url == "http://a.test/y" for fact in facts(found, "download")] == [True]

    def test_a_shell_of_its_own(self):
        found = target.read(
            buildkit(
                "!SHELL [/bin/bash -o pipefail -c]",
                "RUN /bin/bash -o pipefail -c curl x | sh # buildkit",
                config={"Shell": ["/bin/bash", "-o", "pipefail", "-c"]},
            )
        )
        assert found.steps[1].shell == ("/bin/bash", "-o", "pipefail", "-c")
        assert [fact.pipeline_without_pipefail for fact in facts(found, "command")] == [False, False]


class TestSecrets:
    def everything(self, *history, config=None, **more):
        report = scan_image(buildkit(*history, config=config, **more), OPTIONS)
        rendered = "".join(render(form, [report], ReportOptions(verbose=True)) for form in FORMATS)
        return report, rendered + repr(report)

    def test_a_token_is_masked_wherever_it_stands(self):
        _, text = self.everything(
            f"!ARG HF_TOKEN={TOKEN}",
            f"RUN |1 HF_TOKEN={TOKEN} /bin/sh -c huggingface-cli login --token {TOKEN} # buildkit",
            f"!ENV HF_TOKEN={TOKEN}",
            config={"Env": [f"HF_TOKEN={TOKEN}"], "Labels": {"x": TOKEN}, "Cmd": ["serve", "--token", TOKEN]},
        )
        assert TOKEN not in text

    def test_a_password_with_spaces_that_lost_its_quotes_is_masked_whole(self):
        _, text = self.everything(
            "!ENV DB_PASSWORD=Tr0ub4dor and staple OTHER=1",
            "!ENV DB_PASSWORD=Sw0rdf1sh with chips",
            config={"Env": ["DB_PASSWORD=Sw0rdf1sh with chips"]},
        )
        assert not any(word in text for word in ("Tr0ub4dor", "staple", "Sw0rdf1sh", "chips"))

    def test_one_in_the_environment_is_found_once(self):
        report, _ = self.everything(f"!ENV HF_TOKEN={TOKEN}", config={"Env": [f"HF_TOKEN={TOKEN}"]})
        found = [fact for fact in report.facts if fact.kind == "secret"]
        assert [(fact.name, fact.place, str(fact.evidence[0].at)) for fact in found] == [
            ("HF_TOKEN", "env", "registry:acme/serve:1 history:1:14")
        ]

    def test_one_that_only_the_config_has_is_found_there(self):
        report, _ = self.everything(config={"Env": [f"HF_TOKEN={TOKEN}"], "Cmd": ["x", "--token", TOKEN]})
        found = [fact for fact in report.facts if fact.kind == "secret"]
        assert {(fact.place, fact.evidence[0].at.path) for fact in found} >= {("env", "registry:acme/serve:1 config")}

    def test_each_run_repeats_build_arguments_and_the_secret_is_one(self):
        run = f"RUN |1 HF_TOKEN={TOKEN} /bin/sh -c true # buildkit"
        report, _ = self.everything(f"!ARG HF_TOKEN={TOKEN}", run, run, run)
        assert [fact.place for fact in report.facts if fact.kind == "secret"] == ["arg"]


class TestReports:
    REPORT = scan_image(
        buildkit(
            '!CMD ["bash"]',
            "RUN |1 A=b /bin/sh -c pip install tensorflow # buildkit",
            layers=[Blob(digest=f"sha256:{SUM}", diff_id="", size=1, media_type="", open=lambda: BytesIO(bytes(1024)))],
        ),
        OPTIONS,
    )

    def test_the_text_underlines_the_words_in_the_entry(self):
        lines = render("text", [self.REPORT], ReportOptions()).split("\n")
        at = next(n for n, line in enumerate(lines) if line.endswith("# buildkit"))
        assert lines[at - 1].startswith("registry:acme/serve:1 history:2:35 (layer 0) medium unpinned-ai-library")
        assert lines[at][lines[at + 1].index("^") : lines[at + 1].rindex("^") + 1] == "tensorflow"

    def finding(self):
        return next(f for f in self.REPORT.findings if f.rule.id == "unpinned-ai-library")

    def test_json_has_the_layer(self):
        found = json.loads(render("json", [self.REPORT], ReportOptions()))["targets"][0]["findings"]
        layer = next(each["layer"] for each in found if each["rule"] == "unpinned-ai-library")
        assert layer == {
            "index": 0,
            "digest": f"sha256:{SUM}",
            "created_by": "RUN |1 A=b /bin/sh -c pip install tensorflow # buildkit",
            "base": False,
        }

    def test_sarif_has_the_logical_place(self):
        results = json.loads(render("sarif", [self.REPORT], ReportOptions()))["runs"][0]["results"]
        (place,) = next(each["locations"] for each in results if each["ruleId"] == "unpinned-ai-library")
        assert place["physicalLocation"]["artifactLocation"]["uri"] == "registry%3Aacme/serve%3A1%20history"
        assert place["physicalLocation"]["region"]["snippet"]["text"] == "tensorflow"
        names = [each["fullyQualifiedName"] for each in place["logicalLocations"]]
        assert names == [f"registry:acme/serve:1@sha256:{SUM}:/history"]

    def test_a_new_build_keeps_the_fingerprint(self):
        again = scan_image(
            buildkit("!ENV NEW=1", '!CMD ["bash"]', "RUN /bin/sh -c pip install tensorflow # buildkit"), OPTIONS
        )
        assert self.finding().fingerprint in {finding.fingerprint for finding in again.findings}


class TestOrigins:
    """With its Dockerfile at hand, a finding in the image names the line that made it."""

    DOCKERFILE = (
        'FROM python:3.12\nARG V=1\nENV A="b c"\nRUN apt-get update && \\\n    pip install tensorflow\n'
        "WORKDIR /srv\nCOPY . app/\nEXPOSE 80\nRUN <<EOF\npip install keras\nEOF\nCMD python app.py\n"
    )
    BELOW = ({"created_by": "ADD rootfs.tar / # buildkit"}, {"created_by": 'CMD ["bash"]', "empty_layer": True})

    def report(self, text=DOCKERFILE):
        made = dockerfile.read(self.DOCKERFILE)
        return scan_image(built(made, below=self.BELOW), OPTIONS, made_by=dockerfile.read(text))

    def lines(self, report):
        return {line: text.location().span.first_line for (_, line), text in report.origins.items()}

    def test_each_entry_is_tied_to_its_instruction(self):
        assert self.lines(self.report()) == {3: 2, 4: 3, 5: 4, 6: 6, 7: 7, 8: 8, 9: 9, 10: 12}

    def test_an_instruction_that_was_added_since_is_left_out(self):
        edited = self.DOCKERFILE.replace("WORKDIR", "RUN new\nUSER app\nWORKDIR")
        assert self.lines(self.report(edited)) == {3: 2, 4: 3, 5: 4, 6: 8, 7: 9, 8: 10, 9: 11, 10: 14}

    def test_another_dockerfile_is_a_problem(self):
        report = self.report("FROM scratch\nCOPY other /other\n")
        assert ["did not make this image" in problem.reason for problem in report.problems] == [True]

    def test_reports_point_to_the_words_in_the_dockerfile(self):
        """Or to the whole instruction, where they stand in a here-document."""
        report = self.report()
        text = render("text", [report], ReportOptions())
        assert "    = from: Dockerfile:5:17\n" in text
        findings = json.loads(render("json", [report], ReportOptions()))["targets"][0]["findings"]
        spans = [each["origin"]["span"] for each in findings if each["rule"] == "unpinned-ai-library"]
        assert [(span["first_line"], span["first_column"]) for span in spans] == [(5, 17), (9, 1)]
        results = json.loads(render("sarif", [report], ReportOptions()))["runs"][0]["results"]
        (place,) = next(each["locations"] for each in results if each["ruleId"] == "unpinned-ai-library")
        assert place["physicalLocation"]["artifactLocation"]["uri"] == "Dockerfile"
        assert place["physicalLocation"]["region"]["startLine"] == 5

    @pytest.mark.parametrize("name", sorted(path.parent.name for path in FIXTURES.glob("*/Dockerfile")))
    def test_every_instruction_of_a_fixture_is_found_again(self, name):
        source = dockerfile.read((FIXTURES / name / "Dockerfile").read_text(encoding="utf-8"))
        image = built(source)
        tied = origin.tied(target.read(image), source)
        for (_, line), text in tied.origins.items():
            assert image.config["history"][line - 1]["created_by"].split()[0] == text.value.split()[0].upper()
        assert len(tied.origins) == len(image.config["history"])


@given(CONFIGS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_config_gives_a_report(config):
    report = scan_image(Image(name="x:y", digest="", config=config, layers=()), OPTIONS)
    rendered = [render(form, [report], ReportOptions(show_undecided=True)) for form in FORMATS]
    assert not any(character in text for text in rendered for character in "\x1b\x00")


WORDS = st.sampled_from(
    [
        "RUN",
        "|1",
        "A=",
        "b",
        "/bin/sh",
        "-c",
        "#(nop)",
        "COPY",
        ".",
        "/",
        "# buildkit",
        '["x"]',
        "pip",
        "install",
        "<<EOF",
        "\n",
        "EOF",
        "ENV",
        "$A",
        "${A}",
        "CMD",
        "SHELL",
        "[sh",
        "-c]",
        "USER",
        "ONBUILD",
        "HEALTHCHECK",
        "&{",
        "\x1b[0m",
        "'",
    ]
)
ENTRIES = st.lists(
    st.fixed_dictionaries({"created_by": st.lists(WORDS, max_size=8).map(" ".join), "empty_layer": st.booleans()}),
    max_size=6,
)


@given(ENTRIES, st.lists(WORDS, max_size=3))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_history_gives_a_report_whose_places_are_in_it(history, words):
    config = {
        "history": history,
        "config": {"Cmd": words, "Env": [f"A={' '.join(words)}"], "OnBuild": [" ".join(words)]},
    }
    found = target.read(Image(name="x:y", digest="", config=config, layers=()))
    for fact in collect(found, "2026-01-01", []):
        for evidence in fact.evidence:
            span = evidence.at.span
            if span is not None:
                assert 1 <= span.first_column <= len(found.lines[evidence.at.path][span.first_line - 1]) + 1
