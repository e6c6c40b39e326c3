"""The table of verdicts on mistakes as the page shows it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bnlab.analysis.statistics import rounded
from bnlab.experiments.faults import mistakes
from bnlab.page.grids import Grid, count, rows_of


def compatibility(table: pd.DataFrame) -> list[Grid]:
    """A row a mistake, in the order of their codes: what it does, how it began, where it was, the verdict."""
    columns = ["mistake", "what it does", "train accuracy in epoch 3 (%)", "test accuracy (%)"]
    columns += ["at epoch", "verdict"]
    ordered = sorted(rows_of(table), key=lambda row: mistakes.place(row.code))
    rows = [
        [
            mistakes.title(r) if np.isfinite(r.epoch) else r.code,
            r.does,
            rounded(r.early * 100, (r.early_high - r.early_low) * 50),
            _quoted(r),
            count(r.epoch),
            mistakes.verdict(r),
        ]
        for r in ordered
    ]
    return [Grid("", columns, rows)]


def _quoted(row: Any) -> str:
    if not np.isfinite(row.epoch):
        return "–"
    accuracy = rounded(row.mean * 100, (row.high - row.low) * 50)
    notes = [] if row.quoted == "test" else [f"{row.quoted} accuracy"]
    counts = {"diverged": row.diverged, "failed": row.failed}
    notes += [f"{n:.0f} of {row.replicates:.0f} {word}" for word, n in counts.items() if n]
    return f"{accuracy} ({', '.join(notes)})" if notes else accuracy
