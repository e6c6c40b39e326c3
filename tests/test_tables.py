"""Published tables of synthetic results with known numbers."""

import numpy as np
import pandas as pd
import pytest
import synthetic
from scipy import stats
from scipy.special import expit, logit

from bnlab.analysis import metrics, rates, tidy
from bnlab.analysis.statistics import paired_difference
from bnlab.analysis.summaries import dataset_label
from bnlab.experiments.batch_size import analysis as batches
from bnlab.experiments.learning_curves import analysis as curves
from bnlab.experiments.learning_rate import analysis as by_rate
from bnlab.experiments.unseen_rows import analysis as unseen_rows

SOURCES = synthetic.sources()


def table(experiment: str, kind: str) -> pd.DataFrame:
    recipe = synthetic.recipe(experiment)
    return synthetic.tabulated(
        experiment, kind, SOURCES[experiment], "digits", recipe, "Digits", synthetic.LABELS
    )


@pytest.mark.parametrize(("experiment", "kind"), synthetic.TABLE_KEYS)
def test_every_row_says_what_it_is_about(experiment, kind):
    rows = table(experiment, kind)
    assert len(rows)
    assert list(rows.columns[:5]) == [
        "dataset",
        "dataset_label",
        "recipe",
        "method",
        "method_label",
    ]
    assert not rows.iloc[:, :5].isna().to_numpy().any()


@pytest.mark.parametrize(("experiment", "kind"), synthetic.TABLE_KEYS)
def test_methods_come_in_the_order_of_the_config(experiment, kind):
    order = list(synthetic.LABELS)
    seen = list(dict.fromkeys(table(experiment, kind)["method"]))
    assert seen == sorted(seen, key=order.index)


@pytest.mark.parametrize("name", ["n", "diverged", "replicates"])
def test_a_diverged_replicate_is_in_the_mean_and_counted(name):
    rows = table("learning_curves", "final").query("method == 'base' and split == 'test'")
    assert rows[name].tolist() == [{"n": 4, "diverged": 1, "replicates": 4}[name]] * 2


def test_a_replicate_counts_in_a_curve_until_it_diverges():
    rows = table("learning_curves", "accuracy").query("method == 'base' and split == 'test'")
    assert rows.set_index("step")["diverged"].loc[[200, 500, 1000]].tolist() == [0, 1, 1]


def test_final_numbers_are_means_of_the_last_step_with_their_interval():
    last = SOURCES["learning_curves"]["metrics"].query("step == 1000 and split == 'test'")
    bn = last.query("method == 'bn' and statistics == 'moving'")["accuracy"]
    base = last.query("method == 'base'")["accuracy"]
    row = table("learning_curves", "final").query(
        "method == 'bn' and split == 'test' and metric == 'accuracy'"
    )
    mean = bn.mean()
    half = stats.t.ppf(0.975, len(bn) - 1) * stats.sem(bn) / (mean * (1 - mean))
    ends = expit([logit(mean) - half, logit(mean) + half])
    assert tuple(row[["mean", "low", "high"]].iloc[0]) == pytest.approx((mean, *ends))
    expected = paired_difference(bn.to_numpy(), base.to_numpy())
    actual = row[["difference", "difference_low", "difference_high", "pairs"]].iloc[0]
    assert tuple(actual) == pytest.approx(tuple(expected))


def test_steps_count_who_reached_the_level_and_censor_the_others():
    base, bn = {0: 100, 2: 300}, {0: 50, 1: 50, 2: 75, 3: 50}  # by replicate, the step at 0.8
    steps = (50, 75, 100, 300, 500)
    rows = [
        {"method": method, "batch": 60, "learning_rate": 0.1, "replicate": replicate, "step": step}
        | {"split": "test", "statistics": "moving", "diverged": False}
        | {"accuracy": 0.85 if step >= reached.get(replicate, np.inf) else 0.5}
        for method, reached in (("base", base), ("bn", bn))
        for replicate in range(4)
        for step in steps
    ]
    result = curves.steps_to_accuracy(pd.DataFrame(rows)).query("level == 0.8")
    result = result.set_index("method")
    assert result["reached"].to_dict() == {"base": 2, "bn": 4}
    assert np.isnan(result.loc["base", "median"])
    assert result.loc["bn", "median"] == 50
    assert result.loc["bn", "pairs"] == 2
    assert result.loc["bn", "ratio"] == pytest.approx(np.sqrt(50 / 100 * 75 / 300))


