"""Surfaces that the page lets one turn: a table's heights, small enough to stand in the page."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

STATISTICS = {"moving": "frozen statistics", "batch": "statistics of each point"}
STEPS = 999
"""Heights are whole numbers up to this, on a logarithmic scale that all surfaces share."""


def turning(table: pd.DataFrame) -> str | None:
    """The surfaces of a figure that turns, as JSON: ``name`` of each, ``side`` points along a and b, and ``heights``.

    Also the ``lowest`` and ``highest`` loss. None where no point has a loss.
    """
    known = table["loss"][table["loss"] > 0]
    if known.empty:
        return None
    low, high = np.log(known.min()), np.log(known.max())
    surfaces = []
    several = table["statistics"].nunique() > 1
    for (name, kind), rows in table.groupby(["method_label", "statistics"], sort=False):
        wide = rows.pivot(index="b", columns="a", values="loss").sort_index().sort_index(axis=1)
        if (wide > 0).all(axis=None):
            height = (np.log(wide.to_numpy()) - low) / max(high - low, 1e-12)
            said = f"{name}, {STATISTICS[str(kind)]}" if several else str(name)
            heights = np.round(STEPS * height).astype(int).ravel().tolist()
            surfaces.append({"name": said, "side": len(wide), "heights": heights})
    ends = {"lowest": float(f"{known.min():.3g}"), "highest": float(f"{known.max():.3g}")}
    return json.dumps({"surfaces": surfaces, **ends}) if surfaces else None
