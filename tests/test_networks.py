"""Networks against NumPy, and initial values that replicates and methods share."""

import statistics
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from methods import METHODS

from bnlab.data import preprocessing
from bnlab.data.synthetic import linear_map
from bnlab.data.tables import read_file
from bnlab.networks import initializers, trial
from bnlab.networks.block import Method, activation_function
from bnlab.networks.convolutional import Convolutional
from bnlab.networks.deep_linear import DeepLinear
from bnlab.networks.inception import Inception
from bnlab.networks.language_model import LanguageModel
from bnlab.networks.network import initial_values
from bnlab.networks.normalizer import Normalizer
from bnlab.networks.normalizers.bn import BN
from bnlab.networks.normalizers.bn_with_noise import BNWithNoise
from bnlab.networks.normalizers.noise import Noise
from bnlab.networks.normalizers.whitening import Whitening
from bnlab.networks.perceptron import Perceptron
from bnlab.networks.recurrent import Recurrent
from bnlab.networks.residual_convolutional import ResidualConvolutional
from bnlab.networks.residual_perceptron import ResidualPerceptron
from bnlab.networks.transformer import Transformer
from bnlab.networks.vision_transformer import VisionTransformer
from bnlab.probes.percentiles import Percentiles
from bnlab.probes.predictions import Predictions
from bnlab.probes.weights import Weights
from bnlab.study import registry
from bnlab.training.run import Run, train
from bnlab.training.settings import Settings, Split

HIDDEN, CLASSES, FEATURES = [6, 4], 3, 4

every_method = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


def make(method, initializer="glorot_uniform", hidden=HIDDEN, dtype="float64"):
    network = Perceptron(hidden)
    return network.build_for(method, [FEATURES], CLASSES, "sigmoid", initializer, dtype)


def started(method, seed, **kwargs):
    """The values of a fresh replicate by path."""
    return values_of(make(method, **kwargs), seed)


def values_of(network, seed):
    trainable, state = initial_values(network, np.random.SeedSequence(seed))
    variables = [*network.trainable, *network.state]
    return {v.path: np.array(x) for v, x in zip(variables, [*trainable, *state], strict=True)}


def outputs(network, x, training=False, seed=5):
    """Return the logits, and the inputs of the last hidden activation."""
    values = initial_values(network, np.random.SeedSequence(seed))
    logits, _ = network(*values, tf.convert_to_tensor(x), training)
    return logits.numpy(), network.blocks[-1].pre_activation.numpy()


def kernels(values):
    return {path: v for path, v in values.items() if path.endswith("kernel")}


def sigmoid(u):
    return 1 / (1 + np.exp(-u))


def test_logits_and_the_inputs_of_the_last_activation_are_those_of_numpy():
    network, rng = make(METHODS["base"]), np.random.default_rng(1)
    values = [rng.normal(size=variable.shape) for variable in network.trainable]
    w1, b1, w2, b2, w3, b3 = values
    x = rng.normal(size=(7, FEATURES))
    logits, _ = network([tf.constant(v) for v in values], [], tf.constant(x), training=False)
    u = sigmoid(x @ w1 + b1) @ w2 + b2
    np.testing.assert_allclose(network.blocks[-1].pre_activation, u, rtol=1e-12)
    np.testing.assert_allclose(logits, sigmoid(u) @ w3 + b3, rtol=1e-12)


@every_method
def test_hidden_layers_are_of_the_method_and_the_logits_are_plain(method):
    network = make(method)
    kinds = [type(block.normalizer) for block in network.blocks]
    assert kinds == [method.normalizer or type(None)] * 2
    assert network.logits.normalizer is None
    assert {v.name for v in network.logits.variables} == {"kernel", "bias"}
    logits, inputs = outputs(network, np.ones((7, FEATURES)), training=True)
    assert (logits.shape, inputs.shape) == ((7, CLASSES), (7, HIDDEN[-1]))


@every_method
def test_a_network_trains_these_many_numbers(method):
    vectors = 1 if method.normalizer is None else 2
    expected = FEATURES * 6 + vectors * 6 + 6 * 4 + vectors * 4 + 4 * CLASSES + CLASSES
    assert sum(np.prod(v.shape) for v in make(method).trainable) == expected


