"""Transformers against Keras' own layers, and one with layer normalization against one with RMS."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from methods import METHODS
from twins import agree

from bnlab.networks.attention import Attention, Shape
from bnlab.networks.block import Method
from bnlab.networks.network import initial_values
from bnlab.networks.normalizers.rms import RMS
from bnlab.networks.transformer import Transformer
from bnlab.networks.vision_transformer import VisionTransformer
from bnlab.testing import FEATURES, NetworkTests

RMS_LIKE_LN = Method(normalizer=RMS, options={"epsilon": 1e-3})
ALL = {**METHODS, "rms": Method(normalizer=RMS)}
PLACES = [
    *((name, norm, 1, False) for norm in ("pre", "post", "peri") for name in ("base", "bn", "ln")),
    *((name, "pre", 1, True) for name in ("gn", "rms", "ln")),
    ("ln", "post", "skipinit", True),
]
HEADS = 2

everywhere = pytest.mark.parametrize(("name", "norm", "scale", "qk_norm"), PLACES)


class TestTransformer(NetworkTests):
    network = Transformer
    options = {"blocks": 1, "tokens": 3, "units": 4, "heads": HEADS}


class TestTransformerOfOtherOptions(NetworkTests):
    network = Transformer
    options = {**TestTransformer.options, "norm": "peri", "scale": "skipinit", "qk_norm": True}


class TestVisionTransformer(NetworkTests):
    network = VisionTransformer
    options = {"blocks": 1, "units": 4, "heads": HEADS, "norm": "post"}


def gelu(u):
    """u·Φ(u) in float64, of which TensorFlow's own has eight digits."""
    return 0.5 * u * (1 + tf.math.erf(u / np.sqrt(2)))


