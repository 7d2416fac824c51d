"""What the end-of-life deriver concludes, held to the published dates of the releases themselves."""

import re

import pytest

from scanner import knowledge
from scanner.derive.end_of_life import derive
from scanner.model.facts import BaseImage, Command, Requirement
from scanner.model.location import Evidence, Location

TODAY = "2026-11-22"


def base(repository="python", tag="3.7", *, registry="docker.io", cuda="", use="from", **more):
    match = re.match(r"v?(\d+(?:\.\d+)*)", tag or "")
    version = match[1] if match else ""
    return BaseImage(
        evidence=(Evidence(Location("Dockerfile"), f"{repository}:{tag}"),),
        reference=f"{repository}:{tag}",
        registry=registry,
        repository=repository,
        tag=tag,
        has_tag=None if tag is None else bool(tag),
        is_latest=False,
        digest_pinned=False,
        version=version,
        version_parts=len(version.split(".")) if version else 0,
        flavor="",
        cuda=cuda,
        use=use,
        stage="0",
        platform="",
        platform_fixed=False,
        **more,
    )


def requirement(ecosystem, name, specifier="", stage="0"):
    return Requirement(
        evidence=(Evidence(Location("Dockerfile"), f"{name}{specifier}"),),
        ecosystem=ecosystem,
        name=name,
        specifier=specifier,
        version="",
        installer="conda",
        stage=stage,
        pinned=False,
        bounded=True,
        hashed=False,
        origin="index",
        url="",
        commit_pinned=None,
        prerelease=False,
        declared_in="command",
    )


def command(words, stage="0"):
    program, *arguments = words.split()
    return Command(
        evidence=(Evidence(Location("Dockerfile"), words),),
        program=program,
        words=words,
        arguments=tuple(arguments),
        wrappers=(),
        moment="build",
        stage=stage,
        pipeline_without_pipefail=False,
        world_writable=False,
        changes_directory=False,
        installs_at_start=False,
    )


def concluded(*facts, today=TODAY):
    return {(fact.product, fact.cycle, fact.ended) for fact in derive(facts, today)}


@pytest.mark.parametrize(
    ("repository", "tag", "expected"),
    [
        ("python", "3.7", {("python", "3.7", True)}),
        ("python", "3.7.17", {("python", "3.7", True)}),
        ("python", "3.12-slim-bookworm", {("python", "3.12", False), ("debian", "bookworm", False)}),
        ("python", "3.9-slim-buster", {("python", "3.9", True), ("debian", "buster", True)}),
        ("python", "3.11-alpine3.14", {("python", "3.11", False), ("alpine", "3.14", True)}),
        ("python", "3", set()),
        ("python", "latest", set()),
        ("python", "", set()),
        ("ubuntu", "18.04", {("ubuntu", "18.04", True)}),
        ("ubuntu", "focal-20240410", {("ubuntu", "focal", True)}),
        ("ubuntu", "24.04", {("ubuntu", "24.04", False)}),
        ("debian", "10.13-slim", {("debian", "10", True)}),
        ("centos", "7.9.2009", {("centos", "7", True)}),
        ("centos", "centos7", {("centos", "7", True)}),
        ("alpine", "3.18.4", {("alpine", "3.18", True)}),
        ("node", "18.20-bookworm", {("node", "18", True), ("debian", "bookworm", False)}),
        ("golang", "1.19", {("go", "1.19", True)}),
        ("rayproject/ray", "2.9.0-py38-gpu", {("python", "3.8", True)}),
        ("rayproject/ray", "2.44.0-py312-cu128", {("python", "3.12", False)}),
        ("someone/image", "happy-3.7", set()),
        ("nvidia/cuda", "11.8.0-runtime-ubuntu2004", {("ubuntu", "20.04", True), ("cuda", "11", True)}),
    ],
)
def test_tag_of_a_base_image_names_release_lines(repository, tag, expected):
    assert concluded(base(repository, tag)) == expected


