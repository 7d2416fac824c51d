"""The examples of a rule are held against a scan, place by place."""

from __future__ import annotations

import pytest

from scanner.engine import example
from scanner.engine.judge import judge
from scanner.errors import RuleError
from scanner.model.facts import RuntimeUser
from scanner.model.finding import Problem, Report
from scanner.model.location import Evidence, Location, Span


def scan(*places, problems=(), **fields):
    """A scan that finds a root user at each (path, line, column), whatever it is given."""
    known = {"name": "root", "declared": True, "is_root": True, "numeric": False, "created_unused": ""}
    facts = [
        RuntimeUser(
            evidence=(Evidence(Location(path, Span(line, column, line, column + 3) if line else None)),),
            **known | fields,
        )
        for path, line, column in places
    ]

    def run(text, files, modes=None):
        findings, undecided = judge(run.rules, facts)
        return Report(target="x", findings=findings, undecided=undecided, problems=problems, lines={})

    return run


@pytest.fixture
def reasons(read):
    """What is wrong with the first bad (or good) example of a rule file, scanned so."""

    def run(scanner, *changes, verdict="bad"):
        file = read(*changes)
        scanner.rules = (file.rule,)
        case = next(each for each in file.examples if each.verdict == verdict)
        return example.run(file.rule, case, scanner)

    return run


HERE = ("Dockerfile", 3, 6)


def test_a_finding_at_the_mark_is_right(reasons):
    assert reasons(scan(HERE)) == ()


def test_a_finding_elsewhere_is_wrong_twice(reasons):
    assert reasons(scan(("Dockerfile", 1, 1))) == (
        "Dockerfile:3: '# expect' stands here, but it does not fire",
        "Dockerfile:1: fires here: mark the place with '# expect' if it should",
    )


def test_a_finding_more_than_marked_is_wrong(reasons):
    assert reasons(scan(HERE, ("r.txt", 2, 1))) == ("r.txt:2: fires here: mark the place with '# expect' if it should",)


def test_a_file_as_a_whole_needs_no_mark(reasons):
    assert reasons(scan(("m.pkl", 0, 0)), ("      # expect\n", "")) == ()


def test_a_bad_example_that_does_not_fire_is_wrong(reasons):
    assert reasons(scan()) == ("does not fire",)
    assert reasons(scan(HERE, is_root=None)) == ("does not fire; not known: is_root",)


def test_a_good_example_that_fires_is_wrong(reasons):
    assert reasons(scan(), verdict="good") == ()
    assert reasons(scan(HERE), verdict="good") == (
        "Dockerfile:3:6: fires on a good example: The process runs as root.",
    )


def test_what_could_not_be_looked_at_is_wrong_in_any_example(reasons):
    problem = Problem(at=Location("Dockerfile", Span(2, 1, 2, 1)), reason="odd")
    for verdict in ("bad", "good"):
        places = [HERE] if verdict == "bad" else []
        assert reasons(scan(*places, problems=(problem,)), verdict=verdict) == (
            "Dockerfile:2:1: could not be looked at: odd",
        )


@pytest.mark.parametrize(("mark", "column", "wrong"), [
    ("# expect root", 6, None),
    ("# expect USER", 6, "Dockerfile:3: fires at column 6, expected at 1"),
    ("# expect USER, root", 6, "Dockerfile:3: fires at column 6, expected at 1, 6"),
])  # fmt: skip
def test_a_mark_may_name_the_words(reasons, mark, column, wrong):
    assert reasons(scan(("Dockerfile", 3, column)), ("# expect", mark)) == ((wrong,) if wrong else ())


def test_a_mark_at_the_end_of_a_line_is_taken_out(read):
    file = read(("      # expect\n      USER root\n", "      USER root  # expect root\n"))
    case = file.examples[0]
    assert case.dockerfile == "FROM python:3.12\nUSER root\n"
    assert case.marks == (example.Mark("Dockerfile", 2, 6),)


def test_a_mark_alone_stays_so_that_lines_keep_their_numbers(read):
    case = read().examples[0]
    assert case.dockerfile == "FROM python:3.12\n# expect\nUSER root\n"
    assert case.marks == (example.Mark("Dockerfile", 3, None),)


def test_files_are_text_with_marks_or_bytes(read):
    files = "    files:\n      r.txt: |\n        a\n        torch # expect\n      m.bin: {base64: gAIu}\n"
    case = read(("good:\n", f"{files}good:\n")).examples[0]
    assert case.files == {"r.txt": b"a\ntorch\n", "m.bin": b"\x80\x02."}
    assert example.Mark("r.txt", 2, None) in case.marks


IMAGE = "    dockerfile: |\n      FROM python:3.12\n      # expect\n      USER root\n"


