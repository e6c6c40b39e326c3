"""Measurements of probes on a trained network, computed again from its weights in NumPy, in float64."""

import numpy as np
import pytest
from methods import METHODS
from scipy.stats import wasserstein_distance
from sklearn.datasets import load_digits
from sklearn.metrics.pairwise import cosine_similarity

from bnlab.networks.perceptron import Perceptron
from bnlab.probes.covariate_shift import CovariateShift
from bnlab.probes.gradient_flow import GradientFlow
from bnlab.probes.landscape import Landscape
from bnlab.probes.output_shift import OutputShift
from bnlab.probes.signal import Signal
from bnlab.probes.weights import Weights
from bnlab.training.run import Run, train
from bnlab.training.settings import Settings, Split
from bnlab.training.trainer import stored

RATE, STEPS, BATCH = 0.3, 300, 20
LAYERS = ["hidden1", "hidden2", "hidden3", "logits"]
AXES = {"bn": 0, "ln": 1}
PROBES = {
    "covariate_shift": CovariateShift,
    "landscape": Landscape,
    "gradient_flow": GradientFlow,
    "output_shift": OutputShift,
    "signal": Signal,
    "weights": Weights,
}


def loss_and_gradient(weights, x, y, method):
    """Loss, its gradient by hand, the inputs of the activations and the gradient by them, of a sigmoid perceptron."""
    hidden, kept = x, []
    for layer in weights[:-1]:
        u = hidden @ layer["kernel"]
        if method == "base":
            z, normal, spread = u + layer["bias"], None, None
        else:
            axis = AXES[method]
            centred = u - u.mean(axis, keepdims=True)
            spread = np.sqrt((centred**2).mean(axis, keepdims=True) + 1e-3)
            normal = centred / spread
            z = layer["gamma"] * normal + layer["beta"]
        kept.append((hidden, normal, spread, z))
        hidden = 1 / (1 + np.exp(-z))
    logits = hidden @ weights[-1]["kernel"] + weights[-1]["bias"]
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(len(y)), y]).mean()
    d = (p - np.eye(p.shape[1])[y]) / len(y)
    gradients = [{"kernel": hidden.T @ d, "bias": d.sum(axis=0)}]
    d, by_inputs = d @ weights[-1]["kernel"].T, []
    for layer, (below, normal, spread, z) in zip(weights[-2::-1], kept[::-1], strict=True):
        a = 1 / (1 + np.exp(-z))
        dz = d * a * (1 - a)
        by_inputs.insert(0, dz)
        if method == "base":
            own, du = {"bias": dz.sum(axis=0)}, dz
        else:
            axis, dx = AXES[method], dz * layer["gamma"]
            own = {"gamma": (dz * normal).sum(axis=0), "beta": dz.sum(axis=0)}
            along = normal * (dx * normal).mean(axis, keepdims=True)
            du = (dx - dx.mean(axis, keepdims=True) - along) / spread
        gradients.insert(0, own | {"kernel": below.T @ du})
        d = du @ layer["kernel"].T
    return loss, gradients, [z for *_, z in kept], by_inputs


def stepped(weights, gradients, size):
    return [
        {name: value - size * g[name] for name, value in layer.items()}
        for layer, g in zip(weights, gradients, strict=True)
    ]


def length(gradients):
    return np.sqrt(sum((value**2).sum() for g in gradients for value in g.values()))


@pytest.fixture(scope="module", params=["base", "bn", "ln"])
def trained(request):
    """Return method, run, weights by layer, training rows, and the last tables of the probes."""
    x, y = load_digits(return_X_y=True)
    x, y = (x / 16).astype(np.float32), y.astype(np.int32)
    parts = (x[:1200], y[:1200], x[1200:1500], y[1200:1500], x[1500:], y[1500:])
    settings = Settings("sigmoid", "glorot_uniform", RATE, STEPS, 0, 1)
    method = METHODS[request.param]
    run = Run(
        Split(*parts, np.arange(10)), Perceptron([20, 15, 12]), method, settings, BATCH, 1, PROBES
    )
    records = train(run, 1).records
    values = {path: value[0].astype(np.float64) for path, value in records["weights"].items()}
    layers = [
        {
            path.rpartition("/")[2]: value
            for path, value in values.items()
            if path.startswith(f"{name}/") and "moving" not in path
        }
        for name in LAYERS
    ]
    last = {n: t[t["step"] == STEPS] for n, t in records.items() if n != "weights"}
    return request.param, run, layers, (x[:1200].astype(np.float64), y[:1200]), last


def test_covariate_shift(trained):
    method, run, weights, (x, y), tables = trained
    expected = []
    for rows in run.step_probes["covariate_shift"].batches.numpy():
        _, first, *_ = loss_and_gradient(weights, x[rows], y[rows], method)
        moved = stepped(weights, first, RATE)
        line = []
        for layer in range(len(LAYERS)):
            mixed = moved[:layer] + weights[layer:]
            _, second, *_ = loss_and_gradient(mixed, x[rows], y[rows], method)
            g, other = first[layer]["kernel"], second[layer]["kernel"]
            ends = np.linalg.norm(g), np.linalg.norm(other)
            shift = np.linalg.norm(g - other)
            line.append((ends[0], shift, shift / ends[0], (g * other).sum() / (ends[0] * ends[1])))
        expected.append(line)
    measured = tables["covariate_shift"][["gradient", "shift", "relative", "cosine"]]
    np.testing.assert_allclose(measured, np.mean(expected, axis=0), rtol=1e-3, atol=1e-5)


