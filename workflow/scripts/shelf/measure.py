"""Measurement of cards and tables that are missing or of another version."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from bnlab.card import formats, measure
from bnlab.card.properties import MEASURES
from bnlab.files import as_json, read_json, save_source
from bnlab.study.card import Card, Value
from bnlab.study.section import Section
from shelf.declaration import FOLDER, Entry, Shelf, installed
from shelf.wrappers import Table, draws, masks, spectral

TABLES: dict[str, Table] = {
    "spectral": spectral.TABLE,
    "draws": draws.TABLE,
    "masks": masks.TABLE,
}
RECORDS = FOLDER / "tables.json"


class Record(Section):
    """A column of a table that is no card."""

    version: str
    """Version of the framework's package."""
    date: str
    """Day of the measurement."""
    values: dict[str, Value]
    """Value of each line."""


Records = dict[str, dict[str, Record]]


def cards(shelf: Shelf) -> dict[str, Card]:
    """Return the cards that are there, by name."""
    there = (entry for entry in shelf.entries() if entry.file.is_file())
    return {entry.name: Card.model_validate(read_json(entry.file)) for entry in there}


def records() -> Records:
    """Return the columns of tables that are there, by table and framework."""
    content = read_json(RECORDS) if RECORDS.is_file() else {}
    return {
        table: {framework: Record.model_validate(each) for framework, each in columns.items()}
        for table, columns in content.items()
    }


def card(entry: Entry) -> Card:
    """Measure a card. Raises ValueError where it cannot be measured, with a sentence."""
    size = "quick" if entry.quick else measure.PROPERTIES
    return measure.card(entry.side(), size, lambda share, title: None)


def record(table: str, framework: str, version: str) -> Record:
    """Measure a column of a table."""
    values = TABLES[table].measures[framework]()
    return Record(version=version, date=datetime.now(UTC).date().isoformat(), values=values)


def make(shelf: Shelf, names: list[str]) -> None:
    """Measure the cards and tables that are named, or all that are not current, and write them.

    A layer whose package is absent is left as it is, with a remark.
    """
    known = cards(shelf)
    for entry in shelf.entries():
        version = shelf.packages.get(shelf.frameworks[entry.framework], installed("bnlab"))
        if names and entry.name not in names:
            continue
        if not names and _is_current(known.get(entry.name), entry, shelf):
            continue
        if reason := absent(shelf, entry.framework):
            _say(f"{entry.name}: {reason}")
            continue
        start = time.monotonic()
        try:
            new = card(entry)
        except ValueError as error:
            _say(f"{entry.name} has no card: {error}")
            continue
        save(entry, new)
        _say(f"{entry.name} with {version}: {time.monotonic() - start:.0f} s")
    _make_records(shelf, names)


def save(entry: Entry, card: Card) -> None:
    """Write a card as JSON and as Markdown."""
    save_source(entry.file, as_json(card.model_dump()))
    save_source(entry.file.with_name("README.md"), formats.markdown(card))


def absent(shelf: Shelf, framework: str) -> str:
    """Return the reason why a framework cannot be measured here, or an empty text."""
    package = shelf.frameworks[framework]
    return "" if installed(package) else f"{package} is not installed, so it was not measured"


def columns(shelf: Shelf) -> Iterator[tuple[str, str]]:
    """Yield the table and framework of each column that is no card."""
    for name, table in TABLES.items():
        yield from (
            (name, framework) for framework in table.measures if framework in shelf.frameworks
        )


def _make_records(shelf: Shelf, names: list[str]) -> None:
    known = records()
    for table, framework in columns(shelf):
        package = shelf.frameworks[framework]
        old = known.get(table, {}).get(framework)
        current = old and set(old.values) == set(TABLES[table].lines)
        current = current and old and old.version == shelf.packages.get(package, old.version)
        if (table not in names) if names else current:
            continue
        if reason := absent(shelf, framework):
            _say(f"{table}, {framework}: {reason}")
            continue
        known.setdefault(table, {})[framework] = record(table, framework, installed(package))
        _say(f"{table}, {framework}")
    content: dict[str, Any] = {
        table: {framework: each.model_dump() for framework, each in known[table].items()}
        for table in TABLES
        if table in known
    }
    save_source(RECORDS, as_json(content))


def _is_current(known: Card | None, entry: Entry, shelf: Shelf) -> bool:
    properties = [(p.key, p.formula) for p in known.properties] if known else []
    if known is None or properties != [(m.key, m.formula) for m in MEASURES]:
        return False
    package = shelf.frameworks[entry.framework]
    there = known.versions.get(package)
    same = there is None or there.partition("+")[0] == shelf.packages.get(package, there)
    return same and bool(known.trainings) >= (entry.quick and "rows" in known.inputs)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