def test_repository_of_a_base_image_may_name_the_system():
    assert concluded(base("distroless/python3-debian10", "latest", registry="gcr.io")) == {("debian", "10", True)}
    assert concluded(base("azureml/openmpi4.1.0-cuda11.3-cudnn8-ubuntu18.04", "1", registry="mcr.microsoft.com")) == {
        ("ubuntu", "18.04", True)
    }


def test_cuda_of_the_base_image_has_an_end_too():
    assert ("cuda", "11", True) in concluded(base("nvidia/cuda", "11.8.0-base-ubuntu22.04", cuda="11.8.0"))
    assert ("cuda", "11.4", True) in concluded(base("nvidia/cuda", "11.4.3-base-ubuntu22.04", cuda="11.4.3"))
    assert not [f for f in concluded(base("nvidia/cuda", "12.8.1", cuda="12.8.1")) if f[0] == "cuda"]


def test_images_that_are_only_copied_from_and_unknown_tags_say_nothing():
    assert concluded(base("python", "3.7", use="copy")) == set()
    assert concluded(base("python", None)) == set()


def test_a_mirror_of_the_official_image_counts_and_a_namesake_does_not():
    assert concluded(base("docker/library/python", "3.8", registry="public.ecr.aws")) == {("python", "3.8", True)}
    assert concluded(base("acme/python", "3.8", registry="registry.example")) == set()


def test_the_last_day_of_support_is_still_supported():
    assert concluded(base("python", "3.10"), today="2026-10-31") == {("python", "3.10", False)}
    assert concluded(base("python", "3.10"), today="2026-11-01") == {("python", "3.10", True)}


@pytest.mark.parametrize("specifier", ["=3.8", "==3.8.18", "=3.8.*", " 3.8"])
def test_conda_environment_with_an_old_python(specifier):
    (fact,) = derive([requirement("conda", "python", specifier)], TODAY)
    assert (fact.cycle, fact.ended, fact.source) == ("3.8", True, "conda")


def test_conda_range_names_no_release_line():
    assert concluded(requirement("conda", "python", ">=3.8")) == set()


def test_deadsnakes_package_counts_once_and_the_distributions_own_does_not():
    packages = [requirement("deb", "python3.8"), requirement("deb", "python3.8-dev"), requirement("deb", "python3-pip")]
    assert concluded(*packages) == set()
    found = list(derive([*packages, command("add-apt-repository -y ppa:deadsnakes/ppa")], TODAY))
    assert [(fact.cycle, fact.source) for fact in found] == [("3.8", "package")]
    assert concluded(*packages, command("add-apt-repository -y ppa:deadsnakes/ppa", stage="other")) == set()


def test_evidence_and_shipping_are_those_of_the_fact_it_follows_from():
    old = base("python", "3.7", ships=False)
    (fact,) = derive([old], TODAY)
    assert fact.evidence == old.evidence
    assert fact.ships is False


def test_table_is_well_formed():
    rows = knowledge.rows("end-of-life")
    assert all(re.fullmatch(r"\d{4}-\d{2}-\d{2}", end) for _, _, end in rows)
    assert len({row[:2] for row in rows}) == len(rows)
    dates = {row[:2]: row[2] for row in rows}
    assert dates["debian", "11"] == dates["debian", "bullseye"]
    assert dates["ubuntu", "22.04"] == dates["ubuntu", "jammy"]


def test_every_product_of_a_base_image_has_dates():
    products = {row[0] for row in knowledge.rows("end-of-life")}
    assert {row[2] for row in knowledge.rows("base-images")} - {""} <= products


@pytest.mark.parametrize(
    "text", [" " * 200_000, "=" * 200_000, "ubuntu" * 30_000, "py3." + "x1." * 60_000, "1" * 200_000]
)
def test_hostile_words_take_no_time_and_say_nothing(text):
    assert concluded(requirement("conda", "python", text), base("someone/image", text)) == set()
