"""What the parser makes of each thing a Dockerfile can say."""

from __future__ import annotations

import pytest

from scanner.model.instruction import (
    Copy,
    From,
    Healthcheck,
    Instruction,
    Onbuild,
    Pairs,
    Run,
    Shelled,
    Unreadable,
    Words,
)
from scanner.model.location import Span
from scanner.parsers.dockerfile import parse


def only(line: str, *, head: str = "") -> Instruction:
    """The one instruction behind ``FROM a``."""
    parsed = parse(f"{head}FROM a\n{line}", "Dockerfile")
    assert parsed.errors == ()
    (_, instruction) = parsed.instructions
    return instruction


def words(*found) -> list[str]:
    return [word.text for word in found]


class TestLines:
    def test_a_continuation_joins_lines_and_leaves_comments_and_blank_lines_out(self):
        run = only("RUN a \\\n  # why\n\n  && b \\  \n&& c\n")
        assert run.text.value == "RUN a   && b && c"
        assert run.span == Span(2, 1, 6, 4)

    def test_every_character_knows_its_place(self):
        run = only("RUN a \\\n  # why\n  && b\n")
        assert run.text.place(run.text.value.index("b")) == (4, 6)

    def test_a_doubled_escape_character_does_not_continue(self):
        assert len(parse("FROM a\nRUN a \\\\\nUSER b\n", "f").instructions) == 3

    def test_white_space_that_is_not_a_blank_or_tab_behind_the_escape_character_does_not_continue(self):
        assert len(parse("FROM a\nRUN a \\\u00a0\nUSER b\n", "f").instructions) == 3

    def test_only_a_line_feed_ends_a_line(self):
        run = only("RUN a\rb\vc\fd\x85e\u2028f\x1cg\n")
        assert run.script.value == "a\rb\vc\fd\x85e\u2028f\x1cg"

    def test_crlf_is_one_line_end(self):
        assert only("RUN a \\\r\n b\r\n").script.value == "a  b"

    def test_columns_do_not_count_a_byte_order_mark(self):
        (base,) = parse("\ufeffFROM a\n", "f").instructions
        assert base.span == Span(1, 1, 1, 6)

    def test_an_indented_instruction_begins_at_its_keyword(self):
        run = only("\t RUN a")
        assert (run.span, run.text.value) == (Span(2, 3, 2, 7), "RUN a")

    def test_a_continuation_may_come_first(self):
        assert only("\\\n  RUN a\n").text.place(0) == (3, 3)

    def test_the_escape_directive_chooses_the_escape_character(self):
        assert only("RUN dir C:\\\n", head="# escape=`\n").script.value == "dir C:\\"
        assert only("RUN a `\n b", head="# escape=`\n").script.value == "a  b"


class TestDirectives:
    def test_they_are_read_from_the_top_of_the_file(self):
        parsed = parse("# syntax=docker/dockerfile:1\n#Escape = ` \n# check=skip=all\nFROM a\n", "f")
        assert [(d.name, d.value, d.line) for d in parsed.directives] == [
            ("syntax", "docker/dockerfile:1", 1),
            ("escape", "`", 2),
            ("check", "skip=all", 3),
        ]
        assert (parsed.escape, parsed.comments) == ("`", ())

    @pytest.mark.parametrize("before", ["# hello\n", "\n", "# other=x\n", "ARG a\n"])
    def test_anything_else_ends_them(self, before):
        parsed = parse(f"{before}# escape=`\nFROM a\n", "f")
        assert (parsed.directives, parsed.escape) == ((), "\\")

    @pytest.mark.parametrize(
        ("text", "reason"), [("# escape=x\nFROM a", "takes"), ("# syntax=a\n# syntax=b\nFROM a", "second")]
    )
    def test_a_bad_one_is_an_error(self, text, reason):
        ((_, found),) = parse(text, "f").errors
        assert reason in found


class TestComments:
    def test_they_cover_the_instruction_below_or_around_them(self):
        parsed = parse("# one\n\n#two \nFROM a\nRUN b \\\n  # three\n  c\n# four\n", "f")
        assert [(c.text.value, c.text.place(0), c.covers) for c in parsed.comments] == [
            ("one", (1, 3), Span(4, 1, 4, 6)),
            ("two", (3, 2), Span(4, 1, 4, 6)),
            ("three", (6, 5), Span(5, 1, 7, 3)),
            ("four", (8, 3), None),
        ]

    def test_a_line_of_a_heredoc_is_not_one(self):
        assert parse("FROM a\nRUN <<EOF\n# x\nEOF\n", "f").comments == ()


