"""The page of all claims: verdicts, the effects that decide them, sources and literature."""

from __future__ import annotations

from bnlab.page import ledger as ledger_page
from bnlab.page.contents import Inputs, Ledger
from bnlab.page.layout import CLAIMS, Page, render
from bnlab.page.links import Places
from bnlab.study.origins import Fixed


def claims_page(ledger: Ledger, inputs: Inputs, where: Places) -> str:
    """Return the page of all claims as HTML."""
    shorts = {name: source["short"] for name, source in inputs.about["sources"].items()}
    fixed = inputs.about["fixed"]
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
        since=ledger_page.since(fixed and Fixed.model_validate(fixed), inputs.about["digest"]),
        sensitivity=ledger_page.sensitivity(ledger.sensitivity),
        literature=inputs.about["literature"],
    )
