"""What the deriver concludes from copies and the commands after them."""

import pytest

from scanner.scan import Options, scan_text

HEAD = "FROM python:3.12.12-slim\n"


def twice(text):
    report = scan_text(HEAD + text, Options(rules=(), build_args={}, keep_facts=True))
    return [(f.path, f.program, f.unpacks, f.folder) for f in report.facts if f.kind == "copy-again"]


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("COPY a /srv/a\nRUN chown 1000 /srv/a", ("/srv/a", "chown", False, False)),
        ("COPY a /srv/\nRUN chmod +x /srv/a", ("/srv/a", "chmod", False, False)),
        ("COPY a .\nRUN chmod +x ./a", ("./a", "chmod", False, False)),
        ("COPY a .\nRUN chmod +x a", ("a", "chmod", False, False)),
        ("COPY models /models/\nRUN true && chown -R app /models/models", ("/models/models", "chown", False, True)),
        ("COPY . /srv\nRUN chown -R app:app /srv", ("/srv", "chown", False, True)),
        ("COPY x.tar.gz /tmp/\nRUN tar xzf /tmp/x.tar.gz", ("/tmp/x.tar.gz", "tar", True, False)),
        ("COPY x.tar /x.tar\nRUN tar --extract --file /x.tar", ("/x.tar", "tar", True, False)),
    ],
)
def test_what_a_later_run_writes_is_there_twice(text, fact):
    assert twice(text) == [fact]


@pytest.mark.parametrize(
    "text",
    [
        "RUN chown 1000 /srv/a\nCOPY a /srv/a",
        "COPY a /srv/a\nRUN chown 1000 /srv/b /srv",
        "COPY a /srv/a\nRUN rm /srv/a",
        "COPY a* /srv/\nRUN chmod +x /srv/a",
        "COPY x.tar /x.tar\nRUN tar tf /x.tar",
        "COPY x.zip /x.zip\nRUN tar xf /x.zip",
        "ADD x.tar /srv/\nRUN chmod +x /srv/x.tar",
        "COPY a /srv/a\nFROM python:3.12.12\nRUN chown 1000 /srv/a",
        "COPY a /srv/a\nCMD chown 1000 /srv/a",
    ],
)
def test_what_no_later_run_of_the_stage_writes_is_there_once(text):
    assert twice(text) == []


def test_a_copy_is_told_of_once():
    assert len(twice("COPY a /srv/a\nRUN chown 1000 /srv/a && chmod +x /srv/a")) == 1
