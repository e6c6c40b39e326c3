"""Internal covariate shift as a change of gradients, on problems with known answers."""

import numpy as np
import pytest
import tensorflow as tf
from methods import METHODS

from bnlab.networks.deep_linear import DeepLinear
from bnlab.networks.perceptron import Perceptron
from bnlab.probes.covariate_shift import CovariateShift, compare_gradients, shifts
from bnlab.training.run import Run
from bnlab.training.settings import Settings, Split


def split(features=6, classes=3, rows=40):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(rows, features)).astype(np.float32)
    y = rng.integers(0, classes, rows).astype(np.int32)
    return Split(x, y, x, y, x, y, np.array([str(k) for k in range(classes)]))


def run(method="base", network=None, learning_rate=0.5, batch=8):
    settings = Settings("sigmoid", "glorot_uniform", learning_rate, 20, 2, 2)
    network = network or Perceptron([5, 4])
    return Run(split(), network, METHODS[method], settings, batch, 1, {"ics": CovariateShift})


def measured(training):
    parameters, state, _, _ = training.start(0)
    return training.step_probes["ics"].measure(parameters, state)


@pytest.mark.parametrize("method", ["base", "bn", "ln"])
def test_without_an_update_nothing_shifts(method):
    table = measured(run(method, learning_rate=0.0))
    assert table["shift"].tolist() == pytest.approx([0, 0, 0], abs=1e-12)
    assert table["cosine"].tolist() == pytest.approx([1, 1, 1], abs=1e-6)
    assert (table["gradient"] > 0).all()


@pytest.mark.parametrize("method", ["base", "bn", "ln"])
def test_the_first_layer_has_none_before_it_and_never_shifts(method):
    table = measured(run(method)).set_index("layer")
    assert table.loc[1, "shift"] == 0
    assert table.loc[1, "cosine"] == pytest.approx(1)
    assert (table.loc[[2, 3], "shift"] > 1e-4).all()


def test_of_a_product_of_two_numbers_the_shift_is_known():
    """L = (abx − y)²/2: by b it is a·x·(abx − y), by a it is b·x·(abx − y)."""
    x, y = 2.0, 3.0

    def gradient(values):
        a, b = values
        error = a * b * x - y
        return [b * x * error, a * x * error]

    a, b = tf.constant(0.5), tf.constant(0.25)
    after = [tf.constant(0.7), tf.constant(9.0)]  # what comes of b itself plays no part
    actual = shifts(gradient, [a, b], after, [0, 1], [0, 1]).numpy()
    before_b = 0.5 * x * (0.5 * 0.25 * x - y)
    after_b = 0.7 * x * (0.7 * 0.25 * x - y)
    assert actual[1, 0] == pytest.approx(abs(before_b))
    assert actual[1, 1] == pytest.approx(abs(before_b - after_b))
    assert actual[1, 2] == pytest.approx(abs(before_b - after_b) / abs(before_b))
    assert actual[0].tolist() == pytest.approx([abs(0.25 * x * (0.25 * x * 0.5 - y)), 0, 0, 1])


def compared(g, other):
    """‖G‖, ‖G − G′‖, ‖G − G′‖/‖G‖ and the cosine of G and G′."""
    length, shift = np.linalg.norm(g), np.linalg.norm(g - other)
    return length, shift, shift / length, np.sum(g * other) / (length * np.linalg.norm(other))


def test_the_shift_is_that_of_a_loop_in_numpy():
    """A deep linear network, whose gradients are products of matrices."""
    training = run(network=DeepLinear(3), learning_rate=0.05)
    table = measured(training).set_index("layer")
    kernels = [value.numpy().T for value in training.start(0)[0]]
    x_all = split().x_train.astype(np.float64)

    def gradients(w, rows):
        hidden = [x_all[rows][:, :3]]
        for kernel in w:
            hidden.append(hidden[-1] @ kernel)
        back = 2 * (hidden[-1] - x_all[rows][:, 3:]) / len(rows)
        actual = []
        for i in reversed(range(3)):
            actual.insert(0, hidden[i].T @ back)
            back = back @ w[i].T
        return actual

    expected = {layer: [] for layer in (1, 2, 3)}
    for rows in training.step_probes["ics"].batches.numpy():
        first = gradients(kernels, rows)
        moved = [w - 0.05 * g for w, g in zip(kernels, first, strict=True)]
        for layer in expected:
            second = gradients(moved[: layer - 1] + kernels[layer - 1 :], rows)[layer - 1]
            expected[layer].append(compared(first[layer - 1], second))
    for layer, numbers in expected.items():
        actual = table.loc[layer, ["gradient", "shift", "relative", "cosine"]].to_numpy(float)
        np.testing.assert_allclose(actual, np.mean(numbers, axis=0), rtol=1e-4, atol=1e-6)


def test_opposite_gradients_have_the_cosine_minus_one():
    actual = compare_gradients(np.array([[3.0, 4.0]]), np.array([[-3.0, -4.0]])).numpy()
    assert actual == pytest.approx((5, 10, 2, -1))
    assert np.isnan(compare_gradients(np.zeros(2), np.ones(2))[3])


def test_a_diverged_replicate_has_a_row_without_numbers_for_every_layer():
    table = run().step_probes["ics"].nothing()
    assert table["layer"].tolist() == [1, 2, 3]
    assert table.drop(columns="layer").isna().all(axis=None)