def test_landscape(trained):
    method, run, weights, (x, y), tables = trained
    whole = np.sqrt(sum((layer["kernel"] ** 2).sum() for layer in weights))
    table = tables["landscape"]
    for sample, rows in enumerate(run.step_probes["landscape"].rows.numpy()):
        _, gradients, *_ = loss_and_gradient(weights, x[rows], y[rows], method)
        slope = length(gradients)
        for row in table[(table["sample"] == sample) & (table["size"] > 0)].itertuples():
            size = row.size * (RATE if row.unit == "rate" else whole / slope)
            loss, there, *_ = loss_and_gradient(
                stepped(weights, gradients, size), x[rows], y[rows], method
            )
            change = length(
                [
                    {n: value - b[n] for n, value in a.items()}
                    for a, b in zip(gradients, there, strict=True)
                ]
            )
            numbers = (row.loss, row.gradient, row.gradient_change, row.distance, row.weights)
            assert numbers == pytest.approx((loss, slope, change, size * slope, whole), rel=1e-3)


def test_gradient_flow(trained):
    method, run, weights, (x, y), tables = trained
    lengths = [
        [np.linalg.norm(g["kernel"]) for g in loss_and_gradient(weights, x[r], y[r], method)[1]]
        for r in run.step_probes["gradient_flow"].rows.numpy()
    ]
    np.testing.assert_allclose(
        tables["gradient_flow"]["gradient"], np.mean(lengths, axis=0), rtol=1e-4
    )


def test_signal(trained):
    method, run, weights, (x, y), tables = trained
    expected = []
    for rows in run.step_probes["signal"].rows.numpy():
        *_, inputs, by_inputs = loss_and_gradient(weights, x[rows], y[rows], method)
        pairs = np.triu_indices(len(rows), 1)
        for z, gradient in zip(inputs, by_inputs, strict=True):
            squares = np.linalg.svd(z, compute_uv=False) ** 2
            expected.append(
                (
                    np.linalg.norm(gradient),
                    cosine_similarity(z)[pairs].mean(),
                    squares.sum() ** 2 / (squares**2).sum(),
                    z.var(axis=0).mean(),
                )
            )
    means = np.reshape(expected, (-1, len(LAYERS) - 1, 4)).mean(axis=0)
    measured = tables["signal"][["gradient", "cosine", "rank", "variance"]]
    np.testing.assert_allclose(measured, means, rtol=1e-4, atol=1e-6)


def test_output_shift(trained):
    method, run, weights, (x, y), tables = trained
    probe = run.step_probes["output_shift"]
    seen, later = probe.inputs.x.numpy().astype(np.float64), weights
    for rows in probe.rows:
        later = stepped(later, loss_and_gradient(later, x[rows], y[rows], method)[1], RATE)
    before, after = (
        loss_and_gradient(w, seen, np.zeros(len(seen), int), method)[2] for w in (weights, later)
    )
    expected = [
        np.mean([wasserstein_distance(a[:, j], b[:, j]) for j in range(a.shape[1])])
        for a, b in zip(before, after, strict=True)
    ]
    np.testing.assert_allclose(tables["output_shift"]["units"], expected, rtol=1e-3)


@pytest.mark.parametrize("method", ["base", "ln"])
def test_a_small_change_is_followed_through_ten_layers_where_float32_would_lose_it(method):
    """Before training; through base it shrinks to a millionth, through layer normalization to a thousandth."""
    x, y = load_digits(return_X_y=True)
    x, y = (x / 16).astype(np.float32), y.astype(np.int32)
    parts = (x[:1200], y[:1200], x[1200:1500], y[1200:1500], x[1500:], y[1500:])
    settings = Settings("sigmoid", "glorot_uniform", RATE, 1, 0, 1)
    network, probe = Perceptron([20] * 10), {"gradient_flow": GradientFlow}
    run = Run(Split(*parts, np.arange(10)), network, METHODS[method], settings, BATCH, 1, probe)
    parameters, state, _, _ = run.start(0)
    flow = run.step_probes["gradient_flow"]
    actual = flow.measure(parameters, state)

    names = {v.path: v for v in run.network.trainable}
    weights = [{} for _ in run.network.blocks] + [{}]
    layers = [*(block.name for block in run.network.blocks), "logits"]
    for path, value in zip(names, stored(parameters), strict=True):
        layer, _, name = path.rpartition("/")
        weights[layers.index(layer)][name] = value.numpy().astype(np.float64)
    moved = [dict(layer) for layer in weights]
    step = flow.direction.T / np.linalg.norm(flow.direction)
    moved[0]["kernel"] = weights[0]["kernel"] * 1.0
    moved[0]["kernel"] += 1e-3 * np.linalg.norm(weights[0]["kernel"]) * step
    seen = flow.inputs.x.numpy()
    none = np.zeros(len(seen), int)
    before, after = (loss_and_gradient(w, seen, none, method)[2] for w in (weights, moved))
    changes = [1e3 * np.sqrt(np.mean((b - a) ** 2)) for a, b in zip(before, after, strict=True)]
    spreads = [np.sqrt(np.mean((a - a.mean(axis=0)) ** 2)) for a in before]
    assert changes[-1] < 1e-2 * changes[0]
    np.testing.assert_allclose(actual["moved"][:-1], changes, rtol=1e-4)
    np.testing.assert_allclose(actual["change"][:-1], np.divide(changes, spreads), rtol=1e-4)
