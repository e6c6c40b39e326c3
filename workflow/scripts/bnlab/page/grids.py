"""Tables as the page shows them: rows of text, numbers rounded to their uncertainty."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from bnlab.page.phrases import measured
from bnlab.study.names import PHASES


class Grid(NamedTuple):
    """A table as shown: a heading (or none), column titles, and rows of text whose first cell names the row."""

    title: str
    columns: list[str]
    rows: list[list[str]]


def final(table: pd.DataFrame) -> list[Grid]:
    """For each batch size a row per split and metric; a column per method and per difference."""
    shown = []
    for batch, part in table.groupby("batch"):
        methods = labels_of(part)
        compared = [name for name in methods if (of_label(part, name)["pairs"] > 0).any()]
        cells = {(r.split, r.metric, r.method_label): r for r in rows_of(part)}
        rows = []
        for split, metric in _pairs(part):
            values = [cell(cells[split, metric, m], with_diverged=False) for m in methods]
            differences = [difference(cells[split, metric, m]) for m in compared]
            rows.append([f"{split} {unit_of(metric)}", *values, *differences])
        counts = [of_label(part, name).iloc[0] for name in methods]
        for word in ("diverged", "failed"):
            said = [f"{row[word]} of {row['replicates']}" for row in counts]
            rows.append([word, *said, *([""] * len(compared))])
        columns = ["", *methods, *(f"{name} minus {reference_of(part)}" for name in compared)]
        shown.append(Grid(f"batch {batch}" if table["batch"].nunique() > 1 else "", columns, rows))
    return shown


def as_it_is(table: pd.DataFrame) -> list[Grid]:
    """A table whose columns and rows are shown unchanged."""
    return [Grid("", [str(c) for c in table], [[str(v) for v in row] for row in table.to_numpy()])]


def in_phases(
    table: pd.DataFrame, measures: Mapping[str, str], unpaired: Sequence[str] = ()
) -> list[Grid]:
    """A grid per phase: a row per measure, and a column per method and per ratio to base, but for ``unpaired`` ones."""
    shown = []
    for (batch, phase), part in table.groupby(["batch", "phase"], sort=False):
        methods, base = labels_of(part), reference_of(part)
        cells = {(r.measure, r.method_label): r for r in rows_of(part)}
        compared = list(dict.fromkeys(r.method_label for r in rows_of(part) if r.pairs))
        rows = [
            [
                words,
                *(_or_dash(cells[measure, name], mean) for name in methods),
                *(
                    "" if measure in unpaired else _or_dash(cells[measure, name], ratio)
                    for name in compared
                ),
            ]
            for measure, words in measures.items()
        ]
        columns = ["", *methods, *(f"{name} / {base}" for name in compared)]
        of_phase = PHASES[str(phase)].capitalize()
        size = of_batch(table, batch, "batch")
        shown.append(Grid(f"{of_phase}, {size}" if size else of_phase, columns, rows))
    return shown


def _or_dash(row: Any, text: Callable[[Any], str]) -> str:
    """Return a cell's text, a dash for a phase that no replicate has."""
    return text(row) if row.n else "–"


def amount(row: Any, column: str = "mean", scale: float = 1) -> str:
    """Return an estimate with its interval (``phrases.measured``), times ``scale``, which is 100 for percent."""
    prefix = "" if column == "mean" else f"{column}_"
    names = (column, f"{prefix}low", f"{prefix}high")
    value, low, high = (scale * getattr(row, name) for name in names)
    return measured(value, low, high, most=10 if scale == 100 else np.inf)


def mean(row: Any) -> str:
    """A mean and its half-width, and how many replicates diverged or failed."""
    if not row.n:
        return "all diverged"
    return f"{amount(row)}{lost(row)}"


def rows_of(table: pd.DataFrame) -> Iterator[Any]:
    """The rows as named tuples."""
    return table.itertuples()


def part(table: pd.DataFrame, split: str, metric: str) -> pd.DataFrame:
    """The rows of one split and metric."""
    return table[(table["split"] == split) & (table["metric"] == metric)]


def of_split(table: pd.DataFrame, split: str) -> pd.DataFrame:
    """The rows of one split."""
    return table[table["split"] == split]


def of_label(table: pd.DataFrame, label: str) -> pd.DataFrame:
    """The rows of the method with this label."""
    return table[table["method_label"] == label]


def labels_of(table: pd.DataFrame) -> list[str]:
    """The methods' labels, in the order of the table."""
    return list(dict.fromkeys(table["method_label"]))


def _pairs(table: pd.DataFrame) -> list[tuple[str, str]]:
    return list(dict.fromkeys(zip(table["split"], table["metric"], strict=True)))


def reference_of(table: pd.DataFrame, method: str = "base") -> str:
    """Return the label of the method that others are compared with."""
    labels = table.loc[table["method"] == method, "method_label"]
    return str(labels.iloc[0]) if len(labels) else method


def unit_of(metric: Any) -> str:
    """The metric as a heading, accuracy in percent."""
    return f"{metric} (%)" if metric == "accuracy" else metric


def _scale(row: Any) -> float:
    return 100.0 if row.metric == "accuracy" else 1.0


def cell(row: Any, with_diverged: bool = True) -> str:
    """A mean and its half-width, and how many replicates diverged or failed."""
    if row.replicates and row.diverged == row.replicates:
        return "all diverged"
    text = amount(row, scale=_scale(row))
    return f"{text}{lost(row)}" if with_diverged else text


def lost(row: Any) -> str:
    """Return how many replicates diverged or failed, an empty text where none did."""
    counts = ((row.diverged, "diverged"), (getattr(row, "failed", 0), "failed"))
    said = [f"{count} {word}" for count, word in counts if count]
    return f" ({', '.join(said)})" if said else ""


def percent(row: Any) -> str:
    """An accuracy in percent with its half-width, and how many replicates diverged or failed."""
    if row.replicates and row.diverged == row.replicates:
        return "all diverged"
    return f"{amount(row, scale=100)} %{lost(row)}"


def percent_and_points(row: Any) -> str:
    """An accuracy in percent and, where it is paired with another, its difference from that in points."""
    if not row.pairs:
        return percent(row)
    return f"{percent(row)}, {signed(amount(row, 'difference', 100))} points"


def difference(row: Any) -> str:
    """A paired difference with its sign and half-width."""
    return signed(amount(row, "difference", _scale(row)))


def less_base(row: Any, column: str = "difference", scale: float = 100) -> str:
    """Return a paired difference times ``scale``, with its sign and half-width; nothing where there is no pair."""
    return signed(amount(row, column, scale)) if row.pairs else ""


def signed(text: str) -> str:
    """A number with a sign in front."""
    return text if text.startswith(("−", "–")) else f"+{text}"


def ratio(row: Any) -> str:
    """A ratio with its interval, and how many pairs it is from where some are missing."""
    if not row.pairs:
        return "–"
    text = measured(row.ratio, row.ratio_low, row.ratio_high, ends=True)
    return f"{text}{missing_pairs(row)}"


def missing_pairs(row: Any) -> str:
    """Return the number of pairs where some are missing, else an empty text."""
    total = getattr(row, "replicates", row.pairs)
    return "" if row.pairs == total else f", {row.pairs} of {total} pairs"


def count(value: float) -> str:
    """A whole number, or a dash."""
    return f"{value:.0f}" if np.isfinite(value) else "–"


def of_batch(table: pd.DataFrame, batch: Any, before: str = ", batch") -> str:
    """Return the batch size as a text where a table has several, else an empty text."""
    return f"{before} {batch}" if table["batch"].nunique() > 1 else ""
