"""Synthetic data: a linear map, points inside and outside a circle, a language of known entropy, a stream of tasks."""

from __future__ import annotations

import numpy as np

from bnlab.data.datasets import Table


def linear_map(rows: int, size: int, seed: int) -> Table:
    """Sample pairs x, Ax with x ~ N(0, I) and one matrix A with elements from N(0, 1).

    The class of a row is the index of the largest element of Ax. ``networks.deep_linear`` learns x → Ax.

    Args:
        rows: number of pairs.
        size: dimensions of x and of Ax.
        seed: seed of A and x.

    Returns:
        A table of (rows, 2·size) with x beside Ax.

    Reference: Santurkar, Tsipras, Ilyas & Madry 2018, arXiv 1805.11604, the deep linear network of the appendix.
    """
    rng = np.random.default_rng(seed)
    a, x = rng.normal(size=(size, size)), rng.normal(size=(rows, size))
    y = x @ a.T
    names = [f"{name}{i}" for name in ("x", "y") for i in range(1, size + 1)]
    classes = [f"y{i}" for i in range(1, size + 1)]
    return Table(np.hstack([x, y]), y.argmax(axis=1).astype(np.uint8), tuple(names), tuple(classes))


SHIFT = 1.5
"""Distance from the origin to the middle of the training rows of ``disc``, and to that of its test rows opposite."""
RADIUS = {False: 1.75, True: 1.18}
"""Radius of the circle, by the option ``moves``; about half of the rows lie inside."""


def disc(rows: int, shifted: int, moves: bool, seed: int) -> Table:
    """Sample points of a plane, x ~ N((∓1.5, 0), I), with the classes outside and inside a circle.

    Args:
        rows: number of points.
        shifted: number of points at the end that lie about (1.5, 0); the others lie about (−1.5, 0).
        moves: true for a circle about the middle of the points, false for one about the origin.
        seed: seed of the points.

    Returns:
        A table of (rows, 2).
    """
    rng = np.random.default_rng(seed)
    middle = np.where(np.arange(rows) < rows - shifted, -SHIFT, SHIFT)[:, None] * [1.0, 0.0]
    x = middle + rng.normal(size=(rows, 2))
    inside = np.linalg.norm(x - middle if moves else x, axis=1) < RADIUS[moves]
    return Table(x, inside.astype(np.uint8), ("x1", "x2"), ("outside", "inside"))


CONCENTRATION = 0.3
"""Of the Dirichlet distribution of the symbols after a context; below 1, few of them are likely."""


def transitions(symbols: int, order: int, seed: int) -> np.ndarray:
    """Return the probabilities (symbolsᵒʳᵈᵉʳ, symbols) of a language's next symbol, after each context."""
    rng = np.random.default_rng([seed, 1])
    return rng.dirichlet(np.full(symbols, CONCENTRATION), symbols**order)


def stationary(table: np.ndarray) -> np.ndarray:
    """Return the probabilities of the contexts of a language in the long run, for its ``transitions``."""
    contexts, symbols = table.shape
    after = (np.arange(contexts)[:, None] * symbols + np.arange(symbols)) % contexts
    chain = np.zeros((contexts, contexts))
    np.add.at(chain, (np.arange(contexts)[:, None], after), table)
    equations = np.vstack([chain.T - np.eye(contexts), np.ones(contexts)])
    solution, *_ = np.linalg.lstsq(equations, np.append(np.zeros(contexts), 1), rcond=None)
    return np.clip(solution, 0, None) / np.clip(solution, 0, None).sum()


def entropy(symbols: int, order: int, seed: int) -> float:
    """Return the entropy of a language's next symbol given those before it, in nats: the least loss of a network."""
    table = transitions(symbols, order, seed)
    logs = np.log(np.where(table > 0, table, 1))
    return float(-stationary(table) @ (table * logs).sum(axis=1))


def language(rows: int, length: int, symbols: int, order: int, seed: int) -> Table:
    """Sample sequences of a random Markov chain in the long run, with the symbol after each as its class.

    The probabilities of a symbol depend on the ``order`` symbols before it and are drawn once (``transitions``), so the
    entropy of the class is known (``entropy``).

    Returns:
        A table of (rows, length) with symbols as numbers from 0.
    """
    rng, table = np.random.default_rng(seed), transitions(symbols, order, seed)
    sums, contexts = np.cumsum(table, axis=1), len(table)
    context = rng.choice(contexts, rows, p=stationary(table))
    drawn = [context // symbols ** (order - 1 - i) % symbols for i in range(order)]
    while len(drawn) <= length:
        symbol = (rng.random(rows)[:, None] > sums[context, :-1]).sum(axis=1)
        context = (context * symbols + symbol) % contexts
        drawn.append(symbol)
    x = np.stack(drawn, axis=1).astype(np.float64)
    names = tuple(f"symbol{i}" for i in range(1, length + 1))
    y = x[:, length].astype(np.uint8 if symbols <= 256 else np.int64)
    return Table(x[:, :length], y, names, tuple(map(str, range(symbols))))


def stream(rows: int, features: int, classes: int, tasks: int, task_rows: int, seed: int) -> Table:
    """Return a stream of tasks, one after another: the same normal vectors, with other random classes in each task.

    Each task has an equal number of the rows. They go through its ``task_rows`` vectors again and again, each time in a
    random order. The classes of a task depend on the seed, the task and the vector alone.

    Returns:
        A table of (rows, features), in the order of the stream.
    """
    x = np.random.default_rng([seed, 0]).normal(size=(task_rows, features))
    ends = np.linspace(0, rows, tasks + 1).round().astype(int)
    vectors, labels = [], []
    for task, length in enumerate(np.diff(ends), 1):
        rng = np.random.default_rng([seed, task])
        of_task = rng.integers(classes, size=task_rows)
        passes = [rng.permutation(task_rows) for _ in range(-(-length // task_rows))]
        vectors.append(np.concatenate(passes)[:length])
        labels.append(of_task[vectors[-1]])
    names = tuple(f"x{i}" for i in range(1, features + 1))
    y = np.concatenate(labels).astype(np.uint8 if classes <= 256 else np.int64)
    return Table(x[np.concatenate(vectors)], y, names, tuple(map(str, range(classes))))
