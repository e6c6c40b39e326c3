"""Optimizers, the penalty on kernels and dropout, beside Keras' own step by step."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from methods import METHODS
from test_training import keras_network, run_of, settings, split  # noqa: F401

from bnlab.networks.network import initial_values
from bnlab.networks.perceptron import Perceptron
from bnlab.training import optimizers
from bnlab.training.schedule import row_order
from bnlab.training.trainer import Trainer, stored

NESTEROV = {"momentum": 0.75, "nesterov": True}
ADAM = {"beta_1": 0.5, "beta_2": 0.875, "epsilon": 1e-3}
SAID = {
    "plain": ({"sgd": {}}, keras.optimizers.SGD(0.25)),
    "momentum": ({"sgd": {"momentum": 0.875}}, keras.optimizers.SGD(0.25, momentum=0.875)),
    "nesterov": ({"sgd": NESTEROV}, keras.optimizers.SGD(0.25, **NESTEROV)),
    "adam": ({"adam": ADAM}, keras.optimizers.Adam(0.25, **ADAM)),
    "adam as it comes": ({"adam": {}}, keras.optimizers.Adam(0.25)),
}
"""Settings that float32 has exactly, as Keras keeps them in float32. Adam's defaults are no such numbers."""


def trained_by_keras(network, x, y, order, optimizer, l2):
    """The network after all steps, by an eager loop; the penalty is Keras' own regularizer."""
    penalty = keras.regularizers.L2(l2)
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64")
    optimizer = type(optimizer).from_config(optimizer.get_config())
    losses = []
    for rows in order:
        with tf.GradientTape() as tape:
            loss = cross_entropy(y[rows], network(x[rows], training=True))
            kernels = [v for v in network.trainable_variables if v.name == "kernel"]
            total = loss + tf.add_n([penalty(v) for v in kernels])
        gradients = tape.gradient(total, network.trainable_variables)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
        losses.append(float(loss))
    return losses


@pytest.mark.parametrize(
    ("method", "l2", "batch"),
    [("base", 0.0, 30), ("bn", 1 / 128, 30), ("bn", 0.0, 1), ("bn", 1 / 128, 1)],
)
@pytest.mark.parametrize("name", SAID)
def test_every_optimizer_steps_as_keras_own(split, name, method, l2, batch):  # noqa: F811
    (arguments, theirs), tolerance = SAID[name], 1e-4 if name == "adam as it comes" else 1e-9
    ours = Perceptron([6, 5]).build_for(
        METHODS[method], [64], 10, "sigmoid", "glorot_uniform", "float64"
    )
    x = split.x_train.astype("float64")
    trainer = Trainer(ours, x, split.y_train, optimizers.build(arguments), l2=l2)
    parameters, state = initial_values(ours, np.random.SeedSequence(3))
    network = keras_network(method)
    for variables, values in [
        (network.trainable_variables, parameters),
        (network.non_trainable_variables, state),
    ]:
        for variable, start in zip(variables, values, strict=True):
            variable.assign(start)
    order = row_order(np.random.SeedSequence(4), 1000, batch, 12)
    losses = trained_by_keras(network, x, split.y_train, order, theirs, l2)

    parameters = stored(parameters)
    state = state + trainer.update.memory(parameters)
    for start, stop in [(0, 5), (5, 12)]:
        parameters, state, loss, *_ = trainer.advance(parameters, state, order, 0.25, start, stop)
        assert float(loss) == pytest.approx(np.mean(losses[start:stop]), rel=tolerance)
    expected = [*network.trainable_variables, *network.non_trainable_variables]
    actual = [*stored(parameters), *state][: len(expected)]
    for a, b in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def hidden_outputs(dropout, steps=1, key=(0.3, -1.2)):
    """Return the outputs of a layer of 40 units in training over some steps; without dropout they are 1."""
    network = Perceptron([40]).build_for(
        METHODS["base"], [8], 3, "linear", "glorot_uniform", dropout=dropout
    )
    (block, _) = network.blocks[0], network.logits
    block.kernel, block.bias = tf.ones((8, 40)) / 8, tf.zeros(40)
    block.dropout_key, block.dropout_step = tf.constant(key), tf.zeros(())
    return [block(tf.ones((500, 8)), training=True).numpy() for _ in range(steps)]


def test_dropout_leaves_out_its_share_scales_the_rest_and_keeps_the_mean():
    (y,) = hidden_outputs(0.3)
    kept = y != 0
    np.testing.assert_allclose(y[kept], 1 / 0.7, rtol=1e-6)
    assert np.mean(kept) == pytest.approx(0.7, abs=4 * np.sqrt(0.7 * 0.3 / y.size))
    for axis in (0, 1):  # rows and units are left out independently
        spread = np.std(np.mean(kept, axis=axis))
        n = y.shape[axis]
        assert spread == pytest.approx(np.sqrt(0.7 * 0.3 / n), rel=0.4)


def test_each_step_and_each_key_leaves_out_others():
    first, second = hidden_outputs(0.5, steps=2)
    (other,) = hidden_outputs(0.5, key=(0.3, -1.3))
    for outputs in (second, other):
        assert np.mean((outputs != 0) == (first != 0)) == pytest.approx(0.5, abs=0.02)
    np.testing.assert_array_equal(hidden_outputs(0.5)[0], first)


def test_a_run_with_dropout_is_the_same_twice_and_leaves_inference_as_it_is(split):  # noqa: F811
    chosen = settings(dropout=0.5)
    first, again = (run_of(split, "base", chosen, 30, 1).train(0) for _ in range(2))
    without = run_of(split, "base", settings(), 30, 1).train(0)
    np.testing.assert_array_equal(
        first.records["predictions"]["probabilities"], again.records["predictions"]["probabilities"]
    )
    weights = first.records["weights"]
    assert not np.array_equal(
        weights["hidden1/kernel"], without.records["weights"]["hidden1/kernel"]
    )
    x = split.x_test
    for layer in ("hidden1", "hidden2"):
        x = 1 / (1 + np.exp(-(x @ weights[f"{layer}/kernel"] + weights[f"{layer}/bias"])))
    logits = x @ weights["logits/kernel"] + weights["logits/bias"]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(
        first.records["predictions"]["probabilities"], shares, rtol=1e-3, atol=1e-5
    )
