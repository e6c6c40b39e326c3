"""Training rows of each step, and steps of evaluations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

FIRST_ROWS = 100
"""Rows before the first evaluation: training accuracy is a mean over the rows since the evaluation before."""


def row_order(
    seed: np.random.SeedSequence, rows: int, batch: int, steps: int, shuffle: bool = True
) -> np.ndarray:
    """Return the training rows of each step, shape (steps, batch), int32.

    Random permutations of all rows (without ``shuffle``, the order of the data) follow one another and are cut into
    batches. A batch may span two of them, so that all rows are used equally often where m does not divide the data.
    """
    generator = np.random.default_rng(seed)
    passes = -(-steps * batch // rows)
    one_pass = generator.permutation if shuffle else np.arange
    order = np.concatenate([one_pass(rows).astype(np.int32) for _ in range(passes)])
    return order[: steps * batch].reshape(steps, batch)


def sorted_order(
    seed: np.random.SeedSequence, labels: np.ndarray, batch: int, steps: int
) -> np.ndarray:
    """Return the training rows of each step, with every pass sorted by class, shape (steps, batch), int32.

    As in ``row_order``, but in each pass all rows of one class come before those of the next, in random order within
    the class. ``labels`` (rows,) are class indices.
    """
    generator = np.random.default_rng(seed)
    passes = -(-steps * batch // len(labels))
    mixed = [generator.permutation(len(labels)) for _ in range(passes)]
    order = np.concatenate([rows[np.argsort(labels[rows], kind="stable")] for rows in mixed])
    return order[: steps * batch].astype(np.int32).reshape(steps, batch)


def correlated_order(
    seed: np.random.SeedSequence,
    labels: np.ndarray,
    batch: int,
    steps: int,
    classes: int,
    share: float,
) -> np.ndarray:
    """Return the training rows of each step, with batches of few classes, shape (steps, batch), int32.

    Each batch draws ``classes`` classes at random. A ``share`` of its rows (rounded) comes from them, nearly the same
    number from each, and the others from all rows. Random permutations of each class and of all rows follow one
    another, so that rows are used equally often. ``labels`` (rows,) are class indices.
    """
    generator = np.random.default_rng(seed)
    own = round(share * batch)
    known = np.unique(labels)
    pools = {c: _passes(generator, np.flatnonzero(labels == c)) for c in known}
    rest = _passes(generator, np.arange(len(labels)))
    order = np.empty((steps, batch), np.int32)
    for rows in order:
        chosen = generator.choice(known, min(classes, len(known)), replace=False)
        rows[:own] = [next(pools[c]) for c in np.resize(chosen, own)]
        rows[own:] = [next(rest) for _ in range(batch - own)]
    return order


def _passes(generator: np.random.Generator, rows: np.ndarray) -> Iterator[int]:
    """Yield rows without end, in one random permutation after another."""
    while True:
        yield from generator.permutation(rows).tolist()


def evaluation_steps(
    steps: int, steps_per_epoch: float, first_epoch: int, later: int, first: int = 1
) -> list[int]:
    """Return the steps of evaluations: a geometric series through the first epoch, then evenly to the end.

    The series begins at step ``first`` or, in a shorter epoch, at its end.
    """
    end = min(steps, max(1, round(steps_per_epoch))) if first_epoch else 0
    early: Any = np.geomspace(min(first, end), end, first_epoch) if first_epoch else []
    late = np.linspace(end, steps, later + 1)[1:]
    return sorted({max(1, round(step)) for step in [*early, *late]})


def refined(steps: list[int], resolution: float) -> list[int]:
    """Return these steps and more, so that each is at most a share ``resolution`` of itself after the one before.

    The further steps begin at 1 / ``resolution``, since steps are whole numbers.
    """
    between = [max(steps[0], round(1 / resolution))]
    while between[-1] < steps[-1]:
        between.append(max(between[-1] + 1, int(between[-1] / (1 - resolution))))
    return sorted({*steps, *between[:-1]})


def fixed_order(rows: int) -> np.ndarray:
    """Return so many row indices in a random order that is always the same, int32."""
    return np.random.default_rng(0).permutation(rows).astype(np.int32)


def block_starts(rows: int, block: int) -> np.ndarray:
    """Return the first rows of blocks of one size that cover ``rows`` rows, int32.

    The last block shares rows with the one before where it would not be full.
    """
    return np.minimum(np.arange(0, rows, block, dtype=np.int32), rows - block)
