"""Figures of regularization, each drawn from its published table and nothing else."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import FuncFormatter, NullFormatter

from bnlab.page.panels import by_method, draw_curve, in_percent, name_of, per_batch, plain
from bnlab.page.style import method_style

APART = 0.18


def gains(table: pd.DataFrame) -> Figure:
    """Test accuracy with each combination: a row each, a dot and interval per method."""
    settings = list(dict.fromkeys(table["setting"]))

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axis = part.subplots()
        lines = list(by_method(rows))
        for place, (method, of_method) in enumerate(lines):
            shift = APART * (place - (len(lines) - 1) / 2)
            curve, style = in_percent(of_method), method_style(method)
            y = curve["setting"].map(settings.index) + shift
            axis.hlines(y, curve["low"], curve["high"], color=style.color, lw=1.5)
            axis.plot(
                curve["mean"],
                y,
                ls="",
                marker=style.marker,
                color=style.color,
                label=name_of(curve),
            )
        axis.set_yticks(range(len(settings)), settings)
        axis.set(xlabel="test accuracy at the end (%)", ylim=(len(settings) - 0.5, -0.5))
        axis.legend(loc="best")

    return per_batch(table, 1.4 + 0.4 * len(settings), "test accuracy with dropout and L2", panels)


def paths(table: pd.DataFrame) -> Figure:
    """Training less test accuracy against training loss, a panel for each combination."""
    settings = list(dict.fromkeys(table["setting"]))
    columns = 3
    lines = -(-len(settings) // columns)

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        grid = part.subplots(lines, columns, squeeze=False, sharex=True, sharey=True)
        for axis in grid.ravel()[len(settings) :]:
            axis.set_visible(False)
        for axis, setting in zip(grid.ravel(), settings, strict=False):
            for method, of_method in by_method(rows[rows["setting"] == setting]):
                curve = in_percent(of_method.sort_values("loss"))
                draw_curve(
                    axis, method_style(method), curve["loss"], curve, name_of(curve), markers=False
                )
            axis.set(title=setting, xscale="log")
            axis.xaxis.set_major_formatter(FuncFormatter(plain))
            axis.xaxis.set_minor_formatter(NullFormatter())
        grid[0, 0].invert_xaxis()
        grid[0, 0].legend(loc="best")
        for axis in grid[-1]:
            axis.set_xlabel("training loss (log axis)")
        for axis in grid[:, 0]:
            axis.set_ylabel("training less test\naccuracy (points)")

    return per_batch(
        table, 0.6 + 2.2 * lines, "what test rows lose at the same training loss", panels
    )
