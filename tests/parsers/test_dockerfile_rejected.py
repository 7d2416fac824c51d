"""What BuildKit rejects gives an error with its line, and the rest of the file is read all the same.

Each case was held against BuildKit v0.34.2 (``parser.Parse``, then ``instructions.Parse``), but for the types and
options of mounts: those it checks when it comes to the RUN.
"""

from __future__ import annotations

import pytest

from scanner.model.instruction import Unreadable
from scanner.parsers.dockerfile import parse
from scanner.parsers.dockerfile.lines import LONGEST_LINE

REJECTED = """\
FROM --platfrom=x b                     | no flag --platfrom
FROM                                    | needs an image
FROM b c                                | nothing else
FROM b AS                               | nothing else
FROM b AS 1st                           | stage name
FROM b AS a/b                           | stage name
RUN --mount=type=chache x               | no type 'chache'
RUN --mount=typ=cache x                 | no option 'typ'
RUN --mount=from=$X x                   | no variable
RUN --mount x                           | needs a value
RUN --network=bridge x                  | one of default
RUN --security=off x                    | one of sandbox
RUN --network=none --network=host x     | twice
RUN ["a", 1]                            | strings only
CMD [["a"]]                             | strings only
CMD --x a                               | it takes none
ENTRYPOINT [null]                       | strings only
SHELL /bin/bash -c                      | JSON form
SHELL []                                | at least one
SHELL                                   | at least one
COPY a                                  | a source and a destination
COPY ["a"]                              | a source and a destination
COPY --link=maybe a b                   | true or false
COPY --from a b                         | needs a value
COPY --keep-git-dir a b                 | no flag --keep-git-dir
ADD --from=x a b                        | no flag --from
ADD                                     | a source and a destination
ENV                                     | at least one
ENV A                                   | needs a value
ENV A=1 B                               | 'B' has no '='
ENV =1                                  | without a name
LABEL A=1 B                             | 'B' has no '='
ARG                                     | at least one
ARG =1                                  | without a name
EXPOSE                                  | at least one
VOLUME                                  | at least one
VOLUME ["a", " "]                       | empty path
USER                                    | needs an argument
WORKDIR                                 | needs an argument
STOPSIGNAL                              | needs an argument
MAINTAINER                              | needs an argument
HEALTHCHECK                             | takes NONE
HEALTHCHECK curl x                      | takes NONE
HEALTHCHECK CMD                         | needs a command
HEALTHCHECK CMD []                      | needs a command
HEALTHCHECK NONE x                      | no arguments
HEALTHCHECK --intervall=3s CMD x        | no flag --intervall
ONBUILD                                 | needs an instruction
ONBUILD ONBUILD RUN x                   | takes no ONBUILD
ONBUILD FROM x                          | takes no FROM
ONBUILD MAINTAINER x                    | takes no MAINTAINER
ONBUILD --x RUN y                       | it takes none
RUN\u00a0x                              | not a plain space
EXPOSED 80                              | did you mean EXPOSE
ENTRYPIONT x                            | did you mean ENTRYPOINT
RUNN x                                  | did you mean RUN
services:                               | unknown instruction 'SERVICES:'
""".splitlines()


@pytest.mark.parametrize("case", REJECTED, ids=lambda case: " ".join(case.split()))
def test_it_is_told_with_its_line(case: str) -> None:
    line, _, reason = case.partition("|")
    parsed = parse(f"FROM a\n{line.rstrip()}\nUSER b\n", "f")
    assert [i.keyword for i in parsed.instructions][-1] == "USER"
    ((at, found),) = parsed.errors
    assert at == 2
    assert reason.strip() in found
    assert "\n" not in found


ACCEPTED = """\
FROM b AS a-b_c.1
RUN
RUN []
CMD
ENTRYPOINT []
ARG --whatever A
STOPSIGNAL --whatever 9
HEALTHCHECK --whatever NONE
COPY --parents --exclude=a --exclude=b --link a b
ADD --unpack=false --checksum=sha256:0 --keep-git-dir=true a b
RUN --mount=type=$T,id=a --mount=type=ssh --security=insecure --device=x y
RUN --mount=type=bind,from=$
ENV A "unclosed
LABEL "a b"=c
COPY [ a b
VOLUME [a]
USER [a]
""".splitlines()


@pytest.mark.parametrize("line", ACCEPTED)
def test_what_it_takes_is_no_error(line: str) -> None:
    assert parse(f"FROM a\n{line}\n", "f").errors == ()


def test_what_can_be_read_of_a_rejected_instruction_is_read() -> None:
    parsed = parse("FROM a\nRUN --nope=1 pip install x\nENV A=1 B\nUSER\n", "f")
    _, run, env, user = parsed.instructions
    assert (run.script.value, [pair.key.text for pair in env.pairs]) == ("pip install x", ["A"])
    assert isinstance(user, Unreadable)
    assert [line for line, _ in parsed.errors] == [2, 3, 4]


@pytest.mark.parametrize("text", ["", "\n", "\ufeff", "# only a comment\n", " \t\r\n\u00a0"])
def test_a_file_without_instructions(text: str) -> None:
    assert parse(text, "f").errors == ((1, "no instruction in this file: a Dockerfile begins with FROM"),)


def test_a_file_without_a_base_image() -> None:
    assert parse("ARG a\nRUN b\n", "f").errors == ((1, "no FROM in this file: a Dockerfile needs a base image"),)


def test_only_arguments_may_stand_before_the_first_base_image() -> None:
    parsed = parse("ARG a\nENV b=c\nRUN d\nFROM e\n", "f")
    assert parsed.errors == ((2, "'ENV' before the first FROM: only ARG may stand there"),)


@pytest.mark.parametrize(("size", "errors"), [(LONGEST_LINE, 0), (LONGEST_LINE + 1, 1)])
def test_a_line_that_is_too_long_for_buildkit_is_read_and_told(size: int, errors: int) -> None:
    parsed = parse("FROM a\nRUN " + "x" * (size - 4) + "\nUSER b\n", "f")
    assert (len(parsed.errors), parsed.instructions[-1].keyword) == (errors, "USER")
