"""Each method against Keras' own layers, NumPy loops, closed forms and numerical gradients, all in float64."""

from inspect import signature

import keras
import numpy as np
import pytest
import tensorflow as tf
from layers import Layer
from methods import METHODS

from bnlab.networks.block import Method
from bnlab.networks.kernels.plain import SMALL_BATCH
from bnlab.networks.kernels.wn import WN
from bnlab.networks.kernels.ws import WS
from bnlab.networks.normalizers.bn import BN
from bnlab.networks.normalizers.ln import LN

UNITS, FAN_IN = 6, 7
EXACT = {"rtol": 1e-10, "atol": 1e-12}
EITHER_SIDE_OF_A_SMALL_BATCH = (SMALL_BATCH, SMALL_BATCH + 1)

every_method = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def without_epsilon(monkeypatch):
    for make in (BN.__init__, LN.__init__):
        known = {
            name: p.default for name, p in signature(make).parameters.items() if name != "self"
        }
        monkeypatch.setattr(make, "__defaults__", tuple((known | {"epsilon": 1e-30}).values()))
    monkeypatch.setattr(WS, "epsilon", 1e-30)


def make(method, rng, units=UNITS, fan_in=FAN_IN, activation=None):
    """A float64 layer whose trained variables are random; biases and kernels have a mean."""
    layer = Layer(method, units, fan_in, activation)
    layer.randomize(rng)
    return layer


def linear_output(layer, x):
    return x @ layer["kernel"]


def training_output(layer, x):
    return layer(x, training=True)


def standardized(kernel, epsilon=1e-5):
    """Kernel standardization of Qiao et al., one unit and one weight at a time."""
    result = np.empty_like(kernel)
    fan_in, units = kernel.shape
    for j in range(units):
        mean = sum(kernel[i, j] for i in range(fan_in)) / fan_in
        variance = sum((kernel[i, j] - mean) ** 2 for i in range(fan_in)) / fan_in
        for i in range(fan_in):
            result[i, j] = (kernel[i, j] - mean) / (variance**0.5 + epsilon)
    return result


def keras_twin(layer, normalization):
    """Keras' own layer with this layer's γ and β."""
    twin = normalization(dtype="float64")
    twin.build((None, UNITS))
    twin.gamma.assign(layer["gamma"])
    twin.beta.assign(layer["beta"])
    return twin


# ---------------------------------------------------------------- against Keras' own layers


@pytest.mark.parametrize("activation", [None, "sigmoid", "relu"])
def test_base_is_a_dense_layer(rng, activation):
    layer = make(METHODS["base"], rng, activation=activation)
    dense = keras.layers.Dense(UNITS, activation, dtype="float64")
    dense.build((None, FAN_IN))
    dense.set_weights([layer["kernel"], layer["bias"]])
    x = rng.normal(size=(9, FAN_IN))
    np.testing.assert_allclose(layer(x), dense(x), **EXACT)


@pytest.mark.parametrize("m", [1, 2, 8, 9, 60])
def test_bn_equals_keras_in_training_and_inference_with_the_same_moving_averages(rng, m):
    layer = make(METHODS["bn"], rng)
    twin = keras_twin(layer, keras.layers.BatchNormalization)
    for _ in range(4):
        x = rng.normal(0.5, 2, size=(m, FAN_IN))
        expected = twin(linear_output(layer, x), training=True)
        np.testing.assert_allclose(training_output(layer, x), expected, **EXACT)
    np.testing.assert_allclose(layer["moving_mean"], twin.moving_mean, **EXACT)
    np.testing.assert_allclose(layer["moving_variance"], twin.moving_variance, **EXACT)
    expected = twin(linear_output(layer, x), training=False)
    np.testing.assert_allclose(layer(x, training=False), expected, **EXACT)


def test_inference_leaves_the_moving_averages_alone(rng):
    layer = make(METHODS["bn"], rng)
    layer(rng.normal(size=(9, FAN_IN)), training=False)
    assert (layer["moving_mean"] == 0).all()
    assert (layer["moving_variance"] == 1).all()


