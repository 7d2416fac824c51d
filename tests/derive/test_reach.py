"""Which packages an open service reaches, and which it does not."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner import knowledge
from scanner.derive import reach
from scanner.model.facts import KnownVulnerability, Service
from scanner.model.facts.packages import Ecosystem
from scanner.model.location import Evidence, Location
from scanner.parsers.manifests.specifier import normalize
from scanner.scan import Options, scan_image, scan_text
from scanner.sources.image.example import made
from tests.advisories.made import package

OPTIONS = Options(rules=(), build_args={}, keep_facts=True)
SITE = "usr/lib/python3.12/site-packages"


def service(product, *, open=True, port=8000, **changes):
    values = {
        "evidence": (Evidence(Location("Dockerfile")),),
        "product": product,
        "role": "app",
        "port": port,
        "address": None,
        "open": open,
        "exposed": False,
        "auth": None,
        "auth_off": False,
        "encrypted": None,
        "as_root": None,
        "runs_code": False,
        "started_by": "command",
        "risk": "",
    }
    return Service(**values | changes)


def reached(packages, *services):
    """What reaches each package, by location, of those that are reached."""
    return {one.location: one.reached_by for one in reach.marked(packages, services) if one.reached_by}


def at(folder, name, *requires, **more):
    return package(name, "1", location=f"{folder}/{name}", requires=requires, **more)


def test_a_service_reaches_its_program_and_what_that_requires_and_names_the_way():
    packages = [
        at("a", "bentoml", "fastapi", "absent"),
        at("a", "fastapi", "starlette"),
        at("a", "starlette", "anyio"),
        at("a", "anyio"),
        at("a", "pandas", "numpy"),
    ]
    words = "bentoml, open on port 8000"
    assert reached(packages, service("bentoml")) == {
        "a/bentoml": words,
        "a/fastapi": words,
        "a/starlette": f"{words}, through fastapi",
        "a/anyio": f"{words}, through starlette",
    }


def test_a_port_that_is_not_known_is_not_named():
    assert reached([at("a", "ray")], service("ray", port=None)) == {"a/ray": "ray, open to the network"}


@pytest.mark.parametrize("open", [False, None])
def test_only_what_is_known_to_listen_beyond_localhost_counts(open):
    assert reached([at("a", "vllm")], service("vllm", open=open)) == {}


def test_what_others_require_is_not_reached_and_neither_are_installers():
    packages = [at("a", "mlflow", "setuptools", "pip"), at("a", "setuptools"), at("a", "pip"), at("a", "app", "mlflow")]
    assert reached(packages, service("mlflow")) == {"a/mlflow": "mlflow, open on port 8000"}


def test_what_does_not_ship_and_what_others_carry_is_not_reached():
    packages = [
        at("a", "flask", "jinja2", "click"),
        at("a", "jinja2", ships=False),
        at("a", "click", vendored_in="setuptools"),
        at("b", "flask", ships=False),
    ]
    assert reached(packages, service("flask")).keys() == {"a/flask"}


def test_a_requirement_is_looked_for_beside_the_package_first():
    packages = [at("venv", "ray", "click", "idna"), at("venv", "click"), at("base", "click"), at("base", "idna")]
    assert reached(packages, service("ray")).keys() == {"venv/ray", "venv/click", "base/idna"}


def test_a_package_of_the_distribution_is_reached_only_as_the_program_itself():
    status = "var/lib/dpkg/status"
    packages = [package(name, "1", "deb", location=status) for name in ("openssh-server", "openssh-client", "libssl3")]
    marked = reach.marked(packages, [service("ssh", port=22)])
    assert [one.reached_by for one in marked] == ["ssh, open on port 22", None, None]


def test_all_modules_of_a_go_program_are_in_it():
    packages = [
        package("github.com/ollama/ollama", "0.1", "go", location="usr/bin/ollama"),
        package("github.com/gin-gonic/gin", "1", "go", location="usr/bin/ollama"),
        package("github.com/gin-gonic/gin", "1", "go", location="usr/bin/other"),
    ]
    marked = reach.marked(packages, [service("ollama", port=11434)])
    assert [one.reached_by is not None for one in marked] == [True, True, False]


NAMES = ("vllm", "flask", "ray", "a", "b", "c", "d")


@st.composite
def images(draw):
    """Packages that require one another at random, and services."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True))
    packages = [at("x", name, *draw(st.lists(st.sampled_from(NAMES)))) for name in names]
    products = draw(st.lists(st.tuples(st.sampled_from(NAMES[:3]), st.sampled_from([True, False, None]))))
    return packages, [service(product, open=open) for product, open in products]


