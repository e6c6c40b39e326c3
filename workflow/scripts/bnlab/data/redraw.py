"""Re-draw a small table to a large one, by the recipe behind OpenML's BNG data sets.

Every column is cut into five bins of equal frequency. A network over the class and the bins is
learned with K2 (Cooper & Herskovits 1992): the class first, then the columns in order, each with
the class and those of its predecessors as parents that raise the Bayesian score. A new row is drawn
node by node: a bin from its probability given the parents, then a value from the normal
distribution with that bin's mean and sample standard deviation; the children see the bin into which
the value falls.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from bnlab.data.datasets import DataError, Table, canonical

BINS = 5
MAX_PARENTS = 15
PRIOR = 0.5
"""Count added to every cell of a probability table."""


@dataclass(frozen=True)
class Column:
    """A numeric column in bins, with a mean and a deviation per bin.

    Bin k holds the values in (cuts[k-1], cuts[k]].
    """

    cuts: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray

    def bins(self, values: np.ndarray) -> np.ndarray:
        """The bin of each value."""
        return np.searchsorted(self.cuts, values, side="left")


@dataclass(frozen=True)
class Node:
    """The states of one variable, how many there are, and its parents among the nodes before it."""

    states: np.ndarray
    size: int
    parents: tuple[int, ...] = ()


def cut(values: np.ndarray, bins: int = BINS) -> Column:
    """Bins of equal frequency, cut at values that occur; none is empty, ties make fewer."""
    levels = np.arange(1, bins) / bins
    cuts = np.unique(np.quantile(values, levels, method="inverted_cdf"))
    cuts = cuts[cuts < values.max()]
    members = [values[np.searchsorted(cuts, values) == k] for k in range(len(cuts) + 1)]
    deviation = [member.std(ddof=1) if len(member) > 1 else 0.0 for member in members]
    return Column(cuts, np.array([member.mean() for member in members]), np.array(deviation))


def code(states: list[np.ndarray], sizes: list[int], rows: int) -> np.ndarray:
    """One number per row for the joint state of some variables, in mixed radix."""
    joint = np.zeros(rows, dtype=np.int64)
    for state, size in zip(states, sizes, strict=True):
        joint = joint * size + state
    return joint


def parent_codes(
    nodes: list[Node], parents: tuple[int, ...], states: list[np.ndarray]
) -> np.ndarray:
    """The joint state of `parents` in each row of `states` (one array per node)."""
    return code([states[p] for p in parents], [nodes[p].size for p in parents], len(states[0]))


def count(codes: np.ndarray, states: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The codes that occur, ascending, and each one's counts of states: (codes, size)."""
    seen, place = np.unique(codes, return_inverse=True)
    cells = np.bincount(place.ravel() * size + states, minlength=len(seen) * size)
    return seen, cells.reshape(len(seen), size)


def bayesian_score(counts: np.ndarray) -> float:
    """Ln of Cooper & Herskovits' g = Π_j (r-1)! / (N_j + r - 1)! · Π_k N_jk!

    counts: (parent states j, states k), N_jk; r is the number of states.
    """
    size = counts.shape[1]
    per_parent_state = gammaln(size) - gammaln(counts.sum(1) + size) + gammaln(counts + 1).sum(1)
    return float(per_parent_state.sum())


def choose_parents(nodes: list[Node], states: np.ndarray, size: int) -> tuple[int, ...]:
    """K2 for the variable after `nodes`: the class (node 0), then the best while it helps."""
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


def draw_states(
    node: Node, codes: np.ndarray, drawn_codes: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """A state of `node` per drawn row, from its parents' joint state there (drawn_codes).

    codes: the parents' joint state in the data. One that never occurs there leaves the prior alone:
    all states are equally likely.
    """
    seen, counts = count(codes, node.states, node.size)
    weights = np.vstack([counts + PRIOR, np.ones(node.size)])
    cumulative = np.cumsum(weights, axis=1)
    cumulative /= cumulative[:, -1:]
    place = np.searchsorted(seen, drawn_codes).clip(max=len(seen) - 1)
    place = np.where(seen[place] == drawn_codes, place, len(seen))
    return (rng.random(len(drawn_codes))[:, None] >= cumulative[place, :-1]).sum(1)


def redraw(table: Table, rows: int, seed: int) -> Table:
    """`rows` new rows with the marginals, class shares and dependences of `table`.

    The values are drawn from normal distributions, so a column of whole numbers becomes one of real
    numbers, and a value can lie beyond the extremes of the data. Raises DataError for missing or
    infinite values.
    """
    if not np.isfinite(table.x).all():
        raise DataError("only a table without missing and infinite values can be redrawn.")
    rng = np.random.default_rng(seed)
    nodes = [Node(table.y.astype(np.int64), len(table.class_names))]
    none = np.zeros(rows, dtype=np.int64)
    drawn = [draw_states(nodes[0], np.zeros(len(table.y), dtype=np.int64), none, rng)]
    values = np.empty((rows, table.x.shape[1]))
    for place, original in enumerate(table.x.T.astype(np.float64)):
        column = cut(original)
        states, size = column.bins(original), len(column.mean)
        node = Node(states, size, choose_parents(nodes, states, size))
        codes = parent_codes(nodes, node.parents, [n.states for n in nodes])
        state = draw_states(node, codes, parent_codes(nodes, node.parents, drawn), rng)
        values[:, place] = rng.normal(column.mean[state], column.deviation[state])
        nodes.append(node)
        drawn.append(column.bins(values[:, place]))
    return Table(
        canonical(values), drawn[0].astype(table.y.dtype), table.feature_names, table.class_names
    )
