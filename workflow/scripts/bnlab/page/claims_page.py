"""The page of all claims: verdicts, the effects that decide them, sources and literature."""

from __future__ import annotations

from bnlab.page import ledger as ledger_page
from bnlab.page.contents import Inputs, Ledger
from bnlab.page.layout import CLAIMS, Page, render
from bnlab.page.links import Places


def claims_page(ledger: Ledger, inputs: Inputs, where: Places) -> str:
    """Return the page of all claims as HTML."""
    shorts = {name: source["short"] for name, source in inputs.about["sources"].items()}
    return render(
        Page(CLAIMS, "Claims", ("ledger",)),
        inputs,
        "claims.html.j2",
        claims=ledger_page.page(
            ledger.claims,
            ledger.effects,
            inputs.method_labels,
            where,
            shorts,
            ledger.fresh,
            inputs.about["documents"],
        ),
        sensitivity=ledger_page.sensitivity(ledger.sensitivity),
        literature=inputs.about["literature"],
    )
