"""Figures and result table of averages for inference."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.page.forms import log_axis_at, with_mean
from bnlab.page.grids import Grid, amount, of_batch, rows_of
from bnlab.page.panels import (
    by_method,
    draw_curve,
    in_percent,
    legend_row,
    name_of,
    per_batch,
    thousands,
)
from bnlab.page.style import method_style

KINDS = {"moving": "moving averages", "population": "averages over frozen weights"}


def accuracy(table: pd.DataFrame) -> Figure:
    """Draw accuracy over steps under both kinds of averages, those that move dashed and open."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axis = part.subplots()
        for method, of_method in by_method(rows):
            for kind, words in KINDS.items():
                curve = in_percent(of_method[of_method["statistics"] == kind])
                style = method_style(method)
                if kind == "moving":
                    style = style._replace(marker="s", dash="dashed", open=True)
                draw_curve(axis, style, curve["step"], curve, f"{name_of(curve)}, {words}")
        axis.set(xlabel="training step", ylabel="test accuracy (%)")
        thousands(axis)
        legend_row(part, axis)

    return per_batch(table, 3.2, "accuracy by the averages that normalize test rows", panels)


def samples(table: pd.DataFrame) -> Figure:
    """Draw accuracy less that over most rows, over the rows of averages, with a line for moving averages."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axis = part.subplots()
        less = in_percent(with_mean(rows, "difference"))
        for method, of_method in by_method(less):
            style = method_style(method)
            curve, moving = (of_method[of_method["rows"] > 0], of_method[of_method["rows"] == 0])
            draw_curve(
                axis, style, curve["rows"], curve, f"{name_of(curve)}, {KINDS['population']}"
            )
            level = moving.iloc[0]
            axis.axhspan(level["low"], level["high"], color=style.color, alpha=0.1, lw=0)
            words = f"{name_of(curve)}, {KINDS['moving']}"
            axis.axhline(level["mean"], color=style.color, ls="dashed", lw=1, label=words)
        log_axis_at(axis, sorted(less.loc[less["rows"] > 0, "rows"].unique()))
        axis.set(xlabel="training rows (log axis)", ylabel="less that over most rows (points)")
        legend_row(part, axis)

    return per_batch(
        table, 3.2, "accuracy at the end by the rows that averages are taken over", panels
    )


FIGURES = {"accuracy": accuracy, "samples": samples}

MEASURES = {
    "lag": "in training (points)",
    "early_lag": "in its first tenth (points)",
    "excess_swing": "more change between evaluations (points)",
    "rows_needed": "rows needed",
}


def lag(table: pd.DataFrame) -> list[Grid]:
    """Lay out a line a method, a column a measure; a grid per batch size."""
    grids = []
    for batch, part in table.groupby("batch"):
        cells = {(row.method_label, row.measure): row for row in rows_of(part)}
        lines = [
            [
                label,
                *(
                    amount(cells[label, name], scale=1 if name == "rows_needed" else 100)
                    for name in MEASURES
                ),
            ]
            for label in dict.fromkeys(part["method_label"])
        ]
        grids.append(Grid(of_batch(table, batch, "batch"), ["method", *MEASURES.values()], lines))
    return grids


GRIDS = {"lag": lag}
