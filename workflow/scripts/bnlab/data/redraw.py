"""Sampling of a large table from a small one, by the recipe of OpenML's BNG data sets.

Every column is cut into five bins of equal frequency. K2 learns a Bayesian network over the class and the bins. The
class comes first, then the columns in order. The parents of a column are the class and those earlier columns that raise
the Bayesian score. A new row is sampled node by node: a bin from its probability given the parents, then a value from
the normal distribution with that bin's mean and sample standard deviation. The children see the bin of that value.

Reference: Cooper & Herskovits 1992, Machine Learning 9.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from bnlab.data.datasets import DataError, Table
from bnlab.data.pieces import canonical

BINS = 5
MAX_PARENTS = 15
PRIOR = 0.5
"""Count that is added to every cell of a probability table."""


@dataclass(frozen=True)
class Column:
    """A numeric column in bins.

    Attributes:
        cuts: (bins - 1,); bin k holds the values in (cuts[k-1], cuts[k]].
        mean: (bins,) mean of each bin.
        deviation: (bins,) sample standard deviation of each bin.
    """

    cuts: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray

    def bins(self, values: np.ndarray) -> np.ndarray:
        """Return the bin of each value."""
        return np.searchsorted(self.cuts, values, side="left")


@dataclass(frozen=True)
class Node:
    """A variable of the network.

    Attributes:
        states: (rows,) state of the variable in each row of the data.
        size: number of states.
        parents: indices of its parents, all before it.
    """

    states: np.ndarray
    size: int
    parents: tuple[int, ...] = ()


def cut(values: np.ndarray, bins: int = BINS) -> Column:
    """Cut values into bins of equal frequency, at values that occur; ties leave fewer bins, and none is empty."""
    levels = np.arange(1, bins) / bins
    cuts = np.unique(np.quantile(values, levels, method="inverted_cdf"))
    cuts = cuts[cuts < values.max()]
    members = [values[np.searchsorted(cuts, values) == k] for k in range(len(cuts) + 1)]
    deviation = [member.std(ddof=1) if len(member) > 1 else 0.0 for member in members]
    return Column(cuts, np.array([member.mean() for member in members]), np.array(deviation))


def code(states: list[np.ndarray], sizes: list[int], rows: int) -> np.ndarray:
    """Return one number a row for the joint state of some variables, in mixed radix."""
    joint = np.zeros(rows, dtype=np.int64)
    for state, size in zip(states, sizes, strict=True):
        joint = joint * size + state
    return joint


def parent_codes(
    nodes: list[Node], parents: tuple[int, ...], states: list[np.ndarray]
) -> np.ndarray:
    """Return the joint state of the parents in each row of ``states``, which has an array for each node."""
    return code([states[p] for p in parents], [nodes[p].size for p in parents], len(states[0]))


def count(codes: np.ndarray, states: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the codes that occur, ascending, and the counts of states for each: (codes, size)."""
    known, index = np.unique(codes, return_inverse=True)
    cells = np.bincount(index.ravel() * size + states, minlength=len(known) * size)
    return known, cells.reshape(len(known), size)


def bayesian_score(counts: np.ndarray) -> float:
    """Compute ln g for g = Π_j (r - 1)! / (N_j + r - 1)! · Π_k N_jk! (Cooper & Herskovits 1992).

    Args:
        counts: N_jk, (parent states j, states k); r is the number of states.
    """
    size = counts.shape[1]
    per_parent_state = gammaln(size) - gammaln(counts.sum(1) + size) + gammaln(counts + 1).sum(1)
    return float(per_parent_state.sum())


def choose_parents(nodes: list[Node], states: np.ndarray, size: int) -> tuple[int, ...]:
    """Choose parents by K2: the class (node 0), then the best other node as long as the score rises."""
    before = [node.states for node in nodes]

    def score(parents: tuple[int, ...]) -> float:
        return bayesian_score(count(parent_codes(nodes, parents, before), states, size)[1])

    chosen: tuple[int, ...] = (0,)
    best = score(chosen)
    while len(chosen) < MAX_PARENTS:
        scores = {p: score((*chosen, p)) for p in range(1, len(nodes)) if p not in chosen}
        if not scores or max(scores.values()) <= best:
            break
        extra = max(scores, key=lambda p: scores[p])
        chosen, best = (*chosen, extra), scores[extra]
    return chosen


def sample_states(
    node: Node, codes: np.ndarray, new_codes: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Sample the state of a node in each new row.

    Args:
        node: the node.
        codes: (rows,) joint state of its parents in the data.
        new_codes: (new rows,) joint state of its parents in the new rows. All states are equally likely for one that
            never occurs in the data.
        rng: random numbers.
    """
    known, counts = count(codes, node.states, node.size)
    weights = np.vstack([counts + PRIOR, np.ones(node.size)])
    cumulative = np.cumsum(weights, axis=1)
    cumulative /= cumulative[:, -1:]
    index = np.searchsorted(known, new_codes).clip(max=len(known) - 1)
    index = np.where(known[index] == new_codes, index, len(known))
    return (rng.random(len(new_codes))[:, None] >= cumulative[index, :-1]).sum(1)


def redraw(table: Table, rows: int, seed: int) -> Table:
    """Sample new rows with the marginals, class shares and dependences of a table.

    Values come from normal distributions. So a column of whole numbers becomes one of real numbers, and a value can lie
    beyond the extremes of the data.

    Raises:
        DataError: the table has categories, or missing or infinite values.
    """
    if table.categories or not np.isfinite(table.x).all():
        raise DataError("only numbers without missing and infinite values can be redrawn.")
    rng = np.random.default_rng(seed)
    nodes = [Node(table.y.astype(np.int64), len(table.class_names))]
    none = np.zeros(rows, dtype=np.int64)
    samples = [sample_states(nodes[0], np.zeros(len(table.y), dtype=np.int64), none, rng)]
    values = np.empty((rows, table.x.shape[1]))
    for j, original in enumerate(table.x.T.astype(np.float64)):
        column = cut(original)
        states, size = column.bins(original), len(column.mean)
        node = Node(states, size, choose_parents(nodes, states, size))
        codes = parent_codes(nodes, node.parents, [n.states for n in nodes])
        state = sample_states(node, codes, parent_codes(nodes, node.parents, samples), rng)
        values[:, j] = rng.normal(column.mean[state], column.deviation[state])
        nodes.append(node)
        samples.append(column.bins(values[:, j]))
    return Table(
        canonical(values), samples[0].astype(table.y.dtype), table.feature_names, table.class_names
    )
