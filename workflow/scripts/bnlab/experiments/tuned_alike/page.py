"""Figures and result table of methods that are tuned alike, each from its published table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bnlab.experiments.tuned_alike.analysis import NETWORK, REFERENCES
from bnlab.page.forms import draw_dots, log_axis, with_mean
from bnlab.page.grids import Grid, amount, percent, rows_of, signed
from bnlab.page.panels import (
    batch_axis,
    by_method,
    column_title,
    draw_curve,
    figure_of,
    in_percent,
    legend_row,
    name_of,
    panel_grid,
)
from bnlab.page.style import method_style, no_figure

WORDS: dict[str, Callable[[Any], str]] = {
    "form": lambda form: str(form).replace("_", " "),
    "blocks": lambda blocks: f"{blocks} blocks",
    "activation": str,
    "optimizer": str,
    "warm_up": lambda length: f"warm-up of {length:g}" if length else "",
    "trained": lambda names: "" if names == "all" else f"{' and '.join(names.split())} alone",
}
"""Texts of the settings of a network."""
COLUMNS = 2


def names_of_networks(table: pd.DataFrame) -> pd.Series:
    """Return the name of the network of each row: its kind, and the settings in which networks of this kind differ."""
    shown = {
        (kind, setting)
        for kind, rows in table.groupby("network")
        for setting in NETWORK[1:]
        if rows[setting].nunique() > 1
    }

    def name(row: pd.Series) -> str:
        kind = row["network"]
        parts = [WORDS[s](row[s]) for s in NETWORK[1:] if (kind, s) in shown]
        return ", ".join([str(kind).replace("_", " "), *filter(None, parts)])

    return table.apply(name, axis=1)


def _networks(table: pd.DataFrame, *more: str) -> list[tuple[str, pd.DataFrame]]:
    """Return the name and the rows of each network, and of each value of further columns."""
    named = table.assign(network_name=names_of_networks(table))
    several = [column for column in more if table[column].nunique() > 1]
    parts = []
    for _, rows in named.groupby([*NETWORK, *more], sort=False):
        name = rows["network_name"].iloc[0]
        parts.append((", ".join([name, *(f"{c} {rows[c].iloc[0]}" for c in several)]), rows))
    return parts


def _panels(
    table: pd.DataFrame,
    parts: list[tuple[str, pd.DataFrame]],
    title: str,
    draw: Callable[[Axes, pd.DataFrame], None],
    **share: Any,
) -> Figure:
    """Draw a panel for each part, two in a line, with one legend."""
    if not parts:
        return no_figure()
    lines = -(-len(parts) // COLUMNS)
    figure = figure_of(table, 2.6 * lines + 0.6, title)
    grid = panel_grid(figure, len(parts), COLUMNS, **share)
    axes = list(grid.ravel()[: len(parts)])
    for axis, (name, rows) in zip(axes, parts, strict=True):
        draw(axis, rows)
        column_title(axis, name, COLUMNS)
    legend_row(figure, *axes)
    return figure


def quality(table: pd.DataFrame) -> Figure:
    """Draw tuned accuracy against the sensitivity to the rate, a point a method, a panel a network and batch size."""

    def draw(axis: Axes, rows: pd.DataFrame) -> None:
        for method, part in by_method(in_percent(rows)):
            style, row = method_style(method), next(rows_of(part))
            marks = style.marks | ({"markerfacecolor": "none"} if row.at_end else {})
            axis.vlines(row.sensitivity, row.low, row.high, color=style.color, lw=1)
            aside = row.sensitivity_low, row.sensitivity_high
            axis.hlines(row.mean, *aside, color=style.color, lw=1)
            at = row.sensitivity, row.mean
            axis.plot(*at, ls="", color=style.color, label=name_of(part), **marks)
        axis.set(xlabel="sensitivity to the rate (loss)", ylabel="test accuracy (%)")

    title = "accuracy at the best rate, and what other rates lose"
    return _panels(table, _compared(table), title, draw)


def _compared(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the networks and batch sizes at which methods can be compared, of which there are several."""
    return [part for part in _networks(table, "batch") if part[1]["method"].nunique() > 1]


