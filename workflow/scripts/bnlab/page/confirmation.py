"""Sentences on fresh seeds: what they make of the verdicts, and the ledger they were judged by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from bnlab.analysis.confirmation import CHANGED, CONFIRMED, NEWLY_DECIDED
from bnlab.analysis.effects import OPEN
from bnlab.page.grids import rows_of
from bnlab.page.phrases import amount


class Confirmation(NamedTuple):
    """Verdicts on fresh seeds.

    Attributes:
        table: confirmation.csv.
        seeds: the first and the last seed.
        ledger: digest of the ledger by which the fresh study was judged.
        is_fixed: true where the present ledger has this digest too.
    """

    table: pd.DataFrame
    seeds: tuple[int, int]
    ledger: str
    is_fixed: bool


def confirmation(
    table: pd.DataFrame, manifest: Mapping[str, Any], digest: str
) -> Confirmation | None:
    """Return the verdicts of the fresh study with this manifest; None where it has none for the study at hand.

    Args:
        table: confirmation.csv.
        manifest: manifest.json of the fresh study, as published.
        digest: ``Ledger.digest`` of the present ledger.
    """
    if table.empty:
        return None
    first, last = manifest["seeds"]
    known = manifest["ledger"]
    text = table.assign(scale=table["scale"].astype(object).fillna(""))
    return Confirmation(text, (first, last), known, known == digest)


def sentences(fresh: Confirmation | None) -> list[str]:
    """Return sentences on the verdicts that fresh seeds confirm, change or leave open, and on the ledger."""
    if fresh is None:
        return []
    first, last = fresh.seeds
    claims = fresh.table[fresh.table["test"].isna()]
    decided, undecided = (claims[(claims["first"] == OPEN) == is_open] for is_open in (False, True))
    seeds = f"{last - first + 1} fresh seeds, {first} to {last},"
    texts = []
    if len(decided):
        count = decided["outcome"].value_counts()
        confirmed, changed, open_ = (count.get(name, 0) for name in (CONFIRMED, CHANGED, OPEN))
        texts.append(
            f"{seeds} confirm {confirmed} of {len(decided)} verdicts by training "
            f"({100 * confirmed / len(decided):.0f} %), change {changed} and leave {open_} open."
        )
    if len(undecided):
        newly = int((undecided["outcome"] == NEWLY_DECIDED).sum())
        texts.append(f"{seeds} decide {newly} of {len(undecided)} claims that were undecided.")
    if not texts:
        return []
    ledger = f"They were trained for the ledger's tests of digest {fresh.ledger[:12]}, which have not changed since."
    changed_since = "Tests of the ledger have changed since these seeds were trained."
    return [*texts, ledger if fresh.is_fixed else changed_since]


def on_claim(fresh: Confirmation | None, number: str) -> str:
    """Return ``Fresh seeds 1001 to 1020: supported (confirmed).``; empty where the claim has no fresh verdict."""
    row = _row(fresh, number, None)
    if fresh is None or row is None:
        return ""
    first, last = fresh.seeds
    verdict = row.fresh if row.fresh == row.outcome else f"{row.fresh} ({row.outcome})"
    return f"Fresh seeds {first} to {last}: {verdict}."


def on_effect(fresh: Confirmation | None, number: str, test: int) -> list[tuple[str, str]]:
    """Return the fresh estimate of an effect and its verdict under their heading; empty where there is none."""
    row = _row(fresh, number, test)
    return [] if row is None else [("on fresh seeds", f"{amount(row)}, {row.fresh}")]


def _row(fresh: Confirmation | None, number: str, test: int | None) -> Any:
    if fresh is None:
        return None
    of_claim = fresh.table[fresh.table["id"] == number]
    tests = of_claim["test"]
    rows = of_claim[tests.isna() if test is None else tests == test]
    return next(rows_of(rows), None)
