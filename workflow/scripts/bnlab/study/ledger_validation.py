"""Reading the ledger of claims: everything that is wrong at once, with its line and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from bnlab.study.experiments import experiments
from bnlab.study.families import expanded
from bnlab.study.ledger import SLOTS, Ledger, methods_in, slots
from bnlab.study.locations import (
    LOADER,
    ConfigError,
    Key,
    Problem,
    items,
    lines_of,
    read_locations,
    section,
    short,
    value_at,
    without_nulls,
)
from bnlab.study.merging import complete
from bnlab.study.messages import unknown
from bnlab.study.section import COMPARE, unique
from bnlab.study.sentences import validate

KINDS = ("datasets", "recipes", "methods")


def load_ledger(file: Path, config: Mapping[str, Any], others: tuple[Path, ...] = ()) -> Ledger:
    """The checked ledger of claims in `file`.

    `config` is the mapping that the study was loaded from: tests may name its datasets, what these
    stand for, its recipes and its methods, also those that an overlay took away; and those of
    `others`, overlays of other studies. Raises ConfigError as `validation.load` does.
    """
    try:
        text = file.read_text(encoding="utf-8")
        mapping = without_nulls(yaml.load(text, LOADER) or {})
    except OSError:
        raise ConfigError(f"{file}: cannot be read, and the config names it under claims") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{short(file)}:{line}: is not YAML: {error.problem}") from None
    locations, repeated = read_locations([file])
    ledger, unsound = validate(Ledger, mapping)
    problems = [*repeated, *unsound, *_ledger_problems(mapping, _known([config, *_read(others)]))]
    if ledger is None or problems:
        raise ConfigError("\n".join(lines_of(problems, locations, [file], _called(mapping))))
    return ledger


def _read(files: tuple[Path, ...]) -> Iterator[Any]:
    for file in files:
        with suppress(OSError, yaml.YAMLError):
            yield yaml.load(file.read_text(encoding="utf-8"), LOADER)


def _called(mapping: Any) -> dict[Key, str]:
    """Claims are called by their number, not by their place in the list."""
    claims = enumerate(items(value_at(mapping, ("claims",))))
    return {
        ("claims", place): f"claim {value_at(claim, ('id',))}"
        for place, claim in claims
        if value_at(claim, ("id",))
    }


def _ledger_problems(mapping: Any, known: Mapping[str, list[str]]) -> Iterator[Problem]:
    for place, name in enumerate(items(value_at(mapping, ("findings",)))):
        if name not in experiments():
            yield Problem(("findings", place), unknown("experiment", name, experiments()))
    sources = list(section(mapping, "sources"))
    seen: dict[int, int] = {}
    for place, claim in enumerate(items(value_at(mapping, ("claims",)))):
        key = ("claims", place)
        number, source = value_at(claim, ("id",)), value_at(claim, ("source",))
        if isinstance(number, int) and seen.setdefault(number, place) != place:
            yield Problem((*key, "id"), f"{number} is also that of an earlier claim")
        if isinstance(source, str) and source not in sources:
            yield Problem((*key, "source"), unknown("source", source, sources))
        for index, effect in enumerate(items(value_at(claim, ("tests",)))):
            yield from _effect_problems((*key, "tests", index), effect, known)
    for place, row in enumerate(items(value_at(mapping, ("scorecard",)))):
        yield from _effect_problems(("scorecard", place), row, known)
        yield from _slot_problems(("scorecard", place), row, known["methods"])


def _effect_problems(key: Key, effect: Any, known: Mapping[str, list[str]]) -> Iterator[Problem]:
    known_experiments = experiments()
    experiment, quantity = value_at(effect, ("experiment",)), value_at(effect, ("quantity",))
    declared = known_experiments.get(experiment) if isinstance(experiment, str) else None
    if isinstance(experiment, str) and declared is None:
        yield Problem((*key, "experiment"), unknown("experiment", experiment, known_experiments))
    of = [declared] if declared else list(known_experiments.values())
    measured = unique(name for each in of for name in each.quantities)
    if isinstance(quantity, str) and quantity not in measured:
        where = f" in {experiment}" if declared else ""
        yield Problem((*key, "quantity"), unknown("quantity", quantity, measured, where))
    for kind in ("datasets", "recipes"):
        name = value_at(effect, (kind[:-1],))
        if isinstance(name, str) and name not in known[kind]:
            yield Problem((*key, kind[:-1]), unknown(kind[:-1], name, known[kind]))
    compare = value_at(effect, ("compare",))
    for field in ("against", "reference"):
        other = value_at(effect, (field,))
        if isinstance(other, str) and other not in known["methods"]:
            yield Problem((*key, field), unknown("method", other, known["methods"]))
    if isinstance(compare, str) and re.match(COMPARE, compare):
        for name in methods_in(compare):
            if name not in known["methods"]:
                yield Problem((*key, "compare"), unknown("method", name, known["methods"]))


def _slot_problems(key: Key, row: Any, methods: list[str]) -> Iterator[Problem]:
    for field in ("leads", "unclear"):
        sentence = value_at(row, (field,))
        for slot in slots(sentence) if isinstance(sentence, str) else ():
            if slot not in (*SLOTS, *methods):
                yield Problem((*key, field), unknown("slot", slot, [*SLOTS, *methods]))


def _known(configs: list[Any]) -> dict[str, list[str]]:
    """Names of these configs, names that their entries stand for, and methods that experiments bring along."""
    every: dict[str, Any] = {"experiments": dict.fromkeys(experiments(), {}), "methods": {}}
    wholes = [complete(every), *(expanded(each) for each in configs if isinstance(each, Mapping))]
    return {kind: unique(n for config in wholes for n in _names(config, kind)) for kind in KINDS}


def _names(config: Any, kind: str) -> Iterator[str]:
    for name, entry in section(config, kind).items():
        yield str(name)
        stood_for = value_at(entry, ("stands_for",))
        if isinstance(stood_for, str):
            yield stood_for