def by_batch(table: pd.DataFrame) -> Figure:
    """Draw the best rate against the batch size, a line a method, a panel for each network of several batch sizes."""

    def draw(axis: Axes, rows: pd.DataFrame) -> None:
        batches = sorted(rows["batch"].unique())
        curves = with_mean(rows, "best_rate")
        for method, part in by_method(curves):
            curve = part.sort_values("batch")
            draw_curve(axis, method_style(method), curve["batch"], curve, name_of(curve))
            ends = curve[(curve["reaches_lowest"] + curve["reaches_highest"]) > 0]
            axis.plot(ends["batch"], ends["mean"], "o", color="white", markersize=2.5, zorder=3)
        middle = curves.loc[curves["batch"] == batches[0], "mean"].mean()
        axis.plot(
            batches,
            [middle * b / batches[0] for b in batches],
            color="#999999",
            label="in proportion to the batch",
            lw=0.8,
            ls=(0, (4, 3)),
        )
        axis.set(yscale="log", ylabel="best rate (log axis)")
        batch_axis(axis, batches, COLUMNS)

    parts = [(name, rows) for name, rows in _networks(table) if rows["batch"].nunique() > 2]
    return _panels(table, parts, "learning rate with the least validation loss", draw)


def warm_up(table: pd.DataFrame) -> Figure:
    """Draw what a warm-up adds to tuned accuracy, a row a network, a dot a method."""
    gains = table[table["pairs"] > 0]
    if gains.empty:
        return no_figure()
    rows = in_percent(with_mean(gains, "difference"))
    rows = rows.assign(network_name=names_of_networks(gains))
    places = list(dict.fromkeys(rows["network_name"]))
    figure = figure_of(
        table, 0.9 + 0.45 * len(places), "what a warm-up adds to the accuracy at the best rate"
    )
    axis = figure.subplots()
    draw_dots(axis, rows, "network_name", places)
    axis.axvline(0, color="#888888", lw=0.8)
    axis.set_xlabel("test accuracy with a warm-up minus that without (points)")
    legend_row(figure, axis)
    return figure


def by_rate(table: pd.DataFrame) -> Figure:
    """Draw accuracy against the rate, a line a method, a panel for each network and batch size."""

    def draw(axis: Axes, rows: pd.DataFrame) -> None:
        for method, part in by_method(in_percent(rows)):
            curve, style = part.sort_values("learning_rate"), method_style(method)
            draw_curve(axis, style, curve["learning_rate"], curve, name_of(curve))
            best = curve[curve["chosen"]]
            ring: Any = {"ls": "", "markersize": 11, "markerfacecolor": "none"}
            axis.plot(best["learning_rate"], best["mean"], "o", color=style.color, **ring)
        axis.set_ylabel("test accuracy (%)")
        log_axis(axis, "learning rate (log axis)")

    title = "test accuracy at the end (ringed: the best rate by validation)"
    return _panels(table, _compared(table), title, draw)


def tuned(table: pd.DataFrame) -> list[Grid]:
    """Lay out a grid for each network and batch size, a row for each method."""
    grids = []
    for name, part in _networks(table, "batch"):
        labels = dict(zip(part["method"], part["method_label"], strict=True))
        others = [each for each in REFERENCES if (part[f"{each}_pairs"] > 0).any()]
        columns = ["method", "chosen rate", "test accuracy"]
        columns += [f"minus {labels[each]} (points)" for each in others]
        columns += ["sensitivity", "best rate of the loss", "rates tried"]
        lines = [
            [
                r.method_label,
                f"{r.learning_rate:g}{' (at an end)' if r.at_end else ''}",
                percent(r),
                *(_less(r, each) for each in others),
                amount(r, "sensitivity"),
                amount(r, "best_rate"),
                str(r.tried),
            ]
            for r in rows_of(part)
        ]
        grids.append(Grid(name, columns, lines))
    return grids


def _less(row: Any, reference: str) -> str:
    """Return the difference from a reference, a dash for the reference itself."""
    if not getattr(row, f"{reference}_pairs"):
        return "–"
    return signed(amount(row, f"less_{reference}", 100))


FIGURES = {"quality": quality, "by_batch": by_batch, "warm_up": warm_up, "by_rate": by_rate}
GRIDS = {"tuned": tuned}
