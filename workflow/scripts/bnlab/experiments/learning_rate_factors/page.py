"""Figure and result tables of multiples of the best rate, each from its published table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from bnlab.page.forms import draw_lines, split_by, with_mean
from bnlab.page.grids import Grid, amount, labels_of, of_batch, percent, rows_of, signed
from bnlab.page.panels import in_percent, legend_row, per_batch

MULTIPLE = "times base's best rate"


def factors(table: pd.DataFrame) -> Figure:
    """Draw highest accuracy above and steps to base's highest below, by multiple; a column per network.

    A network that base trains at no rate has no multiples.
    """

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        networks = list(rows.groupby(["network", "activation"], sort=False, dropna=False))
        grid = part.subplots(2, len(networks), squeeze=False, sharex=True, sharey="row")
        for (above, below), (names, of_network) in zip(grid.T, networks, strict=True):
            draw_lines(above, in_percent(of_network), "factor")
            most = of_network[2 * of_network["reached"] > of_network["replicates"]]
            draw_lines(below, with_mean(most, "ratio"), "factor")
            above.set_title(", ".join(map(str, names)))
            below.axhline(1, color="#888888", lw=0.8)
            _axes(below, rows)
        grid[0, 0].set(ylim=(0, 101), ylabel="highest test\naccuracy (%)")
        grid[1, 0].set_ylabel("steps to base's highest,\nbase's own = 1")
        legend_row(part, *grid[0])

    title = "highest accuracy and how soon base's is reached (no mark: by half of the replicates or fewer)"
    return per_batch(table[table["factor"].notna()], 4.4, title, panels)


def _axes(axis: Axes, rows: pd.DataFrame) -> None:
    axis.set(xscale="log", yscale="log", xlabel=MULTIPLE)
    axis.xaxis.set_major_locator(FixedLocator(sorted(rows["factor"].unique())))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.2g}"))
    axis.xaxis.set_minor_locator(NullLocator())


FIGURES = {"factors": factors}


def multiples(table: pd.DataFrame) -> list[Grid]:
    """Lay out a row per multiple for each network: highest accuracy and steps of each method, steps in base's own."""
    grids = []
    for (batch, network, activation), part in split_by(table, "network", "activation", sort=False):
        methods = labels_of(part)
        columns = [f"{name}: {what}" for name in methods for what in ("highest accuracy", "steps")]
        rows = []
        for rate, group in part.groupby("learning_rate"):
            cells = {r.method_label: [percent(r), _steps(r)] for r in rows_of(group)}
            factor = group["factor"].iloc[0]
            lead = f"{factor:g}" if np.isfinite(factor) else "none trains"
            texts = [text for name in methods for text in cells.get(name, ["", ""])]
            rows.append([f"{lead} (rate {rate:g})", *texts])
        title = f"{network}, {activation}{of_batch(table, batch)}".capitalize()
        grids.append(Grid(title, [MULTIPLE, *columns], rows))
    return grids


def _steps(row: Any) -> str:
    if np.isnan(row.factor):
        return "–"
    if not row.reached:
        return "never there"
    if row.reached < row.replicates:
        return f"{row.reached} of {row.replicates} get there"
    return f"× {amount(row, 'ratio')}"


def ensembles(table: pd.DataFrame) -> list[Grid]:
    """Lay out a row per network, method and multiple: the ensemble, its best and its mean member, and its gain."""
    columns = ["network", "method", MULTIPLE, "ensemble of six (%)"]
    columns += ["best member (%)", "mean member (%)", "ensemble minus best (points)", "ensembles"]
    rows = [
        [
            f"{r.network}, {r.activation}",
            r.method_label,
            f"{r.factor:g}",
            *(amount(r, part, 100) for part in ("accuracy", "best_member", "mean_member")),
            signed(amount(r, "gain", 100)),
            f"{r.n}" if r.n == r.replicates else f"{r.n} of {r.replicates}",
        ]
        for r in rows_of(table)
    ]
    return [Grid("", columns, rows)]


GRIDS = {"multiples": multiples, "ensembles": ensembles}
