"""What the figure of convolutional networks shows, and what the experiment answers."""

from __future__ import annotations

import pandas as pd

from bnlab.page.batches import best_and_worst
from bnlab.page.grids import part, rows_of
from bnlab.page.phrases import Tables, listed, points

all_methods = best_and_worst


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """What batch normalization changes at the smallest and at the largest batch."""
    said = []
    for table in tables("all_methods"):
        rows = part(table, "test", "accuracy")
        rows = rows[(rows["method"] == "bn") & (rows["pairs"] > 0)].sort_values("batch")
        if rows.empty:
            continue
        ends = rows.iloc[[0, -1]].drop_duplicates("batch")
        found = [f"{_points(r)} at batch {r.batch}" for r in rows_of(ends)]
        said.append(f"on {table['dataset_label'].iloc[0]} {listed(found)}")
    if not said:
        return []
    return [
        "A convolutional network: with batch normalization test accuracy is, against the network without, "
        f"{'; '.join(said)}."
    ]


def _points(row: object) -> str:
    """A paired difference of shares as ``points`` says it."""
    numbers = {
        name: 100 * getattr(row, f"difference{end}")
        for name, end in (("estimate", ""), ("low", "_low"), ("high", "_high"))
    }
    return points(pd.Series(numbers))
