"""Tests that every normalizer inherits, and the library's normalizers against Keras' own layers on images."""

from functools import partial
from itertools import product

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnlab.networks.block import Dense, Method
from bnlab.networks.normalizer import Normalizer
from bnlab.networks.normalizers.bn import BN
from bnlab.networks.normalizers.dyt import DyT
from bnlab.networks.normalizers.evalnorm import EvalNorm
from bnlab.networks.normalizers.ghost_bn import GhostBN
from bnlab.networks.normalizers.gn import GN
from bnlab.networks.normalizers.ln import LN
from bnlab.networks.normalizers.lp import Lp
from bnlab.networks.normalizers.mean_only_bn import MeanOnlyBN
from bnlab.networks.normalizers.renorm import BatchRenorm
from bnlab.networks.normalizers.rms import RMS
from bnlab.networks.normalizers.unitization import Unitization
from bnlab.networks.normalizers.whitening import Whitening
from bnlab.study import registry
from bnlab.study.options import Divisor
from bnlab.testing import NormalizerTests

SHAPES = {"rows": (6, 8), "images": (6, 3, 4, 8), "tokens": (6, 5, 8)}


class TestBN(NormalizerTests):
    normalizer = BN
    options = {"momentum": 0.9}


class TestLN(NormalizerTests):
    normalizer = LN


class TestLNOfPositions(NormalizerTests):
    normalizer = LN
    options = {"over": "position", "affine": "gain", "gamma": 0.1}


class TestLNOfRows(NormalizerTests):
    normalizer = LN
    options = {"over": "row", "affine": "none"}


class TestRMS(NormalizerTests):
    normalizer = RMS


class TestDyT(NormalizerTests):
    normalizer = DyT


class TestGhostBN(NormalizerTests):
    normalizer = GhostBN
    options = {"size": 2}


class TestGN(NormalizerTests):
    normalizer = GN
    options = {"groups": 3}


class TestUnitization(NormalizerTests):
    normalizer = Unitization


class TestL1(NormalizerTests):
    normalizer = Lp
    options = {"p": 1}


class TestL2(NormalizerTests):
    normalizer = Lp
    options = {"p": 2}


class TestLInf(NormalizerTests):
    normalizer = Lp
    options = {"p": "inf"}


class TestWhitening(NormalizerTests):
    normalizer = Whitening


class TestBatchRenorm(NormalizerTests):
    normalizer = BatchRenorm


class TestEvalNorm(NormalizerTests):
    normalizer = EvalNorm


class TestMeanOnlyBN(NormalizerTests):
    normalizer = MeanOnlyBN


def test_every_normalizer_of_the_library_has_these_tests():
    tested = {value.normalizer.__name__ for name, value in globals().items() if name[:4] == "Test"}
    noisy = {"Noise", "BNWithNoise"}  # differ at every step; tests/test_inside.py is about them
    names = {reference.name for reference in registry.shipped("normalizer").values()}
    assert tested == names - noisy


def keras_group_normalization(groups, over=None):
    """Keras' layer, on tokens for each token alone unless ``over`` is "row"."""

    def layer(shape):
        inner = keras.layers.GroupNormalization(groups, epsilon=1e-3, dtype="float64")
        by_token = len(shape) == 3 and over is None
        return keras.layers.TimeDistributed(inner, dtype="float64") if by_token else inner

    return layer


def keras_layer_normalization(shape):
    """Keras' layer over the last axis, over the whole row in images."""
    return keras_group_normalization(1)(shape) if len(shape) == 4 else last_axis(shape)


def last_axis(shape):
    return keras.layers.LayerNormalization(epsilon=1e-3, dtype="float64")


def keras_rms(shape):
    """Keras' layer, over the last axis; of images over all axes of a row, but for the gain, which has its shape."""
    axes = -1 if len(shape) < 4 else (1, 2, 3)
    return keras.layers.RMSNormalization(axes, epsilon=1e-6, dtype="float64")


