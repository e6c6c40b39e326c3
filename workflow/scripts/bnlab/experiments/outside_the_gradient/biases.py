"""How the biases of hidden layers grow, replicate by replicate."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.profiles import ONE
from bnlab.analysis.summaries import RUN


def lengths(norms: pd.DataFrame) -> pd.DataFrame:
    """Euclidean length of all hidden biases together at each step: ``RUN``, replicate, step, ``length``.

    A method whose hidden layers have none is left out.
    """
    path = norms["variable"].str.rpartition("/")
    hidden = norms[(path[2] == "bias") & (path[0] != "logits")]
    squares = hidden.assign(length=hidden["norm"].astype(float) ** 2)
    total = squares.groupby([*ONE, "step"])["length"].sum(min_count=1) ** 0.5
    return total.reset_index()


def linearity(found: pd.DataFrame) -> pd.DataFrame:
    """R² of the least-squares line of the length over steps: ``RUN``, replicate, ``r2``; NaN where it diverged."""

    def r2(rows: pd.DataFrame) -> float:
        if rows["length"].isna().any() or rows["length"].std() == 0:
            return np.nan
        return float(np.corrcoef(rows["step"], rows["length"])[0, 1] ** 2)

    groups = found.groupby(ONE)[["step", "length"]]
    return groups.apply(r2).rename("r2").reset_index()


def at_the_end(found: pd.DataFrame) -> pd.DataFrame:
    """The rows of the last step."""
    return found[found["step"] == found.groupby(RUN)["step"].transform("max")]
