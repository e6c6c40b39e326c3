"""What claims compare of internal covariate shift, beside the common quantities."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.profiles import at_layer, overall
from bnlab.analysis.quantities import Results, method_runs
from bnlab.study.ledger import Measure

AFTER_THE_FIRST = 2
"""The first layer with layers before it."""


def gradient_shift(results: Results, effect: Measure, method: str) -> pd.Series:
    """‖G − G′‖/‖G‖, the median over steps and layers that have layers before them."""
    rows = method_runs(results, "covariate_shift", effect, method)
    return overall(rows, "relative", AFTER_THE_FIRST)


def gradient_cosine(results: Results, effect: Measure, method: str) -> pd.Series:
    """The cosine between G and G′, the median over the same."""
    rows = method_runs(results, "covariate_shift", effect, method)
    return overall(rows, "cosine", AFTER_THE_FIRST)


def output_shift(results: Results, effect: Measure, method: str) -> pd.Series:
    """Sliced W₁ between a layer's outputs and those ten steps later, the median over steps and layers."""
    return overall(method_runs(results, "output_shift", effect, method), "sliced")


def output_shift_in_spreads(results: Results, effect: Measure, method: str) -> pd.Series:
    """The same in standard deviations of the outputs."""
    return overall(method_runs(results, "output_shift", effect, method), "sliced_in_spreads")


def distance_from_normal(results: Results, effect: Measure, method: str) -> pd.Series:
    """How far the units of the effect's layer are from mean 0 and deviation 1, the median over steps."""
    assert effect.layer is not None
    rows = method_runs(results, "output_shift", effect, method)
    return at_layer(rows, "distance_from_normal", effect.layer)