@pytest.mark.parametrize(
    ("network", "shape"),
    [
        (lambda: Perceptron([5, 2]), [3]),
        (lambda: Recurrent(units=4, steps=2), [6]),
        (lambda: DeepLinear(3), [6]),
        (lambda: Convolutional([[2, 3], [4]], [5]), [5, 6, 2]),
        (lambda: Inception([2, 3]), [5, 6, 2]),
        (lambda: ResidualPerceptron(2, 4, "peri", "skipinit"), [3]),
        (lambda: ResidualConvolutional([2, 4], 1), [5, 6, 2]),
        (lambda: Transformer(1, 3, 4, 2, qk_norm=True), [6]),
        (lambda: VisionTransformer(1, 2, 4, 2), [6, 4, 2]),
    ],
)
def test_the_values_that_units_read_are_known_before_a_network_is_built(network, shape):
    built = network().build_for(Method(), shape, 3, "linear", "glorot_uniform")
    kernels = [block.kernel.shape for block in built.blocks]
    assert network().fan_ins(shape, 3) == [int(np.prod(shape[:-1])) for shape in kernels]


def test_gelu_is_x_times_the_normal_distribution_function():
    x = np.linspace(-4, 4, 17)
    expected = [value * statistics.NormalDist().cdf(value) for value in x]
    np.testing.assert_allclose(activation_function("gelu")(tf.constant(x)), expected, atol=1e-12)


def test_no_hidden_layer_but_one_is_the_smallest_network():
    logits, inputs = outputs(make(METHODS["bn"], hidden=[2]), np.ones((3, FEATURES)))
    assert (logits.shape, inputs.shape) == ((3, CLASSES), (3, 2))


@every_method
def test_every_method_starts_from_the_same_kernels(method):
    expected, actual = kernels(started(METHODS["base"], 5)), kernels(started(method, 5))
    assert expected.keys() == actual.keys()
    assert len(actual) == 3
    for path, kernel in expected.items():
        np.testing.assert_array_equal(kernel, actual[path])


def test_the_same_seed_gives_the_same_start_and_another_seed_another():
    first, again, other = (
        kernels(started(METHODS["bn"], seed)) for seed in ([5, 0], [5, 0], [5, 1])
    )
    assert len(first) == 3
    for path, kernel in first.items():
        np.testing.assert_array_equal(kernel, again[path])
        assert not np.isin(kernel, other[path]).any()


def test_layers_of_one_shape_start_from_different_kernels():
    first, second = list(
        kernels(started(METHODS["base"], 5, hidden=[FEATURES, FEATURES])).values()
    )[:2]
    assert first.shape == second.shape
    assert not np.isin(first, second).any()


def test_biases_start_at_zero_gains_at_one_and_moving_statistics_at_zero_and_one():
    start = {"bias": 0, "gamma": 1, "beta": 0, "moving_mean": 0, "moving_variance": 1}
    values = {p: v for p, v in started(METHODS["bn"], 5).items() if not p.endswith("kernel")}
    assert len(values) == 4 * len(HIDDEN) + 1
    for path, value in values.items():
        assert (value == start[path.rsplit("/")[-1]]).all(), path


@pytest.mark.parametrize(
    ("initializer", "deviation"),
    [
        ("glorot_uniform", (2 / (FEATURES + 4000)) ** 0.5),
        ("glorot_uniform_4", 4 * (2 / (FEATURES + 4000)) ** 0.5),
        ("he_normal", (2 / FEATURES) ** 0.5),
        ("normal_0.01", 0.01),
    ],
)
def test_kernels_are_spread_as_their_initializer_says(initializer, deviation):
    values = kernels(started(METHODS["base"], 5, initializer=initializer, hidden=[4000]))
    kernel = next(v for path, v in values.items() if "hidden1" in path)
    assert kernel.std() == pytest.approx(deviation, rel=0.03)
    assert kernel.mean() == pytest.approx(0, abs=5 * deviation / kernel.size**0.5)


def test_a_width_is_four_times_glorots_and_reached_but_not_passed():
    kernel = initializers.draw("glorot_uniform_4", (300, 100), 7, "float64").numpy()
    limit = 4 * np.sqrt(6 / (300 + 100))
    assert 0.999 * limit < np.abs(kernel).max() <= limit
    assert kernel.var() == pytest.approx(limit**2 / 3, rel=0.02)


