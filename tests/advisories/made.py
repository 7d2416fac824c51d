"""Advisories, databases and packages for tests."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path

from scanner.advisories.compile import building
from scanner.advisories.database import Database
from scanner.advisories.match import vulnerabilities
from scanner.model.facts import InstalledPackage, OperatingSystem, Requirement
from scanner.model.location import Evidence, Layer, Location

REAL = Path(os.environ.get("HULLCHECK_TEST_ADVISORIES", "osv-pypi.zip"))
"""PyPI's ``all.zip`` of OSV, which is no part of the project."""
V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
V4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"


def affected(name, *events, ecosystem="PyPI", **more):
    """What a record says of a package; events as ``introduced=0`` pairs."""
    pairs = [{kind: version} for kind, version in events]
    ranges = [{"type": "ECOSYSTEM", "events": pairs}] if pairs else []
    return {"package": {"ecosystem": ecosystem, "name": name}, "ranges": ranges} | more


def below(name, fixed, ecosystem="PyPI", **more):
    """Everything before a version is affected."""
    return affected(name, ("introduced", "0"), ("fixed", fixed), ecosystem=ecosystem, **more)


def record(id, *parts, **more):
    """A record in the OSV format."""
    return {"id": id, "modified": "2026-01-01T00:00:00Z", "affected": list(parts)} | more


def archive(*records, names=None):
    """As OSV publishes an ecosystem."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        for number, each in enumerate(records):
            out.writestr(names[number] if names else f"{each['id']}.json", json.dumps(each))
    return buffer.getvalue()


def compiled(path, *records, kev=(), epss=()):
    """A database of some records at a path, opened."""
    with building(str(path)) as compiler:
        compiler.feed("imported", ((each.get("id", "?"), json.dumps(each).encode()) for each in records))
        if kev:
            compiler.exploited(kev)
        if epss:
            compiler.likelihood(epss)
        assert compiler.problems == []
    return Database(str(path))


def package(name, version, ecosystem="pypi", *, location="", base=None, **more):
    """A package in an image."""
    where = location or f"site-packages/{name}-{version}.dist-info"
    at = Location(f"{where}/METADATA", None, Layer(0, "sha256:0", "", base))
    return InstalledPackage(
        **{"owned_by": "", "purl": f"pkg:{ecosystem}/{name}@{version}"} | more,
        evidence=(Evidence(at, f"{name} {version}"),),
        ecosystem=ecosystem,
        name=name,
        version=version,
        location=where,
    )


def system(id, version):
    """An operating system."""
    return OperatingSystem(
        evidence=(Evidence(Location("etc/os-release")),),
        id=id,
        version=version,
        codename="",
        pretty=f"{id} {version}",
        like=(),
    )


def asked(name, specifier, version="", ecosystem="pypi", origin="index"):
    """A requirement of a Dockerfile."""
    return Requirement(
        evidence=(Evidence(Location("Dockerfile"), f"{name}{specifier}"),),
        ecosystem=ecosystem,
        name=name,
        specifier=specifier,
        version=version,
        installer="pip",
        stage="",
        pinned=bool(version),
        bounded=not version,
        hashed=False,
        origin=origin,
        url="",
        commit_pinned=None,
        prerelease=False,
        declared_in="command",
    )


def found(database, *facts, own=()):
    """What a database knows of some facts."""
    return list(vulnerabilities(facts, database, own))
