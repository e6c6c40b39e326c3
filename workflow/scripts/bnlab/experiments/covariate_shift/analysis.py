"""Tables and quantities of internal covariate shift, the overall values being medians over steps and layers."""

from __future__ import annotations

from functools import partial

import pandas as pd

from bnlab.analysis.profiles import at_layer_of, overall_of, profiles

AFTER_THE_FIRST = 2
"""First layer with layers before it."""

gradient_shift = partial(profiles, measures=("relative", "cosine", "shift"), first=AFTER_THE_FIRST)
output_shift = partial(
    profiles, measures=("sliced_in_spreads", "sliced", "units_in_spreads", "units")
)


def shifts(covariate_shift: pd.DataFrame, shifted: pd.DataFrame) -> pd.DataFrame:
    """Return the overall value of every measure, as ``profiles`` has it."""
    views = ["overall"]
    both = [gradient_shift(covariate_shift, views=views), output_shift(shifted, views=views)]
    return pd.concat(both, ignore_index=True).drop(columns=["view", "at"])


TABLES = {"gradient_shift": gradient_shift, "output_shift": output_shift, "shifts": shifts}

QUANTITIES = {
    "gradient_shift": overall_of("covariate_shift", "relative", AFTER_THE_FIRST),
    "gradient_cosine": overall_of("covariate_shift", "cosine", AFTER_THE_FIRST),
    "output_shift": overall_of("output_shift", "sliced"),
    "output_shift_in_spreads": overall_of("output_shift", "sliced_in_spreads"),
    "distance_from_normal": at_layer_of("output_shift", "distance_from_normal"),
}