@given(images())
def test_what_is_reached_is_what_requirements_lead_to(image):
    packages, services = image
    own = {"vllm": {"vllm"}, "flask": {"flask"}, "ray": {"ray"}}
    expected = {one.name for one in packages if any(s.open and one.name in own[s.product] for s in services)}
    there = {one.name: set(one.requires) for one in packages}
    for _ in packages:
        expected |= {name for other in expected for name in there[other] if name in there}
    marked = list(reach.marked(packages, services))
    assert {one.name for one in marked if one.reached_by} == expected
    assert [one.replace(reached_by=None) for one in marked] == packages, "nothing else changes"
    for one in marked:
        through = (one.reached_by or "").partition(", through ")[2]
        assert not through or one.name in there[through], "the way that is named is one"
    assert reached(packages[::-1], *services).keys() == reached(packages, *services).keys()


def test_the_table_names_packages_as_facts_do():
    for product, *_, cell in knowledge.rows("services"):
        for name in filter(None, cell.split(", ")):
            ecosystem, colon, plain = name.partition(":")
            assert ecosystem in get_args(Ecosystem), product
            assert colon, product
            assert plain == (normalize(plain) if ecosystem == "pypi" else plain.strip()) != "", product


def test_an_image_whose_own_command_starts_the_server():
    files = {
        f"{SITE}/uvicorn-0.20.0.dist-info/METADATA": b"Name: uvicorn\nVersion: 0.20.0\nRequires-Dist: h11>=0.8\n",
        f"{SITE}/h11-0.14.0.dist-info/METADATA": b"Name: h11\nVersion: 0.14.0\n",
    }

    def by(*command):
        report = scan_image(made({"config": {"Cmd": list(command)}}, [files], {}), OPTIONS)
        return {fact.name: fact.reached_by for fact in report.facts if fact.kind == "installed-package"}

    words = "uvicorn, open on port 80"
    assert by("uvicorn", "app:main", "--host", "0.0.0.0", "--port", "80") == {"uvicorn": words, "h11": words}
    assert by("uvicorn", "app:main") == {"uvicorn": None, "h11": None}
    assert by("/bin/sh", "-c", "uvicorn app:main --host $WHERE") == {"uvicorn": None, "h11": None}


@pytest.mark.parametrize(
    ("text", "reached_by"),
    [
        ("FROM ollama/ollama:0.1.48\n", "ollama, open on port 11434"),
        ("FROM ollama/ollama:0.1.48\nENV OLLAMA_HOST=127.0.0.1\n", None),
        ("FROM ollama/ollama:0.1.48\nENTRYPOINT [\"sleep\", \"9\"]\n", None),
        ("FROM ollama/ollama:0.1.48 AS a\nFROM vllm/vllm-openai:v0.99.0\nCOPY --from=a /bin/ollama /bin/\n", None),
    ],
)  # fmt: skip
def test_a_base_image_is_reached_when_its_server_is_what_starts(text, reached_by):
    facts = [fact for fact in scan_text(text, OPTIONS).facts if isinstance(fact, KnownVulnerability)]
    assert {fact.reached_by for fact in facts} == {reached_by}
    assert all(("(reached by" in fact.told) == bool(reached_by) for fact in facts)
