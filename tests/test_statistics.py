"""Statistics against SciPy's own tests, published tables and values worked out by hand."""

import math
import warnings

import numpy as np
import pytest
import scipy
from scipy import stats

from bnlab.analysis import statistics

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


def test_the_effect_size_is_the_t_statistic_per_root_n():
    expected = stats.ttest_rel(VALUES, REFERENCE).statistic / np.sqrt(5)
    assert statistics.effect_size([*(VALUES - REFERENCE), np.nan]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("differences", "effect"),
    [([0, 0], 0), ([2, 2, 2], np.inf), ([-0.1, -0.1], -np.inf), ([1], np.nan), ([], np.nan)],
)
def test_the_effect_size_without_spread(differences, effect):
    assert statistics.effect_size(differences) == pytest.approx(effect, nan_ok=True)


@pytest.mark.parametrize(
    ("wins", "n", "low", "high"),
    [
        (5, 5, 0.025**0.2, 1),  # p⁵ = .025
        (10, 10, 0.025**0.1, 1),
        (0, 10, 0, 1 - 0.025**0.1),
        (8, 10, 0.4439, 0.9748),  # tables of Clopper & Pearson limits
        (5, 10, 0.1871, 0.8129),
    ],
)
def test_the_probability_of_improvement_has_the_exact_interval_of_a_share(wins, n, low, high):
    values = np.where(np.arange(n) < wins, 1.0, -1.0)
    improvement = statistics.probability_of_improvement(values, np.zeros(n))
    assert improvement == pytest.approx((wins / n, low, high, n), abs=5e-5)


def test_ties_count_half_and_widen_the_interval_to_either_side():
    improvement = statistics.probability_of_improvement([1, 1, 1, 0, 0, -1, np.nan], [0] * 7)
    wins_alone = statistics.probability_of_improvement([1, 1, 1, -1, -1, -1], [0] * 6)
    ties_won = statistics.probability_of_improvement([1, 1, 1, 1, 1, -1], [0] * 6)
    assert improvement == (4 / 6, wins_alone.low, ties_won.high, 6)


def test_swapping_the_two_methods_mirrors_the_probability_of_improvement():
    there = statistics.probability_of_improvement([3, 2, 2, 5, 0], [1, 2, 3, 4, -1])
    back = statistics.probability_of_improvement([1, 2, 3, 4, -1], [3, 2, 2, 5, 0])
    assert (1 - back.estimate, 1 - back.high, 1 - back.low) == pytest.approx(there[:3])


@pytest.mark.parametrize(
    ("wins", "n", "significant", "meaningful"),
    [(5, 5, False, False), (6, 6, True, True), (65, 100, True, False), (75, 100, True, True)],
)
def test_an_improvement_may_be_significant_and_too_rare_to_matter(wins, n, significant, meaningful):
    values = np.where(np.arange(n) < wins, 1.0, -1.0)
    improvement = statistics.probability_of_improvement(values, np.zeros(n))
    assert (improvement.significant, improvement.meaningful) == (significant, meaningful)
    assert improvement.significant == (stats.binomtest(wins, n).pvalue < 0.05)


def test_no_pairs_give_no_probability_of_improvement():
    improvement = statistics.probability_of_improvement([np.nan], [1.0])
    assert np.isnan(improvement[:3]).all()
    assert (improvement.n, improvement.significant, improvement.meaningful) == (0, False, False)


def test_p_is_that_of_the_t_test_and_agrees_with_the_interval():
    assert statistics.t_test_p([*VALUES, np.nan], 0.9) == pytest.approx(
        stats.ttest_1samp(VALUES, 0.9).pvalue
    )
    interval = statistics.mean_interval(VALUES)
    assert statistics.t_test_p(VALUES, interval.low) == pytest.approx(0.05)
    assert statistics.t_test_p(VALUES, interval.high) == pytest.approx(0.05)


def test_student_s_sleep_data_have_the_p_that_student_found():
    # Hours of sleep gained by one drug less those by another, ten patients (1908): t = 4.06.
    extra = [1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4]
    assert statistics.t_test_p(extra, 0) == pytest.approx(0.002833, abs=1e-6)


@pytest.mark.parametrize(
    ("values", "threshold", "p"),
    [
        ([0.3] * 3, 0.3, 1),
        ([0.3] * 2, 0, 1 / 2),
        ([0.3] * 3, 0, 1 / 4),
        ([-0.3] * 10, 0, 2 / 1024),
        ([0.1 + 0.2, 0.3, 0.3], 0.3, 1),  # rounding is no spread
        ([0.0] * 4, 0, 1),
        ([1.0], 0, np.nan),
        ([], 0, np.nan),
    ],
)
def test_values_without_spread_have_the_p_of_the_sign_test(values, threshold, p):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert statistics.t_test_p(values, threshold) == pytest.approx(p, nan_ok=True)
    beyond = sum(value > threshold + 1e-9 for value in values)
    if beyond > 1:
        assert p == stats.binomtest(beyond, len(values)).pvalue


