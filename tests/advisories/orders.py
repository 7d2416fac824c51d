"""Generated versions, and what package managers say of them."""

from __future__ import annotations

import random
import shutil
import subprocess

import pytest

_DEB = (
    "0",
    "1",
    "00",
    "01",
    "9",
    "10",
    "~",
    "+",
    ".",
    "-",
    "a",
    "b",
    "z",
    "A",
    "rc",
    "~rc",
    "+deb12u",
    "dfsg",
    "ubuntu",
)
_RPM = ("0", "1", "00", "01", "9", "10", "~", "^", ".", "_", "+", "a", "b", "Z", "rc", "git", "el9", "el10")


def deb(random: random.Random) -> str:
    """A version that dpkg takes, of few parts, so that many pairs are nearly the same."""
    epoch = random.choice(("", "", "", "0:", "1:", "2:"))
    upstream = str(random.randint(0, 3)) + "".join(random.choices(_DEB, k=random.randint(0, 5)))
    revision = random.choice(
        ("", "", "-0", "-1", "-1~bpo12+1", f"-{''.join(random.choices(_DEB[:9], k=2))}1".replace("--", "-"))
    )
    return epoch + upstream.rstrip("-") + revision


def rpm(random: random.Random) -> str:
    """A version or release of an RPM."""
    return random.choice("0123a") + "".join(random.choices(_RPM, k=random.randint(0, 6)))


def pairs(make, count: int) -> list[tuple[str, str]]:
    """Pairs, the same in each run; some of a version with itself or with one that has a bit more."""
    source = random.Random(20_261_125)
    found = []
    for number in range(count):
        one = make(source)
        other = make(source) if number % 3 else one + source.choice(("", "~", "a", "1", "0", ".0", "+1"))
        found.append((one, other))
    return found


def dpkg_agrees(asked: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Those of ``(version, lt | eq | gt, version)`` of which dpkg says that they are not so."""
    if not shutil.which("dpkg"):
        pytest.skip("dpkg is not installed")
    script = 'while read -r a op b; do dpkg --compare-versions "$a" "$op" "$b" && echo y || echo n; done'
    lines = "".join(f"{one} {operator} {other}\n" for one, operator, other in asked)
    done = subprocess.run(["sh", "-c", script], input=lines, capture_output=True, text=True, check=True)
    answers = done.stdout.split()
    assert len(answers) == len(asked)
    return [each for each, answer in zip(asked, answers, strict=True) if answer != "y"]


def rpm_says(asked: list[tuple[str, str]]) -> list[int]:
    """What rpm's own comparison says of each pair: -1, 0 or 1."""
    if not shutil.which("rpm"):
        pytest.skip("rpm is not installed")
    found: list[int] = []
    for start in range(0, len(asked), 500):
        calls = " ".join(f"print(rpm.vercmp('{one}','{other}')..'\\n')" for one, other in asked[start : start + 500])
        done = subprocess.run(["rpm", "--eval", f"%{{lua: {calls}}}"], capture_output=True, text=True, check=True)
        found += map(int, done.stdout.split())
    return found
