"""What the CUDA deriver concludes from a base image and the packages installed on it."""

import pytest

from scanner.derive.cuda import derive
from scanner.model.facts import BaseImage, GpuLibrary, PackageIndex, Requirement
from scanner.model.location import Evidence, Location


def base(cuda, **more):
    given = {
        "evidence": (Evidence(Location("Dockerfile"), f"nvidia/cuda:{cuda}"),),
        "reference": f"nvidia/cuda:{cuda}",
        "registry": "docker.io",
        "repository": "nvidia/cuda",
        "tag": cuda,
        "has_tag": True,
        "is_latest": False,
        "digest_pinned": False,
        "version": cuda,
        "version_parts": 3,
        "flavor": "runtime",
        "cuda": cuda,
        "use": "from",
        "stage": "0",
        "platform": "",
        "platform_fixed": False,
    }
    return BaseImage(**given | more)


def requirement(name, specifier="", ecosystem="pypi", quote="", **more):
    return Requirement(
        evidence=(Evidence(Location("Dockerfile"), quote or f"{name}{specifier}"),),
        ecosystem=ecosystem,
        name=name,
        specifier=specifier,
        version="",
        installer="pip",
        stage="0",
        pinned=True,
        bounded=False,
        hashed=False,
        origin="index",
        url="",
        commit_pinned=None,
        prerelease=False,
        declared_in="command",
        **more,
    )


def index(url):
    return PackageIndex(
        evidence=(Evidence(Location("Dockerfile"), url),),
        installer="pip",
        role="primary",
        url=url,
        host=url.split("/")[2],
        is_default=False,
        encrypted=True,
        merged_by="",
        vendor=True,
        all_exact=True,
    )


def wheels(*facts, cuda="12.4.1"):
    return [fact.wheels for fact in derive([base(cuda), *facts], "2026-11-22")]


@pytest.mark.parametrize(
    ("fact", "version"),
    [
        (requirement("torch", "==2.1.0+cu121"), "12.1"),
        (requirement("torch", "==1.4.0+cu92"), "9.2"),
        (requirement("torch", "==1.7.1+cu101"), "10.1"),
        (requirement("jax", "==0.4.30", quote="jax[cuda12]==0.4.30"), "12"),
        (requirement("jax", "", quote="jax[k8s,cuda13]"), "13"),
        (requirement("jax", "", quote="jax[cuda12-local]"), "12"),
        (requirement("jaxlib", "==0.4.7+cuda11.cudnn86"), "11"),
        (requirement("cupy-cuda11x", "==13.0.0"), "11"),
        (requirement("cupy-cuda112"), "11.2"),
        (requirement("nvidia-cublas-cu12", "==12.1.3.1"), "12"),
        (requirement("cudf-cu12", "==25.2"), "12"),
        (requirement("pytorch-cuda", "=11.8", "conda"), "11.8"),
        (requirement("cudatoolkit", "==11.3.1", "conda"), "11.3"),
        (index("https://download.pytorch.org/whl/cu121"), "12.1"),
        (index("https://download.pytorch.org/whl/nightly/cu128"), "12.8"),
        (index("https://data.pyg.org/whl/torch-2.3.0+cu121.html"), "12.1"),
    ],
)
def test_version_that_a_package_was_built_for(fact, version):
    assert wheels(fact) == [version]


@pytest.mark.parametrize(
    "fact",
    [
        requirement("torch", "==2.1.0"),
        requirement("torch", "==2.1.0+cpu"),
        requirement("tensorflow", "==2.16.1", quote="tensorflow[and-cuda]==2.16.1"),
        requirement("accurate", "==1.0"),
        requirement("some-cu-tool"),
        requirement("python", "=3.11", "conda"),
        requirement("cuda-nvcc-12-4", ecosystem="deb"),
        requirement("cuda-toolkit-12-4", ecosystem="deb", ships=False),
        index("https://download.pytorch.org/whl/cpu"),
        index("https://example.test/custom/simple"),
        requirement("torch", "==2.1.0+cu121", ships=False),
    ],
)
def test_packages_that_say_nothing_about_cuda(fact):
    assert wheels(fact) == []


