"""What the figure of mistakes shows, and what the experiment answers."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bnlab.experiments.faults import mistakes
from bnlab.page.grids import rows_of
from bnlab.page.phrases import Tables, listed


def faults(table: pd.DataFrame) -> str:
    """How many mistakes give what the source reports, and which are undecided."""
    runs = table[table["code"] != mistakes.NO_CODE].drop_duplicates(mistakes.RUN)
    names = {verdict: [mistakes.title(r) for r in rows_of(part)] for verdict, part in _by(runs)}
    return _said(len(runs), names)


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """Which mistakes would give what the source reports, without the codes that the page explains later."""
    found = tables("faults")
    if not found or found[0].empty:
        return []
    runs = found[0][found[0]["code"] != mistakes.NO_CODE].drop_duplicates(mistakes.RUN)
    names = {verdict: [_plain(r) for r in rows_of(part)] for verdict, part in _by(runs)}
    said = _said(len(runs), names)
    return [
        "One source reports that the network with batch normalization ends lower, at "
        f"{mistakes.REPORTED:.1%} against {mistakes.BASE_ACCURACY:.0%}: {said[:1].lower()}{said[1:]}.".replace(
            "%", " %"
        )
    ]


def _by(runs: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    return [(verdict, runs[runs["verdict"] == verdict]) for verdict in ("compatible", "undecided")]


def _plain(row: Any) -> str:
    """A mistake without its code: ``batches of 8 at inference``."""
    return mistakes.title(row).removeprefix(f"{row.code} ").removeprefix("BN, ")


def _said(tried: int, names: dict[str, list[str]]) -> str:
    counted = f"{tried} mistake{'s' if tried != 1 else ''} in its implementation"
    found, open_ = names["compatible"], names["undecided"]
    text = (
        f"Of {counted}, {len(found)} would give that: {listed(found)}"
        if found
        else (f"None of {counted} would give that")
    )
    return (
        f"{text}; undecided {'is' if len(open_) == 1 else 'are'} {listed(open_)}" if open_ else text
    )
