"""The packages of an RPM system, by our reading of its database and by rpm's own."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from scanner.scan import Options, scan
from tests.integration.conftest import missing

pytestmark = pytest.mark.integration

FORMAT = r"%{NAME}\t%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\t%{ARCH}\t%{LICENSE}\n"
SITE = "/usr/lib/python3.11/site-packages"
COUNT = 16


def spec(release):
    """A source of many packages: of several architectures and epochs, large and empty, some with Python in them."""
    head = f"Name: main\nVersion: 1.0\nRelease: {release}.el9\nSummary: s\nLicense: MIT and BSD\n%description\nx\n%install\n"
    parts, install = [], []
    for number in range(COUNT):
        epoch = f"Epoch: {number % 3}\n" if number % 4 == 1 else ""
        arch = "BuildArch: noarch\n" if number % 2 else ""
        version = f"{number}.{release}~rc1" if number % 5 == 0 else f"{number}.{release}^git1"
        folder = f"{SITE}/part{number}-{number}.dist-info" if number % 7 == 0 else f"/usr/share/part{number}"
        parts.append(
            f"%package -n part{number}\nVersion: {version}\n{epoch}{arch}Summary: s\nLicense: GPL-2.0-or-later\n"
        )
        parts.append(f"%description -n part{number}\nx\n%files -n part{number}\n{folder}\n")
        install.append(f"mkdir -p %{{buildroot}}{folder}; touch %{{buildroot}}{folder}/METADATA")
        install.append(f"for i in $(seq {number * 20}); do : > %{{buildroot}}{folder}/a_file_with_a_long_name_$i; done")
    return head + "\n".join([*install, "%files", *parts])


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    """A root folder whose database had packages installed, upgraded and removed, and a function that asks rpm."""
    if not all(map(shutil.which, ("rpm", "rpmbuild"))):
        missing("rpm is not installed (Debian: apt-get install rpm)")
    folder = tmp_path_factory.mktemp("rpm")
    root = folder / "root"
    root.mkdir()

    def rpm(*words):
        options = ["--root", root, "--dbpath", "/var/lib/rpm"]
        return subprocess.run(["rpm", *options, *words], check=True, capture_output=True, text=True).stdout

    for release in (1, 2):
        (folder / "main.spec").write_text(spec(release))
        quick = ["--define", "__spec_install_post %{nil}", "--define", "_binary_payload w0.gzdio"]
        build = ["rpmbuild", "-bb", "--nodeps", "--define", f"_topdir {folder}/{release}", *quick, folder / "main.spec"]
        subprocess.run(build, check=True, capture_output=True)
    packages = sorted((folder / "1" / "RPMS").rglob("*.rpm"))
    newer = sorted((folder / "2" / "RPMS").rglob("*part1*.rpm"))
    assert len(packages) == COUNT + 1
    rpm("-i", "--nodeps", "--justdb", *packages)
    rpm("-U", "--nodeps", "--justdb", *newer)
    rpm("-e", "--nodeps", "--justdb", "part3", "part8", "part15")
    return root, rpm


def test_the_database_is_read_as_rpm_reads_it(system):
    root, rpm = system
    lines = rpm("-qa", "--qf", FORMAT).replace("\t0:", "\t").splitlines()  # no epoch is the epoch 0
    theirs = sorted(tuple(line.split("\t")) for line in lines)
    (report,) = scan([f"rootfs:{root}"], Options(rules=(), build_args={}, keep_facts=True))
    ours = sorted(
        (one.name, one.version, one.architecture, one.licence)
        for one in report.facts
        if one.kind == "installed-package"
    )
    assert report.problems == ()
    assert len(theirs) == COUNT + 1 - 3
    assert ours == theirs


def test_the_python_packages_of_a_package_are_its_own(system):
    root, rpm = system
    path = f"{SITE}/part14-14.dist-info/METADATA"
    os.makedirs(root / os.path.dirname(path)[1:], exist_ok=True)
    (root / path[1:]).write_text("Metadata-Version: 2.1\nName: part14\nVersion: 14\n\n")
    (report,) = scan([f"rootfs:{root}"], Options(rules=(), build_args={}, keep_facts=True))
    (ours,) = [one for one in report.facts if one.kind == "installed-package" and one.ecosystem == "pypi"]
    owner = rpm("-qf", "--qf", "%{NAME} %{VERSION}-%{RELEASE}", path)
    assert ours.owned_by == f"rpm:{owner}"
