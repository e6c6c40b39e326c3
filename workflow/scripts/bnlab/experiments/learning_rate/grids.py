"""Result tables of learning rates as the page shows them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bnlab.analysis.statistics import rounded
from bnlab.page.grids import Grid, labels_of, lost, of_batch, percent, rows_of, signed


def rates(table: pd.DataFrame) -> list[Grid]:
    """A row per learning rate, a column per method; where replicates diverged, how many and the p of
    the comparison with base.
    """
    shown = []
    for batch, part in table.groupby("batch"):
        methods = labels_of(part)
        rows = []
        for rate, group in part.groupby("learning_rate"):
            by_label = {r.method_label: _at_rate(r) for r in rows_of(group)}
            rows.append([f"{rate:g}", *(by_label.get(name, "") for name in methods)])
        heading = "Test accuracy (%)" + of_batch(table, batch)
        shown.append(Grid(heading, ["learning rate", *methods], rows))
    return shown


def _at_rate(row: Any) -> str:
    gone = lost(row).strip(" ()")
    compared = np.isfinite(row.divergence_p) and row.divergence_p < 1
    p = f"p = {row.divergence_p:.2g}" if compared else ""
    notes = ", ".join(filter(None, ["chosen" if row.chosen else "", gone, p]))
    text = rounded(row.mean * 100, (row.high - row.low) * 50)
    return f"{text} ({notes})" if notes else text


def best_rates(table: pd.DataFrame) -> list[Grid]:
    """A row per method: its chosen rate, its accuracy there, and what that is less base's and bn's."""
    shown = []
    for batch, part in table.groupby("batch"):
        references = [name for name in ("base", "bn") if (part[f"{name}_pairs"] > 0).any()]
        labels = {r.method: r.method_label for r in rows_of(part)}
        columns = ["method", "chosen rate", "test accuracy"]
        columns += [f"less {labels[name]} (points)" for name in references]
        rows = [
            [
                r.method_label,
                f"{r.learning_rate:g}",
                percent(r),
                *(_less(r, name) for name in references),
                str(r.tried),
            ]
            for r in rows_of(part)
        ]
        shown.append(Grid(of_batch(table, batch, "batch"), [*columns, "rates tried"], rows))
    return shown


def _less(row: Any, reference: str) -> str:
    values, name = row._asdict(), f"less_{reference}"
    half = (values[f"{name}_high"] - values[f"{name}_low"]) / 2
    text = signed(rounded(values[name] * 100, half * 100))
    pairs = values[f"{reference}_pairs"]
    return text if pairs in (0, row.replicates) else f"{text}, {pairs} of {row.replicates} pairs"
