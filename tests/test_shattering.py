"""Likeness of gradients by inputs, against NumPy and the kernels of wide networks, and its fall with depth."""

import numpy as np
import pytest
import synthetic
from methods import METHODS

from bnlab.experiments import quantity
from bnlab.networks.block import Method
from bnlab.networks.network import initial_values
from bnlab.networks.normalizers.bn import BN
from bnlab.networks.perceptron import Perceptron
from bnlab.networks.residual_perceptron import ResidualPerceptron
from bnlab.probes.input_gradients import InputGradients, mean_cosine
from bnlab.study.ledger import Measure
from bnlab.training.run import Run
from bnlab.training.settings import Settings, Split

ROWS, FEATURES, CLASSES = 24, 200, 3


def run_of(network, method, rows=ROWS, features=FEATURES):
    """Return a run on pairs of rows that are alike, whose probe takes all of them in one batch."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, features)) + rng.normal(size=(rows // 2, features)).repeat(2, axis=0)
    y = rng.integers(0, CLASSES, rows)
    parts = [part for _ in range(3) for part in (x.astype("float32"), y.astype("int32"))]
    settings = Settings("relu", "he_normal", 0.1, 1, 0, 1)
    return Run(Split(*parts, np.arange(CLASSES)), network, method, settings, rows, 1)


def measured(run):
    parameters, state, *_ = run.start(0)
    return InputGradients(run).measure(parameters, state)["cosine"].item()


def mean_of_pairs(cosines):
    return cosines[np.triu_indices(len(cosines), 1)].mean()


@pytest.mark.parametrize("method", ["base", "bn"])
def test_the_cosine_is_that_of_jacobians_in_numpy(method):
    """BN is linear at inference: mean and unbiased variance are those of the pass in training."""
    run = run_of(Perceptron([7, 5]), METHODS[method], features=4)
    values = initial_values(run.network, np.random.SeedSequence([1, 0]).spawn(3)[0])[0]
    weights = {v.path: np.array(a) for v, a in zip(run.network.trainable, values, strict=True)}
    trained = h = run.trainer.x.numpy().astype(float)
    jacobian = np.eye(4)[None]
    for layer in ("hidden1", "hidden2"):
        u, trained, jacobian = (x @ weights[f"{layer}/kernel"] for x in (h, trained, jacobian))
        if method == "bn":
            mean, biased, unbiased = (
                trained.mean(axis=0),
                trained.var(axis=0),
                trained.var(axis=0, ddof=1),
            )
            trained = (trained - mean) / np.sqrt(biased + 1e-3)
            u, jacobian = (u - mean) / np.sqrt(unbiased + 1e-3), jacobian / np.sqrt(unbiased + 1e-3)
        trained, h, jacobian = np.maximum(trained, 0), np.maximum(u, 0), jacobian * (u > 0)[:, None]
    jacobian = (jacobian @ weights["logits/kernel"]).reshape(ROWS, -1)
    lengths = np.linalg.norm(jacobian, axis=1, keepdims=True)
    unit = (jacobian / np.where(lengths > 0, lengths, 1))[lengths[:, 0] > 0]
    assert measured(run) == pytest.approx(mean_of_pairs(unit @ unit.T), abs=1e-4)


def kernels(c):
    """Return what a wide layer of rectified units turns correlations into, and by what it multiplies the gradients'."""
    angle = np.arccos(np.clip(c, -1, 1))
    return (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / np.pi, 1 - angle / np.pi


def wide(depth, normalized):
    """Return the mean over pairs of ∏(1 − θ/π), angles θ from layer to layer by the kernel of degree 1."""
    x = run_of(Perceptron([2]), METHODS["base"]).trainer.x.numpy()
    covariance, product = x @ x.T, 1.0
    for _ in range(depth):
        if normalized:
            covariance = covariance - covariance.mean(axis=0)
            covariance -= covariance.mean(axis=1, keepdims=True)
        spread = np.sqrt(np.diag(covariance))
        one, nought = kernels(covariance / np.outer(spread, spread))
        covariance, product = one * np.outer(spread, spread), product * nought
    return mean_of_pairs(product)


@pytest.mark.parametrize(("method", "depth"), [("base", 1), ("base", 6), ("bn", 1), ("bn", 4)])
def test_wide_networks_have_the_cosine_of_arc_cosine_kernels(method, depth):
    """Cho & Saul 2009, Kernel methods for deep learning: kernels of degree 1 (outputs) and 0 (slopes)."""
    normalizer = {"base": None, "bn": BN}[method]
    tried = Method(normalizer=normalizer, options={"epsilon": 1e-9} if normalizer else {})
    expected = wide(depth, method == "bn")
    assert measured(run_of(Perceptron([1000] * depth), tried)) == pytest.approx(expected, abs=0.02)


def test_orthogonal_inputs_lose_half_in_the_first_layer_alone_where_nothing_is_normalized():
    """1/2^L needs units that are active independently in every layer, which batch norm alone brings about."""
    c, factors = 0.0, []
    for _ in range(60):
        c, factor = kernels(c)
        factors.append(factor)
    assert factors[0] == pytest.approx(0.5) and factors[1] > 0.59 and factors[-1] > 0.94
    powers = np.diff(np.log(np.cumprod(factors))[[19, 59]]) / np.log(3)
    assert powers == pytest.approx(-3, abs=0.6)


def test_residual_branches_with_batch_norm_keep_more_than_plain_layers():
    plain = measured(run_of(Perceptron([100] * 8), METHODS["bn"]))
    residual = measured(run_of(ResidualPerceptron(8, 100), METHODS["bn"]))
    assert residual > 3 * abs(plain)


def test_rows_without_a_gradient_are_left_out():
    vectors = np.array([[1.0, 0], [0, 0], [3, 0], [0, 2]])
    assert mean_cosine(vectors) == pytest.approx(1 / 3)
    assert np.isnan(mean_cosine(vectors[:2]))


def of_synthetic(name, method, network):
    rows = synthetic.shattering()["input_gradients"]
    effect = Measure.model_construct(rate=None, batch=60)
    measure = quantity("shattering", name)
    return measure({"input_gradients": rows[rows["network"] == network]}, effect, method)


@pytest.mark.parametrize(
    ("name", "method", "network", "value"),
    [
        ("likeness_slope", "bn", "perceptron", -1),
        ("likeness_power", "base", "perceptron", -1),
        ("likeness_power", "bn", "residual_perceptron", -0.5),
    ],
)
def test_quantities_find_the_law_of_made_up_cosines(name, method, network, value):
    assert of_synthetic(name, method, network).tolist() == pytest.approx([value] * 4)


def test_one_depth_and_a_cosine_below_zero_have_no_slope():
    rows = synthetic.shattering()["input_gradients"]
    rows = rows[(rows["network"] == "perceptron") & (rows["layers"] == 2)]
    effect, measure = (
        Measure.model_construct(rate=None, batch=60),
        quantity("shattering", "likeness_slope"),
    )
    assert measure({"input_gradients": rows}, effect, "bn").isna().all()
    below = synthetic.shattering()["input_gradients"]
    below.loc[(below["replicate"] == 0) & (below["layers"] == 8), "cosine"] = -0.01
    below = below[below["network"] == "perceptron"]
    assert measure({"input_gradients": below}, effect, "bn").isna().tolist() == [True] + 3 * [False]
