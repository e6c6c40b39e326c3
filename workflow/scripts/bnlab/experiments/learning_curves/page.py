"""Figures and result tables of learning curves, each from its published table."""

from __future__ import annotations

import textwrap
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import FuncFormatter, NullLocator

from bnlab.lazy import sns
from bnlab.page.curves import draw_accuracy
from bnlab.page.forms import draw_lines
from bnlab.page.grids import (
    Grid,
    amount,
    cell,
    difference,
    final,
    labels_of,
    of_batch,
    of_label,
    ratio,
    reference_of,
    rows_of,
)
from bnlab.page.panels import (
    by_method,
    column_title,
    ink,
    label_ends,
    legend_row,
    name_and_failures,
    name_of,
    or_none_left,
    per_batch,
    short,
    thousands,
)
from bnlab.page.phrases import number
from bnlab.page.style import method_style

GOOD_AREA = 0.95
"""AUC from which on only the corner of an ROC curve tells classifiers apart."""
KINDS = {"activation": "inputs of the activation", "weight": "incoming weights"}
"""Titles of what the percentiles are of."""
ONE_CLASS = "one class in the test rows"
SCORES = {"auc": "Area under the ROC curve", "average_precision": "Average precision"}


def percentiles(table: pd.DataFrame) -> Figure:
    """Draw the percentiles of a typical unit over steps: a column per method, activations above weights."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        methods, kinds = list(by_method(rows)), _kinds(rows)
        grid = part.subplots(len(kinds), len(methods), sharex=True, sharey="row", squeeze=False)
        for line, kind in zip(grid, kinds, strict=True):
            ends = [
                _draw_unit(axis, method, of_method[of_method["quantity"] == kind])
                for axis, (method, of_method) in zip(line, methods, strict=True)
            ]
            for axis, names in zip(line, ends, strict=True):
                label_ends(axis, names)
            line[0].set_ylabel(KINDS[kind])
        for above, below, (_, of_method) in zip(grid[0], grid[-1], methods, strict=True):
            column_title(above, name_and_failures(of_method), len(methods))
            below.set_xlabel("training step")
        if not rows["typical"].any():
            grid[0, 0].set(xticks=[])
            for axis in grid[:, 0]:
                axis.set(yticks=[])

    return per_batch(table, 4.6, "percentiles of a typical unit of the last hidden layer", panels)


def _draw_unit(axis: Axes, method: str, rows: pd.DataFrame) -> list[tuple[str, str, float, float]]:
    """Draw one typical unit in full colour, and the medians of the other replicates' units as thin lines.

    Returns:
        Name and colour of each percentile's line and its last point, as ``label_ends`` takes them.
    """
    color, is_typical = method_style(method).color, rows["typical"]
    for _, other in rows[~is_typical & (rows["percentile"] == 50)].groupby("replicate"):
        axis.plot(other["step"], other["value"], color=color, alpha=0.3, linewidth=0.7)
    if not is_typical.any():
        why = or_none_left(rows.iloc[0], "units are constant")
        axis.text(0.5, 0.5, why, transform=axis.transAxes, ha="center", va="center")
        return []
    wide = rows[is_typical].pivot(index="step", columns="percentile", values="value")
    ends = []
    for percentile, line in ((85, (0, (4, 1.5))), (50, "-"), (15, (0, (1.2, 1.2)))):
        values = wide[percentile]
        axis.plot(values.index, values, color=color, linestyle=line)
        ends.append((f"P{percentile}", color, float(values.index[-1]), float(values.iloc[-1])))
    axis.fill_between(wide.index, wide[15], wide[85], color=color, alpha=0.12, linewidth=0)
    thousands(axis)
    return ends


def drift(table: pd.DataFrame) -> Figure:
    """Draw the distance of all units' percentiles from their final values over steps."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        kinds = _kinds(rows)
        axes = part.subplots(1, len(kinds), squeeze=False)[0]
        for axis, kind in zip(axes, kinds, strict=True):
            of_kind = rows[rows["quantity"] == kind]
            draw_lines(axis, of_kind, "step", label=name_and_failures, most_markers=len(of_kind))
            axis.set(title=KINDS[kind], xlabel="training step")
            axis.set_ylim(bottom=0)
            thousands(axis)
            if of_kind["mean"].isna().all():
                axis.set(xticks=[], yticks=[])
        legend_row(part, *axes)
        axes[0].set_ylabel("distance from final percentiles\n(final P85 − P15 of the unit = 1)")

    return per_batch(table, 3.2, "drift of percentiles, all units of the last hidden layer", panels)


