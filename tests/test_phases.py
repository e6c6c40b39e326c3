"""Measures in phases of training, and their ratios over steps and losses, against computations by hand."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from bnlab.analysis import phases, statistics
from bnlab.analysis.phases import Course

STEPS = np.array([1.0, 10, 100, 200, 300, 400, 800])
LOSSES = np.array([2.5, 2.3, 2.1, 2.0, 1.0, 0.5, 0.4])
BASE = Course(STEPS, LOSSES, np.array([1.0, 1, 1, 2, 2, 2, 4]), guess=2.3)
FAST = Course(STEPS, np.array([2.4, 1.0, 0.5, 0.25, 0.2, 0.1, 0.05]), 3 * np.ones(7), guess=2.3)


def test_phases_are_those_of_base_s_loss_and_the_end_the_last_quarter():
    expected = ["plateau"] * 3 + ["learning"] * 3 + ["end"]
    assert phases.phases(BASE).tolist() == expected
    never = BASE._replace(losses=np.full(7, 2.3))
    assert phases.phases(never).tolist() == ["plateau"] * 6 + ["end"]


def test_a_network_that_knows_no_more_than_how_frequent_classes_are_is_on_its_plateau():
    shares = np.array([0.324, 0.352, 0.080, 0.002, 0.063, 0.044, 0.135])
    guess = stats.entropy(shares)  # 0.79 of the loss ln 7 with which a network starts
    losses = np.array([np.log(7), 1.7, guess, 1.4, 1.3, 1.0, 0.9])
    of_glass = BASE._replace(losses=losses, guess=guess)
    assert phases.phases(of_glass).tolist() == ["plateau"] * 4 + ["learning"] * 2 + ["end"]


def test_steps_of_a_phase_weigh_as_many_as_lie_before_them():
    slow = BASE._replace(values=np.array([5.0, 7, 11, 2, 4, 8, 3]))
    by_hand = (5 * 1 + 7 * 9 + 11 * 90) / 100
    assert phases.value_in("plateau", slow, FAST, BASE) == pytest.approx(by_hand)
    assert phases.value_in("learning", slow, FAST, BASE) == pytest.approx((2 + 4 + 8) / 3)
    assert phases.value_in("end", slow, FAST, BASE) == 3


def test_a_phase_without_steps_has_no_value():
    never = BASE._replace(losses=np.full(7, 2.3))
    assert np.isnan(phases.value_in("learning", FAST, never, never))


def test_at_equal_loss_both_are_read_off_where_they_first_had_it():
    # A measure that depends on the loss alone is the same for both, however fast they get there.
    def by_loss(losses: np.ndarray) -> np.ndarray:
        return 1 + np.log(losses)

    slow = BASE._replace(values=by_loss(BASE.losses))
    fast = FAST._replace(values=by_loss(FAST.losses))
    losses = phases.common_losses(fast, slow, BASE)
    assert (losses[0], losses[-1]) == pytest.approx((0.9 * 2.3, 0.4))
    assert phases.at_losses(slow, losses) == pytest.approx(by_loss(losses))
    assert phases.at_losses(fast, losses) == pytest.approx(by_loss(losses))
    values = [phases.value_in("equal_loss", a, b, BASE) for a, b in ((slow, fast), (fast, slow))]
    assert values == pytest.approx([by_loss(losses).mean()] * 2)


def test_a_loss_that_rises_again_counts_where_it_was_first_reached():
    losses, values = np.array([2.0, 1.0, 1.5, 0.5]), np.array([1.0, 2, 9, 4])
    course = Course(np.arange(1.0, 5), losses, values, guess=2.3)
    assert phases.at_losses(course, np.array([1.0, 0.5])) == pytest.approx([2, 4])
    middle = np.sqrt(0.5)  # half way between 1 and 0.5 in logarithms
    assert phases.at_losses(course, np.array([middle])) == pytest.approx([3])


def test_the_loss_itself_is_the_same_at_equal_loss_however_coarse_the_probes():
    slow, fast = BASE._replace(values=BASE.losses), FAST._replace(values=FAST.losses)
    ratio = phases.value_in("equal_loss", fast, slow, BASE) / phases.value_in(
        "equal_loss", slow, fast, BASE
    )
    assert ratio == pytest.approx(1, abs=0.05)


def test_courses_that_share_no_loss_and_diverged_ones_have_no_value_there():
    above = BASE._replace(losses=np.linspace(2.3, 2.2, 7))
    assert np.isnan(phases.value_in("equal_loss", FAST, above, above))
    lost = FAST._replace(values=np.where(STEPS > 100, np.nan, FAST.values))
    assert np.isnan(phases.value_in("equal_loss", lost, BASE, BASE))


def rows_of(course: Course, method: str, replicate: int) -> tuple[pd.DataFrame, ...]:
    """Return the tidy rows of a probe, in three layers, of the losses of a course on two batches, and of a guess."""
    lead = {"method": method, "batch": 60, "learning_rate": 0.1, "replicate": replicate}
    layers = [
        pd.DataFrame({"step": course.steps, "layer": layer, "value": course.values * factor})
        for layer, factor in ((1, 100.0), (2, 0.5), (3, 1.5))
    ]
    losses = [
        pd.DataFrame({"step": course.steps, "size": size, "loss": course.losses + off})
        for size, off in ((0.0, 0.25), (0.0, -0.25), (1.0, 9.0))
    ]
    guess = pd.DataFrame({"step": course.steps, "guess_loss": course.guess})
    return tuple(pd.concat(parts).assign(**lead) for parts in (layers, losses, [guess]))


def results(number: int = 6) -> tuple[list[pd.DataFrame], np.ndarray]:
    """Return the tables of base and bn in so many replicates, and bn's factors (replicates, steps)."""
    rng = np.random.default_rng(3)
    factors = np.exp(rng.normal(0.5, 0.3, (number, 1)) + rng.normal(0, 0.1, (number, len(STEPS))))
    parts = []
    for replicate, factor in enumerate(factors):
        parts.append(rows_of(BASE, "base", replicate))
        parts.append(rows_of(BASE._replace(values=BASE.values * factor), "bn", replicate))
    tables = [pd.concat(each, ignore_index=True) for each in zip(*parts, strict=True)]
    return tables, factors


