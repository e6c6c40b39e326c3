"""The page of the scorecard: practical questions about a normalizer, answered method by method."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from bnlab.page.contents import Inputs, Ledger
from bnlab.page.layout import SCORECARD, Page, render
from bnlab.page.links import Places
from bnlab.page.scorecard import DISTANCES, near_the_best, questions, scores
from bnlab.study.ledger import Row
from bnlab.study.names import ALL_RECIPES


def scorecard_page(ledger: Ledger, inputs: Inputs, where: Places) -> str:
    """Return the page of the scorecard as HTML."""
    rows = {row.key: row for row in map(Row.model_validate, inputs.about["scorecard"])}

    def address(cell: Any) -> str | None:
        return _address(cell, rows, inputs, where)

    asked = questions(ledger.scorecard, rows, inputs.method_labels, address)
    return render(
        Page(SCORECARD, "Which normalizer when", ("scorecard",)),
        inputs,
        "scorecard.html.j2",
        headings=[(under, list(part)) for under, part in groupby(asked, lambda each: each.under)],
        near=near_the_best(ledger.scorecard, rows, inputs.about["datasets"]),
        distances=DISTANCES,
        scores=scores(asked),
    )


def _address(cell: Any, rows: Mapping[str, Row], inputs: Inputs, where: Places) -> str | None:
    row = rows[cell.key]
    across = inputs.experiments[row.experiment].across
    group = f"{row.experiment}-{cell.dataset}-{ALL_RECIPES if across else row.recipe}"
    return where.address(group, row.quantity)
