"""What an image with models says about them."""

from __future__ import annotations

import pytest

from scanner.model.facts import Provenance
from scanner.scan import collect
from scanner.sources import dockerfile


def said(text: str):
    facts = collect(dockerfile.read(f"FROM python:3.12\n{text}\n"), "2026-01-01", [])
    return [
        (fact.models, fact.weights, fact.licence, fact.bill_of_materials, fact.labelled)
        for fact in facts
        if isinstance(fact, Provenance)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("COPY m.onnx /m/", ("m.onnx", True, False, False, False)),
        ("COPY m.onnx LICENSE.txt sbom.json /m/", ("m.onnx", True, True, True, False)),
        ("COPY m.onnx /m/\nLABEL org.opencontainers.image.licenses=MIT", ("m.onnx", True, True, False, False)),
        ("COPY m.onnx extra /m/", ("m.onnx", True, None, None, False)),
        ("RUN wget https://example.org/m.gguf", ("m.gguf", True, False, False, False)),
        ("ADD https://example.org/m.gguf /m/", ("m.gguf", True, False, False, False)),
        ("RUN hf download o/m && hf download o/n", ("o/m, o/n", False, False, False, False)),
        (
            "LABEL org.opencontainers.image.revision=$R\nRUN hf download o/m",
            ("o/m", False, False, False, True),
        ),
    ],
)
def test_models_that_the_build_puts_in(text, expected):
    assert said(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "COPY app.py /",
        "CMD hf download o/m",
        "RUN hf download --repo-type dataset o/d",
        "RUN hf download o/m\nFROM python:3.12",
        "COPY --from=other /m.onnx /",
    ],
)
def test_images_without_any(text):
    assert said(text) == []