def test_a_table_has_each_phase_with_its_ratio_to_base():
    (probe, *others), factors = results()
    table = phases.by_phase(probe, ["value"], *others, first=2).set_index(["method", "phase"])
    row = table.loc[("bn", "learning")]
    ratios = np.log((factors[:, 3:6] * 2).mean(axis=1) / 2)
    interval = stats.t.interval(0.95, len(ratios) - 1, ratios.mean(), stats.sem(ratios))
    assert row["ratio"] == pytest.approx(np.exp(ratios.mean()))
    assert (row["ratio_low"], row["ratio_high"]) == pytest.approx(tuple(np.exp(interval)))
    assert row["mean"] == pytest.approx(
        (factors[:, 3:6] * 2).mean()
    )  # over layers 2 and 3 the median is 1
    assert set(table.loc["base"].index) == set(phases.PHASES)
    assert table.loc["base"]["ratio"].isna().all()


def test_curves_are_geometric_means_over_steps_and_over_losses():
    (probe, *others), factors = results()
    table = phases.ratio_curves(probe, ["value"], *others, first=2)
    by_step = table[table["over"] == "step"]
    assert by_step["at"].tolist() == STEPS.tolist()
    assert by_step["mean"].to_numpy() == pytest.approx(np.exp(np.log(factors).mean(axis=0)))
    by_loss = table[table["over"] == "loss"].sort_values("at")
    assert by_loss["at"].iloc[[0, -1]].tolist() == pytest.approx([0.4, 0.9 * 2.3])
    # The lowest loss is that of the last step.
    assert by_loss["mean"].iloc[0] == pytest.approx(np.exp(np.log(factors[:, -1]).mean()))


def test_a_band_of_one_point_is_that_of_its_sign_flips():
    values = np.random.default_rng(0).normal(1, 1, (8, 1))
    deviations = values[:, 0] - values.mean()
    largest = []
    for signs in product([-1, 1], repeat=8):
        flipped = np.array(signs) * deviations
        spread = flipped.std(ddof=1)
        largest.append(abs(flipped.mean()) / (spread / np.sqrt(8)))
    half = np.quantile(largest, 0.95) * stats.sem(values[:, 0])
    expected = [values.mean(), values.mean() - half, values.mean() + half]
    assert phases.simultaneous(values)[0] == pytest.approx(expected)


def test_a_band_covers_a_whole_curve_as_often_as_it_says_and_points_alone_would_not():
    rng = np.random.default_rng(1)
    number, points, covered, alone = 10, 12, 0, 0
    for _ in range(300):
        walks = rng.normal(0, 1, (number, points)).cumsum(axis=1) * rng.gamma(2, 1, points)
        _, low, high = phases.simultaneous(walks).T
        covered += bool(((low <= 0) & (high >= 0)).all())
        p = stats.ttest_1samp(walks, 0).pvalue
        alone += bool((p > 0.05).all())
    assert covered >= 0.9 * 300
    assert alone < covered


def test_a_replicate_with_a_missing_point_is_in_no_band():
    values = np.random.default_rng(2).normal(0, 1, (6, 3))
    holes = np.vstack([values, [np.nan, 1.0, 1.0]])
    assert phases.simultaneous(holes) == pytest.approx(phases.simultaneous(values))
    assert np.isnan(phases.simultaneous(values[:1])[:, 1:]).all()


def test_signs_of_many_replicates_are_drawn_and_the_same_every_time():
    assert statistics.sign_flips(3).shape == (8, 3)
    assert statistics.sign_flips(20).shape == (statistics.MOST_SIGNS, 20)
    assert (statistics.sign_flips(20) == statistics.sign_flips(20)).all()
