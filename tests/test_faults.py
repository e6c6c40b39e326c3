"""Each mistaken batch normalization against NumPy in float64, and the rule by which mistakes are judged."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import synthetic
import tensorflow as tf
from layers import Layer

from bnlab.experiments.faults import analysis
from bnlab.networks import loading
from bnlab.study import validation
from bnlab.study.experiments import experiments
from bnlab.study.names import ALL_RECIPES

STUDY = validation.read([Path(__file__).parents[1] / "config.yaml"])
METHODS = experiments()["faults"].methods

UNITS, FAN_IN, ROWS = 5, 7, 9
EXACT = {"rtol": 1e-10, "atol": 1e-12}


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def make(name, rng, activation="sigmoid"):
    """A float64 layer whose trained variables are random; the name is what follows ``bn_fault_``."""
    method = loading.method(**STUDY.method_arguments(f"bn_fault_{name}"))
    layer = Layer(method, UNITS, FAN_IN, activation)
    layer.randomize(rng, gamma=0.5, other=0.5)
    return layer


def rows_of_data(rng, rows=ROWS):
    return rng.normal(0.5, 2, size=(rows, FAN_IN))


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def value(layer, name):
    """A variable, or what stands in its place."""
    return layer[name] if name in layer.by_name else getattr(layer.block.normalizer, name)


def normalized(layer, u, mean, variance, epsilon=1e-3):
    """γ·(u − μ)/√(σ² + ε) + β."""
    return value(layer, "gamma") * (u - mean) / np.sqrt(variance + epsilon) + value(layer, "beta")


def own(layer, u, epsilon=1e-3):
    """``normalized`` by the statistics of the rows of u."""
    return normalized(layer, u, u.mean(axis=0), u.var(axis=0), epsilon)


def product(layer, x):
    return x @ value(layer, "kernel")


def kernel_gradient(layer, x, weights):
    """Return the gradient of Σ weights·y by the kernel, in training mode."""
    return layer.gradients(x, weights)["kernel"]


TRAINS_AS_BN = [
    "stop_gradient",
    "stop_gradient_fixed_affine",
    "batch_at_inference_60",
    "batch_at_inference_8",
    "batch_at_inference_1",
    "statistics_never_updated",
    "momentum_0.999",
    "training_mode_evaluation",
]


@pytest.mark.parametrize("method", TRAINS_AS_BN)
def test_a_fault_of_the_gradient_or_of_inference_has_the_output_of_bn_in_training(rng, method):
    layer, x = make(method, rng), rows_of_data(rng)
    expected = sigmoid(own(layer, product(layer, x)))
    np.testing.assert_allclose(layer(x, training=True), expected, **EXACT)


@pytest.mark.parametrize("method", ["stop_gradient", "stop_gradient_fixed_affine"])
def test_statistics_outside_the_gradient_are_constants_to_it(rng, method):
    layer, x, weights = make(method, rng, None), rows_of_data(rng), rng.normal(size=(ROWS, UNITS))
    scale = value(layer, "gamma") / np.sqrt(product(layer, x).var(axis=0) + 1e-3)
    np.testing.assert_allclose(kernel_gradient(layer, x, weights), x.T @ (weights * scale), **EXACT)
    layer(x, training=True)
    assert layer["moving_mean"] == pytest.approx(0.01 * product(layer, x).mean(axis=0))
    inference = normalized(
        layer, product(layer, x), value(layer, "moving_mean"), value(layer, "moving_variance")
    )
    np.testing.assert_allclose(layer(x), inference, **EXACT)


def test_a_fixed_gamma_and_beta_are_one_and_zero_and_no_variables(rng):
    layer = make("stop_gradient_fixed_affine", rng)
    assert layer.names(trainable=True) == ["kernel"]
    assert (value(layer, "gamma"), value(layer, "beta")) == (1, 0)


def test_moving_averages_in_training_are_those_before_the_batch(rng):
    layer, x = make("moving_in_training", rng, None), rows_of_data(rng)
    u = product(layer, x)
    np.testing.assert_allclose(
        layer(x, training=True), normalized(layer, u, np.zeros(UNITS), np.ones(UNITS)), **EXACT
    )
    mean, variance = 0.01 * u.mean(axis=0), 0.99 + 0.01 * u.var(axis=0)
    second = normalized(layer, u, mean, variance)
    np.testing.assert_allclose(layer(x), second, **EXACT)
    np.testing.assert_allclose(layer(x, training=True), second, **EXACT)
    weights = rng.normal(size=(ROWS, UNITS))
    layer["moving_mean"], layer["moving_variance"] = mean, variance
    expected = x.T @ (weights * value(layer, "gamma") / np.sqrt(variance + 1e-3))
    np.testing.assert_allclose(kernel_gradient(layer, x, weights), expected, **EXACT)


@pytest.mark.parametrize(
    ("method", "together"),
    [
        ("batch_at_inference_60", 60),
        ("batch_at_inference_8", 8),
        ("batch_at_inference_1", 1),
    ],
)
@pytest.mark.parametrize("compiled", [False, True])
def test_groups_of_consecutive_rows_are_normalized_by_themselves(rng, method, together, compiled):
    layer, x = make(method, rng), rows_of_data(rng, 130)
    groups = [product(layer, x[i : i + together]) for i in range(0, 130, together)]
    expected = np.concatenate([sigmoid(own(layer, u)) for u in groups])
    call = tf.function(layer.block, jit_compile=compiled, autograph=False)
    np.testing.assert_allclose(call(tf.constant(x)), expected, **EXACT)
    assert layer.names(trainable=False) == []


def test_a_row_normalized_by_itself_is_lost(rng):
    layer = make("batch_at_inference_1", rng)
    y = layer(rows_of_data(rng))
    assert (y == y[0]).all()
    np.testing.assert_allclose(y[0], sigmoid(value(layer, "beta")), **EXACT)


def test_statistics_that_are_never_updated_stay_zero_and_one(rng):
    layer, x = make("statistics_never_updated", rng), rows_of_data(rng)
    layer(x, training=True)
    expected = sigmoid(normalized(layer, product(layer, x), 0.0, 1.0))
    np.testing.assert_allclose(layer(x), expected, **EXACT)


def test_a_slow_average_keeps_999_parts_in_1000(rng):
    layer, x = make("momentum_0.999", rng), rows_of_data(rng)
    layer(x, training=True)
    u = product(layer, x)
    expected = sigmoid(normalized(layer, u, 0.001 * u.mean(0), 0.999 + 0.001 * u.var(0)))
    np.testing.assert_allclose(layer(x), expected, **EXACT)


def test_normalization_before_the_dense_layer_is_of_its_inputs(rng):
    layer, x = make("before_dense", rng), rows_of_data(rng)
    assert layer["gamma"].shape == layer["moving_variance"].shape == (FAN_IN,)
    expected = sigmoid(product(layer, own(layer, x)) + value(layer, "bias"))
    np.testing.assert_allclose(layer(x, training=True), expected, **EXACT)
    inside = normalized(layer, x, 0.01 * x.mean(0), 0.99 + 0.01 * x.var(0))
    expected = sigmoid(product(layer, inside) + value(layer, "bias"))
    np.testing.assert_allclose(layer(x), expected, **EXACT)


def test_normalization_after_the_activation_is_of_the_outputs(rng):
    layer, x = make("after_activation", rng), rows_of_data(rng)
    a = sigmoid(product(layer, x) + value(layer, "bias"))
    np.testing.assert_allclose(layer(x, training=True), own(layer, a), **EXACT)
    expected = normalized(layer, a, 0.01 * a.mean(0), 0.99 + 0.01 * a.var(0))
    np.testing.assert_allclose(layer(x), expected, **EXACT)
    inputs = layer.pre_activation(x)
    np.testing.assert_allclose(inputs, product(layer, x) + value(layer, "bias"), **EXACT)


def test_epsilon_is_one(rng):
    layer, x = make("epsilon_1", rng), rows_of_data(rng)
    expected = sigmoid(own(layer, product(layer, x), epsilon=1))
    np.testing.assert_allclose(layer(x, training=True), expected, **EXACT)


def test_evaluation_in_training_mode_normalizes_rows_by_themselves(rng):
    layer, x = make("training_mode_evaluation", rng), rows_of_data(rng)
    expected = sigmoid(own(layer, product(layer, x)))
    np.testing.assert_allclose(layer(x, training=False), expected, **EXACT)


# ---------------------------------------------------------------- which of them a study trains


def test_a_fault_is_reached_only_by_a_name_that_says_so():
    assert all(name.startswith("bn_fault_") for name in METHODS)
    for name, method in STUDY.methods.items():
        of_faults = "experiments/faults/" in (method.normalizer or "")
        assert not of_faults or name.startswith("bn_fault_"), name
    used = {run.method for run in STUDY.runs("learning_curves") + STUDY.runs("batch_size")}
    assert not any(name.startswith("bn_fault_") for name in used)


def test_a_study_without_the_experiment_has_none_of_its_methods():
    left = {name: runs for name, runs in STUDY.experiments.items() if name != "faults"}
    plain = validation.read([Path(__file__).parents[1] / "config.yaml"]).model_dump()
    config = {**plain, "experiments": {name: plain["experiments"][name] for name in left}}
    config["methods"] = {n: m for n, m in plain["methods"].items() if not n.startswith("bn_fault_")}
    study = validation.load(config, [])
    assert set(study.methods) == set(STUDY.methods) - set(METHODS)


def test_every_fault_is_in_the_list_of_mistakes_and_trained_on_fresh_seeds():
    runs = STUDY.runs("faults")
    for run in runs:
        fault = analysis.mistake(run.method, run.recipe)
        plain = run[1::2] in {(m, "faults_epochs91_lr0.01") for m in ("base", "bn")}
        assert (fault.code == analysis.NO_CODE) == plain, run
        assert STUDY.recipes[run.recipe].seed not in (None, STUDY.seed)
    assert {run.method for run in runs} >= set(analysis.MISTAKES)
    assert {(run.method, run.recipe) for run in runs} >= set(analysis.VARIANTS)


# ---------------------------------------------------------------- the rule

EPOCHS = range(1, 11)
F1, F2, F12 = "bn_fault_stop_gradient", "bn_fault_stop_gradient_fixed_affine", "bn_fault_epsilon_1"


def run(method, test, train=0.9, early=0.85, recipe="long", epochs=EPOCHS, replicates=4):
    """A run whose test accuracy is ``test`` throughout (for base, a function of the epoch)."""
    rows = []
    for replicate in range(replicates):
        noise = 0.0002 * (replicate - (replicates - 1) / 2)
        for epoch in epochs:
            end = test(epoch) if callable(test) else test
            in_training = early if epoch <= 3 else train
            for split, statistics, accuracy in (
                ("train", "batch", in_training),
                ("validation", "moving", 0.0),
                ("test", "moving", end),
                ("test", "population", 0.0),
            ):
                rows.append((replicate, 100 * epoch, epoch, split, statistics, accuracy + noise))
    columns = ["replicate", "step", "epoch", "split", "statistics", "accuracy"]
    lead = {"dataset": "mnist", "method": method, "batch": 60, "recipe": recipe}
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(**lead, learning_rate=0.01, loss=1.0, failed=False)


BASE = run("base", lambda epoch: 0.90 + 0.005 * epoch, train=0.941)
"""At 94 % in epoch 8; its training accuracy is within 0.3 points of 94 % from epoch 4 on."""


def compatibility(*runs):
    return analysis.compatibility(pd.concat([BASE, *runs]))


def verdict(*runs):
    """Verdict and reason of the last of these runs."""
    table = compatibility(*runs)
    row = table[table["method"] == runs[-1]["method"].iloc[0]].iloc[0]
    return row["verdict"], row["reason"]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (run(F2, 0.907), ("compatible", "")),
        (run(F2, 0.9021), ("compatible", "")),
        (run(F2, 0.9119), ("compatible", "")),
        (run(F2, 0.9125), ("excluded", "too high")),
        (run(F2, 0.9015), ("excluded", "too low")),
        (run(F2, 0.9018), ("undecided", "barely too low")),
        (run(F2, 0.907, early=0.795), ("excluded", "slow start")),
        (run(F2, 0.5, early=0.795), ("excluded", "slow start and too low")),
        (run(F2, 0.907, epochs=range(1, 7)), ("undecided", "stopped before Base's epoch")),
        (run(F2, 0.5, epochs=range(1, 7)), ("undecided", "stopped before Base's epoch")),
        (run(F2, 0.93, epochs=range(1, 7)), ("excluded", "too high")),
        (run(F2, 0.9121, epochs=range(1, 7)), ("undecided", "stopped before Base's epoch")),
        (run(F2, 0.907, early=0.5, epochs=range(1, 7)), ("excluded", "slow start")),
        (run(F2, np.nan), ("excluded", "no replicate left")),
    ],
)
def test_a_verdict_follows_from_the_accuracy_at_the_epoch_of_base_and_from_the_start(
    fault, expected
):
    assert verdict(fault) == expected


def test_a_mistake_is_judged_at_the_epoch_at_which_base_is_nearest_to_94_percent():
    table = compatibility(run(F2, lambda epoch: 0.907 if epoch == 8 else 0.5)).set_index("method")
    assert (table.loc[F2, "base_epoch"], table.loc[F2, "epoch"]) == (8, 8)
    assert table.loc[F2, "verdict"] == "compatible"
    assert table.loc[F2, "mean"] == pytest.approx(0.907)
    assert 0 < table.loc[F2, "high"] - table.loc[F2, "low"] < 0.001
    assert (table.loc["base", "verdict"], table.loc["base", "mean"]) == (
        "reference",
        pytest.approx(0.94),
    )


def test_nothing_is_compatible_where_base_is_never_near_94_percent():
    weak = run("base", lambda epoch: 0.90 + 0.003 * epoch)
    table = analysis.compatibility(pd.concat([weak, run(F2, 0.907), run(F12, 0.907, early=0.3)]))
    verdicts = table.set_index("method")["verdict"]
    assert (verdicts[F2], verdicts[F12]) == ("undecided", "excluded")


def test_a_mix_up_is_read_off_the_curves_of_base_and_bn():
    table = compatibility(run("bn", 0.97, train=0.907)).query("code == 'F15' and quoted == quoted")
    by_split = table.set_index("quoted")
    assert by_split.loc["train", ["mean", "epoch"]].tolist() == [pytest.approx(0.907), 8]
    assert by_split.loc["train", "verdict"] == "compatible"
    assert by_split.loc["test", ["mean", "epoch"]].tolist() == [pytest.approx(0.97), 4]
    assert by_split.loc["test", "reason"] == "too high"


def test_what_was_not_trained_is_said_with_its_reason():
    table = compatibility(run("bn", 0.97)).query("verdict == 'not tested here'")
    assert set(table["code"]) == {"F10", "F11", "F13"}
    assert table["reason"].str.len().min() > 20


def test_a_method_with_a_recipe_of_its_own_has_a_row_and_a_curve_of_its_own():
    (slow, recipe), small = next(iter(analysis.VARIANTS.items()))
    runs = pd.concat([BASE, run("bn", 0.97), run(slow, 0.907, recipe=recipe)])
    metrics = {
        kind: synthetic.tabulated(
            "faults", kind, {"metrics": runs}, "mnist", ALL_RECIPES, "MNIST", {"bn": "BN"}
        )
        for kind in ("faults", "compatibility")
    }
    for table in metrics.values():
        assert set(table.loc[table["trained_with"] == recipe, "code"]) == {small.code}
    curve = metrics["faults"].query("trained_with == @recipe and split == 'test'")
    assert curve["epoch"].tolist() == list(EPOCHS)
    assert set(curve["verdict"]) == {"compatible"}
