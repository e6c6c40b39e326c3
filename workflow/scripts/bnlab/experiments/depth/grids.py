"""Result tables of depth as the page shows them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bnlab.analysis.statistics import rounded
from bnlab.page.grids import Grid, at_rates, labels_of, of_batch, rows_of

WHEN = {"start": "before training", "training": "during training"}


def depths(table: pd.DataFrame) -> list[Grid]:
    """For each activation a row per depth, a column per method: accuracy, rate, and p of lost replicates."""
    return [
        grid._replace(title=", ".join(filter(None, [str(activation).capitalize(), grid.title])))
        for activation, part in table.groupby("activation")
        for grid in at_rates(part, "layers", "hidden layers")
    ]


def imbalance(table: pd.DataFrame) -> list[Grid]:
    """For each activation and time a row per depth, a column per method: decades, and the amplification."""
    shown = []
    for (batch, activation, when), part in table.groupby(["batch", "activation", "when"]):
        methods = labels_of(part)
        rows = []
        for layers, group in part.groupby("layers"):
            cells = {r.method_label: _pair(r) for r in rows_of(group)}
            rows.append([str(layers), *(cells.get(name, "") for name in methods)])
        heading = f"{str(activation).capitalize()}, {WHEN[str(when)]}{of_batch(table, batch)}"
        shown.append(Grid(heading, ["hidden layers", *methods], rows))
    return shown


def _pair(row: Any) -> str:
    if not row.n:
        return "no replicate left"
    half = (row.amplification_high - row.amplification_low) / 2
    relative = (row.amplification_in_spreads_high - row.amplification_in_spreads_low) / 2
    decades = rounded(row.mean, (row.high - row.low) / 2)
    changes = rounded(row.amplification, half), rounded(row.amplification_in_spreads, relative)
    return f"{decades} decades; change × {changes[0]}, × {changes[1]} in spreads"
