"""Tables and quantities of internal covariate shift."""

from __future__ import annotations

from functools import partial

import pandas as pd

from bnlab.analysis.phases import by_phase, in_phase_of, ratio_curves
from bnlab.analysis.profiles import profiles

AFTER_THE_FIRST = 2
"""First layer with layers before it."""

LOSS = "landscape"
"""Source of the loss by which training has phases."""
GRADIENTS = ("relative", "cosine", "shift")
OUTPUTS = ("sliced_in_spreads", "sliced", "units_in_spreads", "units")

gradient_shift = partial(profiles, measures=GRADIENTS, first=AFTER_THE_FIRST)
output_shift = partial(profiles, measures=OUTPUTS)


def shift_ratio(
    covariate_shift: pd.DataFrame,
    shifted: pd.DataFrame,
    landscape: pd.DataFrame,
    metrics: pd.DataFrame,
) -> pd.DataFrame:
    """Return the ratios of shifts to base's over steps and over the training loss."""
    parts = [
        ratio_curves(covariate_shift, ["relative"], landscape, metrics, AFTER_THE_FIRST),
        ratio_curves(shifted, ["sliced_in_spreads", "sliced"], landscape, metrics),
    ]
    return pd.concat(parts, ignore_index=True)


def shifts(
    covariate_shift: pd.DataFrame,
    shifted: pd.DataFrame,
    landscape: pd.DataFrame,
    metrics: pd.DataFrame,
) -> pd.DataFrame:
    """Return every measure in each phase of training."""
    parts = [
        by_phase(covariate_shift, GRADIENTS, landscape, metrics, AFTER_THE_FIRST),
        by_phase(shifted, OUTPUTS, landscape, metrics),
    ]
    return pd.concat(parts, ignore_index=True)


TABLES = {
    "gradient_shift": gradient_shift,
    "output_shift": output_shift,
    "shift_ratio": shift_ratio,
    "shifts": shifts,
}

QUANTITIES = {
    "gradient_shift": in_phase_of("covariate_shift", "relative", LOSS, AFTER_THE_FIRST),
    "gradient_cosine": in_phase_of("covariate_shift", "cosine", LOSS, AFTER_THE_FIRST),
    "output_shift": in_phase_of("output_shift", "sliced", LOSS),
    "output_shift_in_spreads": in_phase_of("output_shift", "sliced_in_spreads", LOSS),
    "distance_from_normal": in_phase_of(
        "output_shift", "distance_from_normal", LOSS, of_layer=True
    ),
}
