"""Intervals against SciPy's own tests and values worked out by hand."""

import numpy as np
import pytest
from scipy import stats

from bnlab import statistics

VALUES = np.array([0.91, 0.94, 0.92, 0.97, 0.9])
REFERENCE = np.array([0.9, 0.91, 0.93, 0.92, 0.88])


def test_the_interval_of_a_mean_is_that_of_the_t_test():
    interval = statistics.mean_interval(VALUES)
    expected = stats.ttest_1samp(VALUES, 0).confidence_interval(0.95)
    assert interval.mean == pytest.approx(VALUES.mean())
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))
    assert interval.n == 5


def test_replicates_without_a_number_are_left_out_and_not_counted():
    with_gaps = [*VALUES, np.nan, np.inf]
    assert statistics.mean_interval(with_gaps) == statistics.mean_interval(VALUES)


def test_one_value_has_a_mean_but_no_interval():
    mean, low, high, n = statistics.mean_interval([3.0, np.nan])
    assert (mean, n) == (3.0, 1)
    assert np.isnan([low, high]).all()


def test_no_values_give_no_mean():
    assert np.isnan(statistics.mean_interval([np.nan]).mean)
    assert statistics.mean_interval([]).n == 0


def test_the_interval_covers_the_true_mean_as_often_as_it_says():
    rng = np.random.default_rng(5)
    inside = [
        low <= 2.0 <= high
        for _, low, high, _ in (statistics.mean_interval(rng.normal(2, 1, 10)) for _ in range(2000))
    ]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.015)


def test_a_paired_difference_is_that_of_the_paired_t_test():
    interval = statistics.paired_difference(VALUES, REFERENCE)
    expected = stats.ttest_rel(VALUES, REFERENCE).confidence_interval(0.95)
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))


def test_a_pair_counts_only_if_both_have_a_number():
    gap = np.where(np.arange(5) == 1, np.nan, VALUES)
    other = np.where(np.arange(5) == 3, np.nan, REFERENCE)
    kept = [0, 2, 4]
    assert statistics.paired_difference(gap, other) == statistics.paired_difference(
        VALUES[kept], REFERENCE[kept]
    )


def test_a_constant_ratio_has_that_mean_and_no_width():
    interval = statistics.paired_ratio(3 * REFERENCE, REFERENCE)
    assert interval[:3] == pytest.approx((3, 3, 3))


def test_swapping_the_two_sides_of_a_ratio_inverts_it():
    there = statistics.paired_ratio(VALUES, REFERENCE)
    back = statistics.paired_ratio(REFERENCE, VALUES)
    assert (1 / back.mean, 1 / back.high, 1 / back.low) == pytest.approx(there[:3])


def test_a_ratio_leaves_out_pairs_that_have_none():
    interval = statistics.paired_ratio([2.0, 0.0, np.nan, 4.0], [1.0, 1.0, 1.0, 2.0])
    assert interval.n == 2
    assert interval.mean == pytest.approx(2)


@pytest.mark.parametrize(
    ("values", "median"),
    [
        ([1, 2, 3], 2),
        ([1, 2, np.nan], 2),
        ([1, np.nan, np.nan], np.inf),
        ([1, 2, np.nan, np.nan], np.inf),
        ([1, 3, 5, np.nan], 4),
    ],
)
def test_a_censored_value_is_later_than_every_other(values, median):
    assert statistics.censored_median(values) == median


@pytest.mark.parametrize(
    ("mean", "half_width", "text"),
    [
        (97.7123, 0.1234, "97.71 ± 0.12"),
        (97.7123, 0.0999, "97.712 ± 0.100"),
        (12345.6, 234.5, "12,350 ± 230"),
        (0.5, np.nan, "0.5"),
        (np.nan, np.nan, "–"),
        (0.25, 0.0, "0.25 ± 0"),
    ],
)
def test_numbers_are_rounded_to_their_uncertainty(mean, half_width, text):
    assert statistics.rounded(mean, half_width) == text