TWINS = {
    "glorot_uniform_4": keras.initializers.VarianceScaling(16.0, "fan_avg", "uniform"),
    **{
        name: keras.initializers.RandomNormal(0, deviation)
        for name, deviation in initializers.DEVIATIONS.items()
    },
}
"""Keras' initializers that it has under no name."""


@pytest.mark.parametrize("shape", [(7, 5), (3, 3, 4, 6)], ids=["dense", "convolution"])
@pytest.mark.parametrize("name", [*initializers.SCALES, *initializers.DEVIATIONS])
def test_an_initializer_is_keras_own_to_the_bit(name, shape):
    twin = TWINS[name] if name in TWINS else keras.initializers.get(name)
    twin.seed = 1234
    np.testing.assert_array_equal(initializers.draw(name, shape, 1234), twin(shape, "float32"))


class CentredOnly(Normalizer):
    """A new normalizer: subtract the batch's mean."""

    def normalize(self, u, training):
        return u - tf.reduce_mean(u, axis=0)


def test_a_new_normalizer_is_a_subclass_with_one_function():
    network = make(Method(normalizer=CentredOnly))
    _, inputs = outputs(network, np.random.default_rng(1).normal(size=(7, FEATURES)), training=True)
    np.testing.assert_allclose(np.mean(inputs, axis=0), 0, atol=1e-12)
    assert len(started(Method(normalizer=CentredOnly), 5)) == 6


RESIDUAL = {
    "residual_perceptron": (ResidualPerceptron(2, 4, "peri"), [6]),
    "residual_convolutional": (ResidualConvolutional([4, 8], 1, "post"), [4, 4, 2]),
    "transformer": (Transformer(1, 2, 8, 2, qk_norm=True), [6]),
    "vision_transformer": (VisionTransformer(1, 2, 4, 1, "peri", "skipinit"), [4, 4, 2]),
    "language_model": (LanguageModel(1, 8, 2), [5]),
}


@pytest.mark.parametrize("normalizer", registry.shipped("normalizer"))
@pytest.mark.parametrize("network", RESIDUAL)
def test_residual_networks_run_with_every_normalizer_in_batches_of_one_and_of_many(
    network, normalizer
):
    cls = registry.find("normalizer", normalizer).load()
    method = Method(normalizer=cls, options={"groups": 2} if normalizer == "gn" else {})
    built, shape = RESIDUAL[network]
    trial.run(built, method, shape, CLASSES)  # four rows, in training and at inference
    built.build_for(method, shape, CLASSES, "gelu", "he_normal")
    values = initial_values(built, np.random.SeedSequence(1))
    logits, _ = built(*values, tf.ones([1, *shape]), training=True)
    assert np.isfinite(logits).all()
    assert len(built.every_normalizer()) >= 3


# ---------------------------------------------------------------- the convolutional network against Keras' own layers

IMAGE, WIDTHS, HEAD = (8, 7, 2), [[4, 6], [8]], [10]


def convolutional(method, pooling="max", dtype="float64"):
    network = Convolutional(WIDTHS, HEAD, pooling)
    return network.build_for(method, IMAGE, CLASSES, "relu", "he_normal", dtype)


def standardized(kernel):
    axes = tuple(range(kernel.ndim - 1))
    return (kernel - kernel.mean(axes)) / (kernel.std(axes) + 1e-5)


def keras_normalization(name, rank):
    """Keras' own layer of a normalizer; that of an image's whole row is group normalization with one group."""
    if "bn" in name:
        return keras.layers.BatchNormalization(dtype="float64")
    if "gn" in name:
        return keras.layers.GroupNormalization(2, epsilon=1e-3, dtype="float64")
    if "ln" in name and rank == 4:
        return keras.layers.GroupNormalization(1, epsilon=1e-3, dtype="float64")
    return keras.layers.LayerNormalization(dtype="float64") if "ln" in name else None


