"""The page of the scorecard: practical questions about a normalizer, answered method by method."""

from __future__ import annotations

from bnlab.page import scorecard
from bnlab.page.contents import Inputs, Ledger
from bnlab.page.layout import SCORECARD, Page, render


def scorecard_page(ledger: Ledger, inputs: Inputs) -> str:
    """Return the page of the scorecard as HTML."""
    return render(
        Page(SCORECARD, "Scorecard", ("scorecard",)),
        inputs,
        "scorecard.html.j2",
        card=scorecard.card(ledger.scorecard),
    )
