"""The Inception network against Keras' own layers, joined by Keras' own functional model."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from methods import METHODS

from bnlab.networks.inception import Inception
from bnlab.networks.network import initial_values

IMAGE, CLASSES, WIDTHS = (7, 6, 2), 3, [4, 2, 4]


def normalization(name):
    """Keras' own layer; over a whole row of an image it is group normalization with one group."""
    if name == "bn":
        return keras.layers.BatchNormalization(dtype="float64")
    if name == "base":
        return None
    groups = 1 if name == "ln" else 2
    return keras.layers.GroupNormalization(groups, epsilon=1e-3, dtype="float64")


def keras_twin(name):
    """The same network of Keras' layers, whose names are those of the blocks."""
    options = {"dtype": "float64"}

    def layer(x, block, units, size):
        normal = normalization(name)
        x = keras.layers.Conv2D(
            units, size, padding="same", use_bias=normal is None, name=block, **options
        )(x)
        if normal is not None:
            normal.name = f"{block}_normal"
            x = normal(x)
        return keras.layers.ReLU(**options)(x)

    inputs = keras.Input(IMAGE, dtype="float64")
    x = layer(inputs, "stem", WIDTHS[0], 3)
    for number, units in enumerate(WIDTHS[1:], 1):
        x = keras.layers.MaxPooling2D(2, padding="same", **options)(x)
        mean = keras.layers.AveragePooling2D(3, 1, padding="same", **options)(x)
        lead = f"module{number}_branch"
        one = layer(x, f"{lead}1_1", units, 1)
        three = layer(layer(x, f"{lead}2_1", units, 1), f"{lead}2_2", units, 3)
        five = layer(x, f"{lead}3_1", units, 1)
        for place in (2, 3):
            five = layer(five, f"{lead}3_{place}", units, 3)
        pooled = layer(mean, f"{lead}4_1", units, 1)
        x = keras.layers.Concatenate(**options)([one, three, five, pooled])
    x = keras.layers.GlobalAveragePooling2D(**options)(x)
    return keras.Model(inputs, keras.layers.Dense(CLASSES, name="logits", **options)(x))


def set_weights(twin, values):
    """The values of the network's variables, by their paths, in the layers of the twin."""
    for path, value in values.items():
        block, _, variable = path.rpartition("/")
        normal = variable in ("gamma", "beta")
        layer = twin.get_layer(f"{block}_normal" if normal else block)
        getattr(layer, variable).assign(value)


@pytest.mark.parametrize("name", ["base", "bn", "ln", "gn"])
def test_an_inception_network_has_logits_and_gradients_of_keras_own_layers(name):
    settings = (METHODS[name], IMAGE, CLASSES, "relu", "he_normal", "float64")
    network, rng = Inception(WIDTHS).build_for(*settings), np.random.default_rng(3)
    values = [rng.normal(0.2, 0.5, size=v.shape) for v in network.trainable]
    paths = [v.path for v in network.trainable]
    x = tf.constant(rng.normal(size=(5, *IMAGE)))
    y = rng.integers(0, CLASSES, 5)
    twin = keras_twin(name)
    set_weights(twin, dict(zip(paths, values, strict=True)))

    def loss(logits):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))

    tensors = [tf.constant(v) for v in values]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        logits, _ = network(tensors, [v.value for v in network.state], x, training=True)
        here = loss(logits)
    with tf.GradientTape() as twin_tape:
        expected = twin(x, training=True)
        there = loss(expected)
    np.testing.assert_allclose(logits, expected, rtol=1e-9, atol=1e-12)
    actual = dict(zip(paths, tape.gradient(here, tensors), strict=True))
    gradients = twin_tape.gradient(there, twin.trainable_variables)
    assert len(gradients) == len(paths)
    for variable, gradient in zip(twin.trainable_variables, gradients, strict=True):
        block, _, kind = variable.path.rpartition("/")
        path = f"{block.removesuffix('_normal')}/{kind}"
        np.testing.assert_allclose(actual[path], gradient, rtol=1e-8, atol=1e-11, err_msg=path)


def test_every_branch_of_a_module_has_its_width_and_all_methods_start_from_the_same_kernels():
    starts = []
    for name in ("base", "bn"):
        network = Inception(WIDTHS).build_for(
            METHODS[name], IMAGE, CLASSES, "relu", "he_normal", "float32"
        )
        trainable, _ = initial_values(network, np.random.SeedSequence(3))
        starts.append(
            {
                v.path: np.array(value)
                for v, value in zip(network.trainable, trainable, strict=True)
                if v.path.endswith("kernel")
            }
        )
        assert not network.compiled
    shapes = {path: kernel.shape for path, kernel in starts[0].items()}
    assert shapes["stem/kernel"] == (3, 3, 2, 4)
    assert shapes["module1_branch1_1/kernel"] == (1, 1, 4, 2)
    assert shapes["module2_branch3_1/kernel"] == (1, 1, 8, 4)
    assert shapes["module2_branch3_3/kernel"] == (3, 3, 4, 4)
    assert shapes["logits/kernel"] == (16, 3)
    assert len(shapes) == 2 + 2 * 7
    for path, kernel in starts[0].items():
        np.testing.assert_array_equal(kernel, starts[1][path])
