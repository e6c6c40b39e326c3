"""Modules of Flax, Haiku and Equinox as normalizers, where they are installed: the same as this library's own."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from project import CHECKOUT
from test_keras_layers import population_of, run_of
from test_training import split  # noqa: F401  (a fixture)

from bnlab.networks import trial
from bnlab.networks.adapters import facts
from bnlab.networks.block import Method
from bnlab.networks.network import initial_values
from bnlab.networks.normalizers.bn import BN
from bnlab.networks.normalizers.gn import GN
from bnlab.networks.normalizers.ln import LN
from bnlab.networks.perceptron import Perceptron
from bnlab.study.registry import adapter_of, find
from bnlab.training import run as running
from bnlab.training.optimizers import SGD
from bnlab.training.trainer import Trainer

jax = pytest.importorskip("jax")
linen = pytest.importorskip("flax.linen")
nnx = pytest.importorskip("flax.nnx")
hk = pytest.importorskip("haiku")
eqx = pytest.importorskip("equinox")

jnp = jax.numpy


def adapted(module):
    return adapter_of(module).load().of(module)


def method_of(module, **options):
    return Method(normalizer=adapted(module), options=options)


def built(module, features=12, dtype="float64", **options):
    return adapted(module)(**options).build_for(features, "", dtype)


BOTH = {"create_scale": True, "create_offset": True}
PAIRS = {
    "linen": (
        BN,
        {"epsilon": 1e-5, "momentum": 0.9},
        linen.BatchNorm,
        {"momentum": 0.9, "use_fast_variance": False},
    ),
    "nnx": (LN, {"epsilon": 1e-3}, nnx.LayerNorm, {"epsilon": 1e-3, "use_fast_variance": False}),
    "haiku": (LN, {"epsilon": 1e-3}, hk.LayerNorm, {"axis": -1, "eps": 1e-3, **BOTH}),
    "equinox": (GN, {"epsilon": 1e-3, "groups": 4}, eqx.nn.GroupNorm, {"eps": 1e-3, "groups": 4}),
}
SGD_MOMENTUM = {"learning_rate": 0.02, "optimizer": {"sgd": {"momentum": 0.9}}, "steps": 100}


@pytest.mark.parametrize("library", PAIRS)
def test_a_module_trains_in_a_compiled_network_as_the_same_layer_of_this_library(split, library):  # noqa: F811
    own, settings, module, options = PAIRS[library]
    methods = Method(normalizer=own, options=settings), method_of(module, **options)
    ours, theirs = (
        running.train(run_of(split, each, **SGD_MOMENTUM), 2).history for each in methods
    )
    assert list(ours["statistics"]) == list(theirs["statistics"])
    np.testing.assert_allclose(theirs["loss"], ours["loss"], atol=1e-4)


SHAPES = {"rows": (5, 12), "images": (5, 3, 2, 12), "tokens": (5, 4, 12)}
TWINS = [
    (linen.BatchNorm, {"use_fast_variance": False}, BN(epsilon=1e-5), "rows images tokens"),
    (nnx.BatchNorm, {"use_fast_variance": False}, BN(epsilon=1e-5), "rows images"),
    (hk.BatchNorm, {"decay_rate": 0.9, **BOTH}, BN(epsilon=1e-5), "rows images tokens"),
    (eqx.nn.BatchNorm, {"mode": "batch"}, BN(epsilon=1e-5), "rows images tokens"),
    (eqx.nn.LayerNorm, {}, LN(epsilon=1e-5, over="position"), "rows images tokens"),
    (eqx.nn.GroupNorm, {"groups": 4}, GN(4, epsilon=1e-5), "rows images"),
]


@pytest.mark.parametrize(("module", "options", "own", "kinds"), TWINS)
def test_rows_positions_and_channels_are_where_the_module_has_them(module, options, own, kinds):
    theirs, ours = built(module, **options), own.build_for(12, "", "float64")
    for kind in kinds.split():
        u = tf.constant(np.random.default_rng(2).normal(1, 3, SHAPES[kind]))
        expected = ours.normalize(u, training=True)
        np.testing.assert_allclose(theirs.normalize(u, training=True), expected, atol=1e-9)


def test_the_averages_of_flax_are_of_biased_variances_and_its_momentum_weighs_the_old_value():
    expected = [facts.Average(0.9, False, False), facts.Average(0.9, True, False)]
    for module in (linen.BatchNorm, nnx.BatchNorm):
        found = facts.of(adapted(module)(momentum=0.9)).averages
        assert list(found.values()) == expected


def test_averages_that_a_count_corrects_have_no_population_statistics():
    for module, options in (
        (hk.BatchNorm, {"decay_rate": 0.9, **BOTH}),
        (eqx.nn.BatchNorm, {"mode": "batch"}),
    ):
        assert not facts.of(adapted(module)(**options)).averages


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_batch_norm_of_equinox_takes_half_precision_with_its_averages(dtype):
    u = np.random.default_rng(0).normal(1, 2, (8, 3))
    normalizer = adapted(eqx.nn.BatchNorm)().build_for(3, "", dtype)
    y = normalizer.normalize(tf.constant(u, dtype), training=True)
    expected = (u - u.mean(0)) / np.sqrt(u.var(0) + 1e-5)
    assert y.dtype == dtype
    np.testing.assert_allclose(tf.cast(y, "float64"), expected, atol=0.03)


def test_population_statistics_of_flax_are_those_of_algorithm_2():
    rows = np.random.default_rng(1).normal(3, 2, (9, 5, 12))
    found = population_of(method_of(linen.BatchNorm), rows)
    variance = rows.var(axis=1, ddof=1).mean(axis=0)
    np.testing.assert_allclose(found["hidden1/batch_stats.mean"], rows.mean(axis=(0, 1)))
    np.testing.assert_allclose(found["hidden1/batch_stats.var"], variance)


class LinenDrop(linen.Module):
    """Batch normalization and dropout, with a flag of one's own; a stream of random numbers has another name."""

    @linen.compact
    def __call__(self, x, train: bool):
        x = linen.BatchNorm(use_running_average=not train, momentum=0.5)(x)
        return x if not train else x + jax.random.normal(self.make_rng("noise"), x.shape)


