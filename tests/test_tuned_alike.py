"""Tables and quantities of methods that are tuned alike, from rows of a known law and against NumPy and SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import synthetic
from scipy.optimize import minimize_scalar

from bnlab.analysis import rates
from bnlab.analysis.quantities import Bounded
from bnlab.analysis.samples import as_bounded
from bnlab.experiments import quantity
from bnlab.study.ledger import Effect

SOURCES = synthetic.sources()["tuned_alike"]
TRANSFORMER = {
    "network": "vision_transformer",
    "form": "pre",
    "blocks": 2,
    "activation": "gelu",
    "optimizer": "adam",
    "warm_up": 0.0,
    "trained": "all",
}
PERCEPTRON = TRANSFORMER | {
    "network": "perceptron",
    "form": "plain",
    "blocks": 0,
    "activation": "relu",
    "optimizer": "sgd",
}


def measured(
    name: str, compare: str, where: dict[str, Any], results: Any = None, **settings: Any
) -> Bounded:
    """Return a quantity of the first method that an effect compares, as the judge measures it."""
    effect = Effect.model_validate(
        {"experiment": "tuned_alike", "dataset": "digits", "quantity": name, "compare": compare}
        | {"region": "here", "rule": {"above": 0}, "where": where, "batch": 60}
        | settings
    )
    metrics = (results or SOURCES)["metrics"]
    for setting, value in where.items():
        if setting not in quantity_settings(name):
            metrics = metrics[metrics[setting] == value]
    found = quantity("tuned_alike", name)({"metrics": metrics}, effect, effect.methods[0])
    return as_bounded(found)


def quantity_settings(name: str) -> list[str]:
    """Return the settings whose every value a quantity takes."""
    return list(synthetic.DECLARED["tuned_alike"].quantities[name].among)


def table(kind: str) -> pd.DataFrame:
    where = ("digits", synthetic.recipe("tuned_alike"), "Digits", synthetic.LABELS)
    return synthetic.tabulated("tuned_alike", kind, SOURCES, *where)


# ---------------------------------------------------------------- sensitivity and best rates


def test_sensitivity_is_the_mean_of_clipped_losses_less_the_least():
    metrics = SOURCES["metrics"]
    rows = metrics[(metrics["method"] == "rms") & (metrics["warm_up"] == 0)]
    # Loss 0.5 + 0.4·d² + r/100 at d = 2, 1, 0, 1, 2 decades from 0.1; a guess among ten classes has ln 10.
    raw = 0.5 + 0.4 * np.array([2, 1, 0, 1, 2]) ** 2
    for row in rates.sensitivities(rows).itertuples():
        losses = np.minimum(raw + row.replicate / 100, np.log(10))
        assert row.sensitivity == pytest.approx(losses.mean() - losses.min(), rel=1e-12)
    steep = rows.assign(loss=np.where(rows["learning_rate"] == 10, 50.0, rows["loss"]))
    losses = np.minimum([*raw[:4], 50], np.log(10))
    assert rates.sensitivities(steep)["sensitivity"].iloc[0] == pytest.approx(losses.mean() - 0.5)


def test_a_replicate_that_diverged_has_the_loss_of_a_guess_in_its_sensitivity():
    lost = synthetic.history("bn", replicates=2, diverged_at=(100,))
    fine = synthetic.history("bn", replicates=2)
    parts = [
        each.assign(method="bn", batch=60, learning_rate=rate, recipe=f"lr{rate:g}")
        for rate, each in ((0.1, fine), (1.0, lost))
    ]
    values = rates.sensitivities(pd.concat(parts))["sensitivity"].to_numpy()
    least = fine.query("step == 1000 and split == 'validation' and statistics == 'moving'")
    assert values[0] == pytest.approx((np.log(10) - least["loss"].iloc[0]) / 2)
    assert values[1] == pytest.approx(0)


def test_a_replicate_that_is_no_better_than_a_guess_at_any_rate_has_no_sensitivity():
    guesses = losses_at(np.array([0.1, 1.0]), np.array([2.3, 90.0]))
    assert rates.sensitivities(guesses)["sensitivity"].isna().all()
    learns = losses_at(np.array([0.1, 1.0]), np.array([2.1, 90.0]))
    assert rates.sensitivities(learns)["sensitivity"].item() == pytest.approx(0.1)


@pytest.mark.parametrize("best", [0.02, 0.1, 0.3])
def test_the_best_rate_is_that_of_the_parabola_through_the_three_lowest_losses(best):
    tried = np.array([0.001, 0.01, 0.1, 1.0, 10.0])
    x, low = np.log10(tried), np.log10(best)
    metrics = losses_at(tried, 0.3 * (x - low) ** 2 + 0.2)
    found = rates.own_best_rates(metrics).iloc[0]
    assert found["best_rate"] == pytest.approx(best, rel=1e-9)  # a parabola is met exactly
    assert not (found["reaches_lowest"] or found["reaches_highest"])


def test_the_lowest_point_is_that_of_a_numeric_search_where_rates_are_not_evenly_apart():
    x, y = np.array([-3.0, -1.5, -1.0]), np.array([0.9, 0.4, 0.7])
    curve = np.polynomial.Polynomial.fit(x, y, 2)
    expected = minimize_scalar(curve, bounds=(x[0], x[-1]), method="bounded").x
    assert rates.lowest_point(x, y) == pytest.approx(expected, abs=1e-5)
    assert rates.lowest_point(x, np.ones(3)) == x[1]


def test_a_best_rate_at_an_end_is_known_on_one_side_alone():
    rows = losses_at(np.array([0.1, 1.0, 10.0]), np.array([0.3, 0.2, 0.1])).assign(**PERCEPTRON)
    best = measured("best_rate", "bn", PERCEPTRON, {"metrics": rows})
    assert (best.values[0], best.lowest[0], best.highest[0]) == (10, 10, np.inf)


def losses_at(tried: np.ndarray, losses: np.ndarray) -> pd.DataFrame:
    """One replicate of bn with these validation losses at the end, at rates in this order."""
    rows = {"method": "bn", "batch": 60, "learning_rate": tried, "loss": losses, "step": 100}
    rows |= {"split": "validation", "statistics": "moving", "replicate": 0, "guess_loss": 2.3}
    return pd.DataFrame(rows)


# ---------------------------------------------------------------- quantities


def test_tuned_accuracy_is_that_at_the_rate_with_the_best_validation_accuracy():
    metrics = SOURCES["metrics"]
    at = metrics.query(
        "method == 'dyt' and warm_up == 0 and learning_rate == 0.1 and split == 'test'"
    )
    at = at.query("step == 1000 and statistics == 'moving'").set_index("replicate")["accuracy"]
    found = measured("tuned_accuracy", "dyt", TRANSFORMER, rate="best").values
    np.testing.assert_allclose(found, at)


def test_untuned_accuracy_is_at_the_best_rate_of_the_method_that_is_compared_with():
    own = measured("untuned_accuracy", "bn", PERCEPTRON, batch=240).values
    lent = measured("untuned_accuracy", "bn - base", PERCEPTRON, batch=240).values
    # BN is best at 0.4 in batches of 240, nearest to which is 1; base at 0.1.
    tried = np.abs(np.log10(np.array([0.1, 1.0]) / 0.4))
    assert (own - lent).to_numpy() == pytest.approx(0.02 * (tried[0] - tried[1]))


def test_a_warm_up_gains_the_hundredth_that_it_adds():
    where = TRANSFORMER | {"warm_up": 0.1}
    for method in ("ln", "rms", "dyt"):
        gain = measured("warm_up_gain", method, where)
        assert gain.values.to_numpy() == pytest.approx(0.01)
        pd.testing.assert_series_equal(gain.lowest, gain.highest)


def test_the_gain_of_a_setting_is_open_where_a_best_rate_is_at_an_end():
    metrics = SOURCES["metrics"]
    few = metrics[(metrics["warm_up"] == 0) | (metrics["learning_rate"] > 0.05)]
    gain = measured("warm_up_gain", "ln", TRANSFORMER | {"warm_up": 0.1}, {"metrics": few})
    assert gain.values.to_numpy() == pytest.approx(0.01)
    assert np.isposinf(gain.highest).all() and np.isfinite(gain.lowest).all()
    assert "the best rate of ln is at an end" in gain.why


def test_the_slope_of_the_best_rate_is_that_of_its_law():
    for method, expected in (("bn", 1.0), ("base", 0.0)):
        where = {"batch": None, "batches": [15, 60, 240]}
        slope = measured("best_rate_slope", method, PERCEPTRON, **where).values
        assert slope.to_numpy() == pytest.approx(expected, abs=1e-9)


def test_settings_of_residual_networks_are_compared_with_plain_pre_norm():
    metrics = SOURCES["metrics"]
    pre = metrics[(metrics["network"] == "vision_transformer") & (metrics["warm_up"] == 0)]
    other = pre.assign(form="pre qk_norm", recipe="qk_" + pre["recipe"])
    other["loss"] = 0.5 + (other["loss"] - 0.5) / 4
    results = {"metrics": pd.concat([pre, other])}
    where = TRANSFORMER | {"form": "pre qk_norm"}
    ratio = measured("sensitivity_over_plain", "ln", where, results).values
    first, second = (
        measured("rate_sensitivity", "ln", TRANSFORMER | {"form": form}, results).values
        for form in ("pre qk_norm", "pre")
    )
    pd.testing.assert_series_equal(ratio, first / second)
    named = {"ln": "bn", "rms": "base"}
    results["metrics"] = results["metrics"].replace(
        {"method": named, "form": {"pre qk_norm": "pre skipinit"}}
    )
    where = TRANSFORMER | {"form": "pre skipinit"}
    less = measured("skipinit_less_bn", "base", where, results).values
    assert less.to_numpy() == pytest.approx(0, abs=0.005)
    without = results["metrics"].query("form != 'pre'")
    assert measured("skipinit_less_bn", "base", where, {"metrics": without}).values.isna().all()


def test_depth_gains_are_over_the_fewest_blocks():
    metrics = SOURCES["metrics"].query("network == 'vision_transformer' and warm_up == 0")
    deeper = metrics.assign(blocks=8, recipe="deep_" + metrics["recipe"])
    deeper["accuracy"] -= 0.03
    results = {"metrics": pd.concat([metrics, deeper])}
    gain = measured("depth_gain", "rms", TRANSFORMER | {"blocks": 8}, results)
    assert gain.values.to_numpy() == pytest.approx(-0.03)


# ---------------------------------------------------------------- tables


def test_the_table_has_a_row_for_each_method_batch_and_network():
    rows = table("tuned")
    assert len(rows) == 3 * 2 + 2 * 3
    means = rows.query("network == 'vision_transformer'").set_index(["method", "warm_up"])["mean"]
    assert means["ln", 0.1] - means["ln", 0.0] == pytest.approx(0.01)
    perceptron = rows[rows["network"] == "perceptron"].set_index(["method", "batch"])
    assert perceptron.loc[("bn", 240), "best_rate"] == pytest.approx(0.4)
    assert perceptron.loc[("base", 15), "best_rate"] == pytest.approx(0.1)
    assert not rows["at_end"].any()
    assert perceptron.loc[("bn", 60), "base_pairs"] == 4


def test_figures_have_a_panel_for_each_network_that_they_are_of():
    panels = {"quality": 5, "by_batch": 1, "warm_up": 1, "by_rate": 5}
    for kind, expected in panels.items():
        figure = synthetic.draw("tuned_alike", kind, table(kind))
        assert len([axis for axis in figure.axes if axis.get_visible()]) == expected, kind
    drawn = synthetic.draw("tuned_alike", "by_batch", table("by_batch")).axes[0]
    assert drawn.get_ylabel() == "best rate (log axis)"
