"""Learning rates: which one is chosen, and which are about as good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from bnlab.analysis import metrics as measure
from bnlab.analysis.statistics import paired_difference, restricted
from bnlab.analysis.summaries import (
    ACROSS_RATES,
    BASE,
    RUN,
    compare,
    final_accuracies,
    followed,
    last,
    summarize,
    with_reference,
)
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


def rates_tried(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return all rates of each method and batch size in the column ``tried``, as text."""
    tried = metrics.groupby(ACROSS_RATES)["learning_rate"].unique().rename("tried")
    return tried.map(lambda rates: " ".join(f"{rate:g}" for rate in sorted(rates))).reset_index()


def best_rates(metrics: pd.DataFrame, references: Sequence[str]) -> pd.DataFrame:
    """Summarize test accuracy at the chosen rate, with paired differences from references, each at its own.

    ``tried`` lists all rates of the method. ``at_end`` is true where its own, or that of base, is the first or
    last of them, so that a better one may lie beyond.
    """
    best = chosen_rates(metrics)[RUN]
    rows = final_accuracies(metrics).merge(best, on=RUN)
    table = best.merge(rates_tried(metrics)).merge(
        summarize(rows, ACROSS_RATES, "value", scale="logit")
    )
    for reference in references:
        prefix = f"less_{reference}"
        less = compare(rows, ACROSS_RATES, "value", reference, paired_difference, prefix)
        table = table.merge(less.rename(columns={"pairs": f"{reference}_pairs"}))
    chosen = {key: rows["learning_rate"].item() for key, rows in table.groupby(ACROSS_RATES)}
    ends = {key: is_at_end(tried, chosen[key]) for key, tried in metrics.groupby(ACROSS_RATES)}
    at_end = [
        names | {"at_end": own or bool(base)}
        for names, own, base in with_reference(ends, ACROSS_RATES, BASE)
    ]
    return table.merge(pd.DataFrame(at_end))


def validation_losses(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the validation loss at the last step, at most that of a guess, by method, batch, replicate and rate."""
    rows = followed(last(metrics))
    rows = rows[rows["split"] == "validation"]
    return rows.assign(loss=rows["loss"].clip(upper=rows["guess_loss"])).pivot(
        index=[*ACROSS_RATES, "replicate"], columns="learning_rate", values="loss"
    )


def sensitivities(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the sensitivity to the learning rate, S = mean over rates of min(ℓ, ℓ₀) − the least ℓ, of replicates.

    ℓ is the validation loss at the end, ℓ₀ that of a guess (in the paper of the network before training). Rates count
    alike, so methods are comparable where they were tried at the same ones, equally far apart in their logarithm.

    Reference: Wortsman et al. 2024, arXiv 2309.14322, §2.2.

    Returns:
        Columns method, batch, replicate, sensitivity; NaN for a replicate that is no better than a guess at any rate.
    """
    losses = validation_losses(metrics)
    least = losses.min(axis=1)
    spread = (losses.mean(axis=1) - least).where(least < metrics["guess_loss"].max())
    return spread.rename("sensitivity").reset_index()


def own_best_rates(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the rate of the least validation loss of each replicate, between those that were tried.

    It is the lowest point of the parabola, in the logarithm of the rate, through the best rate tried and its two
    neighbours.

    Returns:
        Columns method, batch, replicate, best_rate, and ``reaches_lowest`` and ``reaches_highest``: the best rate is
        the first or the last one tried, so that a better one may lie beyond.
    """
    rows = []
    losses = validation_losses(metrics)
    for key, row in zip(losses.index, losses.to_numpy(float), strict=True):
        tried = pd.Series(row, losses.columns).dropna()
        rates, values = np.log10(tried.index.to_numpy(float)), tried.to_numpy(float)
        i = int(values.argmin())
        is_first, is_last = i == 0, i == len(rates) - 1
        best = (
            rates[i]
            if is_first or is_last
            else lowest_point(rates[i - 1 : i + 2], values[i - 1 : i + 2])
        )
        rows.append((*key, 10**best, is_first, is_last))
    columns = [*ACROSS_RATES, "replicate", "best_rate", "reaches_lowest", "reaches_highest"]
    return pd.DataFrame(rows, columns=columns)


def lowest_point(x: np.ndarray, y: np.ndarray) -> float:
    """Return where the parabola through three points is lowest, of which the middle one is lowest.

    Its slope between two points is that halfway between them, and it is a line.
    """
    slopes, halfway = np.diff(y) / np.diff(x), (x[1:] + x[:-1]) / 2
    if slopes[0] == slopes[1]:
        return float(x[1])
    return float(halfway[0] - slopes[0] * np.diff(halfway)[0] / np.diff(slopes)[0])


def fastest_rates(metrics: pd.DataFrame, level: float) -> pd.DataFrame:
    """Choose the rate at which validation accuracy reaches the level in the fewest steps, for each method and batch.

    Steps are means over replicates; one that never gets there counts with those of the longest run. Of equals it is the
    lowest.

    Returns:
        As ``chosen_rates``.
    """
    rows = followed(metrics)
    rows = rows[rows["split"] == "validation"]
    rows = rows.assign(longest=rows.groupby(ACROSS_RATES)["step"].transform("max"))
    means = []
    for key, group in rows.groupby([*RUN, "recipe"]):
        steps = restricted(crossings(group, level)["first"], group["longest"].max())
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
