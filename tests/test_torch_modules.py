"""Modules of PyTorch as normalizers, where PyTorch is installed: the same as this library's own."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
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
from bnlab.small_networks import Images, Rows, Tokens
from bnlab.study.registry import find
from bnlab.training import run as running
from bnlab.training.optimizers import SGD
from bnlab.training.trainer import Trainer, stored

torch = pytest.importorskip("torch")

from bnlab.networks.adapters.torch_module import TorchModule  # noqa: E402

nn = torch.nn


def method_of(module, **options):
    return Method(normalizer=TorchModule.of(module), options=options)


class RMS(nn.Module):
    """u over its root mean square, times a gain that starts at a half."""

    def __init__(self, dim, eps=1e-3):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.full((dim,), 0.5)), eps

    def forward(self, u):
        return self.weight * u / torch.sqrt((u * u).mean(dim=-1, keepdim=True) + self.eps)


SGD_MOMENTUM = {"learning_rate": 0.02, "optimizer": {"sgd": {"momentum": 0.9}}}
PAIRS = {
    "bn": (BN, {"epsilon": 1e-5, "momentum": 0.9}, nn.BatchNorm1d, {}, 300),
    "ln": (LN, {"epsilon": 1e-5}, nn.LayerNorm, {}, 300),
    "gn": (GN, {"epsilon": 1e-3, "groups": 4}, nn.GroupNorm, {"eps": 1e-3, "num_groups": 4}, 100),
}
NAMES = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean"}


@pytest.mark.parametrize("pair", PAIRS)
def test_a_module_trains_as_the_same_layer_of_this_library(split, pair):  # noqa: F811
    own, settings, module, options, steps = PAIRS[pair]
    methods = Method(normalizer=own, options=settings), method_of(module, **options)
    changes = SGD_MOMENTUM | {"steps": steps}
    ours, theirs = (running.train(run_of(split, each, **changes), 2) for each in methods)
    weights, others = ours.records["weights"], theirs.records["weights"]
    for path, value in weights.items():
        layer, _, name = path.rpartition("/")
        if name == "moving_variance":  # of unbiased variances there
            continue
        there = NAMES.get(name, name) if layer != "logits" and name != "kernel" else name
        np.testing.assert_allclose(others[f"{layer}/{there}"], value, atol=2e-5, err_msg=path)
    last = ours.history["statistics"] == "population"
    np.testing.assert_allclose(theirs.history["loss"][last], ours.history["loss"][last], atol=1e-4)
    assert list(ours.history["statistics"]) == list(theirs.history["statistics"])


def test_the_average_of_torch_is_of_unbiased_variances_with_one_minus_our_momentum():
    mean, variance = facts.of(TorchModule.of(nn.BatchNorm1d)(momentum=0.2)).averages.values()
    assert mean == variance == facts.Average(0.8, False, False)
    assert not facts.of(TorchModule.of(nn.BatchNorm1d)(momentum=None)).averages


def test_population_statistics_of_torch_are_not_corrected_twice():
    rows = np.random.default_rng(1).normal(3, 2, (9, 5, 12))
    found = population_of(method_of(nn.BatchNorm1d), rows)
    variance = rows.var(axis=1, ddof=1).mean(axis=0)
    np.testing.assert_allclose(found["hidden1/running_mean"], rows.mean(axis=(0, 1)), rtol=1e-9)
    np.testing.assert_allclose(found["hidden1/running_var"], variance, rtol=1e-9)
    assert found["hidden1/num_batches_tracked"] == 10


@pytest.mark.parametrize(
    ("module", "options", "shape", "own"),
    [
        (nn.BatchNorm2d, {}, (5, 3, 2, 12), BN(epsilon=1e-5)),
        (nn.GroupNorm, {"num_groups": 4}, (5, 3, 2, 12), GN(4, epsilon=1e-5)),
        (nn.LayerNorm, {}, (5, 4, 12), LN(epsilon=1e-5)),
        (nn.LayerNorm, {}, (5, 3, 2, 12), LN(epsilon=1e-5, over="position")),
        (nn.BatchNorm1d, {}, (5, 4, 12), BN(epsilon=1e-5)),
    ],
)
def test_channels_are_where_the_module_has_them(module, options, shape, own):
    u = tf.constant(np.random.default_rng(2).normal(1, 3, shape))
    theirs = TorchModule.of(module)(**options).build_for(12, "", "float64")
    expected = own.build_for(12, "", "float64").normalize(u, training=True)
    np.testing.assert_allclose(theirs.normalize(u, training=True), expected, atol=1e-9)


@pytest.mark.parametrize("network", [Rows(), Images(), Tokens()], ids=lambda n: type(n).__name__)
def test_a_module_of_ones_own_is_told_the_width_and_runs_on_every_shape(network):
    shape = [4, 3, 2] if isinstance(network, Images) else [14]
    assert trial.run(network, method_of(RMS), shape, 3) is None


def test_the_forward_pass_is_computed_once_a_step():
    calls = []

    class Counted(RMS):
        def forward(self, u):
            calls.append(u.shape)
            return super().forward(u)

    network = Perceptron([12]).build_for(method_of(Counted), [7], 2, "sigmoid", "glorot_uniform")
    x, y = np.random.default_rng(1).normal(size=(40, 7)).astype(np.float32), np.arange(40) % 2
    trainer = Trainer(network, x, y.astype(np.int32), SGD())
    values, state = initial_values(network, np.random.SeedSequence(1))
    values, order = stored(values), np.arange(40).reshape(10, 4)
    trainer.advance(values, state, order, 0.1, 0, 1)
    calls.clear()
    trainer.advance(values, state, order, 0.1, 1, 10)
    assert len(calls) == 9


def test_parameters_start_as_the_module_starts_them_and_drawn_ones_by_the_replicate():
    class Drawn(nn.Module):
        def __init__(self, dim):
            super().__init__()
            self.kernel = nn.Parameter(torch.randn(dim, dim) / dim**0.5)

        def forward(self, u):
            return u @ self.kernel

    network = Perceptron([12]).build_for(method_of(Drawn), [7], 2, "sigmoid", "glorot_uniform")
    drawn = [
        dict(
            zip([v.path for v in network.trainable], initial_values(network, seed)[0], strict=True)
        )
        for seed in map(np.random.SeedSequence, (1, 1, 2))
    ]
    first, again, second = (np.asarray(each["hidden1/layer_kernel"]) for each in drawn)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - second).max() > 0.1
    trainer = Trainer(network, np.zeros((5, 7), np.float32), np.zeros(5, np.int32), SGD(), l2=0.1)
    pairs = zip(network.trainable, trainer.penalties, strict=True)
    assert [v.path for v, p in pairs if p] == ["hidden1/kernel", "logits/kernel"]


def test_random_modules_draw_anew_at_each_step_and_by_the_replicate():
    network = Perceptron([12]).build_for(
        method_of(nn.Dropout, p=0.5), [7], 2, "linear", "glorot_uniform"
    )
    x, outputs = tf.ones((5, 7)), {}
    for replicate in (1, 2, 1):
        values, state = initial_values(network, np.random.SeedSequence(replicate))
        for step in (1, 2):
            y, state = network(values, state, x, training=True)
            outputs.setdefault((replicate, step), []).append(y.numpy())
    np.testing.assert_array_equal(*outputs[1, 1])
    assert len({each[0].tobytes() for each in outputs.values()}) == 4


class Tuple(RMS):
    def forward(self, u):
        return u, u


class OtherShape(RMS):
    def forward(self, u):
        return u.mean(dim=-1)


class InPlace(RMS):
    def forward(self, u):
        self.last = u.detach().mean()
        return super().forward(u)


class Detached(RMS):
    def forward(self, u):
        return super().forward(u).detach()


WRONG = {
    Tuple: "it returns a tuple, and not one tensor",
    OtherShape: r"it makes \(4,\) of an input of shape \(4, \d+\)",
    InPlace: "it keeps a value of a step as its attribute last; make that state by register_buffer",
    Detached: "no gradient flows from its output to its input",
}


@pytest.mark.parametrize("module", WRONG)
def test_a_wrong_module_is_one_sentence_before_training(module):
    with pytest.raises(Exception, match=WRONG[module]):
        trial.run(Perceptron([12]), method_of(module), [7], 2)


def test_a_module_is_found_by_the_name_of_its_package():
    reference = find("normalizer", "torch.nn:LayerNorm")
    assert reference.path == "torch.nn:LayerNorm"
    assert reference.load() is TorchModule.of(nn.LayerNorm)
    assert (reference.load()().shifts, find("normalizer", "torch.nn:RMSNorm").load()().shifts) == (
        True,
        False,
    )


class Doubled(nn.Module):
    """A module without parameters."""

    def forward(self, u):
        return 2 * u


@pytest.mark.parametrize("is_graph", [False, True])
def test_a_module_without_parameters_has_its_gradient(is_graph):
    normalizer, u = (
        TorchModule.of(Doubled)().build_for(3, "", "float64"),
        tf.ones((4, 3), tf.float64),
    )

    def gradient():
        with tf.GradientTape() as tape:
            tape.watch(u)
            y = normalizer.normalize(u, True)
        return tape.gradient(y, u)

    found = tf.function(gradient)() if is_graph else gradient()
    np.testing.assert_array_equal(found, np.full((4, 3), 2.0))


class Written(nn.Module):
    """A module that writes to its input."""

    def forward(self, u):
        u -= u.mean(dim=1, keepdim=True)
        return u


@pytest.mark.parametrize("shape", [(4, 6), (4, 2, 6), (4, 3, 2, 6)])
def test_a_module_may_write_to_its_input(shape):
    u = tf.constant(np.random.default_rng(1).normal(size=shape))
    before = u.numpy()
    with tf.GradientTape() as tape:
        tape.watch(u)
        y = TorchModule.of(Written)().build_for(6, "", "float64").normalize(u, True)
    axis = -1 if len(shape) != 3 else 1  # of an image channels come first, of a token last
    np.testing.assert_allclose(y, before - before.mean(axis=axis, keepdims=True), atol=1e-12)
    np.testing.assert_array_equal(u, before)
    np.testing.assert_allclose(tape.gradient(y, u), np.zeros(shape), atol=1e-12)