def test_the_files_of_an_image_have_modes_and_may_be_large_or_folders(read):
    files = (
        '    image: {}\n    files:\n      a.txt: {text: "a\\n", mode: "4755"}\n      b.bin: {size: 3}\n'
        '      c/: {mode: "777"}\n'
    )
    case = read((IMAGE, files)).examples[0]
    assert case.files == {"a.txt": b"a\n", "b.bin": b"\0\0\0", "c/": b""}
    assert case.modes == {"a.txt": 0o4755, "c/": 0o777}


@pytest.mark.parametrize(("file", "reason"), [
    ('{mode: "9"}', "'mode' should be octal digits in quotes, found '9'"),
    ("{size: -1}", "'size' should be a number of bytes, at most 100,000,000"),
    ("{sise: 1}", "sise"),
])  # fmt: skip
def test_what_is_wrong_with_a_file_is_told(read, file, reason):
    with pytest.raises(RuleError, match=reason):
        read((IMAGE, f"    image: {{}}\n    files:\n      a: {file}\n"))


def test_a_build_context_has_no_modes(read):
    with pytest.raises(RuleError, match="only the files of an 'image'"):
        read(("good:\n", '    files:\n      a: {mode: "755"}\ngood:\n'))


def test_only_an_image_has_a_later_layer(read):
    with pytest.raises(RuleError, match="only an 'image' has a later layer"):
        read(("good:\n", "    later:\n      a: x\ngood:\n"))


def test_no_files_is_no_build_context(read):
    assert read().examples[0].files is None
    assert read(("good:\n", "    files: {}\ngood:\n")).examples[0].files == {}


def test_an_image_waits_for_somebody_who_can_scan_it(read):
    text = "    dockerfile: |\n      FROM python:3.12\n      # expect\n      USER root\n"
    file = read((text, "    image:\n      config: {User: '0'}\n      history: [RUN x]\n"))
    case = file.examples[0]
    assert case.image == {"config": {"User": "0"}, "history": ["RUN x"]}
    assert example.run(file.rule, case, scan(HERE)) == ()

    given = scan(HERE)
    given.rules = (file.rule,)
    assert example.run(file.rule, case, scan(), scan_image=given) == (
        "Dockerfile:3: fires here: mark the place with '# expect' if it should",
    )


MARKED = """\
    image:
      config: {User: "root  # expect root", Cmd: [serve]}
      history:
        - {created_by: "CMD serve"}
        - {created_by: "USER root  # expect USER"}
"""


def scan_image(*places, **lines):
    """A scan of an image that finds a root user at each (config or history, line, column)."""
    scanned = scan(*((f"x {part}", line, column) for part, line, column in places))

    def run(image, layers, modes):
        run.image, scanned.rules = image, run.rules
        return scanned("", {}).replace(lines={f"x {part}": tuple(text) for part, text in lines.items()})

    return run


@pytest.fixture
def image_reasons(read):
    def run(scanner, text=MARKED):
        file = read((IMAGE, text))
        scanner.rules = (file.rule,)
        return example.run(file.rule, file.examples[0], scanner, scanner)

    return run


TEXTS = {"config": ["USER root", 'CMD ["serve"]'], "history": ["CMD serve", "USER root"]}


def test_texts_of_an_image_are_marked_at_their_end(image_reasons):
    scanner = scan_image(("config", 1, 6), ("history", 2, 1), **TEXTS)
    assert image_reasons(scanner) == ()
    assert scanner.image["config"] == {"User": "root", "Cmd": ["serve"]}, "a scan does not see the marks"
    assert [entry["created_by"] for entry in scanner.image["history"]] == ["CMD serve", "USER root"]


def test_a_finding_elsewhere_in_an_image_is_wrong(image_reasons):
    assert image_reasons(scan_image(("config", 1, 6), ("history", 1, 1), **TEXTS)) == (
        "x history:2: '# expect' stands here, but it does not fire",
        "x history:1: fires here: mark the place with '# expect' if it should",
    )
    assert image_reasons(scan_image(("config", 1, 1), ("history", 2, 1), **TEXTS)) == (
        "x config:1: fires at column 1, expected at 6",
    )


def test_a_mark_whose_words_are_not_there_is_wrong(image_reasons):
    scanner = scan_image(("config", 1, 6), ("history", 2, 1), **TEXTS)
    assert image_reasons(scanner, MARKED.replace("expect USER", "expect user")) == (
        "x history:2: fires at column 1, expected at 0",
    )
    assert image_reasons(scanner, MARKED.replace("[serve]", '["--no  # expect"]')) == (
        "x config:0: '# expect' stands here, but it does not fire",
    )


def test_an_image_without_a_list_of_entries_is_left_as_it_is(read):
    case = read((IMAGE, "    image: {history: 7}\n")).examples[0]
    assert (case.image, case.image_marks) == ({"history": 7}, ())
