"""Descriptions of methods, from the docstrings of their kernels and normalizers."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from bnlab.study import registry

PLACES = {
    "before_activation": "y = φ(N(u){bias})",
    "after_activation": "y = N(φ(u + b))",
    "before_linear": "y = φ(u + b) with N(x) in the place of x",
}


INPUTS = {
    "min_max": "the network's inputs scaled to (x − min)/(max − min), ",
    "standardize": "the network's inputs scaled to (x − mean)/deviation, ",
    "whiten": "the network's inputs whitened to C^(−½)·(x − mean), ",
    "standardize_parts": "the network's inputs scaled to (x − mean)/deviation in each part of the data, ",
}


def formula(method: Mapping[str, Any]) -> str:
    """Describe the layer of a method of a checked config in a few sentences."""
    kernel = _summary(registry.find("kernel", method["kernel"]).load())
    if method["normalizer"] is None:
        lead = "No normalization: " if method["kernel"] == "plain" else ""
        inputs = INPUTS.get(method.get("inputs") or "", "")
        return f"{lead}{inputs}y = φ(u + b). {_sentence(kernel)}"
    normalizer = registry.find("normalizer", method["normalizer"]).load()
    bias = "" if normalizer(**method["options"]).shifts else " + b"
    layer = PLACES[method["place"]].format(bias=bias)
    options = ", ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in method["options"].items()
    )
    parts = [_sentence(_summary(normalizer)), f"{layer}.", _sentence(kernel), _sentence(options)]
    return " ".join(part for part in parts if part)


def _summary(cls: type) -> str:
    """Return the first paragraph of the docstring of a class in one line, without the marks of code."""
    paragraph = inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0]
    return " ".join(paragraph.replace("``", "").split())


def _sentence(text: str) -> str:
    return text if text.endswith(".") or not text else f"{text}."
