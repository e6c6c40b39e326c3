"""The scorecard: questions about a normalizer with a value for each method.

All comes from scorecard.csv. The page ranks methods only in rows of the ledger that do so (``Row.ranks``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from bnlab.analysis.statistics import FEWEST
from bnlab.page.grids import rows_of
from bnlab.page.phrases import measured
from bnlab.study.ledger import Row
from bnlab.study.section import unique

NO_ANSWER = "–"
DISTANCES = (0.5, 1, 2)
"""Points of accuracy below the best within which methods are counted."""
MOSTLY_RIGHT = 50
"""Percent above which a value is drawn on a scale from 0 to 100 %."""


class Strip(NamedTuple):
    """A value drawn on a scale that begins at 0, in hundredths of its width: bar, and interval if there is one."""

    zero: float
    value: float
    interval: tuple[float, float] | None


class Cell(NamedTuple):
    """A method's answer on a data set.

    Attributes:
        text: its value with its interval, in the question's unit.
        strip: the same drawn; None without a value.
        behind: how many rivals are better; None where nobody is ranked.
        rivals: how many rivals there are.
        link: address of the figure or table that shows it; None without any.
    """

    text: str
    strip: Strip | None = None
    behind: int | None = None
    rivals: int = 0
    link: str | None = None


class Column(NamedTuple):
    """A data set of a question: its label, replicates as text, and why or that nobody is ranked or better, if so."""

    label: str
    runs: str
    note: str


class Question(NamedTuple):
    """A question of the scorecard.

    Attributes:
        id: its id on the page.
        under: its heading.
        asks: the question.
        unit: unit of its values; empty without one.
        other: label of the method that others are compared with; empty without one.
        better: the better side, in words; empty where nobody is ranked.
        columns: its data sets.
        lines: label and cells of each method, the best on the first data set first.
    """

    id: str
    under: str
    asks: str
    unit: str
    other: str
    better: str
    columns: list[Column]
    lines: list[tuple[str, list[Cell]]]


class Score(NamedTuple):
    """A method's answers to all questions, and in how many of those that rank it no other method is better."""

    method: str
    leads: int
    ranked: int
    answers: list[tuple[Question, Column, Cell]]


class Near(NamedTuple):
    """In how many settings a method is near the best: for each of the ``DISTANCES`` surely, and at most."""

    method: str
    counts: list[tuple[int, int]]


class Profile(NamedTuple):
    """Frequency with which each method is near the best, over settings that all of them were tuned in.

    Attributes:
        settings: how many they are.
        methods: those that were trained in every one, the ones that surely are near most often first.
        fewer: label of each other method, and in how many it was trained.
    """

    settings: int
    methods: list[Near]
    fewer: list[tuple[str, int]]


Address = Callable[[Any], str | None]
"""Address of the figure or table with the value of a row of scorecard.csv."""


def questions(
    table: pd.DataFrame,
    rows: Mapping[str, Row],
    labels: Mapping[str, str],
    address: Address = lambda _: None,
) -> list[Question]:
    """Return the questions of scorecard.csv, those under one heading together.

    Args:
        table: scorecard.csv.
        rows: rows of the ledger by their key.
        labels: label of each method, by name.
        address: address of what shows a value.
    """
    found: dict[tuple[str, str, str], list[pd.DataFrame]] = {}
    for key, part in table.groupby("key", sort=False):
        row, other = rows[str(key)], _text(part["against"].iloc[0])
        found.setdefault((row.under, row.asks, labels.get(other, "")), []).append(part)
    headings = unique(under for under, *_ in found)
    in_order = sorted(found, key=lambda each: headings.index(each[0]))
    return [_question(*each, found[each], rows, address) for each in in_order]


def near_the_best(
    table: pd.DataFrame, rows: Mapping[str, Row], called: Mapping[str, str]
) -> Profile | None:
    """Count the settings in which each method is near the best one: a performance profile at ``DISTANCES``.

    Settings are the rows of the scorecard in percent in which methods are tuned and ranked; of splits of the same data
    the first counts. A method surely is that near where the whole interval of its distance to the best lies within, and
    may be where a part of it does.

    Args:
        table: scorecard.csv.
        rows: rows of the ledger by their key.
        called: names of data by data set; splits of the same data have one name.

    Returns:
        None where two methods share no setting.

    Reference: Dolan & Moré 2002, arXiv cs/0102001, §2, with a difference in the place of their ratio.
    """
    first: dict[tuple[str, str], str] = {}
    for key, row in rows.items():
        if row.rate == "best" and row.ranks and (table["key"] == key).any():
            first.setdefault((row.asks, called.get(row.dataset, row.dataset)), key)
    known = table[table["key"].isin(list(first.values())) & (table["unit"] == "%")]
    known = known[(known["better"] == "high") & known["less_best_low"].notna()]
    settings = known["key"].nunique()
    parts = dict(list(known.groupby("method_label", sort=False)))
    whole = [_near(str(m), part) for m, part in parts.items() if len(part) == settings]
    if len(whole) < 2:
        return None
    fewer = [(str(m), len(part)) for m, part in parts.items() if len(part) < settings]
    whole.sort(key=lambda near: [(-sure, -most) for sure, most in near.counts])
    return Profile(settings, whole, fewer)


