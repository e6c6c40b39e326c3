"""The scorecard: a table of questions and methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from bnlab.analysis.statistics import rounded
from bnlab.page.grids import rows_of
from bnlab.page.phrases import minus

NO_ANSWER = "–"


class Cell(NamedTuple):
    """A cell of the table: its text, and the share of rivals that are clearly better; None without rivals."""

    text: str
    behind: float | None


class Line(NamedTuple):
    """A row of the table: the question, its data, the better direction, and a cell for each method."""

    asks: str
    about: str
    better: str
    cells: list[Cell]


class Card(NamedTuple):
    """The table of the scorecard: labels of methods, and its rows."""

    methods: list[str]
    lines: list[Line]


def card(table: pd.DataFrame) -> Card | None:
    """Return the scorecard's table from scorecard.csv; None for an empty one."""
    if table.empty:
        return None
    labels = dict(zip(table["method"], table["method_label"], strict=True))
    methods = list(labels.values())
    lines = []
    for _, rows in table.groupby("key", sort=False):
        first = rows.iloc[0]
        cells = {r.method_label: _cell(r) for r in rows_of(rows)}
        other = labels.get(first["against"], first["against"])
        cells |= {other: Cell("reference", None)}
        against = f", against {other}" if _text(other) else ""
        missing = f"; not ranked, without {first['missing']}" if _text(first["missing"]) else ""
        unit = f" ({_unit_of_values(first['unit'])})" if _text(first["unit"]) else ""
        lines.append(
            Line(
                f"{first['asks']}{unit}",
                f"{first['dataset_label']}{against}{missing}",
                {"high": "the higher the better", "low": "the lower the better"}[first["better"]],
                [cells.get(name, Cell(NO_ANSWER, None)) for name in methods],
            )
        )
    return Card(methods, [*lines, _summary(table, methods)])


def _summary(table: pd.DataFrame, methods: Sequence[str]) -> Line:
    """Count the questions with rivals in which each method is not clearly beaten."""
    ranked = table[(table["rivals"] > 0) & table["estimate"].notna()]
    led = ranked[ranked["behind"] == 0]["method_label"].value_counts()
    total = ranked["method_label"].value_counts()
    cells = [
        f"{led.get(name, 0)} of {total[name]}" if name in total else NO_ANSWER for name in methods
    ]
    about = "questions in which no other method is better"
    return Line("Not clearly beaten in", about, "", [Cell(text, None) for text in cells])


def _unit_of_values(unit: str) -> str:
    """Return the unit of a value, which is percent where differences are in points."""
    return "%" if unit == "points" else unit


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _cell(row: Any) -> Cell:
    if not np.isfinite(row.estimate):
        return Cell("never" if row.open and row.better == "low" else NO_ANSWER, None)
    text = minus(rounded(row.estimate, (row.high - row.low) / 2))
    lost = row.replicates - row.n
    text += f" ({lost} of {row.replicates} without)" if lost else ""
    return Cell(text, row.behind / row.rivals if row.rivals else None)
