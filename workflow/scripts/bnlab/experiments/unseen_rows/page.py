"""Figure and result table of differences with intervals over seeds, and over seeds and test rows."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.analysis.statistics import FEWEST
from bnlab.page.forms import split_by
from bnlab.page.grids import Grid, amount, of_batch, percent, rows_of, signed
from bnlab.page.panels import base_name, per_batch
from bnlab.page.style import method_style


def gains(table: pd.DataFrame) -> Figure:
    """Draw each method's difference from base, with a thick bar for seeds and a thin one for seeds and test rows.

    Fewer replicates than ``FEWEST`` have no bars.
    """

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axis = part.subplots()
        compared = rows[rows["pairs"] > 0]
        axis.axvline(0, color="#888888", lw=0.8)
        for height, row in enumerate(rows_of(compared)):
            style = method_style(row.method)
            bars = (("crossed_difference", 1.2), ("difference", 4)) if row.pairs >= FEWEST else ()
            for column, width in bars:
                ends = (100 * getattr(row, f"{column}_{end}") for end in ("low", "high"))
                axis.plot([*ends], [height, height], color=style.color, lw=width)
            axis.plot(100 * row.difference, height, ls="", markersize=7, **style.marks)
        axis.set_yticks(range(len(compared)), compared["method_label"])
        axis.set_ylim(len(compared) - 0.5, -0.5)
        axis.set_xlabel(f"test accuracy minus that of {base_name(rows)} (points)")

    title = "difference, each at its own rate (thick: over seeds; thin: over seeds and test rows)"
    return per_batch(table, 1.1 + 0.35 * table["method"].nunique(), title, panels)


FIGURES = {"gains": gains}


def differences(table: pd.DataFrame) -> list[Grid]:
    """Lay out a row per method: rate, accuracy, and the difference from base with both intervals."""
    grids = []
    for (batch,), part in split_by(table):
        columns = ["method", "chosen rate", "test accuracy (%)"]
        columns += ["difference, over seeds (points)", "over seeds and test rows", "test rows"]
        rows = [
            [
                row.method_label,
                f"{row.learning_rate:g}",
                percent(row),
                signed(amount(row, "difference", 100)),
                signed(amount(row, "crossed_difference", 100)),
                f"{row.rows:,}",
            ]
            for row in rows_of(part)
        ]
        grids.append(Grid(of_batch(table, batch, "batch"), columns, rows))
    return grids


GRIDS = {"differences": differences}