class NNXDrop(nnx.Module):
    def __init__(self, dim, *, rngs):
        self.bn = nnx.BatchNorm(dim, momentum=0.5, rngs=rngs)
        self.drop = nnx.Dropout(0.5, rngs=rngs)

    def __call__(self, x):
        return self.drop(self.bn(x))


class HaikuDrop(hk.Module):
    def __call__(self, x, is_training):
        x = hk.BatchNorm(True, True, 0.5)(x, is_training)
        return hk.dropout(hk.next_rng_key(), 0.5, x) if is_training else x


class EquinoxDrop(eqx.Module):
    bn: eqx.nn.BatchNorm
    drop: eqx.nn.Dropout

    def __init__(self, dim, axis_name):
        self.bn = eqx.nn.BatchNorm(dim, axis_name, momentum=0.5, mode="ema")
        self.drop = eqx.nn.Dropout(0.5)

    def __call__(self, x, state, *, key):
        x, state = self.bn(x, state)
        return self.drop(x, key=key), state


@pytest.mark.parametrize("module", [LinenDrop, NNXDrop, HaikuDrop, EquinoxDrop])
def test_a_flag_of_training_reaches_all_parts_and_random_numbers_are_the_replicates(module):
    network = Perceptron([12]).build_for(
        method_of(module), [7], 2, "linear", "glorot_uniform", "float32"
    )
    x = tf.constant(np.random.default_rng(3).normal(size=(6, 7)), tf.float32)
    outputs, inferred = {}, []
    for replicate in (1, 2):
        values, state = initial_values(network, np.random.SeedSequence(1))
        drawn = initial_values(network, np.random.SeedSequence(replicate))[1]
        state = [
            d if "seed" in v.path else s
            for v, d, s in zip(network.state, drawn, state, strict=True)
        ]
        for step in (1, 2):
            y, state = network(values, state, x, training=True)
            outputs[replicate, step] = y.numpy()
        y, kept = network(values, state, x, training=False)
        inferred.append(y.numpy())
        for one, other in zip(state, kept, strict=True):
            np.testing.assert_array_equal(one, other)
    assert len({y.tobytes() for y in outputs.values()}) == 4
    np.testing.assert_array_equal(*inferred)


class Drawn(linen.Module):
    """u times a kernel that is drawn, plus a variable that starts at a half."""

    features: int

    @linen.compact
    def __call__(self, x):
        size = (self.features, self.features)
        kernel = self.param("kernel", linen.initializers.glorot_uniform(), size)
        return x @ kernel + self.param("half", linen.initializers.constant(0.5), size[:1])


class DrawnNNX(nnx.Module):
    def __init__(self, features, rngs):
        size = (features, features)
        self.kernel = nnx.Param(nnx.initializers.glorot_uniform()(rngs.params(), size))
        self.half = nnx.Param(jnp.full(features, 0.5))

    def __call__(self, x):
        return x @ self.kernel + self.half


class DrawnHaiku(hk.Module):
    def __call__(self, x):
        size = (x.shape[-1], x.shape[-1])
        kernel = hk.get_parameter("kernel", size, init=hk.initializers.VarianceScaling())
        half = hk.get_parameter("half", size[:1], init=hk.initializers.Constant(0.5))
        return x @ kernel + half


class DrawnEquinox(eqx.Module):
    kernel: jax.Array
    half: jax.Array

    def __init__(self, features, key):
        self.kernel = jax.random.normal(key, (features, features))
        self.half = jnp.full(features, 0.5)

    def __call__(self, x):
        return x @ self.kernel + self.half


