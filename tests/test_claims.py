"""How claims are judged: effects by their intervals, claims by their effects."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import synthetic
from scipy import stats

from bnlab.analysis import claims
from bnlab.analysis import effects as judging
from bnlab.analysis.claims import combine, corrected
from bnlab.analysis.effects import judge
from bnlab.experiments import quantity as find_quantity
from bnlab.experiments.learning_curves import tables
from bnlab.study.config import Study
from bnlab.study.ledger import Effect, Ledger

RECIPE = {
    "network": {"perceptron": [8]},
    "activation": "sigmoid",
    "initializer": "glorot_uniform",
    "optimizer": "sgd",
    "learning_rate": 0.1,
    "budget": {"steps": 1000},
    "probes": ["percentiles", "predictions"],
}
DATASET = {
    "label": "<digits>",
    "source": "bundled",
    "name": "digits",
    "shape": {"rows": 1797, "features": 64, "classes": 10},
    "split": {"test": 0.2, "validation": 0.1},
    "scaling": "none",
    "stands_for": "mnist",
}
METHODS = ("base", "bn")


def group(batches: list[int]) -> dict[str, list]:
    return {
        "datasets": ["digits"],
        "methods": list(METHODS),
        "batches": batches,
        "recipes": ["lr0.1"],
    }


STUDY = Study.model_validate(
    {
        "study": "small",
        "title": "Small",
        "seed": 1,
        "replicates": 4,
        "methods": {name: {"label": synthetic.LABELS[name]} for name in METHODS},
        "datasets": {"digits": DATASET},
        "recipes": {"lr0.1": RECIPE | {"stands_for": "long"}},
        "experiments": {
            name: {"runs": [group(batches)]}
            for name, batches in (("learning_curves", [60]), ("batch_size", [2, 16, 256]))
        },
    }
)
RESULTS = {
    "learning_curves": synthetic.learning_curves(),
    "batch_size": synthetic.batch_size(),
}


def effect(**changes) -> Effect:
    base = {
        "region": "MNIST, rate 0.1",
        "experiment": "learning_curves",
        "dataset": "mnist",
        "recipe": "long",
        "batch": 60,
        "quantity": "test_accuracy",
        "compare": "bn - base",
        "rule": {"above": 0},
    }
    return Effect.model_validate({k: v for k, v in (base | changes).items() if v is not None})


def ledger_of(*tests: Effect, **claim) -> Ledger:
    entry = {"id": 1, "source": "report", "place": "p. 1", "topic": "speed", "claim": "It helps."}
    dumped = [test.model_dump(by_alias=True) for test in tests]
    return Ledger.model_validate(
        {
            "sources": {"report": {"title": "A report"}},
            "claims": [entry | ({"tests": dumped} if dumped else {}) | claim],
        }
    )


def judge_ledger(ledger: Ledger, study: Study, results) -> tuple[pd.DataFrame, pd.DataFrame]:
    return claims.judge_ledger(ledger, study, results, find_quantity)


def judged(*tests: Effect, **claim) -> tuple[pd.Series, pd.DataFrame]:
    found, effects = judge_ledger(ledger_of(*tests, **claim), STUDY, RESULTS)
    return found.iloc[0], effects


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0, np.inf, "supported"),
        (-np.inf, 0, "refuted"),
        (1, np.inf, "inconclusive"),
        (-np.inf, 1, "inconclusive"),
        (0, 2, "supported"),
        (0.5, 1.5, "inconclusive"),
        (3, 4, "refuted"),
    ],
)
def test_the_interval_decides_and_p_says_the_same(low, high, verdict):
    values = np.array([0.2, 0.8, 1.2, 1.8, 0.6, 1.4])  # mean 1, 95 % interval 0.40 to 1.60
    found, p, interval = judge(values, low, high)
    assert (interval.low, interval.high) == pytest.approx(
        stats.t.interval(0.95, 5, 1, stats.sem(values))
    )
    assert found == verdict
    assert (p <= 0.05) == (verdict != "inconclusive")


def test_fewer_than_two_replicates_decide_nothing():
    assert judge(np.array([1.0, np.nan]), 0, np.inf)[0] == "inconclusive"


@pytest.mark.parametrize(
    ("verdicts", "verdict"),
    [
        ([], "not tested here"),
        (["supported", "supported"], "supported"),
        (["supported", "refuted"], "partly"),
        (["refuted", "refuted"], "refuted"),
        (["refuted", "inconclusive"], "refuted"),
        (["supported", "inconclusive"], "inconclusive"),
        (["inconclusive"], "inconclusive"),
    ],
)
def test_a_claim_is_judged_by_all_its_effects(verdicts, verdict):
    assert combine(verdicts) == verdict


def of_topic(**columns) -> pd.DataFrame:
    made = pd.DataFrame(columns | {"verdict": ["supported"] * len(columns["p"])})
    same = {"dataset": "d", "recipe": "r", "batch": 60, "coarse": False, "threshold": 0.0}
    return made.assign(**same, values=[np.array([0.2, 0.5, 0.9])] * len(made))


def test_holm_is_made_within_a_topic_and_can_take_a_decision_back():
    made = corrected(of_topic(topic=list("aaab"), effect=list("wxyz"), p=[0.04, 0.03, 0.001, 0.04]))
    assert made["p_holm"].to_numpy() == pytest.approx([0.06, 0.06, 0.003, 0.04])
    assert made["verdict"].tolist() == ["inconclusive"] * 2 + ["supported"] * 2
    assert made["replicates_needed"].notna().tolist() == [True, True, False, False]


def test_an_effect_that_two_claims_rest_on_counts_once():
    made = corrected(of_topic(topic=list("aaa"), effect=list("xxy"), p=[0.02, 0.02, 0.04]))
    assert made["p_holm"].to_numpy() == pytest.approx([0.04, 0.04, 0.04])


def test_replicates_needed_are_those_at_the_level_that_holm_leaves():
    made = corrected(of_topic(topic=list("aa"), effect=list("xy"), p=[0.04, 0.04]))
    alone = corrected(of_topic(topic=["a"], effect=["x"], p=[0.06]))
    assert (made["replicates_needed"] > alone["replicates_needed"].item()).all()


def final(method: str, split: str = "test", column: str = "accuracy") -> np.ndarray:
    rows = RESULTS["learning_curves"]["metrics"].query(
        f"step == 1000 and method == '{method}' and split == '{split}' and statistics == 'moving'"
    )
    return rows.sort_values("replicate")[column].to_numpy()


def test_a_difference_is_paired_by_replicate_and_printed_in_points():
    row = judged(effect())[1].iloc[0]
    differences = (final("bn") - final("base")) * 100
    assert row["estimate"] == pytest.approx(np.nanmean(differences))
    assert (row["n"], row["replicates"]) == (np.isfinite(differences).sum(), 4)
    assert row["scale"] == "points"
    assert row["effect"] == "test accuracy: BN less Base"
    assert row["rule"] == "above 0 points"


def test_other_inference_statistics_are_those_of_the_method_that_has_them():
    row = judged(effect(statistics="batch"))[1].iloc[0]
    assert row["estimate"] == pytest.approx(judged(effect())[1].iloc[0]["estimate"] - 2)
    assert row["effect"] == "test accuracy under batch statistics: BN less Base"


def test_a_ratio_is_the_geometric_mean_and_its_thresholds_are_ratios():
    row = judged(effect(quantity="validation_loss", compare="bn / base", rule={"below": 1}))[1]
    row = row.iloc[0]
    logs = np.log(final("bn", "validation", "loss") / final("base", "validation", "loss"))
    assert row["estimate"] == pytest.approx(np.exp(np.nanmean(logs)))
    assert (row["threshold_high"], row["scale"]) == (pytest.approx(1), "ratio")
    assert np.isnan(row["threshold_low"])


def test_a_replicate_that_never_gets_there_counts_with_the_whole_budget():
    runs = RESULTS["learning_curves"]["runs"].copy()
    base = runs["method"] == "base"
    runs.loc[base, "first_test_0.9"] = [500.0, np.nan, 1000.0, np.nan]
    runs.loc[~base, "first_test_0.9"] = [100.0] * 4
    results = RESULTS | {"learning_curves": RESULTS["learning_curves"] | {"runs": runs}}
    test = effect(quantity="steps_to_test", level=0.9, compare="bn / base", rule={"below": 1})
    row = judge_ledger(ledger_of(test), STUDY, results)[1].iloc[0]
    assert row["estimate"] == pytest.approx(np.exp(np.log([1 / 5, 1 / 10, 1 / 10, 1 / 10]).mean()))
    assert row["censored"] == 2
    assert row["n"] == 4


@pytest.mark.parametrize(("ratio", "verdict"), [(0.9, "inconclusive"), (0.15, "supported")])
def test_steps_are_known_to_one_evaluation_and_decide_nothing_finer(ratio, verdict):
    runs = RESULTS["learning_curves"]["runs"].copy()
    base = runs["method"] == "base"
    runs.loc[base, "first_test_0.9"] = [200.0] * 4  # so they got there after step 100
    runs.loc[~base, "first_test_0.9"] = [{0.9: 100.0, 0.15: 50.0}[ratio]] * 4
    results = RESULTS | {"learning_curves": RESULTS["learning_curves"] | {"runs": runs}}
    test = effect(quantity="steps_to_test", level=0.9, compare="bn / base", rule={"below": 1})
    row = judge_ledger(ledger_of(test), STUDY, results)[1].iloc[0]
    assert row["verdict"] == verdict


def test_an_epoch_takes_the_last_evaluation_up_to_it():
    row = judged(effect(compare="bn", epoch=3, rule={"above": 0.5}))[1].iloc[0]
    rows = RESULTS["learning_curves"]["metrics"].query(
        "step == 200 and method == 'bn' and split == 'test'"
    )
    assert row["estimate"] == pytest.approx(rows["accuracy"].mean() * 100)
    assert row["effect"] == "test accuracy at epoch 2 of BN"  # the evaluation's own


def test_time_averages_are_trapezoids_over_steps():
    row = judged(effect(quantity="mean_test_accuracy", compare="bn", rule={"above": 0}))[1].iloc[0]
    rows = RESULTS["learning_curves"]["metrics"].query(
        "method == 'bn' and split == 'test' and statistics == 'moving'"
    )
    areas = [
        np.trapezoid(part["accuracy"], part["step"]) / 1000
        for _, part in rows.sort_values("step").groupby("replicate")
    ]
    assert row["estimate"] == pytest.approx(np.mean(areas) * 100)


def test_a_slope_is_that_of_numpy_over_log2_batch():
    test = effect(
        experiment="batch_size",
        batch=None,
        batches=[2, 16, 256],
        quantity="accuracy_slope",
        compare="bn",
    )
    row = judged(test)[1].iloc[0]
    rows = RESULTS["batch_size"]["metrics"].query(
        "step == 1000 and method == 'bn' and split == 'test' and statistics == 'moving'"
    )
    wide = rows.pivot(index="replicate", columns="batch", values="accuracy")[[2, 16, 256]]
    expected = np.polyfit(np.log2([2, 16, 256]), wide.to_numpy().T, 1)[0]
    assert row["estimate"] == pytest.approx(np.nanmean(expected) * 100)


def test_class_ranks_count_from_the_lowest_area():
    test = effect(quantity="class_auc_rank", compare="bn", rule={"below": 2.5}, **{"class": 1})
    row = judged(test)[1].iloc[0]
    areas = RESULTS["learning_curves"]["classes"].query("method == 'bn'")
    ranks = areas.pivot(index="replicate", columns="class", values="auc").rank(axis=1)[0]
    assert row["estimate"] == pytest.approx(ranks.mean())


@pytest.mark.parametrize("quantity", ["activation_drift", "weight_drift"])
def test_drift_is_the_average_that_the_drift_table_publishes(quantity):
    row = judged(effect(quantity=quantity, compare="bn", rule={"above": 0}))[1].iloc[0]
    made = tables.drift(RESULTS["learning_curves"]["percentiles"])
    chosen = (made["method"] == "bn") & (made["quantity"] == quantity.removesuffix("_drift"))
    assert row["estimate"] == pytest.approx(made.loc[chosen, "average"].iloc[0])


def test_the_stand_in_is_named_beside_what_it_stands_for():
    row = judged(effect())[1].iloc[0]
    assert (row["dataset"], row["recipe"]) == ("digits", "lr0.1")
    assert row["region"] == "MNIST, rate 0.1 (on <digits>, lr0.1)"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"experiment": "faults"}, "leaves out the experiment faults"),
        ({"dataset": "bng_glass"}, "nothing on bng_glass"),
        ({"recipe": "other"}, "nothing on other"),
        ({"batch": 7}, "does not train bn at batch 7"),
        ({"compare": "ln - base"}, "does not train ln"),
    ],
)
def test_what_the_study_does_not_train_is_not_tested_and_said(changes, why):
    claim, effects = judged(effect(**changes))
    assert (claim["verdict"], len(effects)) == ("not tested here", 0)
    assert why in claim["reason"]


def test_what_the_recipes_do_not_record_is_not_tested_and_said():
    unprobed = STUDY.recipes["lr0.1"].model_copy(update={"probes": []})
    study = STUDY.model_copy(update={"recipes": {"lr0.1": unprobed}})
    wanted = ledger_of(effect(quantity="macro_auc"), effect())
    found, effects = claims.judge_ledger(wanted, study, RESULTS, find_quantity)
    assert len(effects) == 1
    assert "does not record classes" in found.iloc[0]["reason"]


def test_a_claim_keeps_the_effects_that_can_be_judged():
    early = effect(quantity="mean_test_accuracy")
    claim, effects = judged(early, effect(region="elsewhere", dataset="bng_glass"))
    assert effects["verdict"].tolist() == ["supported"]
    assert claim["verdict"] == "inconclusive"  # it is not supported as a whole
    assert "Not judged: elsewhere" in claim["reason"]


def test_settled_and_untested_claims_say_why():
    settled = {"verdict": "refuted", "by": "algebra", "correction": "It is squared."}
    claim, _ = judged(settled=settled)
    assert (claim["verdict"], claim["correction"]) == ("refuted", "It is squared.")
    claim, _ = judged(untested="Needs ImageNet.")
    assert (claim["verdict"], claim["reason"]) == ("not tested here", "Needs ImageNet.")


def test_all_columns_are_there_even_when_nothing_could_be_judged():
    _, effects = judged(untested="Needs ImageNet.")
    assert list(effects.columns) == judging.EFFECT_COLUMNS
