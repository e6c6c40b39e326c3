"""What the figure of convolutional networks shows, and what the experiment answers."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from bnlab.page.batches import best_and_worst
from bnlab.page.grids import part, percent, rows_of
from bnlab.page.phrases import Tables, listed, points

all_methods = best_and_worst


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """What batch normalization changes at the smallest and at the largest batch, and what is best at the smallest."""
    said = [text for table in _widest(tables("all_methods")) if (text := _of_data(table))]
    if not said:
        return []
    return [
        "A convolutional network: with batch normalization test accuracy is, against the network without, "
        f"{'; '.join(said)}."
    ]


def _widest(tables: Iterable[pd.DataFrame]) -> list[pd.DataFrame]:
    """Of each dataset the table with the most batch sizes."""
    kept: dict[str, pd.DataFrame] = {}
    for table in tables:
        other = kept.get(table["dataset"].iloc[0])
        if other is None or table["batch"].nunique() > other["batch"].nunique():
            kept[table["dataset"].iloc[0]] = table
    return list(kept.values())


def _of_data(table: pd.DataFrame) -> str:
    rows = part(table, "test", "accuracy")
    of_bn = rows[(rows["method"] == "bn") & (rows["pairs"] > 0)].sort_values("batch")
    if of_bn.empty:
        return ""
    ends = of_bn.iloc[[0, -1]].drop_duplicates("batch")
    found = [f"{_points(r)} at batch {r.batch}" for r in rows_of(ends)]
    smallest = ends["batch"].iloc[0]
    best = next(rows_of(rows[rows["batch"] == smallest].nlargest(1, "mean")))
    return (
        f"on {best.dataset_label} {listed(found)}, where of {rows['method'].nunique()} methods "
        f"{best.method_label} is best at batch {smallest} ({percent(best)})"
    )


def _points(row: object) -> str:
    """A paired difference of shares as ``points`` says it."""
    numbers = {
        name: 100 * getattr(row, f"difference{end}")
        for name, end in (("estimate", ""), ("low", "_low"), ("high", "_high"))
    }
    return points(pd.Series(numbers))
