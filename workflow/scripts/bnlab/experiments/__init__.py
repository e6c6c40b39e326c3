"""One folder an experiment: its declaration, quantities, tables, figures, grids, words and captions."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def function(experiment: str, module: str, name: str) -> Any:
    """A function of an experiment's module (``tables``, ``figures``, …); None if it has none of this name."""
    if not (FOLDER / experiment / f"{module}.py").is_file():
        return None
    return getattr(importlib.import_module(f"bnlab.experiments.{experiment}.{module}"), name, None)


def quantity(experiment: str, name: str) -> Any:
    """The function that computes a quantity: of the experiment, or one that all have in common."""
    own = function(experiment, "quantities", name)
    return own or getattr(importlib.import_module("bnlab.analysis.quantities"), name)