@pytest.mark.parametrize(("n", "is_bounded"), [(2, False), (5, False), (6, True), (10, True)])
def test_values_without_spread_have_the_interval_of_the_sign_test(n, is_bounded):
    _, low, high, _ = statistics.OF_A_MEAN.interval([0.3] * n, 0.95)
    assert (low, high) == ((0.3, 0.3) if is_bounded else (-np.inf, np.inf))


@pytest.mark.parametrize("alternative", ["less", "greater"])
@pytest.mark.parametrize(("ones", "n"), [(0, 10), (3, 10), (10, 10), (7, 9)])
def test_the_test_of_a_share_sums_the_tail_of_the_binomial(ones, n, alternative):
    values = [*[1.0] * ones, *[0.0] * (n - ones), np.nan]
    tail = range(ones + 1) if alternative == "less" else range(ones, n + 1)
    expected = sum(math.comb(n, k) * 0.3**k * 0.7 ** (n - k) for k in tail)
    assert statistics.share_test_p(values, 0.3, alternative) == pytest.approx(expected)


@pytest.mark.parametrize(("ones", "n"), [(0, 10), (3, 10), (10, 10), (7, 9)])
def test_the_interval_of_a_share_is_that_of_clopper_and_pearson(ones, n):
    share, low, high, count = statistics.share_interval([*[1] * ones, *[0] * (n - ones), np.nan])
    assert (share, count) == (ones / n, n)
    assert low == pytest.approx(stats.beta.ppf(0.025, ones, n - ones + 1) if ones else 0)
    assert high == pytest.approx(stats.beta.ppf(0.975, ones + 1, n - ones) if ones < n else 1)


def test_no_replicates_have_no_share():
    assert np.isnan(statistics.share_interval([np.nan])[:3]).all()
    assert np.isnan(statistics.share_test_p([], 0.5, "less"))


def test_a_threshold_that_no_share_can_pass_is_never_passed():
    assert statistics.OF_A_SHARE.p(np.ones(10), 1.0, np.inf) == 1
    assert statistics.OF_A_SHARE.p(np.zeros(10), -np.inf, 0.0) == 1


def test_p_of_a_mean_outside_a_range_is_that_of_the_two_sided_t_test():
    for low, high in ((0.96, np.inf), (0.96, 2.0), (-np.inf, 0.9), (0.1, 0.9)):
        nearest = low if low > 0.9 else high
        p = stats.ttest_1samp(VALUES, nearest).pvalue
        assert statistics.OF_A_MEAN.p(VALUES, low, high) == pytest.approx(p)


def test_p_of_a_mean_inside_a_range_is_twice_the_worse_of_two_one_sided_tests():
    above = stats.ttest_1samp(VALUES, 0.9, alternative="greater").pvalue
    below = stats.ttest_1samp(VALUES, 1.0, alternative="less").pvalue
    assert statistics.OF_A_MEAN.p(VALUES, 0.9, 1.0) == pytest.approx(2 * max(above, below))
    ones = [*[1.0] * 12, *[0.0] * 8]
    above = stats.binomtest(12, 20, 0.25, "greater").pvalue
    below = stats.binomtest(12, 20, 0.9, "less").pvalue
    p = statistics.OF_A_SHARE.p(ones, 0.25, 0.9)
    assert p == pytest.approx(2 * max(above, below))


@pytest.mark.parametrize(
    ("values", "p"), [([0.1] * 3, 1 / 4), ([0.5] * 3, 1 / 4), ([0.2] * 3, 1), ([0.1], np.nan)]
)
def test_a_mean_without_spread_lies_inside_or_outside_as_surely_as_it_has_values(values, p):
    assert statistics.OF_A_MEAN.p(values, -0.2, 0.2) == pytest.approx(p, nan_ok=True)


