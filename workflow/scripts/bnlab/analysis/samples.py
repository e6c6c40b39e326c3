"""An effect in each replicate: the values of a quantity for the methods compared, and the words for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from bnlab.analysis.quantities import (
    Bounded,
    Quantity,
    Rate,
    Results,
    history,
    learns,
    rate_chosen,
    up_to_epoch,
)
from bnlab.analysis.summaries import SPLITS, dataset_label
from bnlab.study.config import Study
from bnlab.study.declaration import Quantity as Declared
from bnlab.study.ledger import Effect, Measure
from bnlab.study.names import ALL_RECIPES, PHASES


class Setting(NamedTuple):
    """Data set and recipe on which this study measures an effect."""

    dataset: str
    recipe: str


class Sample(NamedTuple):
    """An effect in each replicate, in the units of the rule; logarithms for a ratio.

    ``lowest`` and ``highest`` are what ``values`` may in truth be, and ``why`` says for what reasons; ``first`` and
    ``second`` are the values compared, the latter None for one method's own, and ``censored`` counts those that never
    got to the level that steps are counted to.
    """

    values: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    replicates: np.ndarray
    first: np.ndarray
    second: np.ndarray | None
    censored: int
    why: tuple[str, ...]


def sample(effect: Effect, results: Results, quantity: Quantity, about: Declared) -> Sample:
    """Paired differences, paired log-ratios, or a method's own values, by replicate.

    Values of methods that learn nothing are no result (``says_nothing``): none is left.
    """
    measured = [_measured(effect, results, quantity, about, method) for method in effect.methods]
    if nothing := says_nothing(effect, results, about, effect.methods):
        measured = [(without_values(bounded, nothing), censored) for bounded, censored in measured]
    at = [bounded for bounded, _ in measured]
    censored = sum(count for _, count in measured)
    table = pd.concat([column for bounded in at for column in bounded[:3]], axis=1)
    numbers = table.to_numpy(float)
    why = tuple(dict.fromkeys(bounded.why for bounded in at if bounded.why))
    first, low, high = numbers[:, :3].T
    replicates = table.index.to_numpy()
    if len(at) == 1:
        return Sample(first, low, high, replicates, first, None, censored, why)
    second, second_low, second_high = numbers[:, 3:].T
    scale = np.log if effect.is_ratio else np.asarray
    with np.errstate(divide="ignore", invalid="ignore"):
        values = scale(first) - scale(second)
        lowest, highest = scale(low) - scale(second_high), scale(high) - scale(second_low)
    values = np.where(np.isfinite(values), values, np.nan)
    return Sample(values, lowest, highest, replicates, first, second, censored, why)


def says_nothing(effect: Measure, results: Results, about: Declared, methods: Sequence[str]) -> str:
    """Return the reason why values of a quantity are no result; empty where they are one.

    What a network predicts says nothing where no replicate of any method that is compared learns anything. What is
    measured within it says nothing where none of one of them does.
    """
    if about.is_share or about.of_failures:
        return ""
    lost = [method for method in methods if not learns(results, effect, method)]
    if not lost or (about.is_of_predictions and len(lost) < len(methods)):
        return ""
    return f"no replicate of {' or '.join(lost)} learns anything: all diverge or end at chance"


def without_values(bounded: Bounded, why: str) -> Bounded:
    """Return a method's replicates without their values, and why they have none."""
    nothing = bounded.values * np.nan
    return Bounded(nothing, nothing, nothing, why)


def as_bounded(values: pd.Series | Bounded) -> Bounded:
    """Return values with their bounds, which are the values themselves where they are known."""
    return values if isinstance(values, Bounded) else Bounded(values, values, values)


def beyond_the_rates_tried(
    bounded: Bounded, chosen: Rate | None, about: Declared, method: str
) -> Bounded:
    """Return a method's values with the bounds of what a rate may give that nobody tried.

    Where its own rate is the first or last one tried, a better one may lie beyond: there, what the rate is tuned for is
    better still, and of everything else nothing is known. A method without a rate of its own keeps its bounds.
    """
    if not (chosen and chosen.is_end):
        return bounded
    why = f"the best rate of {method} is at an end of those tried, {chosen.rate:g}"
    why = f"{bounded.why}; {why}" if bounded.why else why
    least, most = (
        bounded.lowest * 0,
        (bounded.highest * 0 + 1 if about.is_share else bounded.highest + np.inf),
    )
    if about.tuned:
        least, most = (bounded.lowest, most) if about.better == "high" else (least, bounded.highest)
    return bounded._replace(lowest=least, highest=most, why=why)