def keras_twin(network, name, values, pooling, shape=IMAGE):
    """Keras' own layers with these values, one after the other; kernels are standardized before they are set."""
    by_path = dict(zip([v.path for v in network.trainable], values, strict=True))
    shape, layers = (None, *shape), []

    def add(layer):
        nonlocal shape
        layer.build(shape)
        shape = layer.compute_output_shape(shape)
        layers.append(layer)

    pool = {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}[pooling]
    for stage in (*network.stages, network.dense, [network.logits]):
        for block in stage:
            if block in network.dense and block is network.dense[0]:
                add(keras.layers.Flatten(dtype="float64"))
            kernel = by_path[f"{block.name}/kernel"]
            normalization = (
                keras_normalization(name, kernel.ndim) if block in network.blocks else None
            )
            if name.startswith("ws") and block in network.blocks:
                kernel = standardized(kernel)
                if name == "ws_scaled":
                    kernel = kernel / np.prod(kernel.shape[:-1]) ** 0.5
            biased = normalization is None
            linear = (
                keras.layers.Conv2D(
                    block.units, 3, padding="same", use_bias=biased, dtype="float64"
                )
                if kernel.ndim == 4
                else keras.layers.Dense(block.units, use_bias=biased, dtype="float64")
            )
            add(linear)
            linear.set_weights([kernel, by_path[f"{block.name}/bias"]] if biased else [kernel])
            if normalization:
                add(normalization)
                normalization.gamma.assign(by_path[f"{block.name}/gamma"])
                normalization.beta.assign(by_path[f"{block.name}/beta"])
            if block in network.blocks:
                add(keras.layers.ReLU(dtype="float64"))
        if stage in network.stages:
            add(pool(2, padding="same", dtype="float64"))
    return layers


def run_through(layers, x):
    for layer in layers:
        x = layer(x, training=True) if "Norm" in type(layer).__name__ else layer(x)
    return x


@pytest.mark.parametrize("pooling", ["max", "average"])
@pytest.mark.parametrize("name", METHODS)
def test_a_convolutional_network_has_loss_and_gradients_of_keras_own_layers(name, pooling):
    network, rng = convolutional(METHODS[name], pooling), np.random.default_rng(3)
    values = [rng.normal(0.3, 0.5, size=v.shape) for v in network.trainable]
    state = [tf.convert_to_tensor(v.value) for v in network.state]
    x, y = rng.normal(size=(5, *IMAGE)), rng.integers(0, CLASSES, 5)
    twin = keras_twin(network, name, values, pooling)
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64")

    tensors = [tf.constant(v) for v in values]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        logits, _ = network(tensors, state, tf.constant(x), training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))
    with tf.GradientTape() as twin_tape:
        twin_loss = cross_entropy(y, run_through(twin, tf.constant(x)))
    assert float(loss) == pytest.approx(float(twin_loss), rel=1e-10)
    actual = dict(
        zip([v.path for v in network.trainable], tape.gradient(loss, tensors), strict=True)
    )
    trained = [variable for layer in twin for variable in layer.trainable_variables]
    expected = twin_tape.gradient(twin_loss, trained)
    ours = [path for path in actual if not (name.startswith("ws") and "kernel" in path)]
    theirs = [
        gradient
        for variable, gradient in zip(trained, expected, strict=True)
        if not (name.startswith("ws") and variable.name == "kernel")
    ]
    assert len(ours) == len(theirs)
    for path, gradient in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(actual[path], gradient, rtol=1e-8, atol=1e-11, err_msg=path)


@pytest.mark.parametrize("name", ["ws", "ws_scaled", "ws_bn", "ws_ln"])
def test_the_gradient_of_a_standardized_convolution_is_the_numerical_one(name):
    network, rng = convolutional(METHODS[name]), np.random.default_rng(3)
    values = [tf.constant(rng.normal(0.3, 0.5, size=v.shape)) for v in network.trainable]
    state = [tf.convert_to_tensor(v.value) for v in network.state]
    x, y = tf.constant(rng.normal(size=(5, *IMAGE))), rng.integers(0, CLASSES, 5)
    place = [v.path for v in network.trainable].index("convolution1_1/kernel")

    def loss(kernel):
        changed = [*values[:place], kernel, *values[place + 1 :]]
        logits, _ = network(changed, state, x, training=True)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))

    theory, numbers = tf.test.compute_gradient(loss, [values[place]], delta=1e-6)
    np.testing.assert_allclose(theory[0], numbers[0], atol=1e-7)


