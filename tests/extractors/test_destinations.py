"""Where variables have AI libraries take models from and send traces to."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.extractors import destinations
from scanner.sources import dockerfile


def told(text: str):
    target = dockerfile.read(f"FROM python:3.12\n{text}\n")
    extractor = destinations.EXTRACTORS[0]
    return [fact for item in target.items() if extractor.wants(item) for fact in extractor.extract(item)]


@pytest.mark.parametrize(
    ("text", "host", "official", "outside", "encrypted"),
    [
        ("ENV HF_ENDPOINT=https://hf-mirror.com", "hf-mirror.com", False, True, True),
        ("ENV HF_ENDPOINT=https://huggingface.co/", "huggingface.co", True, True, True),
        ("ENV HF_ENDPOINT=http://10.1.2.3:8080", "10.1.2.3", False, False, False),
        ("ENV HF_ENDPOINT=http://mirror:8080", "mirror", False, False, False),
        ("ENV VLLM_USE_MODELSCOPE=True", "modelscope.cn", False, True, True),
        ("ENV LANGSMITH_TRACING=true", "api.smith.langchain.com", False, True, True),
        ("ENV WANDB_MODE=online WANDB_BASE_URL=https://wandb.corp", "wandb.corp", False, False, True),
        ("ENV LANGSMITH_TRACING=true\nENV LANGSMITH_ENDPOINT=https://a.corp", "a.corp", False, False, True),
        ("ENV LANGFUSE_HOST=http://localhost:3000", "localhost", False, False, False),
        ("CMD export LANGCHAIN_TRACING_V2=true; python a.py", "api.smith.langchain.com", False, True, True),
    ],
)
def test_a_variable_that_counts(text, host, official, outside, encrypted):
    (fact,) = told(text)
    assert (fact.host, fact.official, fact.outside, fact.encrypted) == (host, official, outside, encrypted)


@pytest.mark.parametrize(
    "text",
    [
        "ENV LANGSMITH_TRACING=false",
        'ENV LANGSMITH_TRACING=""',
        'ENV HF_ENDPOINT=""',
        "ENV WANDB_MODE=offline",
        "ENV LANGSMITH_API_URL=https://api.smith.langchain.com",
    ],
)
def test_a_variable_that_does_not(text):
    assert told(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "ARG A\nENV HF_ENDPOINT=$A",
        "ARG A\nENV LANGSMITH_TRACING=$A",
        "ARG A\nENV LANGSMITH_TRACING=true LANGSMITH_ENDPOINT=$A",
    ],
)
def test_a_value_that_is_given_when_building_is_not_known(text):
    (fact,) = told(text)
    assert (fact.host, fact.official, fact.outside) == (None, None, None)


@given(st.ip_addresses(v=4))
def test_private_addresses_are_those_that_the_registry_of_addresses_calls_so(address):
    """Python's own table is the oracle, for the private, the local and the link-local ranges."""
    ranges = map(
        ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16")
    )
    assert bool(destinations._PRIVATE.match(str(address))) == any(address in each for each in ranges)