@pytest.mark.parametrize("m", [1, 2, 9])
def test_ln_equals_keras_in_training_and_inference(rng, m):
    layer = make(METHODS["ln"], rng)
    twin = keras_twin(layer, keras.layers.LayerNormalization)
    x = rng.normal(0.5, 2, size=(m, FAN_IN))
    expected = twin(linear_output(layer, x))
    np.testing.assert_allclose(training_output(layer, x), expected, **EXACT)
    np.testing.assert_allclose(layer(x, training=False), expected, **EXACT)


@pytest.mark.parametrize("method", [METHODS["bn"], METHODS["ln"]])
def test_normalization_stands_before_the_activation(rng, method):
    layer = make(method, rng, activation="sigmoid")
    x = rng.normal(size=(9, FAN_IN))
    expected = 1 / (1 + np.exp(-layer.pre_activation(x, training=True)))
    np.testing.assert_allclose(training_output(layer, x), expected, **EXACT)


class WrongAxis(BN):
    """A mistaken normalizer: statistics over units, as in layer normalization."""

    def normalize(self, u, training):
        mean = tf.reduce_mean(u, axis=1, keepdims=True)
        variance = tf.reduce_mean(tf.square(u - mean), axis=1, keepdims=True)
        return (u - mean) * tf.math.rsqrt(variance + self.epsilon) * self.gamma + self.beta


class OneScalarMean(BN):
    """A mistaken normalizer: no axis."""

    def normalize(self, u, training):
        mean = tf.reduce_mean(u)
        variance = tf.reduce_mean(tf.square(u - mean))
        return (u - mean) * tf.math.rsqrt(variance + self.epsilon) * self.gamma + self.beta


class DividesByVariance(BN):
    """A mistaken normalizer: no square root."""

    def normalize(self, u, training):
        mean = tf.reduce_mean(u, axis=0)
        variance = tf.reduce_mean(tf.square(u - mean), axis=0)
        return (u - mean) / (variance + self.epsilon) * self.gamma + self.beta


class UnbiasedVariance(BN):
    """A mistaken normalizer: m − 1 in training."""

    def normalize(self, u, training):
        mean = tf.reduce_mean(u, axis=0)
        variance = tf.reduce_sum(tf.square(u - mean), axis=0) / (u.shape[0] - 1)
        return (u - mean) * tf.math.rsqrt(variance + self.epsilon) * self.gamma + self.beta


@pytest.mark.parametrize("mistake", [WrongAxis, OneScalarMean, DividesByVariance, UnbiasedVariance])
def test_the_keras_oracle_can_tell_a_mistaken_bn(rng, mistake):
    layer = make(mistake, rng)
    twin = keras_twin(layer, keras.layers.BatchNormalization)
    x = rng.normal(0.5, 2, size=(9, FAN_IN))
    expected = twin(linear_output(layer, x), training=True).numpy()
    assert np.abs(training_output(layer, x) - expected).max() > 0.05


@pytest.mark.parametrize("m", [1, 9])
def test_base_multiplies_by_the_kernel_and_adds_the_bias(rng, m):
    layer = make(METHODS["base"], rng)
    x = rng.normal(0.5, 2, size=(m, FAN_IN))
    expected = x @ layer["kernel"] + layer["bias"]
    np.testing.assert_allclose(training_output(layer, x), expected, **EXACT)


# ---------------------------------------------------------------- weight standardization


@pytest.mark.parametrize("m", [1, 9])
def test_ws_multiplies_by_the_standardized_kernel(rng, m):
    layer = make(METHODS["ws"], rng)
    x = rng.normal(0.5, 2, size=(m, FAN_IN))
    expected = x @ standardized(layer["kernel"]) + layer["bias"]
    np.testing.assert_allclose(layer(x), expected, **EXACT)


def test_a_standardized_column_has_mean_zero_and_norm_root_fan_in(rng):
    kernel = make(METHODS["ws"], rng).multiply(np.eye(FAN_IN))
    np.testing.assert_allclose(kernel.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(kernel, axis=0), FAN_IN**0.5, rtol=1e-4)


