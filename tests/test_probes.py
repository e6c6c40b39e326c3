"""Percentiles against NumPy's and by hand."""

import numpy as np
import pytest

from bnlab.probes.percentiles import percentiles


def test_each_unit_has_the_percentiles_that_numpy_finds():
    rng = np.random.default_rng(3)
    arrays = {"activation": rng.normal(size=(101, 4)), "weight": rng.normal(size=(7, 4))}
    table = percentiles(**arrays)
    assert len(table) == 2 * 4 * 3
    for row in table.itertuples():
        expected = np.percentile(arrays[row.quantity][:, row.unit], row.percentile)
        assert row.value == pytest.approx(expected, rel=1e-6)


def test_percentiles_are_taken_over_samples_and_not_over_units():
    samples = np.arange(101.0)[:, None] + [0, 1000]
    table = percentiles(activation=samples).set_index(["unit", "percentile"])["value"]
    assert table.loc[0].tolist() == [15, 50, 85]
    assert table.loc[1].tolist() == [1015, 1050, 1085]


def test_quantities_may_differ_in_samples_and_units():
    table = percentiles(activation=np.zeros((5, 2)), weight=np.ones((3, 6)))
    assert table.groupby("quantity").size().to_dict() == {"activation": 6, "weight": 18}


def test_a_diverged_activation_has_no_percentiles():
    table = percentiles(activation=np.full((5, 2), np.nan))
    assert len(table) == 6
    assert table["value"].isna().all()