def _near(method: str, part: pd.DataFrame) -> Near:
    def count(column: str, distance: float) -> int:
        return int((part[column] >= -distance).sum())

    counts = [(count("less_best_low", d), count("less_best_high", d)) for d in DISTANCES]
    return Near(method, counts)


def _question(
    under: str,
    asks: str,
    other: str,
    parts: Sequence[pd.DataFrame],
    rows: Mapping[str, Row],
    address: Address,
) -> Question:
    first = parts[0].iloc[0]
    better, ranks = first["better"], rows[first["key"]].ranks
    scale = _scale(pd.concat(parts))
    cells = [
        {cell.method_label: _cell(cell, ranks, scale, address) for cell in rows_of(part)}
        for part in parts
    ]
    methods = dict.fromkeys(
        name
        for part in parts
        for name in part.sort_values("estimate", ascending=better == "low")["method_label"]
    )
    return Question(
        f"question-{first['key']}",
        under,
        asks,
        _text(first["unit"]),
        other,
        {"high": "higher is better", "low": "lower is better"}[better] if ranks else "",
        [_column(part, ranks) for part in parts],
        [(name, [of.get(name, Cell(NO_ANSWER)) for of in cells]) for name in methods],
    )


def _column(part: pd.DataFrame, ranks: bool) -> Column:
    missing, ranked = _text(part["missing"].iloc[0]), part[part["rivals"] > 0]
    if missing:
        note = f"Nobody is ranked, without values of {missing}."
    elif not ranks or ranked.empty:
        note = "Nobody is ranked."
    elif (ranked["behind"] == 0).all():
        note = "No method is clearly better than another."
    else:
        note = ""
    if (part.loc[np.isfinite(part["estimate"]), "n"] < FEWEST).any():
        note += f" With fewer than {FEWEST} runs there is no interval."
    runs = sorted(set(part["replicates"].astype(int)))
    return Column(
        part["dataset_label"].iloc[0],
        f"{runs[0]} to {runs[-1]}" if runs[1:] else f"{runs[0]}",
        note.strip(),
    )


def _scale(table: pd.DataFrame) -> tuple[float, float]:
    """Return the ends of the scale of a question: from 0, or below it for negative values, up to the last interval."""
    known = table[["estimate", "low", "high"]].replace([np.inf, -np.inf], np.nan)
    least, most = np.nanmin([0, known.min().min()]), known.max().max()
    if _text(table["unit"].iloc[0]) == "%" and known["estimate"].max() > MOSTLY_RIGHT:
        most = 100.0
    return float(least), float(most) if most > least else least + 1


def _cell(row: Any, ranks: bool, scale: tuple[float, float], address: Address) -> Cell:
    link = address(row)
    if not np.isfinite(row.estimate):
        return Cell("never" if row.open and row.better == "low" else NO_ANSWER, link=link)
    interval = (row.low, row.high) if row.n >= FEWEST else (np.nan, np.nan)
    text = measured(row.estimate, *interval) + " at an end of the rates tried" * bool(row.at_end)
    lost = row.replicates - row.n
    text += f" ({lost} of {row.replicates} without)" if lost else ""
    ends = (
        (row.low, row.high) if row.n >= FEWEST and np.isfinite([row.low, row.high]).all() else None
    )
    low, high = scale

    def x(number: float) -> float:
        return round(100 * (float(np.clip(number, low, high)) - low) / (high - low), 1)

    drawn = Strip(x(0), x(row.estimate), ends and (x(ends[0]), x(ends[1])))
    return Cell(
        text, drawn, int(row.behind) if ranks and row.rivals else None, int(row.rivals), link
    )


def scores(asked: Sequence[Question]) -> list[Score]:
    """Return each method's answers, those with the most answers first. The reference of a question is not ranked."""
    answers: dict[str, list[tuple[Question, Column, Cell]]] = {}
    for question in asked:
        for method, cells in question.lines:
            for column, cell in zip(question.columns, cells, strict=True):
                if cell.text != NO_ANSWER:
                    answers.setdefault(method, []).append((question, column, cell))
    every = []
    for method, of_method in answers.items():
        ranked = [cell for _, _, cell in of_method if cell.behind is not None]
        every.append(
            Score(method, sum(cell.behind == 0 for cell in ranked), len(ranked), of_method)
        )
    return sorted(every, key=lambda score: -len(score.answers))


def _text(value: Any) -> str:
    """Return a text of a CSV file, in which an empty one is missing."""
    return value if isinstance(value, str) else ""
