"""Problems of overlays and of the command line: a study changed under the name of another, and runs without effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from bnlab.study.locations import (
    ConfigError,
    Locations,
    Place,
    Problem,
    items,
    overlaid,
    read_yaml,
    section,
    value_at,
)
from bnlab.study.merging import ONLY

STUDIES = Path(__file__).parents[3] / "studies"
"""Folder of the shipped overlays, each a study of its own."""
NOT_CONTENT = ("openml",)
"""Settings that change no result."""


def name_problems(mapping: Any, locations: Locations, files: list[Path]) -> Iterator[Problem]:
    """Yield an overlay that would write over the report of another study.

    It gives the study no name of its own, or a shipped overlay that is laid over it gives its own. A shipped overlay of
    data sets alone may stand before another one.
    """
    place = locations.get(("study",))
    if len(files) < 2 or place is None or value_at(mapping, ("study",)) != _name(place.file):
        return  # a name on the command line is a matter of `given_problems`
    file = place.file
    early = [
        each
        for each in files[1:-1]
        if _is_shipped(file) and each != file and not _has_data_alone(each)
    ]
    if file != files[-1]:
        yield Problem(
            ("study",),
            f"{files[-1].name} gives the study no name of its own and would write over"
            f" reports/{_name(file)} (allowed: a line `study: <name>` in {files[-1].name})",
        )
    elif early:
        own = [each.name for each in early if not _is_shipped(each)]
        allowed = f"{own[0]} as the last one, with a line `study: <name>`" if own else "one of them"
        yield Problem(
            ("study",),
            f"{early[0].name} stands before {file.name}, so its settings would write over reports/{_name(file)}"
            f" (allowed: {allowed})",
        )


def given_problems(mapping: Mapping[str, Any], files: list[Path]) -> Iterator[Problem]:
    """Yield settings of the command line or a profile that change a study under the name of a known one.

    Args:
        mapping: the whole config.
        files: its YAML files.
    """
    of_files, study = overlaid(files), mapping.get("study")
    names = [*{**of_files, **mapping}]
    changed = [
        n for n in names if n not in NOT_CONTENT and mapping.get(n) != value_at(of_files, (n,))
    ]
    known = (*files, *STUDIES.parents[1].glob("config.yaml"), *STUDIES.glob("*.yaml"))
    if changed and study in map(_name, known):
        yield Problem(
            (changed[0],),
            f"`--config` sets it, and the study '{study}' with another content would write over reports/{study}"
            " (allowed: `--config study=<name>` beside it, with a new name)",
        )


def all_overlays() -> list[Path]:
    """Return the shipped overlays and those of the working directory, whose names claims may use."""
    return sorted([*STUDIES.glob("*.yaml"), *Path().glob("*.yaml")])


def content_of(file: Path) -> Mapping[str, Any]:
    """Return the mapping in a file, an empty one where it has none or cannot be read."""
    with suppress(OSError, ConfigError):
        content = read_yaml(file)
        return content if isinstance(content, Mapping) else {}
    return {}


def elsewhere(kind: str, name: str) -> str:
    """Return a message that a shipped overlay has the data set, method or recipe; empty where none has it.

    Args:
        kind: `datasets`, `methods` or `recipes`.
        name: what the config does not have.
    """
    files = [
        file for file in sorted(STUDIES.glob("*.yaml")) if name in section(content_of(file), kind)
    ]
    if not files:
        return ""
    path = f"workflow/studies/{files[0].name}"
    return (
        f"unknown {kind[:-1]} '{name}', one of {path}"
        f" (allowed: `--configfile {path}`, and then the files of your own)"
    )


def _is_shipped(file: Path) -> bool:
    return file.resolve().parent == STUDIES.resolve()


def _has_data_alone(file: Path) -> bool:
    return _is_shipped(file) and {*content_of(file)} <= {"study", "title", "datasets", *NOT_CONTENT}


def _name(file: Path) -> Any:
    """Return the name that a file gives to its study; None for none, and for a file that cannot be read."""
    return content_of(file).get("study")


def left_out_problems(mapping: Any, locations: Locations, files: list[Path]) -> Iterator[Problem]:
    """Yield runs beside or after an ``only`` that leaves their experiment out, since they would have no effect."""
    if (ONLY,) not in locations:
        return
    only, file = items(value_at(mapping, (ONLY,))), locations[ONLY,].file
    for name in section(mapping, "experiments"):
        runs = locations.get(("experiments", name, "runs"), Place(files[0], 0))
        if name not in only and files.index(runs.file) >= files.index(file):
            yield Problem(
                ("experiments", name),
                f"`only` in {file.name} leaves it out (allowed: name it there, or in an `only` of your own)",
            )
