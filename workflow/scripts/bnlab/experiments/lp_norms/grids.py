"""Result tables of other norms as the page shows them."""

from __future__ import annotations

import pandas as pd

from bnlab.page.grids import (
    Grid,
    cell,
    difference,
    final,
    labels_of,
    of_batch,
    rows_of,
    unit_of,
)

__all__ = ["final"]


def from_bn(table: pd.DataFrame) -> list[Grid]:
    """A row per method; for each number its mean, and the difference from bn."""
    shown = []
    for batch, part in table.groupby("batch"):
        numbers = list(dict.fromkeys(zip(part["split"], part["metric"], strict=True)))
        cells = {(r.split, r.metric, r.method_label): r for r in rows_of(part)}
        bn = part.loc[part["method"] == "bn", "method_label"]
        columns = ["method"]
        for split, metric in numbers:
            columns += [f"{split} {unit_of(metric)}", f"less {bn.iloc[0] if len(bn) else 'bn'}"]
        rows = [
            [
                name,
                *(text for split, metric in numbers for text in _pair(cells[split, metric, name])),
            ]
            for name in labels_of(part)
        ]
        shown.append(Grid(of_batch(table, batch, "batch"), columns, rows))
    return shown


def _pair(row: object) -> tuple[str, str]:
    return cell(row), difference(row) if row.pairs else ""  # type: ignore[attr-defined]
