"""A scan with a database opens no socket, and one without says once what to type."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scanner.engine.load import load
from scanner.scan import Options, scan, scan_text
from tests.advisories.made import affected, below, compiled, record

TORCH = record("PYSEC-2025-41", below("torch", "2.6.0"), aliases=["CVE-2025-32434"], summary="It runs code")
METADATA = "Metadata-Version: 2.1\nName: torch\nVersion: 2.5.1\n"
DOCKERFILE = "FROM python:3.12.12-slim\nRUN pip install torch==2.5.1\n"


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root" / "usr/lib/python3.12/site-packages/torch-2.5.1.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(METADATA)
    return f"rootfs:{tmp_path}/root"


@pytest.fixture
def options(tmp_path):
    rules = tuple(rule for rule in load() if rule.page in {"known-vulnerability", "vulnerable-pin"})
    return Options(rules=rules, build_args={}, database=str(tmp_path / "a.db"))


def test_no_socket_is_opened(tmp_path, root):
    compiled(tmp_path / "a.db", TORCH).close()
    program = (
        "import sys\n"
        "def hook(event, _):\n"
        "    if event.startswith('socket.'): sys.stderr.write(event); sys.exit(9)\n"
        "sys.addaudithook(hook)\n"
        "from scanner.cli import main\n"
        f"sys.exit(main(['scan', {root!r}, '--db', {str(tmp_path / 'a.db')!r}, '-q']))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert "critical" not in done.stdout
    assert "CVE-2025-32434" in done.stdout


def test_a_finding_bears_the_id_and_severity_of_its_advisory(tmp_path, root, options):
    compiled(tmp_path / "a.db", TORCH | {"database_specific": {"severity": "CRITICAL"}})
    (report,) = scan([root], options)
    (finding,) = report.findings
    assert (finding.rule.id, finding.rule.page, str(finding.rule.severity), finding.rule.confidence) == (
        "CVE-2025-32434", "known-vulnerability", "critical", "high",
    )  # fmt: skip
    assert finding.message == "torch 2.5.1: It runs code (severity critical): upgrade to 2.6.0."
    assert finding.names[:2] == ("CVE-2025-32434", "known-vulnerability")


def test_an_image_without_a_database_says_once_what_to_type(root, options):
    (report,) = scan([root], options)
    assert [notice.text for notice in report.notices] == [
        "packages are not held against advisories, there are none: 'hullcheck db update' fetches them"
    ]
    (report,) = scan([root], options.replace(database=None))
    assert report.notices == ()


def test_a_dockerfile_without_a_database_says_nothing_and_loads_nothing():
    program = (
        "import sys\n"
        "from scanner.scan import Options, scan_text\n"
        f"report = scan_text({DOCKERFILE!r}, Options(rules=(), build_args={{}}, database='/nowhere'))\n"
        "assert report.notices == (), report.notices\n"
        "print([name for name in sys.modules if name.startswith(('sqlite3', 'scanner.advisories', 'packaging', 'json'))])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_damaged_database_is_a_problem_of_the_scan(tmp_path, root, options):
    (tmp_path / "a.db").write_bytes(b"nonsense" * 100)
    (report,) = scan([root], options)
    assert len(report.problems) == 1
    assert "is damaged" in report.problems[0].reason
    assert "hullcheck db update" in report.problems[0].remedy


def test_old_advisories_are_told(tmp_path, root, options, monkeypatch):
    from scanner.advisories import consult

    compiled(tmp_path / "a.db", TORCH)
    day = consult.time.time() + 8.5 * consult.DAY
    monkeypatch.setattr(consult.time, "time", lambda: day)
    (report,) = scan([root], options)
    assert [notice.text for notice in report.notices] == [
        "advisories (imported) are 8 days old: 'hullcheck db update' fetches what is new"
    ]


def test_the_age_of_what_nobody_asks_for_does_not_matter(tmp_path, root, options, monkeypatch):
    import json

    from scanner.advisories import consult
    from scanner.advisories.compile import building

    with building(str(tmp_path / "a.db")) as compiler:
        compiler.feed("npm", [("a", json.dumps(record("N-1", below("x", "1", "npm"))).encode())])
    day = consult.time.time() + 30 * consult.DAY
    monkeypatch.setattr(consult.time, "time", lambda: day)
    (report,) = scan([root], options)
    assert [notice.text.partition(":")[0] for notice in report.notices] == [
        "packages of PyPI are not held against advisories"
    ]


def test_packages_that_nothing_is_known_about_are_told(tmp_path, root, options):
    status = Path(root.removeprefix("rootfs:")) / "var/lib/dpkg/status"
    status.parent.mkdir(parents=True)
    status.write_text("Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2-1\n")
    compiled(tmp_path / "a.db", record("N-1", below("x", "1", "npm")))
    (report,) = scan([root], options)
    assert [notice.text for notice in report.notices] == [
        "1 packages of an unknown system are not held against advisories: the database has none for it",
        "packages of PyPI are not held against advisories: the database has none for them",
    ]


def test_what_cannot_be_compared_is_undecided(tmp_path, root, options):
    compiled(tmp_path / "a.db", record("CVE-2025-8747", affected("torch")))
    (report,) = scan([root], options)
    assert report.findings == ()
    assert [(each.rule.page, each.fields) for each in report.undecided] == [("known-vulnerability", ("affects",))]


@pytest.mark.parametrize("name", ["CVE-2025-32434", "PYSEC-2025-41", "known-vulnerability"])
def test_any_id_of_an_advisory_ignores_it(tmp_path, name):
    from scanner.engine.select import choose, named
    from scanner.engine.suppress import Ignore
    from scanner.model.location import Location

    rules = load()
    assert named(rules, name) == {name}
    ignore = Ignore(rule=name, path="**", reason="only our own checkpoints", folder=str(tmp_path), at=Location("x"))
    compiled(tmp_path / "a.db", TORCH)
    folder = tmp_path / "root/usr/lib/python3.12/site-packages/torch-2.5.1.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(METADATA)
    options = Options(
        rules=choose(rules, select=["known-vulnerability"]), build_args={}, database=str(tmp_path / "a.db")
    )
    target = f"rootfs:{tmp_path}/root"
    (report,) = scan([target], options.replace(ignores=(ignore,)))
    assert [finding.suppressed.reason for finding in report.findings] == ["only our own checkpoints"]
    (report,) = scan([target], options.replace(rules=choose(rules, select=["known-vulnerability"], ignore=[name])))
    assert report.findings == ()
    (report,) = scan([target], options.replace(rules=choose(rules, select=[name])))
    assert [finding.rule.id for finding in report.findings] == ["CVE-2025-32434"]


@pytest.mark.parametrize("name", ["CVE", "cve-2025-1", "DS-0099", "root-user2", "CVE-2025-1 x", "CVE-" + "1" * 80])
def test_what_is_no_id_of_an_advisory_is_no_rule(name):
    from scanner.engine.select import named

    assert named(load(), name) == frozenset()


def test_an_ignore_in_a_comment_covers_a_pin(tmp_path, options):
    compiled(tmp_path / "a.db", TORCH)
    text = DOCKERFILE.replace("RUN", "# hullcheck: ignore[vulnerable-pin] tested with it\nRUN")
    report = scan_text(text, options)
    assert [finding.suppressed.by for finding in report.findings] == ["comment"]


def test_only_what_has_a_fix(tmp_path, root, options):
    compiled(tmp_path / "a.db", TORCH, record("A-1", affected("torch", ("introduced", "0"))))
    assert [finding.rule.id for finding in scan([root], options)[0].findings] == ["A-1", "CVE-2025-32434"]
    assert [finding.rule.id for finding in scan([root], options.replace(only_fixed=True))[0].findings] == [
        "CVE-2025-32434"
    ]
