"""The simulation behind docs/coverage.md, its table, and the numbers that the report takes from it."""

import re

import numpy as np
import pytest
from scipy import stats

import interval_coverage as simulation
from bnlab.page.layout import TEMPLATES

SAMPLE = np.exp(np.random.default_rng(7).normal(size=8))  # skewed, and resamples have no ties
PAGE = simulation.PAGE.read_text("utf8")


def limits(title: str, draws: int = 60) -> np.ndarray:
    """Return low and high of an interval of `SAMPLE`, averaged over sets of resamples."""
    rng = np.random.default_rng(0)
    interval = simulation.INTERVALS[title]
    pairs = [interval(simulation.Samples(SAMPLE[None], rng)) for _ in range(draws)]
    return np.mean(pairs, axis=0)[:, 0]


def documented(distribution: str, n: int) -> float:
    """Return the coverage of the t-interval in the page's table, in percent."""
    label = simulation.DISTRIBUTIONS[distribution].label
    match = re.search(rf"^\| {re.escape(label)} \| {n} \| ([\d.]+) % \|", PAGE, re.MULTILINE)
    assert match, (distribution, n)
    return float(match[1])


def test_the_table_of_the_page_is_that_of_the_simulation():
    table = PAGE.partition(simulation.BEGIN)[2].partition(simulation.END)[0].strip()
    titles, _, *rows = table.splitlines()
    assert titles == simulation.table(simulations=4).splitlines()[0]
    cells = [(name, n) for name in simulation.DISTRIBUTIONS for n in simulation.SIZES]
    assert len(rows) == len(cells)
    assert rows[cells.index(("skewed", 10))] == simulation.row("skewed", 10)
    for name in simulation.DISTRIBUTIONS:
        share = simulation.coverage(name, 10, [simulation.USED])[simulation.USED]
        assert documented(name, 10) == pytest.approx(100 * share, abs=0.051)


def test_the_t_interval_covers_95_percent_if_normal_90_if_skewed_and_less_beyond_its_limit():
    assert all(abs(documented("normal", n) - 95) < 1.2 for n in simulation.SIZES)
    assert min(documented(name, 10) for name in ("heavy_tailed", "tied")) > 93
    assert documented("skewed", 10) >= 90
    assert documented("very_skewed", 10) < 90


def test_the_report_says_what_the_table_says():
    page = " ".join((TEMPLATES / "about.html.j2").read_text("utf8").split())
    matches = re.search(
        r"of ten replicates, .* in (\d+)&nbsp;% .* normal .* (\d+)&nbsp;% .* skewed", page
    )
    assert matches
    for number, name in zip(matches.groups(), ("normal", "skewed"), strict=True):
        assert int(number) == pytest.approx(documented(name, 10), abs=0.51)


@pytest.mark.parametrize(
    ("title", "method"), [("percentile bootstrap", "percentile"), ("BCa bootstrap", "BCa")]
)
def test_bootstrap_intervals_are_those_of_scipy(title, method):
    expected = stats.bootstrap(
        (SAMPLE,), np.mean, n_resamples=50_000, method=method, rng=np.random.default_rng(1)
    ).confidence_interval
    assert limits(title) == pytest.approx((expected.low, expected.high), abs=0.05)


def test_the_studentized_interval_is_that_of_resamples_drawn_one_by_one():
    rng = np.random.default_rng(2)
    resamples = rng.choice(SAMPLE, (40_000, SAMPLE.size))
    spread = resamples.std(axis=1, ddof=1)
    t = (resamples.mean(axis=1) - SAMPLE.mean())[spread > 0] / spread[spread > 0]
    low, high = SAMPLE.mean() - np.quantile(t, [0.975, 0.025]) * SAMPLE.std(ddof=1)
    assert limits("studentized bootstrap") == pytest.approx((low, high), abs=0.1)


@pytest.mark.parametrize("title", simulation.INTERVALS)
def test_a_sample_without_spread_has_an_interval_of_one_point(title):
    samples = simulation.Samples(np.full((1, 5), 0.3), np.random.default_rng(0))
    low, high = simulation.INTERVALS[title](samples)
    assert (low[0], high[0]) == pytest.approx((0.3, 0.3))


@pytest.mark.parametrize("name", simulation.DISTRIBUTIONS)
def test_the_mean_to_be_covered_is_that_of_the_distribution(name):
    _, draw, mean = simulation.DISTRIBUTIONS[name]
    values = draw(np.random.default_rng(3), (1000, 1000))
    assert values.mean() == pytest.approx(mean, abs=0.01)


def test_a_simulation_is_repeatable():
    assert simulation.table(simulations=20) == simulation.table(simulations=20)