def test_wn_multiplies_by_columns_of_the_trained_length(rng):
    layer = make(Method(kernel=WN), rng)
    kernel = layer["kernel"] * layer["gain"] / np.linalg.norm(layer["kernel"], axis=0)
    x = rng.normal(size=(6, FAN_IN))
    np.testing.assert_allclose(layer(x), x @ kernel + layer["bias"], **EXACT)
    images = rng.normal(size=(2, 4, 5, 3))
    filters = rng.normal(size=(3, 3, 3, UNITS))
    block = layer.block.linear_map
    scaled = filters * layer["gain"] / np.linalg.norm(filters.reshape(-1, UNITS), axis=0)
    np.testing.assert_allclose(
        block.convolve(tf.constant(images), tf.constant(filters)),
        tf.nn.conv2d(images, scaled, 1, "SAME"),
        **EXACT,
    )


def test_the_gradient_of_wn_leaves_the_length_of_a_kernel_alone(rng):
    layer = make(Method(kernel=WN), rng)
    actual = layer.gradients(rng.normal(size=(6, FAN_IN)), rng.normal(size=(6, UNITS)))
    along = np.sum(layer["kernel"] * actual["kernel"], axis=0)
    np.testing.assert_allclose(along, 0, atol=1e-12)
    assert np.abs(actual["gain"]).min() > 1e-6


def plain_gradients(x, kernel, weights, constants=False):
    """By x and kernel, differentiated automatically through (W − mean)/(std + ε)."""
    x, kernel = tf.constant(x), tf.constant(kernel)
    with tf.GradientTape() as tape:
        tape.watch([x, kernel])
        mean, std = tf.reduce_mean(kernel, axis=0), tf.math.reduce_std(kernel, axis=0)
        if constants:
            mean, std = tf.stop_gradient(mean), tf.stop_gradient(std)
        loss = tf.reduce_sum(weights * tf.matmul(x, (kernel - mean) / (std + 1e-5)))
    return [gradient.numpy() for gradient in tape.gradient(loss, [x, kernel])]


@pytest.mark.parametrize("m", [1, *EITHER_SIDE_OF_A_SMALL_BATCH])
def test_the_gradient_of_ws_flows_through_mean_and_std_of_the_kernel(rng, m):
    layer = make(METHODS["ws"], rng)
    x, weights = rng.normal(0.5, 2, size=(m, FAN_IN)), rng.normal(size=(m, UNITS))
    actual = layer.gradients(x, weights)
    dx, dkernel = plain_gradients(x, layer["kernel"], weights)
    np.testing.assert_allclose(actual["x"], dx, **EXACT)
    np.testing.assert_allclose(actual["kernel"], dkernel, **EXACT)
    _, with_constants = plain_gradients(x, layer["kernel"], weights, constants=True)
    assert np.abs(actual["kernel"] - with_constants).max() > 0.1


def test_ws_scaled_is_ws_over_root_fan_in(rng):
    plain, scaled = make(METHODS["ws"], rng), make(METHODS["ws_scaled"], rng)
    scaled["kernel"] = plain["kernel"]
    x = rng.normal(size=(9, FAN_IN))
    np.testing.assert_allclose(scaled.multiply(x), plain.multiply(x) / FAN_IN**0.5, **EXACT)
    expected = scaled.multiply(x) + scaled["bias"]
    np.testing.assert_allclose(scaled.pre_activation(x), expected, **EXACT)


@pytest.mark.parametrize(
    ("method", "normalization"),
    [
        (METHODS["ws_bn"], keras.layers.BatchNormalization),
        (METHODS["ws_ln"], keras.layers.LayerNormalization),
    ],
    ids=["ws_bn", "ws_ln"],
)
def test_a_composition_standardizes_the_kernel_and_then_normalizes(rng, method, normalization):
    layer = make(method, rng)
    twin = keras_twin(layer, normalization)
    for _ in range(3):
        x = rng.normal(0.5, 2, size=(9, FAN_IN))
        u = x @ standardized(layer["kernel"])
        np.testing.assert_allclose(training_output(layer, x), twin(u, training=True), **EXACT)
    np.testing.assert_allclose(layer(x, training=False), twin(u, training=False), **EXACT)


