"""Figures and the result table of internal covariate shift, each from its published table."""

from __future__ import annotations

from functools import partial

from bnlab.page.grids import in_phases
from bnlab.page.profiles import Measure, draw_profiles, draw_ratios

gradient_shift = partial(
    draw_profiles,
    measures={
        "relative": Measure("change of the gradient,\nits length = 1"),
        "cosine": Measure(
            "cosine between the gradient\nbefore and after", log=False, limits=(-1.05, 1.05)
        ),
    },
    title="gradient of a layer before and after the layers below it move",
)
output_shift = partial(
    draw_profiles,
    measures={
        "sliced_in_spreads": Measure("shift of outputs in ten steps,\nstandard deviation = 1"),
        "sliced": Measure("shift of outputs in ten steps,\nas it is"),
    },
    title="earth mover's distance between a layer's outputs now and ten steps later",
)
shift_ratio = partial(
    draw_ratios,
    measures={
        "relative": "change of the gradient,\nin its length",
        "sliced_in_spreads": "shift of outputs,\nin their spread",
        "sliced": "shift of outputs",
    },
    title="internal covariate shift, over that of base (below one: less)",
)
shifts = partial(
    in_phases,
    measures={
        "relative": "change of the gradient, in its length",
        "cosine": "cosine between the gradients",
        "shift": "change of the gradient",
        "sliced_in_spreads": "shift of outputs, in their spread",
        "sliced": "shift of outputs",
        "units_in_spreads": "shift of single units, in their spread",
        "units": "shift of single units",
    },
    unpaired=["cosine"],
)

FIGURES = {
    "gradient_shift": gradient_shift,
    "output_shift": output_shift,
    "shift_ratio": shift_ratio,
}

GRIDS = {"shifts": shifts}