def test_an_image_that_pooling_does_not_divide_keeps_its_last_row_and_column():
    network = convolutional(METHODS["bn"])
    fan_in = next(v.shape[0] for v in network.trainable if v.path == "hidden1/kernel")
    assert fan_in == 2 * 2 * 8  # 8 × 7 halved twice, rounded up


def test_a_convolutional_network_may_have_no_dense_layer_but_the_logits():
    network = Convolutional([[2]], []).build_for(METHODS["gn"], IMAGE, CLASSES, "relu", "he_normal")
    assert [block.name for block in network.blocks] == ["convolution1_1"]
    logits, _ = outputs(network, np.ones((3, *IMAGE), np.float32))
    assert logits.shape == (3, CLASSES)


# ---------------------------------------------------------------- a small form of Fashion-MNIST

FASHION = Path(__file__).parent / "data" / "fashion-mnist"


@pytest.fixture(scope="module")
def fashion():
    """The first 500 images: 380 to train, 20 to validate, 100 to test."""
    table = read_file(FASHION)
    rule = {"test": 100, "test_rows": "last", "validation": 20}
    return Split(**preprocessing.preprocess(table, rule, "divide_255", [28, 28, 1])[0])


@pytest.mark.parametrize("name", METHODS)
def test_a_convolutional_network_learns_fashion_mnist_with_every_method(fashion, name):
    network = Convolutional([[4], [8]], [16])
    rate = 0.003 if name == "ws" else 0.1  # weights of norm √fan_in make large steps
    settings = Settings("relu", "he_normal", rate, steps=140, first_epoch=0, later=2)
    probes = {"percentiles": Percentiles, "predictions": Predictions}
    run = Run(fashion, network, METHODS[name], settings, 16, seed=3, probes=probes)
    result = train(run, replicates=1)
    assert result.diverged_at == [None]
    tests = result.history.query("split == 'test' and statistics == 'moving'")
    assert tests["accuracy"].iloc[-1] > 0.4, tests  # chance is 0.1
    assert result.records["predictions"]["probabilities"].shape == (1, 100, 10)
    inputs = result.records["percentiles"].query("quantity == 'activation'")
    assert set(inputs["unit"]) == set(range(16))
    kinds = set(result.history.query("split == 'test'")["statistics"])
    of_batch = {"moving", "batch", "population"} if network.state else {"moving"}
    assert kinds == of_batch


@pytest.mark.parametrize("name", ["bn", "gn"])
def test_a_convolutional_network_trains_as_by_the_formula_of_its_normalizer(
    fashion, name, monkeypatch
):
    def trained():
        settings = Settings("relu", "he_normal", 0.01, steps=20, first_epoch=0, later=1)
        run = Run(fashion, Convolutional([[4], [8]], [16]), METHODS[name], settings, 16, seed=3)
        parameters, state, order, _ = run.start(0)
        return run.trainer.advance(parameters, state, order, 0.01, 0, 20)

    actual = trained()
    monkeypatch.setattr(Normalizer, "fuses", lambda *_: False)
    expected = trained()
    for value, by_formula in zip(
        [*actual.parameters, *actual.state], [*expected.parameters, *expected.state], strict=True
    ):
        np.testing.assert_allclose(value, by_formula, rtol=0, atol=1e-5)


def test_the_last_scores_of_a_convolutional_network_are_those_of_keras_own_layers(fashion):
    network = Convolutional([[4], [6]], [8])
    settings = Settings("relu", "he_normal", 0.05, steps=30, first_epoch=0, later=1)
    run = Run(fashion, network, METHODS["base"], settings, 16, seed=3, probes={"weights": Weights})
    result = train(run, replicates=1)
    values = [result.records["weights"][v.path][0].astype("float64") for v in network.trainable]
    twin = keras_twin(network, "base", values, "max", shape=(28, 28, 1))
    logits = run_through(twin, tf.constant(fashion.x_test.astype("float64"))).numpy()
    expected = np.mean(logits.argmax(axis=1) == fashion.y_test)
    actual = result.history.query("step == 30 and split == 'test'")["accuracy"].item()
    assert actual == pytest.approx(expected)


