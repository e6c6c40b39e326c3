"""Ranges of good rates of the kernels, on rows of a known law."""

import numpy as np
import pytest
import synthetic

from bnlab.analysis.samples import as_bounded
from bnlab.experiments import quantity
from bnlab.study.ledger import Measure

SOURCES = synthetic.kernel_rates()


def measured(name, method):
    """Return a quantity of a method in layers of 400, as the judge measures it."""
    metrics = SOURCES["metrics"]
    effect = Measure.model_construct(rate=None, batch=60, epoch=None, statistics="moving")
    rows = {"metrics": metrics[metrics["units"] == 400]}
    return as_bounded(quantity("kernel_rates", name)(rows, effect, method))


def test_the_range_is_counted_in_decades_of_the_rate_of_kernels_and_open_at_the_last_rate():
    base, bn = (measured("kernel_rate_range", method) for method in ("base", "bn"))
    assert base.values.tolist() == pytest.approx([0, 0, 0, 0]) == base.highest.tolist()
    assert bn.values.tolist() == pytest.approx([2, 2, 2, 2]) == bn.lowest.tolist()
    assert np.isinf(bn.highest).all()


def test_a_replicate_that_diverges_at_one_rate_counts_as_diverging():
    assert measured("diverging_share", "base").values.tolist() == [1, 0, 0, 0]
    assert measured("diverging_share", "bn").values.tolist() == [0, 0, 0, 0]


def test_the_table_of_ranges_has_their_difference_and_their_open_ends_in_each_width():
    where = ("digits", synthetic.ALL_RECIPES, "Digits", synthetic.LABELS)
    table = synthetic.tabulated("kernel_rates", "kernel_rate_range", SOURCES, *where)
    rows = table.set_index(["units", "method"])
    for units in (100, 400):
        base, bn = rows.loc[(units, "base")], rows.loc[(units, "bn")]
        assert (base["mean"], bn["mean"], bn["difference"]) == pytest.approx((0, 2, 2))
        assert (base["diverging"], bn["diverging"]) == (1, 0)
        assert (base["reaches_highest"], bn["reaches_highest"], bn["reaches_lowest"]) == (0, 4, 0)


def test_the_figure_has_the_rates_of_the_kernels():
    where = ("digits", synthetic.ALL_RECIPES, "Digits", synthetic.LABELS)
    table = synthetic.tabulated("kernel_rates", "by_kernel_rate", SOURCES, *where)
    assert sorted(table["learning_rate"].unique()) == pytest.approx([0.01, 0.1, 1, 10])