class TestFrom:
    def test_image_stage_and_platform(self):
        base = parse("from --platform=$BUILDPLATFORM python:3.12-slim AS Build\n", "f").instructions[0]
        assert isinstance(base, From)
        assert (base.keyword, base.image.text, base.stage.text) == ("FROM", "python:3.12-slim", "Build")
        assert (base.flag("platform").value, base.evidence(base.image).quote) == ("$BUILDPLATFORM", "python:3.12-slim")
        assert base.evidence(base.flag("platform")).quote == "--platform=$BUILDPLATFORM"

    def test_too_many_words_still_leave_a_stage(self):
        parsed = parse("FROM a # the base\nRUN b\n", "f")
        assert parsed.instructions[0].image.text == "a"
        assert parsed.errors == ((1, "FROM takes an image, or an image AS a name, and nothing else"),)


class TestPairs:
    def test_words_stay_as_they_are_written(self):
        env = only("ENV A=1 B=\"x y\" C='$D' \\\n    D=a\\ b E=\n")
        assert isinstance(env, Pairs)
        assert [(p.key.text, p.value.text, p.legacy) for p in env.pairs] == [
            ("A", "1", False),
            ("B", '"x y"', False),
            ("C", "'$D'", False),
            ("D", "a\\ b", False),
            ("E", "", False),
        ]
        assert env.evidence(env.pairs[3].value).at.span == Span(3, 7, 3, 10)

    def test_the_legacy_form_has_one_value_with_its_spaces(self):
        (pair,) = only("ENV  KEY  a  b=c ").pairs
        assert (pair.key.text, pair.value.text, pair.legacy) == ("KEY", "a  b=c", True)

    def test_an_argument_may_have_no_value(self):
        assert [(p.key.text, p.value and p.value.text) for p in only("ARG A B= C=d").pairs] == [
            ("A", None),
            ("B", ""),
            ("C", "d"),
        ]


class TestShelled:
    def test_the_json_form_is_unescaped_and_its_words_stand_where_they_are_written(self):
        cmd = only('CMD ["python", "-c", \\\n  "print(\\"\\u00e9\\ud83d\\ude00\\n\\")"]\n')
        assert isinstance(cmd, Shelled)
        assert words(*cmd.argv) == ["python", "-c", 'print("é😀\n")']
        assert cmd.evidence(cmd.argv[0]).quote == '"python"'
        assert cmd.evidence(cmd.argv[2]).at.span.first_line == 3

    @pytest.mark.parametrize(
        "text", ["['a']", "[a]", '["a",]', '["a"', '["a"] b', '["a" "b"]', "[ -f x ]", "[[ -f x ]]"]
    )
    def test_what_is_not_json_is_a_shell_form(self, text):
        run = only(f"RUN {text}")
        assert (run.argv, run.script.value) == (None, text)

    def test_the_empty_array_is_an_empty_command(self):
        assert only("ENTRYPOINT [ ]").argv == ()

    def test_a_script_knows_its_places(self):
        run = only("RUN --network=none a \\\n   && b")
        assert isinstance(run, Run)
        assert run.script.value == "a    && b"
        assert (run.script.place(0), run.script.place(8)) == ((2, 20), (3, 7))

    def test_mounts(self):
        run = only('RUN --mount=type=Secret,ID=hf,required --mount="target=/a b" x')
        assert [(m.type, m.options) for m in run.mounts] == [
            ("secret", {"type": "Secret", "id": "hf", "required": ""}),
            ("bind", {"target": "/a b"}),
        ]
        assert run.evidence(run.mounts[1]).quote == '--mount="target=/a b"'

    def test_a_lone_double_dash_ends_the_flags(self):
        run = only("RUN --network=none -- --mount=x")
        assert ([flag.name for flag in run.flags], run.script.value) == (["network"], "--mount=x")

    def test_health_checks(self):
        check = only("HEALTHCHECK --interval=5s CMD curl x")
        assert isinstance(check, Healthcheck)
        assert (check.disabled, check.argv, check.script.value) == (False, None, "curl x")
        assert words(*only('HEALTHCHECK cmd ["a", "b"]').argv) == ["a", "b"]
        assert only("HEALTHCHECK none").disabled


