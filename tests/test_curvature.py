"""Eigenvalues, trace and the gradient's share, against whole Hessians by differences in NumPy and known spectra."""

import numpy as np
import pytest
import synthetic
import tensorflow as tf
from methods import METHODS
from sklearn.datasets import load_digits
from synthetic import tabulated

from bnlab.experiments import quantity
from bnlab.experiments.curvature import analysis
from bnlab.networks.perceptron import Perceptron
from bnlab.probes.curvature import TOP, Curvature, top, trace
from bnlab.study.ledger import Measure
from bnlab.training.run import Run
from bnlab.training.settings import Settings, Split

ROWS = 200


def small_run(method, batch=20, activation="sigmoid"):
    x, y = load_digits(return_X_y=True)
    x, y = (x[:, 20:28] / 16).astype(np.float32), np.minimum(y, 3).astype(np.int32)
    parts = (x[:ROWS], y[:ROWS], x[300:400], y[300:400], x[400:500], y[400:500])
    settings = Settings(activation, "glorot_uniform", 0.3, 30, 0, 1)
    split = Split(*parts, np.arange(4))
    return Run(
        split, Perceptron([5, 4]), METHODS[method], settings, batch, 1, {"curvature": Curvature}
    )


def loss_in_numpy(vector, shapes, x, y, averages=None):
    """Loss of a sigmoid perceptron in float64, of kernels (units, fan_in); with BN of γ and β in place of biases."""
    values, at = [], 0
    for shape in shapes:
        values.append(vector[at : at + int(np.prod(shape))].reshape(shape))
        at += int(np.prod(shape))
    hidden, layers = x, 2
    size = (len(values) - 2) // layers
    for layer in range(layers):
        own = values[size * layer : size * (layer + 1)]
        u = hidden @ own[0].T
        if size == 2:
            z = u + own[1]
        else:
            mean, variance = averages[layer] if averages else (u.mean(axis=0), u.var(axis=0))
            z = own[1] * (u - mean) / np.sqrt(variance + 1e-3) + own[2]
        hidden = 1 / (1 + np.exp(-z))
    logits = hidden @ values[-2].T + values[-1]
    logits = logits - logits.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(y)), y])


def differences(function, at, step=1e-3):
    """Gradient and Hessian by central differences."""
    unit = np.eye(len(at)) * step
    plus, minus = (np.array([function(at + s * e) for e in unit]) for s in (1, -1))
    gradient = (plus - minus) / (2 * step)
    hessian = np.empty((len(at), len(at)))
    for i, a in enumerate(unit):
        for j, b in enumerate(unit[: i + 1]):
            corners = [
                function(at + s * a + t * b) for s, t in ((1, 1), (1, -1), (-1, 1), (-1, -1))
            ]
            hessian[i, j] = hessian[j, i] = np.dot(corners, [1, -1, -1, 1]) / (4 * step**2)
    return gradient, hessian


@pytest.mark.parametrize(
    ("method", "statistics"), [("base", "moving"), ("bn", "batch"), ("bn", "moving")]
)
def test_it_has_the_spectrum_of_a_hessian_by_differences_in_numpy(method, statistics):
    run = small_run(method)
    parameters, state, order, _ = run.start(0)
    parameters, state, *_ = run.trainer.advance(parameters, state, order, run.rates, 0, 30)
    probe = run.step_probes["curvature"]
    table = probe.measure(parameters, state)
    table = table[table["statistics"] == statistics]

    x, y = probe.x.numpy().astype(float), probe.target.numpy()
    assert len(x) == ROWS
    vector = np.concatenate([p.numpy().astype(float).ravel() for p in parameters])
    averages = None
    if statistics == "moving" and method == "bn":
        moving = [value.numpy().astype(float) for value in state]
        averages = [tuple(moving[:2]), tuple(moving[2:4])]
    shapes = [p.shape for p in parameters]
    gradient, hessian = differences(lambda v: loss_in_numpy(v, shapes, x, y, averages), vector)
    values, vectors = np.linalg.eigh(hessian)
    values, vectors = values[::-1][:TOP], vectors[:, ::-1][:, :TOP]
    np.testing.assert_allclose(table["eigenvalue"], values, rtol=3e-3, atol=3e-4 * values[0])
    assert abs(table["trace"].iloc[0] - np.trace(hessian)) < 5 * table["trace_error"].iloc[0]
    shares = (vectors.T @ gradient) ** 2 / (gradient @ gradient)
    np.testing.assert_allclose(table["share"][:3], shares[:3], rtol=0.02, atol=2e-3)
    kernels = [p.numpy().ravel() for p in parameters if len(p.shape) == 2]
    assert table["weights"].iloc[0] == pytest.approx(np.linalg.norm(np.concatenate(kernels)))


def test_lanczos_finds_a_known_spectrum_and_hutchinson_its_trace():
    rng = np.random.default_rng(2)
    basis, _ = np.linalg.qr(rng.normal(size=(300, 300)))
    known = np.concatenate([[50, 20, 10, 9, 8, 7, 6, 5, 4, 3], rng.uniform(-1, 1, 290)])
    matrix = basis * known @ basis.T
    values, vectors = top(lambda v: matrix @ v, 300)
    np.testing.assert_allclose(values, known[:TOP], rtol=1e-3)
    assert abs(vectors[:, 0] @ basis[:, 0]) == pytest.approx(1, abs=1e-6)
    estimate, error = trace(lambda v: matrix @ v, 300, draws=400)
    assert abs(estimate - known.sum()) < 4 * error
    off = matrix - np.diag(np.diag(matrix))
    assert error == pytest.approx(np.sqrt(2 * (off**2).sum() / 400), rel=0.2)


