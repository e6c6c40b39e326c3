"""A redraw has the marginals, class shares and dependences of its source, fixed by a seed."""

import itertools
import math

import numpy as np
import pytest

from bnlab.data import redraw
from bnlab.data.datasets import DataError, Table, digest
from bnlab.data.redraw import Node
from bnlab.data.sources import read_bundled


@pytest.fixture(scope="module")
def wine() -> Table:
    return read_bundled("wine")


@pytest.fixture(scope="module")
def redrawn(wine: Table) -> Table:
    return redraw.redraw(wine, 20_000, seed=1)


def test_a_redraw_has_the_asked_rows_and_the_same_columns_and_classes(wine, redrawn):
    assert redrawn.x.shape == (20_000, 13) and redrawn.y.dtype == np.uint8
    assert redrawn.feature_names == wine.feature_names and redrawn.class_names == wine.class_names
    assert np.isfinite(redrawn.x).all()


def test_marginals_are_kept(wine, redrawn):
    deviation = wine.x.std(0)
    assert (np.abs(redrawn.x.mean(0) - wine.x.mean(0)) / deviation).max() < 0.05
    levels = np.linspace(0.1, 0.9, 9)
    quantiles = [np.quantile(t.x, levels, axis=0) for t in (wine, redrawn)]
    assert (np.abs(quantiles[0] - quantiles[1]) / deviation).max() < 0.3


def test_class_shares_are_kept(wine, redrawn):
    shares = [np.bincount(t.y, minlength=3) / len(t.y) for t in (wine, redrawn)]
    assert np.abs(shares[0] - shares[1]).max() < 0.015


def test_pairwise_dependence_is_kept(wine, redrawn):
    pairs = np.triu_indices(13, 1)
    original, new = (np.corrcoef(t.x.T)[pairs] for t in (wine, redrawn))
    assert np.corrcoef(original, new)[0, 1] > 0.95
    strong = np.abs(original) > 0.5
    assert strong.sum() >= 10
    assert (np.sign(new) == np.sign(original))[strong].all()
    assert (np.abs(new) > 0.5 * np.abs(original))[strong].all()


def test_dependence_of_columns_on_the_class_is_kept(wine, redrawn):
    original, new = (
        np.array([t.x[t.y == k].mean(0) - t.x.mean(0) for k in range(3)]) / wine.x.std(0)
        for t in (wine, redrawn)
    )
    strong = np.abs(original) > 0.5
    kept = new[strong] / original[strong]
    assert strong.sum() >= 20 and (kept > 0.65).all() and (kept < 1.1).all()


def test_the_seed_fixes_the_rows(wine, redrawn):
    assert digest(redraw.redraw(wine, 20_000, seed=1)) == digest(redrawn)
    assert digest(redraw.redraw(wine, 20_000, seed=2)) != digest(redrawn)


def test_a_column_that_repeats_another_follows_it():
    rng = np.random.default_rng(0)
    first = rng.normal(size=500)
    x = np.column_stack([first, rng.normal(size=500), first + 10])
    table = Table(x, rng.integers(0, 2, 500).astype(np.uint8), ("a", "b", "c"), ("0", "1"))
    new = redraw.redraw(table, 5_000, seed=3)
    assert np.corrcoef(new.x[:, 0], new.x[:, 2])[0, 1] > 0.85
    assert abs(np.corrcoef(new.x[:, 0], new.x[:, 1])[0, 1]) < 0.1


def test_a_constant_column_stays_constant_and_a_class_that_never_occurs_stays_rare():
    x = np.column_stack([np.full(50, 2.5), np.arange(50.0)])
    table = Table(x, np.array([0, 2] * 25, np.uint8), ("a", "b"), ("0", "1", "2"))
    new = redraw.redraw(table, 10_000, seed=1)
    assert (new.x[:, 0] == 2.5).all()
    assert np.bincount(new.y)[1] / 10_000 == pytest.approx(0.5 / 51.5, rel=0.3)


def test_missing_values_are_refused(wine):
    x = wine.x.copy()
    x[0, 0] = np.nan
    with pytest.raises(DataError, match="missing"):
        redraw.redraw(Table(x, wine.y, wine.feature_names, wine.class_names), 10, seed=1)


def test_bins_hold_equally_many_values_and_ties_make_fewer_but_never_empty_ones():
    column = redraw.cut(np.random.default_rng(0).permutation(100.0 * np.arange(50)))
    assert np.bincount(column.bins(100.0 * np.arange(50))).tolist() == [10] * 5
    for values, expected in (
        ([0.0] * 9 + [1.0], [9, 1]),
        ([1.0] * 9 + [0.0], [10]),
        ([3.0] * 4, [4]),
        ([1.0, 2.0], [1, 1]),
    ):
        tied = redraw.cut(np.array(values))
        counts = np.bincount(tied.bins(np.array(values)), minlength=len(tied.mean))
        assert counts.tolist() == expected


def test_bins_have_the_mean_and_the_sample_deviation_of_their_values():
    column = redraw.cut(np.array([1.0, 3.0, 10.0, 14.0]), bins=2)
    assert column.mean.tolist() == [2.0, 12.0]
    np.testing.assert_allclose(column.deviation, [math.sqrt(2), math.sqrt(8)])


def test_the_score_is_the_probability_of_the_data_under_a_uniform_dirichlet_prior():
    states = [0, 1, 1, 2, 1]
    probability, counts = 1.0, np.zeros(3)
    for state in states:
        probability *= (counts[state] + 1) / (counts.sum() + 3)
        counts[state] += 1
    assert redraw.bayesian_score(counts[None]) == pytest.approx(math.log(probability))
    assert redraw.bayesian_score(np.vstack([counts, counts])) == pytest.approx(
        2 * math.log(probability)
    )


def test_k2_takes_the_class_first_then_only_parents_that_help():
    rng = np.random.default_rng(1)
    kind, noise, cause = (rng.integers(0, size, 400) for size in (2, 3, 4))
    nodes = [Node(kind, 2), Node(noise, 3), Node(cause, 4)]
    assert redraw.choose_parents(nodes, cause // 2, 2) == (0, 2)
    assert redraw.choose_parents(nodes, rng.integers(0, 2, 400), 2) == (0,)


def test_states_are_drawn_by_their_counts_plus_one_half_and_evenly_for_unseen_parents():
    node = Node(np.array([0, 0, 0, 1, 2]), 3)
    codes = np.array([4, 4, 4, 4, 7])
    rng = np.random.default_rng(0)
    for code, expected in ((4, [3.5, 1.5, 0.5]), (7, [0.5, 0.5, 1.5]), (5, [1, 1, 1])):
        states = redraw.sample_states(node, codes, np.full(60_000, code), rng)
        shares = np.bincount(states, minlength=3) / 60_000
        np.testing.assert_allclose(shares, np.array(expected) / sum(expected), atol=0.01)


def test_joint_states_have_one_code_each():
    grid = np.array(list(itertools.product(range(2), range(3), range(4)))).T
    codes = redraw.code(list(grid), [2, 3, 4], grid.shape[1])
    assert codes.tolist() == list(range(24))
