"""Rank correlations of the size of normalized groups."""

import numpy as np
import pandas as pd
import pytest
import synthetic
from scipy.stats import spearmanr

from bnlab.experiments import quantity
from bnlab.experiments.group_size import analysis
from bnlab.study.ledger import Measure


def test_correlations_are_those_of_scipy_with_the_channels_of_a_group():
    values = np.random.default_rng(0).integers(0, 4, (6, 4)).astype(float)
    methods = ["groups_8", "groups_1", "groups_4", "groups_2"]
    expected = [spearmanr([1, 8, 2, 4], row).statistic for row in values]
    actual = analysis.correlations(pd.DataFrame(values, columns=methods))
    assert actual.tolist() == pytest.approx(expected)


def test_a_missing_value_and_equal_values_have_no_correlation():
    values = pd.DataFrame(
        [[1, np.nan, 2], [1, 1, 1], [1, 2, 3]], columns=["groups_1", "groups_2", "groups_4"]
    )
    assert analysis.correlations(values).round(12).tolist()[2] == -1
    assert analysis.correlations(values).isna().tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("name", "value", "settings"),
    [
        ("size_and_likeness", 1, {"rate": None}),
        ("size_and_gradient", -1, {"rate": None}),
        ("size_and_steps", 1, {"rate": "fastest", "level": 0.8}),
    ],
)
def test_quantities_find_the_order_of_made_up_groups(name, value, settings):
    effect = Measure.model_construct(batch=60, epoch=None, statistics="moving", **settings)
    actual = quantity("group_size", name)(synthetic.group_size(), effect, "groups_1")
    assert actual.tolist() == pytest.approx([value] * 4)