def blocks(twin, x, number, norm, scale, qk_norm):
    """The tokens after the blocks, of Keras' layers; attention is its product over the heads by einsum."""
    h = twin.linear("embedding", x) + twin.number("embedding/position/table")

    def heads(name, u):
        u = tf.reshape(u, [-1, u.shape[1], HEADS, u.shape[2] // HEADS])
        if qk_norm and name:
            apart = tf.reshape(u, [-1, u.shape[1] * HEADS, u.shape[3]])
            u = tf.reshape(twin.normal(f"{name}/head", apart), u.shape)
        return u

    def end(name, h, u):
        u = twin.normal(f"{name}/peri", u) if norm == "peri" else u
        h = h + (twin.number(f"{name}/branch/scale") if scale == "skipinit" else 1) * u
        return twin.normal(f"{name}/post", h) if norm == "post" else h

    for block in (f"block{i + 1}" for i in range(number)):
        u = h if norm == "post" else twin.normal(f"{block}_query/pre", h)
        query, key = (
            heads(f"{block}_{part}", twin.linear(f"{block}_{part}", u)) for part in ("query", "key")
        )
        value = heads("", twin.linear(f"{block}_value", u))
        attention = keras.ops.dot_product_attention(query, key, value)
        h = end(
            f"{block}_joined", h, twin.linear(f"{block}_joined", tf.reshape(attention, h.shape))
        )
        u = h if norm == "post" else twin.normal(f"{block}_hidden/pre", h)
        u = twin.linear(f"{block}_out", gelu(twin.linear(f"{block}_hidden", u)))
        h = end(f"{block}_out", h, u)
    return h if norm == "post" else twin.normal(f"block{number}_out/last", h)


@everywhere
def test_a_transformer_is_that_of_keras_layers(name, norm, scale, qk_norm):
    def forward(twin, x):
        h = blocks(twin, tf.reshape(x, [-1, 3, 4]), 2, norm, scale, qk_norm)
        return twin.linear("logits", tf.reduce_mean(h, axis=1))

    network = Transformer(2, 3, 8, HEADS, norm, scale, qk_norm)
    network.build_for(ALL[name], [12], 3, "gelu", "glorot_uniform", "float64")
    agree(network, name, np.random.default_rng(1).normal(size=(6, 12)), forward)


@pytest.mark.parametrize("name", ["base", "bn", "ln"])
def test_a_vision_transformer_reads_patches_one_row_of_them_after_another(name):
    def forward(twin, x):
        rows, columns = np.split(x, 2, axis=1), []
        for row in rows:
            columns += [part.reshape(len(x), -1) for part in np.split(np.array(row), 3, axis=2)]
        tokens = tf.constant(np.stack(columns, axis=1))
        return twin.linear("logits", tf.reduce_mean(blocks(twin, tokens, 1, "pre", 1, False), 1))

    network = VisionTransformer(1, 2, 8, HEADS)
    network.build_for(ALL[name], [4, 6, 2], 3, "gelu", "glorot_uniform", "float64")
    x = np.random.default_rng(1).normal(size=(5, 4, 6, 2))
    agree(network, name, x, lambda twin, x: forward(twin, x.numpy()))


def test_attention_is_keras_own_multi_head_attention():
    """With the kernels of MultiHeadAttention, which are (units, heads, units/heads)."""
    network = Transformer(1, 3, 8, HEADS).build_for(
        Method(), [12], 3, "relu", "glorot_uniform", "float64"
    )
    rng = np.random.default_rng(2)
    for block in network.blocks:
        block.kernel = tf.constant(rng.normal(size=block.kernel.shape))
        block.bias = tf.constant(rng.normal(size=block.bias.shape))
    attention = network.inner.branches[0]
    h = tf.constant(rng.normal(size=(5, 3, 8)))
    layer = keras.layers.MultiHeadAttention(HEADS, 8 // HEADS, dtype="float64")
    layer.build(h.shape, h.shape)
    parts = [attention.query, attention.key, attention.value, attention.joined]
    weights = [w for block in parts for w in (block.kernel.numpy(), block.bias.numpy())]
    layer.set_weights([np.reshape(w, v.shape) for w, v in zip(weights, layer.weights, strict=True)])
    np.testing.assert_allclose(attention(h, False), h + layer(h, h), rtol=1e-9, atol=1e-11)


def test_a_causal_token_sees_none_after_it():
    network = Transformer(1, 3, 8, HEADS).build_for(
        ALL["ln"], [12], 3, "relu", "glorot_uniform", "float64"
    )
    attention = Attention(network, "causal", Shape(8, HEADS, "pre", 1, False, causal=True))
    for block in (attention.query, attention.key, attention.value, attention.joined):
        block.kernel = tf.constant(np.random.default_rng(2).normal(size=block.kernel.shape))
    h = np.random.default_rng(3).normal(size=(5, 3, 8))
    changed = h.copy()
    changed[:, 1] += np.arange(8)
    first, second = (attention(tf.constant(each), False).numpy() for each in (h, changed))
    np.testing.assert_array_equal(first[:, 0], second[:, 0])
    assert (first[:, 1:] != second[:, 1:]).all()


# ---------------------------------------------------------------- LN and RMS

WRITERS = ("embedding/", "_joined/", "_out/")
"""Layers whose outputs are added to the stream."""


def writes(path):
    of_linear = path.endswith(("/kernel", "/bias", "/table"))
    return of_linear and any(part in path for part in WRITERS)


def centred(values):
    """Values less their mean over the units of the stream."""
    return values - np.mean(values, axis=-1, keepdims=True)


def gradients(network, values, x, y):
    tensors = [tf.constant(v) for v in values]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        logits, _ = network(tensors, [], tf.constant(x), training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))
    return logits.numpy(), [g.numpy() for g in tape.gradient(loss, tensors)]


@pytest.mark.parametrize("steps", [0, 20])
def test_a_pre_ln_transformer_is_a_pre_rms_one_whose_layers_write_vectors_of_mean_zero(steps):
    """Jiang, Gu, Zhu & Pan 2023, arXiv 2305.14858: at the start and after steps of gradient descent, in float64.

    LN of h is RMS of h less its mean. Gradients of a layer that writes to the stream agree once they are centred too.
    """

    def make(method):
        return Transformer(3, 4, 16, 4).build_for(
            method, [FEATURES], 3, "gelu", "glorot_uniform", "float64"
        )

    ln, rms = make(ALL["ln"]), make(RMS_LIKE_LN)
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(20, FEATURES)), rng.integers(0, 3, 20)
    values = [v.numpy() for v in initial_values(ln, np.random.SeedSequence(1))[0]]
    paths = [v.path for v in ln.trainable]
    assert paths == [v.path for v in rms.trainable]
    for _ in range(steps):
        _, slopes = gradients(ln, values, x, y)
        values = [v - 0.1 * g for v, g in zip(values, slopes, strict=True)]
    converted = [centred(v) if writes(path) else v for path, v in zip(paths, values, strict=True)]
    logits, of_ln = gradients(ln, values, x, y)
    same, of_rms = gradients(rms, converted, x, y)
    np.testing.assert_allclose(same, logits, rtol=0, atol=1e-10)
    for path, expected, actual in zip(paths, of_ln, of_rms, strict=True):
        actual = centred(actual) if writes(path) else actual
        np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-10, err_msg=path)
    unconverted, _ = gradients(rms, values, x, y)
    assert np.abs(unconverted - logits).max() > 1e-3


def test_heads_that_do_not_divide_the_units_are_refused():
    with pytest.raises(ValueError, match="3 heads do not divide 8 units"):
        Transformer(1, 3, 8, 3)


def test_layers_and_positions_start_from_draws_of_their_own():
    network = Transformer(1, 3, 8, HEADS).build_for(
        Method(), [12], 3, "relu", "normal_0.01", "float64"
    )
    values = [v.numpy().ravel() for v in initial_values(network, np.random.SeedSequence(1))[0]]
    drawn = np.concatenate([value for value in values if value.any()])
    assert len(drawn) == 4 * 8 + 3 * 8 + 4 * 8 * 8 + 2 * 8 * 32 + 8 * 3
    assert len(np.unique(drawn)) == len(drawn)
