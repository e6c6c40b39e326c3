"""A card as one HTML page."""

from __future__ import annotations

from itertools import groupby

from bnlab.card import formats
from bnlab.card.training import scale
from bnlab.page.layout import document
from bnlab.study.card import Card


def page(card: Card) -> str:
    """Return the page."""
    return document(
        "card.html.j2",
        ("card",),
        title=formats.title(card),
        card=card,
        verdict=formats.verdict(card),
        cell=formats.cell,
        percent=formats.percent,
        scale=scale(),
        headings=[(under, list(own)) for under, own in groupby(card.properties, lambda p: p.under)],
    )