def test_the_same_network_trains_rows_and_images_of_one_table_alike(fashion):
    """A perceptron takes the features of an image in a row."""
    settings = Settings("sigmoid", "glorot_uniform", 0.1, steps=5, first_epoch=0, later=1)
    histories = [
        train(Run(split, Perceptron([8]), METHODS["bn"], settings, 16, seed=1), 1).history
        for split in (fashion, fashion.in_rows())
    ]
    assert histories[0].equals(histories[1])


def test_the_deep_linear_network_multiplies_matrices_and_nothing_else():
    network = DeepLinear(4).build_for(
        METHODS["base"], [10], 5, "sigmoid", "glorot_uniform", "float64"
    )
    assert [v.path.rpartition("/")[2] for v in network.trainable] == ["kernel"] * 4
    values = values_of(network, 3)
    x = np.random.default_rng(1).normal(size=(7, 10))
    expected = x[:, :5]
    for kernel in values.values():
        expected = expected @ kernel
    actual, _ = network([tf.constant(v) for v in values.values()], [], tf.constant(x), True)
    np.testing.assert_allclose(actual, expected, rtol=1e-12)
    target = network.target(tf.constant(x), None)
    loss = np.mean(np.sum((expected - x[:, 5:]) ** 2, axis=1))
    assert float(network.loss(actual, target)) == pytest.approx(loss)


def test_a_deep_linear_network_learns_a_linear_map():
    table = linear_map(400, 4, seed=2)
    rows = {name: table.x[part].astype(np.float32) for name, part in PARTS_OF_400.items()}
    classes = {name: table.y[part].astype(np.int32) for name, part in PARTS_OF_400.items()}
    parts = [half for name in PARTS_OF_400 for half in (rows[name], classes[name])]
    split = Split(*parts, np.array(table.class_names))
    settings = Settings("sigmoid", "glorot_uniform", 0.05, 500, 1, 2)
    result = train(Run(split, DeepLinear(2), METHODS["base"], settings, 300, 1), 1)
    test = result.history.query("split == 'test'").sort_values("step")
    assert test["loss"].iloc[0] > 1
    assert test["loss"].iloc[-1] < 1e-4
    assert test["accuracy"].iloc[-1] == 1


PARTS_OF_400 = {"train": slice(300), "validation": slice(300, 350), "test": slice(350, 400)}


# ---------------------------------------------------------------- recurrent


def recurrent(method, rng, features=12, steps=3):
    """A network of 5 units whose variables have random values, and these by path."""
    network = Recurrent(5, steps).build_for(
        method, [features], 4, "tanh", "glorot_uniform", "float64"
    )
    values = {
        v.path: tf.constant(rng.uniform(0.3, 1.2, v.shape) * rng.choice([-1, 1], v.shape))
        for v in network.trainable
    }
    state = {v.path: tf.constant(rng.uniform(0.5, 2, v.shape)) for v in network.state}
    return network, values, state


def test_a_recurrent_network_without_normalization_is_keras_own():
    rng = np.random.default_rng(1)
    network, values, _ = recurrent(METHODS["base"], rng)
    x = rng.normal(size=(6, 12))
    actual, _ = network(list(values.values()), [], tf.constant(x), training=True)
    layer = keras.layers.SimpleRNN(5, dtype="float64")
    layer.build((None, 3, 4))
    kernel = values["cell/kernel"].numpy()
    layer.set_weights([kernel[:4], kernel[4:], values["cell/bias"].numpy()])
    state = layer(x.reshape(6, 3, 4)).numpy()
    expected = state @ values["logits/kernel"].numpy() + values["logits/bias"].numpy()
    np.testing.assert_allclose(actual, expected, rtol=1e-10)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("method", ["bn", "ln", "ws_ln"])
