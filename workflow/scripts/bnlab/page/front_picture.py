"""The picture of the first screen from published tables: accuracy by learning rate and by batch size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
from markupsafe import Markup

from bnlab.files import JobError, read_csv
from bnlab.page.contents import Item
from bnlab.page.findings import matching
from bnlab.page.grids import rows_of
from bnlab.page.hero import Bar, Line, Point, panel
from bnlab.page.phrases import fold, listed, spanned, written_out
from bnlab.study.front import IN_PICTURE, Curves, Picture
from bnlab.study.section import unique

RATES, BATCHES = 380, 250
"""Widths of the two panels."""


class Panel(NamedTuple):
    """A panel: name, title, what it shows, SVG, tables after what each holds, runs, and the methods that bars name."""

    name: str
    title: str
    about: str
    svg: Markup
    sources: list[tuple[str, str]]
    runs: list[int]
    named: list[str]


def panels(
    picture: Picture, items: Sequence[Item], words: Mapping[str, str], own: Sequence[str] = ()
) -> list[Panel]:
    """Return the panels that the tables of a study can fill, on the first data set that has the first one.

    Args:
        picture: as the ledger declares it.
        items: published tables, in the order of the page.
        words: name of each method in sentences.
        own: methods of the user's own, which the picture shows too.
    """
    picture = picture.model_copy(update={"methods": unique([*picture.methods, *own])})
    rates = _rates(picture, items, words)
    batches = _batches(picture, items, words, rates.named if rates else [])
    return [panel for panel in (rates, batches) if panel]


def _rates(picture: Picture, items: Sequence[Item], words: Mapping[str, str]) -> Panel | None:
    dataset, used = _tables(picture.rates, items)
    table = _rows(picture, "rates", used)
    if table.empty or table["learning_rate"].nunique() < 2:
        return None
    _, beside = _tables(picture.ranges, items, dataset)
    ranges = _rows(picture, "ranges", beside)
    bars = [
        Bar(
            row.method,
            words[row.method],
            row.lowest,
            row.highest,
            f"{'≥ ' * is_open(row)}{fold(row.mean)}",
        )
        for row in rows_of(ranges)
        if math.isfinite(row.mean)  # a method that trains at no rate has none
    ]
    on = table["dataset_label"].iloc[0]
    about = f"Test rows of {on}, in %"
    about += "; bars: rates within a point of the best" if bars else _nothing_learned(table)
    low, high = (int(math.floor(math.log10(end))) for end in _ends(table["learning_rate"]))
    ticks = [
        10.0**power for power in range(low, high + 1) if 10.0**power >= table["learning_rate"].min()
    ]
    lines = _lines(table, "learning_rate", picture.methods, words)
    svg = panel(lines, on, RATES, "learning rate", ticks, bars)
    parts = (("curves", used), ("bars", beside))
    sources = [(part, _source(item)) for part, files in parts for item in files]
    runs = sorted(set(table["n"].astype(int)))
    named = [bar.method for bar in bars]
    return Panel("by-learning-rate", "Accuracy by learning rate", about, svg, sources, runs, named)


def _batches(
    picture: Picture, items: Sequence[Item], words: Mapping[str, str], named: Sequence[str]
) -> Panel | None:
    dataset, _ = _tables(picture.rates, items)
    dataset, used = _tables(picture.batches, items, dataset)
    table = best_recipes(_rows(picture, "batches", used))
    if table.empty or table["batch"].nunique() < 2:
        return None
    recipes = len(used)
    at = f"best of {recipes} rates" if recipes > 1 else f"rate {_rate(table)}"
    on = table["dataset_label"].iloc[0]
    about = f"Test rows of {on}, in %; {at}{_nothing_learned(table)}"
    low, high = (math.log(end, 4) for end in _ends(table["batch"]))
    powers = [4.0**power for power in range(math.ceil(low), math.floor(high) + 1)]
    ticks = powers if len(powers) > 2 else sorted(table["batch"].unique())
    lines = _lines(table, "batch", picture.methods, words)
    svg = panel(lines, on, BATCHES, "examples per batch", ticks, named=named)
    sources, runs = _by_rates(used), sorted(set(table["n"].astype(int)))
    return Panel("by-batch-size", "Accuracy by batch size", about, svg, sources, runs, [])


def _nothing_learned(table: pd.DataFrame) -> str:
    """Return words for a table in which no replicate learns anything, else nothing."""
    if not {"diverged", "failed", "replicates"} <= set(table):
        return ""
    left = table["replicates"] - table["diverged"] - table["failed"]
    return "" if (left > 0).any() else "; all replicates diverged or ended at chance"


def is_open(row: Any) -> bool:
    """Return true where some replicates have good rates up to an end of those tried, so that the width is a bound."""
    return bool(row.reaches_lowest or row.reaches_highest)


def best_recipes(table: pd.DataFrame) -> pd.DataFrame:
    """Return the test rows of each method and batch size at the recipe with the best mean validation accuracy."""
    if table.empty:
        return table
    place = ["method", "batch"]
    validation = table[table["split"] == "validation"]
    best = validation.loc[validation.groupby(place)["mean"].idxmax(), [*place, "recipe"]]
    return table[table["split"] == "test"].merge(best)


def _tables(
    curves: Curves, items: Sequence[Item], dataset: str | None = None
) -> tuple[str | None, list[Item]]:
    """Return a data set with the tables of curves, and these; the one asked for where it has any, else the first."""
    fitting = [i for i in items if (i.experiment, i.kind) == (curves.experiment, curves.table)]
    names = unique(item.dataset for item in fitting)
    chosen = dataset if dataset in names else next(iter(names), None)
    return chosen, [item for item in fitting if item.dataset == chosen]


def _rows(picture: Picture, part: str, items: Sequence[Item]) -> pd.DataFrame:
    """Return the rows of the picture's methods in its order.

    Raises:
        JobError: a table lacks one of the columns, or one that ``where`` names.
    """
    if not items:
        return pd.DataFrame(columns=["method"])
    curves: Curves = getattr(picture, part)
    tables = [read_csv(item.csv) for item in items]
    for table in tables:
        if lacking := {"dataset_label", "method", *IN_PICTURE[part], *curves.where} - set(table):
            raise JobError(
                f"the table {curves.table} of {curves.experiment} lacks {listed(sorted(lacking))} for the picture; "
                "mend front.picture in the ledger"
            )
    table = pd.concat(tables, ignore_index=True)
    table = matching(table[table["method"].isin(picture.methods)], curves.where)
    order = list(picture.methods).index
    return table.sort_values("method", key=lambda method: method.map(order), kind="stable")


def _lines(
    table: pd.DataFrame, x: str, methods: Sequence[str], words: Mapping[str, str]
) -> list[Line]:
    return [
        Line(
            method,
            words[method],
            [
                Point(float(getattr(r, x)), 100 * r.mean, 100 * r.low, 100 * r.high, int(r.n))
                for r in rows_of(rows.sort_values(x))
            ],
        )
        for method in methods
        if len(rows := table[(table["method"] == method) & table["mean"].notna()])
    ]


def _ends(column: pd.Series) -> tuple[float, float]:
    return float(column.min()), float(column.max())


def _rate(table: pd.DataFrame) -> str:
    return spanned([written_out(end) for end in _ends(table["learning_rate"])])


def _by_rates(items: Sequence[Item]) -> list[tuple[str, str]]:
    """Return tables after their learning rates, after their recipes where two have the same rates."""
    rates = [f"rate {_rate(read_csv(item.csv))}" for item in items]
    names = rates if len(set(rates)) == len(rates) else [item.recipe for item in items]
    return list(zip(names, map(_source, items), strict=True))


def _source(item: Item) -> str:
    return "/".join((item.experiment, item.dataset, item.recipe, item.kind))