def test_the_timing_ratio_pairs_the_processes():
    row = table("learning_curves", "timing").query("method == 'bn'").iloc[0]
    assert row["ratio"] == pytest.approx(
        np.exp(np.mean(np.log([0.6 / 0.5, 0.61 / 0.52, 0.63 / 0.51])))
    )
    assert row["processes"] == 3


def test_shares_of_a_true_class_add_up_to_one():
    shares = table("learning_curves", "confusion").groupby(["method", "true"])["share"].sum()
    assert shares.to_numpy() == pytest.approx(1)


def test_roc_rows_carry_the_area_of_their_class():
    area = table("learning_curves", "classes").query("metric == 'auc'")
    roc = table("learning_curves", "roc").drop_duplicates(["method", "class"])
    both = roc.merge(area, on=["method", "class"])
    assert both["auc"].to_numpy() == pytest.approx(both["mean_y"].to_numpy())


def test_a_class_without_test_rows_has_not_diverged():
    labels, probabilities = synthetic.predictions("bn", classes=4)
    probabilities = np.pad(probabilities, ((0, 0), (0, 0), (0, 1)))
    scores = tidy.score_predictions(labels, probabilities, list("abcde"))["classes"]
    rows = curves.classes(tidy.collect([synthetic.run("bn")], [scores])).query("class_name == 'e'")
    assert rows["mean"].isna().all()
    assert rows["diverged"].tolist() == [0, 0]


def test_one_typical_unit_is_kept_for_each_replicate_and_one_replicate_is_typical():
    rows = table("learning_curves", "percentiles")
    assert (rows.groupby(["method", "replicate"])["unit"].nunique() == 1).all()
    assert (rows[rows["typical"]].groupby("method")["replicate"].nunique() == 1).all()


def probed(**diverged_at: tuple[int | None, ...]) -> pd.DataFrame:
    """Return probes of base and bn, with replicates that diverge at these steps."""
    runs = [synthetic.run(m, diverged_at=diverged_at.get(m, ())) for m in ("base", "bn")]
    return tidy.collect(
        runs, [synthetic.probes(r["method"], diverged_at=r["diverged_at"]) for r in runs]
    )


@pytest.mark.parametrize("function", [curves.percentiles, curves.drift])
def test_a_replicate_that_diverges_late_counts_as_diverged_at_every_probed_step(function):
    rows = function(probed(base=(None, 500)))
    counts = rows.drop_duplicates(["method", "step", "n", "diverged"]).set_index("method")
    assert counts.loc["base", ["n", "diverged", "replicates"]].to_numpy().tolist() == [
        [3, 1, 4]
    ] * len(synthetic.STEPS)
    assert (counts.loc["bn", "n"] == 4).all()
    if "replicate" in rows:
        assert set(rows[rows["method"] == "base"]["replicate"]) == {0, 2, 3}


def test_a_drift_ratio_leaves_out_the_pairs_in_which_one_diverged():
    rows = curves.drift(probed(base=(None, 500), bn=(10,))).query("method == 'bn'")
    assert set(rows["pairs"]) == {2}


@pytest.mark.parametrize("function", [curves.percentiles, curves.drift])
@pytest.mark.parametrize("methods", [["base"], ["base", "bn"]])
def test_a_method_that_always_diverged_keeps_its_rows_with_no_replicate_in_them(function, methods):
    rows = function(probed(**{method: (10, 50, 10, 1000) for method in methods}))
    gone = rows[rows["method"].isin(methods)]
    assert set(zip(gone["method"], gone["quantity"], strict=True)) == {
        (m, q) for m in methods for q in ("activation", "weight")
    }
    assert set(gone["n"]) == {0}
    assert set(gone["diverged"]) == {4}
    assert gone[[name for name in ("mean", "value") if name in gone]].isna().all(axis=None)


def test_a_network_whose_units_are_all_constant_has_no_drift_but_has_not_diverged():
    still = probed().assign(value=1.0)
    for rows in (curves.drift(still), curves.percentiles(still)):
        assert set(rows["n"]) == {0}
        assert set(rows["diverged"]) == {0}


@pytest.mark.parametrize("kind", ["percentiles", "drift"])
def test_probes_of_no_run_give_an_empty_table(kind):
    sources = {"percentiles": probed().iloc[:0]}
    rows = synthetic.tabulated(
        "learning_curves", kind, sources, "digits", "lr0.1", "Digits", synthetic.LABELS
    )
    assert rows.empty


