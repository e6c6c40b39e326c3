"""Layers of Keras as normalizers: the same as this library's own, with every trap of their state and start."""

from __future__ import annotations

import random

import keras
import numpy as np
import pytest
import tensorflow as tf
from test_training import PROBES, split  # noqa: F401  (a fixture)

from bnlab.networks import trial
from bnlab.networks.adapters import facts
from bnlab.networks.adapters.keras_layer import KerasLayer
from bnlab.networks.block import Method
from bnlab.networks.network import initial_values
from bnlab.networks.normalizers.bn import BN
from bnlab.networks.normalizers.gn import GN
from bnlab.networks.normalizers.ln import LN
from bnlab.networks.perceptron import Perceptron
from bnlab.small_networks import Images as Pixels
from bnlab.study.registry import find
from bnlab.study.sentences import option_problems
from bnlab.training import run as running
from bnlab.training.optimizers import SGD
from bnlab.training.schedule import row_order
from bnlab.training.settings import Settings
from bnlab.training.trainer import Trainer, stored

LAYERS = keras.layers


class RMSOnce(keras.layers.Layer):
    """u over its root mean square, without ``training`` and without keyword arguments."""

    def __init__(self, epsilon=1e-3):
        super().__init__()
        self.epsilon = epsilon

    def call(self, u):
        return u / keras.ops.sqrt(keras.ops.mean(u * u, axis=-1, keepdims=True) + self.epsilon)


class Nested(keras.layers.Layer):
    """Batch normalization within a layer whose ``call`` takes no ``training``."""

    def __init__(self):
        super().__init__()
        self.inner = keras.layers.BatchNormalization()

    def call(self, u):
        return self.inner(u)


class Mixing(keras.layers.Layer):
    """u times a kernel that is drawn, plus a variable that starts at a half."""

    def build(self, shape):
        square = (shape[-1], shape[-1])
        self.kernel = self.add_weight(shape=square, name="kernel", initializer="glorot_uniform")
        self.half = self.add_weight(
            shape=shape[-1:], name="half", initializer=keras.initializers.Constant(0.5)
        )

    def call(self, u):
        return keras.ops.matmul(u, self.kernel) + self.half


class Counting(keras.layers.Layer):
    """u over the number of batches so far, which is a whole number."""

    def build(self, shape):
        self.batches = self.add_weight(
            shape=(), name="moving_batches", dtype="int32", initializer="zeros", trainable=False
        )

    def call(self, u, training=False):
        if training:
            self.batches.assign(self.batches + 1)
        return u / keras.ops.cast(keras.ops.maximum(self.batches, 1), u.dtype)


class Unbiased(keras.layers.Layer):
    """Batch normalization whose average is of unbiased variances, by names that say nothing."""

    def build(self, shape):
        self.a = self.add_weight(shape=shape[-1:], name="a", initializer="zeros", trainable=False)
        self.b = self.add_weight(shape=shape[-1:], name="b", initializer="ones", trainable=False)

    def call(self, u, training=False):
        mean, variance = self.a, self.b
        if training:
            mean, variance = keras.ops.moments(u, axes=[0])
            rows = keras.ops.cast(keras.ops.shape(u)[0], u.dtype)
            self.a.assign(0.9 * self.a + 0.1 * mean)
            self.b.assign(0.9 * self.b + 0.1 * variance * rows / (rows - 1))
        return (u - mean) / keras.ops.sqrt(variance + 1e-3)


class Corrected(keras.layers.Layer):
    """An average whose start at 0 is corrected by a count, so that no step of it is linear."""

    def build(self, shape):
        self.sum = self.add_weight(
            shape=shape[-1:], name="sum", initializer="zeros", trainable=False
        )
        self.n = self.add_weight(shape=(), name="n", initializer="zeros", trainable=False)

    def call(self, u, training=False):
        if training:
            self.n.assign(self.n + 1)
            self.sum.assign(self.sum + (keras.ops.mean(u, axis=0) - self.sum) / self.n)
        return u - self.sum


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def method_of(layer, **options):
    return Method(normalizer=KerasLayer.of(layer), options=options)