@pytest.mark.parametrize(
    ("cuda", "specifier", "same_major", "newer"),
    [
        ("11.8.0", "==2.4.0+cu124", False, True),
        ("12.1.1", "==2.4.0+cu124", True, True),
        ("12.4.1", "==2.4.0+cu121", True, False),
        ("12.4.1", "==2.4.0+cu124", True, False),
        ("12", "==2.4.0+cu124", True, False),
        ("13.0.1", "==2.4.0+cu124", False, False),
    ],
)
def test_majors_and_minors_are_compared_as_numbers(cuda, specifier, same_major, newer):
    (fact,) = derive([base(cuda), requirement("torch", specifier)], "2026-11-22")
    assert (fact.same_major, fact.wheels_newer) == (same_major, newer)


def test_a_package_built_for_a_major_version_is_not_newer_than_any_minor_of_it():
    (fact,) = derive([base("12.4.1"), requirement("nvidia-cublas-cu12")], "2026-11-22")
    assert (fact.same_major, fact.wheels_newer) == (True, False)


def test_each_version_is_told_once_with_both_places():
    found = list(derive([base("12.4.1"), requirement("torch", "==2+cu118"), requirement("x", "==1+cu118")], ""))
    assert [fact.package for fact in found] == ["torch"]
    assert [evidence.quote for evidence in found[0].evidence] == ["torch==2+cu118", "nvidia/cuda:12.4.1"]


def test_without_cuda_in_the_image_that_ships_there_is_nothing_to_pair():
    torch = requirement("torch", "==2+cu118")
    assert list(derive([torch], "")) == []
    assert list(derive([base("12.4.1", ships=False), torch], "")) == []
    assert list(derive([base("12.4.1", ships=False), base("", ships=True), torch], "")) == []
    assert list(derive([base(None), torch], "")) == []


@pytest.mark.parametrize("word", ["[" * 200_000, "+cu" * 70_000, "[cuda" + "1" * 200_000, " " * 200_000 + "1"])
def test_hostile_words_take_no_time_and_say_nothing(word):
    assert wheels(requirement("torch", word)) == []
    assert wheels(requirement("cudatoolkit", "=" + "9" * 5_000 + word, "conda")) == []


@pytest.mark.parametrize(
    ("name", "version"),
    [("cuda-toolkit-12-6", "12.6"), ("cuda-11-8", "11.8"), ("cuda", "12.4.1"), ("nvidia-cuda-toolkit", "12.4.1")],
)
def test_the_toolkit_of_the_distribution_is_cuda_once_more(name, version):
    """Without a version in its name it counts as the base's own."""
    (fact,) = derive([base("12.4.1"), requirement(name, ecosystem="deb")], "2026-11-22")
    assert (fact.toolkit, fact.wheels) == (True, version)


def held(version, location, product="cuda"):
    return GpuLibrary(
        evidence=(Evidence(Location(location), f"{product} {version}"),),
        product=product,
        version=version,
        location=location,
        shown_by="version-file",
    )


def test_the_toolkit_among_an_images_files_stands_for_a_base_image_that_nobody_names():
    wheel = requirement("torch", "==2.6.0+cu124")
    old, new = held("11.8.0", "usr/local/cuda-11.8/version.json"), held("12.4.1", "usr/local/cuda-12.4/version.json")
    (pairing,) = derive([old, wheel], "2026-01-01")
    assert (pairing.base, pairing.wheels, pairing.same_major) == ("11.8.0", "12.4", False)
    (pairing,) = derive([new, old, wheel], "2026-01-01")
    assert pairing.base == "12.4.1", "the newest counts"
    (pairing,) = derive([base("12.1.1"), old, wheel], "2026-01-01")
    assert pairing.base == "12.1.1", "what FROM says counts first"


@pytest.mark.parametrize(
    "other",
    [
        held("11.8.0", "usr/local/lib/python3.12/site-packages/nvidia_cuda_runtime_cu11-11.8.89.dist-info"),
        held("11.8", "opt/conda/conda-meta/cudatoolkit-11.8.0-0.json"),
        held("11.8.0", "usr/local/cuda-11.8/version.json").replace(ships=False),
        held("8.9", "usr/include/cudnn_version.h", "cudnn"),
        held("twelve.4", "usr/local/cuda-12.4/version.json"),
        held("", "usr/local/cuda/version.json"),
    ],
)
def test_what_wheels_and_environments_bring_is_no_toolkit_of_the_image(other):
    assert list(derive([other, requirement("torch", "==2.6.0+cu124")], "2026-01-01")) == []


def test_a_toolkit_that_a_step_installs_is_the_one_among_the_files():
    files = held("12.6.1", "usr/local/cuda-12.6/version.json")
    assert list(derive([files, requirement("cuda-toolkit-12-6", ecosystem="deb")], "2026-01-01")) == []
