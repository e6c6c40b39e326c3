"""Two cards beside each other: properties that differ, and differences of outcomes with their intervals."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from bnlab.card import formats
from bnlab.card.page import pair_page
from bnlab.card.tables import NOTHING, Cell, Table, cell, gap, is_nearly_none, words
from bnlab.study.card import Card, Outcome, Property, Training

COLUMNS = ["first", "second"]
LEGEND = (
    "Properties are those in which the cards differ. Differences are means over pairs of replicates that start from "
    "the same kernels, with 95 % intervals: in points of accuracy, or of the loss."
)


def files(one: Card, other: Card) -> dict[str, str]:
    """Return the text of each file of a comparison, by name."""
    names, found = (_name(one, other), _name(other, one)), list(tables(one, other))
    lines = [f"## {names[0]} and {names[1]}", ""]
    for table in found:
        lines += [*formats.table_lines(table), ""]
    lines += [
        LEGEND,
        "",
        f"First: {formats.measured(one)}",
        "",
        f"Second: {formats.measured(other)}",
        "",
    ]
    return {
        "comparison.md": "\n".join(lines),
        "comparison.html": pair_page(names, (one, other), found, LEGEND),
    }


def tables(one: Card, other: Card) -> Iterator[Table]:
    """Yield a table for each heading of trainings that both cards have, and for each under which properties differ."""
    trained = {each.key: each for each in other.trainings}
    for under, questions in groupby(one.trainings, lambda each: each.under):
        rows = [
            (each.title, _outcomes(each, each.layer, trained[each.key].layer))
            for each in questions
            if each.key in trained
        ]
        if rows:
            yield Table(under, [*COLUMNS, "first less second"], rows)
    theirs = {each.key: each for each in other.properties}
    for under, group in groupby(one.properties, lambda each: each.under):
        rows = [
            row for each in group if each.key in theirs for row in _rows(each, theirs[each.key])
        ]
        if rows:
            yield Table(under, COLUMNS, rows)


def _rows(one: Property, other: Property) -> Iterator[tuple[str, list[Cell]]]:
    """Yield a row for each kind of input that both cards have, and on which they differ in print.

    Two changes that are nearly none are no difference.
    """
    for kind, value in one.values.items():
        if kind in other.values:
            pair = (one, value), (other, other.values[kind])
            first, second = (words(*each) for each in pair)
            if first != second and not all(is_nearly_none(*each) for each in pair):
                yield f"{one.title}, {kind}", [Cell(first), Cell(second)]


def _outcomes(of: Training, one: Outcome | None, other: Outcome | None) -> list[Cell]:
    cells = [cell(of, each) for each in (one, other)]
    return [*cells, gap(of, one, other) if one and other else Cell(NOTHING)]


def _name(card: Card, other: Card) -> str:
    """Return the layer with its options, and the day and versions where the other card has the same."""
    title = formats.title(card)
    return title if title != formats.title(other) else f"{title} ({card.date})"
