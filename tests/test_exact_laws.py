"""Laws of normalization that have a closed form, held against the laboratory's own networks and trainer."""

import numpy as np
import pytest
import tensorflow as tf
from methods import METHODS

from bnlab.networks.block import BEFORE_LINEAR, Method
from bnlab.networks.deep_linear import DeepLinear
from bnlab.networks.network import initial_values
from bnlab.networks.normalizers.bn import BN
from bnlab.networks.perceptron import Perceptron
from bnlab.training.optimizers import SGD
from bnlab.training.schedule import row_order
from bnlab.training.trainer import Trainer, stored
from bnlab.training.update import Groups

SIZE, ROWS = 6, 200


def losses(method, factor, steps):
    """Mean loss of the last half of the steps over that of the first, of least squares by all rows in float64.

    The first kernel has ``factor`` times 2 over the largest eigenvalue of the inputs' covariance as its rate; gradient
    descent by a normalizer's other parameters and the last kernel has 0.02.
    """
    rng = np.random.default_rng(1)
    x = rng.normal(size=(ROWS, SIZE))
    pairs = np.concatenate([x, x @ rng.normal(size=(SIZE, SIZE))], axis=1)
    limit = 2 / np.linalg.eigvalsh(x.T @ x / ROWS)[-1]
    network = DeepLinear(2).build_for(
        method, pairs.shape[1:], SIZE, "linear", "lecun_normal", "float64"
    )
    groups = Groups(rates={"hidden1/kernel": factor * limit / 0.02})
    labels = np.zeros(ROWS, np.int32)
    trainer = Trainer(network, pairs, labels, SGD(), groups=groups)
    parameters, state = initial_values(network, np.random.SeedSequence(2))
    order = np.tile(np.arange(ROWS, dtype=np.int32), (steps, 1))
    parameters, state, first, *_ = trainer.advance(stored(parameters), state, order, 0.02, 0, 1)
    half = trainer.advance(parameters, state, order, 0.02, 1, steps // 2)
    end = trainer.advance(half.parameters, half.state, order, 0.02, steps // 2, steps)
    return float(end.loss / first)


def test_least_squares_with_bn_descends_at_any_rate_of_the_weights_and_without_at_none_above_the_limit():
    """Cai, Li & Shen 2019, arXiv 1810.00122; a step at right angles to w only lengthens it where it is too large."""
    exact = Method(normalizer=BN, options={"epsilon": 1e-12})
    for factor in (0.1, 1.0, 10.0):
        assert losses(exact, factor, 2000) < 1e-3
    for factor in (1e3, 1e6):
        assert losses(exact, factor, 2000) < 1
    assert not losses(METHODS["base"], 30.0, 200) < 1e3


def test_dropout_before_bn_multiplies_its_variance_in_training_by_the_factor_of_theory():
    """Li, Chen, Hu & Yang 2019, arXiv 1801.05134: values of mean c and variance v have v at inference.

    In training they are over p where they are kept, with probability p: their variance is (c² + v)/p − c².
    """
    kept, units, rows = 0.6, 8, 3000
    network = Perceptron([units, units]).build_for(
        Method(normalizer=BN, place=BEFORE_LINEAR),
        [SIZE],
        3,
        "sigmoid",
        "normal_1",
        "float64",
        1 - kept,
    )
    x = np.random.default_rng(3).normal(1, 2, size=(rows, SIZE))
    trainer = Trainer(network, x, np.zeros(rows, np.int32), SGD())
    parameters, state = initial_values(network, np.random.SeedSequence(4))
    order = row_order(np.random.SeedSequence(5), rows, 100, 300)
    population = trainer.population_state(stored(parameters), state, tf.constant(order))
    paths = [v.path for v in network.state]
    measured = population[paths.index("hidden2/moving_variance")].numpy()

    network(parameters, population, tf.constant(x), training=False)
    clean = network.blocks[0].activation(network.blocks[0].pre_activation).numpy()
    c, v = clean.mean(axis=0), clean.var(axis=0)
    expected = (c**2 + v) / kept - c**2
    np.testing.assert_allclose(measured, expected, rtol=0.03)
    assert (measured / v > 1.5).all()


def test_scaled_ws_keeps_the_variance_of_rectified_units_with_the_gain_of_theory():
    """Brock, De & Smith 2021, arXiv 2101.08692: √(2/(1 − 1/π)) for the activation max(z, 0)."""
    network = Perceptron([600] * 8).build_for(
        METHODS["ws_scaled"], [600], 3, "relu", "normal_1", "float32"
    )
    x = np.random.default_rng(6).normal(size=(200, 600)).astype("float32")
    network(*initial_values(network, np.random.SeedSequence(7)), tf.constant(x), training=True)
    variances = [np.var(block.pre_activation, axis=0).mean() for block in network.blocks]
    factor = (variances[-1] / variances[0]) ** (1 / 7)
    assert factor**-0.5 == pytest.approx(np.sqrt(2 / (1 - 1 / np.pi)), rel=0.01)
