"""Figures, each drawn from one published table and nothing else.

``draw`` turns a table as ``tables.tabulate`` makes it (and a CSV brings it back) into a Matplotlib
figure; ``save`` writes it as SVG and PNG, the same bytes for the same table. A method has the same
colour, marker and line everywhere. Bands and bars are 95 % t-intervals over replicates.
"""

from __future__ import annotations

import textwrap
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase, SubFigure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from bnlab import faults as mistakes
from bnlab.config import ALL_RECIPES, NEAR_BEST
from bnlab.files import replacing
from bnlab.statistics import rounded

WIDTH = 7.2
RESOLUTION = 200
STYLE: Any = {
    **sns.axes_style("ticks"),
    "font.size": 9,
    "font.family": "DejaVu Sans",
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "figure.titlesize": 10,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#444444",
    "lines.linewidth": 1.5,
    "lines.markersize": 4,
    "svg.hashsalt": "bnlab",
    "figure.facecolor": "white",
}


ACCURACY_TICKS = (
    *(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999),
    *(0.9995, 0.9999),
)
HIGHEST = 0.9999
"""Where accuracies above it are drawn on a logit scale, which has no place for 100 %."""
LIGHT_TO_MIDDLE = "blend:#f4f8fc,#74b0dc"
"""Colours of cells on which dark text and frames are to be seen."""
NONE_LEFT = "no replicate left"


FAULT_COLOR = "#d55e00"
FAULT_LINES: dict[str, Any] = {"test": "-", "train": (0, (4, 1.5))}
PLAIN_LINES: dict[str, Any] = {"base": (0, (1.2, 1.2)), "bn": (0, (4, 1.2, 1, 1.2))}


class Look(NamedTuple):
    """How a method is drawn."""

    color: str
    marker: str
    line: Any


LOOKS: dict[str, Look] = {
    "base": Look("#4d4d4d", "o", "-"),
    "bn": Look("#0173b2", "s", "-"),
    "ln": Look("#d55e00", "^", (0, (5, 1.5))),
    "ws": Look("#029e73", "D", (0, (4, 1.2, 1, 1.2))),
    "ws_scaled": Look("#8f6f3a", "v", (0, (1.2, 1.2))),
    "ws_bn": Look("#cc78bc", "P", (0, (5, 1.5))),
    "ws_ln": Look("#de8f05", "X", (0, (4, 1.2, 1, 1.2))),
}
"""The colour-blind-safe palette of seaborn, spread over the project's own methods."""

OTHER_COLORS = ("#56b4e9", "#a0342f", "#7a5fb5", "#6b8e23", "#b3669e", "#949494")
OTHER_MARKERS = ("*", "h", "<", ">", "p")


