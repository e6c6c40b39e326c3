"""Declarations of all experiments, read from the ``experiment.yaml`` of their folders."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from bnlab.study.declaration import Experiment
from bnlab.study.locations import LOADER, ConfigError, lines_of, read_locations, short
from bnlab.study.registry import LIBRARY
from bnlab.study.sentences import validate

EXPERIMENTS = LIBRARY / "experiments"
FILE = "experiment.yaml"
MODULES = {"analysis.py": "TABLES and QUANTITIES", "page.py": "FIGURES and GRIDS"}


@cache
def experiments() -> dict[str, Experiment]:
    """Return every experiment's declaration by the name of its folder.

    Raises:
        ConfigError: a declaration is no YAML, or has a key that is unknown, missing or of another type.
    """
    files = sorted(EXPERIMENTS.glob(f"*/{FILE}"))
    for file in files:
        for module, mappings in MODULES.items():
            if not (file.parent / module).is_file():
                raise ConfigError(f"{short(file.parent)}: {module} is missing; it has {mappings}")
    return {file.parent.name: read_declaration(file) for file in files}


def read_declaration(file: Path) -> Experiment:
    """Read one declaration. Raises ConfigError with every problem and its line."""
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), LOADER)
    except UnicodeDecodeError:
        raise ConfigError(f"{short(file)}: is not text in UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{short(file)}:{line}: is not YAML: {error.problem}") from None
    declaration, problems = validate(Experiment, content)
    locations, repeated = read_locations([file])
    if declaration is None or repeated:
        raise ConfigError("\n".join(lines_of([*repeated, *problems], locations, [file])))
    return declaration