def test_steadier_percentiles_have_a_drift_ratio_below_one():
    rows = table("learning_curves", "drift").query("method == 'bn'")
    assert (rows["ratio_high"] < 1).all()


def test_inference_lists_every_method_with_batch_statistics_and_no_other():
    assert set(table("batch_size", "inference")["method"]) == {"bn", "ws_bn"}
    assert set(table("batch_size", "statistics")["method"]) == {"bn", "ws_bn"}


def test_the_difference_between_inference_statistics_is_paired_with_moving():
    rows = table("batch_size", "statistics")
    rows = rows.query("metric == 'accuracy' and statistics == 'batch' and diverged == 0")
    assert rows["difference"].to_numpy() == pytest.approx(-0.02)
    assert rows["difference_high"].to_numpy() == pytest.approx(-0.02)


def test_differences_are_from_base_and_from_bn_but_never_from_itself():
    rows = table("batch_size", "differences")
    assert set(rows["reference"]) == {"base", "bn"}
    assert (rows["method"] != rows["reference"]).all()


def test_a_slope_over_batch_sizes_is_per_doubling():
    metrics = SOURCES["batch_size"]["metrics"].query("method == 'ln'").copy()
    metrics["accuracy"] = 0.5 + 0.01 * np.log2(metrics["batch"]) + 0.001 * metrics["replicate"]
    row = batches.stability(metrics).iloc[0]
    assert row["slope"] == pytest.approx(0.01)
    assert row["range"] == pytest.approx(0.08)
    assert (row["best_batch"], row["worst_batch"]) == (256, 1)


def test_a_redraw_is_called_one_whatever_the_config_says():
    assert dataset_label("BNG(glass)", redraw=True) == "BNG(glass) (redraw)"
    assert dataset_label("Glass, redrawn", redraw=True) == "Glass, redrawn"
    assert dataset_label("MNIST", redraw=False) == "MNIST"


def test_rows_of_other_datasets_and_recipes_do_not_enter():
    metrics = SOURCES["batch_size"]["metrics"]
    other = metrics.assign(recipe="other", accuracy=0.0)
    sources = {"metrics": pd.concat([metrics, other, metrics.assign(dataset="wine")])}
    rows = synthetic.tabulated(
        "batch_size", "final", sources, "digits", "lr0.1", "Digits", synthetic.LABELS
    )
    pd.testing.assert_frame_equal(rows, table("batch_size", "final"))


def accuracies(**methods: dict[float, list[float]]) -> pd.DataFrame:
    """Metrics of runs of one step with these accuracies by method, rate and replicate, on all rows.

    A replicate with NaN has diverged, which counts as the accuracy 0.1.
    """
    rows = [
        {
            "method": method,
            "batch": 60,
            "recipe": f"lr{rate:g}",
            "learning_rate": rate,
            "replicate": replicate,
            "step": 1,
            "split": split,
            "statistics": "moving",
            "accuracy": 0.1 if np.isnan(value) else value,
            "failed": False,
            "diverged": bool(np.isnan(value)),
        }
        for method, by_rate in methods.items()
        for rate, values in by_rate.items()
        for replicate, value in enumerate(values)
        for split in ("validation", "test")
    ]
    return pd.DataFrame(rows)


NAN = float("nan")
AT_RATES = accuracies(
    base={0.1: [0.80, 0.82], 1.0: [0.90, 0.90], 10.0: [NAN, 0.98]},
    bn={0.1: [0.96, 0.96], 1.0: [0.95, 0.98], 10.0: [0.96, 0.96]},
)


def test_a_rate_is_not_chosen_for_the_replicates_that_survive_it():
    rows = by_rate.rates(AT_RATES).set_index(["method", "learning_rate"])
    assert rows.index[rows["chosen"]].tolist() == [("base", 1.0), ("bn", 1.0)]
    at_10 = rows.loc["base", 10.0]
    assert (at_10["mean"], at_10["validation_score"]) == pytest.approx((0.54, 0.54))
    assert at_10[["n", "diverged", "replicates"]].tolist() == [2, 1, 2]


def test_of_equally_good_rates_the_lowest_is_chosen_and_its_recipe_is_named():
    best = rates.chosen_rates(accuracies(base={0.1: [0.9], 1.0: [0.9], 10.0: [0.8]}))
    assert best.to_dict("records") == [
        {"method": "base", "batch": 60, "learning_rate": 0.1, "recipe": "lr0.1"}
    ]