# ---------------------------------------------------------------- variables


@pytest.mark.parametrize(
    ("method", "names"),
    [
        ("base", {"kernel", "bias"}),
        ("bn", {"kernel", "gamma", "beta"}),
        ("ln", {"kernel", "gamma", "beta"}),
        ("ws", {"kernel", "bias"}),
        ("ws_scaled", {"kernel", "bias"}),
        ("ws_bn", {"kernel", "gamma", "beta"}),
        ("ws_ln", {"kernel", "gamma", "beta"}),
    ],
)
def test_a_method_trains_these_variables_and_no_redundant_bias(rng, method, names):
    assert set(make(METHODS[method], rng).names(trainable=True)) == names


@every_method
def test_only_methods_with_bn_keep_a_state(rng, method):
    names = set(make(method, rng).names(trainable=False))
    expected = {"moving_mean", "moving_variance"} if method.normalizer is BN else set()
    assert names == expected


# ---------------------------------------------------------------- gradients


def gradient_error(layer, rng, m):
    """Largest difference of a gradient from central differences, over x and all trainable variables."""
    x, weights = rng.normal(size=(m, FAN_IN)), rng.normal(size=(m, UNITS))
    trained = [tf.constant(layer[name]) for name in layer.names(trainable=True)]
    arguments = [tf.constant(x), *trained]
    loss = tf.function(layer.loss(weights), autograph=False)
    theory, numbers = tf.test.compute_gradient(loss, arguments, delta=1e-5)
    return max(np.abs(t - n).max() for t, n in zip(theory, numbers, strict=True))


@pytest.mark.parametrize("m", [1, *EITHER_SIDE_OF_A_SMALL_BATCH])
@every_method
def test_gradients_are_the_numerical_ones(rng, method, m):
    assert gradient_error(make(method, rng, activation="sigmoid"), rng, m) < 1e-7


class ConstantStatistics(BN):
    """A mistaken normalizer: statistics outside the gradient step (Ioffe & Szegedy, §2)."""

    def normalize(self, u, training):
        mean = tf.stop_gradient(tf.reduce_mean(u, axis=0))
        variance = tf.stop_gradient(tf.reduce_mean(tf.square(u - mean), axis=0))
        return (u - mean) * tf.math.rsqrt(variance + self.epsilon) * self.gamma + self.beta


def test_the_numerical_gradient_can_tell_statistics_taken_for_constants(rng):
    assert gradient_error(make(ConstantStatistics, rng, activation="sigmoid"), rng, 9) > 1e-2


@every_method
def test_a_batch_of_unknown_size_has_the_same_gradients(rng, method):
    layer = make(method, rng)
    x, weights = rng.normal(size=(4, FAN_IN)), rng.normal(size=(4, UNITS))

    @tf.function(input_signature=[tf.TensorSpec((None, FAN_IN), tf.float64)])
    def unknown(x):
        return layer.gradient_tensors(x, weights)["kernel"]

    np.testing.assert_allclose(unknown(x), layer.gradients(x, weights)["kernel"], **EXACT)


# ---------------------------------------------------------------- invariances (Ba et al. 2016, Table 1)

