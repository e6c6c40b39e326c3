"""The network against NumPy, and what replicates and methods share at their start."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnlab import layers
from bnlab.models import Perceptron, initial_values

METHODS = [
    layers.Base,
    layers.BN,
    layers.LN,
    layers.WS,
    layers.WSScaled,
    layers.WSBN,
    layers.WSLN,
]
HIDDEN, CLASSES, FEATURES = [6, 5], 3, 4

every_method = pytest.mark.parametrize("method", METHODS)


def make(method, initializer="glorot_uniform", hidden=HIDDEN, dtype="float64"):
    model = Perceptron(method, hidden, CLASSES, "sigmoid", initializer, dtype)
    model.build((None, FEATURES))
    return model


def started(method, seed, **kwargs):
    """The values of a fresh replicate by path."""
    model = make(method, **kwargs)
    trainable, state = initial_values(model, np.random.SeedSequence(seed))
    variables = [*model.trainable_variables, *model.non_trainable_variables]
    return {v.path: np.array(x) for v, x in zip(variables, [*trainable, *state], strict=True)}


def kernels(values):
    return {path: v for path, v in values.items() if path.endswith("kernel")}


def sigmoid(u):
    return 1 / (1 + np.exp(-u))


def test_logits_and_the_inputs_of_the_last_activation_are_those_of_numpy():
    model = make(layers.Base)
    rng = np.random.default_rng(1)
    for variable in model.trainable_variables:
        variable.assign(rng.normal(size=variable.shape))
    w1, b1, w2, b2, w3, b3 = [v.numpy() for v in model.trainable_variables]
    x = rng.normal(size=(7, FEATURES))
    logits, inputs = model(x)
    u = sigmoid(x @ w1 + b1) @ w2 + b2
    np.testing.assert_allclose(inputs, u, rtol=1e-12)
    np.testing.assert_allclose(logits, sigmoid(u) @ w3 + b3, rtol=1e-12)


@every_method
def test_hidden_layers_are_of_the_method_and_the_logits_are_plain(method):
    model = make(method)
    assert [type(layer) for layer in model.hidden] == [method, method]
    assert type(model.logits) is layers.Base
    logits, inputs = model(tf.ones((7, FEATURES), tf.float64), training=True)
    assert (logits.shape, inputs.shape) == ((7, CLASSES), (7, HIDDEN[-1]))


@every_method
def test_a_network_trains_these_many_numbers(method):
    vectors = 1 if method in (layers.Base, layers.WS, layers.WSScaled) else 2
    expected = FEATURES * 6 + vectors * 6 + 6 * 5 + vectors * 5 + 5 * CLASSES + CLASSES
    assert sum(v.numpy().size for v in make(method).trainable_variables) == expected


def test_no_hidden_layer_but_one_is_the_smallest_network():
    logits, inputs = make(layers.BN, hidden=[2])(tf.ones((3, FEATURES), tf.float64))
    assert (logits.shape, inputs.shape) == ((3, CLASSES), (3, 2))


@every_method
def test_every_method_starts_from_the_same_kernels(method):
    expected, found = kernels(started(layers.Base, 5)), kernels(started(method, 5))
    assert expected.keys() == found.keys()
    assert len(found) == 3
    for path, kernel in expected.items():
        np.testing.assert_array_equal(kernel, found[path])


def test_the_same_seed_gives_the_same_start_and_another_seed_another():
    first, again, other = (kernels(started(layers.BN, seed)) for seed in ([5, 0], [5, 0], [5, 1]))
    assert len(first) == 3
    for path, kernel in first.items():
        np.testing.assert_array_equal(kernel, again[path])
        assert not np.isin(kernel, other[path]).any()


def test_layers_of_one_shape_start_from_different_kernels():
    first, second = list(kernels(started(layers.Base, 5, hidden=[FEATURES, FEATURES])).values())[:2]
    assert first.shape == second.shape
    assert not np.isin(first, second).any()


def test_starting_a_replicate_does_not_touch_the_model():
    model = make(layers.BN)
    before = [v.numpy() for v in model.variables]
    initial_values(model, np.random.SeedSequence(5))
    for value, variable in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(value, variable)


def test_biases_start_at_zero_gains_at_one_and_moving_statistics_at_zero_and_one():
    start = {"bias": 0, "gamma": 1, "beta": 0, "moving_mean": 0, "moving_variance": 1}
    values = {p: v for p, v in started(layers.BN, 5).items() if not p.endswith("kernel")}
    assert len(values) == 4 * len(HIDDEN) + 1
    for path, value in values.items():
        assert (value == start[path.rsplit("/")[-1]]).all(), path


@pytest.mark.parametrize(
    ("initializer", "deviation"),
    [
        ("glorot_uniform", (2 / (FEATURES + 4000)) ** 0.5),
        ("he_normal", (2 / FEATURES) ** 0.5),
        ("random_normal", 0.05),
    ],
)
def test_kernels_are_spread_as_their_initializer_says(initializer, deviation):
    values = kernels(started(layers.Base, 5, initializer=initializer, hidden=[4000]))
    kernel = next(v for path, v in values.items() if "hidden1" in path)
    assert kernel.std() == pytest.approx(deviation, rel=0.03)
    assert kernel.mean() == pytest.approx(0, abs=5 * deviation / kernel.size**0.5)


class CentredOnly(layers.Base):
    """A new method: subtract the batch's mean."""

    def normalize(self, u, training):
        return u - keras.ops.mean(u, axis=0) + self.bias


def test_a_new_method_is_a_subclass_that_overrides_a_step():
    model = make(CentredOnly)
    _, inputs = model(np.random.default_rng(1).normal(size=(7, FEATURES)), training=True)
    np.testing.assert_allclose(np.mean(inputs, axis=0), 0, atol=1e-12)
    assert len(started(CentredOnly, 5)) == 6
