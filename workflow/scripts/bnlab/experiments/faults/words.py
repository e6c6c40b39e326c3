"""What the figure of mistakes shows, and what the experiment answers."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bnlab.experiments.faults import mistakes
from bnlab.page.grids import rows_of
from bnlab.page.phrases import Tables, listed

REPORTED, BASE = f"{100 * mistakes.REPORTED:.1f} %", f"{100 * mistakes.BASE_ACCURACY:.0f} %"


def faults(table: pd.DataFrame) -> str:
    """How many mistakes give what the source reports, and which are undecided."""
    return _said(table, f"{REPORTED} beside {BASE} without normalization")


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """Which mistakes would give what the source reports, without the codes that the page explains later."""
    found = tables("faults")
    if not found or found[0].empty:
        return []
    said = _said(found[0], "that")
    lead = "One source reports that the network with batch normalization ends lower, at"
    return [f"{lead} {REPORTED} against {BASE}: {said[:1].lower()}{said[1:]}."]


def _plain(row: Any) -> str:
    """A mistake without its code: ``batches of 8 at inference``."""
    return mistakes.title(row).removeprefix(f"{row.code} ").removeprefix("BN, ")


def _said(table: pd.DataFrame, that: str) -> str:
    runs = table[table["code"] != mistakes.NO_CODE].drop_duplicates(mistakes.RUN)
    found, open_ = (
        [_plain(row) for row in rows_of(runs[runs["verdict"] == verdict])]
        for verdict in ("compatible", "undecided")
    )
    counted = f"{len(runs)} mistake{'s' if len(runs) != 1 else ''} in its implementation"
    text = (
        f"Of {counted}, {len(found)} would give {that}: {listed(found)}"
        if found
        else f"None of {counted} is found to give {that}"
    )
    undecided = f"; undecided {'is' if len(open_) == 1 else 'are'} {listed(open_)}"
    return text + undecided if open_ else text