@pytest.mark.parametrize("module", [Drawn, DrawnNNX, DrawnHaiku, DrawnEquinox])
def test_parameters_start_as_the_module_starts_them_and_a_kernel_has_no_penalty(module):
    network = Perceptron([12]).build_for(method_of(module), [7], 2, "sigmoid", "glorot_uniform")
    paths = [v.path for v in network.trainable]
    drawn = [
        dict(zip(paths, initial_values(network, seed)[0], strict=True))
        for seed in map(np.random.SeedSequence, (1, 1, 2))
    ]
    first, again, second = (np.asarray(each["hidden1/layer_kernel"]) for each in drawn)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - second).max() > 0.1
    np.testing.assert_array_equal(drawn[0]["hidden1/half"], np.full(12, 0.5))
    trainer = Trainer(network, np.zeros((5, 7), np.float32), np.zeros(5, np.int32), SGD(), l2=0.1)
    pairs = zip(network.trainable, trainer.penalties, strict=True)
    assert [v.path for v, p in pairs if p] == ["hidden1/kernel", "logits/kernel"]
    assert "hidden1/bias" not in paths  # the half is an offset


def test_the_gradient_is_that_of_jax():
    u = np.random.default_rng(4).normal(size=(5, 12))
    weights = np.random.default_rng(5).normal(size=(5, 12))
    normalizer, x = built(linen.RMSNorm), tf.constant(u)
    scale = next(v for v in normalizer.variables)
    with tf.GradientTape() as tape:
        tape.watch([x, scale.value])
        loss = tf.reduce_sum(weights * normalizer.normalize(x, True))
    found = tape.gradient(loss, [x, scale.value])

    def total(scale, u):
        return (weights * linen.RMSNorm().apply({"params": {"scale": scale}}, u)).sum()

    with jax.enable_x64(True):
        by_scale, by_u = jax.grad(total, argnums=(0, 1))(jnp.ones(12), jnp.asarray(u))
    np.testing.assert_allclose(found[0], by_u, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found[1], by_scale, rtol=1e-9)


class Wrong(linen.Module):
    kind: str

    @linen.compact
    def __call__(self, x):
        results = {"shape": x[:, :1], "tuple": (x, x), "detached": jax.lax.stop_gradient(x)}
        return results[self.kind]


class Attribute(nnx.Module):
    def __call__(self, x):
        self.last = x.mean()
        return x


class PerExample(eqx.Module):
    def __call__(self, x):
        return x.mean()


class Lists(nnx.Module):
    def __init__(self, num_features, rngs):
        self.seen = []

    def __call__(self, u):
        self.seen.append(jnp.mean(u))
        return 2 * u


class Draws(hk.Module):
    def __call__(self, u):
        return u * np.random.default_rng().uniform(1, 2)


WRONG = {
    "list": (Lists, "it keeps a value of a step as its attribute seen; make that state an"),
    "draws": (
        Draws,
        r"it makes another N\(u\) of the same input and the same variables in another",
    ),
    "shape": (Wrong, r"it makes \(4, 1\) of an input of shape \(4, \d+\)"),
    "tuple": (Wrong, "it returns a tuple, and not one array"),
    "detached": (Wrong, "no gradient flows from its output to its input"),
    "attribute": (
        Attribute,
        "it keeps a value of a step as its attribute last; make that state an",
    ),
    "example": (PerExample, r"it makes \(4,\) of an input of shape \(4, \d+\)"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_module_is_one_sentence_before_training(kind):
    module, sentence = WRONG[kind]
    options = {"kind": kind} if module is Wrong else {}
    with pytest.raises(ValueError, match=sentence):
        trial.run(Perceptron([12]), method_of(module, **options), [7], 2)


def test_a_module_is_found_by_the_name_of_its_package():
    for name in ("flax.linen:LayerNorm", "flax.nnx:LayerNorm", "equinox.nn:LayerNorm"):
        reference = find("normalizer", name)
        assert (reference.path, reference.load()().shifts) == (name, True)
    assert not find("normalizer", "haiku:RMSNorm").load()(axis=-1).shifts


STARTED = """
import os
from bnlab import lazy
from bnlab.networks.adapters.jax_module import started

os.environ["XLA_FLAGS"] = lazy.XLA_FLAGS["another"] = "--xla_no_such_flag=true"
started()
print(os.environ["XLA_FLAGS"])
"""


def test_a_flag_of_xla_that_is_tensorflows_ends_no_process_and_stays():
    env = os.environ | {"PYTHONPATH": str(CHECKOUT / "workflow/scripts")}
    done = subprocess.run([sys.executable, "-c", STARTED], env=env, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "--xla_no_such_flag=true"), done.stderr