@pytest.mark.parametrize(("value", "expected"), [(0.0, 0.0), (np.nan, np.nan)])
def test_a_matrix_of_zeros_and_one_that_is_not_finite_have_no_directions(value, expected):
    values, vectors = top(lambda v: np.full(20, value), 20)
    np.testing.assert_array_equal(values, np.full(TOP, expected))
    assert np.isnan(vectors).all()


def test_a_batch_of_all_rows_is_measured_whole_and_another_on_a_thousand():
    assert len(small_run("base", batch=ROWS).step_probes["curvature"].x) == ROWS
    assert small_run("base").step_probes["curvature"].kinds == ["moving"]
    assert small_run("bn").step_probes["curvature"].kinds == ["moving", "batch"]


def test_a_diverged_replicate_has_the_same_rows_without_numbers():
    run = small_run("bn")
    parameters, state, *_ = run.start(0)
    probe = run.step_probes["curvature"]
    keys = ["statistics", "number"]
    measured, nothing = probe.measure(parameters, state), probe.nothing()
    assert (measured[keys].to_numpy() == nothing[keys].to_numpy()).all()
    assert nothing.drop(columns=keys).isna().all(axis=None)


@pytest.mark.parametrize(
    ("name", "method", "statistics", "value"),
    [
        ("sharpness", "base", "moving", 10.0),
        ("sharpness", "bn", "batch", 5.0),
        ("sharpness", "bn", "moving", 40.0),
        ("sharpness_in_weights", "bn", "batch", 20.0),
        ("hessian_trace", "base", "moving", 100.0),
        ("edge_ratio", "base", "moving", 0.5),
        ("gradient_share", "bn", "batch", 0.2),
        ("spectrum_spread", "bn", "batch", 10.0),
    ],
)
def test_quantities_find_the_law_of_made_up_eigenvalues(name, method, statistics, value):
    effect = Measure.model_construct(rate=None, batch=60, statistics=statistics)
    values = quantity("curvature", name)(synthetic.curvature(), effect, method)
    grows = name not in ("gradient_share", "spectrum_spread")
    assert values.tolist() == pytest.approx([value * (1 + 0.01 * i * grows) for i in range(4)])


def test_a_ratio_to_base_is_one_of_the_same_replicates_under_either_statistics():
    table = analysis.sharpness(**synthetic.curvature())
    ratios = table[table["measure"] == "sharpness"].set_index(["method", "statistics"])["ratio"]
    assert ratios["bn", "batch"] == pytest.approx(0.5)
    assert ratios["bn", "moving"] == pytest.approx(4)
    assert np.isnan(ratios["base", "moving"])


def test_the_gradients_share_adds_up_to_that_of_all_measured_directions():
    table = tabulated(
        "curvature", "spectrum", synthetic.curvature(), "digits", "all_recipes", "digits", {}
    )
    ends = table[table["number"] == TOP].set_index(["method", "statistics"])["share"]
    assert ends["base", "moving"] == pytest.approx(0.5) and ends["bn", "batch"] == pytest.approx(
        0.2
    )


def test_a_convolutional_network_with_batch_normalization_has_second_derivatives():
    from bnlab.networks.convolutional import Convolutional

    rng = np.random.default_rng(0)
    x, y = rng.random((40, 6, 6, 1)).astype(np.float32), rng.integers(0, 3, 40).astype(np.int32)
    split = Split(x[:20], y[:20], x[20:30], y[20:30], x[30:], y[30:], np.arange(3))
    settings = Settings("tanh", "glorot_uniform", 0.1, 1, 0, 1)
    network = Convolutional([[3], [4]], [])
    run = Run(split, network, METHODS["bn"], settings, 10, 1, {"curvature": Curvature})
    parameters, state, *_ = run.start(0)
    probe = run.step_probes["curvature"]
    size = sum(int(np.prod(p.shape)) for p in parameters)
    rows = np.eye(size, dtype=np.float32)
    product = probe.products["batch"]
    hessian = np.array([product(parameters, state, tf.constant(row)) for row in rows])
    np.testing.assert_allclose(hessian, hessian.T, atol=1e-5)
    step, moved = 1e-2, []
    # What stands behind the last convolution moves no maximum that pooling takes, so that the loss is smooth in it.
    last = 1 + max(i for i, p in enumerate(parameters) if len(p.shape) == 4)
    directions = [np.random.default_rng(i).normal(size=p.shape) for i, p in enumerate(parameters)]
    vector = [d.astype(np.float32) * (i >= last) for i, d in enumerate(directions)]
    for sign in (1, -1):
        shifted = [p + sign * step * v for p, v in zip(parameters, vector, strict=True)]
        moved.append(probe.gradients["batch"](shifted, state))
    numeric = ((moved[0] - moved[1]) / (2 * step)).numpy()
    expected = hessian @ np.concatenate([v.ravel() for v in vector])
    assert np.linalg.norm(numeric - expected) < 0.01 * np.linalg.norm(expected)
