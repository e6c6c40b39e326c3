"""Tables of statistics outside the gradient, from tidy rows of one dataset and recipe."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.statistics import paired_ratio
from bnlab.analysis.summaries import BASE, RUN, accuracy_curves, compare, final, summarize
from bnlab.experiments.outside_the_gradient.biases import at_the_end, lengths, linearity

__all__ = ["final"]

accuracy = accuracy_curves
"""What the figure shows."""


def biases(norms: pd.DataFrame) -> pd.DataFrame:
    """Length of the biases of all hidden layers at each step, of methods that have them."""
    return summarize(lengths(norms), [*RUN, "step"], "length")


def growth(norms: pd.DataFrame) -> pd.DataFrame:
    """That length at the end, its ratio to base's, and R² of a line through it over steps."""
    found = lengths(norms)
    end = at_the_end(found)
    table = summarize(end, RUN, "length")
    straight = summarize(linearity(found), RUN, "r2", prefix="r2")
    table = table.merge(straight.drop(columns=["n", "diverged", "replicates"]))
    return table.merge(compare(end, RUN, "length", BASE, paired_ratio, "ratio"))