def population_of(method: Method, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Return the state of a normalizer of 12 features by Algorithm 2, over batches of rows (batches, m, 12)."""
    network = Perceptron([12]).build_for(method, [12], 2, "linear", "glorot_uniform", "float64")
    x = rows.reshape(-1, 12)
    trainer = Trainer(network, x, np.zeros(len(x), np.int32), SGD())
    values = [
        tf.eye(12, dtype="float64") if v.path == "hidden1/kernel" else tf.ones(v.shape, "float64")
        for v in network.trainable
    ]
    state = [tf.ones(v.shape, "float64") for v in network.state]
    order = tf.constant(np.arange(len(x)).reshape(rows.shape[:2]))
    after = trainer.population_state(stored(values), state, order)
    return {v.path: value.numpy() for v, value in zip(network.state, after, strict=True)}


def run_of(split, method, batch=20, seed=3, **changes):  # noqa: F811
    chosen = {
        "activation": "sigmoid",
        "initializer": "glorot_uniform",
        "learning_rate": 0.2,
        "steps": 300,
        "first_epoch": 1,
        "later": 1,
    }
    settings = Settings(**(chosen | changes))
    probes = {name: PROBES[name] for name in ("weights", "predictions")}
    return running.Run(split, Perceptron([20, 16]), method, settings, batch, seed, probes)


SGD_MOMENTUM = {"learning_rate": 0.02, "optimizer": {"sgd": {"momentum": 0.9}}}
PAIRS = {
    "bn": (BN, LAYERS.BatchNormalization, {"momentum": 0.9, "epsilon": 0.01}, SGD_MOMENTUM),
    "bn by adam": (
        BN,
        LAYERS.BatchNormalization,
        {},
        {"optimizer": {"adam": {}}, "learning_rate": 1e-3},
    ),
    "ln": (LN, LAYERS.LayerNormalization, {}, SGD_MOMENTUM),
    # Where a group of four is nearly constant, rounding grows: a thousandfold from step 100 to 300.
    "gn": (GN, LAYERS.GroupNormalization, {"groups": 4}, SGD_MOMENTUM | {"steps": 100}),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_a_layer_of_keras_trains_as_the_same_layer_of_this_library(split, pair):  # noqa: F811
    own, layer, options, changes = PAIRS[pair]
    methods = Method(normalizer=own, options=options), method_of(layer, **options)
    ours, theirs = (running.train(run_of(split, each, **changes), 2) for each in methods)
    weights, others = ours.records["weights"], theirs.records["weights"]
    assert set(weights) == set(others)
    for path, value in weights.items():
        np.testing.assert_allclose(others[path], value, rtol=0, atol=1e-5, err_msg=path)
    assert ours.parameters == theirs.parameters
    history, other = ours.history, theirs.history
    assert list(history["statistics"]) == list(other["statistics"])
    np.testing.assert_allclose(other["loss"], history["loss"], atol=1e-5)


def test_population_statistics_of_keras_batch_normalization_are_those_of_algorithm_2(split):  # noqa: F811
    m, batches = 7, 20
    settings = ("sigmoid", "glorot_uniform", "float64")
    methods = Method(normalizer=BN), method_of(LAYERS.BatchNormalization)
    ours, theirs = (Perceptron([20, 16]).build_for(each, [64], 10, *settings) for each in methods)
    rng = np.random.default_rng(5)
    values = stored([tf.constant(rng.uniform(-1, 1.5, v.shape)) for v in ours.trainable])
    state = [tf.constant(rng.uniform(1, 2, v.shape)) for v in ours.state]
    order = tf.constant(row_order(np.random.SeedSequence(6), 1000, m, batches))
    x, y = split.x_train.astype(np.float64), split.y_train
    expected, actual = (
        Trainer(each, x, y, SGD()).population_state(values, state, order) for each in (ours, theirs)
    )
    for a, b in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10)


def populations(layer, rows, **options):
    """Values of the state of one layer before and after the batches ``rows`` (batches, m, features) as Algorithm 2."""
    method = method_of(layer, **options)
    network = Perceptron([12]).build_for(method, [12], 2, "linear", "glorot_uniform", "float64")
    x = rows.reshape(-1, rows.shape[-1])
    trainer = Trainer(network, x, np.zeros(len(x), np.int32), SGD())
    parameters = [
        tf.eye(12, dtype="float64") if "hidden1/kernel" in v.path else tf.ones(v.shape, "float64")
        for v in network.trainable
    ]
    state = [tf.ones(v.shape, "float64") for v in network.state]
    order = tf.constant(np.arange(len(x)).reshape(rows.shape[:2]))
    after = trainer.population_state(stored(parameters), state, order)
    return {v.path: np.asarray(value) for v, value in zip(network.state, after, strict=True)}


def test_an_average_of_unbiased_variances_is_not_corrected_again(rng):
    rows = rng.normal(3, 2, (9, 5, 12))
    actual = populations(Unbiased, rows)
    np.testing.assert_allclose(actual["hidden1/a"], rows.mean(axis=(0, 1)), rtol=1e-9)
    expected = rows.var(axis=1, ddof=1).mean(axis=0)
    np.testing.assert_allclose(actual["hidden1/b"], expected, rtol=1e-9)


def test_state_that_is_no_average_goes_on_from_batch_to_batch(rng):
    rows = rng.normal(3, 2, (9, 5, 12))
    assert populations(Counting, rows) == {"hidden1/moving_batches": 10}
    actual = populations(Corrected, rows)
    assert actual["hidden1/n"] == 10
    expected = (1 + rows.mean(axis=1).sum(axis=0)) / 10  # the first of ten is what it held before
    np.testing.assert_allclose(actual["hidden1/sum"], expected, rtol=1e-9)


def test_what_state_does_is_measured_and_not_read_from_names():
    of = {
        cls: facts.of(KerasLayer.of(cls)())
        for cls in (Unbiased, Counting, Corrected, Nested, LAYERS.BatchNormalization)
    }
    averages = {cls: list(each.averages.values()) for cls, each in of.items()}
    mean, biased = facts.Average(0.99, False, False), facts.Average(0.99, True, False)
    assert averages[LAYERS.BatchNormalization] == averages[Nested] == [mean, biased]
    assert averages[Unbiased] == [facts.Average(0.9, False, False)] * 2
    assert averages[Counting] == averages[Corrected] == []
    assert find("normalizer", "keras.layers:BatchNormalization").load().keeps_averages()
    assert not KerasLayer.of(LAYERS.LayerNormalization).keeps_averages()


@pytest.mark.parametrize(
    ("layer", "options", "shifts"),
    [
        (LAYERS.BatchNormalization, {}, True),
        (LAYERS.BatchNormalization, {"center": False}, False),
        (LAYERS.RMSNormalization, {}, False),
        (LAYERS.GroupNormalization, {"groups": 3}, True),
        (RMSOnce, {}, False),
        (Mixing, {}, True),
    ],
)
def test_a_layer_has_a_bias_where_its_normalizer_adds_none(layer, options, shifts):
    network = built(method_of(layer, **options))
    assert ("hidden1/bias" in [v.path for v in network.trainable]) != shifts


def built(method, dtype="float32"):
    return Perceptron([12]).build_for(method, [7], 2, "sigmoid", "glorot_uniform", dtype)


@pytest.mark.parametrize("layer", [RMSOnce, Nested])
def test_training_reaches_a_layer_whose_call_does_not_take_it(layer, rng):
    method = method_of(layer)
    assert trial.run(Perceptron([12]), method, [7], 2) is None
    normalizer = KerasLayer.of(layer)().build_for(12, "", "float64")
    u = rng.normal(3, 2, (20, 12))
    actual = normalizer.normalize(tf.constant(u), training=True)
    expected = u / np.sqrt((u**2).mean(axis=1, keepdims=True) + 1e-3)
    if layer is Nested:
        expected = (u - u.mean(axis=0)) / np.sqrt(u.var(axis=0) + 1e-3)
    np.testing.assert_allclose(actual, expected, rtol=1e-9)


@pytest.mark.parametrize("shape", [(5, 12), (5, 3, 2, 12), (5, 3, 12)], ids=len)
def test_one_layer_takes_rows_images_and_sequences_though_keras_fixes_their_rank(shape, rng):
    normalizer = KerasLayer.of(LAYERS.BatchNormalization)().build_for(12, "", "float64")
    normalizer.normalize(tf.constant(rng.normal(size=(4, 12))), training=True)
    u = rng.normal(1, 3, shape)
    actual = normalizer.normalize(tf.constant(u), training=True)
    layer = LAYERS.BatchNormalization(dtype="float64")
    np.testing.assert_allclose(actual, layer(u, training=True), rtol=1e-12)


def test_a_variable_for_each_position_is_refused_in_a_sentence():
    method = method_of(LAYERS.LayerNormalization, axis=[1, 2])
    with pytest.raises(ValueError, match=r"'gamma' has the shape \(4, 3\) for rows of shape"):
        trial.run(Pixels(), method, [4, 3, 2], 2)


def test_variables_start_as_the_layer_starts_them_and_drawn_ones_by_the_replicate():
    network = built(method_of(Mixing))
    first, again, second = (
        {
            v.path: value.numpy()
            for v, value in zip(network.trainable, initial_values(network, seed)[0], strict=True)
        }
        for seed in map(np.random.SeedSequence, (1, 1, 2))
    )
    np.testing.assert_array_equal(first["hidden1/half"], np.full(12, 0.5))
    kernel = first["hidden1/layer_kernel"]
    np.testing.assert_array_equal(kernel, again["hidden1/layer_kernel"])
    assert np.abs(kernel - second["hidden1/layer_kernel"]).max() > 0.1
    assert np.abs(kernel).max() < np.sqrt(6 / 24)  # Glorot's limit


def test_drawing_first_values_leaves_the_random_numbers_of_python_and_numpy_alone():
    network = built(method_of(Mixing))
    before = random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002
    initial_values(network, np.random.SeedSequence(1))
    assert random.getstate() == before[0]
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


def test_a_variable_called_kernel_has_no_penalty():
    network = built(method_of(Mixing))
    x, y = np.zeros((5, 7), np.float32), np.zeros(5, np.int32)
    trainer = Trainer(network, x, y, SGD(), l2=0.1)
    penalized = [v.path for v, p in zip(network.trainable, trainer.penalties, strict=True) if p]
    assert penalized == ["hidden1/kernel", "logits/kernel"]


def test_random_layers_draw_anew_at_each_step_and_by_the_replicate():
    network = built(method_of(LAYERS.GaussianNoise, stddev=0.5))
    x = tf.zeros((5, 7))
    outputs = {}
    for replicate in (1, 2):
        values, state = initial_values(network, np.random.SeedSequence(replicate))
        for step in (1, 2):
            y, state = network(values, state, x, training=True)
            outputs[replicate, step] = y.numpy()
        _, kept = network(values, state, x, training=False)
        for one, other in zip(state, kept, strict=True):
            np.testing.assert_array_equal(one, other)
    assert len({y.tobytes() for y in outputs.values()}) == 4
    values, state = initial_values(network, np.random.SeedSequence(1))
    y, _ = network(values, state, x, training=True)
    np.testing.assert_array_equal(y, outputs[1, 1])


def test_two_random_layers_in_one_draw_different_numbers():
    class Twice(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.seeds = [keras.random.SeedGenerator(1), keras.random.SeedGenerator(1)]

        def call(self, u, training=False):
            draws = [keras.random.normal(keras.ops.shape(u), seed=seed) for seed in self.seeds]
            return u + draws[0] - draws[1]

    normalizer = KerasLayer.of(Twice)().build_for(12, "", "float32")
    assert np.abs(normalizer.normalize(tf.zeros((5, 12)), training=True)).min() > 0


def test_any_argument_passes_where_a_layer_takes_any_and_names_are_checked_where_it_does_not():
    method = method_of(LAYERS.LayerNormalization, epsilon=1e-5, name="mine")
    assert trial.run(Perceptron([12]), method, [7], 2) is None
    assert (
        list(option_problems((), {"name": "mine"}, KerasLayer.of(LAYERS.LayerNormalization))) == []
    )
    (problem,) = option_problems((), {"epsilo": 1}, KerasLayer.of(RMSOnce))
    assert "unknown option 'epsilo'; did you mean 'epsilon'?" in problem.sentence
    with pytest.raises(ValueError, match="epsilo"):
        trial.run(Perceptron([12]), method_of(LAYERS.LayerNormalization, epsilo=1), [7], 2)


WRONG = {
    "shape": "normalize makes",
    "tuple": "it returns a tuple, and not one tensor",
    "regularizer": "gamma has a regularizer, which is not applied here",
    "add_loss": "it adds a loss",
    "attribute": r"it keeps a value of a step as its attribute \w*wrong\w*.mean; make that state by",
    "no gradient": "no gradient flows from N\\(u\\) to u",
    "global seed": "it changes a variable that it does not own; random numbers need a keras.random.SeedGenerator",
}


def wrong(kind):
    class Wrong(keras.layers.Layer):
        def call(self, u):
            if kind == "add_loss":
                self.add_loss(keras.ops.mean(u))
            if kind == "attribute":
                self.mean = keras.ops.mean(u)
            if kind == "no gradient":
                return keras.ops.stop_gradient(u)
            if kind == "global seed":
                return u + keras.random.normal(keras.ops.shape(u))
            return {"shape": u[:, :1], "tuple": (u, u)}.get(kind, u)

    if kind == "regularizer":
        return method_of(LAYERS.LayerNormalization, gamma_regularizer="l2")
    return method_of(Wrong)


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_layer_is_one_sentence_before_training(kind):
    with pytest.raises(ValueError, match=WRONG[kind]):
        trial.run(Perceptron([12]), wrong(kind), [7], 2)


def test_settings_of_keras_stay_as_they_were():
    keras.config.set_floatx("float32")
    KerasLayer.of(LAYERS.LayerNormalization)().build_for(12, "", "float64")
    assert (keras.config.floatx(), keras.config.dtype_policy().name) == ("float32", "float32")
