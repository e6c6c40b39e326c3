"""Parts of figures that experiments share: lines, axes, names and notes on what diverged."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase, SubFigure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from bnlab.analysis.statistics import FEWEST
from bnlab.page.phrases import written_out
from bnlab.page.style import LINE, LONGEST, NONE_LEFT, SOFT, WIDTH, MethodStyle, in_lines, no_figure
from bnlab.study.names import ALL_RECIPES

ACCURACY_TICKS = (
    *(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999),
    *(0.9995, 0.9999),
)
MOST_MARKS = 60
"""Points of a curve from which on they are small."""
LETTERS = 100
"""Letters that have room side by side; in a legend six are for each line beside its name."""
BARE = "None"
"""Marker of a line without markers, as Matplotlib names it."""
LOWEST, HIGHEST = 0.001, 0.9999
"""Heights at which smaller and greater accuracies are drawn on a logit scale, which has no place for 0 and 100 %."""


def figure_of(table: pd.DataFrame, height: float, title: str) -> Figure:
    """A figure of this height in inches, titled by its dataset."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    first, *further = f"{table['dataset_label'].iloc[0]}: {title}".split("\n")
    subject = "\n".join([*textwrap.wrap(first, LETTERS), *further])
    figure.suptitle(subject, x=0.01, ha="left", color=SOFT.light)
    return figure


def per_batch(
    table: pd.DataFrame,
    height: float,
    title: str,
    panels: Callable[[FigureBase, pd.DataFrame], None],
) -> Figure:
    """A figure with its panels once for each batch size, one below the other; one that says so without any rows."""
    if table.empty:
        return no_figure()
    batches = sorted(table["batch"].unique())
    figure = figure_of(table, height * len(batches) + 0.3, f"{title}\n{subtitle(table)}")
    if len(batches) == 1:
        panels(figure, table)
        return figure
    parts: Sequence[SubFigure] = list(figure.subfigures(len(batches), 1, squeeze=False)[:, 0])
    for part, batch in zip(parts, batches, strict=True):
        part.suptitle(f"batch {batch}", x=0.01, ha="left", fontsize=9)
        panels(part, table[table["batch"] == batch])
    return figure


