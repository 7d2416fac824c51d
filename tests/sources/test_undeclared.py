"""Variables that are empty where they are used, and what .dockerignore keeps from a COPY."""

import pytest

from scanner.scan import Options, scan_text
from scanner.sources.dockerfile.undeclared import MAX_NAMES


def facts(kind, text, context=None):
    report = scan_text(text, Options(rules=(), build_args={}, keep_facts=True), context=context)
    return [fact for fact in report.facts if fact.kind == kind]


def undefined(text):
    return [(fact.name, fact.keyword, fact.evidence[0].quote) for fact in facts("undefined-variable", text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("FROM python:$V", [("V", "FROM", "$V")]),
        ("FROM --platform=${P} python:3", [("P", "FROM", "${P}")]),
        ("FROM python:3 AS a\nARG V\nFROM python:$V", [("V", "FROM", "$V")]),
        ("ARG V=1\nFROM python:3\nRUN echo $V", [("V", "RUN", "$V")]),
        ('ARG V=1\nFROM python:3\nRUN echo "it is ${V}"', [("V", "RUN", "${V}")]),
        ("ARG V=1\nFROM python:3\nLABEL v=$V", [("V", "LABEL", "$V")]),
        ("ARG V=1\nFROM python:3\nARG W=$V", [("V", "ARG", "$V")]),
        ("ARG V=1\nFROM python:3 AS a\nARG V\nFROM python:3\nRUN echo $V", [("V", "RUN", "$V")]),
        ("ARG V=1\nFROM python:3\nRUN echo $V\nARG V", [("V", "RUN", "$V")]),
        ("ARG V=1\nFROM python:3\nRUN echo $V $V ${V}", [("V", "RUN", "$V")]),
    ],
)
def test_a_variable_that_nobody_declared_for_the_instruction_is_a_fact(text, found):
    assert undefined(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "ARG V\nFROM python:$V",
        "FROM --platform=$BUILDPLATFORM python:3",
        "FROM python:${V:-3}",
        "ARG V=1\nFROM python:3\nARG V\nRUN echo $V",
        "ARG V=1\nFROM python:3\nENV V=2\nRUN echo $V",
        "ARG V=1\nFROM python:3 AS a\nENV V=2\nFROM a\nRUN echo $V",
        "ARG V=1\nFROM python:3\nRUN V=2 && echo $V",
        "ARG V=1\nFROM python:3\nRUN while read -r V; do echo $V; done < /x",
        "ARG V=1\nFROM python:3\nRUN echo '$V' \\$V",
        "ARG V=1\nFROM python:3\nCMD echo $V",
        "ARG HTTP_PROXY=http://p\nFROM python:3\nRUN echo $HTTP_PROXY",
        "FROM python:3\nRUN echo $V\nENV PATH=/x:$PATH",
    ],
)
def test_a_variable_that_somebody_sets_or_may_set_is_none(text):
    assert undefined(text) == []


def test_the_number_of_undeclared_variables_of_one_instruction_is_bounded():
    many = "".join(f"$V{number}" for number in range(10 * MAX_NAMES))
    assert len(undefined(f"FROM python:{many}")) == MAX_NAMES


@pytest.mark.parametrize(
    ("image", "invalid"),
    [("$B", True), ("python:$B", True), ("$B/x", True), ("python$B", False), ("${B:-python}", False)],
)
def test_an_image_without_its_build_argument_is_one_or_not(image, invalid):
    (fact,) = facts("base-image", f"ARG B\nFROM {image}")
    assert fact.default_invalid is invalid


@pytest.mark.parametrize(
    ("ignore", "source", "ignored"),
    [
        ("models", "models", True),
        ("models", "./models/", True),
        ("models", "models/a.bin", True),
        ("*.bin", "models", False),
        ("**/*.bin", "models/a.bin", True),
        ("models\n!models/a.bin", "models", False),
        ("models\n!models/a.bin", "models/a.bin", False),
        ("models", "model*", False),
        ("models", ".", False),
        ("", "models", False),
    ],
)
def test_a_source_is_ignored_when_nothing_of_it_is_in_the_context(ignore, source, ignored):
    context = {".dockerignore": ignore.encode(), "models/a.bin": b"x"}
    (fact,) = facts("copy", f"FROM python:3\nCOPY {source} /x", context)
    assert fact.ignored is ignored


def test_without_a_context_nobody_knows_what_is_ignored():
    (fact,) = facts("copy", "FROM python:3\nCOPY a /x")
    assert fact.ignored is None


@pytest.mark.parametrize(
    ("user", "groups"),
    [
        ("RUN usermod -aG video app\nUSER app:app", True),
        ("RUN useradd --groups=video app\nUSER app:app", True),
        ("RUN adduser app video\nUSER app:app", True),
        ("RUN usermod -aG video app\nUSER app", False),
        ("RUN usermod -aG video other\nUSER app:app", False),
        ("RUN useradd -g app app\nUSER app:app", False),
        ("RUN adduser --ingroup app app\nUSER app:app", False),
    ],
)
def test_a_group_in_user_drops_the_groups_that_the_build_gives_it(user, groups):
    (fact,) = facts("runtime-user", f"FROM python:3\n{user}")
    assert fact.groups_dropped is groups


@pytest.mark.parametrize(
    ("lines", "nameless"),
    [
        ("COPY app /app\nUSER app", True),
        ("COPY app /app\nUSER app:app", True),
        ("COPY app /app\nUSER 10001", False),
        ("COPY passwd /etc/\nUSER app", False),
        ("COPY passwd /etc/passwd\nUSER app", False),
        ("COPY rootfs /\nUSER app", False),
    ],
)
def test_a_name_needs_a_list_of_users_in_an_image_from_scratch(lines, nameless):
    (fact,) = facts("runtime-user", f'FROM scratch\n{lines}\nENTRYPOINT ["/app"]')
    assert fact.nameless is nameless


def test_an_image_that_an_argument_names_is_where_it_is_written():
    text = "ARG UV=ghcr.io/astral-sh/uv:0.9.5\nFROM python:3\nARG UV\nCOPY --from=$UV /uv /bin/"
    image = facts("base-image", text)[-1]
    assert (image.reference, image.evidence[0].quote) == ("ghcr.io/astral-sh/uv:0.9.5", "$UV")
    assert image.evidence[0].at.span[:2] == (4, 13)


@pytest.mark.parametrize(
    "text",
    [
        "ARG A={long}\nFROM {many}",
        "FROM scratch\nENV A={long}\nENV B={many}",
        "FROM scratch\nENV A={long}\nENV B=${{A//x/{long}}}",
        "FROM scratch\nENV A={long}\nENV B=" + "${{A:-x}}" * 1000,
    ],
)
def test_variables_do_not_multiply(text):
    """Each value may be 64 kB long, and a line takes in 30,000 of them: nothing of that size is ever made."""
    import tracemalloc

    tracemalloc.start()
    report = scan_text(text.format(long="x" * 60_000, many="$A" * 30_000), Options(rules=(), build_args={}))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50_000_000
    assert any("not filled in" in problem.reason for problem in report.problems)
