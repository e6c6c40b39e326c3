"""The figure of multiples of the best rate, drawn from its published table and nothing else."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from bnlab.page.panels import (
    by_method,
    draw_curve,
    in_percent,
    name_of,
    per_batch,
    plain,
    plain_if_narrow,
)
from bnlab.page.style import method_style


def factors(table: pd.DataFrame) -> Figure:
    """Highest accuracy above and steps to base's highest below, against the multiple; a column per network.

    A network that base trains at no rate has no multiples.
    """
    table = table[table["factor"].notna()]

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        networks = list(dict.fromkeys(zip(rows["network"], rows["activation"], strict=True)))
        grid = part.subplots(2, len(networks), squeeze=False, sharex=True, sharey="row")
        for column, (network, activation) in zip(grid.T, networks, strict=True):
            shown = rows[(rows["network"] == network) & (rows["activation"] == activation)]
            for method, of_method in by_method(shown):
                curve = of_method.sort_values("factor")
                draw_curve(
                    column[0],
                    method_style(method),
                    curve["factor"],
                    in_percent(curve),
                    name_of(curve),
                )
                most = curve[2 * curve["reached"] > curve["replicates"]]
                steps = most.assign(
                    mean=most["ratio"], low=most["ratio_low"], high=most["ratio_high"]
                )
                draw_curve(column[1], method_style(method), steps["factor"], steps, name_of(curve))
            column[0].set_title(f"{network}, {activation}")
            column[1].axhline(1, color="#888888", lw=0.8)
            _axis(column[1], rows)
        grid[0, 0].set_ylim(0, 101)
        grid[0, 0].set_ylabel("highest test\naccuracy (%)")
        grid[1, 0].set_ylabel("steps to base's highest,\nbase's own = 1")
        grid[0, -1].legend(loc="best")

    title = "highest accuracy and how soon base's is reached, by multiples of base's best rate"
    return per_batch(table, 4.4, title, panels)


def _axis(axis: Axes, rows: pd.DataFrame) -> None:
    axis.set(xscale="log", yscale="log", xlabel="times base's best rate")
    axis.xaxis.set_major_locator(FixedLocator(sorted(rows["factor"].unique())))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.2g}"))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_formatter(FuncFormatter(plain))
    axis.yaxis.set_minor_formatter(FuncFormatter(plain_if_narrow(axis)))