def test_diverged_replicates_are_compared_with_those_of_base_at_the_same_rate():
    metrics = accuracies(
        base={1.0: [0.9] * 4, 10.0: [NAN] * 4}, bn={1.0: [0.9] * 4, 10.0: [0.9] * 4}
    )
    rows = by_rate.rates(metrics).set_index(["method", "learning_rate"])["divergence_p"]
    assert rows.loc["bn"].tolist() == pytest.approx([1, 2 / 70])  # 2 of (8 choose 4) are as extreme
    assert rows.loc["base"].isna().all()
    assert by_rate.rates(metrics.query("method == 'bn'"))["divergence_p"].isna().all()


def test_methods_are_compared_each_at_its_own_rate():
    bn = by_rate.best_rates(AT_RATES).set_index("method").loc["bn"]
    assert (bn["learning_rate"], bn["tried"]) == (1, "0.1 1 10")
    assert bn["mean"] == pytest.approx(0.965)
    assert (bn["less_base"], bn["base_pairs"]) == (pytest.approx(0.065), 2)
    assert (np.isnan(bn["less_bn"]), bn["bn_pairs"]) == (True, 0)
    assert not bn["at_end"]


@pytest.mark.parametrize(
    ("base", "bn", "at_end"),
    [
        ([0.8, 0.9, 0.8], [0.8, 0.9, 0.8], [False, False]),
        ([0.8, 0.9, 0.8], [0.8, 0.9, 0.95], [False, True]),
        ([0.95, 0.9, 0.8], [0.8, 0.9, 0.8], [True, True]),  # the difference from base is open too
        ([0.8, 0.9, 0.8], [NAN, NAN, NAN], [False, False]),  # it learns at no rate
    ],
)
def test_a_best_rate_at_an_end_of_those_tried_is_marked(base, bn, at_end):
    rates = np.logspace(-1.5, 1.25, 3)  # as text they would have fewer digits
    metrics = accuracies(
        base={rate: [at, at] for rate, at in zip(rates, base, strict=True)},
        bn={rate: [at, at] for rate, at in zip(rates, bn, strict=True)},
    )
    marked = by_rate.best_rates(metrics).set_index("method")["at_end"]
    assert marked[["base", "bn"]].tolist() == at_end


def test_ranges_of_rates_are_compared_replicate_by_replicate():
    rows = by_rate.rate_range(AT_RATES).set_index("method")
    bn = rows.loc[
        "bn"
    ]  # two decades of rates are as good in the first replicate, none in the second
    assert (bn["mean"], bn["difference"], bn["pairs"]) == (1, 1, 2)
    assert bn[["lowest", "highest"]].tolist() == pytest.approx([0.1**0.5, 10**0.5])
    assert bn[["reaches_lowest", "reaches_highest", "first_tried", "last_tried"]].tolist() == [
        *(1, 1, 0.1, 10)
    ]
    assert bn["learning_rate"] == 1
    assert rows.loc["base", ["mean", "reaches_lowest", "reaches_highest"]].tolist() == [0, 0, 1]


def test_a_method_that_diverged_at_every_rate_keeps_its_rows():
    metrics = accuracies(base={0.1: [0.9, 0.8]}, bn={0.1: [NAN, NAN]})
    for function, n in ((by_rate.rates, 2), (by_rate.best_rates, 2), (by_rate.rate_range, 0)):
        bn = function(metrics).set_index("method").loc["bn"]
        assert bn[["n", "diverged", "replicates"]].tolist() == [n, 2, 2]


def test_a_replicate_that_ends_within_two_points_of_the_largest_class_has_failed():
    ends = {0: 0.519, 1: 0.521, 2: 0.3, 3: NAN}
    history = pd.DataFrame(
        {"replicate": replicate, "step": step, "split": split, "statistics": "moving", "loss": 1.0}
        | {"accuracy": value if step == 2 else 0.4}
        for replicate, value in ends.items()
        for step in (1, 2)
        for split in ("train", "test")
    )
    outcomes = tidy.with_outcomes(history, {"class_counts": {"test": [50, 30, 20]}})
    failed = outcomes.groupby("replicate")["failed"].agg(["min", "max"])
    assert failed.to_numpy().tolist() == [[True] * 2, [False] * 2, [True] * 2, [False] * 2]


