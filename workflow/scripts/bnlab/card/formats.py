"""A card in words: values, Markdown and a badge."""

from __future__ import annotations

from itertools import groupby

from markupsafe import escape

from bnlab.card.training import scale
from bnlab.study.card import Accuracy, Card, Property, Value

EXACT, NEARLY = 1e-9, 0.01
"""Largest change of what is invariant, and of what nearly is."""
CHARACTER, EDGE = 6.6, 9
"""Width of a character of a badge at 11 pixels, and of an edge."""


def cell(of: Property, value: Value) -> str:
    """Return a value in words."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    number = f"{value:.2g}"
    if of.unit == "change":
        return (
            "yes" if value <= EXACT else f"nearly, {number}" if value <= NEARLY else f"no, {number}"
        )
    if of.unit == "influence":
        return "no" if value <= EXACT else f"yes, {number}"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def percent(accuracy: Accuracy) -> str:
    """Return an accuracy in percent with its interval, and that its rate is at an end of those tried."""
    value, low, high = (100 * each for each in (accuracy.value, accuracy.low, accuracy.high))
    return f"{value:.1f} ({low:.1f} to {high:.1f}){', rate at an end' * accuracy.at_end}"


def title(card: Card) -> str:
    """Return the layer with its options."""
    return " ".join([card.layer, *(f"{name}={value}" for name, value in card.options.items())])


def verdict(card: Card) -> str:
    """Return the sentences on inputs that break the layer."""
    return " ".join(card.breaks) or "No input that was tried breaks it."


def markdown(card: Card) -> str:
    """Return the card as Markdown."""
    kinds = list(card.inputs)
    lines = [f"## {title(card)}", "", verdict(card), ""]
    for under, properties in groupby(card.properties, lambda each: each.under):
        lines += [f"| {under} | {' | '.join(kinds)} |", f"| --- |{' --- |' * len(kinds)}"]
        for each in properties:
            cells = (cell(each, each.values[kind]) for kind in kinds)
            lines.append(f"| {each.title} | {' | '.join(cells)} |")
        lines.append("")
    if card.trainings:
        names = list(card.trainings[0].references)
        lines += [f"| Accuracy, % | this layer | {' | '.join(names)} |"]
        lines += [f"| --- |{' --- |' * (len(names) + 1)}"]
        for one in card.trainings:
            accuracies = map(percent, [one.accuracy, *one.references.values()])
            lines.append(f"| {one.title} | {' | '.join(accuracies)} |")
        lines += ["", scale(), ""]
    lines += [f"Not taken: {text}" for text in card.refused.values()]
    versions = ", ".join(f"{name} {number}" for name, number in card.versions.items())
    return "\n".join([*lines, f"Measured on {card.date} with {versions}.", ""])


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
