"""Learning rates: which one is chosen, and which are about as good."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bnlab.analysis import metrics as measure
from bnlab.analysis.statistics import restricted
from bnlab.analysis.summaries import ACROSS_RATES, RUN, final_accuracies, followed, last
from bnlab.analysis.thresholds import crossings


def validation_scores(metrics: pd.DataFrame) -> pd.DataFrame:
    """Mean validation accuracy at the last step of each run.

    Returns:
        Columns method, batch, learning_rate, recipe, score.
    """
    rows = followed(last(metrics))
    rows = rows[rows["split"] == "validation"]
    return rows.groupby([*RUN, "recipe"])["accuracy"].mean().rename("score").reset_index()


def chosen_rates(metrics: pd.DataFrame) -> pd.DataFrame:
    """Choose the rate with the best validation score, for each method and batch; of equals the lowest.

    Returns:
        Columns method, batch, learning_rate, recipe.
    """
    scores = validation_scores(metrics)
    best = scores.loc[scores.groupby(ACROSS_RATES)["score"].idxmax()]
    return best.drop(columns="score").reset_index(drop=True)


def is_at_end(tried: pd.DataFrame, rate: float) -> bool:
    """Return true where a better rate may lie beyond those tried: the chosen one is their first or last.

    Where all replicates fail at the chosen rate they do so at every other one, and none beyond is looked for.

    Args:
        tried: metrics of a method in batches of one size, at all of its rates.
        rate: the chosen one.
    """
    rates, here = tried["learning_rate"], tried[tried["learning_rate"] == rate]
    return rate in (rates.min(), rates.max()) and not (here["failed"] | here["diverged"]).all()


def fastest_rates(metrics: pd.DataFrame, level: float) -> pd.DataFrame:
    """Choose the rate at which validation accuracy reaches the level in the fewest steps, for each method and batch.

    Steps are means over replicates; one that never gets there counts with all of its own. Of equals the lowest.

    Returns:
        As ``chosen_rates``.
    """
    rows = followed(metrics)
    rows = rows[rows["split"] == "validation"]
    means = []
    for key, group in rows.groupby([*RUN, "recipe"]):
        steps = restricted(crossings(group, level)["first"], group["step"].max())
        means.append((*key, float(steps.mean())))
    scores = pd.DataFrame(means, columns=[*RUN, "recipe", "steps"])
    best = scores.loc[scores.groupby(ACROSS_RATES)["steps"].idxmin()]
    return best.drop(columns="steps").reset_index(drop=True)


def rate_ranges(metrics: pd.DataFrame) -> pd.DataFrame:
    """``metrics.rate_range`` of test accuracy at the last step, for each method, batch and replicate.

    No rate at which a replicate diverges or fails is a good one.
    """
    rows = final_accuracies(metrics)
    rows = rows.assign(value=rows["value"].where(~(rows["failed"] | rows["diverged"])))
    parts = []
    for key, group in rows.groupby(ACROSS_RATES, sort=False):
        names: dict[str, Any] = dict(zip(ACROSS_RATES, key, strict=True))
        wide = group.pivot(index="replicate", columns="learning_rate", values="value")
        parts.append(measure.rate_range(wide).reset_index().assign(**names))
    return pd.concat(parts, ignore_index=True)
