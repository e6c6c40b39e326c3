"""What the figure of mistakes says, for its alternative text."""

from __future__ import annotations

import pandas as pd

from bnlab.experiments.faults import mistakes
from bnlab.page.grids import rows_of


def faults(table: pd.DataFrame) -> str:
    """The verdict on each mistake."""
    runs = table[table["code"] != mistakes.NO_CODE].drop_duplicates(mistakes.RUN)
    said = [f"{mistakes.title(r)} {mistakes.verdict(r)}" for r in rows_of(runs)]
    return f"Verdicts: {'; '.join(said)}."
