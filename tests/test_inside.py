"""Tables, quantities and findings of what happens inside a network, from made-up probes whose law is known."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import synthetic
import tensorflow as tf

from bnlab.analysis import profiles
from bnlab.experiments import quantity
from bnlab.experiments.landscape import analysis as landscape
from bnlab.experiments.outside_the_gradient import analysis as outside_the_gradient
from bnlab.experiments.outside_the_gradient.normalizers import (
    Centred,
    CentredOutside,
    NormalizedOutside,
)
from bnlab.networks.normalizers.bn_with_noise import BNWithNoise
from bnlab.networks.normalizers.noise import Noise
from bnlab.page.findings import sentences
from bnlab.study.experiments import experiments

SOURCES = synthetic.sources()
MEAN = 1.015
"""Mean over four replicates of 1 + 0.01·replicate."""


def table(experiment, kind):
    where = ("digits", synthetic.recipe(experiment), "Digits", synthetic.LABELS)
    return synthetic.tabulated(experiment, kind, SOURCES[experiment], *where)


def measured(experiment, name, method, **settings):
    """A quantity of a method by replicate."""
    effect = SimpleNamespace(**{"rate": None, "batch": 60, "statistics": "moving"} | settings)
    results = SOURCES[experiment]
    if "layers" in settings:
        results = {
            source: rows[
                (rows["layers"] == settings["layers"])
                & (rows["activation"] == settings["activation"])
                & (rows["learning_rate"] == 0.1)
            ]
            for source, rows in results.items()
        }
    return quantity(experiment, name)(results, effect, method)


# ---------------------------------------------------------------- profiles


def test_a_layer_has_the_mean_of_its_steps_but_the_start_and_a_step_the_median_of_its_layers():
    rows = pd.DataFrame(
        [
            ("m", 1, 0.1, 0, step, layer, value)
            for step, values in {0: (900, 900), 1: (1, 2), 2: (3, 5), 9: (7, 10)}.items()
            for layer, value in enumerate(values, 1)
        ],
        columns=["method", "batch", "learning_rate", "replicate", "step", "layer", "x"],
    )
    layers = profiles.of_replicates(rows, ["x"], "layer").set_index("at")["value"]
    by_hand = {1: (1 * 1 + 3 * 1 + 7 * 7) / 9, 2: (2 * 1 + 5 * 1 + 10 * 7) / 9}
    assert layers.to_dict() == pytest.approx(by_hand)
    only = profiles.of_replicates(rows, ["x"], "layer", first=2)
    assert only["at"].tolist() == [2]
    steps = profiles.of_replicates(rows, ["x"], "step").set_index("at")["value"]
    assert steps.to_dict() == {0: 900, 1: 1.5, 2: 4, 9: 8.5}


def test_a_replicate_without_values_at_the_end_has_none_at_all():
    rows = table("covariate_shift", "gradient_shift").set_index(["method", "measure", "view", "at"])
    row = rows.loc[("ln", "relative", "layer", 2)]
    assert (row["n"], row["diverged"], row["replicates"]) == (3, 1, 4)
    assert row["mean"] == pytest.approx(0.2 * 1.01)


# ---------------------------------------------------------------- covariate shift


def test_layers_that_have_some_before_them_are_counted_and_compared_with_base():
    rows = table("covariate_shift", "shifts").set_index(["method", "measure", "phase"])
    assert rows.loc[("base", "relative", "end"), "mean"] == pytest.approx(0.15 * MEAN)
    for phase in ("learning", "end", "equal_loss"):
        assert rows.loc[("bn", "relative", phase), "ratio"] == pytest.approx(2)
        assert rows.loc[("bn", "sliced", phase), "ratio"] == pytest.approx(0.5)
    shift = measured("covariate_shift", "gradient_shift", "bn", phase="end")
    assert shift.mean() == pytest.approx(0.3 * MEAN)
    moved = measured("covariate_shift", "output_shift_in_spreads", "base", phase="learning")
    assert moved.mean() == pytest.approx(0.2 * MEAN)
    normal = measured("covariate_shift", "distance_from_normal", "base", layer=2, phase="end")
    assert normal.tolist() == [0.5] * 4


# ---------------------------------------------------------------- noise


def test_the_gain_kept_is_a_share_of_that_of_batch_normalization():
    assert measured("noisy_bn", "gain_kept", "bn").tolist() == pytest.approx([1] * 4)
    assert measured("noisy_bn", "gain_kept", "base").tolist() == pytest.approx([0] * 4)
    (row,) = table("noisy_bn", "gain_kept").itertuples()
    expected = measured("noisy_bn", "gain_kept", "noisy_bn").mean()
    assert (row.method, row.mean) == ("noisy_bn", pytest.approx(expected))


def test_noise_that_takes_the_gain_on_one_data_set_has_its_sentence_too():
    kept = {"method": "noisy_bn", "dataset_label": ["A", "B"], "mean": [0.9, 0.4]}
    rows = pd.DataFrame(kept).assign(
        low=lambda t: t["mean"] - 0.05, high=lambda t: t["mean"] + 0.05
    )
    finding = experiments()["noisy_bn"].findings[0]
    assert sentences(finding, lambda kind: rows) == [
        "Stable inputs of layers are not the whole reason why batch normalization helps.",
        "Noise that makes inputs of layers unstable leaves BN 90 % of its gain in training accuracy on A.",
        "Noise that makes inputs of layers unstable takes more than half of BN's gain in training accuracy on B.",
    ]


def built(noise, features=400, seed=3):
    layer = noise.build_for(features, "layer", "float64")
    layer.key = np.random.default_rng(seed).normal(size=2)
    return layer


def test_every_step_has_noise_of_its_own_with_the_published_constants():
    u = np.random.default_rng(1).normal(size=(2000, 400))
    layer, shifts, scales = built(Noise()), [], []
    for _ in range(3):
        noisy = layer.normalize(u, training=True).numpy()
        slope = ((u - u.mean(0)) * (noisy - noisy.mean(0))).mean(0) / u.var(0)
        shifts.append((noisy - slope * u).mean(0))
        scales.append(slope)
        left = noisy - slope * u - shifts[-1]
        # r is uniform within 0.1 of its mean, s normal with a deviation of 0.1 about its own
        assert left.var() == pytest.approx(0.2**2 / 12 + 0.01 * (u**2).mean(), rel=0.05)
    for values, (low, high) in ((shifts, (-0.5, 0.5)), (scales, (1.0, 1.25))):
        assert np.min(values) == pytest.approx(low, abs=0.02)
        assert np.max(values) == pytest.approx(high, abs=0.02)
        assert abs(np.corrcoef(values)[np.triu_indices(3, 1)]).max() < 0.2


def test_noise_differs_between_replicates_and_layers_and_is_the_same_for_the_same_key():
    u = np.ones((3, 5))
    one, same, other = (built(Noise(), 5, seed).normalize(u, training=True) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert abs(one - other).numpy().max() > 0.01


def test_without_training_there_is_no_noise_and_after_normalization_it_is_normalized_first():
    u = np.random.default_rng(2).normal(3, 2, (500, 400))
    layer = built(BNWithNoise())
    noisy = layer.normalize(u, training=True).numpy()
    assert abs(noisy.mean(0)).max() <= 0.55
    assert layer.shifts
    np.testing.assert_array_equal(built(Noise()).normalize(u, training=False), u)
    quiet = layer.normalize(u, training=False).numpy()
    expected = (u - layer.moving_mean) / np.sqrt(layer.moving_variance + 1e-3)
    np.testing.assert_allclose(quiet, expected, rtol=1e-9)


# ---------------------------------------------------------------- landscape


def test_along_a_parabola_range_and_smoothness_are_known():
    """L = 1 + c·d²/2 with c = 1 for base; distances up to 1 by rate and up to 0.08 by weights of length 4."""
    actual = landscape.along_the_gradient(SOURCES["landscape"]["landscape"])
    base = actual[(actual["method"] == "base") & (actual["replicate"] == 0)].iloc[0]
    assert base["loss_range"] == pytest.approx(0.5)
    assert base["gradient_change"] == pytest.approx(1.0)
    assert base["smoothness"] == pytest.approx(1.0)
    assert base["loss_range_in_weights"] == pytest.approx(0.08**2 / 2)
    assert base["gradient_change_in_weights"] == pytest.approx(0.08 / 5)
    assert base["smoothness_in_weights"] == pytest.approx(16)
    bn = measured("landscape", "smoothness", "bn", phase="end")
    base = measured("landscape", "smoothness", "base", phase="end")
    assert (bn / base).tolist() == pytest.approx([0.25] * 4)


def test_around_a_bowl_the_rise_is_that_of_the_bowl_and_nothing_curves_down():
    actual = landscape.around_the_weights(SOURCES["landscape"]["loss_surface"])
    base = actual[(actual["method"] == "base") & (actual["replicate"] == 1)].set_index("distance")
    assert base["rise"].to_dict() == pytest.approx({d: 1.01 * d**2 for d in np.linspace(0, 1, 5)})
    assert (actual["concave"] == 0).all()
    assert measured("landscape", "rise", "bn", statistics="batch").iloc[0] == pytest.approx(0.75)


def test_where_a_line_bends_down_it_is_counted():
    assert landscape.share_concave(pd.Series([0, 1, 4, 9, 10, 10.5])) == pytest.approx(0.5)
    assert np.isnan(landscape.share_concave(pd.Series([0, np.nan, 4])))


def test_the_plane_is_that_of_one_replicate_with_every_kind_of_statistics():
    plane = table("landscape", "surface")
    assert plane.groupby(["method", "statistics"]).size().to_dict() == {
        ("base", "moving"): 81,
        ("bn", "moving"): 81,
        ("bn", "batch"): 81,
    }


# ---------------------------------------------------------------- depth


def test_the_imbalance_is_counted_in_decades_between_the_hidden_layers():
    where = {"layers": 6, "activation": "relu"}
    assert measured("depth", "gradient_imbalance", "base", **where).tolist() == pytest.approx(
        [2] * 4
    )
    assert measured("depth", "gradient_imbalance", "bn", **where).tolist() == [0] * 4
    changed = measured("depth", "amplification", "base", **where)
    assert changed.tolist() == pytest.approx([9] * 4)
    in_spreads = measured("depth", "amplification_in_spreads", "base", **where)
    assert in_spreads.tolist() == pytest.approx([0.25] * 4)


def test_a_replicate_at_chance_is_lost_and_one_that_trains_is_not():
    deep = {"layers": 6, "activation": "sigmoid"}
    assert measured("depth", "failed_share", "base", **deep).tolist() == [1] * 4
    assert measured("depth", "failed_share", "bn", **deep).tolist() == [0] * 4
    rows = table("depth", "depths").set_index(["method", "activation", "layers"])
    assert rows.loc[("base", "sigmoid", 6), "lost"] == 4
    assert rows.loc[("bn", "sigmoid", 6), "lost_p"] == pytest.approx(2 / 70)
    assert rows.loc[("base", "sigmoid", 3), "lost"] == 0


def test_each_network_is_shown_at_the_best_of_its_own_rates():
    assert set(table("depth", "depths")["learning_rate"]) == {0.1}


# ---------------------------------------------------------------- outside the gradient, whitening


def test_biases_are_those_of_hidden_layers_together():
    lengths = outside_the_gradient.lengths(SOURCES["outside_the_gradient"]["norms"])
    end = lengths[(lengths["method"] == "bn") & (lengths["step"] == 1000)]
    assert end["length"].tolist() == pytest.approx([50 * (1 + 0.01 * i) for i in range(4)])
    grown = measured("outside_the_gradient", "bias_norm", "base")
    assert grown.iloc[0] == pytest.approx(5)


def test_what_grows_by_the_same_at_every_step_is_on_a_line():
    straight = measured("outside_the_gradient", "bias_linearity", "bn")
    assert straight.tolist() == pytest.approx([1] * 4)
    assert (measured("outside_the_gradient", "bias_linearity", "base") < 0.95).all()


@pytest.mark.parametrize(("method", "exponent"), [("whitening", 3), ("bn", 1)])
def test_the_exponent_of_the_cost_is_that_of_what_is_added_to_base(method, exponent):
    actual = measured("whitening_cost", "cost_exponent", method)
    assert actual.tolist() == pytest.approx([exponent] * 2)


def outside(normalizer, u, steps, rate, gradient):
    """Steps of gradient descent on the bias alone: its values, and the outputs at each."""
    layer = normalizer(epsilon=1e-12).build_for(u.shape[1], "n", "float64")
    biases_seen, outputs = [], []
    for _ in range(steps):
        with tf.GradientTape() as tape:
            tape.watch(layer.bias)
            y = layer.normalize(tf.constant(u), training=True)
            loss = tf.reduce_sum(y * gradient)
        biases_seen.append(np.array(layer.bias))
        outputs.append(y.numpy())
        layer.bias = layer.bias - rate * tape.gradient(loss, layer.bias)
    return np.array(biases_seen), np.array(outputs)


def test_a_bias_whose_mean_is_outside_the_gradient_grows_on_a_line_and_changes_nothing():
    """Ioffe & Szegedy 2015, section 2: b ← b − η·Σg at every step, while u + b − E[u + b] stays."""
    rng = np.random.default_rng(4)
    u, gradient = rng.normal(size=(20, 3)), rng.normal(0.5, 1, (20, 3))
    seen, outputs = outside(CentredOutside, u, 50, 0.1, gradient)
    expected = -0.1 * np.arange(50)[:, None] * gradient.sum(axis=0)
    np.testing.assert_allclose(seen, expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(outputs, np.broadcast_to(outputs[0], outputs.shape), atol=1e-10)


def test_inside_the_gradient_the_same_bias_does_not_move():
    rng = np.random.default_rng(5)
    u, gradient = rng.normal(size=(20, 3)), rng.normal(0.5, 1, (20, 3))
    seen, _ = outside(Centred, u, 5, 0.1, gradient)
    np.testing.assert_allclose(seen, 0, atol=1e-10)


def test_with_the_scale_outside_too_it_grows_in_units_of_the_spread():
    rng = np.random.default_rng(6)
    u, gradient = 0.01 * rng.normal(size=(20, 3)), rng.normal(0.5, 1, (20, 3))
    seen, outputs = outside(NormalizedOutside, u, 30, 0.1, gradient)
    expected = -0.1 * np.arange(30)[:, None] * gradient.sum(axis=0) / u.std(axis=0)
    np.testing.assert_allclose(seen, expected, rtol=1e-6)
    np.testing.assert_allclose(outputs, np.broadcast_to(outputs[0], outputs.shape), atol=1e-6)
    with_mean, _ = outside(CentredOutside, u, 30, 0.1, gradient)
    assert (abs(seen[-1]) > 50 * abs(with_mean[-1])).all()


# ---------------------------------------------------------------- inputs


def test_inputs_are_compared_at_the_best_rate_of_each():
    rows = table("input_scaling", "best").set_index("method")
    assert set(rows["learning_rate"]) == {0.1}
    assert rows.loc["whitened_inputs", "difference"] == pytest.approx(0.02)
    assert rows.loc["whitened_inputs", "during_difference"] == pytest.approx(0.02)
