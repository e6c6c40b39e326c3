"""A card, and two of them beside each other, as one HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from bnlab.card import formats, tables
from bnlab.card.curves import curves
from bnlab.card.tables import Table
from bnlab.page.layout import document
from bnlab.study.card import Card


def page(card: Card) -> str:
    """Return the page of a card."""
    return document(
        "card.html.j2",
        ("card",),
        title=formats.title(card),
        card=card,
        verdict=formats.verdict(card),
        words=tables.words,
        tables=list(tables.outcomes(card.trainings)),
        curves=list(curves(card.trainings)),
        legend=formats.legend(card) if card.trainings else "",
        terms=formats.terms(card),
        measured=formats.measured(card),
        headings=[(under, list(own)) for under, own in groupby(card.properties, lambda p: p.under)],
    )


def pair_page(
    names: Sequence[str], cards: Sequence[Card], found: Sequence[Table], legend: str
) -> str:
    """Return the page of two cards, with their names and the tables of what differs."""
    return document(
        "card_pair.html.j2",
        ("card",),
        names=names,
        tables=found,
        legend=legend,
        measured=[formats.measured(card) for card in cards],
    )
