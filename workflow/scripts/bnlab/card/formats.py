"""A card in words: values, Markdown and a badge."""

from __future__ import annotations

import re

from markupsafe import escape

from bnlab.card import tables
from bnlab.card.tables import BETTER, WORSE, Table
from bnlab.study.card import Card

CHARACTER, EDGE = 6.6, 9
"""Width of a character of a badge at 11 pixels, and of an edge."""
MARKS = re.compile(r"[\\`*<|]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
"""Characters that mean something to Markdown; an underscore within a word does not."""


def title(card: Card) -> str:
    """Return the layer with its options."""
    return " ".join([card.layer, *(f"{name}={value}" for name, value in card.options.items())])


def verdict(card: Card) -> str:
    """Return the sentences on inputs that break the layer."""
    return " ".join(card.breaks) or "No input that was tried breaks it."


def markdown(card: Card) -> str:
    """Return the card as Markdown."""
    lines = [f"## {_plain(title(card))}", "", _plain(verdict(card)), ""]
    if card.trainings:
        lines += [f"### {card.scale}", ""]
        for table in tables.outcomes(card.trainings):
            lines += [*table_lines(table), ""]
        lines += [legend(card), "", "### Properties", ""]
    for table in tables.properties(card):
        lines += [*table_lines(table), ""]
    if card.properties:
        lines += [terms(card), ""]
    if card.refused:
        lines += ["Inputs that it does not take:", ""]
        lines += [f"- {kind}: {_plain(text)}" for kind, text in card.refused.items()] + [""]
    return "\n".join([*lines, measured(card), ""])


def legend(card: Card) -> str:
    """Return the sentences on the numbers of trainings."""
    replicates = max(len(each.replicates) for each in card.trainings[0].references.values())
    return (
        f"Means of {replicates} trainings with 95 % intervals, each method at the best of the learning rates tried. "
        "With * it is the lowest or highest of them, and a better one may lie beyond. A training that diverged counts "
        f"as one that guesses. {BETTER} is better and {WORSE} worse than this layer: the interval of the difference, "
        "over pairs of trainings from the same initial weights, has no 0. Of many such marks some are chance. A method "
        "that learns at no rate has no sensitivity either. None is a network without normalization, and DyT dynamic "
        "tanh."
    )


def terms(card: Card) -> str:
    """Return the sentences on the words of properties."""
    shapes = (f"{kind} {' × '.join(map(str, shape))}" for kind, shape in card.inputs.items())
    return (
        f"N(u) is what the layer makes of u: {', '.join(shapes)}, of which the last number counts features. "
        "“Yes” of invariance, and of inference as in training: N(u) stays as it is. “Nearly”: it changes by less than "
        "1 % of its largest value, by ε or by rounding. “No”: it changes more, by the share beside it. “Yes” of an "
        "influence: N(u) changes elsewhere too, by the share beside it of the change at the place itself. "
        "A gradient is that of a sum of outputs with random weights, over the length of the weights. An error is a "
        "share of the largest output, against float64. A biased variance divides by the number of values, not by one "
        "less. A dash is a property that the layer does not have, and “error” one that it stops at. Formulas are in "
        "scorecard.json."
    )


def measured(card: Card) -> str:
    """Return the sentence on day and versions."""
    versions = ", ".join(f"{name} {number}" for name, number in card.versions.items())
    on = f" on {card.processor}" if card.processor else ""
    return f"Measured on {card.date} with {versions}{on}."


def table_lines(table: Table) -> list[str]:
    """Return a table as lines of Markdown."""
    return [
        f"| {table.heading} | {' | '.join(table.columns)} |",
        f"| --- |{' --- |' * len(table.columns)}",
        *(f"| {name} | {' | '.join(map(str, cells))} |" for name, cells in table.rows),
    ]


def _plain(text: str) -> str:
    """Return Markdown that is printed as a text, such as an error of a layer."""
    return MARKS.sub(r"\\\g<0>", text)


def badge(card: Card) -> str:
    """Return a badge as SVG."""
    broken = len(card.breaks)
    words = "no tried input breaks it" if not broken else f"{broken} inputs break it"
    words = "1 input breaks it" if broken == 1 else words
    left, right = escape(f"bnlab · {card.layer.rpartition(':')[2]}"), escape(words)
    widths = [round(CHARACTER * len(text) + 2 * EDGE) for text in (left, right)]
    colour = "#b3400c" if broken else "#0a7467"
    middles = widths[0] / 2, widths[0] + widths[1] / 2
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{sum(widths)}" height="20" role="img" '
        f'aria-label="{left}: {right}"><title>{left}: {right}</title>'
        f'<rect width="{sum(widths)}" height="20" rx="3" fill="#3a4250"/>'
        f'<path d="M{widths[0]} 0h{widths[1] - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{widths[1] - 3}z" fill="{colour}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{middles[0]}" y="14">{left}</text><text x="{middles[1]}" y="14">{right}</text></g></svg>\n'
    )
