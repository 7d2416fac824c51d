"""Malicious releases and look-alikes; a plain edit distance is the judge of what a look-alike is."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from scanner import knowledge
from scanner.derive.impostors import nearly
from scanner.parsers.manifests.specifier import normalize
from scanner.scan import Options, scan_text

LIBRARIES = sorted(knowledge.names("ai-libraries"))
LONG = sorted(name for name in LIBRARIES if len(name) >= 8 and name.isalpha())
HONEST = set().union(*(knowledge.names(f"{name}ai-libraries") for name in ("", "unmaintained-", "like-")))


def facts(text, kind, **context):
    options = Options(rules=(), build_args={}, keep_facts=True)
    report = scan_text(text, options, context={name: words.encode() for name, words in context.items()})
    return [fact for fact in report.facts if fact.kind == kind]


def malicious(words):
    return [(f.name, f.release) for f in facts(f"FROM x\nRUN pip install {words}", "malicious-release")]


def distance(one, two):
    """Edits and swaps of neighbours that lead from one word to the other."""
    rows = [list(range(len(two) + 1))]
    for i, a in enumerate(one, 1):
        rows.append([i])
        for j, b in enumerate(two, 1):
            best = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (a != b))
            if i > 1 and j > 1 and one[i - 2 : i] == two[j - 2 : j][::-1]:
                best = min(best, rows[i - 2][j - 2] + 1)
            rows[i].append(best)
    return rows[-1][-1]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ultralytics==8.3.41", [("ultralytics", "8.3.41")]),
        ("ultralytics===8.3.42", [("ultralytics", "8.3.42")]),
        ("Ultralytics[export]==8.3.43", [("ultralytics", "8.3.43")]),
        ("ultralytics==v8.3.44", [("ultralytics", "8.3.44")]),
        ("'ultralytics<=8.3.46'", [("ultralytics", "8.3.46")]),
        ("'ultralytics<8.3.44'", [("ultralytics", "8.3.43")]),
        ("'ultralytics==8.3.*'", []),
        ("ultralytics==8.3.41+cu128", []),
        ("'ultralytics~=8.3.41'", []),
        ("'ultralytics>8.3.40,<8.4'", []),
        ("ultralytics", []),
        ("ultralytics==8.3.47", []),
        ("guardrails_ai==0.10.1 guardrails-ai==0.10.0", [("guardrails-ai", "0.10.1")]),
        ("deepseeek deepseekai==0.0.8", [("deepseeek", ""), ("deepseekai", "")]),
        ("git+https://example.com/ultralytics@8.3.41", []),
    ],
)
def test_only_a_release_that_can_be_meant_is_malicious(words, found):
    assert malicious(words) == found


def test_a_constraint_decides_which_release_is_meant():
    text = "FROM x\nCOPY c.txt .\nRUN pip install -c c.txt 'litellm>=1'"
    (fact,) = facts(text, "malicious-release", **{"c.txt": "litellm==1.82.7"})
    assert fact.release == "1.82.7"
    assert [evidence.at.path for evidence in fact.evidence] == ["Dockerfile", "c.txt"]


def test_a_lock_file_says_which_release_it_is():
    lock = 'version = 1\n[[package]]\nname = "litellm"\nversion = "1.82.8"\nsource = { registry = "https://x" }\n'
    project = '[project]\nname = "app"\nversion = "1"\ndependencies = ["litellm"]\n'
    text = "FROM x\nCOPY uv.lock pyproject.toml ./\nRUN uv sync --frozen"
    found = facts(text, "malicious-release", **{"uv.lock": lock, "pyproject.toml": project})
    assert [fact.release for fact in found] == ["1.82.8"]


def test_packages_of_other_ecosystems_are_others():
    assert facts("FROM x\nRUN npm install deepseeek\nRUN conda install litellm=1.82.8", "malicious-release") == []


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.data())
def test_one_letter_off_a_long_name_is_a_look_alike(data):
    name = data.draw(st.sampled_from(LONG))
    at = data.draw(st.integers(0, len(name) - 1))
    letter = data.draw(st.sampled_from(string.ascii_lowercase))
    swapped = name[:at] + name[at + 1 : at + 2] + name[at] + name[at + 2 :]
    made = data.draw(
        st.sampled_from(
            [name[:at] + name[at + 1 :], name[:at] + letter + name[at:], name[:at] + letter + name[at + 1 :], swapped]
        )
    )
    if made not in HONEST:
        assert distance(made, nearly(made)) <= 1


@settings(max_examples=500, derandomize=True, deadline=None)
@given(st.one_of(st.text(alphabet="abort-0", max_size=12), st.sampled_from(LIBRARIES).flatmap(
    lambda name: st.builds(lambda at, extra: normalize(name[:at] + extra + name[at:]), st.integers(0, 12), st.text(alphabet="aeot-1", max_size=2))
)))  # fmt: skip
def test_a_look_alike_is_one_letter_off_or_differs_in_hyphens(name):
    original = nearly(name)
    if original:
        assert name not in HONEST
        assert distance(name, original) == 1 or name.replace("-", "") == original.replace("-", "")


@pytest.mark.parametrize(
    "name", [*LIBRARIES, "requests", "numpy", "fastapi", "torchx", "openapi", "cupy-cuda110", "timm2"]
)
def test_an_honest_name_is_no_look_alike(name):
    assert nearly(name) == ""


def test_every_name_of_the_list_of_honest_ones_is_needed():
    """Each nearly is an AI library's, or the list need not have it."""
    for name in knowledge.names("like-ai-libraries"):
        assert any(distance(name, each) == 1 or name.replace("-", "") == each.replace("-", "") for each in LIBRARIES)


def images(reference):
    return [(f.name, f.original) for f in facts(f"FROM {reference}", "look-alike")]


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("pytoch/pytorch:2", [("pytoch/pytorch", "pytorch/pytorch")]),
        ("docker.io/nvidiaa/cuda:12.8.1-base", [("nvidiaa/cuda", "nvidia/cuda")]),
        ("ghcr.io/huggingfcae/text-generation-inference:3", [("huggingfcae/text-generation-inference", "huggingface/text-generation-inference")]),
        ("pytorch/pytoch:2", []),
        ("pytoch/other:2", []),
        ("nvidia2/cuda:12", []),
        ("localhost:5000/pytoch/pytorch", []),
        ("python:3.12", []),
        ("${X}/pytorch", []),
    ],
)  # fmt: skip
def test_a_publisher_one_letter_off_a_known_one_is_a_look_alike(reference, found):
    assert images(reference) == found


def test_no_known_ai_image_is_a_look_alike():
    for repository in knowledge.names("ai-base-images"):
        assert images(repository) == []


def test_the_table_of_malicious_releases_is_well_formed():
    rows = knowledge.rows("malicious-releases")
    names = [name for name, *_ in rows]
    assert names == sorted(set(names))
    for name, releases, advisory, original in rows:
        assert name == normalize(name)
        assert advisory
        assert name != original
        assert releases == "*" or [str(Version(each)) for each in releases.split(", ")] == releases.split(", ")


@pytest.mark.parametrize("words", ["1" * 5000, "=" * 5000, ",<=1" * 1500, "9.3.41" + ".0" * 2000, "==" + "1." * 3000])
def test_hostile_versions_mean_no_release(words):
    assert malicious(f"'ultralytics<={words}' 'litellm=={words}'") == []