TRANSFORMATIONS = {
    "weight matrix scaling": lambda x, w: (x, 3 * w),
    "weight matrix centring": lambda x, w: (x, w + np.linspace(-1, 2, FAN_IN)[:, None]),
    "weight vector scaling": lambda x, w: (x, w * np.where(np.arange(UNITS) == 1, 3, 1)),
    "weight vector shift": lambda x, w: (x, w + np.where(np.arange(UNITS) == 1, 0.7, 0)),
    "dataset scaling": lambda x, w: (3 * x, w),
    "dataset centring": lambda x, w: (x + np.linspace(-1, 2, FAN_IN), w),
    "single case scaling": lambda x, w: (x * np.where(np.arange(len(x)) == 1, 3, 1)[:, None], w),
}
IGNORED = {
    "base": set(),
    "bn": {
        "weight matrix scaling",
        "weight vector scaling",
        "dataset scaling",
        "dataset centring",
    },
    "ln": {
        "weight matrix scaling",
        "weight matrix centring",
        "dataset scaling",
        "single case scaling",
    },
    "ws": {"weight matrix scaling", "weight vector scaling", "weight vector shift"},
    "ws_scaled": {"weight matrix scaling", "weight vector scaling", "weight vector shift"},
    "ws_bn": {
        "weight matrix scaling",
        "weight vector scaling",
        "weight vector shift",
        "dataset scaling",
        "dataset centring",
    },
    "ws_ln": {
        "weight matrix scaling",
        "weight vector scaling",
        "weight vector shift",
        "dataset scaling",
        "single case scaling",
    },
}


def change_under(transformation, layer, rng):
    """Largest change of an output when data and kernel are transformed."""
    x, kernel = rng.normal(size=(9, FAN_IN)), layer["kernel"]
    before = training_output(layer, x)
    x, kernel = TRANSFORMATIONS[transformation](x, kernel)
    layer["kernel"] = kernel
    return np.abs(training_output(layer, x) - before).max()


@pytest.mark.parametrize(
    ("method", "transformation"),
    [(m, t) for m, ignored in IGNORED.items() for t in sorted(ignored)],
)
def test_a_method_ignores(without_epsilon, rng, method, transformation):
    assert change_under(transformation, make(METHODS[method], rng), rng) < 1e-10


@pytest.mark.parametrize(
    ("method", "transformation"),
    [(m, t) for m, ignored in IGNORED.items() for t in TRANSFORMATIONS if t not in ignored],
)
def test_a_method_does_not_ignore(without_epsilon, rng, method, transformation):
    assert change_under(transformation, make(METHODS[method], rng), rng) > 0.05


# ---------------------------------------------------------------- what follows from Ioffe & Szegedy's equations


@pytest.mark.parametrize("a", [0.1, 10.0])
@pytest.mark.parametrize("method", [METHODS["bn"], METHODS["ws"], METHODS["ws_bn"]])
def test_larger_weights_have_the_same_output_and_smaller_gradients(without_epsilon, rng, method, a):
    layer = make(method, rng)
    x, weights = rng.normal(size=(9, FAN_IN)), rng.normal(size=(9, UNITS))
    output, before = training_output(layer, x), layer.gradients(x, weights)
    layer["kernel"] = a * layer["kernel"]
    after = layer.gradients(x, weights)
    np.testing.assert_allclose(training_output(layer, x), output, **EXACT)
    np.testing.assert_allclose(after["x"], before["x"], **EXACT)
    np.testing.assert_allclose(after["kernel"], before["kernel"] / a, **EXACT)


@pytest.mark.parametrize("method", [METHODS["bn"], METHODS["ws_bn"]])
def test_one_row_gives_beta_and_no_gradient_below_it(rng, method):
    layer = make(method, rng, activation="sigmoid")
    x = rng.normal(size=(1, FAN_IN))
    expected = 1 / (1 + np.exp(-layer["beta"][None]))
    np.testing.assert_allclose(training_output(layer, x), expected, **EXACT)
    actual = layer.gradients(x, np.ones((1, UNITS)))
    assert all((actual[name] == 0).all() for name in ("x", "kernel", "gamma"))
    assert (actual["beta"] != 0).all()


def test_of_two_rows_bn_keeps_only_which_is_larger_and_no_gradient(without_epsilon, rng):
    layer = make(METHODS["bn"], rng)
    x = rng.normal(size=(2, FAN_IN))
    normalized = (training_output(layer, x) - layer["beta"]) / layer["gamma"]
    u = linear_output(layer, x)
    np.testing.assert_allclose(normalized, np.where(u == u.max(axis=0), 1, -1), **EXACT)
    actual = layer.gradients(x, rng.normal(size=(2, UNITS)))
    np.testing.assert_allclose(actual["kernel"], 0, atol=1e-12)
    np.testing.assert_allclose(actual["x"], 0, atol=1e-12)