TWINS = {
    "bn": (BN(), lambda shape: keras.layers.BatchNormalization(dtype="float64")),
    "gn": (GN(groups=4), keras_group_normalization(4)),
    "gn_over_row": (GN(groups=4, over="row"), keras_group_normalization(4, over="row")),
    "ln": (LN(), keras_layer_normalization),
    "ln_over_position": (LN(over="position"), last_axis),
    "ln_over_row": (LN(over="row"), keras_group_normalization(1, over="row")),
    "rms": (RMS(), keras_rms),
    "rms_over_position": (RMS(over="position"), lambda shape: keras_rms((1, 1))),
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("name", TWINS)
def test_a_normalizer_is_keras_own_on_rows_images_and_tokens(name, shape, training):
    rng = np.random.default_rng(2)
    ours, twin = TWINS[name]
    layer, theirs = ours.build_for(8, dtype="float64"), twin(shape)
    theirs.build(shape)
    inner = getattr(theirs, "layer", theirs)
    gamma, beta = rng.uniform(0.5, 1.5, (2, 8))
    layer.gamma, layer.beta = tf.constant(gamma), tf.constant(beta)
    if "rms" in name:
        inner.scale.assign(np.broadcast_to(gamma, inner.scale.shape))
    else:
        inner.gamma.assign(gamma)
        inner.beta.assign(beta)
    for _ in range(3):
        u = tf.constant(rng.normal(1, 2, shape))
        arguments = {"training": training} if name == "bn" else {}
        expected = theirs(u, **arguments) + (beta if "rms" in name else 0)
        np.testing.assert_allclose(layer.normalize(u, training), expected, rtol=1e-9, atol=1e-12)
    if name == "bn":
        np.testing.assert_allclose(layer.moving_mean, theirs.moving_mean, rtol=1e-12)
        np.testing.assert_allclose(layer.moving_variance, theirs.moving_variance, rtol=1e-12)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_group_normalization_is_that_of_a_loop_and_with_one_group_layer_normalization(shape):
    u = np.random.default_rng(3).normal(1, 2, shape)
    actual = GN(groups=4).build_for(8, dtype="float64").normalize(tf.constant(u), training=True)
    apart = u.reshape(-1, 8) if len(shape) == 3 else u  # a token is normalized as a row is
    expected = np.empty_like(apart)
    for row in range(len(apart)):
        for group in range(4):
            part = apart[row, ..., 2 * group : 2 * group + 2]
            spread = np.sqrt(part.var() + 1e-3)
            expected[row, ..., 2 * group : 2 * group + 2] = (part - part.mean()) / spread
    np.testing.assert_allclose(actual, expected.reshape(shape), rtol=1e-10)
    one = GN(groups=1).build_for(8, dtype="float64").normalize(tf.constant(u), training=True)
    layer = LN().build_for(8, dtype="float64").normalize(tf.constant(u), training=True)
    np.testing.assert_allclose(one, layer, rtol=1e-10)


def test_groups_that_do_not_divide_the_features_are_refused():
    with pytest.raises(ValueError, match="3 groups do not divide 8 features"):
        GN(groups=3).build_for(8)


@pytest.mark.parametrize(("p", "power"), [(1, 1), (2, 2), ("inf", np.inf)])
def test_an_lp_norm_is_taken_over_the_batch_before_the_mean_is_subtracted(p, power):
    u = np.random.default_rng(4).normal(2, 3, (9, 5))
    actual = Lp(p=p).build_for(5, dtype="float64").normalize(tf.constant(u), training=True)
    norm = np.linalg.norm(u, power, axis=0) / (1 if p == "inf" else 9 ** (1 / power))
    np.testing.assert_allclose(actual, (u - u.mean(axis=0)) / (norm + 1e-3), rtol=1e-10)


def test_unitization_starts_as_batch_normalization_and_at_alpha_one_has_rows_of_length_one():
    u = tf.constant(np.random.default_rng(5).normal(2, 3, (9, 5)))
    layer = Unitization().build_for(5, dtype="float64")
    plain = BN().build_for(5, dtype="float64").normalize(u, training=True)
    np.testing.assert_allclose(layer.normalize(u, training=True), plain, rtol=1e-12)
    layer.alpha = tf.ones(5, tf.float64)
    lengths = np.linalg.norm(layer.normalize(u, training=True), axis=1)
    np.testing.assert_allclose(lengths, 1, rtol=1e-3)


def test_whitened_rows_are_uncorrelated_and_of_variance_one():
    rng = np.random.default_rng(6)
    u = rng.normal(size=(200, 4)) @ rng.normal(size=(4, 4)) + 3
    layer = Whitening(epsilon=1e-9).build_for(4, dtype="float64")
    white = layer.normalize(tf.constant(u), training=True).numpy()
    np.testing.assert_allclose(white.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(np.cov(white.T, bias=True), np.eye(4), atol=1e-6)


@pytest.mark.parametrize("rows", [2, 4, 7])
def test_fewer_rows_than_features_leave_a_rank_of_one_less_than_the_rows(rows):
    u = np.random.default_rng(7).normal(size=(rows, 8))
    white = (
        Whitening().build_for(8, dtype="float64").normalize(tf.constant(u), training=True).numpy()
    )
    assert np.linalg.matrix_rank(white - white.mean(axis=0), tol=1e-8) == rows - 1
    assert np.isfinite(white).all()


def test_by_eigenvectors_the_gradient_is_lost_where_eigenvalues_are_equal_and_by_cholesky_not():
    """Against differences along a symmetric change of the covariance I, where the roots themselves are smooth."""
    rng = np.random.default_rng(9)
    weights, change = rng.normal(size=(3, 3)), rng.normal(size=(3, 3))
    change += change.T

    def by_eigenvectors(covariance):
        values, vectors = tf.linalg.eigh(covariance)
        root = vectors @ tf.linalg.diag(values**-0.5) @ tf.transpose(vectors)
        return tf.reduce_sum(weights * root)

    def by_cholesky(covariance):
        return tf.reduce_sum(weights * tf.linalg.inv(tf.linalg.cholesky(covariance)))

    same = tf.eye(3, dtype=tf.float64)
    for root, right in ((by_eigenvectors, False), (by_cholesky, True)):
        with tf.GradientTape() as tape:
            tape.watch(same)
            value = root(same)
        along = np.sum(tape.gradient(value, same) * change)
        ends = [float(root(same + sign * 1e-5 * change)) for sign in (1, -1)]
        assert np.isclose(along, (ends[0] - ends[1]) / 2e-5, rtol=1e-4) == right


def test_before_training_whitening_at_inference_changes_next_to_nothing():
    u = np.random.default_rng(8).normal(size=(6, 4))
    actual = Whitening().build_for(4, dtype="float64").normalize(tf.constant(u), training=False)
    np.testing.assert_allclose(actual, u, rtol=1e-3)


# ---------------------------------------------------------------- beyond the batch


def renorm(step=0, mean=0.5, variance=4.0, **options):
    """Batch renormalization of 5 features after so many steps, with these averages."""
    layer = BatchRenorm(**options).build_for(5, dtype="float64")
    layer.moving_mean = tf.fill([5], tf.constant(mean, tf.float64))
    layer.moving_variance = tf.fill([5], tf.constant(variance, tf.float64))
    layer.step = tf.constant(float(step), tf.float64)
    return layer


def test_batch_renormalization_is_batch_normalization_while_it_warms_up():
    u = tf.constant(np.random.default_rng(10).normal(2, 3, (9, 5)))
    plain = BN().build_for(5, dtype="float64").normalize(u, training=True)
    for step in (0, 4999, 5000):
        np.testing.assert_allclose(renorm(step).normalize(u, training=True), plain, rtol=1e-12)
    assert not np.allclose(renorm(10_000).normalize(u, training=True), plain, rtol=1e-3)


def test_unclipped_it_makes_of_a_batch_in_training_what_it_makes_of_it_at_inference():
    u = tf.constant(np.random.default_rng(11).normal(2, 3, (9, 5)))
    far = {"r_max": 1e9, "d_max": 1e9}
    at_inference = renorm().normalize(u, training=False)
    np.testing.assert_allclose(
        renorm(50_000, **far).normalize(u, training=True), at_inference, rtol=1e-9
    )


@pytest.mark.parametrize(
    ("step", "r_limit", "d_limit"), [(0, 1, 0), (10, 1, 0), (20, 1.5, 2.5), (30, 2, 5), (99, 3, 5)]
)
def test_the_limits_of_r_and_d_grow_as_published(step, r_limit, d_limit):
    u = np.random.default_rng(12).normal(40, 30, (9, 5))
    layer = renorm(step, warm_up=10, r_steps=50, d_steps=30)
    actual = layer.normalize(tf.constant(u), training=True)
    sigma, own = np.sqrt(4 + 1e-3), np.sqrt(u.var(axis=0) + 1e-3)
    r = np.clip(own / sigma, 1 / r_limit, r_limit)
    d = np.clip((u.mean(axis=0) - 0.5) / sigma, -d_limit, d_limit)
    assert (r == r_limit).all() and (d == d_limit).all()
    np.testing.assert_allclose(actual, (u - u.mean(axis=0)) / own * r + d, rtol=1e-9)
    assert float(layer.step) == step + 1
    np.testing.assert_allclose(layer.moving_mean, 0.99 * 0.5 + 0.01 * u.mean(axis=0))


@pytest.mark.parametrize("m", [1, 2, 3])
@pytest.mark.parametrize("shape", [(5, 2), (5, 3, 1, 2)], ids=["rows", "images"])
def test_evalnorm_uses_the_expectation_over_all_batches_that_a_row_can_be_part_of(m, shape):
    rng = np.random.default_rng(13)
    u = rng.normal(1, 2, shape)
    axes = tuple(range(len(shape) - 1))

    def statistics(rows):
        return u[list(rows)].mean(axis=axes), u[list(rows)].var(axis=axes)

    every = [statistics(rows) for rows in product(range(5), repeat=m)]
    layer = EvalNorm().build_for(2, dtype="float64")
    layer.normalize(tf.constant(u[:m]), training=True)
    layer.moving_mean, layer.moving_variance = (
        tf.constant(np.mean(s, axis=0)) for s in zip(*every, strict=True)
    )
    actual = layer.normalize(tf.constant(u), training=False).numpy()
    for row in range(5):
        beside = [statistics((row, *rest)) for rest in product(range(5), repeat=m - 1)]
        mean, variance = (np.mean(s, axis=0) for s in zip(*beside, strict=True))
        np.testing.assert_allclose(
            actual[row], (u[row] - mean) / np.sqrt(variance + 1e-3), rtol=1e-9
        )


def test_evalnorm_after_large_batches_is_batch_normalization():
    u = tf.constant(np.random.default_rng(14).normal(1, 2, (6, 5)))
    corrected, plain = EvalNorm().build_for(5, dtype="float64"), BN().build_for(5, dtype="float64")
    corrected.rows = tf.constant(1e12, tf.float64)
    np.testing.assert_allclose(
        corrected.normalize(u, training=False), plain.normalize(u, training=False), rtol=1e-9
    )


def test_mean_only_batch_normalization_subtracts_the_mean_and_keeps_the_spread():
    u = np.random.default_rng(15).normal(3, 2, (9, 5))
    layer = MeanOnlyBN(momentum=0.75).build_for(5, dtype="float64")
    layer.beta = tf.fill([5], tf.constant(0.25, tf.float64))
    actual = layer.normalize(tf.constant(u), training=True)
    np.testing.assert_allclose(actual, u - u.mean(axis=0) + 0.25, rtol=1e-12)
    np.testing.assert_allclose(layer.moving_mean, 0.25 * u.mean(axis=0), rtol=1e-12)
    at_inference = layer.normalize(tf.constant(u), training=False)
    np.testing.assert_allclose(at_inference, u - 0.25 * u.mean(axis=0) + 0.25, rtol=1e-12)


@pytest.mark.parametrize("name", registry.shipped("normalizer"))
def test_a_normalizer_keeps_averages_where_its_variables_have_some(name):
    others = {"evalnorm", "ghost_bn", "lp", "mean_only_bn", "renorm", "unitization", "whitening"}
    normalizer = registry.find("normalizer", name).load()
    built = normalizer().build_for(32).variables
    assert normalizer.keeps_averages() == any(variable.is_average for variable in built)
    assert normalizer.keeps_averages() == (name in {"bn", "bn_with_noise", *others})


def test_averages_are_those_that_build_makes_and_not_those_that_a_text_names():
    class Named(Normalizer):
        def build(self):
            """Make a gain, and no moving_ average."""
            self.gain = self.vector("gain", "ones")

    class Helped(Normalizer):
        def __init__(self, groups: Divisor, averages: bool):
            self.groups, self.averages = groups, averages

        def build(self):
            assert self.features % self.groups == 0
            if self.averages:
                self._averages()

        def _averages(self):
            self.moving_mean = self.vector("moving_mean", "zeros", trainable=False)

    class Computed(Helped):
        def _averages(self):
            super()._averages()
            self.moving_mean = 1 - self.moving_mean

    assert not Named.keeps_averages()
    for helped in (Helped, Computed):
        assert helped.keeps_averages(groups=7, averages=True)
        assert not helped.keeps_averages(groups=7, averages=False)


def test_an_average_under_another_name_is_refused():
    class Misnamed(Normalizer):
        momentum = 0.9

        def build(self):
            self.mean = self.vector("mean", "zeros", trainable=False)

        def normalize(self, u, training):
            self.move("mean", tf.reduce_mean(u, axis=0))
            return u

    with pytest.raises(ValueError, match="begins with moving_, and not mean"):
        Misnamed().build_for(3).normalize(tf.ones((2, 3)), training=True)


# ---------------------------------------------------------------- on images in a plain graph

IMAGES = {
    "several": (3, 5, 7, 6),
    "one": (1, 4, 4, 8),
    "one_position": (1, 1, 1, 4),
    "rows_of_one_position": (4, 1, 1, 6),
}
FUSED = {"bn": BN, "gn": partial(GN, groups=2)}
LARGE = {
    "centred": (0.5, 2.0),
    "constant": (3.0, 0.0),
    "mean_1000": (1000.0, 1.0),
}


def in_training(normalizer, dtype, u, weights, compiled):
    """N(u), gradients of Σ weights·N(u) by u and trained variables, and averages, with random gains and offsets."""
    layer = normalizer.build_for(u.shape[-1], dtype=dtype)
    layer.compiled, rng = compiled, np.random.default_rng(16)
    trained = [v for v in layer.variables if v.trainable]
    for variable in trained:
        variable.bind(tf.constant(rng.uniform(0.5, 1.5, variable.shape), dtype))
    u = tf.constant(u, dtype)
    values = [u, *(v.value for v in trained)]
    with tf.GradientTape() as tape:
        tape.watch(values)
        normal = layer.normalize(u, training=True)
        loss = tf.reduce_sum(tf.constant(weights, dtype) * normal)
    averages = [v.value for v in layer.variables if v.is_average]
    return [a.numpy() for a in (normal, *tape.gradient(loss, values), *averages)]


@pytest.mark.parametrize("law", LARGE.values(), ids=LARGE)
@pytest.mark.parametrize("shape", IMAGES.values(), ids=IMAGES)
@pytest.mark.parametrize("normalizer", FUSED.values(), ids=FUSED)
def test_in_a_plain_graph_images_are_normalized_by_the_formula(normalizer, shape, law):
    """Against the formula in float64; rounding may be three times that of the formula in float32."""
    rng = np.random.default_rng(17)
    u, weights = rng.normal(*law, shape).astype("float32"), rng.normal(size=shape)
    exact = in_training(normalizer(), "float64", u, weights, compiled=True)
    formula = in_training(normalizer(), "float32", u, weights, compiled=True)
    actual = in_training(normalizer(), "float32", u, weights, compiled=False)
    for value, own, expected in zip(actual, formula, exact, strict=True):
        rounding = 3 * np.abs(own - expected).max() + 1e-5 * np.abs(expected).max()
        np.testing.assert_allclose(value, expected, rtol=0, atol=rounding + 1e-6)


@pytest.mark.parametrize("normalizer", FUSED.values(), ids=FUSED)
def test_in_float64_a_plain_graph_computes_the_formula_to_the_bit(normalizer):
    u, weights = np.random.default_rng(19).normal(size=(2, 3, 4, 5, 6))
    formula, actual = (in_training(normalizer(), "float64", u, weights, c) for c in (True, False))
    for value, expected in zip(actual, formula, strict=True):
        np.testing.assert_array_equal(value, expected)


def test_statistics_of_a_subclass_are_its_own_on_images_in_a_plain_graph():
    class Twice(BN):
        def batch_statistics(self, u):
            mean, variance = super().batch_statistics(u)
            return mean, 4 * variance

    u = tf.constant(np.random.default_rng(18).normal(2, 3, (4, 3, 3, 5)), tf.float32)
    plain, twice = BN(epsilon=1e-9).build_for(5), Twice(epsilon=1e-9).build_for(5)
    plain.compiled = twice.compiled = False
    expected = plain.normalize(u, training=True) / 2
    np.testing.assert_allclose(twice.normalize(u, training=True), expected, atol=1e-6)


# ---------------------------------------------------------------- that the tests can fail


class DependsOnTheBatch(Normalizer):
    """A mistaken normalizer: the batch at inference too, no gradient, and no numbers for one row."""

    def normalize(self, u, training):
        axes = list(range(len(u.shape) - 1))
        spread = tf.math.reduce_std(u, axis=axes)
        return tf.stop_gradient(1 / spread) * u


class NewShape(Normalizer):
    """A mistaken normalizer: an axis too few, and an average without a momentum."""

    def build(self):
        self.moving_mean = self.vector("moving_mean", "zeros", trainable=False)

    def normalize(self, u, training):
        self.moving_mean = self.moving_mean + 1
        return tf.reduce_mean(u, axis=-1)


def failing(normalizer, *names, **arguments):
    """Return the names of the inherited tests that a normalizer fails."""
    suite = type("Suite", (NormalizerTests,), {"normalizer": normalizer})()
    failures = []
    for name in names:
        try:
            getattr(suite, name)(**arguments)
        except (Exception, pytest.fail.Exception):
            failures.append(name)
    return failures


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
    assert failing(NewShape, "test_an_average_has_a_momentum")


# ---------------------------------------------------------------- gain and offset, starts, gradients, ghost batches


@pytest.mark.parametrize("normalizer", [BN, LN, partial(GN, groups=4), RMS, GhostBN])
@pytest.mark.parametrize(
    ("affine", "trained"), [("both", {"gamma", "beta"}), ("gain", {"gamma"}), ("none", set())]
)
def test_gain_and_offset_train_as_affine_says_and_start_where_the_option_says(
    normalizer, affine, trained
):
    layer = normalizer(affine=affine, gamma=0.1).build_for(8, dtype="float64")
    assert {v.name for v in layer.variables if v.trainable} == trained
    np.testing.assert_array_equal(layer.gamma, np.full(8, 0.1))
    plain = normalizer().build_for(8, dtype="float64")
    np.testing.assert_array_equal(plain.gamma, np.ones(8))
    u = tf.constant(np.random.default_rng(13).normal(1, 2, (6, 8)))
    expected = 0.1 * plain.normalize(u, training=True)
    np.testing.assert_allclose(layer.normalize(u, training=True), expected, rtol=1e-12)


def test_a_layer_without_an_offset_of_its_normalizer_has_no_bias_in_its_place():
    for affine, offsets in (("both", {"beta"}), ("gain", set()), ("none", set())):
        method = Method(normalizer=LN, options={"affine": affine})
        block = Dense("layer", method, 3, 4, "relu", "he_normal", "float32")
        trained = {v.name for v in block.variables if v.trainable}
        assert trained & {"bias", "beta"} == offsets


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_detached_layer_normalization_has_the_gradient_of_a_line(shape):
    """∂Σ w·N/∂u = w·γ/√(σ² + ε), as of a map whose μ and σ are given."""
    rng = np.random.default_rng(14)
    u, weights = tf.constant(rng.normal(1, 2, shape)), rng.normal(size=shape)
    layer = LN(detached=True).build_for(8, dtype="float64")
    with tf.GradientTape() as tape:
        tape.watch(u)
        total = tf.reduce_sum(weights * layer.normalize(u, training=True))
    axes = (-1,) if len(shape) == 3 else tuple(range(1, len(shape)))
    expected = weights / np.sqrt(np.var(u, axis=axes, keepdims=True) + 1e-3)
    np.testing.assert_allclose(tape.gradient(total, u), expected, rtol=1e-9)
    whole = LN().build_for(8, dtype="float64").normalize(u, training=True)
    np.testing.assert_allclose(layer.normalize(u, training=True), whole, rtol=1e-12)


def test_dynamic_tanh_computes_its_formula_and_trains_its_alpha():
    layer = DyT(alpha=0.8).build_for(8, dtype="float64")
    u = np.random.default_rng(15).normal(1, 2, (6, 8))
    np.testing.assert_allclose(layer.normalize(tf.constant(u), True), np.tanh(0.8 * u), rtol=1e-12)
    assert {v.name for v in layer.variables if v.trainable} == {"alpha", "gamma", "beta"}


@pytest.mark.parametrize("m", [1, 5, 8, 12, 15])
@pytest.mark.parametrize("shape", [(8,), (3, 4, 8), (5, 8)], ids=SHAPES)
def test_ghost_batches_are_normalized_as_batches_of_their_own(shape, m):
    """Against BN on each part; the last part takes the rows that four do not divide."""
    u = np.random.default_rng(16).normal(2, 3, (m, *shape))
    layer, options = GhostBN(size=4, momentum=0.0).build_for(8, dtype="float64"), {"momentum": 0.0}
    ghosts = max(1, m // 4)
    parts = np.split(u, [4 * i for i in range(1, ghosts)])
    twins = [BN(**options).build_for(8, dtype="float64") for _ in parts]
    expected = [
        twin.normalize(tf.constant(part), True) for twin, part in zip(twins, parts, strict=True)
    ]
    actual = layer.normalize(tf.constant(u), training=True)
    np.testing.assert_allclose(actual, np.concatenate(expected), rtol=1e-9, atol=1e-12)
    for name in ("moving_mean", "moving_variance"):
        means = np.mean([getattr(twin, name) for twin in twins], axis=0)
        np.testing.assert_allclose(getattr(layer, name), means, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("size", "m"), [(2, 8), (4, 10), (32, 6)])
def test_the_variance_of_ghost_batches_is_unbiased_by_their_own_rows(size, m):
    """The mean over 20,000 batches of N(0, 1) of their moving variance, times the factor, is 1."""
    layer = GhostBN(size=size, momentum=0.0).build_for(20_000, dtype="float64")
    u = np.random.default_rng(17).normal(size=(m, 20_000))
    layer.normalize(tf.constant(u), training=True)
    assert np.mean(layer.moving_variance) * layer.unbiased(m) == pytest.approx(1, abs=0.02)
    assert BN().unbiased(m) == m / (m - 1)
