"""Gradients and likeness of inputs before training, beside what wide networks must have."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from bnlab.analysis.quantities import Quantity, Results, method_runs
from bnlab.analysis.settings import in_each
from bnlab.analysis.statistics import Scale
from bnlab.analysis.summaries import RUN, add_interval, summarize
from bnlab.study.ledger import Measure

BY = ["activation", "layers", "initializer"]
ONE = [*RUN, "replicate"]
FIRST = 2
"""First layer whose gradient counts: the one below it reads the data, not a layer."""

ROWS, FEATURES, SQUARES = "rows", "features", "squares"
BEFORE, AFTER = "before", "after"
PLACES = {
    "bn_before": (ROWS, BEFORE),
    "bn_after": (ROWS, AFTER),
    "ln_before": (FEATURES, BEFORE),
    "ln_after": (FEATURES, AFTER),
    "rms_before": (SQUARES, BEFORE),
    "rms_after": (SQUARES, AFTER),
}
"""Statistics and place of the methods that have a theory: over rows, over features, or over their squares alone."""

HOMOGENEOUS = ("relu", "linear")
"""Activations with φ(a·z) = a·φ(z) for a > 0, so that the variance of weights does not matter."""
OF_VARIANCE_ONE = ("glorot_uniform", "glorot_normal", "lecun_normal")
"""Initializers whose weights have variance 1/fan_in between layers of equal width."""

STEP = 0.025
GRID = STEP * (np.arange(-320, 320) + 0.5)
"""Values of a standard normal variable up to ±8, symmetric about the corner of a rectified unit."""
WEIGHTS = STEP * np.exp(-(GRID**2) / 2) / np.sqrt(2 * np.pi)


def activation_functions() -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """Return each activation φ by its name."""
    from scipy.special import expit, ndtr

    return {
        "relu": lambda z: np.maximum(z, 0),
        "tanh": np.tanh,
        "sigmoid": expit,
        "gelu": lambda z: z * ndtr(z),
        "linear": lambda z: z,
    }


def moments(activation: str) -> tuple[float, float, float]:
    """Return E φ(z), E φ(z)² and E φ′(z)² of a standard normal z."""
    phi = activation_functions()[activation]
    slope = (phi(GRID + STEP / 4) - phi(GRID - STEP / 4)) / (STEP / 2)
    values = phi(GRID)
    return WEIGHTS @ values, WEIGHTS @ values**2, WEIGHTS @ slope**2


def product(activation: str, cosine: float) -> float:
    """Return E φ(z₁)φ(z₂) of two standard normal z with this correlation."""
    phi = activation_functions()[activation]
    others = cosine * GRID[:, None] + np.sqrt(1 - cosine**2) * GRID
    return float(WEIGHTS @ (phi(GRID) * (phi(others) @ WEIGHTS)))


def has_theory(method: str, activation: str, initializer: str) -> bool:
    """Return true where the inputs of activations are of variance 1 in theory, or their variance does not matter."""
    return method in PLACES and (
        PLACES[method][1] == BEFORE or activation in HOMOGENEOUS or initializer in OF_VARIANCE_ONE
    )


def growth_in_theory(method: str, activation: str, batch: int) -> float:
    """Return the factor by which each layer lengthens the gradient on its way down; NaN for a method without theory.

    √(E φ′(z)²/s²) for a standard normal z, where s² is what the normalizer divides by: E φ(z)² for one before the
    activation that takes no mean over rows, and for one over squares; else Var φ(z). Statistics of m rows lengthen it
    by √((m − 2)/(m − 3)) more, as those of normal numbers do. Layers are wide, their weights have variance 1/fan_in.

    Reference: Yang et al. 2019, arXiv 1902.08129, for batch normalization: √(π/(π − 1)) with rectified units.
    """
    if method not in PLACES:
        return np.nan
    statistics, place = PLACES[method]
    mean, square, slope = moments(activation)
    divided = square - mean**2 if _takes_out_the_mean(statistics, place) else square
    few = np.sqrt((batch - 2) / (batch - 3)) if statistics == ROWS and batch > 3 else 1.0
    return float(np.sqrt(slope / divided) * few)


def cosine_in_theory(method: str, activation: str, batch: int, first: float, layers: int) -> float:
    """Return the mean cosine between inputs of the last layer, from that of layer 1; NaN for a method without theory.

    Each layer turns c into E φ(z₁)φ(z₂)/E φ(z)² for z of correlation c, or into Cov(φ(z₁), φ(z₂))/Var φ(z) where the
    mean over features is taken out after the activation. Rows less their mean have −1/(m − 1).

    Reference: Joudaki, Daneshmand & Bach 2023, arXiv 2305.18399.
    """
    if method not in PLACES:
        return np.nan
    statistics, place = PLACES[method]
    if statistics == ROWS:
        return -1 / (batch - 1)
    mean, square, _ = moments(activation)
    less = mean**2 if _takes_out_the_mean(statistics, place) else 0.0
    cosine = first
    for _ in range(layers - 1):
        cosine = (product(activation, np.clip(cosine, -1, 1)) - less) / (square - less)
    return float(cosine)


def _takes_out_the_mean(statistics: str, place: str) -> bool:
    return statistics == ROWS or (statistics == FEATURES and place == AFTER)


def growths(signal: pd.DataFrame) -> pd.DataFrame:
    """Return what changes from layer to layer before training, by replicate.

    Returns:
        Columns ``ONE``; ``growth``, the factor of ‖∂L/∂Z‖ a layer on its way down to ``FIRST``, exp of minus the slope
        of its logarithm; the mean cosine between rows in the ``first`` layer and in the last, ``likeness``;
        ``contraction``, its factor a layer from ``FIRST`` on, NaN where it ends at or below 0; ``rank`` of the last.
    """
    rows = []
    for key, run in signal[signal["step"] == 0].groupby(ONE, sort=False):
        run = run.sort_values("layer")
        upper = run[run["layer"] >= FIRST]
        factor = np.nan
        if len(upper) > 1 and (upper["gradient"] > 0).all():
            factor = np.exp(-np.polyfit(upper["layer"], np.log(upper["gradient"]), 1)[0])
        first, last = run["cosine"].iloc[[0, -1]]
        ratio = last / upper["cosine"].iloc[0] if len(upper) > 1 else np.nan
        contraction = ratio ** (1 / (len(upper) - 1)) if ratio > 0 else np.nan
        rows.append((*key, factor, first, last, contraction, run["rank"].iloc[-1]))
    columns = [*ONE, "growth", "first", "likeness", "contraction", "rank"]
    return pd.DataFrame(rows, columns=columns)


def placement(signal: pd.DataFrame) -> pd.DataFrame:
    """Return growth of the gradient, likeness of inputs and rank at the last layer, with those of theory."""

    def means(network: pd.DataFrame) -> pd.DataFrame:
        values, layers = growths(network), int(network["layer"].max())
        activation, initializer = map(str, network[["activation", "initializer"]].iloc[0])
        table = summarize(values, RUN, "growth", scale="log")
        scales: dict[str, Scale] = {"likeness": "atanh", "rank": "log"}
        for name, scale in scales.items():
            table = add_interval(table, summarize(values, RUN, name, prefix=name, scale=scale))
        first = values.groupby(RUN, sort=False)["first"].mean().to_numpy()
        keys = list(zip(table["method"], table["batch"], first, strict=True))
        table = table.assign(
            growth_in_theory=[growth_in_theory(m, activation, b) for m, b, _ in keys],
            likeness_in_theory=[cosine_in_theory(m, activation, b, c, layers) for m, b, c in keys],
        )
        without = [not has_theory(m, activation, initializer) for m, *_ in keys]
        table.loc[without, ["growth_in_theory", "likeness_in_theory"]] = np.nan
        return table

    return in_each(signal, BY, means)


TABLES = {"placement": placement, "growth": placement}


def of_run(column: str) -> Quantity:
    """Return a column of ``growths`` as a quantity."""

    def quantity(results: Results, effect: Measure, method: str) -> pd.Series:
        rows = growths(method_runs(results, "signal", effect, method))
        return rows.set_index("replicate")[column]

    return quantity


def gain_to_keep(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return the gain of activations with φ(a·z) = a·φ(z) that would keep the variance of inputs from layer to layer.

    It is 1/√(factor of the variance a layer), over the upper half of the layers: below, rows are still alike, and
    their variance grows as they come apart.
    """
    rows = method_runs(results, "signal", effect, method)
    rows = rows[rows["step"] == 0]
    wide = rows.pivot(index="replicate", columns="layer", values="variance")
    half = len(wide.columns) // 2
    factor = wide.iloc[:, -1] / wide.iloc[:, half]
    return factor ** (-0.5 / (len(wide.columns) - 1 - half))


def range_left(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return the decades between the gradients of layer 2 and of the last one, after the first step over before it.

    It is NaN for runs that were measured before training alone.
    """
    rows = method_runs(results, "signal", effect, method)
    rows = rows[rows["layer"].isin([FIRST, rows["layer"].max()])]
    wide = rows.pivot(index=["replicate", "step"], columns="layer", values="gradient")
    ends = wide.transform(np.log10)
    decades = (ends.iloc[:, 0] - ends.iloc[:, -1]).abs().unstack("step")
    if decades.shape[1] < 2:
        return decades.iloc[:, 0] * np.nan
    return decades.iloc[:, 1] / decades.iloc[:, 0]


QUANTITIES = {
    "gradient_growth": of_run("growth"),
    "input_likeness": of_run("likeness"),
    "likeness_contraction": of_run("contraction"),
    "effective_rank": of_run("rank"),
    "range_left": range_left,
    "gain_to_keep": gain_to_keep,
}
