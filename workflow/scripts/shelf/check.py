"""Comparison of cards with a new measurement."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import log
from typing import TypeVar

from bnlab.card.properties import COST, PRECISION
from bnlab.card.tables import words
from bnlab.study.card import Card, Outcome, Property, Value
from shelf import measure
from shelf.declaration import Entry, Shelf, installed
from shelf.measure import Record

RELATIVE, ABSOLUTE = 1e-3, 1e-6
"""Largest difference of two values, beside each other."""
FACTOR = 4.0
"""Largest ratio of two errors of rounding, which instructions of a processor change."""
TIMED = "microseconds"
SHARE = 0.1
"""Largest relative difference of values of random starts."""
INPUT = re.compile(r"breaks .*?\([\w, ]+\)")
A_WEEK = 8
"""Cards and columns that are checked in a week."""

T = TypeVar("T")


def due(items: Sequence[T], week: int) -> list[T]:
    """Return those that are checked in a week, so that all are once in ``len(items) / A_WEEK`` weeks."""
    return [items[(week * A_WEEK + i) % len(items)] for i in range(min(A_WEEK, len(items)))]


def check(shelf: Shelf, names: Sequence[str], week: int) -> Iterator[tuple[str, bool]]:
    """Yield a sentence for each cell that moved, with true, and for each skipped card, with false.

    Args:
        shelf: the list.
        names: cards and tables that are measured; none: those due in a week.
        week: number of the week.
    """
    known, columns = measure.cards(shelf), list(measure.columns(shelf))
    items: list[Entry | tuple[str, str]] = [*shelf.entries(), *columns]
    chosen = [each for each in items if _name(each) in names] if names else due(items, week)
    for item in chosen:
        framework = item.framework if isinstance(item, Entry) else item[1]
        if reason := measure.absent(shelf, framework):
            yield f"{_name(item)}: {reason}.", False
        elif isinstance(item, Entry):
            if item.name not in known:
                yield f"cards/{item.name} has no card; make cards measures it.", True
            else:
                yield from ((text, True) for text in _moved_card(item, known[item.name]))
                yield f"cards/{item.name} was measured.", False
        else:
            yield from ((text, True) for text in _moved_record(shelf, *item))
            yield f"{item[0]} of {item[1]} was measured.", False


def moved(name: str, old: Card, new: Card) -> Iterator[str]:
    """Yield a sentence for each value of a card that a new measurement does not give again."""
    now = {each.key: each for each in new.properties}
    for each in old.properties:
        if each.key not in now:
            yield f"{name}: '{each.title}' is no property any more; make cards measures anew."
            continue
        for kind, value in each.values.items():
            if not _same(each, value, other := now[each.key].values.get(kind)):
                yield (
                    f"{name}: '{each.title}' on {kind} was {words(each, value)} ({_versions(old, new)}) and is "
                    f"{words(each, other)} ({_versions(new, old)})."
                )
    for gone, there in ((old, new), (new, old)):
        for text in sorted(_inputs(gone) - _inputs(there)):
            yield f"{name}: it {text} {'no longer' if gone is old else 'now'} ({_versions(new, old)})."
    later = {each.key: each.layer for each in new.trainings}
    for one in old.trainings:
        if one.key in later and _apart(one.layer, later[one.key]):
            yield f"{name}: the {one.unit} of '{one.title}' has another interval than it had."


def _moved_card(entry: Entry, old: Card) -> Iterator[str]:
    try:
        new = measure.card(entry)
    except ValueError as error:
        yield f"cards/{entry.name} cannot be measured any more: {error}"
        return
    yield from moved(f"cards/{entry.name}", old, new)


def _moved_record(shelf: Shelf, table: str, framework: str) -> Iterator[str]:
    old = measure.records().get(table, {}).get(framework)
    if old is None:
        yield f"{table} of {framework} is not measured; make cards measures it."
        return
    new: Record = measure.record(table, framework, installed(shelf.frameworks[framework]))
    for key, line in measure.TABLES[table].lines.items():
        was, value = old.values.get(key), new.values[key]
        if not _near(was, value, SHARE):
            yield (
                f"{table} of {framework}: '{line}' was {was} (version {old.version}) and is {value} "
                f"(version {new.version})."
            )


def _same(of: Property, one: Value, other: Value) -> bool:
    if of.key == TIMED:
        return True
    if of.under == COST or not (isinstance(one, float) and isinstance(other, float)):
        return _near(one, other, RELATIVE)
    if of.under == PRECISION and min(one, other) > 0:
        return abs(log(one / other)) <= log(FACTOR) or max(one, other) <= ABSOLUTE
    return _near(one, other, RELATIVE)


def _near(one: Value, other: Value, share: float) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= share * max(abs(one), abs(other)) + ABSOLUTE
    return one == other


def _apart(one: Outcome | None, other: Outcome | None) -> bool:
    """Return true where intervals do not meet; what has none is apart from what has one."""
    ends = [(each.low, each.high) if each else (None, None) for each in (one, other)]
    (low, high), (other_low, other_high) = ends
    if low is None or high is None or other_low is None or other_high is None:
        return ends[0] != ends[1]
    return low > other_high or other_low > high


def _inputs(card: Card) -> set[str]:
    """Return the inputs that break a layer, without the error, whose words may change."""
    return {match[0] for text in card.breaks if (match := INPUT.search(text))}


def _versions(card: Card, other: Card) -> str:
    """Return the versions in which a card is unlike another one, or its date."""
    unlike = [f"{k} {v}" for k, v in card.versions.items() if other.versions.get(k) != v]
    return ", ".join([card.date, *unlike])


def _name(item: Entry | tuple[str, str]) -> str:
    return item.name if isinstance(item, Entry) else item[0]