def backward(layer, u, dy):
    """∂L/∂u of the normalization alone, for ∂L/∂y = dy."""
    u = tf.constant(u)
    with tf.GradientTape() as tape:
        tape.watch(u)
        y = layer.block.normalizer.normalize(u, training=True)
    return tape.gradient(y, u, output_gradients=tf.constant(dy)).numpy()


@pytest.mark.parametrize("m", [2, 3, 4, 8, 60])
def test_bn_keeps_a_share_of_m_minus_2_in_m_of_random_gradient_energy(without_epsilon, rng, m):
    units = 20_000
    layer = make(METHODS["bn"], rng, units=units, fan_in=1)
    layer["gamma"] = np.ones(units)
    u, dy = rng.normal(size=(m, units)), rng.normal(size=(m, units))
    kept = np.square(u.std(axis=0) * backward(layer, u, dy)).sum() / np.square(dy).sum()
    standard_error = (2 / m / units) ** 0.5  # at most: the share of one unit is a Beta variable
    assert kept == pytest.approx((m - 2) / m, abs=5 * standard_error)


def test_the_gradient_norm_below_bn_is_that_of_santurkar_theorem_4_1(without_epsilon, rng):
    m = 9
    layer = make(METHODS["bn"], rng)
    u, dy = rng.normal(1, 3, size=(m, UNITS)), rng.normal(size=(m, UNITS))
    sigma = u.std(axis=0)
    normalized = (u - u.mean(axis=0)) / sigma
    lost = np.square(dy.sum(axis=0)) / m + np.square((dy * normalized).sum(axis=0)) / m
    expected = np.square(layer["gamma"] / sigma) * (np.square(dy).sum(axis=0) - lost)
    actual = np.square(backward(layer, u, dy)).sum(axis=0)
    np.testing.assert_allclose(actual, expected, **EXACT)


def test_with_gamma_as_deviation_the_gradient_below_bn_is_never_larger(without_epsilon, rng):
    layer = make(METHODS["bn"], rng)
    for _ in range(50):
        u, dy = rng.normal(1, 3, size=(9, UNITS)), rng.normal(size=(9, UNITS))
        layer["gamma"] = u.std(axis=0)
        below = np.square(backward(layer, u, dy)).sum(axis=0)
        normalized = (u - u.mean(axis=0)) / u.std(axis=0)
        lost = (np.square(dy.sum(axis=0)) + np.square((dy * normalized).sum(axis=0))) / 9
        np.testing.assert_allclose(below, np.square(dy).sum(axis=0) - lost, **EXACT)
        assert (below <= np.square(dy).sum(axis=0)).all()


def test_gamma_as_deviation_and_beta_as_mean_recover_the_identity(rng):
    layer = make(METHODS["bn"], rng)
    x = rng.normal(1, 3, size=(9, FAN_IN))
    u = linear_output(layer, x)
    layer["gamma"] = np.sqrt(u.var(axis=0) + 1e-3)
    layer["beta"] = u.mean(axis=0)
    np.testing.assert_allclose(training_output(layer, x), u, **EXACT)


@pytest.mark.parametrize(
    "method", [METHODS["bn"], METHODS["ws"], METHODS["ws_bn"], METHODS["ws_ln"]]
)
def test_a_gradient_is_orthogonal_to_the_weights_whose_scale_is_ignored(
    without_epsilon, rng, method
):
    layer = make(method, rng)
    x, weights = rng.normal(size=(9, FAN_IN)), rng.normal(size=(9, UNITS))
    along = layer["kernel"] * layer.gradients(x, weights)["kernel"]
    np.testing.assert_allclose(along.sum(axis=0), 0, atol=1e-10)
