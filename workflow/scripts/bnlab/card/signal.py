"""Gradients and rows in a deep network at its start: 20 dense layers of He's kernels with ReLU, N before it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bnlab.card.subject import Subject
from bnlab.lazy import tf
from bnlab.same import array
from bnlab.study.card import Value

LAYERS, ROWS, WIDTH, DRAWS = 20, 60, 128, 4


class Passage(NamedTuple):
    """Lengths of the gradient by each layer's u (layers,), and the last layer's output (rows, width)."""

    gradients: np.ndarray
    last: np.ndarray


def growth(layer: Subject) -> Value:
    """(‖∂L/∂u₂‖/‖∂L/∂u₂₀‖)^(1/18) before training, h = ReLU(N(u)), u = h·W, W ~ Normal(0, 2/128), 60 rows.

    L = Σ w·h₂₀ with w ~ Normal(0, 1); mean of 4 draws. Theory has 1 without a normalizer, and √(π/(π − 1)·58/57) =
    1.222 for batch normalization (Yang et al. 2019, arXiv 1902.08129, with a factor for 60 rows).
    """
    if len(layer.shape) > 2:
        return None
    ratios = [p.gradients[1] / p.gradients[-1] for p in _passages(layer)]
    return float(np.exp(np.mean(np.log(ratios)) / (LAYERS - 2)))


def cosine(layer: Subject) -> Value:
    """Mean cosine of N(u₂₀) of two rows, in the network of the growth: 0 where rows stay apart, 1 where they meet."""
    if len(layer.shape) > 2:
        return None
    return float(np.mean([_mean_cosine(p.last) for p in _passages(layer)]))


def _mean_cosine(h: np.ndarray) -> float:
    h = h / np.linalg.norm(h, axis=1, keepdims=True)
    return float((np.square(h.sum(axis=0)).sum() - len(h)) / (len(h) * (len(h) - 1)))


def _passages(layer: Subject) -> list[Passage]:
    return [_passage(layer, seed) for seed in range(DRAWS)]


def _passage(layer: Subject, seed: int) -> Passage:
    rng = np.random.default_rng(seed)
    h, inputs = tf.constant(rng.normal(size=(ROWS, WIDTH))), []
    with tf.GradientTape() as tape:
        tape.watch(h)
        for _ in range(LAYERS):
            u = h @ tf.constant(rng.normal(0, np.sqrt(2 / WIDTH), (WIDTH, WIDTH)))
            inputs.append(u)
            normal = layer.built(features=WIDTH).normalize(u, True)
            h = tf.nn.relu(normal)
        loss = tf.reduce_sum(rng.normal(size=h.shape) * h)
    lengths = [float(tf.norm(g)) for g in tape.gradient(loss, inputs)]
    return Passage(np.array(lengths), array(normal))
