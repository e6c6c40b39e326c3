"""The simulation that decides which interval is used, and what it decides."""

import numpy as np
import pytest
from scipy import stats

from bnlab.analysis import coverage

FAMILIES = [name for name in coverage.DISTRIBUTIONS if name != coverage.LIMIT]
SAMPLE = np.exp(np.random.default_rng(7).normal(size=8))  # skewed, and resamples have no ties


def limits(name: str, draws: int = 60) -> np.ndarray:
    """Low and high of an interval of ``SAMPLE``, averaged over sets of resamples."""
    rng = np.random.default_rng(0)
    made = [coverage.INTERVALS[name](coverage.Samples(SAMPLE[None], rng)) for _ in range(draws)]
    return np.mean(made, axis=0)[:, 0]


@pytest.fixture(scope="module")
def of_the_default() -> dict[str, float]:
    return {name: coverage.coverage(name, 10, ["t"])["t"] for name in coverage.DISTRIBUTIONS}


def test_the_interval_in_use_covers_93_percent_if_normal_and_90_in_the_worst_family(of_the_default):
    def error(share: float) -> float:
        return 2 * np.sqrt(share * (1 - share) / coverage.SIMULATIONS)

    assert of_the_default["normal"] + error(0.93) >= 0.93
    assert min(of_the_default[name] for name in FAMILIES) + error(0.9) >= 0.9


def test_very_skewed_differences_are_its_limit(of_the_default):
    assert of_the_default[coverage.LIMIT] < 0.9


def test_the_t_interval_covers_what_it_says_where_it_is_exact():
    for n in coverage.SIZES:
        assert coverage.coverage("normal", n, ["t"])["t"] == pytest.approx(0.95, abs=0.012)


@pytest.mark.parametrize(("name", "method"), [("percentile", "percentile"), ("bca", "BCa")])
def test_bootstrap_intervals_are_those_of_scipy(name, method):
    expected = stats.bootstrap(
        (SAMPLE,), np.mean, n_resamples=50_000, method=method, rng=np.random.default_rng(1)
    ).confidence_interval
    assert limits(name) == pytest.approx((expected.low, expected.high), abs=0.05)


def test_the_studentized_interval_is_that_of_resamples_drawn_one_by_one():
    rng = np.random.default_rng(2)
    drawn = rng.choice(SAMPLE, (40_000, SAMPLE.size))
    spread = drawn.std(axis=1, ddof=1)
    t = (drawn.mean(axis=1) - SAMPLE.mean())[spread > 0] / spread[spread > 0]
    low, high = SAMPLE.mean() - np.quantile(t, [0.975, 0.025]) * SAMPLE.std(ddof=1)
    assert limits("studentized") == pytest.approx((low, high), abs=0.1)


@pytest.mark.parametrize("name", coverage.INTERVALS)
def test_a_sample_without_spread_has_an_interval_of_one_point(name):
    samples = coverage.Samples(np.full((1, 5), 0.3), np.random.default_rng(0))
    low, high = coverage.INTERVALS[name](samples)
    assert (low[0], high[0]) == pytest.approx((0.3, 0.3))


@pytest.mark.parametrize("name", coverage.DISTRIBUTIONS)
def test_the_mean_to_be_covered_is_that_of_the_distribution(name):
    _, draw, mean = coverage.DISTRIBUTIONS[name]
    values = draw(np.random.default_rng(3), (1000, 1000))
    assert values.mean() == pytest.approx(mean, abs=0.01)


def test_a_simulation_is_repeatable_and_every_cell_is_in_its_table():
    table = coverage.simulate(simulations=20)
    assert coverage.simulate(simulations=20).equals(table)
    titles, *rows = coverage.coverage_rows(table)
    assert len(rows) == len(coverage.DISTRIBUTIONS) * len(coverage.SIZES)
    assert all(len(row) == len(titles) for row in rows)
    first = table[(table["distribution"] == "normal") & (table["n"] == 5)]
    assert rows[0] == ["normal", "5", *(f"{share * 100:.1f} %" for share in first["coverage"])]