def _normal(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(0.5, 0.3, rng.integers(2, 20))


def _alike(rng: np.random.Generator) -> np.ndarray:
    return np.full(rng.integers(2, 6), rng.random())


def _zeros_and_ones(rng: np.random.Generator) -> np.ndarray:
    return (rng.random(rng.integers(1, 20)) < rng.random()).astype(float)


@pytest.mark.parametrize(
    ("test", "draw"),
    [
        (statistics.OF_A_MEAN, _normal),
        (statistics.OF_A_MEAN, _alike),
        (statistics.OF_A_SHARE, _zeros_and_ones),
    ],
)
def test_p_is_at_most_alpha_exactly_if_the_interval_lies_on_one_side(test, draw):
    rng = np.random.default_rng(3)
    decided = []
    for _ in range(600):
        values, alpha = draw(rng), rng.uniform(0.001, 0.6)
        low, high = np.sort(rng.uniform(0, 1, 2))
        _, least, most, _ = test.interval(values, 1 - alpha)
        for a, b in ((low, high), (low, np.inf), (-np.inf, high)):
            one_side = (least > a and most < b) or most <= a or least >= b
            assert (test.p(values, a, b) <= alpha) == one_side, (values, alpha, a, b)
            decided.append(one_side)
    assert 0.2 < np.mean(decided) < 0.8


def test_fisher_s_tea_tasting_has_the_p_that_he_gave():
    # Three of four cups with milk first found, one of four without called so: 34/70.
    assert statistics.fisher_p(3, 4, 1, 4) == pytest.approx(34 / 70)
    assert statistics.fisher_p(0, 10, 10, 10) == pytest.approx(2 / 184_756)
    assert statistics.fisher_p(0, 10, 0, 10) == 1


def test_holm_s_adjusted_p_values_of_a_worked_example():
    # .005·4, .01·3, .03·2, and .04·1, which may not be smaller than the one before.
    adjusted = statistics.holm([0.01, 0.04, np.nan, 0.03, 0.005])
    np.testing.assert_allclose(adjusted, [0.03, 0.06, np.nan, 0.06, 0.02])


def test_holm_keeps_order_and_lies_between_p_and_bonferroni():
    p = np.random.default_rng(0).random(20) ** 2
    adjusted = statistics.holm(p)
    assert (np.diff(adjusted[np.argsort(p)]) >= 0).all()
    assert ((adjusted >= p) & (adjusted <= np.minimum(1, 20 * p))).all()
    assert statistics.holm([]).size == 0
    assert statistics.holm([0.04]) == [0.04]


# Literature, power of the paired t-test: the d_z found with 80 % at each n, to two decimals.
POWER_80 = [(3, 3.26), (5, 1.68), (8, 1.16), (10, 1.00), (20, 0.66)]


@pytest.mark.parametrize(("n", "effect"), POWER_80)
def test_as_many_replicates_are_needed_as_the_table_of_powers_says(n, effect):
    unit = np.array([-1.0, 0.0, 1.0])  # standard deviation 1
    assert statistics.replicates_needed(unit + effect + 0.01, 0) == n
    assert statistics.replicates_needed(unit - effect - 0.01, 0) == n
    assert statistics.replicates_needed(unit + effect + 5.01, 5) == n


def test_the_power_is_that_of_the_noncentral_t():
    for n, effect in POWER_80:
        tails = stats.t.ppf([0.025, 0.975], n - 1)
        low, high = stats.nct.cdf(tails, n - 1, effect * np.sqrt(n))
        assert statistics._power(effect, n, 0.05) == pytest.approx(1 - high + low)


@pytest.mark.parametrize(
    ("differences", "needed"),
    [
        ([-1.0, 1.0], np.inf),
        ([-1.0, 1.001], np.inf),
        ([0.0, 0.0], np.inf),
        ([2.0, 2.0], 2),
        ([1.0, np.nan], np.nan),
    ],
)
def test_no_number_of_replicates_finds_an_effect_of_nothing(differences, needed):
    assert statistics.replicates_needed(differences, 0) == pytest.approx(needed, nan_ok=True)


def test_slopes_are_those_of_a_straight_line_through_each_replicate():
    batches = [1, 2, 8, 256]
    values = np.array([[0.5, 0.6, 0.9, 0.8], [0.9, 0.9, 0.9, 0.9], [0.1, np.nan, 0.3, 0.4]])
    expected = stats.linregress(np.log2(batches), values[0]).slope
    np.testing.assert_allclose(
        statistics.slopes(values, batches), [expected, 0, np.nan], atol=1e-15
    )
    assert np.isnan(statistics.slopes([[0.5]], [60])).all()


def test_a_replicate_that_never_gets_there_takes_as_long_as_it_was_given():
    np.testing.assert_array_equal(statistics.restricted([100, np.nan, 300], 500), [100, 500, 300])


def test_the_limit_brings_a_ratio_nearer_to_one():
    full = statistics.paired_ratio([100, 200], [1000, 800]).mean
    cut = statistics.restricted([np.nan, np.nan], 500)
    assert full < statistics.paired_ratio([100, 200], cut).mean < 1


BOUNDS = {"log": (0, np.inf), "logit": (0, 1), "atanh": (-1, 1)}
SCALES = {"log": np.log, "logit": scipy.special.logit, "atanh": np.arctanh}


@pytest.mark.parametrize("scale", BOUNDS)
def test_an_interval_stays_inside_the_bounds_of_its_scale(scale):
    rng = np.random.default_rng(0)
    low, high = BOUNDS[scale]
    for n in (2, 3, 10):
        for _ in range(50):
            values = {
                "log": rng.lognormal(0, 3, n),
                "logit": rng.beta(0.1, 0.1, n),
                "atanh": 2 * rng.beta(0.1, 0.1, n) - 1,
            }[scale]
            interval = statistics.within(statistics.mean_interval(values), scale)
            assert low <= interval.low <= interval.mean <= interval.high <= high


@pytest.mark.parametrize("scale", BOUNDS)
def test_an_interval_on_a_scale_is_that_of_the_delta_method(scale):
    values = np.array([0.61, 0.7, 0.66, 0.84])
    g = SCALES[scale]
    mean, low, high, n = statistics.within(statistics.mean_interval(values), scale)
    assert (mean, n) == (pytest.approx(values.mean()), 4)
    slope = scipy.optimize.approx_fprime(np.array([mean]), lambda x: g(x[0]), 1e-7)[0]
    half = stats.t.ppf(0.975, 3) * stats.sem(values) * slope
    assert (g(low), g(high)) == pytest.approx((g(mean) - half, g(mean) + half), rel=1e-5)


def test_on_the_logit_scale_more_intervals_of_accuracies_near_1_contain_the_true_mean():
    """Ten replicates of a beta distribution of mean 0.97 and standard deviation 0.03."""
    samples = np.random.default_rng(0).beta(0.97 * 30, 0.03 * 30, (4000, 10))
    plain = [statistics.mean_interval(sample) for sample in samples]
    on_scale = [statistics.within(interval, "logit") for interval in plain]
    covered = [np.mean([i.low <= 0.97 <= i.high for i in each]) for each in (plain, on_scale)]
    assert covered == pytest.approx([0.898, 0.934], abs=0.005)
    assert any(i.high > 1 for i in plain) and all(i.high < 1 for i in on_scale)


@pytest.mark.parametrize("scale", [*BOUNDS, "linear"])
def test_equal_values_have_themselves_for_an_interval(scale):
    assert statistics.within(statistics.mean_interval([0.5] * 3), scale) == (0.5, 0.5, 0.5, 3)


def test_values_on_a_bound_have_the_bound_for_an_interval():
    assert statistics.within(statistics.mean_interval([1.0] * 3), "logit") == (1, 1, 1, 3)
    assert statistics.within(statistics.mean_interval([0.0] * 3), "log") == (0, 0, 0, 3)


def test_a_mean_without_an_interval_gets_none_on_a_scale():
    assert np.isnan(statistics.within(statistics.mean_interval([0.5]), "logit").low)
    assert statistics.within(statistics.mean_interval([]), "logit").n == 0


@pytest.mark.parametrize("rows_vary", [0.0, 1.0])
def test_an_interval_over_seeds_and_rows_is_that_of_drawing_both_again(rows_vary):
    rng = np.random.default_rng(1)
    seeds, rows = 400, 900
    differences = (
        0.2
        + rng.normal(0, 0.5, (seeds, 1))
        + rows_vary * rng.normal(0, 1, (1, rows))
        + rng.normal(0, 1, (seeds, rows))
    )
    drawn = [
        differences[np.ix_(rng.integers(seeds, size=seeds), rng.integers(rows, size=rows))].mean()
        for _ in range(400)
    ]
    actual = statistics.crossed_interval(differences.mean(axis=1), differences.mean(axis=0))
    half = stats.norm.ppf(0.975) * np.std(drawn)  # Owen's bootstrap of both
    assert actual.mean == pytest.approx(differences.mean())
    assert (actual.high - actual.low) / 2 == pytest.approx(half, rel=0.1)


def test_rows_that_are_all_alike_leave_the_interval_of_the_replicates():
    values = [0.1, 0.3, 0.2, 0.4, 0.25]
    assert statistics.crossed_interval(values, np.full(50, 0.25)) == pytest.approx(
        statistics.mean_interval(values)
    )
    assert np.isnan(statistics.crossed_interval(values[:1], [0.1, 0.2]).low)