def test_states_of_a_recurrent_network_are_those_of_a_loop(method, training):
    rng = np.random.default_rng(2)
    network, values, state = recurrent(METHODS[method], rng)
    x = rng.normal(size=(6, 12))
    actual, after = network([*values.values()], [*state.values()], tf.constant(x), training)
    arrays = {path: value.numpy() for path, value in (values | state).items()}
    kernel, h, moved = arrays["cell/kernel"], np.zeros((6, 5)), {}
    if method == "ws_ln":
        kernel = (kernel - kernel.mean(axis=0)) / (kernel.std(axis=0) + 1e-5)
    for t in range(3):
        u = np.hstack([x[:, 4 * t : 4 * t + 4], h]) @ kernel
        of = f"cell/step{t + 1}" if method == "bn" and t else "cell"
        if method != "bn":
            mean, variance = u.mean(axis=1, keepdims=True), u.var(axis=1, keepdims=True)
        elif training:
            mean, variance = u.mean(axis=0), u.var(axis=0)
            moved[f"{of}/moving_mean"] = 0.99 * arrays[f"{of}/moving_mean"] + 0.01 * mean
            moved[f"{of}/moving_variance"] = (
                0.99 * arrays[f"{of}/moving_variance"] + 0.01 * variance
            )
        else:
            mean, variance = arrays[f"{of}/moving_mean"], arrays[f"{of}/moving_variance"]
        normal = (u - mean) / np.sqrt(variance + 1e-3)
        h = np.tanh(normal * arrays[f"{of}/gamma"] + arrays[f"{of}/beta"])
    expected = h @ arrays["logits/kernel"] + arrays["logits/bias"]
    np.testing.assert_allclose(actual, expected, rtol=1e-9)
    for variable, value in zip(network.state, after, strict=True):
        np.testing.assert_allclose(
            value, moved.get(variable.path, arrays[variable.path]), rtol=1e-9
        )


@pytest.mark.parametrize("normalizer", [Noise, BNWithNoise])
def test_every_step_of_a_recurrent_network_has_noise_of_its_own(normalizer):
    network = Recurrent(5, 3).build_for(
        Method(normalizer=normalizer), [12], 4, "tanh", "glorot_uniform"
    )
    parameters, state = initial_values(network, np.random.SeedSequence(1))
    keys = [v.numpy() for u, v in zip(network.state, state, strict=True) if u.name == "key"]
    assert len(np.unique(keys, axis=0)) == len({id(n) for n in network.of_steps})
    x = tf.constant(np.random.default_rng(0).normal(size=(6, 12)), tf.float32)
    first, again = (network(parameters, state, x, training=True)[0] for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert np.isfinite(first).all()


def test_parts_must_divide_the_features():
    with pytest.raises(ValueError, match="5 steps do not divide 12 features"):
        Recurrent(5, 5).build_for(METHODS["base"], [12], 4, "tanh", "glorot_uniform")


def test_a_recurrent_network_learns_which_part_came_last():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(900, 12)).astype(np.float32)
    y = (x[:, 0] * x[:, 8] > 0).astype(np.int32)  # the first step and the last
    split = Split(
        *(
            half
            for part in (slice(600), slice(600, 700), slice(700, None))
            for half in (x[part], y[part])
        ),
        np.array(["no", "yes"]),
    )
    settings = Settings("tanh", "glorot_uniform", 0.2, 1500, 0, 1)
    result = train(Run(split, Recurrent(16, 3), METHODS["ln"], settings, 30, 1), 1)
    assert result.history.query("split == 'test'")["accuracy"].iloc[-1] > 0.85


def test_steps_are_compiled_where_network_and_normalizer_allow_it():
    shape, settings = [4], (3, "sigmoid", "glorot_uniform")
    assert Perceptron([5]).build_for(METHODS["bn"], shape, *settings).compiled
    assert not Perceptron([5]).build_for(Method(normalizer=Whitening), shape, *settings).compiled
    assert not Convolutional([[2]], []).build_for(METHODS["bn"], [4, 4, 1], *settings).compiled


class Flagged(BN):
    """Batch normalization that notes in which mode its last call was."""

    def build(self):
        super().build()
        self.was_training = True

    def normalize(self, u, training):
        self.was_training = training
        return super().normalize(u, training)


def test_a_normalizer_may_note_the_mode_of_its_last_call():
    layer = Flagged().build_for(6)
    trial.alone(layer, tf.constant(np.random.default_rng(1).normal(size=(8, 6)), "float32"))
    assert not layer.was_training
