"""What builders write into an image's history is told apart, with the places of the words."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scanner.model.instruction import Copy, Healthcheck, Onbuild, Pairs, Run, Shelled, Unreadable, Words
from scanner.model.location import Text
from scanner.parsers.created_by import parse
from scanner.parsers.dockerfile.made import instruction

SUM = "a" * 64
BUILDKIT = "buildkit.dockerfile.v0"
SH = ("/bin/sh", "-c")
BASH = ("/bin/bash", "-o", "pipefail", "-c")


def read(text, comment="", values=None, shell=SH):
    made = parse(text, comment, shell)
    return made, instruction(made, Text(path="x", value=text), values or {}, shell)


class TestForms:
    @pytest.mark.parametrize(
        ("text", "comment", "expected"),
        [
            ("RUN /bin/sh -c pip install x # buildkit", BUILDKIT, ("RUN", "pip install x", {}, SH)),
            ("RUN |2 A=b C=d e /bin/sh -c make # buildkit", "", ("RUN", "make", {"A": "b", "C": "d e"}, SH)),
            ("RUN |1 A= /bin/bash -o pipefail -c a | b # buildkit", "", ("RUN", "a | b", {"A": ""}, BASH)),
            ("RUN pip install x # buildkit", BUILDKIT, ("RUN", "pip install x", {}, None)),
            ("RUN |1 A=b pip install x # buildkit", BUILDKIT, ("RUN", "pip install x", {"A": "b"}, None)),
            ("RUN cmd /S /C dir # buildkit", BUILDKIT, ("RUN", "dir", {}, ("cmd", "/S", "/C"))),
            ("COPY a b # buildkit", BUILDKIT, ("COPY", "a b", {}, None)),
            ('CMD ["x"]', BUILDKIT, ("CMD", '["x"]', {}, None)),
            ("WORKDIR /app", BUILDKIT, ("WORKDIR", "/app", {}, None)),
            ("RUN apt-get update # buildpacks.io", "lifecycle 0.17", ("RUN", "apt-get update", {}, None)),
            ("/bin/sh -c apt-get update && x", "", ("RUN", "apt-get update && x", {}, SH)),
            ("|1 A=b /bin/sh -c echo $A", "", ("RUN", "echo $A", {"A": "b"}, SH)),
            ("/bin/bash -euxo pipefail -c a", "", ("RUN", "a", {}, ("/bin/bash", "-euxo", "pipefail", "-c"))),
            ("powershell -Command Install-It", "", ("RUN", "Install-It", {}, ("powershell", "-Command"))),
            ('/bin/sh -c #(nop)  CMD ["x"]', "", ("CMD", '["x"]', {}, None)),
            ("/bin/bash -o pipefail -c #(nop)  ENV A=1", "", ("ENV", "A=1", {}, None)),
            ("cmd /S /C #(nop)  USER app", "", ("USER", "app", {}, None)),
            (f"/bin/sh -c #(nop) COPY file:{SUM} in /app ", "", ("COPY", f"file:{SUM} in /app", {}, None)),
            ('/bin/sh -c #(nop) ENV A="b c"', "", ("ENV", 'A="b c"', {}, None)),
            ("RUN --mount=type=cache,target=/c pip install x", "", ("RUN", "--mount=type=cache,target=/c pip install x", {}, None)),
        ],
    )  # fmt: skip
    def test_each_builder_is_understood(self, text, comment, expected):
        made = parse(text, comment)
        arguments = {name: word.text for name, word in made.arguments}
        assert (made.keyword, text[made.start : made.end], arguments, made.shell) == expected
        assert all(text[word.start : word.end] == word.text for _, word in made.arguments)

    @pytest.mark.parametrize(
        "text",
        [
            "", " ", "bash", "/bin/sh", "bazel build //:image", "ko build ko://example.org/cmd", "jib-maven-plugin:3.4.0",
            "# debian.sh --arch 'amd64' out/ 'bookworm'", "apko", "Apply image 10.0.20348", "RUNNING x", "crane append",
            "/bin/sh -c #(nop)  FROM scratch"[:19] + "NOTHING x", "|notanumber /bin/sh",
        ],
    )  # fmt: skip
    def test_what_is_no_instruction_stays_words(self, text):
        made, built = read(text)
        assert made.keyword in {"", "RUN"}
        assert isinstance(built, Unreadable) or made.shell

    def test_a_shell_in_force_is_found_however_it_is_called(self):
        made = parse("RUN conda run -n e bash -lc pip install x # buildkit", BUILDKIT, ("conda", "run", "-n", "e"))
        assert made.shell == ("conda", "run", "-n", "e")

    @pytest.mark.parametrize(
        ("text", "comment", "complete"),
        [
            ("RUN /bin/sh -c x # buildkit", BUILDKIT, False),
            ("COPY a b # buildkit", BUILDKIT, False),
            (f"/bin/sh -c #(nop) ADD file:{SUM} in / ", "", False),
            ("/bin/sh -c x", "", True),
            ("COPY --from=build a b", "", True),
            ("RUN x", "", True),
            ("ENV A=b", BUILDKIT, True),
        ],
    )
    def test_it_is_known_who_leaves_flags_out(self, text, comment, complete):
        assert parse(text, comment).complete is complete


class TestInstructions:
    def test_a_run_is_quoted_from_its_keyword_on_without_what_stands_between(self):
        _, built = read("RUN |1 A=b /bin/sh -c pip install x # buildkit")
        assert isinstance(built, Run)
        assert (built.text.value, built.script.value) == ("RUN pip install x", "pip install x")
        assert built.text.place(4) == (1, 23)
        assert built.script.place(0) == (1, 23)

    def test_a_bare_command_line_is_a_run_of_its_words(self):
        _, built = read("/bin/sh -c apt-get update")
        assert isinstance(built, Run)
        assert (built.text.value, built.script.value, built.script.place(0)) == (
            "apt-get update",
            "apt-get update",
            (1, 12),
        )

    def test_a_script_that_looks_like_json_behind_a_shell_is_a_script(self):
        _, built = read('RUN /bin/sh -c ["a"] # buildkit')
        assert isinstance(built, Run)
        assert built.argv is None

    def test_mounts_that_buildah_writes_are_read(self):
        _, built = read("/bin/sh -c --mount=type=cache,target=/x pip install y")
        assert isinstance(built, Run)
        assert [mount.type for mount in built.mounts] == ["cache"]
        assert built.script.value == "pip install y"

    @pytest.mark.parametrize(
        ("text", "values", "pairs"),
        [
            ("ENV A=b", {}, [("A", "b")]),
            ("ENV A=b c D=e", {}, [("A", "b c"), ("D", "e")]),
            ("ENV A=b C=d E=f", {"A": "b C=d"}, [("A", "b C=d"), ("E", "f")]),
            ("ENV JAVA_OPTS=-Xmx1g -Da=b", {}, [("JAVA_OPTS", "-Xmx1g -Da=b")]),
            ('ENV A=say "hi" $NOT', {}, [("A", 'say "hi" $NOT')]),
            ("LABEL org.x.y=z maintainer=A B <a@b>", {}, [("org.x.y", "z"), ("maintainer", "A B <a@b>")]),
            ("ARG A", {}, [("A", None)]),
            ("ARG A=1 B=2", {}, [("A", "1"), ("B", "2")]),
            ("ENV A=", {}, [("A", "")]),
        ],
    )
    def test_pairs_have_lost_their_quotes(self, text, values, pairs):
        _, built = read(text, BUILDKIT, values)
        assert isinstance(built, Pairs)
        assert [(p.key.text, p.value.text if p.value else None) for p in built.pairs] == pairs
        for pair in built.pairs:
            word = pair.value or pair.key
            assert built.text.value[word.start : word.end] == word.text

    def test_pairs_as_written_keep_their_quotes(self):
        _, built = read('/bin/sh -c #(nop) ENV A="b c" D=e')
        assert isinstance(built, Pairs)
        assert [pair.value.text for pair in built.pairs] == ['"b c"', "e"]

    @pytest.mark.parametrize(
        ("text", "argv", "script"),
        [
            ('CMD ["python" "app.py"]', ["python", "app.py"], None),
            ('CMD ["python", "app.py"]', ["python", "app.py"], None),
            ('CMD ["a\\"b" "\\u00e9\\x41\\n"]', ['a"b', "éA\n"], None),
            ('CMD ["/bin/sh" "-c" "python app.py"]', None, "python app.py"),
            ('ENTRYPOINT ["/bin/sh" "-c" "a" "b"]', ["/bin/sh", "-c", "a", "b"], None),
            ("CMD python app.py", None, "python app.py"),
            ("CMD [broken", None, "[broken"),
        ],
    )
    def test_lists_are_read_as_go_prints_them(self, text, argv, script):
        _, built = read(text, BUILDKIT)
        assert isinstance(built, Shelled)
        assert (None if built.argv is None else [word.text for word in built.argv]) == argv
        assert argv or built.script.value == script

    @pytest.mark.parametrize(
        ("text", "argv", "script", "disabled"),
        [
            ('HEALTHCHECK &{["CMD" "curl" "-f"] "30s" "3s" "0s" "0s" \'\\x03\'}', ["curl", "-f"], None, False),
            ('HEALTHCHECK &{["CMD-SHELL" "curl x || exit 1"] "30s"}', None, "curl x || exit 1", False),
            ('HEALTHCHECK &{["NONE"] "0s"}', None, None, True),
            ("HEALTHCHECK CMD curl x", None, "curl x", False),
        ],
    )
    def test_a_health_check_is_its_test(self, text, argv, script, disabled):
        _, built = read(text, BUILDKIT if "&" in text else "")
        assert isinstance(built, Healthcheck)
        assert built.disabled is disabled
        assert (None if built.argv is None else [word.text for word in built.argv]) == argv
        assert script is None or built.script.value == script

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("EXPOSE map[22/tcp:{} 80/tcp:{}]", ["22/tcp", "80/tcp"]),
            ("EXPOSE [80/tcp]", ["80/tcp"]),
            ("EXPOSE 80 443", ["80", "443"]),
            ("VOLUME [/data /x]", ["/data", "/x"]),
            ("SHELL [/bin/bash -o pipefail -c]", list(BASH)),
            ("USER app:app", ["app:app"]),
            ("MAINTAINER A B", ["A B"]),
        ],
    )
    def test_lists_of_words(self, text, words):
        _, built = read(text, BUILDKIT)
        assert isinstance(built, Words)
        assert [word.text for word in built.words] == words
        assert all(built.text.value[word.start : word.end] == word.text for word in built.words)

    def test_sources_that_became_a_checksum_are_not_known(self):
        _, built = read(f"/bin/sh -c #(nop) COPY --chown=a:b dir:{SUM} in /app ")
        assert isinstance(built, Copy)
        assert [(word.text, word.known) for word in built.sources] == [(f"dir:{SUM}", False)]
        assert built.destination.text == "/app"
        assert built.flag("chown").value == "a:b"

    def test_a_trigger_is_an_instruction(self):
        _, built = read("/bin/sh -c #(nop)  ONBUILD RUN pip install x")
        assert isinstance(built, Onbuild)
        assert built.inner.keyword == "RUN"


FORMS = st.sampled_from(
    [
        "RUN ",
        "RUN |2 A=b ",
        "/bin/sh -c ",
        "/bin/sh -c #(nop) ",
        "/bin/sh -c #(nop)  ",
        "|3 A=",
        "COPY ",
        "ADD file:",
        "CMD [",
        "ENTRYPOINT [",
        "HEALTHCHECK &{[",
        "EXPOSE map[",
        "SHELL [",
        "VOLUME [",
        "ENV ",
        "ENV A=",
        "LABEL ",
        "",
    ]
)
BITS = st.text(alphabet="aA=\"'[]{}|&;<>()$\\ \t\n\x00é\U0001f600-/.:#%1~\ud800", max_size=60) | st.text(max_size=30)


@given(FORMS, BITS, st.sampled_from(["", " # buildkit"]), st.sampled_from(["", BUILDKIT]))
@example('CMD ["', "\\", "", "")
@example("RUN |1 A", "=", " # buildkit", "")
def test_any_words_give_one_instruction_whose_places_are_in_them(form, bits, sign, comment):
    text = form + bits + sign
    made, built = read(text, comment)
    assert 0 <= made.start <= made.end <= len(text)
    for offset in range(len(built.text.value)):
        line, column = built.text.place(offset)
        assert line == 1
        assert 1 <= column <= len(text)
    assert built.keyword == made.keyword
