"""Result tables of multiples of the best rate as the page shows them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bnlab.analysis.statistics import rounded
from bnlab.page.grids import Grid, labels_of, of_batch, percent, rows_of, signed


def multiples(table: pd.DataFrame) -> list[Grid]:
    """For each network a row per multiple, two columns per method: highest accuracy, and steps over base's own."""
    shown = []
    for (batch, network, activation), part in table.groupby(
        ["batch", "network", "activation"], sort=False
    ):
        methods = labels_of(part)
        columns = ["times base's best rate"]
        columns += [f"{name}: {what}" for name in methods for what in ("highest accuracy", "steps")]
        rows = []
        for rate, group in part.groupby("learning_rate"):
            cells = {r.method_label: [percent(r), _steps(r)] for r in rows_of(group)}
            line = [cell for name in methods for cell in cells.get(name, ["", ""])]
            rows.append([_factor(group["factor"].iloc[0], f"rate {rate:g}"), *line])
        title = f"{network}, {activation}{of_batch(table, batch)}".capitalize()
        shown.append(Grid(title, columns, rows))
    return shown


def _factor(factor: float, rate: str) -> str:
    return f"{factor:g} ({rate})" if np.isfinite(factor) else f"none trains ({rate})"


def _steps(row: Any) -> str:
    if np.isnan(row.factor):
        return "–"
    if not row.reached:
        return "never there"
    if row.reached < row.replicates:
        return f"{row.reached} of {row.replicates} get there"
    return f"× {rounded(row.ratio, (row.ratio_high - row.ratio_low) / 2)}"


def ensembles(table: pd.DataFrame) -> list[Grid]:
    """A row per network, method and multiple: the ensemble, its best and its mean member, and what it gains."""
    columns = ["network", "method", "times base's best rate", "ensemble of six (%)"]
    columns += ["best member (%)", "mean member (%)", "ensemble less best (points)", "ensembles"]
    rows = [
        [
            f"{r.network}, {r.activation}",
            r.method_label,
            f"{r.factor:g}",
            *(_percent(r, part) for part in ("accuracy", "best_member", "mean_member")),
            signed(_percent(r, "gain")),
            f"{r.n}" if r.n == r.replicates else f"{r.n} of {r.replicates}",
        ]
        for r in rows_of(table)
    ]
    return [Grid("", columns, rows)]


def _percent(row: Any, name: str) -> str:
    half = (getattr(row, f"{name}_high") - getattr(row, f"{name}_low")) / 2
    return rounded(100 * getattr(row, name), 100 * half)
