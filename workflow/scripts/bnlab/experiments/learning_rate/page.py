"""Figures and result tables of learning rates, each from its published table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase

from bnlab.page.forms import cross_tables, log_axis, split_by
from bnlab.page.grids import Grid, amount, labels_of, lost, of_batch, percent, rows_of, signed
from bnlab.page.heat import LEGEND, add_bar, draw_heat
from bnlab.page.panels import base_name, beside, diverged, per_batch
from bnlab.page.style import NONE_LEFT, method_style
from bnlab.study.names import NEAR_BEST


def heat_map(table: pd.DataFrame) -> Figure:
    """Draw test accuracy of each method (rows) at each learning rate (columns) (``heat.draw_heat``)."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axis = part.subplots()
        draw_heat(axis, rows, rows["mean"].max())
        axis.set(xlabel="learning rate")
        add_bar(part, [axis])

    return per_batch(table, 1.2 + 0.45 * table["method"].nunique(), LEGEND, panels)


def rate_range(table: pd.DataFrame) -> Figure:
    """Draw the learning rates near the best, a line per method, and their width in decades beside it."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axis = part.subplots()
        for height, row in enumerate(rows_of(rows)):
            _range(axis, row, height)
        first, last = rows["first_tried"].min(), rows["last_tried"].max()
        log_axis(axis, "learning rate (log axis; dots: tried; shaded: beyond)")
        axis.set(xlim=(first / 2.5, last * 2.5), ylim=(len(rows) - 0.4, -0.9))
        axis.set_yticks(range(len(rows)), rows["method_label"])
        for outside in ((first / 2.5, first), (last, last * 2.5)):
            axis.axvspan(*outside, color="#f0f0f0", linewidth=0, zorder=0)
        axis.tick_params(axis="y", length=0)
        for column, heading in ((1.02, "decades"), (1.3, f"minus {base_name(rows)}")):
            beside(axis, column, -0.7, heading)

    title = f"learning rates within {100 * NEAR_BEST:g} point of the best test accuracy"
    return per_batch(table, 1.3 + 0.35 * table["method"].nunique(), title, panels)


def _range(axis: Axes, row: Any, height: int) -> None:
    """Draw a line between the mean ends, a marker at the chosen rate, and arrows at ends that were not seen."""
    if not row.n:
        text = f"{NONE_LEFT}{diverged(pd.DataFrame([row]))}"
        axis.text(row.first_tried, height, text, va="center", fontsize=8)
        return
    style = method_style(row.method)
    color = style.color
    rates = [float(rate) for rate in row.tried.split()]
    axis.plot(rates, [height] * len(rates), ".", color="#8a8a8a", markersize=4, zorder=1)
    ends = [row.lowest, row.highest], [height, height]
    axis.plot(*ends, color=color, linewidth=5, alpha=0.45, solid_capstyle="butt")
    axis.plot(*ends, "|", color=color, markersize=11)
    axis.plot(row.learning_rate, height, ls="", markersize=8, **style.marks)
    for count, end, arrow, side, shift in (
        (row.reaches_lowest, row.first_tried, "◀ {}", "right", -7),
        (row.reaches_highest, row.last_tried, "{} ▶", "left", 7),
    ):
        if count:
            text = arrow.format(count)
            how: Any = {"xytext": (shift, 0), "textcoords": "offset points", "ha": side}
            axis.annotate(text, (end, height), va="center", color=color, size=8, **how)
    bound = "≥ " if row.reaches_lowest or row.reaches_highest else ""
    beside(axis, 1.02, height, bound + amount(row))
    beside(axis, 1.3, height, amount(row, "difference"))


FIGURES = {"heat_map": heat_map, "rate_range": rate_range}


def rates(table: pd.DataFrame) -> list[Grid]:
    """Lay out a row per learning rate: accuracy, and the p of diverged replicates against base."""
    return cross_tables(table, "Test accuracy (%)", "learning_rate", "learning rate", _at_rate)


def _at_rate(row: Any) -> str:
    is_compared = np.isfinite(row.divergence_p) and row.divergence_p < 1
    notes = [
        "chosen" if row.chosen else "",
        lost(row).strip(" ()"),
        f"p = {row.divergence_p:.2g}" if is_compared else "",
    ]
    text = "–" if row.diverged == row.replicates else amount(row, scale=100)
    return f"{text} ({', '.join(filter(None, notes))})" if any(notes) else text


def best_rates(table: pd.DataFrame) -> list[Grid]:
    """Lay out a row per method: its chosen rate, its accuracy there, and that minus base's and bn's."""
    grids = []
    for (batch,), part in split_by(table):
        names = dict(zip(part["method"], labels_of(part), strict=True))
        references = [name for name in ("base", "bn") if (part[f"{name}_pairs"] > 0).any()]
        columns = ["method", "chosen rate", "test accuracy"]
        columns += [f"minus {names[name]} (points)" for name in references]
        rows = [
            [r.method_label, f"{r.learning_rate:g}", percent(r)]
            + [_less(r, name) for name in references]
            + [str(r.tried)]
            for r in rows_of(part)
        ]
        grids.append(Grid(of_batch(table, batch, "batch"), [*columns, "rates tried"], rows))
    return grids


def _less(row: Any, reference: str) -> str:
    text = signed(amount(row, f"less_{reference}", 100))
    pairs = getattr(row, f"{reference}_pairs")
    return text if pairs in (0, row.replicates) else f"{text}, {pairs} of {row.replicates} pairs"


GRIDS = {"best_rates": best_rates, "rates": rates}
