"""Figures of learning curves, each drawn from its published table and nothing else."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import FuncFormatter, NullFormatter

from bnlab.analysis.statistics import rounded
from bnlab.page.curves import draw_accuracy
from bnlab.page.panels import (
    amount,
    by_method,
    diverged,
    draw_curve,
    ink,
    name_of,
    or_none_left,
    per_batch,
    short,
    thousands,
)
from bnlab.page.style import method_style

GOOD_AREA = 0.95
"""AUC from which on only the corner of an ROC curve tells classifiers apart."""
QUANTITIES = {"activation": "inputs of the activation", "weight": "incoming weights"}


def accuracy(table: pd.DataFrame) -> Figure:
    """Train and test accuracy against the epoch (``page.curves``)."""
    return draw_accuracy(table, "accuracy during training")


def percentiles(table: pd.DataFrame) -> Figure:
    """The percentiles of a typical unit over steps: methods side by side, activations above
    weights.
    """

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        methods, quantities = list(by_method(rows)), _quantities(rows)
        grid = part.subplots(
            len(quantities), max(len(methods), 1), sharex=True, sharey="row", squeeze=False
        )
        for line, quantity in zip(grid, quantities, strict=True):
            for axis, (method, all_rows) in zip(line, methods, strict=True):
                _unit(axis, method, all_rows[all_rows["quantity"] == quantity])
            line[0].set_ylabel(QUANTITIES[quantity])
        for axis, (_, all_rows) in zip(grid[0], methods, strict=True):
            axis.set_title(f"{name_of(all_rows)}{diverged(all_rows)}")
        for axis in grid[-1]:
            axis.set_xlabel("training step")
        if not rows["typical"].any():
            grid[0, 0].set(xticks=[])
            for axis in grid[:, 0]:
                axis.set(yticks=[])

    return per_batch(table, 4.6, "percentiles of a typical unit of the last hidden layer", panels)


def drift(table: pd.DataFrame) -> Figure:
    """The distance of all units' percentiles from their final values over steps."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        quantities = _quantities(rows)
        axes = part.subplots(1, len(quantities), squeeze=False)[0]
        for axis, quantity in zip(axes, quantities, strict=True):
            shown = rows[rows["quantity"] == quantity]
            for method, curve in by_method(shown):
                first = curve.iloc[0]
                average = or_none_left(first, amount(first, "average"))
                label = f"{name_of(curve)}  {average}{diverged(curve)}"
                draw_curve(axis, method_style(method), curve["step"], curve, label)
            axis.set(title=QUANTITIES[quantity], xlabel="training step")
            axis.set_ylim(bottom=0)
            thousands(axis)
            if shown["mean"].isna().all():
                axis.set(xticks=[], yticks=[])
            axis.legend(loc="upper right", title="mean over training", alignment="left")
        axes[0].set_ylabel("distance from final percentiles\n(final P85 − P15 of the unit = 1)")

    return per_batch(table, 3.2, "drift of percentiles, all units of the last hidden layer", panels)


