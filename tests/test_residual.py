"""Residual networks against Keras' own layers, and the variance of their stream."""

import numpy as np
import pytest
import tensorflow as tf
from methods import METHODS
from twins import agree

from bnlab.networks.block import Method
from bnlab.networks.network import initial_values
from bnlab.networks.normalizers.rms import RMS
from bnlab.networks.residual_convolutional import ResidualConvolutional
from bnlab.networks.residual_perceptron import ResidualPerceptron
from bnlab.testing import NetworkTests

ALL = {**METHODS, "rms": Method(normalizer=RMS, options={"over": "position"})}
FACTORS = {1: 1.0, "1/sqrt2": 0.5**0.5}
PLACES = [
    *((name, norm, 1) for norm in ("pre", "post", "peri") for name in ("base", "bn", "ln")),
    *((name, "pre", 1) for name in ("gn", "rms")),
    *(("ln", "peri", scale) for scale in ("1/sqrt2", "skipinit")),
]

everywhere = pytest.mark.parametrize(("name", "norm", "scale"), PLACES)


class TestResidualPerceptron(NetworkTests):
    network = ResidualPerceptron
    options = {"blocks": 3, "units": 6}


class TestResidualPerceptronOfOtherOptions(NetworkTests):
    network = ResidualPerceptron
    options = {"blocks": 2, "units": 6, "norm": "peri", "scale": "skipinit"}


class TestResidualConvolutional(NetworkTests):
    network = ResidualConvolutional
    options = {"widths": [2, 4], "blocks": 1, "norm": "post"}


def built(network, name, shape):
    return network.build_for(ALL[name], shape, 3, "gelu", "he_normal", "float64")


def joined(twin, name, h, u, norm, scale):
    """The end of a branch."""
    u = twin.normal(f"{name}/peri", u) if norm == "peri" else u
    factor = twin.number(f"{name}/branch/scale") if scale == "skipinit" else FACTORS[scale]
    h = h + factor * u
    return twin.normal(f"{name}/post", h) if norm == "post" else h


def gelu(u):
    """u·Φ(u) in float64, of which TensorFlow's own has eight digits."""
    return 0.5 * u * (1 + tf.math.erf(u / np.sqrt(2)))


@everywhere
def test_a_residual_perceptron_is_that_of_keras_layers(name, norm, scale):
    def forward(twin, x):
        h = twin.linear("stem", x)
        for block in ("block1", "block2"):
            entry = h if norm == "post" else twin.normal(block, h)
            h = joined(twin, block, h, twin.linear(block, gelu(entry)), norm, scale)
        h = h if norm == "post" else twin.normal("block2/last", h)
        return twin.linear("logits", gelu(h))

    network = built(ResidualPerceptron(2, 6, norm, scale), name, [5])
    agree(network, name, np.random.default_rng(1).normal(size=(7, 5)), forward)


@everywhere
def test_a_residual_convolutional_network_is_that_of_keras_layers(name, norm, scale):
    def forward(twin, x):
        h = twin.linear("stem", x)
        for stage in ("stage1", "stage2"):
            if stage == "stage2":
                h = tf.nn.avg_pool2d(h, 2, 2, "SAME")
            for block in (f"{stage}_block1", f"{stage}_block2"):
                entry = h if norm == "post" else twin.normal(f"{block}_1", h)
                u = twin.linear(f"{block}_1", gelu(entry))
                u = twin.linear(f"{block}_2", gelu(twin.normal(f"{block}_2", u)))
                h = tf.concat([h, tf.zeros_like(u)[..., : u.shape[-1] - h.shape[-1]]], axis=-1)
                h = joined(twin, f"{block}_2", h, u, norm, scale)
        h = h if norm == "post" else twin.normal("stage2_block2_2/last", h)
        return twin.linear("logits", tf.reduce_mean(gelu(h), axis=[1, 2]))

    network = built(ResidualConvolutional([2, 4], 2, norm, scale), name, [5, 4, 2])
    agree(network, name, np.random.default_rng(1).normal(size=(4, 5, 4, 2)), forward)


@pytest.mark.parametrize("place", ["after_activation", "before_linear"])
def test_a_place_after_the_activation_is_between_it_and_the_linear_map(place):
    """Against NumPy, on the block alone."""
    network = ResidualPerceptron(1, 6).build_for(
        Method(normalizer=ALL["ln"].normalizer, place=place), [5], 3, "relu", "he_normal", "float64"
    )
    block, x = network.blocks[1], np.random.default_rng(2).normal(size=(7, 6))
    kernel = np.random.default_rng(3).normal(size=(6, 6))
    block.kernel = tf.constant(kernel)
    y = np.maximum(x, 0)
    y = (y - y.mean(axis=1, keepdims=True)) / np.sqrt(y.var(axis=1, keepdims=True) + 1e-3)
    np.testing.assert_allclose(block(tf.constant(x)), y @ kernel, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(block.pre_activation, x)


def variances(method, norm="pre", scale=1, blocks=12, units=300, rows=300):
    """Variance of the stream after each block over that after the first."""
    network = ResidualPerceptron(blocks, units, norm, scale).build_for(
        method, [units], 2, "relu", "he_normal", "float32"
    )
    values = initial_values(network, np.random.SeedSequence(5))
    x = np.random.default_rng(6).normal(size=(rows, units)).astype("float32")
    network(*values, tf.constant(x), training=True)
    stream = [np.var(end.stream, axis=0).mean() for end in network.branches]
    return np.array(stream) / stream[0]


def test_the_variance_of_the_stream_grows_by_one_part_a_block_with_bn_and_is_doubled_without():
    """De & Smith 2020: block l adds the variance of one branch, which BN makes 1; without it, that of the stream.

    The stem doubles the variance of its inputs here, and a branch with rectified units has E[φ(N)²]·2 = 1 with He's
    kernels, less the share that lies in the mean over rows.
    """
    growth = np.diff(variances(ALL["bn"]))
    np.testing.assert_allclose(growth, growth.mean(), rtol=0.15)
    doubled = variances(ALL["base"])
    np.testing.assert_allclose(doubled[1:] / doubled[:-1], 2 - 1 / np.pi, rtol=0.2)
    np.testing.assert_array_equal(variances(ALL["base"], scale="skipinit"), np.ones(12))


def test_widths_that_decrease_are_refused():
    with pytest.raises(ValueError, match=r"widths, \[4, 2\], decrease"):
        ResidualConvolutional([4, 2])
