"""What holds for every normalizer, and those of the library beside Keras' own layers on images."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnlab.networks.normalizer import Normalizer
from bnlab.networks.normalizers.bn import BN
from bnlab.networks.normalizers.gn import GN
from bnlab.networks.normalizers.ln import LN
from bnlab.study import rooms
from bnlab.testing import NormalizerTests

SHAPES = {"rows": (6, 8), "images": (6, 3, 4, 8)}


class TestBN(NormalizerTests):
    normalizer = BN
    options = {"momentum": 0.9}


class TestLN(NormalizerTests):
    normalizer = LN


class TestGN(NormalizerTests):
    normalizer = GN
    options = {"groups": 3}


def test_every_normalizer_of_the_library_has_these_tests():
    tested = {value.normalizer.__name__ for name, value in globals().items() if name[:4] == "Test"}
    assert tested == {rooms.find("normalizer", name).name for name in rooms.names("normalizer")}


def keras_group_normalization(groups):
    return keras.layers.GroupNormalization(groups, epsilon=1e-3, dtype="float64")


TWINS = {
    "bn": (BN(), lambda rank: keras.layers.BatchNormalization(dtype="float64")),
    "gn": (GN(groups=4), lambda rank: keras_group_normalization(4)),
    "ln": (LN(), lambda rank: keras_group_normalization(1)),
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("name", TWINS)
def test_a_normalizer_is_keras_own_on_rows_and_on_images(name, shape, training):
    rng = np.random.default_rng(2)
    ours, twin = TWINS[name]
    made, theirs = ours.made(8, dtype="float64"), twin(len(shape))
    theirs.build(shape)
    for variable in ("gamma", "beta"):
        value = rng.uniform(0.5, 1.5, 8)
        setattr(made, variable, tf.constant(value))
        getattr(theirs, variable).assign(value)
    for _ in range(3):
        u = tf.constant(rng.normal(1, 2, shape))
        given = {"training": training} if name == "bn" else {}
        np.testing.assert_allclose(made.normalize(u, training), theirs(u, **given), rtol=1e-9)
    if name == "bn":
        np.testing.assert_allclose(made.moving_mean, theirs.moving_mean, rtol=1e-12)
        np.testing.assert_allclose(made.moving_variance, theirs.moving_variance, rtol=1e-12)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_group_normalization_is_that_of_a_loop_and_with_one_group_layer_normalization(shape):
    u = np.random.default_rng(3).normal(1, 2, shape)
    found = GN(groups=4).made(8, dtype="float64").normalize(tf.constant(u), training=True)
    expected = np.empty_like(u)
    for row in range(shape[0]):
        for group in range(4):
            part = u[row, ..., 2 * group : 2 * group + 2]
            spread = np.sqrt(part.var() + 1e-3)
            expected[row, ..., 2 * group : 2 * group + 2] = (part - part.mean()) / spread
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    one = GN(groups=1).made(8, dtype="float64").normalize(tf.constant(u), training=True)
    layer = LN().made(8, dtype="float64").normalize(tf.constant(u), training=True)
    np.testing.assert_allclose(one, layer, rtol=1e-10)


def test_groups_that_do_not_divide_the_features_are_refused():
    with pytest.raises(ValueError, match="3 groups do not divide 8 features"):
        GN(groups=3).made(8)


# ---------------------------------------------------------------- that the tests can fail


class DependsOnTheBatch(Normalizer):
    """Uses the batch at inference too, loses its gradient, and has nothing to say of one row."""

    def normalize(self, u, training):
        axes = list(range(len(u.shape) - 1))
        spread = tf.math.reduce_std(u, axis=axes)
        return tf.stop_gradient(1 / spread) * u


class NewShape(Normalizer):
    """Loses an axis, and counts its calls in its state."""

    def build(self):
        self.calls = self.vector("calls", "zeros", trainable=False)

    def normalize(self, u, training):
        self.calls = self.calls + 1
        return tf.reduce_mean(u, axis=-1)


def failing(normalizer, *names, **arguments):
    """Which of these tests a normalizer fails."""
    suite = type("Suite", (NormalizerTests,), {"normalizer": normalizer})()
    found = []
    for name in names:
        try:
            getattr(suite, name)(**arguments)
        except Exception:
            found.append(name)
    return found


def test_a_mistaken_normalizer_fails_the_tests_that_it_should():
    of_gradient = "test_the_gradient_is_the_numerical_one"
    of_rows = "test_inference_on_a_row_does_not_depend_on_the_other_rows"
    of_one = "test_one_row_has_a_finite_output_and_gradient"
    of_state = "test_inference_leaves_the_state_alone"
    shape = (5, 12)
    every = (of_gradient, of_rows, of_one, of_state)
    assert failing(DependsOnTheBatch, *every, shape=shape) == [of_gradient, of_rows, of_one]
    assert failing(NewShape, of_state, shape=shape) == [of_state]
    assert failing(NewShape, "test_the_shape_stays", shape=shape, training=True)
    assert failing(NewShape, "test_a_state_has_a_momentum")