def test_a_replicate_that_diverged_guesses_from_then_on():
    history = pd.DataFrame(
        {"replicate": 0, "step": [1, 2], "split": "test", "statistics": "moving"}
        | {"accuracy": [0.9, NAN], "loss": [0.1, NAN]}
    )
    rows = tidy.with_outcomes(history, {"class_counts": {"test": [50, 30, 20]}})
    assert rows["diverged"].tolist() == [False, True]
    assert rows["accuracy"].tolist() == [0.9, 0.5]
    assert rows["loss"].tolist() == pytest.approx([0.1, stats.entropy([0.5, 0.3, 0.2])])
    assert rows["failed"].tolist() == [False, False]
    assert tidy.guess([10] * 5) == pytest.approx((0.2, np.log(5)))


def test_the_accuracies_of_each_replicate_are_those_of_the_last_step_of_its_run():
    metrics = SOURCES["learning_curves"]["metrics"]
    rows = tidy.accuracy_rows(metrics)
    assert list(rows) == tidy.ACCURACY_COLUMNS
    assert len(rows) == len(metrics[[*tidy.RUN_ID, "replicate"]].drop_duplicates())
    row = rows.query("method == 'bn' and replicate == 2").squeeze()
    last = metrics.query("method == 'bn' and replicate == 2 and step == 1000").set_index("split")
    moving = last[last["statistics"] == "moving"]["accuracy"]
    for split in ("train", "validation", "test"):
        assert row[split] == moving[split]
    assert rows.query("method == 'base'")["diverged"].sum() == 1


def test_failed_replicates_are_counted_beside_those_that_diverged():
    metrics = AT_RATES.assign(failed=AT_RATES["accuracy"] < 0.81)
    rows = by_rate.rates(metrics).set_index(["method", "learning_rate"])
    assert rows.loc[("base", 0.1), ["n", "diverged", "failed"]].tolist() == [2, 0, 1]
    assert rows.loc[("base", 10.0), ["n", "diverged"]].tolist() == [2, 1]


def test_the_fastest_rate_is_the_one_with_the_fewest_steps_on_validation_rows():
    def rows(rate: float, steps: list[float], evaluated=(10, 20, 30, 40)) -> list[dict]:
        return [
            {"method": "bn", "batch": 60, "recipe": f"lr{rate:g}", "learning_rate": rate}
            | {"replicate": replicate, "step": step, "split": split, "statistics": "moving"}
            | {"accuracy": 0.95 if step >= reached and split == "validation" else 0.5}
            for replicate, reached in enumerate(steps)
            for step in evaluated
            for split in ("validation", "test")
        ]

    actual = rates.fastest_rates(
        pd.DataFrame([*rows(0.1, [30, 30]), *rows(1.0, [10, 40]), *rows(10.0, [10, 1000])]), 0.9
    )  # means 30, 25 and (10 + 40) / 2, the last with one that never gets there
    assert actual["learning_rate"].tolist() == [1.0]
    assert actual["recipe"].tolist() == ["lr1"]
    of_one_step = rows(0.01, [1000, 1000], evaluated=(1,))  # measured before training alone
    table = pd.DataFrame([*rows(0.1, [30, 30]), *of_one_step])
    assert rates.fastest_rates(table, 0.9)["recipe"].tolist() == ["lr0.1"]


def test_an_interval_over_seeds_and_test_rows_has_the_variance_of_both():
    table = unseen_rows.differences(**synthetic.sources()["unseen_rows"]).set_index("method")
    bn = table.loc["bn"]
    by_row = np.repeat([0.5, 0.0], 100)
    of_rows = stats.t.ppf(0.975, bn["n"] - 1) * by_row.std(ddof=1) / 200**0.5
    of_seeds = bn["difference_high"] - bn["difference"]
    assert bn["crossed_difference_high"] - bn["crossed_difference"] == pytest.approx(
        np.hypot(of_seeds, of_rows)
    )
    assert (bn["crossed_difference"], bn["rows"]) == (pytest.approx(bn["difference"]), 200)
    assert table.loc["base", ["crossed_difference", "pairs"]].fillna(0).tolist() == [0, 0]


def test_a_replicate_that_diverged_is_right_on_the_rows_of_the_largest_class():
    labels = [0, 1, 1, 2]
    right = np.eye(3)[labels]
    shares = metrics.rows_right(labels, [right, np.full((4, 3), NAN)])["share"]
    assert shares.tolist() == [0.5, 1, 1, 0.5]
