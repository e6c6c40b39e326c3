"""Claims on networks before training, in NumPy: passes forward and back by hand, in float64."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rows import Rows, read

EPSILON = 1e-9
SEEDS = range(501, 511)
ACTIVATIONS = {  # value and slope
    "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    "linear": (lambda z: z, np.ones_like),
}


def draw(rng: np.random.Generator, inputs: int, depth: int) -> list[list[np.ndarray]]:
    """Draw kernel, gain and offset of hidden layers of 100 units, and kernel and bias of 10 logits, by Glorot."""
    sizes = [inputs, *[100] * depth, 10]
    bounds = [np.sqrt(6 / (a + b)) for a, b in zip(sizes, sizes[1:], strict=False)]
    kernels = [
        rng.uniform(-c, c, (a, b)) for c, a, b in zip(bounds, sizes, sizes[1:], strict=False)
    ]
    return [[k, np.ones(100), np.zeros(100)] for k in kernels[:-1]] + [[kernels[-1], np.zeros(10)]]


def passes(layers, x, y, activation, axis):
    """Return inputs of the activations, gradients of the cross-entropy by them, by all variables, and the loss.

    Inputs are normalized over ``axis`` of a batch: 0 as in batch normalization, 1 as in layer normalization.
    """
    value, slope = ACTIVATIONS[activation]
    hidden, kept = x, []
    for kernel, gain, offset in layers[:-1]:
        u = hidden @ kernel
        spread = np.sqrt(u.var(axis, keepdims=True) + EPSILON)
        normal = (u - u.mean(axis, keepdims=True)) / spread
        kept.append((hidden, spread, normal, gain * normal + offset))
        hidden = value(kept[-1][-1])
    logits = hidden @ layers[-1][0] + layers[-1][1]
    likely = np.exp(logits - logits.max(1, keepdims=True))
    likely /= likely.sum(1, keepdims=True)
    loss = -np.log(likely[range(len(y)), y]).mean()
    back = (likely - np.eye(10)[y]) / len(y)
    by_inputs, by_layers = [], [[hidden.T @ back, back.sum(0)]]
    back = back @ layers[-1][0].T
    for (kernel, gain, _), (below, spread, normal, z) in zip(
        layers[-2::-1], kept[::-1], strict=True
    ):
        dz = back * slope(z)
        dn = dz * gain
        along = normal * (dn * normal).mean(axis, keepdims=True)
        du = (dn - dn.mean(axis, keepdims=True) - along) / spread
        by_inputs.insert(0, dz)
        by_layers.insert(0, [below.T @ du, (dz * normal).sum(0), dz.sum(0)])
        back = du @ kernel.T
    return [z for *_, z in kept], by_inputs, by_layers, loss


def _decades(by_inputs) -> float:
    """Powers of ten between the gradients of the second and of the last hidden layer."""
    return np.log10(np.linalg.norm(by_inputs[1]) / np.linalg.norm(by_inputs[-1]))


def _batches(rows: Rows, rng, size, number=2):
    x, y = rows.train
    return [(x[i], y[i]) for i in rng.integers(0, len(x), (number, size))]


def growth(rows: Rows, seed: int, activation: str) -> float:
    """Return the factor of the gradient a layer, by batch normalization in 20 layers."""
    rng = np.random.default_rng(seed)
    ((x, y),) = _batches(rows, rng, 60, 1)
    _, by_inputs, *_ = passes(draw(rng, x.shape[1], 20), x, y, activation, 0)
    return 10 ** (_decades(by_inputs) / 18)


def range_left(rows: Rows, seed: int) -> float:
    """Return the decades between gradients after one step at rate 0.1 over those before it, on another batch."""
    rng = np.random.default_rng(seed)
    (x, y), other = _batches(rows, rng, 60)
    layers = draw(rng, x.shape[1], 20)
    _, _, by_layers, _ = passes(layers, x, y, "relu", 0)
    moved = [
        [w - 0.1 * g for w, g in zip(*pair, strict=True)]
        for pair in zip(layers, by_layers, strict=True)
    ]
    before, after = (_decades(passes(w, *other, "relu", 0)[1]) for w in (layers, moved))
    return after / before


def rank(rows: Rows, seed: int) -> float:
    """Return (Σ s²)²/Σ s⁴ of the singular values of 100 rows after 64 linear layers with batch normalization."""
    rng = np.random.default_rng(seed)
    ((x, y),) = _batches(rows, rng, 100, 1)
    inputs, *_ = passes(draw(rng, x.shape[1], 64), x, y, "linear", 0)
    variances = np.linalg.svd(inputs[-1], compute_uv=False) ** 2
    return variances.sum() ** 2 / (variances**2).sum()


def likeness(rows: Rows, seed: int, activation: str) -> float:
    """Return the mean cosine between 60 rows after 20 layers with layer normalization before the activation."""
    rng = np.random.default_rng(seed)
    ((x, y),) = _batches(rows, rng, 60, 1)
    inputs, *_ = passes(draw(rng, x.shape[1], 20), x, y, activation, 1)
    return _mean_cosine(inputs[-1])


def _mean_cosine(vectors: np.ndarray) -> float:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return (unit @ unit.T)[np.triu_indices(len(unit), 1)].mean()


def shattering(rows, seed: int) -> float:
    """Return how log₂ of the mean cosine between Jacobians at 120 rows changes a layer, of 2 to 8 plain ReLU layers."""
    rng = np.random.default_rng(seed)
    ((x, _),) = _batches(rows, rng, 120, 1)
    depths, likeness_of = [2, 4, 6, 8], []
    for depth in depths:
        sizes = [x.shape[1], *[100] * depth, 10]
        kernels = [
            rng.normal(0, np.sqrt(2 / a), (a, b)) for a, b in zip(sizes, sizes[1:], strict=False)
        ]
        hidden, gates = x, []
        for kernel in kernels[:-1]:
            gates.append(hidden @ kernel > 0)
            hidden = np.maximum(hidden @ kernel, 0)
        jacobians = np.broadcast_to(kernels[-1].T, (len(x), 10, 100))
        for kernel, gate in zip(kernels[-2::-1], gates[::-1], strict=True):
            jacobians = (jacobians * gate[:, None]) @ kernel.T
        likeness_of.append(np.log2(_mean_cosine(jacobians.reshape(len(x), -1))))
    return np.polyfit(depths, likeness_of, 1)[0]


def before_training(data: Path) -> Iterator[tuple[str, int, list[float]]]:
    """2a, 4, 5b, 6b and 7a."""
    rows = read(data / "fashion-mnist")
    yield "2a", 1, [growth(rows, seed, "tanh") for seed in SEEDS]
    yield "2a", 3, [growth(rows, seed, "sigmoid") for seed in SEEDS]
    yield "4", 1, [range_left(rows, seed) for seed in SEEDS]
    yield "5b", 1, [rank(rows, seed) for seed in SEEDS]
    yield "6b", 1, [likeness(rows, seed, "relu") for seed in SEEDS]
    yield "6b", 3, [likeness(rows, seed, "sigmoid") for seed in SEEDS]
    yield "7a", 1, [shattering(rows, seed) for seed in SEEDS]
