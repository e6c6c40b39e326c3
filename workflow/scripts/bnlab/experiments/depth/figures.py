"""Figures of depth, each drawn from its published table and nothing else."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from bnlab.page.panels import by_method, diverged, draw_curve, in_percent, name_of, per_batch
from bnlab.page.style import method_style


def depth(table: pd.DataFrame) -> Figure:
    """Test accuracy above and lost replicates below, against the number of hidden layers; a column per activation."""
    activations = list(dict.fromkeys(table["activation"]))

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        grid = part.subplots(2, len(activations), squeeze=False, sharex=True, sharey="row")
        for column, activation in zip(grid.T, activations, strict=True):
            for method, of_method in by_method(rows[rows["activation"] == activation]):
                curve = of_method.sort_values("layers")
                percent = in_percent(curve)
                draw_curve(
                    column[0], method_style(method), curve["layers"], percent, name_of(curve)
                )
                lost = 100 * curve["lost"] / curve["replicates"]
                style = method_style(method)
                column[1].plot(
                    curve["layers"], lost, color=style.color, marker=style.marker, ls=style.line
                )
            layers = sorted(rows["layers"].unique())
            column[0].set(title=activation, xscale="log", ylim=(0, 101))
            column[0].xaxis.set_major_locator(FixedLocator(layers))
            column[0].xaxis.set_minor_locator(NullLocator())
            column[1].set_xticklabels([str(n) for n in layers])
            column[1].set(xlabel="hidden layers (log axis)", ylim=(-4, 104))
        grid[0, 0].set_ylabel("test accuracy (%)")
        grid[1, 0].set_ylabel("replicates lost (%)")
        grid[0, -1].legend(loc="best")

    return per_batch(
        table, 4.6, "each method at its best rate; lost: diverged or at chance", panels
    )


def flow(table: pd.DataFrame) -> Figure:
    """Gradients and small changes layer by layer in the deepest network of each activation."""
    activations = list(dict.fromkeys(table["activation"]))
    lines = [
        ("gradient", "start", "gradient\nbefore training"),
        ("gradient", "training", "gradient\nduring training"),
        ("change", "training", "effect of a small change\nof the first weights"),
    ]

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        grid = part.subplots(len(lines), len(activations), squeeze=False)
        for column, activation in zip(grid.T, activations, strict=True):
            shown = rows[rows["activation"] == activation]
            deepest = shown["layers"].max()
            shown = shown[shown["layers"] == deepest]
            for axis, (measure, when, words) in zip(column, lines, strict=True):
                _layers(axis, shown[(shown["measure"] == measure) & (shown["when"] == when)])
                axis.set_ylabel(words)
            column[0].set_title(f"{activation}, {deepest} hidden layers")
            column[-1].set_xlabel("layer, from the input")
        grid[0, 0].legend(loc="best")

    return per_batch(
        table, 6.2, "lengths of gradients and effect of a small change, layer by layer", panels
    )


def _layers(axis: Axes, rows: pd.DataFrame) -> None:
    for method, of_method in by_method(rows):
        curve = of_method.sort_values("layer")
        label = f"{name_of(curve)}{diverged(curve)}"
        few = len(curve) < 40
        draw_curve(axis, method_style(method), curve["layer"], curve, label, markers=few)
    positive = rows.loc[rows["mean"] > 0, "mean"]
    if len(positive):
        axis.set(yscale="log", ylim=(positive.min() / 2, positive.max() * 2))
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
