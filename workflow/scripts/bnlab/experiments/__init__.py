"""Experiments: a folder each, with ``experiment.yaml``, ``analysis.py`` and ``page.py``.

``analysis.TABLES`` and ``analysis.QUANTITIES``, ``page.FIGURES`` and ``page.GRIDS`` map names of the declaration to
functions.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bnlab.study.experiments import EXPERIMENTS, MODULES
from bnlab.study.messages import unknown


def module_file(experiment: str, mapping: str) -> Path:
    """Return the file that has a mapping of an experiment."""
    return EXPERIMENTS / experiment / f"{MODULES[mapping]}.py"


def functions(experiment: str, mapping: str) -> dict[str, Callable[..., Any]]:
    """Return a mapping of an experiment, ``TABLES``, ``QUANTITIES``, ``FIGURES`` or ``GRIDS``; empty without one."""
    module = importlib.import_module(f"bnlab.experiments.{experiment}.{MODULES[mapping]}")
    return getattr(module, mapping, {})


def function(experiment: str, mapping: str, name: str) -> Callable[..., Any]:
    """Return a function of an experiment. Raises JobError where its mapping has none of this name."""
    from bnlab.files import JobError  # late: rules import this module, and do without NumPy

    known = functions(experiment, mapping)
    if name not in known:
        file = f"experiments/{experiment}/{MODULES[mapping]}.py"
        raise JobError(f"{file}: {unknown(mapping, name, known)}")
    return known[name]


def quantity(experiment: str, name: str) -> Callable[..., Any]:
    """Return the function that computes a quantity: of the experiment, or one that all have in common."""
    own = functions(experiment, "QUANTITIES").get(name)
    return own or getattr(importlib.import_module("bnlab.analysis.quantities"), name)
