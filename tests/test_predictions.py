"""Predicted numbers beside measured ones."""

import numpy as np
import pandas as pd
import pytest

from bnlab.page.predictions import FEWEST_LINES, prediction_plot


def effect(estimate, claimed, low, high, compare="bn"):
    return {
        "id": "1",
        "effect": "growth of BN",
        "region": "a region",
        "compare": compare,
        "scale": "",
        "estimate": estimate,
        "low": estimate - 0.1,
        "high": estimate + 0.1,
        "threshold_low": low,
        "threshold_high": high,
        "claimed": claimed,
        "verdict": "supported",
    }


EXACT, BELOW, ABOVE = effect(2, 2, 1, 6), effect(1, 2, 1, 6), effect(6, 2, 1, 6)
FAR, NEGATIVE = effect(100, 2, 1, 6), effect(-0.5, -0.5, -0.65, -0.35)


def test_a_prediction_stands_in_the_middle_and_the_ends_of_its_rule_as_far_to_either_side():
    plot = prediction_plot(pd.DataFrame([EXACT, BELOW, ABOVE, FAR, NEGATIVE]))
    exact, below, above, far, negative = (line.estimate for line in plot.lines)
    below_tick, middle, above_tick = (tick.x for tick in plot.ticks)
    assert exact == negative == plot.reference == middle
    assert (below, above) == (below_tick, above_tick)
    assert middle - below == pytest.approx(above - middle, abs=0.11)
    assert far > above
    assert [line.claimed for line in plot.lines] == ["2", "2", "2", "2", "−0.5"]


@pytest.mark.parametrize(
    "other",
    [
        effect(2, np.nan, 1, 6),
        effect(2, 2, 1, np.nan),
        effect(2, 2, 3, 6),
        effect(2, 2, 1, 6, compare="bn - base"),
    ],
)
def test_other_effects_and_a_few_predictions_alone_are_not_set_out(other):
    few = [EXACT] * (FEWEST_LINES - 1)
    assert prediction_plot(pd.DataFrame([*few, other])) is None
    assert len(prediction_plot(pd.DataFrame([*few, EXACT, other])).lines) == FEWEST_LINES


def test_effects_without_any_prediction_or_rule_of_two_ends_are_not_set_out():
    bounds = dict.fromkeys(("threshold_low", "claimed", "threshold_high"))
    effects = pd.DataFrame([EXACT | bounds] * FEWEST_LINES)
    assert effects["claimed"].dtype == object
    assert prediction_plot(effects) is None
