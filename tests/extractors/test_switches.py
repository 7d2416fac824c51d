"""Switches of model servers that give callers more than answers."""

from __future__ import annotations

import pytest

from scanner.extractors.services import EXTRACTORS
from scanner.sources import dockerfile

SWITCHES = EXTRACTORS[1]


def switched(text: str):
    target = dockerfile.read(f"FROM vllm/vllm-openai:v0.11.0\n{text}\n")
    return [
        (fact.how, fact.opens, fact.moment)
        for item in target.items()
        if SWITCHES.wants(item)
        for fact in SWITCHES.extract(item)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ENV VLLM_SERVER_DEV_MODE=1", ("VLLM_SERVER_DEV_MODE=1", "development endpoints", "environment")),
        (
            "CMD VLLM_ALLOW_RUNTIME_LORA_UPDATING=true vllm serve m",
            ("VLLM_ALLOW_RUNTIME_LORA_UPDATING=true", "loading of adapters", "start"),
        ),
        (
            'CMD ["vllm", "serve", "m", "--allowed-local-media-path=/"]',
            ("--allowed-local-media-path=/", "files of the container", "start"),
        ),
        (
            "CMD vllm serve m --allowed-local-media-path /root/",
            ("--allowed-local-media-path=/root/", "files of the container", "start"),
        ),
    ],
)
def test_a_switch_that_is_on(text, expected):
    assert switched(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "ENV VLLM_SERVER_DEV_MODE=0",
        "ENV VLLM_SERVER_DEV_MODE=$MODE",
        "CMD vllm serve m --allowed-local-media-path /media",
        "CMD vllm serve m --allowed-local-media-path $MEDIA",
        "RUN VLLM_SERVER_DEV_MODE=1 python test.py",
    ],
)
def test_a_switch_that_is_not(text):
    assert switched(text) == []
