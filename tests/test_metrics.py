"""Metrics against values worked out by hand and by brute force."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.isotonic import IsotonicRegression

from bnlab.analysis import metrics
from bnlab.analysis.thresholds import crossings
from bnlab.experiments.learning_curves import analysis as drifts


def curve(*accuracies: float, replicate: int = 0) -> pd.DataFrame:
    """Accuracies of one replicate, evaluated every ten steps."""
    steps = [10 * (i + 1) for i in range(len(accuracies))]
    return pd.DataFrame({"replicate": replicate, "step": steps, "accuracy": accuracies})


def test_the_first_step_counts_even_if_the_accuracy_falls_for_good():
    actual = crossings(curve(0.5, 0.85, 0.7, 0.7), 0.8)
    assert actual.loc[0].tolist() == [20, 10]


def test_a_lucky_evaluation_among_others_below_the_level_is_no_crossing():
    actual = crossings(curve(0.5, 0.8, 0.7, 0.9), 0.8)  # 0.75 is the non-decreasing fit of both
    assert actual.loc[0].tolist() == [40, 30]


def test_a_replicate_that_never_reaches_the_level_is_kept_as_nan_and_lies_after_the_last_step():
    actual = crossings(pd.concat([curve(0.5, 0.9), curve(0.5, np.nan, replicate=1)]), 0.8)
    assert actual["first"][0] == 20
    assert np.isnan(actual["first"][1])
    assert actual["after"][1] == 20


def test_a_mean_since_the_evaluation_before_may_have_been_there_one_interval_earlier():
    # 0.75 is the mean of an interval that ends at 0.8 or above: the crossing may lie in it.
    actual = crossings(curve(0.5, 0.75, 0.85, 0.9), 0.8, averaged=True)
    assert actual.loc[0].tolist() == [30, 10]
    assert crossings(curve(0.9, 0.95), 0.8, averaged=True).loc[0].tolist() == [10, 0]
    never = crossings(curve(0.5, 0.6, 0.7), 0.8, averaged=True).loc[0]
    assert np.isnan(never["first"])
    assert never["after"] == 20


def test_noisy_means_cross_where_their_isotonic_regression_does():
    rng = np.random.default_rng(5)
    rising = np.linspace(0.6, 0.9, 60) + rng.normal(0, 0.03, 60)
    rows = curve(*rising)
    end = rising.argmax() + 1
    fitted = IsotonicRegression().fit_transform(np.arange(end), rising[:end])
    (expected, *_) = rows["step"][np.flatnonzero(fitted >= 0.8)]
    assert crossings(rows, 0.8, averaged=True)["first"][0] == expected
    assert crossings(rows, 0.8)["first"][0] <= expected


def test_noise_does_not_make_the_crossing_of_averages_early():
    truth = 0.6 + 0.3 * np.arange(100) / 99  # passes 0.8 at place 66
    rng = np.random.default_rng(6)
    actual = [
        crossings(curve(*(truth + rng.normal(0, 0.03, 100))), 0.8, averaged=True)["first"][0]
        for _ in range(200)
    ]
    assert np.mean(actual) == pytest.approx(670, abs=15)


def test_a_curve_that_collapses_keeps_the_crossing_before_it():
    actual = crossings(curve(0.5, 0.85, 0.9, 0.1, 0.1), 0.8, averaged=True)
    assert actual["first"][0] == 20


def test_the_area_under_the_curve_is_the_share_of_pairs_in_the_right_order():
    rng = np.random.default_rng(3)
    labels = np.repeat([0, 1], [30, 50])
    probabilities = np.round(rng.random((80, 2)), 1)
    scores = metrics.class_scores(labels, probabilities).set_index("class")
    ours, others = probabilities[labels == 1, 1], probabilities[labels == 0, 1]
    u = stats.mannwhitneyu(ours, others).statistic
    assert scores.loc[1, "auc"] == pytest.approx(u / (30 * 50))
    assert scores["count"].tolist() == [30, 50]


def test_average_precision_is_the_mean_precision_at_each_hit():
    positive = np.array([1, 0, 1, 1, 0])
    belief = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    scores = metrics.class_scores(positive, np.column_stack([1 - belief, belief]))
    assert scores["average_precision"][1] == pytest.approx((1 / 1 + 2 / 3 + 3 / 4) / 3)


def test_a_class_without_rows_has_a_count_of_zero_and_no_score():
    scores = metrics.class_scores([0, 0, 1], np.full((3, 3), 1 / 3))
    assert scores["count"].tolist() == [2, 1, 0]
    assert np.isnan(scores["auc"][2])
    assert np.isnan(scores["average_precision"][2])


def test_a_roc_curve_is_read_off_at_the_upper_end_of_its_jumps():
    positive = [1, 1, 0, 1, 0]
    scores = [0.9, 0.8, 0.7, 0.6, 0.5]
    grid = np.array([0.0, 0.25, 0.5, 1.0])
    assert metrics.roc_on_grid(positive, scores, grid) == pytest.approx([2 / 3, 2 / 3, 1, 1])


def test_a_diverged_network_has_no_scores_no_curve_and_no_confusion():
    probabilities = np.full((4, 2), np.nan)
    labels = np.array([0, 1, 0, 1])
    assert metrics.class_scores(labels, probabilities)["auc"].isna().all()
    assert np.isnan(metrics.roc_on_grid(labels == 1, probabilities[:, 1])).all()
    assert np.isnan(metrics.confusion(labels, probabilities)).all()


def test_confusion_counts_true_by_row_and_predicted_by_column():
    probabilities = np.eye(3)[[0, 1, 1, 2, 0]]
    counts = metrics.confusion([0, 0, 1, 2, 2], probabilities)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 1]]


def moving_unit(
    shift: float, scale: float = 1.0, steps: tuple[int, ...] = (0, 50, 100)
) -> pd.DataFrame:
    """A unit with percentiles −1, 0, 3, times ``scale``, that slides linearly by ``shift`` until the last step."""
    return pd.DataFrame(
        [
            (0, step, "activation", 0, q, scale * (offset + shift * step / steps[-1]))
            for step in steps
            for q, offset in ((15, -1.0), (50, 0.0), (85, 3.0))
        ],
        columns=["replicate", "step", "quantity", "unit", "percentile", "value"],
    )


def test_drift_is_the_distance_to_the_last_percentiles_in_final_spreads():
    drift = drifts.unit_drift(moving_unit(2.0)).set_index("step")["drift"]
    assert drift.to_dict() == pytest.approx({0: 0.5, 50: 0.25, 100: 0.0})


def test_drift_does_not_depend_on_the_scale_of_the_unit():
    one, other = (drifts.unit_drift(moving_unit(2.0, scale)) for scale in (1.0, 7.0))
    assert one["drift"].to_numpy() == pytest.approx(other["drift"].to_numpy())


def test_the_mean_drift_does_not_depend_on_where_the_probes_lie():
    sparse = drifts.percentile_drift(drifts.unit_drift(moving_unit(2.0)))
    dense = moving_unit(2.0, steps=(0, 1, 2, 5, 10, 50, 100))
    dense = drifts.percentile_drift(drifts.unit_drift(dense))
    assert sparse["drift"].item() == pytest.approx(0.25)
    assert dense["drift"].item() == pytest.approx(0.25)


def test_a_unit_without_final_spread_and_a_diverged_replicate_have_no_drift():
    still = moving_unit(0.0).assign(value=1.0)
    diverged = moving_unit(1.0)
    diverged.loc[diverged["step"] >= 50, "value"] = np.nan
    for unit in (still, diverged):
        drift = drifts.unit_drift(unit)
        assert drift["step"].tolist() == [0, 50, 100]
        assert drift["drift"].isna().all()
        assert drifts.percentile_drift(drift)["drift"].isna().all()


def test_a_range_of_rates_is_unbroken_and_within_a_point_of_the_best():
    rows = metrics.rate_range(
        pd.DataFrame(
            [
                [0.96, 0.97, 0.98, 0.9700001, 0.9],  # its own best and one neighbour
                [0.99, 0.97, 0.98, 0.98, 0.985],  # the best is cut off from others as good
                [np.nan, 0.98, 0.98, np.nan, 0.98],  # divergence ends it
                [0.98, 0.98, 0.98, 0.98, 0.98],
                [np.nan] * 5,
            ],
            columns=[0.01, 0.1, 1.0, 10.0, 100.0],
        )
    )
    assert rows["lowest"].tolist()[:4] == [0.1, 0.01, 0.1, 0.01]
    assert rows["highest"].tolist()[:4] == [10, 0.01, 1, 100]
    assert rows["decades"].tolist()[:4] == pytest.approx([2, 0, 1, 4])
    assert rows.iloc[4][["lowest", "highest", "decades"]].isna().all()
    assert rows["reaches_lowest"].tolist() == [False, True, False, True, False]
    assert rows["reaches_highest"].tolist() == [False, False, False, True, False]
