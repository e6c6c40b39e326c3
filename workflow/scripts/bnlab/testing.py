"""Tests that any normalizer inherits: a subclass that names one is a test class for pytest.

class TestMine(NormalizerTests):
    normalizer = MyNorm
    options = {"p": 1}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
import pytest

from bnlab.lazy import tf
from bnlab.networks.normalizer import Normalizer

FEATURES = 12
ROWS = 5
SHAPES = {"rows": (ROWS, FEATURES), "images": (ROWS, 3, 2, FEATURES)}

for_rows_and_images = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)


class NormalizerTests:
    """Facts of every normalizer, computed in float64.

    Attributes:
        normalizer: the class.
        options: arguments of its ``__init__``.
    """

    normalizer: ClassVar[type[Normalizer]]
    options: ClassVar[Mapping[str, Any]] = {}

    def built(self) -> Normalizer:
        """Return a normalizer of 12 features whose trained variables are random."""
        normalizer = self.normalizer(**self.options).build_for(FEATURES, "normalizer", "float64")
        rng = np.random.default_rng(1)
        for variable in normalizer.variables:
            if variable.trainable:
                variable.bind(tf.constant(rng.uniform(0.5, 1.5, variable.shape)))
        return normalizer

    @for_rows_and_images
    def test_the_gradient_is_the_numerical_one(self, shape: tuple[int, ...]) -> None:
        """Compare gradients of Σ weights·N(u) in training mode, by u and trained variables, and central differences."""
        normalizer, weights = self.built(), _random(shape, 2)
        arguments = [tf.constant(_random(shape, 3)), *_trained(normalizer)]
        loss = tf.function(_loss(normalizer, weights), autograph=False)
        theory, numbers = tf.test.compute_gradient(loss, arguments, delta=1e-6)
        for derivative, expected in zip(theory, numbers, strict=True):
            np.testing.assert_allclose(derivative, expected, rtol=1e-5, atol=1e-6)

    @pytest.mark.parametrize("training", [True, False], ids=["training", "inference"])
    @for_rows_and_images
    def test_the_shape_stays(self, shape: tuple[int, ...], training: bool) -> None:
        """N(u) has the shape of u, in float64 where u is in float64."""
        normal = self.built().normalize(tf.constant(_random(shape, 3)), training)
        assert tuple(normal.shape) == shape
        assert normal.dtype == tf.float64

    @for_rows_and_images
    def test_inference_on_a_row_does_not_depend_on_the_other_rows(
        self, shape: tuple[int, ...]
    ) -> None:
        """N of a row alone equals N of the row among the others."""
        normalizer, u = self._trained_a_little(shape), tf.constant(_random(shape, 4))
        together = normalizer.normalize(u, training=False)
        for i in range(ROWS):
            alone = normalizer.normalize(u[i : i + 1], training=False)
            np.testing.assert_allclose(alone[0], together[i], rtol=1e-9, atol=1e-12)

    @for_rows_and_images
    def test_the_same_input_gives_the_same_output_and_state(self, shape: tuple[int, ...]) -> None:
        """Two outputs and states are equal to the bit, in training and at inference."""
        u = tf.constant(_random(shape, 5))
        for training in (True, False):
            first, second = self._trained_a_little(shape), self._trained_a_little(shape)
            outputs = [each.normalize(u, training).numpy() for each in (first, second)]
            np.testing.assert_array_equal(*outputs)
            for one, other in zip(first.variables, second.variables, strict=True):
                np.testing.assert_array_equal(one.value, other.value)

    @for_rows_and_images
    def test_one_row_has_a_finite_output_and_gradient(self, shape: tuple[int, ...]) -> None:
        """Batches of one row train and are evaluated."""
        normalizer, u = self.built(), tf.constant(_random((1, *shape[1:]), 6))
        with tf.GradientTape() as tape:
            tape.watch(u)
            y = normalizer.normalize(u, training=True)
        zero = tf.UnconnectedGradients.ZERO
        gradient = tape.gradient(y, u, unconnected_gradients=zero)
        for value in (y, gradient, normalizer.normalize(u, training=False)):
            assert np.isfinite(value).all()

    @for_rows_and_images
    def test_inference_leaves_the_state_alone(self, shape: tuple[int, ...]) -> None:
        """Averages move in training alone."""
        normalizer = self._trained_a_little(shape)
        before = [np.array(variable.value) for variable in normalizer.variables]
        normalizer.normalize(tf.constant(_random(shape, 7)), training=False)
        for variable, value in zip(normalizer.variables, before, strict=True):
            np.testing.assert_array_equal(variable.value, value)

    def test_an_average_has_a_momentum(self) -> None:
        """Averages are what ``move`` updates."""
        normalizer = self.built()
        if any(variable.is_average for variable in normalizer.variables):
            assert 0 <= normalizer.momentum <= 1

    @pytest.mark.parametrize("training", [True, False], ids=["training", "inference"])
    def test_xla_computes_the_same(self, training: bool) -> None:
        """The perceptron is compiled by XLA."""
        u = tf.constant(_random(SHAPES["rows"], 8))
        eager, compiled = self.built(), self.built()
        expected = eager.normalize(u, training)
        run = tf.function(lambda u: compiled.normalize(u, training), jit_compile=True)
        np.testing.assert_allclose(run(u), expected, rtol=1e-9, atol=1e-12)

    def _trained_a_little(self, shape: tuple[int, ...]) -> Normalizer:
        normalizer = self.built()
        for seed in (10, 11):
            normalizer.normalize(tf.constant(_random(shape, seed)), training=True)
        return normalizer


def _random(shape: tuple[int, ...], seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.5, 2, shape)


def _trained(normalizer: Normalizer) -> list[tf.Tensor]:
    return [variable.value for variable in normalizer.variables if variable.trainable]


def _loss(normalizer: Normalizer, weights: np.ndarray) -> Callable[..., tf.Tensor]:
    """Return Σ weights·N(u) as a function of u and the trained variables, with the same state at every call."""
    state = [(v, v.value) for v in normalizer.variables if not v.trainable]
    trained = [v for v in normalizer.variables if v.trainable]

    def loss(u: tf.Tensor, *values: tf.Tensor) -> tf.Tensor:
        bound = [*zip(trained, values, strict=True), *state]
        for variable, value in bound:
            variable.bind(value)
        return tf.reduce_sum(weights * normalizer.normalize(u, training=True))

    return loss
