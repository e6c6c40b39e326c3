"""The page of all claims: verdicts, the effects that decide them, sources and literature."""

from __future__ import annotations

from bnlab.page import ledger as ledger_page
from bnlab.page.contents import Inputs, Ledger
from bnlab.page.layout import CLAIMS, Page, experiment_path, render


def claims_page(ledger: Ledger, inputs: Inputs) -> str:
    """Return the page of all claims as HTML."""
    places = {
        item.group: f"{experiment_path(item.experiment)}#{item.group}" for item in inputs.items
    }
    shorts = {name: source["short"] for name, source in inputs.about["sources"].items()}
    return render(
        Page(CLAIMS, "Claims", ("ledger",)),
        inputs,
        "claims.html.j2",
        claims=ledger_page.page(
            ledger.claims, ledger.effects, inputs.method_labels, places, shorts, ledger.fresh
        ),
        sensitivity=ledger_page.sensitivity(ledger.sensitivity),
        literature=inputs.about["literature"],
    )
