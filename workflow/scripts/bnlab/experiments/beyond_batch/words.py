"""What the figure of ways beyond the batch shows, and what the experiment answers."""

from __future__ import annotations

import pandas as pd

from bnlab.page.batches import best_and_worst
from bnlab.page.grids import part, rows_of
from bnlab.page.phrases import Tables, listed
from bnlab.study.names import NEAR_BEST

all_methods = best_and_worst


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """The smallest batch at which each method is within a point of the network without normalization."""
    for table in tables("all_methods"):
        test = part(table, "test", "accuracy")
        wide = test.pivot(index="batch", columns="method", values="mean").sort_index()
        names = {r.method: r.method_label for r in rows_of(test)}
        if "base" not in names:
            continue
        said = [f"{label} {_from(wide, name)}" for name, label in names.items() if name != "base"]
        return [
            f"Small batches on {table['dataset_label'].iloc[0]}: mean test accuracy is within a point of the network "
            f"without normalization, or above it, with {listed(said)}."
        ]
    return []


def _from(wide: pd.DataFrame, method: str) -> str:
    """``from 4 rows on``, ``at all sizes`` or ``nowhere``."""
    good = wide[method] >= wide["base"] - NEAR_BEST
    if good.all():
        return "at all sizes tried"
    if not good.iloc[-1]:
        return "not up to the largest size"
    return f"from {wide.index[len(good) - good[::-1].cumprod().sum()]} rows on"
