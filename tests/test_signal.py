"""Growth of gradients and likeness of inputs before training, against closed forms and wide networks."""

import numpy as np
import pytest
import synthetic
import tensorflow as tf
from scipy.integrate import quad
from scipy.stats import norm

from bnlab.experiments import quantity
from bnlab.experiments.before_training import analysis
from bnlab.networks.block import AFTER_ACTIVATION, BEFORE_ACTIVATION, Method
from bnlab.networks.network import initial_values
from bnlab.networks.normalizers.bn import BN
from bnlab.networks.normalizers.ln import LN
from bnlab.networks.normalizers.rms import RMS
from bnlab.networks.perceptron import Perceptron
from bnlab.study.ledger import Measure

NORMALIZERS = {"bn": BN, "ln": LN, "rms": RMS}
PLACES = {"before": BEFORE_ACTIVATION, "after": AFTER_ACTIVATION}
WIDTH, ROWS = 1000, 60


def passed(method, activation, x, layers=6, width=WIDTH, seed=3, initializer="lecun_normal"):
    """Return the activation inputs of each layer, and the gradient by them of a random linear loss, in float64."""
    name, place = method.split("_")
    tried = Method(normalizer=NORMALIZERS[name], place=PLACES[place], options={"epsilon": 1e-12})
    network = Perceptron([width] * layers).build_for(
        tried, x.shape[1:], 5, activation, initializer, "float64"
    )
    parameters, state = initial_values(network, np.random.SeedSequence(seed))
    weights = np.random.default_rng(0).normal(size=(len(x), 5))
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        logits, _ = network(parameters, state, tf.constant(x), training=True)
        loss = tf.reduce_sum(logits * weights)
    inputs = [block.pre_activation for block in network.blocks]
    gradients = tape.gradient(loss, inputs)
    return [z.numpy() for z in inputs], [g.numpy() for g in gradients]


def mean_cosine(z):
    unit = z / np.linalg.norm(z, axis=1, keepdims=True)
    return (unit @ unit.T)[np.triu_indices(len(z), 1)].mean()


def test_the_factor_of_rectified_units_is_the_published_closed_form():
    limit = analysis.growth_in_theory("bn_before", "relu", 10**9)
    assert limit == pytest.approx(np.sqrt(np.pi / (np.pi - 1)), abs=1e-4)
    at_60 = np.sqrt(np.pi / (np.pi - 1) * 58 / 57)
    assert analysis.growth_in_theory("bn_before", "relu", 60) == pytest.approx(at_60, abs=1e-4)
    assert analysis.growth_in_theory("ln_before", "relu", 60) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "gelu", "relu"])
def test_moments_are_those_of_numerical_integration(activation):
    phi = analysis.activation_functions()[activation]
    for power, value in zip((1, 2), analysis.moments(activation), strict=False):
        expected, _ = quad(lambda z, p=power: phi(np.float64(z)) ** p * norm.pdf(z), -9, 9)
        assert value == pytest.approx(expected, abs=2e-5)


@pytest.mark.parametrize(
    ("activation", "rate"), [("relu", 0.733), ("tanh", 0.930), ("sigmoid", 0.984), ("gelu", 0.723)]
)
def test_layer_norm_after_the_activation_contracts_a_small_cosine_at_its_hermite_rate(
    activation, rate
):
    """c₁²/Σ cₖ², k from 1, of the Hermite coefficients, as the code beside arXiv 2305.18399 has it."""
    left = analysis.cosine_in_theory("ln_after", activation, ROWS, 0.001, 2) / 0.001
    assert left == pytest.approx(rate, abs=0.001)
    pair = np.random.default_rng(1).normal(size=(3, WIDTH))
    common = np.sqrt(0.1)
    x = np.sqrt(1 - 0.1) * pair[:2] + common * pair[2]
    cosines = [
        [mean_cosine(z) for z in passed("ln_after", activation, x, 2, seed=seed)[0]]
        for seed in range(20)
    ]
    first, second = np.mean(cosines, axis=0)
    expected = analysis.cosine_in_theory("ln_after", activation, ROWS, first, 2)
    assert second == pytest.approx(expected, abs=0.012)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "gelu"])
@pytest.mark.parametrize(
    "method", ["bn_before", "ln_before", "ln_after", "rms_before", "rms_after"]
)
def test_a_wide_network_has_the_growth_of_theory(method, activation):
    x = np.random.default_rng(2).normal(size=(ROWS, WIDTH))
    _, gradients = passed(method, activation, x)
    lengths = [np.linalg.norm(g) for g in gradients]
    growth = (lengths[1] / lengths[-1]) ** (1 / (len(lengths) - 2))
    expected = analysis.growth_in_theory(method, activation, ROWS)
    assert growth == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("initializer", ["glorot_uniform", "he_normal", "normal_1"])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("method", ["ln_before", "ln_after"])
def test_theory_is_given_for_those_weights_alone_of_which_it_holds(method, activation, initializer):
    x = np.random.default_rng(2).normal(size=(ROWS, 300))
    logs = []
    for seed in range(6):
        _, gradients = passed(method, activation, x, 6, 300, seed, initializer)
        logs.append(np.log(np.linalg.norm(gradients[1]) / np.linalg.norm(gradients[-1])) / 4)
    expected = analysis.growth_in_theory(method, activation, ROWS)
    holds = np.exp(np.mean(logs)) == pytest.approx(expected, rel=0.03)
    assert holds == analysis.has_theory(method, activation, initializer)


def test_a_table_has_no_theory_where_weights_of_another_variance_are_not_normalized():
    signal = synthetic.before_training()["signal"].assign(activation="tanh")
    table = analysis.placement(signal.assign(initializer="he_normal")).set_index("method")
    assert table.loc["ln_after", ["growth_in_theory", "likeness_in_theory"]].isna().all(axis=None)
    assert table.loc["bn_before", ["growth_in_theory", "likeness_in_theory"]].notna().all(axis=None)


@pytest.mark.parametrize("rows", [8, 16, 32])
def test_small_batches_lengthen_gradients_by_the_law_of_the_inverse_variance(rows):
    """E 1/s² of m normal numbers is m/(m − 3), and m − 2 directions of m pass."""
    logs = []
    for seed in range(8):
        x = np.random.default_rng(seed).normal(size=(rows, 300))
        _, gradients = passed("bn_before", "linear", x, layers=20, width=300, seed=seed)
        logs.append([np.log(np.linalg.norm(g)) for g in gradients[1:]])
    slope, _ = np.polyfit(range(19), np.mean(logs, axis=0), 1)
    assert np.exp(-slope) == pytest.approx(np.sqrt((rows - 2) / (rows - 3)), rel=0.01)


def of_synthetic(name, method):
    results = {
        source: rows[rows["recipe"] == "relu"]
        for source, rows in synthetic.before_training().items()
    }
    effect = Measure.model_construct(rate=None, batch=60)
    return quantity("before_training", name)(results, effect, method)


@pytest.mark.parametrize(
    ("name", "method", "value"),
    [
        ("gradient_growth", "bn_before", 1.2),
        ("gradient_growth", "base", 0.5),
        ("input_likeness", "ln_after", 0.5 * 0.9**19),
        ("likeness_contraction", "ln_after", 0.9),
        ("effective_rank", "base", 5),
        ("range_left", "bn_before", 0.1),
    ],
)
def test_quantities_find_the_law_of_made_up_gradients(name, method, value):
    assert of_synthetic(name, method).tolist() == pytest.approx([value] * 4)