class TestHeredocs:
    def test_alone_on_its_line_it_is_the_script(self):
        run = only("RUN <<EOF\npip install torch\nUSER root\nEOF\n")
        assert run.script.value == "pip install torch\nUSER root\n"
        assert run.script.place(run.script.value.index("USER")) == (4, 1)
        assert run.span == Span(2, 1, 5, 3)

    def test_behind_a_command_it_is_its_input(self):
        run = only("RUN cat <<EOF > /x\na\nEOF\n")
        assert (run.script.value, run.heredocs[0].text.value) == ("cat <<EOF > /x", "a\n")

    def test_tabs_are_stripped_and_the_columns_stay_true(self):
        (doc,) = only("RUN <<-EOF\n\t\ta\n \tb\n\tEOF\n").heredocs
        assert (doc.strip_tabs, doc.text.value) == (True, "a\n \tb\n")
        assert (doc.text.place(0), doc.text.place(2)) == ((3, 3), (4, 1))

    @pytest.mark.parametrize(
        ("written", "name", "expand"),
        [
            ("EOF", "EOF", True),
            ("'EOF'", "EOF", False),
            ('"E"OF', "EOF", False),
            ("'a b'", "a b", False),
            ("$X", "$X", True),
        ],
    )
    def test_names_and_quotes(self, written, name, expand):
        (doc,) = only(f"RUN <<{written}\nx\n{name}\n").heredocs
        assert (doc.name, doc.expand, doc.descriptor) == (name, expand, 0)

    def test_several_follow_one_another(self):
        copy = only("COPY <<a 3<<'b' /x/\n1\na\n2\nb\n")
        assert isinstance(copy, Copy)
        assert [(d.name, d.descriptor, d.text.value) for d in copy.heredocs] == [("a", 0, "1\n"), ("b", 3, "2\n")]
        assert (words(*copy.sources), copy.destination.text) == (["<<a", "<<b"], "/x/")

    def test_under_onbuild(self):
        onbuild = only("ONBUILD RUN <<EOF\nx\nEOF\n")
        assert isinstance(onbuild, Onbuild)
        assert onbuild.inner.script.value == "x\n"

    @pytest.mark.parametrize("line", ['RUN ["<<E"]', "CMD <<E", "ENV a=<<E", "RUN 'a <<E'", "RUN \"it's\" ' <<E"])
    def test_not_everything_with_two_arrows_is_one(self, line):
        assert only(line).heredocs == ()

    def test_a_mistyped_end_is_found_and_told(self):
        parsed = parse("FROM a\nRUN <<EOF\nx\n  EOF\nUSER b\n", "f")
        assert [i.keyword for i in parsed.instructions] == ["FROM", "RUN", "USER"]
        assert parsed.errors == (
            (2, "no line ends the here-document, which is just 'EOF': line 4 has white space around it"),
        )

    def test_without_an_end_the_rest_of_the_file_is_read(self):
        parsed = parse("FROM a\nRUN cat <<EOF\nUSER b\n", "f")
        assert ([i.keyword for i in parsed.instructions], parsed.errors[0][0]) == (["FROM", "RUN", "USER"], 2)


class TestTheRest:
    def test_copies(self):
        copy = only("COPY --from=build --chown=1:1 a b /c/")
        assert (words(*copy.sources), copy.destination.text) == (["a", "b"], "/c/")
        assert words(*only('ADD ["a b", "c"]').sources) == ["a b"]

    @pytest.mark.parametrize("keyword", ["USER", "WORKDIR", "STOPSIGNAL", "MAINTAINER"])
    def test_these_have_one_word_with_its_spaces(self, keyword):
        assert words(*only(f"{keyword}  a  b ").words) == ["a  b"]

    def test_lists(self):
        assert words(*only("EXPOSE 80\t443/udp $P").words) == ["80", "443/udp", "$P"]
        assert words(*only('VOLUME ["/a b"]').words) == ["/a b"]
        assert words(*only("VOLUME /a /b").words) == ["/a", "/b"]
        assert words(*only('SHELL ["/bin/bash", "-c"]').words) == ["/bin/bash", "-c"]

    def test_onbuild_holds_an_instruction_with_offsets_of_its_own(self):
        onbuild = only("ONBUILD  copy --from=x a \\\n b")
        inner = onbuild.inner
        assert (onbuild.keyword, inner.keyword, inner.text.value) == ("ONBUILD", "COPY", "copy --from=x a  b")
        assert inner.evidence(inner.flags[0]).at.span == Span(2, 15, 2, 22)
        assert inner.evidence(inner.destination).at.span == Span(3, 2, 3, 2)
        assert inner.span == Span(2, 10, 3, 2)

    def test_go_takes_a_dotted_capital_i_for_an_i(self):
        parsed = parse("FROM a\nONBU\u0130LD RUN x\n", "f")
        assert (parsed.instructions[1].keyword, parsed.errors) == ("ONBUILD", ())

    def test_an_unknown_instruction_is_kept_and_told(self):
        parsed = parse("FROM a\nCOPPY a b\nUSER x\n", "f")
        unknown = parsed.instructions[1]
        assert isinstance(unknown, Unreadable)
        assert unknown.reason == "unknown instruction 'COPPY': did you mean COPY?"
        assert parsed.errors == ((2, unknown.reason),)
        assert isinstance(parsed.instructions[2], Words)
