"""What is planted in layers is found: every detector, in 50 kinds of file, in 20 ways to stand there."""

from __future__ import annotations

import pytest

from scanner.extractors import layer_secrets
from scanner.extractors.in_layers import IN_LAYERS, SEARCHERS
from scanner.extractors.layer_secrets.matcher import Plain
from scanner.extractors.layers import Look
from scanner.model.facts import HeldSecret
from scanner.model.location import Layer
from scanner.model.target import Part
from scanner.sources.image.layers import read_layers
from tests.made_secrets import detectors
from tests.planted import HOSTS, KINDS, UNREAD, image, in_own_files, plants, unread

VALUE = "q7Zk2mX9pL4vN8sT1wR6" + "yB3cD5fG0hJ2"
IDIOMS = {
    "app/.env": ("{}={}", '{}="{}"', "{}='{}'", "export {}={}"),
    "app/values.yaml": ("{}: {}", '{}: "{}"', "- {}={}", "- name: {}\n  value: {}", '- name: {}\n  value: "{}"'),
    "app/task.json": ('"{}": "{}"', '{{"name": "{}", "value": "{}"}}', '{{"name":"{}","value":"{}"}}'),
    "app/a.toml": ('{} = "{}"',),
    "app/a.ini": ("{} = {}", "{}: {}"),
    "app/Dockerfile": ("ENV {}={}", "ENV {} {}", "ARG {}={}", "RUN app --{}={}"),
    "app/main.tf": ('{} = "{}"',),
    "app/a.ps1": ('$env:{} = "{}"',),
    "app/a.bat": ("set {}={}",),
    "root/.bash_history": ("export {}={}", "{}={} app", "setx {} {}", "docker run -e {}={} x"),
    "root/.config/fish/config.fish": ("set -gx {} {}", 'set -x {} "{}"'),
    "etc/systemd/system/a.service": ("Environment={}={}", 'Environment="{}={}"'),
    "etc/cron.d/job": ("{}={}",),
    "usr/local/bin/start": ("#!/bin/sh\nexport {}={}",),
    "work/a.ipynb": ('"os.environ[\\"{}\\"] = \\"{}\\"\\n"', "\"os.environ['{}'] = '{}'\\n\"", '"%env {}={}\\n"', '"{} = \\"{}\\""'),
}  # fmt: skip
"""How settings give a value to a name, by file."""


def searched(*parts):
    return [fact for part in parts for fact in layer_secrets.HeldSecrets().search(part, Layer(0, ""))]


def test_the_corpus_is_as_large_as_it_says():
    assert (len(KINDS), len(set(HOSTS))) == (50, 20)
    planted = [*plants(), *in_own_files()]
    assert len({each.path for each in planted}) == len(planted)
    assert {each.detector.id for each in planted} == set(detectors())


def test_every_credential_is_found_in_every_kind_of_file_through_the_layers():
    """Each by its own detector, whether a later layer removes its file or not."""
    planted = [*plants(), *in_own_files()]
    made_image, gone = image(planted)
    contents = read_layers(made_image, Look(IN_LAYERS, SEARCHERS))
    facts = [fact for fact in contents.stated() if isinstance(fact, HeldSecret)]
    found = {(fact.detector, fact.path.partition("!")[0]): fact.ships for fact in facts}
    missed = [each for each in planted if (each.detector.id, each.path) not in found]
    assert not [(each.detector.id, each.kind, HOSTS[each.host % 20]) for each in missed if not unread(each)]
    assert {path for (_, path), ships in found.items() if not ships} == gone - {each.path for each in missed}
    assert not contents.problems


def test_what_is_known_not_to_be_found_is_not():
    """Otherwise the line about it has had its day."""
    planted = [each for each in plants(hosts=(0, 1)) if unread(each)]
    assert {each.kind for each in planted} == set(UNREAD)
    for each in planted:
        assert each.detector.id not in {fact.detector for fact in searched(Part(each.path, each.data))}


def test_both_engines_find_the_same_in_all_of_them(monkeypatch):
    pytest.importorskip("hyperscan", reason="not prebuilt for this machine")
    parts = [Part(each.path, each.data) for each in plants() if KINDS[each.kind].pack("", "") == b""]
    found = searched(*parts)
    monkeypatch.setattr(layer_secrets, "matcher", Plain)
    assert searched(*parts) == found


@pytest.mark.parametrize("path", IDIOMS)
@pytest.mark.parametrize("name", ["MISTRAL_API_KEY", "DB_PASSWORD", "deepseek_api_key"])
def test_a_value_beside_a_name_is_found_however_settings_are_written(path, name):
    for idiom in IDIOMS[path]:
        text = f"{idiom.format(name, VALUE)}\n"
        (fact,) = searched(Part(path, text.encode()))
        assert text.splitlines()[fact.evidence[0].at.span.first_line - 1][
            fact.evidence[0].at.span.first_column - 1 :
        ].startswith(VALUE)


@pytest.mark.parametrize("idiom", ['{} = "{}"', "f({}='{}')", 'os.environ["{}"] = "{}"', 'process.env.{} = "{}"'])
def test_keys_of_ai_services_are_found_in_programs_by_their_names(idiom):
    (fact,) = searched(Part("app/main.py", idiom.format("MISTRAL_API_KEY", VALUE).encode()))
    assert (fact.detector, fact.provider, fact.ai) == ("mistral-key", "mistral", True)
    assert searched(Part("app/main.py", idiom.format("DB_PASSWORD", VALUE).encode())) == []


@pytest.mark.parametrize(
    "text",
    [
        "{{\"name\": \"api_key\", \"other\": \"{}\"}}", "set -e TOKEN changeme", "- nickname: TOKEN\n  value: {{ token }}",
        "- name: TOKEN\n  value: ${{TOKEN}}", "- name: TOKEN\n  valueFrom: {}", "lang: TOKEN, value: {}",
    ],
)  # fmt: skip
def test_a_name_without_its_value_is_quiet(text):
    assert searched(Part("app/values.yaml", text.replace("{}", VALUE).replace("{{", "{").encode())) == []


@pytest.mark.parametrize(
    "before", ["\x1b[1;31m", "%22", "\\n", "\\t", "\\u0022", "\\x22", "é", "密", "\\u001b[0m", "&quot;"]
)
def test_a_token_begins_behind_what_is_no_part_of_its_word(before):
    token = next(each.text for each in plants(hosts=(3,)) if each.detector.id == "hugging-face-token")
    (fact,) = searched(Part("app/a.log", f"see {before}{token} there".encode()))
    assert fact.detector == "hugging-face-token"


@pytest.mark.parametrize("before", ["x", "7", "_", "-", "[32m", "%2", "u0022"])
def test_the_end_of_a_longer_word_is_none(before):
    token = next(each.text for each in plants(hosts=(3,)) if each.detector.id == "hugging-face-token")
    assert searched(Part("app/a.log", f"see {before}{token} there".encode())) == []