def look(method: str) -> Look:
    """The colour, marker and line of a method; one that has no fixed look gets one from its name
    alone.
    """
    if method in LOOKS:
        return LOOKS[method]
    code = zlib.crc32(method.encode())
    color = OTHER_COLORS[code % len(OTHER_COLORS)]
    return Look(color, OTHER_MARKERS[code // len(OTHER_COLORS) % len(OTHER_MARKERS)], (0, (2, 1)))


def accuracy(table: pd.DataFrame) -> Figure:
    """Train and test accuracy against the epoch, side by side; a row of panels per batch size."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axes = part.subplots(1, 2, sharey=True)
        for axis, split in zip(axes, ("train", "test"), strict=True):
            shown = rows[rows["split"] == split]
            for method, curve in _by_method(shown):
                label = f"{_name(curve)}  {_ending(curve)}"
                _line(axis, method, curve["epoch"], _on_axis(curve, rows), label)
            _growing(axis, shown["epoch"])
            _accuracy_axis(axis, rows)
            axis.set(title=f"{split} accuracy", xlabel="epoch (first one on a linear scale)")
            axis.legend(loc="best", title="at the end", alignment="left")
        axes[1].set_ylabel("")

    return _per_batch(table, 3.3, "accuracy during training", panels)


def percentiles(table: pd.DataFrame) -> Figure:
    """The percentiles of a typical unit over steps: methods side by side, activations above
    weights.
    """

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        methods, quantities = list(_by_method(rows)), _quantities(rows)
        grid = part.subplots(
            len(quantities), max(len(methods), 1), sharex=True, sharey="row", squeeze=False
        )
        for line, quantity in zip(grid, quantities, strict=True):
            for axis, (method, all_rows) in zip(line, methods, strict=True):
                _unit(axis, method, all_rows[all_rows["quantity"] == quantity])
            line[0].set_ylabel(QUANTITIES[quantity])
        for axis, (_, all_rows) in zip(grid[0], methods, strict=True):
            axis.set_title(f"{_name(all_rows)}{_diverged(all_rows)}")
        for axis in grid[-1]:
            axis.set_xlabel("training step")
        if not rows["typical"].any():
            grid[0, 0].set(xticks=[])
            for axis in grid[:, 0]:
                axis.set(yticks=[])

    return _per_batch(table, 4.6, "percentiles of a typical unit of the last hidden layer", panels)


def drift(table: pd.DataFrame) -> Figure:
    """The distance of all units' percentiles from their final values over steps."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        quantities = _quantities(rows)
        axes = part.subplots(1, len(quantities), squeeze=False)[0]
        for axis, quantity in zip(axes, quantities, strict=True):
            shown = rows[rows["quantity"] == quantity]
            for method, curve in _by_method(shown):
                first = curve.iloc[0]
                average = _or_none_left(first, _amount(first, "average"))
                label = f"{_name(curve)}  {average}{_diverged(curve)}"
                _line(axis, method, curve["step"], curve, label)
            axis.set(title=QUANTITIES[quantity], xlabel="training step")
            axis.set_ylim(bottom=0)
            _thousands(axis)
            if shown["mean"].isna().all():
                axis.set(xticks=[], yticks=[])
            axis.legend(loc="upper right", title="mean over training", alignment="left")
        axes[0].set_ylabel("distance from final percentiles\n(final P85 − P15 of the unit = 1)")

    return _per_batch(
        table, 3.2, "drift of percentiles, all units of the last hidden layer", panels
    )


def roc(table: pd.DataFrame) -> Figure:
    """One-vs-rest ROC curves, a panel per class, the false-positive rate on a logarithmic axis."""
    classes = table[["class", "class_name"]].drop_duplicates()
    columns = min(len(classes), 3)
    lines = -(-len(classes) // columns)
    written = table["method"].nunique() + table.loc[table["diverged"] > 0, "method"].nunique()
    rows_of_all = table.drop_duplicates("class")["count"].sum()
    lowest = max(table["fpr"][table["fpr"] > 0].min(), 1 / rows_of_all)

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        grid = part.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
        for axis in grid.flat[len(classes) :]:
            axis.set_axis_off()
        for axis, (index, name) in zip(grid.flat, classes.itertuples(index=False), strict=False):
            shown = rows[(rows["class"] == index) & (rows["fpr"] > 0)]
            for method, curve in _by_method(shown):
                area = _or_none_left(curve.iloc[0], _amount(curve.iloc[0], "auc"))
                label = f"{_name(curve)} {area}" + _diverged(curve, before="\n")
                _line(axis, method, curve["fpr"], curve, label, markers=False)
            axis.set(xscale="log", xlim=(lowest, 1), ylim=(0, 1.02))
            axis.xaxis.set_minor_formatter(NullFormatter())
            axis.legend(
                title=f"{_short(name)} ({int(shown['count'].max()):,} rows)",
                loc="lower left",
                bbox_to_anchor=(0, 1),
                borderaxespad=0.2,
                alignment="left",
                handlelength=1.4,
            )
        for axis in grid[:, 0]:
            axis.set_ylabel("true-positive rate")
        for column in range(columns):
            last = grid[:, column][(len(classes) - 1 - column) // columns]
            last.set_xlabel("false-positive rate")
            last.tick_params(labelbottom=True)

    return _per_batch(
        table,
        0.5 + (1.7 + 0.17 * written) * lines,
        "ROC of each class against the rest, with AUC",
        panels,
    )


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
        for axis, (_, counts) in zip(grid.flat, _by_method(rows), strict=False):
            _matrix(axis, counts)
            axis.set_title(f"{_name(counts)}{_diverged(counts)}")
        for axis in grid[:, 0]:
            axis.set_ylabel("true class")
        for axis in grid[-1]:
            axis.set_xlabel("predicted class")

    return _per_batch(table, 0.4 + 3.5 * lines, "confusion matrix, mean over replicates", panels)


def batch_sizes(table: pd.DataFrame) -> Figure:
    """Test accuracy and validation loss against the batch size, one above the other."""
    return _against_batch(table, list(_by_method(table)))


def statistics(table: pd.DataFrame) -> Figure:
    """As ``batch_sizes`` for one method evaluated under each kind of inference statistics."""
    curves = [(kind, table[table["statistics"] == kind]) for kind in STATISTICS]
    return _against_batch(table, [(kind, curve) for kind, curve in curves if len(curve)])


def heat_map(table: pd.DataFrame) -> Figure:
    """Test accuracy of each method (rows) at each learning rate (columns), the chosen rate framed."""
    methods = table["method"].nunique()

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axis = part.subplots()
        rates = sorted(rows["learning_rate"].unique())
        lines = list(_by_method(rows))
        cells = rows.pivot(index="method", columns="learning_rate", values="mean")
        cells = cells.reindex(index=[method for method, _ in lines])
        written = rows.assign(text=rows.apply(_cell_text, axis=1)).pivot(
            index="method", columns="learning_rate", values="text"
        )
        sns.heatmap(
            cells.clip(1e-3, HIGHEST).map(lambda a: np.log(a / (1 - a))),
            ax=axis,
            annot=written.reindex_like(cells).fillna(""),
            fmt="",
            annot_kws={"fontsize": 7.5, "color": "#262626"},
            cmap=sns.color_palette(LIGHT_TO_MIDDLE, as_cmap=True),
            cbar=False,
            linewidths=1,
            linecolor="white",
            xticklabels=[f"{rate:g}" for rate in rates],
            yticklabels=[_name(of_method) for _, of_method in lines],
        )
        for place, (_, of_method) in enumerate(lines):
            _without_numbers(axis, of_method, rates, place)
            for rate in of_method.loc[of_method["chosen"], "learning_rate"]:
                corner = (rates.index(rate) + 0.04, place + 0.05)
                axis.add_patch(Rectangle(corner, 0.92, 0.9, fill=False, lw=1.8, ec="black"))
        axis.set(xlabel="learning rate", ylabel="")
        axis.tick_params(length=0)
        axis.tick_params(axis="y", rotation=0)

    title = "test accuracy (%) at the end; framed: the rate with the best validation accuracy"
    return _per_batch(table, 1.2 + 0.45 * methods, title, panels)


def rate_range(table: pd.DataFrame) -> Figure:
    """The learning rates near the best, a line per method, and how many decades they are."""
    methods = table["method"].nunique()

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axis = part.subplots()
        lines = list(_by_method(rows))
        for place, (method, of_method) in enumerate(lines):
            _range(axis, method, of_method.iloc[0], place)
        first, last = rows["first_tried"].min(), rows["last_tried"].max()
        axis.set(xscale="log", xlim=(first / 2.5, last * 2.5), ylim=(len(lines) - 0.4, -0.9))
        axis.set_yticks(range(len(lines)), [_name(of_method) for _, of_method in lines])
        axis.set_xlabel("learning rate (log axis; shaded: not tried)")
        axis.xaxis.set_major_formatter(FuncFormatter(_plain))
        axis.xaxis.set_minor_formatter(NullFormatter())
        for outside in ((first / 2.5, first), (last, last * 2.5)):
            axis.axvspan(*outside, color="#f0f0f0", linewidth=0, zorder=0)
        axis.tick_params(axis="y", length=0)
        for column, heading in ((1.02, "decades"), (1.2, f"less {_base_name(rows)}")):
            _beside(axis, column, -0.7, heading)

    title = f"learning rates within {100 * NEAR_BEST:g} point of the best test accuracy"
    return _per_batch(table, 1.3 + 0.35 * methods, title, panels)


def faults(table: pd.DataFrame) -> Figure:
    """Accuracy by epoch, a panel a mistake beside base and bn, with what the source reports."""
    runs = ["method", "batch", "trained_with"]
    drawn = [rows for _, rows in table.groupby(runs, sort=False)]
    plain = [rows for rows in drawn if _is_plain(rows)]
    wrong = sorted(
        (r for r in drawn if not _is_plain(r)), key=lambda r: mistakes.place(r["code"].iloc[0])
    )
    columns = min(max(len(wrong), 1), 3)
    lines = -(-max(len(wrong), 1) // columns)
    title = "accuracy during training with a mistake in batch normalization"
    figure = _figure(table, 1.0 + 1.95 * lines, title)
    grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
    for axis in grid.flat[len(wrong) :]:
        axis.set_axis_off()
    for axis, rows in zip(grid.flat, wrong, strict=False):
        _mistake(axis, rows, plain)
    for axis in grid[:, 0]:
        axis.set_ylabel("accuracy (%)")
    for column in range(columns):
        grid[:, column][(len(wrong) - 1 - column) // columns].tick_params(labelbottom=True)
        grid[-1, column].set_xlabel("epoch (log axis)")
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


class Drawing(NamedTuple):
    """How a figure is drawn and what it is called."""

    function: Callable[[pd.DataFrame], Figure]
    title: str


FIGURES: dict[tuple[str, str], Drawing] = {
    ("learning_curves", "accuracy"): Drawing(accuracy, "Accuracy during training"),
    ("learning_curves", "percentiles"): Drawing(percentiles, "Percentiles of a typical unit"),
    ("learning_curves", "drift"): Drawing(drift, "Drift of percentiles over all units"),
    ("learning_curves", "roc"): Drawing(roc, "ROC of each class"),
    ("learning_curves", "confusion"): Drawing(confusion, "Confusion matrices"),
    ("batch_size", "all_methods"): Drawing(batch_sizes, "All methods"),
    ("batch_size", "bn_vs_ln"): Drawing(batch_sizes, "Batch and layer normalization"),
    ("batch_size", "ws_vs_bn"): Drawing(
        batch_sizes, "Weight standardization and batch normalization"
    ),
    ("batch_size", "ws_bn_vs_bn"): Drawing(
        batch_sizes, "Batch normalization with and without weight standardization"
    ),
    ("batch_size", "small_batches"): Drawing(batch_sizes, "The smallest batches"),
    ("batch_size", "statistics"): Drawing(statistics, "Three kinds of inference statistics"),
    ("learning_rate", "heat_map"): Drawing(heat_map, "Accuracy by learning rate"),
    ("learning_rate", "rate_range"): Drawing(rate_range, "Range of good learning rates"),
    ("faults", "faults"): Drawing(faults, "Mistakes in batch normalization"),
}
"""Every figure by experiment and kind."""

QUANTITIES = {"activation": "inputs of the activation", "weight": "incoming weights"}
STATISTICS = {
    "moving": Look("#0173b2", "s", "-"),
    "population": Look("#03304d", "o", (0, (5, 1.5))),
    "batch": Look("#56b4e9", "^", (0, (1.2, 1.2))),
}


def draw(experiment: str, kind: str, table: pd.DataFrame) -> Figure:
    """The figure of this kind from its table."""
    function, title = FIGURES[experiment, kind]
    with mpl.rc_context(STYLE):
        figure = _nothing(title) if table.empty else function(table)
        figure.draw_without_rendering()
    return figure


def save(figure: Figure, svg: Path | str, png: Path | str) -> None:
    """Write the figure as SVG and PNG, without dates or random ids."""
    with mpl.rc_context(STYLE):
        with replacing(Path(svg)) as handle:
            figure.savefig(handle, format="svg", metadata={"Date": None, "Creator": None})
        with replacing(Path(png)) as handle:
            figure.savefig(handle, format="png", dpi=RESOLUTION, metadata={"Software": None})


def _against_batch(table: pd.DataFrame, curves: Sequence[tuple[str, pd.DataFrame]]) -> Figure:
    title = f"test accuracy and validation loss by batch size\n{_subtitle(table)}"
    figure = _figure(table, 6.2, title)
    axes = figure.subplots(2, 1, sharex=True)
    for axis, (split, metric) in zip(
        axes, [("test", "accuracy"), ("validation", "loss")], strict=True
    ):
        shown = [(name, c[(c["split"] == split) & (c["metric"] == metric)]) for name, c in curves]
        rows = pd.concat([curve for _, curve in shown])
        for name, curve in shown:
            drawn = _on_axis(curve, rows) if metric == "accuracy" else curve
            _line(axis, name, curve["batch"], drawn, _curve_name(name, curve))
        if metric == "accuracy":
            _accuracy_axis(axis, rows)
            axis.set_ylabel(f"{split} {axis.get_ylabel()}")
            _diverged_counts(axis, shown[:1] if "statistics" in table else shown)
        else:
            axis.set(yscale="log", ylabel="validation loss (nats)")
            axis.yaxis.set_major_formatter(FuncFormatter(_plain))
            axis.yaxis.set_minor_formatter(FuncFormatter(_plain_if_narrow(axis)))
            axis.tick_params(axis="y", which="minor", labelsize=8)
    _batch_axis(axes[1], sorted(table["batch"].unique()))
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 7))
    return figure


def _line(
    axis: Axes, name: str, x: pd.Series, curve: pd.DataFrame, label: str, markers: bool = True
) -> None:
    style = STATISTICS.get(name) or look(name)
    axis.plot(
        x,
        curve["mean"],
        color=style.color,
        linestyle=style.line,
        marker=style.marker if markers else None,
        markeredgecolor="white",
        markeredgewidth=0.4,
        label=label,
    )
    axis.fill_between(x, curve["low"], curve["high"], color=style.color, alpha=0.18, linewidth=0)


def _unit(axis: Axes, method: str, rows: pd.DataFrame) -> None:
    """One typical unit in full colour, the medians of the other replicates' units as thin lines."""
    color = look(method).color
    for _, other in rows[~rows["typical"] & (rows["percentile"] == 50)].groupby("replicate"):
        axis.plot(other["step"], other["value"], color=color, alpha=0.3, linewidth=0.7)
    if not rows["typical"].any():
        why = _or_none_left(rows.iloc[0], "units are constant")
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
    _thousands(axis)


def _is_plain(rows: pd.DataFrame) -> bool:
    """Whether these rows are base or bn without a mistake, which every panel shows."""
    return rows["method"].iloc[0] in PLAIN_LINES and rows["code"].iloc[0] == mistakes.NO_CODE


def _mistake(axis: Axes, rows: pd.DataFrame, plain: Sequence[pd.DataFrame]) -> None:
    """A mistake's curves, thick, over those of base and bn, and the two numbers to be met."""
    lowest = 0.78
    for other in plain:
        method, test = str(other["method"].iloc[0]), other[other["split"] == "test"]
        axis.plot(
            test["epoch"],
            test["mean"],
            color=look(method).color,
            linestyle=PLAIN_LINES[method],
            linewidth=1,
            label=f"{_name(other)}, test",
        )
    for split, line in FAULT_LINES.items():
        curve = rows[rows["split"] == split]
        axis.plot(
            curve["epoch"],
            curve["mean"],
            color=FAULT_COLOR,
            linestyle=line,
            linewidth=1.9 if split == "test" else 1.2,
            label=f"with the mistake, {split}",
        )
        axis.fill_between(
            curve["epoch"], curve["low"], curve["high"], color=FAULT_COLOR, alpha=0.18, linewidth=0
        )
    axis.plot(
        mistakes.EARLY_EPOCH,
        mistakes.EARLY_ACCURACY,
        "^",
        color="black",
        markersize=5,
        linestyle="none",
        label=f"training must be above {mistakes.EARLY_ACCURACY * 100:g} %",
    )
    epoch = rows["base_epoch"].iloc[0]
    if np.isfinite(epoch):
        low, high = mistakes.TARGET
        axis.add_patch(
            Rectangle(
                (epoch / 1.12, low),
                epoch * (1.12 - 1 / 1.12),
                high - low,
                facecolor="none",
                edgecolor="black",
                zorder=3,
                label="test must pass through the box",
            )
        )
    end = rows[rows["split"] == "test"].iloc[-1]
    if end["mean"] < lowest:
        axis.text(
            0.98,
            0.06,
            f"test ends at {end['mean'] * 100:.1f} %",
            transform=axis.transAxes,
            ha="right",
            fontsize=8,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
    title = textwrap.fill(mistakes.title(end), 38)
    axis.set_title(f"{title}\n{mistakes.verdict(end)}", loc="left", fontsize=8)
    axis.set(xscale="log", xlim=(1, 130), ylim=(lowest, 1))
    axis.xaxis.set_major_locator(FixedLocator([1, 3, 10, 30, 100]))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(FuncFormatter(_plain))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:.4g}"))


def _matrix(axis: Axes, counts: pd.DataFrame) -> None:
    names = counts.drop_duplicates("true").sort_values("true")["true_name"].map(_short)
    share = counts.pivot(index="true", columns="predicted", values="share")
    number = counts.pivot(index="true", columns="predicted", values="mean")
    written = number.map(lambda c: f"{c:.0f}" if c >= 0.5 else "") if len(names) <= 12 else False
    sns.heatmap(
        share,
        ax=axis,
        annot=written,
        fmt="",
        annot_kws={"fontsize": 7.5},
        cmap="Blues",
        vmin=0,
        vmax=1,
        norm=mpl.colors.PowerNorm(0.5, 0, 1),
        cbar=False,
        square=True,
        linewidths=0.4,
        linecolor="#e4e4e4",
        xticklabels=names,
        yticklabels=names,
    )
    axis.set(xlabel="", ylabel="")
    axis.tick_params(length=0)


def _cell_text(row: pd.Series) -> str:
    gone = f"{row['diverged']} diverged" if row["diverged"] else ""
    return f"{100 * row['mean']:.1f}\n{gone}".strip() if row["n"] else ""


def _without_numbers(axis: Axes, rows: pd.DataFrame, rates: list[float], place: int) -> None:
    """Hatched cells where every replicate diverged."""
    for rate in rows.loc[rows["n"] == 0, "learning_rate"]:
        column = rates.index(rate)
        style: Any = {"facecolor": "#f4f4f4", "edgecolor": "#c8c8c8", "hatch": "////", "lw": 0}
        axis.add_patch(Rectangle((column, place), 1, 1, **style))
        axis.text(column + 0.5, place + 0.5, "all\ndiverged", ha="center", va="center", size=7.5)


def _range(axis: Axes, method: str, row: pd.Series, place: int) -> None:
    """A line between the mean ends, a marker at the chosen rate, and where replicates' ranges go to
    the end of what was tried an arrow with their number.
    """
    style = look(method)
    if not row["n"]:
        text = f"{NONE_LEFT}{_diverged(row.to_frame().T)}"
        axis.text(row["first_tried"], place, text, va="center", fontsize=8)
        return
    line: Any = {"color": style.color, "linewidth": 5, "alpha": 0.45, "solid_capstyle": "butt"}
    axis.plot([row["lowest"], row["highest"]], [place, place], **line)
    axis.plot(
        [row["lowest"], row["highest"]], [place, place], "|", color=style.color, markersize=11
    )
    point: Any = {"color": style.color, "markeredgecolor": "white", "markeredgewidth": 0.5}
    axis.plot(row["learning_rate"], place, style.marker, markersize=8, **point)
    for end, tried, text, side, shift in (
        ("lowest", "first_tried", "◀ {}", "right", -7),
        ("highest", "last_tried", "{} ▶", "left", 7),
    ):
        if count := row[f"reaches_{end}"]:
            how: Any = {"xytext": (shift, 0), "textcoords": "offset points", "ha": side}
            arrow = text.format(count)
            axis.annotate(arrow, (row[tried], place), va="center", color=style.color, size=8, **how)
    more = "≥ " if row["reaches_lowest"] or row["reaches_highest"] else ""
    _beside(axis, 1.02, place, more + rounded(row["mean"], (row["high"] - row["low"]) / 2))
    _beside(axis, 1.2, place, _amount(row, "difference"))


def _beside(axis: Axes, x: float, y: float, text: str) -> None:
    axis.text(x, y, text, transform=axis.get_yaxis_transform(), va="center", fontsize=8)


def _base_name(table: pd.DataFrame) -> str:
    labels = table.loc[table["method"] == "base", "method_label"]
    return str(labels.iloc[0]) if len(labels) else "base"


def _diverged_counts(axis: Axes, curves: Sequence[tuple[str, pd.DataFrame]]) -> None:
    """Above the panel, a line per method with diverged replicates: how many at which batch."""
    with_some = [(name, curve) for name, curve in curves if (curve["diverged"] > 0).any()]
    if not with_some:
        return

    def write(text: str, x: float, line: int, color: str, coordinates: Any, **how: Any) -> None:
        axis.annotate(
            text,
            (x, 1),
            xycoords=coordinates,
            xytext=(how.pop("shift", 0), 3 + 10 * line),
            textcoords="offset points",
            color=color,
            fontsize=8,
            annotation_clip=False,
            **how,
        )

    for line, (name, curve) in enumerate(reversed(with_some)):
        color = (STATISTICS.get(name) or look(name)).color
        write(_name(curve), 0, line, color, "axes fraction", ha="right", shift=-6)
        some = curve.loc[curve["diverged"] > 0, ["batch", "diverged"]]
        for batch, count in some.to_numpy():
            write(f"{count}", batch, line, color, axis.get_xaxis_transform(), ha="center")
    total = with_some[0][1]["replicates"].max()
    heading = f"diverged, of {total} replicates at each batch size:"
    write(heading, 0, len(with_some), "#333333", "axes fraction", ha="left")


def _figure(table: pd.DataFrame, height: float, title: str) -> Figure:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    figure.suptitle(f"{table['dataset_label'].iloc[0]}: {title}", x=0.01, ha="left")
    return figure


def _nothing(title: str) -> Figure:
    figure = Figure(figsize=(WIDTH, 1))
    figure.suptitle(f"{title}: {NONE_LEFT}", x=0.01, ha="left")
    return figure


def _per_batch(
    table: pd.DataFrame,
    height: float,
    title: str,
    panels: Callable[[FigureBase, pd.DataFrame], None],
) -> Figure:
    """A figure with its panels once for each batch size, one below the other."""
    batches = sorted(table["batch"].unique())
    figure = _figure(table, height * len(batches) + 0.3, f"{title}\n{_subtitle(table)}")
    if len(batches) == 1:
        panels(figure, table)
        return figure
    parts: Sequence[SubFigure] = list(figure.subfigures(len(batches), 1, squeeze=False)[:, 0])
    for part, batch in zip(parts, batches, strict=True):
        part.suptitle(f"batch {batch}", x=0.01, ha="left", fontsize=9)
        panels(part, table[table["batch"] == batch])
    return figure


def _subtitle(table: pd.DataFrame) -> str:
    """``batch 60, learning rate 0.1, recipe lr0.1``; the batch size where there is only one."""
    sizes, rates = table["batch"].unique(), sorted(table["learning_rate"].unique())
    batch = [f"batch {sizes[0]}"] if len(sizes) == 1 else []
    if table["recipe"].iloc[0] == ALL_RECIPES:
        return ", ".join(batch)
    rate = f"{rates[0]:.3g}" if len(rates) == 1 else f"{rates[0]:.2g} to {rates[-1]:.2g} (by batch)"
    return ", ".join([*batch, f"learning rate {rate}", f"recipe {table['recipe'].iloc[0]}"])


def _by_method(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    return ((str(method), rows) for method, rows in table.groupby("method", sort=False))


def _quantities(table: pd.DataFrame) -> list[str]:
    return [quantity for quantity in QUANTITIES if quantity in set(table["quantity"])]


def _name(rows: pd.DataFrame) -> str:
    return str(rows["method_label"].iloc[0])


def _curve_name(name: str, rows: pd.DataFrame) -> str:
    return f"{_name(rows)}, {name} statistics" if name in STATISTICS else _name(rows)


def _ending(curve: pd.DataFrame) -> str:
    last = curve.iloc[-1]
    end = f"{rounded(last['mean'] * 100, (last['high'] - last['low']) * 50)} %"
    return f"{_or_none_left(last, end)}{_diverged(curve)}"


def _amount(row: pd.Series, column: str) -> str:
    return rounded(row[column], (row[f"{column}_high"] - row[f"{column}_low"]) / 2)


def _or_none_left(row: pd.Series, text: str) -> str:
    return NONE_LEFT if row["diverged"] and not row["n"] else text


def _diverged(rows: pd.DataFrame, before: str = " ") -> str:
    count = rows["diverged"].max()
    return f"{before}({count} of {rows['replicates'].max()} diverged)" if count else ""


def _is_wide(rows: pd.DataFrame) -> bool:
    """Whether accuracies span so much that they are drawn on a logit scale."""
    return bool(rows["mean"].min() < 0.7 and rows["mean"].max() > 0.85)


def _on_axis(curve: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Accuracies of a curve as drawn beside the others in ``rows``: on a logit scale none lies above
    ``HIGHEST``.
    """
    numbers = ["mean", "low", "high"]
    return curve.assign(**curve[numbers].clip(upper=HIGHEST)) if _is_wide(rows) else curve


def _accuracy_axis(axis: Axes, rows: pd.DataFrame) -> None:
    """Percent on a logit scale, which resolves both ends; linear where the range is narrow."""
    if _is_wide(rows):
        lowest, highest = rows["mean"].min(), rows["mean"].max()
        axis.set_yscale("logit", nonpositive="clip")
        axis.set_ylim(max(lowest * 0.8, 1e-3), 1 - (1 - min(highest, HIGHEST)) * 0.7)
        axis.yaxis.set_major_locator(FixedLocator(ACCURACY_TICKS))
        axis.yaxis.set_minor_locator(NullLocator())
        axis.set_ylabel("accuracy (%, logit scale)")
    else:
        low, high = axis.get_ylim()
        axis.set_ylim(max(low, 0), min(high, 1))
        axis.set_ylabel("accuracy (%)")
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:.4g}"))


def _growing(axis: Axes, values: pd.Series) -> None:
    """An axis that is linear up to one and logarithmic from there on, with plain numbers."""
    axis.set_xscale("symlog", linthresh=1, linscale=0.6)
    ticks = [t for t in (0, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500) if t <= values.max() * 1.01]
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xlim(0, values.max() * 1.03)


def _batch_axis(axis: Axes, batches: Sequence[int]) -> None:
    """A log₂ axis with a tick at every batch size, and the numbers that have room."""
    axis.set_xscale("log", base=2)
    room = np.log2(batches[-1] / batches[0]) / 25
    labelled: list[int] = []
    for batch in sorted(batches, key=lambda size: (size & (size - 1) != 0, size)):
        if all(abs(np.log2(batch / other)) >= room for other in labelled):
            labelled.append(batch)
    axis.xaxis.set_major_locator(FixedLocator(batches))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xticklabels([str(batch) if batch in labelled else "" for batch in batches])
    axis.set_xlabel("batch size (log axis)")


def _thousands(axis: Axes) -> None:
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axis.xaxis.set_major_locator(mpl.ticker.MaxNLocator(5))


def _plain(value: float, _: Any) -> str:
    return f"{value:g}"


def _plain_if_narrow(axis: Axes) -> Callable[[float, Any], str]:
    """Numbers at minor ticks 2 and 5 of a log axis, and at the others where it spans less than a
    decade.
    """

    def label(value: float, _: Any) -> str:
        low, high = axis.get_ylim()
        lead = round(value / 10 ** np.floor(np.log10(value)), 6)
        return f"{value:g}" if lead in (2, 5) or high / low < 4 else ""

    return label


def _short(name: Any, length: int = 22) -> str:
    text = str(name)
    return text if len(text) <= length else f"{text[: length - 1]}…"
