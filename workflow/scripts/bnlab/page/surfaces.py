"""Surfaces of the loss that a reader can turn on the page."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

STATISTICS = {"moving": "frozen statistics", "batch": "statistics of each point"}
STEPS = 999
"""Largest height: heights are whole numbers from 0, on a logarithmic scale that all surfaces share."""


def surfaces(table: pd.DataFrame) -> str | None:
    """Return the surfaces of a table as JSON, for the script of the page.

    Args:
        table: columns method_label, statistics, a, b and loss.

    Returns:
        ``surfaces``, each with ``name``, ``side`` (points along a and b) and ``heights`` (side², row by row); the
        ``lowest`` and ``highest`` loss. None where no surface has a loss at all of its points.
    """
    known = table["loss"][table["loss"] > 0]
    if known.empty:
        return None
    low, high = np.log(known.min()), np.log(known.max())
    entries = []
    several = table["statistics"].nunique() > 1
    for (name, kind), rows in table.groupby(["method_label", "statistics"], sort=False):
        wide = rows.pivot(index="b", columns="a", values="loss").sort_index().sort_index(axis=1)
        if (wide > 0).all(axis=None):
            height = (np.log(wide.to_numpy()) - low) / max(high - low, 1e-12)
            label = f"{name}, {STATISTICS[str(kind)]}" if several else str(name)
            heights = np.round(STEPS * height).astype(int).ravel().tolist()
            entries.append({"name": label, "side": len(wide), "heights": heights})
    ends = {"lowest": float(f"{known.min():.3g}"), "highest": float(f"{known.max():.3g}")}
    return json.dumps({"surfaces": entries, **ends}) if entries else None
