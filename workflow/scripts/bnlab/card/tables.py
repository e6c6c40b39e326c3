"""Tables of a card: properties, outcomes of training beside references, and differences from another card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from bnlab.analysis.statistics import Interval, paired_difference
from bnlab.study.card import Card, Outcome, Property, Training, Value

EXACT, NEARLY = 1e-9, 0.01
"""Largest change of what is invariant, and of what nearly is."""
NOTHING = "–"
THIS = "this layer"
BETTER, WORSE = "▲", "▼"
"""Marks of references that are better and worse than the layer."""
FACTORS: dict[str, float] = {"accuracy": 100, "loss": 1, "size": 1}
DECIMALS = {"accuracy": 1, "loss": 2, "size": 0}
"""Factor and decimals of print, by unit."""
MANY = 100
"""Number from which no decimals are printed."""
OUTLYING = 3
"""Times the median of a column beyond which nothing is drawn."""


class Strip(NamedTuple):
    """A value and the ends of its interval, in hundredths of the range of its column."""

    value: float
    low: float
    high: float


class Cell(NamedTuple):
    """Text of a value, of its interval and of a mark; a strip where the value is drawn."""

    text: str
    interval: str = ""
    mark: str = ""
    strip: Strip | None = None

    def __str__(self) -> str:
        interval = f" ({self.interval})" * bool(self.interval)
        return f"{self.text}{interval}{f' {self.mark}' * bool(self.mark)}"


class Table(NamedTuple):
    """A table: its heading, names of columns, and rows of a name and its cells."""

    heading: str
    columns: list[str]
    rows: list[tuple[str, list[Cell]]]


def properties(card: Card) -> Iterator[Table]:
    """Yield a table for each heading, a column for each kind of input and one for formulas."""
    for under, group in groupby(card.properties, lambda each: each.under):
        rows = [
            (each.title, [Cell(words(each, each.values[kind])) for kind in card.inputs])
            for each in group
        ]
        yield Table(under, list(card.inputs), rows)


def outcomes(trainings: Sequence[Training]) -> Iterator[Table]:
    """Yield a table for each heading: a row for the layer and each reference, a column for each question."""
    for under, group in groupby(trainings, lambda each: each.under):
        questions = list(group)
        names = [THIS, *questions[0].references]
        cells = zip(*map(_column, questions), strict=True)
        rows = [(name, list(own)) for name, own in zip(names, cells, strict=True)]
        if any(each.unit != "size" for each in questions):
            rows.append((f"number of {BETTER} and of {WORSE}", list(map(_counts, questions))))
        yield Table(under, [each.title for each in questions], rows)


def words(of: Property, value: Value) -> str:
    """Return the value of a property in words."""
    if value is None:
        return NOTHING
    if isinstance(value, str):
        return value
    number = f"{value:.2g}"
    if of.unit == "change":
        return (
            "yes" if value <= EXACT else f"nearly, {number}" if value <= NEARLY else f"no, {number}"
        )
    if of.unit == "influence":
        return "no" if value <= EXACT else f"yes, {number}"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def is_nearly_none(of: Property, value: Value) -> bool:
    """Return true for a change that is nearly none."""
    return of.unit == "change" and isinstance(value, float) and EXACT < value <= NEARLY


def difference(of: Training, one: Outcome, other: Outcome) -> Interval:
    """Return the mean of one − other over pairs of replicates, with its interval, in the unit of print."""
    first, second = (FACTORS[of.unit] * np.array(each.replicates) for each in (one, other))
    return paired_difference(first, second)


def cell(of: Training, outcome: Outcome | None, mark: str = "", strip: Strip | None = None) -> Cell:
    """Return an outcome in words."""
    if outcome is None:
        return Cell("error")
    value, low, high = (_number(of, each) for each in (outcome.value, outcome.low, outcome.high))
    interval = f"{low} to {high}" if (low, high) != (value, value) else ""
    return Cell(value + "*" * outcome.at_end, interval, mark, strip)


def gap(of: Training, one: Outcome, other: Outcome) -> Cell:
    """Return the difference of two outcomes in words; of sizes, none."""
    mean, *ends, pairs = difference(of, one, other)
    if not pairs:
        return Cell(NOTHING)
    texts = [f"{end:+.{DECIMALS[of.unit]}f}".replace("-", "−") for end in (mean, *ends)]
    return Cell(texts[0], " to ".join(texts[1:]))


def _column(of: Training) -> list[Cell]:
    """Return the cells of the layer and of each reference."""
    every = [of.layer, *of.references.values()]
    marks = ["", *(_mark(of, each) for each in of.references.values())]
    return [
        cell(of, outcome, mark, _strip(outcome, every))
        for outcome, mark in zip(every, marks, strict=True)
    ]


def _counts(of: Training) -> Cell:
    """Return how many references are better and worse than the layer."""
    marks = [_mark(of, each) for each in of.references.values()]
    return Cell(f"{marks.count(BETTER)} and {marks.count(WORSE)}" if of.layer else NOTHING)


def _mark(of: Training, reference: Outcome) -> str:
    """Return the mark of a reference whose difference from the layer has an interval without 0."""
    if of.layer is None or of.unit == "size":
        return ""
    _, low, high, _ = difference(of, reference, of.layer)
    higher, lower = (BETTER, WORSE) if of.unit == "accuracy" else (WORSE, BETTER)
    return higher if low > 0 else lower if high < 0 else ""


def _strip(outcome: Outcome | None, every: Sequence[Outcome | None]) -> Strip | None:
    """Return an outcome as drawn from the lowest to the highest end of intervals in its column, outliers cut off."""
    intervals = [_known(each) for each in every if each and each.replicates]
    if outcome is None or not outcome.replicates or not intervals:
        return None
    lowest, highest = min(low for _, low, _ in intervals), max(high for *_, high in intervals)
    highest = min(highest, OUTLYING * float(np.median([mean for mean, *_ in intervals])))
    places = np.interp(_known(outcome), [lowest, highest], [0, 100]).round(1).tolist()
    return Strip(*places)


def _known(outcome: Outcome) -> tuple[float, float, float]:
    """Return the mean of replicates and the ends of its interval."""
    value, low, high = outcome.value, outcome.low, outcome.high
    assert value is not None and low is not None and high is not None
    return value, low, high


def _number(of: Training, value: float | None) -> str:
    """Return a number of an outcome in its unit of print."""
    if value is None:
        return "none"
    number = FACTORS[of.unit] * value
    decimals = 0 if of.unit == "loss" and number >= MANY else DECIMALS[of.unit]
    return f"{number:.{decimals}f}"
