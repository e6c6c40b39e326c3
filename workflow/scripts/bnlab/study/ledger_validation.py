"""Reading the ledger of claims, and all of its problems at once, each with its line and the allowed values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bnlab.study.declaration import EFFECTS
from bnlab.study.experiments import experiments
from bnlab.study.families import expanded
from bnlab.study.finding import Comparison
from bnlab.study.front import IN_PICTURE
from bnlab.study.ledger import SLOTS, Ledger, methods_in, slots
from bnlab.study.locations import (
    ConfigError,
    Key,
    Problem,
    items,
    lines_of,
    read_locations,
    read_yaml,
    section,
    value_at,
    without_nulls,
)
from bnlab.study.merging import complete
from bnlab.study.messages import unknown
from bnlab.study.overlays import content_of
from bnlab.study.section import COMPARE, TEST, unique
from bnlab.study.sentences import validate

KINDS = ("datasets", "recipes", "methods")


def load_ledger(file: Path, config: Mapping[str, Any], others: tuple[Path, ...] = ()) -> Ledger:
    """Read a ledger of claims and check it.

    Tests may name the data sets, recipes and methods of any of these configs, and the names that their data sets and
    recipes stand for.

    Args:
        file: the ledger.
        config: mapping that the study was loaded from.
        others: overlays of other studies.

    Raises:
        ConfigError: every problem, one line each, as in ``validation.load``.
    """
    try:
        mapping = without_nulls(read_yaml(file) or {})
    except OSError:
        raise ConfigError(f"{file}: cannot be read, and the config names it under claims") from None
    locations, repeated = read_locations([file])
    ledger, unsound = validate(Ledger, mapping)
    problems = [
        *repeated,
        *unsound,
        *_ledger_problems(mapping, _known([config, *map(content_of, others)])),
    ]
    if ledger is None or problems:
        raise ConfigError("\n".join(lines_of(problems, locations, [file], _claim_labels(mapping))))
    frozen = config.get("frozen_ledger")
    if frozen and not ledger.digest.startswith(frozen):
        raise ConfigError(
            f"{file}: its tests are not those that this study is bound to (frozen_ledger: {frozen}); their digest is "
            f"{ledger.digest[:12]}. Take the ledger of that digest, or begin a study of its own on seeds of its own."
        )
    return ledger


def _claim_labels(mapping: Any) -> dict[Key, str]:
    """Return labels of claims by their keys, with the number of the claim in the place of its rank in the list."""
    claims = enumerate(items(value_at(mapping, ("claims",))))
    return {
        ("claims", rank): f"claim {value_at(claim, ('id',))}"
        for rank, claim in claims
        if value_at(claim, ("id",))
    }


def _ledger_problems(mapping: Any, known: Mapping[str, list[str]]) -> Iterator[Problem]:
    topics = dict.fromkeys(
        str(value_at(claim, ("topic",))) for claim in items(value_at(mapping, ("claims",)))
    )
    documents = value_at(mapping, ("documents",))
    if isinstance(documents, str) and documents not in topics:
        yield Problem(("documents",), unknown("topic", documents, topics))
    for rank, name in enumerate(items(value_at(mapping, ("findings",)))):
        if isinstance(name, str) and name not in experiments():
            yield Problem(("findings", rank), unknown("experiment", name, experiments()))
    sources, declared = list(section(mapping, "sources")), items(value_at(mapping, ("topics",)))
    seen: dict[str, int] = {}
    for rank, claim in enumerate(items(value_at(mapping, ("claims",)))):
        key = ("claims", rank)
        number, source = value_at(claim, ("id",)), value_at(claim, ("source",))
        if number is not None and seen.setdefault(str(number), rank) != rank:
            yield Problem((*key, "id"), f"{number} is also that of an earlier claim")
        if isinstance(source, str) and source not in sources:
            yield Problem((*key, "source"), unknown("source", source, sources))
        topic = value_at(claim, ("topic",))
        if declared and isinstance(topic, str) and topic not in declared:
            yield Problem((*key, "topic"), unknown("topic", topic, declared))
        for index, effect in enumerate(items(value_at(claim, ("tests",)))):
            yield from _effect_problems((*key, "tests", index), effect, known)
    for rank, row in enumerate(items(value_at(mapping, ("scorecard",)))):
        yield from _effect_problems(("scorecard", rank), row, known)
        yield from _slot_problems(("scorecard", rank), row, known["methods"])
    yield from _front_problems(mapping, known["methods"])
    yield from _reference_problems(mapping)


def _effect_problems(key: Key, effect: Any, known: Mapping[str, list[str]]) -> Iterator[Problem]:
    known_experiments = experiments()
    experiment, quantity = value_at(effect, ("experiment",)), value_at(effect, ("quantity",))
    declaration = known_experiments.get(experiment) if isinstance(experiment, str) else None
    if isinstance(experiment, str) and declaration is None:
        yield Problem((*key, "experiment"), unknown("experiment", experiment, known_experiments))
    declarations = [declaration] if declaration else list(known_experiments.values())
    quantities = unique(name for each in declarations for name in each.quantities)
    if isinstance(quantity, str) and quantity not in quantities:
        where = f" in {experiment}" if declaration else ""
        yield Problem((*key, "quantity"), unknown("quantity", quantity, quantities, where))
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
    reason = value_at(row, ("because",))
    for slot in slots(reason) if isinstance(reason, str) else ():
        if slot not in (*SLOTS, *methods):
            yield Problem((*key, "because"), unknown("slot", slot, [*SLOTS, *methods]))


def _front_problems(mapping: Any, methods: list[str]) -> Iterator[Problem]:
    """Yield the statements and parts of the picture that name no experiment, table, column or method."""
    for rank, statement in enumerate(items(value_at(mapping, ("front", "statements")))):
        key: Key = ("front", "statements", rank)
        while isinstance(statement, Mapping):
            places: dict[Key, Any] = {("decided_by",): statement.get("decided_by")}
            places |= {("cells", name): cell for name, cell in section(statement, "cells").items()}
            yield from _experiment_problems(key, statement.get("experiment"))
            for place, each in places.items():
                experiment = statement.get("experiment")
                yield from _table_problems((*key, *place), experiment, each, _columns(each))
            key, statement = (*key, "instead"), statement.get("instead")
    picture = value_at(mapping, ("front", "picture"))
    for name, columns in IN_PICTURE.items():
        curves, key = value_at(picture, (name,)), ("front", "picture", name)
        experiment, where = value_at(curves, ("experiment",)), section(curves, "where")
        yield from _experiment_problems(key, experiment)
        yield from _table_problems(key, experiment, curves, [*where, *columns])
    for rank, method in enumerate(items(value_at(picture, ("methods",)))):
        if isinstance(method, str) and method not in methods:
            yield Problem(("front", "picture", "methods", rank), unknown("method", method, methods))
        elif method in picture["methods"][:rank]:
            yield Problem(("front", "picture", "methods", rank), f"'{method}' appears twice")


def _columns(comparison: Any) -> list[str]:
    """Return the columns of a comparison; none where it is not in order, which is a problem of the schema."""
    try:
        return Comparison.model_validate(comparison).columns
    except ValidationError:
        return []


def _experiment_problems(key: Key, experiment: Any) -> Iterator[Problem]:
    if isinstance(experiment, str) and experiment not in experiments():
        yield Problem((*key, "experiment"), unknown("experiment", experiment, experiments()))


def _table_problems(
    key: Key, experiment: Any, used: Any, columns: Sequence[str]
) -> Iterator[Problem]:
    """Yield the problem of a table that its experiment lacks, or of the first of these columns that the table lacks."""
    declaration = experiments().get(experiment) if isinstance(experiment, str) else None
    table = value_at(used, ("table",))
    if declaration is None or not isinstance(table, str):
        return
    known = [*declaration.kinds, EFFECTS]
    if table not in known:
        yield Problem((*key, "table"), unknown("table", table, known, f" in {experiment}"))
    elif lacking := declaration.lacking(table, columns):
        where = f" in the table {table} of {experiment}"
        yield Problem(key, unknown("column", lacking[0], declaration.columns(table), where))


def _reference_problems(mapping: Any) -> Iterator[Problem]:
    """Yield the tests that predictions and claims by papers refer to and the ledger lacks."""
    tests = {
        str(value_at(claim, ("id",))): len(items(value_at(claim, ("tests",))))
        for claim in items(value_at(mapping, ("claims",)))
    }
    named: list[list[tuple[Key, Any]]] = [
        [
            (("front", "predictions", rank, "test"), value_at(line, ("test",)))
            for rank, line in enumerate(items(value_at(mapping, ("front", "predictions"))))
        ]
    ]
    for rank, paper in enumerate(items(value_at(mapping, ("papers",)))):
        named.append(
            [
                (("papers", rank, "parts", number, "tests", index), test)
                for number, part in enumerate(items(value_at(paper, ("parts",))))
                for index, test in enumerate(items(value_at(part, ("tests",))))
            ]
        )
    for each in named:
        seen: dict[str, Key] = {}
        for key, test in each:
            if not (isinstance(test, str) and re.fullmatch(TEST, test)):
                continue  # a problem of the schema
            claim, which = test.split("/")
            if int(which) > tests.get(claim, 0):
                has = f"has {tests[claim]} tests" if claim in tests else "is not in the ledger"
                yield Problem(key, f"'{test}' is no test: claim {claim} {has}")
            elif seen.setdefault(test, key) != key:
                yield Problem(key, f"'{test}' appears twice and would count twice")


def _known(configs: list[Any]) -> dict[str, list[str]]:
    """Return the names in these configs, those that their entries stand for, and the methods of all experiments."""
    every: dict[str, Any] = {"experiments": dict.fromkeys(experiments(), {}), "methods": {}}
    wholes = [complete(every), *(expanded(each) for each in configs if isinstance(each, Mapping))]
    return {kind: unique(n for config in wholes for n in _names(config, kind)) for kind in KINDS}


def _names(config: Any, kind: str) -> Iterator[str]:
    for name, entry in section(config, kind).items():
        yield str(name)
        other = value_at(entry, ("stands_for",))
        if isinstance(other, str):
            yield other