def _measured(
    effect: Effect, results: Results, quantity: Quantity, about: Declared, method: str
) -> tuple[Bounded, int]:
    """Return a method's values with their bounds, and how many never got to the level that they count the steps to."""
    values = as_bounded(quantity(results, effect, method))
    censored = 0 if effect.level is None else int(np.isinf(values.highest).sum())
    chosen = rate_chosen(results, effect, method)
    return beyond_the_rates_tried(values, chosen, about, method), censored


class Measured(NamedTuple):
    """An effect in each replicate, and its region and itself in words."""

    drawn: Sample
    region: str
    words: str


def measure(
    effect: Effect, where: Setting, study: Study, results: Results, quantity: Quantity
) -> Measured:
    """An effect by ``results``, which have the rows of its dataset and recipe alone."""
    about = study.declaration(effect.experiment).quantities[effect.quantity]
    label, _ = called(where, study)
    return Measured(
        sample(effect, results, quantity, about),
        region_of(effect, where, label, results),
        in_words(
            effect,
            study,
            "" if effect.epoch is None else f"{_evaluated_epoch(effect, results):.3g}",
            _class_name(effect, results),
        ),
    )


def called(where: Setting, study: Study) -> tuple[str, bool]:
    """Return a data set's name in print, and true if it is a redraw."""
    dataset = study.datasets[where.dataset]
    redraw = dataset.source == "redraw"
    return dataset_label(dataset.label, redraw), redraw


def region_of(effect: Effect, where: Setting, label: str, results: Results) -> str:
    """The region in the ledger's words, and what stands in its place in this study."""
    stand_ins = []
    if where.dataset != effect.dataset:
        stand_ins.append(label)
        if where.recipe == ALL_RECIPES:
            rates = results["metrics"]["learning_rate"]
            stand_ins.append(f"rates {rates.min():g} to {rates.max():g}")
    if effect.recipe not in (None, where.recipe):
        stand_ins.append(where.recipe)
    return f"{effect.region} (on {', '.join(stand_ins)})" if stand_ins else effect.region


def in_words(effect: Effect, study: Study, epoch: str = "", class_name: str = "") -> str:
    """Return an effect in words: quantity, phase, statistics and the methods compared.

    Args:
        effect: the effect.
        study: the study.
        epoch: epoch of the evaluation that it is measured at, if it has one.
        class_name: name of its class, if it has one.
    """
    name = study.declaration(effect.experiment).quantities[effect.quantity].label
    if epoch and "{epoch}" not in name:
        name += " at epoch {epoch}"
    level = "" if effect.level is None else f"{100 * effect.level:g} %"
    name = name.format(
        level=level,
        class_=class_name,
        epoch=epoch,
        layer=effect.layer,
        **effect.where,
    )
    if effect.phase:
        name += f" {PHASES[effect.phase]}"
    if effect.statistics != "moving":
        name += f" under {effect.statistics} statistics"
    return f"{name}{of_methods(effect, study)}"


def of_methods(effect: Effect, study: Study) -> str:
    """Return the methods of an effect, as they follow its quantity: `` of BN``, or ``: BN minus Base``."""
    labels = [study.label(method) for method in effect.methods]
    if len(labels) == 1:
        return f" of {labels[0]}"
    return f": {(' / ' if effect.is_ratio else ' minus ').join(labels)}"


def _class_name(effect: Effect, results: Results) -> str:
    """Return the name of the effect's class, which is counted from 1."""
    if effect.class_ is None:
        return ""
    classes = results["classes"].drop_duplicates("class").set_index("class")["class_name"]
    return str(classes[effect.class_ - 1])


def _evaluated_epoch(effect: Effect, results: Results) -> float:
    """The epoch of the evaluation that an effect of some epoch is measured at."""
    split = next(split for split in SPLITS if split in effect.quantity.split("_"))
    return float(
        up_to_epoch(history(results, effect, effect.methods[0], split), effect)["epoch"].max()
    )
