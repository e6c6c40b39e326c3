"""Declarations of all experiments, read from the ``experiment.yaml`` of their folders."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from bnlab.study.declaration import Experiment
from bnlab.study.locations import ConfigError, lines_of, read_locations, read_yaml, short
from bnlab.study.registry import LIBRARY
from bnlab.study.sentences import validate

EXPERIMENTS = LIBRARY / "experiments"
FILE = "experiment.yaml"
MODULES = {"TABLES": "analysis", "QUANTITIES": "analysis", "FIGURES": "page", "GRIDS": "page"}
"""Module of an experiment that has each mapping of functions."""


@cache
def experiments() -> dict[str, Experiment]:
    """Return every experiment's declaration by the name of its folder.

    Raises:
        ConfigError: a declaration is no YAML, or has a key that is unknown, missing or of another type.
    """
    files = sorted(EXPERIMENTS.glob(f"*/{FILE}"))
    for file in files:
        for mapping, module in MODULES.items():
            if not file.with_name(f"{module}.py").is_file():
                raise ConfigError(f"{short(file.parent)}: {module}.py is missing; it has {mapping}")
    return {file.parent.name: read_declaration(file) for file in files}


def read_declaration(file: Path) -> Experiment:
    """Read one declaration. Raises ConfigError with every problem and its line."""
    declaration, problems = validate(Experiment, read_yaml(file))
    locations, repeated = read_locations([file])
    if declaration is None or repeated:
        raise ConfigError("\n".join(lines_of([*repeated, *problems], locations, [file])))
    return declaration
