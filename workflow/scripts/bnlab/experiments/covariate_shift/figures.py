"""Figures of internal covariate shift, each drawn from its published table and nothing else."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from bnlab.page.profiles import Measure, draw_profiles


def gradient_shift(table: pd.DataFrame) -> Figure:
    """Relative change and cosine of gradients, by layer and by step."""
    return draw_profiles(
        table,
        {
            "relative": Measure("change of the gradient,\nits length = 1"),
            "cosine": Measure(
                "cosine between the gradient\nbefore and after", log=False, limits=(-1.05, 1.05)
            ),
        },
        "gradient of a layer before and after the layers below it move",
    )


def output_shift(table: pd.DataFrame) -> Figure:
    """Earth mover's distance of outputs in their spread and as it is, by layer and by step."""
    return draw_profiles(
        table,
        {
            "sliced_in_spreads": Measure("shift of outputs in ten steps,\nstandard deviation = 1"),
            "sliced": Measure("shift of outputs in ten steps,\nas it is"),
        },
        "earth mover's distance between a layer's outputs now and ten steps later",
    )