def roc(table: pd.DataFrame) -> Figure:
    """One-vs-rest ROC curves, a panel per class: the share that is missed, 1 − TPR, against that of false alarms.

    Where every class is found well, both axes are logarithmic, so that the curves fill the panel.
    """
    classes = table[["class", "class_name"]].drop_duplicates()
    columns = min(len(classes), 3)
    lines = -(-len(classes) // columns)
    good = bool(table["auc"].min() > GOOD_AREA)
    rows_of_all = table.drop_duplicates("class")["count"].sum()
    lowest = max(table["fpr"][table["fpr"] > 0].min(), 1 / rows_of_all)
    missed = 1 - table[(table["fpr"] >= lowest) & (table["fpr"] < 1)]["mean"]
    least = max(missed[missed > 0].min() if (missed > 0).any() else 0.1, 1e-4)

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        grid = part.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
        for axis in grid.flat[len(classes) :]:
            axis.set_axis_off()
        for axis, (index, name) in zip(grid.flat, classes.itertuples(index=False), strict=False):
            shown = rows[(rows["class"] == index) & (rows["fpr"] > 0)]
            for method, curve in by_method(shown):
                turned = pd.DataFrame(
                    {"mean": curve["mean"], "low": curve["high"], "high": curve["low"]}
                )
                turned = (1 - turned).clip(lower=least / 2 if good else 0)
                label = f"{name_of(curve)} {_area(curve.iloc[0])}{diverged(curve)}"
                draw_curve(axis, method_style(method), curve["fpr"], turned, label, markers=False)
            if good:
                axis.set(xscale="log", yscale="log", xlim=(lowest, 1), ylim=(least, 1))
            else:
                axis.set(xlim=(0, 1), ylim=(0, 1))
            for each in (axis.xaxis, axis.yaxis):
                each.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}"))
                each.set_minor_formatter(NullFormatter())
            axis.legend(loc="upper right", handlelength=1, fontsize=7.5)
            axis.set_title(f"{short(name)}\n{int(shown['count'].max()):,} rows", loc="left")
        for axis in grid[:, 0]:
            axis.set_ylabel("missed (%)")
        for column in range(columns):
            last = grid[:, column][(len(classes) - 1 - column) // columns]
            last.set_xlabel("false alarms (%)")
            last.tick_params(labelbottom=True)

    title = (
        "each class against the rest: what is missed by what is mistaken for it; AUC in the legends"
    )
    return per_batch(table, 0.5 + 2.1 * lines, title, panels)


def _area(row: pd.Series) -> str:
    half = (row["auc_high"] - row["auc_low"]) / 2
    return or_none_left(row, rounded(row["auc"], half, digits=1))


def confusion(table: pd.DataFrame) -> Figure:
    """Confusion matrices, methods side by side: colour by share of the true class, numbers are mean
    counts.
    """
    methods = table["method"].nunique()
    columns = min(methods, 2)
    lines = -(-methods // columns)

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        grid = part.subplots(lines, columns, squeeze=False, sharex=True, sharey=True)
        for axis in grid.flat[methods:]:
            axis.set_axis_off()
        for axis, (_, counts) in zip(grid.flat, by_method(rows), strict=False):
            _matrix(axis, counts)
            axis.set_title(f"{name_of(counts)}{diverged(counts)}")
        for axis in grid[:, 0]:
            axis.set_ylabel("true class")
        for axis in grid[-1]:
            axis.set_xlabel("predicted class")

    return per_batch(table, 0.4 + 3.5 * lines, "confusion matrix, mean over replicates", panels)


def _unit(axis: Axes, method: str, rows: pd.DataFrame) -> None:
    """One typical unit in full colour, the medians of the other replicates' units as thin lines."""
    color = method_style(method).color
    for _, other in rows[~rows["typical"] & (rows["percentile"] == 50)].groupby("replicate"):
        axis.plot(other["step"], other["value"], color=color, alpha=0.3, linewidth=0.7)
    if not rows["typical"].any():
        why = or_none_left(rows.iloc[0], "units are constant")
        axis.text(0.5, 0.5, why, transform=axis.transAxes, ha="center", va="center")
        return
    wide = rows[rows["typical"]].pivot(index="step", columns="percentile", values="value")
    for percentile, line in ((85, (0, (4, 1.5))), (50, "-"), (15, (0, (1.2, 1.2)))):
        values = wide[percentile]
        axis.plot(values.index, values, color=color, linestyle=line)
        axis.annotate(
            f"P{percentile}",
            (values.index[-1], values.iloc[-1]),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=color,
            annotation_clip=False,
        )
    axis.fill_between(wide.index, wide[15], wide[85], color=color, alpha=0.12, linewidth=0)
    thousands(axis)


def _matrix(axis: Axes, counts: pd.DataFrame) -> None:
    names = counts.drop_duplicates("true").sort_values("true")["true_name"].map(short)
    share = counts.pivot(index="true", columns="predicted", values="share")
    number = counts.pivot(index="true", columns="predicted", values="mean")
    norm, colors = mpl.colors.PowerNorm(0.5, 0, 1), mpl.colormaps["Blues"]
    sns.heatmap(
        share,
        ax=axis,
        cmap=colors,
        norm=norm,
        cbar=False,
        square=True,
        linewidths=0.4,
        linecolor="#e4e4e4",
        xticklabels=names,
        yticklabels=names,
    )
    if len(names) <= 12:
        for (row, column), count in np.ndenumerate(number.to_numpy()):
            if count >= 0.5:
                color = ink(colors(norm(share.to_numpy()[row, column])))
                axis.text(
                    column + 0.5,
                    row + 0.5,
                    f"{count:.0f}",
                    ha="center",
                    va="center",
                    size=7.5,
                    color=color,
                )
    axis.set(xlabel="", ylabel="")
    axis.tick_params(length=0)


def _quantities(table: pd.DataFrame) -> list[str]:
    return [quantity for quantity in QUANTITIES if quantity in set(table["quantity"])]