def panel_grid(part: FigureBase, panels: int, columns: int, **share: Any) -> Any:
    """Return axes for so many panels, in lines of ``columns``; those left over in the last line are hidden."""
    grid = part.subplots(-(-panels // columns), columns, squeeze=False, **share)
    for axis in grid.ravel()[panels:]:
        axis.set_visible(False)
    return grid


def column_title(axis: Axes, name: str, columns: int, below: str = "") -> None:
    """Name a panel that is one of so many columns, in lines for which it has room, and ``below`` them."""
    room = LETTERS // columns
    axis.set_title(in_lines(name, min(LONGEST, room), min(LINE, room)) + below)


def subtitle(table: pd.DataFrame) -> str:
    """``batch 60, learning rate 0.1, recipe lr0.1``; the batch size where there is only one."""
    sizes, rates = table["batch"].unique(), sorted(table["learning_rate"].unique())
    batch = [f"batch {sizes[0]}"] if len(sizes) == 1 else []
    if table["recipe"].iloc[0] == ALL_RECIPES:
        return ", ".join(batch)
    rate = (
        written_out(rates[0])
        if len(rates) == 1
        else f"{rates[0]:.2g} to {rates[-1]:.2g} (by batch)"
    )
    return ", ".join([*batch, f"learning rate {rate}", f"recipe {table['recipe'].iloc[0]}"])


def by_method(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Each method and its rows, in the order of the table."""
    return ((str(method), rows) for method, rows in table.groupby("method", sort=False))


def draw_curve(
    axis: Axes,
    style: MethodStyle,
    x: pd.Series,
    curve: pd.DataFrame,
    label: str,
    markers: bool = True,
) -> None:
    """A curve of means with its band; means of fewer replicates than ``FEWEST`` are points without line or band."""
    few = curve["n"] < FEWEST
    sure = curve[["mean", "low", "high"]].mask(few)
    line: Any = {"color": style.color, "linestyle": style.line}
    if few.any():
        size = 4 if len(curve) <= MOST_MARKS else 1.5
        axis.plot(x, curve["mean"].where(few), **line | {"linestyle": ""} | style.marks, ms=size)
    form = line | (style.marks if markers or few.all() else {})
    axis.plot(x, sure["mean"], label=label, **form | ({"linestyle": ""} if few.all() else {}))
    axis.fill_between(x, sure["low"], sure["high"], color=style.color, alpha=0.18, linewidth=0)


def in_percent(curve: pd.DataFrame) -> pd.DataFrame:
    """A curve of shares as one of percent."""
    return curve.assign(**{name: 100 * curve[name] for name in ("mean", "low", "high")})


def name_of(rows: pd.DataFrame) -> str:
    """The method's label."""
    return str(rows["method_label"].iloc[0])


def name_and_failures(rows: pd.DataFrame) -> str:
    """Return the method's label, and how many replicates diverged or failed."""
    left = f": {NONE_LEFT}" if rows["diverged"].max() == rows["replicates"].max() else ""
    return f"{name_of(rows)}{left}{diverged(rows)}"


def legend_row(part: FigureBase, *axes: Axes) -> None:
    """Name the lines of these axes below the panels, in as many columns as there is room for.

    Lines that look alike are one method's; they have the longest of their names, which counts what diverged. So are
    two lines of one colour of which one has no markers, if one name begins with the other.
    """
    named: list[tuple[Any, str]] = []
    for axis in axes:
        for line in zip(*axis.get_legend_handles_labels(), strict=True):
            place = next((i for i, other in enumerate(named) if _are_one(line, other)), None)
            if place is None:
                named.append(line)
            else:
                both = sorted([named[place], line], key=lambda each: _marker(each[0]) == BARE)
                named[place] = both[0][0], max((label for _, label in both), key=len)
    if named:
        handles, labels = zip(*named, strict=True)
        lines = [line for label in labels for line in label.split("\n")]
        columns = max(1, LETTERS // (6 + max(map(len, lines))))
        form: Any = {"loc": "outside lower center", "ncols": min(len(named), columns)}
        part.legend(handles, labels, **form)


def _are_one(line: tuple[Any, str], other: tuple[Any, str]) -> bool:
    """Return true where two lines with their names are one method's."""
    colors = [mpl.artist.getp(handle, "color") for handle, _ in (line, other)]
    markers = [_marker(handle) for handle, _ in (line, other)]
    shorter, longer = sorted((line[1], other[1]), key=len)
    alike = markers[0] == markers[1] or (BARE in markers and longer.startswith(shorter))
    return colors[0] == colors[1] and alike


def _marker(handle: Any) -> Any:
    return mpl.artist.getp(handle, "marker")


def label_ends(axis: Axes, curves: Sequence[tuple[str, str, float, float]]) -> bool:
    """Names at the right ends of lines, in their colours, pushed apart where they would overlap.

    Args:
        axis: where the lines are drawn.
        curves: text, colour, x and y of the last point, in data units.

    Returns:
        Whether they fit; if not, nothing is drawn and a legend is needed.
    """
    shown = [curve for curve in curves if np.isfinite(curve[3])]
    whole = axis.get_figure(root=True)
    assert whole is not None
    whole.draw_without_rendering()
    inches = axis.get_window_extent().height / whole.dpi
    gap = 0.14 / inches
    at = [
        float(axis.transAxes.inverted().transform(axis.transData.transform((x, y)))[1])
        for _, _, x, y in shown
    ]
    is_long = any("\n" in text for text, *_ in shown)
    if not shown or is_long or len(shown) * gap > 1 or len(shown) < len(curves):
        return False
    order = np.argsort(at)
    places = np.clip(np.array(at)[order], 0, 1)
    for _ in range(200):
        close = np.flatnonzero(np.diff(places) < gap - 1e-9)
        for i in close:
            middle = (places[i] + places[i + 1]) / 2
            places[i], places[i + 1] = middle - gap / 2, middle + gap / 2
        if not len(close):
            break
    for i, place in zip(order, places, strict=True):
        text, color, _, _ = shown[i]
        axis.text(
            1.015, place, text, color=color, transform=axis.transAxes, va="center", fontsize=8
        )
    return True


def ink(color: Any) -> str:
    """Black or white, whichever has more contrast with a colour: at least 4.5 : 1 by WCAG 2, formula 1.4.3."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in mpl.colors.to_rgb(color)
    ]
    luminance = float(np.dot([0.2126, 0.7152, 0.0722], linear))
    return "black" if (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) else "white"


def or_none_left(row: pd.Series, text: str) -> str:
    """The text, or that no replicate is left."""
    return NONE_LEFT if row["diverged"] == row["replicates"] else text


def diverged(rows: pd.DataFrame, before: str = " ") -> str:
    """Return how many replicates diverged or failed, an empty text where none did."""
    total = rows["replicates"].max()
    counts = {word: rows[word].max() for word in ("diverged", "failed") if word in rows}
    said = [f"{count} of {total} {word}" for word, count in counts.items() if count]
    return f"{before}({', '.join(said)})" if said else ""


def _is_wide(rows: pd.DataFrame) -> bool:
    """Return true where accuracies span so much that a logit scale shows them better."""
    return bool(rows["mean"].min() < 0.7 and rows["mean"].max() > 0.85)


def on_axis(curve: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the accuracies of a curve as drawn beside ``rows``: on a logit scale between its ends."""
    numbers = ["mean", "low", "high"]
    return curve.assign(**curve[numbers].clip(LOWEST, HIGHEST)) if _is_wide(rows) else curve


def accuracy_axis(axis: Axes, rows: pd.DataFrame) -> None:
    """Percent on a logit scale, which resolves both ends; linear where the range is narrow."""
    if _is_wide(rows):
        lowest, highest = rows["mean"].min(), rows["mean"].max()
        axis.set_yscale("logit", nonpositive="clip")
        axis.set_ylim(0.8 * max(lowest, LOWEST), 1 - (1 - min(highest, HIGHEST)) * 0.7)
        axis.yaxis.set_major_locator(FixedLocator(ACCURACY_TICKS))
        axis.yaxis.set_minor_locator(NullLocator())
        axis.set_ylabel("accuracy (%, logit scale)")
    else:
        low, high = axis.get_ylim()
        # Left automatic, so that axes that share the scale widen it for their own curves.
        axis.set_ylim(max(low, 0), min(high, 1), auto=None)
        axis.set_ylabel("accuracy (%)")
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:.4g}"))


def epoch_axis(axis: Axes, values: pd.Series) -> None:
    """An axis of epochs, linear up to one and logarithmic from there on; linear if all of them are beyond."""
    if values.min() > 1:
        axis.set_xlabel("epoch")
        thousands(axis)
        return
    axis.set_xlabel("epoch (log axis from 1 on)")
    axis.set_xscale("symlog", linthresh=1, linscale=0.6)
    ticks = [t for t in (0, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500) if t <= values.max() * 1.01]
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xlim(0, values.max() * 1.03)


def log_values(axis: Axes, label: str) -> None:
    """Make the y-axis logarithmic where something positive is drawn, and name it."""
    drawn = [np.asarray(line.get_ydata(), float) for line in axis.lines]
    if any((values > 0).any() for values in drawn):
        axis.set_yscale("log")
        label += " (log axis)"
    axis.set_ylabel(label)


def batch_axis(axis: Axes, batches: Sequence[int], columns: int = 1) -> None:
    """A log₂ axis with a tick at every batch size, and the numbers that have room in one of so many columns."""
    axis.set_xscale("log", base=2)
    room = columns * np.log2(batches[-1] / batches[0]) / 25
    labelled: list[int] = []
    for batch in sorted(batches, key=lambda size: (size & (size - 1) != 0, size)):
        if all(abs(np.log2(batch / other)) >= room for other in labelled):
            labelled.append(batch)
    axis.xaxis.set_major_locator(FixedLocator(batches))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xticklabels([str(batch) if batch in labelled else "" for batch in batches])
    axis.set_xlabel("batch size (log axis)")


def thousands(axis: Axes) -> None:
    """Steps with a comma at thousands."""
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axis.xaxis.set_major_locator(mpl.ticker.MaxNLocator(5))


def beside(axis: Axes, x: float, y: float, text: str) -> None:
    """A text beside the panel, x in widths of the axes."""
    axis.text(x, y, text, transform=axis.get_yaxis_transform(), va="center", fontsize=8)


def base_name(table: pd.DataFrame) -> str:
    """The label of base."""
    labels = table.loc[table["method"] == "base", "method_label"]
    return str(labels.iloc[0]) if len(labels) else "base"


def short(name: Any, length: int = 22) -> str:
    """A name cut to a length."""
    text = str(name)
    return text if len(text) <= length else f"{text[: length - 1]}…"
