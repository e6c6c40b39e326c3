"""Theorems 4.1 and 4.2 of Santurkar et al. 2018 (arXiv 1805.11604) on a trained network, in float64.

Both are exact where the gradients with and without normalization are taken at the same point.
"""

import numpy as np
import pytest
import tensorflow as tf
from methods import METHODS
from sklearn.datasets import load_digits

from bnlab.networks.perceptron import Perceptron
from bnlab.probes.weights import Weights
from bnlab.training.run import Run, train
from bnlab.training.settings import Settings, Split

ROWS = 40


@pytest.fixture(scope="module")
def trained():
    """Weights of a network that has learned digits, and some of its rows."""
    x, y = load_digits(return_X_y=True)
    x, y = (x / 16).astype(np.float32), y.astype(np.int32)
    split = Split(
        x[:1200],
        y[:1200],
        x[1200:1400],
        y[1200:1400],
        x[1400:],
        y[1400:],
        np.arange(10).astype(str),
    )
    settings = Settings("sigmoid", "glorot_uniform", 0.5, 800, 0, 1)
    run = Run(split, Perceptron([20, 15]), METHODS["bn"], settings, 60, 1, {"weights": Weights})
    result = train(run, 1)
    assert result.history.query("split == 'test'")["accuracy"].iloc[-1] > 0.85
    values = {path: v[0].astype(np.float64) for path, v in result.records["weights"].items()}
    return values, x[:ROWS].astype(np.float64), y[:ROWS]


def normalized(u):
    """û and σ of each column, without ε."""
    sigma = tf.math.reduce_std(u, axis=0)
    return (u - tf.reduce_mean(u, axis=0)) / sigma, sigma


class Unit:
    """The loss as a function of one unit of the last hidden layer, before and after its normalization."""

    def __init__(self, trained, unit):
        weights, x, self.y = trained
        self.weights, self.unit = weights, unit
        hidden, _ = normalized(tf.constant(x) @ weights["hidden1/kernel"])
        below = tf.sigmoid(hidden * weights["hidden1/gamma"] + weights["hidden1/beta"])
        self.u = below @ weights["hidden2/kernel"]
        self.gamma = weights["hidden2/gamma"][unit]

    def after(self, z):
        """Loss where this unit's normalized values, scaled and shifted, are z."""
        others, _ = normalized(self.u)
        others = others * self.weights["hidden2/gamma"] + self.weights["hidden2/beta"]
        columns = tf.unstack(others, axis=1)
        columns[self.unit] = z
        logits = tf.sigmoid(tf.stack(columns, axis=1)) @ self.weights["logits/kernel"]
        logits += self.weights["logits/bias"]
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(self.y, logits))

    def z(self, u):
        return (
            normalized(u[:, None])[0][:, 0] * self.gamma + self.weights["hidden2/beta"][self.unit]
        )

    def before(self, u):
        """Loss where this unit's inputs of the normalization are u."""
        return self.after(self.z(u))


def gradient_and_hessian(function, at):
    with tf.GradientTape() as outer:
        outer.watch(at)
        with tf.GradientTape() as inner:
            inner.watch(at)
            loss = function(at)
        gradient = inner.gradient(loss, at)
    return gradient.numpy(), outer.jacobian(gradient, at).numpy()


@pytest.mark.parametrize("unit", [0, 4, 9, 14])
def test_the_gradient_is_as_much_smaller_as_theorem_4_1_says(trained, unit):
    of = Unit(trained, unit)
    u = of.u[:, unit]
    below, _ = gradient_and_hessian(of.before, u)
    above, _ = gradient_and_hessian(of.after, of.z(u))
    hat, sigma = (value.numpy() for value in normalized(u[:, None]))
    lost = above.sum() ** 2 / ROWS + (above @ hat[:, 0]) ** 2 / ROWS
    expected = (of.gamma / sigma[0]) ** 2 * (above @ above - lost)
    assert below @ below == pytest.approx(expected, rel=1e-9)
    assert lost > 0


@pytest.mark.parametrize("unit", [0, 4, 9, 14])
def test_the_curvature_along_the_gradient_is_what_theorem_4_2_says(trained, unit):
    of = Unit(trained, unit)
    u = of.u[:, unit]
    below, curvature = gradient_and_hessian(of.before, u)
    above, hessian = gradient_and_hessian(of.after, of.z(u))
    hat, sigma = (value.numpy() for value in normalized(u[:, None]))
    scale = (of.gamma / sigma[0]) ** 2
    turned = of.gamma / (ROWS * sigma[0] ** 2) * (above @ hat[:, 0]) * (below @ below)
    expected = scale * below @ hessian @ below - turned
    assert below @ curvature @ below == pytest.approx(expected, rel=1e-8)
