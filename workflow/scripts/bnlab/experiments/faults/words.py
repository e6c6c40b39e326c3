"""What the figure of mistakes shows, and what the experiment answers."""

from __future__ import annotations

import pandas as pd

from bnlab.experiments.faults import mistakes
from bnlab.page.grids import rows_of
from bnlab.page.phrases import Tables, listed


def faults(table: pd.DataFrame) -> str:
    """How many mistakes are compatible with the source, and which."""
    runs = table[table["code"] != mistakes.NO_CODE].drop_duplicates(mistakes.RUN)
    return _found(runs)


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """Which mistakes would give what the source reports."""
    found = tables("faults")
    if not found or found[0].empty:
        return []
    return [
        f"Where one source has batch normalization end below the network without: {_lower(faults(found[0]))}."
    ]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _found(runs: pd.DataFrame) -> str:
    said = []
    for verdict in ("compatible", "undecided"):
        names = [mistakes.title(r) for r in rows_of(runs[runs["verdict"] == verdict])]
        count = f"{len(names)} of them {verdict}" if names else f"none is {verdict}"
        said.append(f"{count} ({'; '.join(names)})" if names else count)
    tried = f"{len(runs)} mistake{'s' if len(runs) != 1 else ''} tried"
    return f"Of {tried} against the numbers of that source, {listed(said)}"
