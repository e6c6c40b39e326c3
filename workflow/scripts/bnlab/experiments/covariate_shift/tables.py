"""Tables of internal covariate shift, from tidy rows of one dataset and recipe."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.profiles import profiles
from bnlab.experiments.covariate_shift.quantities import AFTER_THE_FIRST

GRADIENTS = ("relative", "cosine", "shift")
OUTPUTS = ("sliced_in_spreads", "sliced", "units_in_spreads", "units")


def gradient_shift(covariate_shift: pd.DataFrame) -> pd.DataFrame:
    """How the gradient of each layer changes when the layers before it move: ``GRADIENTS``, as ``profiles``."""
    return profiles(covariate_shift, GRADIENTS, AFTER_THE_FIRST)


def output_shift(output_shift: pd.DataFrame) -> pd.DataFrame:
    """How far the outputs of each layer move in ten steps: ``OUTPUTS``, as ``profiles``."""
    return profiles(output_shift, OUTPUTS)


def shifts(covariate_shift: pd.DataFrame, output_shift: pd.DataFrame) -> pd.DataFrame:
    """All measures over steps and layers."""
    both = [
        profiles(covariate_shift, GRADIENTS, AFTER_THE_FIRST),
        profiles(output_shift, OUTPUTS),
    ]
    table = pd.concat(both, ignore_index=True)
    return table[table["view"] == "overall"].drop(columns=["view", "at"])
