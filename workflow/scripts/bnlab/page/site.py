"""The pages of a study: a small front page and what lies one link behind it, each one file that needs no other."""

from __future__ import annotations

from collections.abc import Iterator

from bnlab.page.about_page import about_page
from bnlab.page.claims_page import claims_page
from bnlab.page.contents import Inputs
from bnlab.page.experiment_page import experiment_page
from bnlab.page.front_page import front_page
from bnlab.page.layout import ABOUT, CLAIMS, FRONT, SCORECARD, experiment_path
from bnlab.page.links import decided_by, places
from bnlab.page.scorecard_page import scorecard_page


def pages(inputs: Inputs) -> Iterator[tuple[str, str]]:
    """Yield path and HTML of each page. The CSV and SVG files of ``inputs`` must exist."""
    where, decided, ledger = places(inputs.items, inputs.experiments), {}, inputs.ledger
    yield FRONT, front_page(inputs)
    if ledger:
        decided = decided_by(where, ledger.claims, ledger.effects)
        yield CLAIMS, claims_page(ledger, inputs, where)
        yield SCORECARD, scorecard_page(ledger, inputs, where)
    yield ABOUT, about_page(inputs)
    for name in inputs.experiments:
        yield experiment_path(name), experiment_page(name, inputs, decided)