def _kinds(table: pd.DataFrame) -> list[str]:
    return [kind for kind in KINDS if kind in set(table["quantity"])]


def roc(table: pd.DataFrame) -> Figure:
    """Draw one-vs-rest ROC curves, a panel per class: the share that is missed, 1 − TPR, over that of false alarms.

    Where every area is large, both axes are logarithmic, so that the curves fill the panel.
    """
    classes = table[["class", "class_name"]].drop_duplicates()
    columns = min(len(classes), 3)
    lines = -(-len(classes) // columns)
    one_class = has_one_class(table)
    is_log = bool(table["auc"].min() > GOOD_AREA)
    all_rows = table.drop_duplicates("class")["count"].sum()
    lowest = max(table["fpr"][table["fpr"] > 0].min(), 1 / all_rows)
    missed = 1 - table[(table["fpr"] >= lowest) & (table["fpr"] < 1)]["mean"]
    least = max(missed[missed > 0].min() if (missed > 0).any() else 0.1, 1e-4)
    log_axes = {"xscale": "log", "yscale": "log", "xlim": (lowest, 1), "ylim": (least, 1)}

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        grid = part.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
        for axis in grid.flat[len(classes) :]:
            axis.set_axis_off()
        for axis, (index, name) in zip(grid.flat, classes.itertuples(index=False), strict=False):
            of_class = rows[(rows["class"] == index) & (rows["fpr"] > 0)]
            turned = 1 - of_class[["mean", "high", "low"]].set_axis(["mean", "low", "high"], axis=1)
            shown = of_class.assign(**turned.clip(lower=least / 2 if is_log else 0))
            draw_lines(axis, shown, "fpr", label=name_and_failures, most_markers=0)
            axis.set(**log_axes if is_log else {"xlim": (0, 1), "ylim": (0, 1)})
            for each in (axis.xaxis, axis.yaxis):
                each.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}"))
                each.set_minor_locator(NullLocator())
            heading = f"{short(name)}, {int(of_class['count'].max()):,} rows"
            areas = [_area(curve) for _, curve in by_method(of_class)]
            unbroken = ", ".join(area.replace(" ", "\N{NO-BREAK SPACE}") for area in areas)
            text = textwrap.fill(f"AUC {unbroken}", 44).replace("\N{NO-BREAK SPACE}", " ")
            if one_class:
                text = f"AUC not defined,\n{ONE_CLASS}"
            axis.set_title(f"{heading}\n{text}", loc="left", fontsize=8)
        for axis in grid[:, 0]:
            axis.set_ylabel("missed (%)")
        for column in range(columns):
            last = grid[:, column][(len(classes) - 1 - column) // columns]
            last.set_xlabel("false alarms (%)")
            last.tick_params(labelbottom=True)
        legend_row(part, *grid.flat)

    title = "each class against the rest: what is missed by what is mistaken for it"
    return per_batch(table, 0.5 + 2.1 * lines, title, panels)


def has_one_class(table: pd.DataFrame) -> bool:
    """Return true where all test rows are of one class, so that nothing is told from the rest."""
    return bool((table.drop_duplicates("class")["count"] > 0).sum() == 1)


def _area(curve: pd.DataFrame) -> str:
    row = curve.iloc[0]
    area = number(row["auc"], (row["auc_high"] - row["auc_low"]) / 2)
    return f"{name_of(curve)} {or_none_left(row, area)}"


def confusion(table: pd.DataFrame) -> Figure:
    """Draw confusion matrices, methods side by side: mean counts, coloured by share of the true class."""
    methods = table["method"].nunique()
    columns = min(methods, 2)
    lines = -(-methods // columns)

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        grid = part.subplots(lines, columns, squeeze=False, sharex=True, sharey=True)
        for axis in grid.flat[methods:]:
            axis.set_axis_off()
        for axis, (_, counts) in zip(grid.flat, by_method(rows), strict=False):
            _draw_matrix(axis, counts)
            column_title(axis, name_and_failures(counts), columns)
        for axis in grid[:, 0]:
            axis.set_ylabel("true class")
        for axis in grid[-1]:
            axis.set_xlabel("predicted class")

    return per_batch(table, 0.4 + 3.5 * lines, "confusion matrix, mean over replicates", panels)


def _draw_matrix(axis: Axes, counts: pd.DataFrame) -> None:
    names = counts.drop_duplicates("true").sort_values("true")["true_name"].map(short)
    wide = counts.pivot(index="true", columns="predicted", values=["share", "mean"])
    norm, colors = mpl.colors.PowerNorm(0.5, 0, 1), mpl.colormaps["Blues"]
    color: Any = {"cmap": colors, "norm": norm, "cbar": False, "square": True, "vmin": 0, "vmax": 1}
    lines: Any = {"linewidths": 0.4, "linecolor": "#e4e4e4"}
    sns.heatmap(wide["share"], ax=axis, xticklabels=names, yticklabels=names, **color, **lines)
    if len(names) <= 12:
        shares = wide["share"].to_numpy()
        for (row, column), count in np.ndenumerate(wide["mean"].to_numpy()):
            if count >= 0.5:
                style: Any = {"size": 8, "color": ink(colors(norm(shares[row, column])))}
                middle = (column + 0.5, row + 0.5)
                axis.text(*middle, f"{count:.0f}", ha="center", va="center", **style)
    axis.set(xlabel="", ylabel="")
    axis.tick_params(length=0)


FIGURES = {
    "accuracy": draw_accuracy,
    "percentiles": percentiles,
    "drift": drift,
    "roc": roc,
    "confusion": confusion,
}


def steps_to_accuracy(table: pd.DataFrame) -> list[Grid]:
    """Lay out a row per accuracy: the median step of each method and how many got there, and ratios to base."""
    methods, compared = labels_of(table), _compared(table)
    columns = ["first step at", *methods, *(f"{name} / {reference_of(table)}" for name in compared)]
    lines = []
    for (batch, split, level), group in table.groupby(["batch", "split", "level"]):
        by_label = {r.method_label: r for r in rows_of(group)}
        name = f"{float(str(level)) * 100:g} % {split} accuracy{of_batch(table, batch)}"
        cells = [_median(by_label[m]) if m in by_label else "" for m in methods]
        ratios = [ratio(by_label[m]) if m in by_label else "" for m in compared]
        lines.append([name, *cells, *ratios])
    return [Grid("", columns, lines)]


def _compared(table: pd.DataFrame) -> list[str]:
    """Return the labels of methods that are paired with base."""
    return [name for name in labels_of(table) if (of_label(table, name)["pairs"] > 0).any()]


def _median(row: Any) -> str:
    median = f"{row.median:,.0f}" if np.isfinite(row.median) else f"> {row.steps:,}"
    gone = f", {row.diverged} diverged" if row.diverged else ""
    return f"{median} ({row.reached} of {row.replicates} reached{gone})"


def classes(table: pd.DataFrame) -> list[Grid]:
    """Lay out a row per class for AUC and for average precision: its rows, each method, differences from base."""
    grids = []
    lead = ["class", "no. (from 1, from 0, by alphabet)", "test rows"]
    one_class = has_one_class(table)
    for (batch, metric), part in table.groupby(["batch", "metric"], sort=False):
        methods, compared = labels_of(part), _compared(part)
        less = [f"{name} minus {reference_of(table)}" for name in compared]
        lines = []
        keys = ["class", "class_name", "alphabetical", "count"]
        for (index, name, alphabetical, count), group in part.groupby(keys, sort=False):
            by_label = {r.method_label: r for r in rows_of(group)}
            numbers = f"{int(str(index)) + 1}, {index}, {alphabetical}"
            cells = [_score(by_label[m], one_class) for m in methods]
            differences = [difference(by_label[m]) for m in compared]
            lines.append([str(name), numbers, f"{count:,}", *cells, *differences])
        title = SCORES[str(metric)] + of_batch(table, batch)
        grids.append(Grid(title, [*lead, *methods, *less], lines))
    return grids


def _score(row: Any, one_class: bool) -> str:
    """Return a class's score; nothing is defined where all test rows are of one class."""
    is_left = row.diverged < row.replicates
    return f"not defined, {ONE_CLASS}" if one_class and is_left else cell(row)


def timing(table: pd.DataFrame) -> list[Grid]:
    """Lay out a row per method and batch size: seconds, and the ratio to base."""
    columns = ["method", "batch", "seconds per 1,000 steps", "processes"]
    lines = [
        [r.method_label, f"{r.batch}", amount(r), str(r.processes), ratio(r)]
        for r in rows_of(table)
    ]
    return [Grid("", [*columns, f"ratio to {reference_of(table)}"], lines)]


GRIDS = {
    "final": final,
    "steps_to_accuracy": steps_to_accuracy,
    "classes": classes,
    "timing": timing,
}
