"""Verdicts on claims: effects are judged by their intervals, claims by their primary effects."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
import synthetic
from scipy import stats

from bnlab.analysis import claims
from bnlab.analysis import effects as judging
from bnlab.analysis.claims import combine
from bnlab.analysis.effects import judge
from bnlab.analysis.sensitivity import DECIDES, corrected, corrections, with_needed
from bnlab.analysis.statistics import FEWEST, OF_A_MEAN, OF_A_SHARE, mean_interval
from bnlab.experiments import quantity as find_quantity
from bnlab.experiments.learning_curves.analysis import drift
from bnlab.page.ledger import why
from bnlab.study.config import Study
from bnlab.study.ledger import Claim, Effect, Ledger, Rule
from bnlab.study.names import EFFECT_COLUMNS

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
REPLICATES = 8


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
        "replicates": REPLICATES,
        "methods": {name: {"label": synthetic.LABELS[name]} for name in METHODS},
        "datasets": {"digits": DATASET},
        "recipes": {"lr0.1": RECIPE | {"stands_for": "long"}},
        "experiments": {
            name: {"runs": [group(batches)]}
            for name, batches in (
                ("learning_curves", [60]),
                ("batch_size", [2, 16, 256]),
                ("outside_the_gradient", [60]),
            )
        },
    }
)
RESULTS = {
    "learning_curves": synthetic.learning_curves(base=(), replicates=REPLICATES),
    "batch_size": synthetic.batch_size(),
}
RESULTS["outside_the_gradient"] = {"metrics": RESULTS["learning_curves"]["metrics"]}


def effect(**changes) -> Effect:
    base = {
        "region": "MNIST, rate 0.1",
        "primary": True,
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
            "sources": {"report": {"title": "A report", "short": "report"}},
            "claims": [entry | ({"tests": dumped} if dumped else {}) | claim],
        }
    )


def with_claims(entries: list[Claim]) -> Ledger:
    return ledger_of(effect()).model_copy(update={"claims": entries})


def judge_ledger(ledger: Ledger, study: Study, results) -> tuple[pd.DataFrame, pd.DataFrame]:
    return claims.judge_ledger(ledger, study, results, find_quantity)[:2]


def judged(*tests: Effect, **claim) -> tuple[pd.Series, pd.DataFrame]:
    table, effects = judge_ledger(ledger_of(*tests, **claim), STUDY, RESULTS)
    return table.iloc[0], effects


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0, np.inf, "supported"),
        (-np.inf, 0, "refuted"),
        (1, np.inf, "undecided"),
        (-np.inf, 1, "undecided"),
        (0, 2, "supported"),
        (0.5, 1.5, "undecided"),
        (3, 4, "refuted"),
    ],
)
def test_the_interval_decides_and_p_says_the_same(low, high, verdict):
    values = np.array([0.2, 0.8, 1.2, 1.8, 0.6, 1.4])  # mean 1, 95 % interval 0.40 to 1.60
    actual, p, interval = judge(values, low, high)
    assert (interval.low, interval.high) == pytest.approx(
        stats.t.interval(0.95, 5, 1, stats.sem(values))
    )
    assert actual == verdict
    assert (p <= 0.05) == (verdict != "undecided")


@pytest.mark.parametrize("test", [OF_A_MEAN, OF_A_SHARE])
@pytest.mark.parametrize("count", range(8))
def test_fewer_than_five_replicates_decide_nothing(test, count):
    values = np.array([*[1.0] * count, np.nan, np.nan])
    least = 5 if test is OF_A_SHARE else 6  # p of ones is 2·0.001ⁿ, and 2·0.5ⁿ without spread
    assert (judge(values, 0.001, np.inf, test)[0] == "supported") == (count >= least)
    assert least >= FEWEST == 5


def test_a_share_of_none_in_ten_is_not_known_to_lie_below_ten_percent():
    verdict, p, interval = judge(np.zeros(10), -np.inf, 0.1, OF_A_SHARE)
    assert p == pytest.approx(2 * 0.9**10)
    assert (verdict, interval.low) == ("undecided", 0)
    assert interval.high == pytest.approx(1 - 0.025**0.1)
    verdict, p, _ = judge(np.zeros(60), -np.inf, 0.1, OF_A_SHARE)
    assert (verdict, p) == ("supported", pytest.approx(2 * 0.9**60))


def test_a_share_of_ten_in_ten_is_known_to_lie_above_one_half():
    verdict, p, _ = judge(np.ones(10), 0.5, np.inf, OF_A_SHARE)
    assert (verdict, p) == ("supported", pytest.approx(2 * 0.5**10))
    assert judge(np.ones(10), -np.inf, 0.5, OF_A_SHARE)[0] == "refuted"


@pytest.mark.parametrize(
    ("verdicts", "verdict", "if_it_needs_all", "if_it_needs_one"),
    [
        ([], *["not tested here"] * 3),
        (["supported", "supported"], *["supported"] * 3),
        (["supported", "refuted"], "mixed", "refuted", "supported"),
        (["supported", "undecided"], "undecided", "undecided", "supported"),
        (["refuted", "refuted"], *["refuted"] * 3),
        (["refuted", "undecided"], "undecided", "refuted", "undecided"),
        (["supported", "refuted", "undecided"], "mixed", "refuted", "supported"),
        (["undecided"], *["undecided"] * 3),
    ],
)
def test_a_claim_is_judged_by_its_effects(verdicts, verdict, if_it_needs_all, if_it_needs_one):
    assert combine(verdicts) == verdict
    assert combine(verdicts, "all") == if_it_needs_all
    assert combine(verdicts, "one") == if_it_needs_one


WORSE_TO_BETTER = ["refuted", "undecided", "supported"]
RANK = {"refuted": 0, "undecided": 1, "mixed": 1, "supported": 2}


@pytest.mark.parametrize("needs", [None, "all", "one"])
def test_making_one_effect_better_never_makes_the_verdict_worse(needs):
    for size in (1, 2, 3, 4):
        for verdicts in product(WORSE_TO_BETTER, repeat=size):
            before = RANK[combine(verdicts, needs)]
            for place, verdict in enumerate(verdicts):
                for better in WORSE_TO_BETTER[WORSE_TO_BETTER.index(verdict) + 1 :]:
                    after = combine([*verdicts[:place], better, *verdicts[place + 1 :]], needs)
                    assert RANK[after] >= before, (verdicts, place, better)


OF_VERDICT = {
    "refuted": {"quantity": "mean_test_accuracy", "rule": {"above": 0.9}},
    "undecided": {},
    "supported": {"quantity": "mean_test_accuracy"},
}


@pytest.mark.parametrize("needs", [None, "all", "one"])
def test_a_secondary_effect_never_lowers_the_verdict_of_primary_ones(needs):
    rows = [
        (primary, secondary)
        for size in (1, 2)
        for primary in product(WORSE_TO_BETTER, repeat=size)
        for secondary in (*WORSE_TO_BETTER, None)
    ]
    entries = []
    for number, (primary, secondary) in enumerate(rows, 1):
        tests = [effect(**OF_VERDICT[verdict]) for verdict in primary]
        if secondary is not None:
            tests.append(effect(primary=False, region="elsewhere", **OF_VERDICT[secondary]))
        entries += ledger_of(*tests, id=number, topic=f"topic {number}", needs=needs).claims
    table, _ = judge_ledger(with_claims(entries), STUDY, RESULTS)
    verdicts = dict(zip(rows, table["verdict"], strict=True))
    for (primary, secondary), verdict in verdicts.items():
        assert RANK[verdict] >= RANK[combine(primary, needs)], (primary, secondary)
        if needs != "one":
            assert verdict == combine(primary, needs), (primary, secondary)


def test_one_example_in_any_region_supports_a_claim_that_needs_one():
    tests = [
        effect(**OF_VERDICT["refuted"]),
        effect(primary=False, region="elsewhere", **OF_VERDICT["supported"]),
    ]
    assert judged(*tests, needs="one")[0]["verdict"] == "supported"
    assert judged(*tests)[0]["verdict"] == "refuted"


def test_an_observation_that_would_be_refuted_is_not_reproduced():
    refuted, supported = effect(**OF_VERDICT["refuted"]), effect(**OF_VERDICT["supported"])
    claim, effects = judged(refuted, observation=True)
    assert (claim["verdict"], claim["decided_by"]) == ("not reproduced", "training")
    assert effects["verdict"].tolist() == ["refuted"]
    assert claim["fails"] == effects["region"].item()
    assert judged(supported, observation=True)[0]["verdict"] == "supported"
    assert judged(refuted, supported, observation=True)[0]["verdict"] == "mixed"


def test_a_claim_says_where_it_holds_where_it_fails_and_what_is_not_known():
    tests = [
        effect(region=verdict, primary=verdict == "supported", **OF_VERDICT[verdict])
        for verdict in (*WORSE_TO_BETTER, "supported")
    ]
    tests[-1] = tests[-1].model_copy(update={"region": "also"})
    claim, _ = judged(*tests, unjudged="recurrent networks")
    on = " (on <digits>, lr0.1)"
    assert claim["verdict"] == "supported"
    assert claim["holds"] == f"supported{on}; also{on}"
    assert claim["fails"] == f"refuted{on}"
    assert claim["not_known"] == f"undecided{on}; recurrent networks"


def test_a_second_computation_stands_beside_a_verdict_and_changes_none():
    test = effect(primary=True, **OF_VERDICT["refuted"])
    alone, beside = judged(test)[0], judged(test, second="PyTorch, five seeds: 3.1 ± 0.2.")[0]
    assert (alone["second"], beside["second"]) == ("", "PyTorch, five seeds: 3.1 ± 0.2.")
    assert beside.drop("second").equals(alone.drop("second"))


VALUES = np.array([0.2, 0.5, 0.9])


def of_topic(values: np.ndarray = VALUES, **columns) -> pd.DataFrame:
    count = len(columns["p"])
    sample = judging.Sample(values, values, values, np.arange(len(values)), values, None, 0, ())
    rows = pd.DataFrame({"primary": True} | columns | {"verdict": ["supported"] * count})
    same = {"dataset": "d", "recipe": "r", "batch": 60, "coarse": False, "threshold": 0.0}
    same |= {"n": len(values)}
    rows["limits"] = [(0.0, np.inf)] * count
    return rows.assign(**same, scale="", drawn=[sample] * count, deciding_test=[OF_A_MEAN] * count)


@pytest.mark.parametrize(
    ("lowest", "highest", "low", "high", "verdict", "certain"),
    [
        (
            VALUES,
            VALUES + np.inf,
            -1.0,
            np.inf,
            "supported",
            True,
        ),  # better still is what the rule asks for
        (VALUES - np.inf, VALUES, -1.0, np.inf, "supported", False),
        (VALUES - np.inf, VALUES, -np.inf, 2.0, "supported", True),
        (VALUES, VALUES + np.inf, 0.0, 2.0, "supported", False),
        (VALUES, VALUES + np.inf, -np.inf, -2.0, "refuted", True),
        (VALUES - np.inf, VALUES, -np.inf, -2.0, "refuted", False),
    ],
)
def test_a_verdict_is_certain_if_no_value_between_the_bounds_turns_it(
    lowest, highest, low, high, verdict, certain
):
    ends = judging.ends(bounded(VALUES, lowest, highest), OF_A_MEAN, 0.95)
    assert judging.is_certain(verdict, *ends, low, high) == certain


def bounded(values: np.ndarray, lowest: np.ndarray, highest: np.ndarray) -> judging.Sample:
    return judging.Sample(values, lowest, highest, np.arange(len(values)), values, None, 0, ())


def test_the_interval_of_values_with_bounds_reaches_from_the_lowest_to_the_highest():
    rng = np.random.default_rng(0)
    for _ in range(200):
        values = rng.normal(0, 1, 8)
        lowest, highest = values - rng.exponential(1, 8), values + rng.exponential(1, 8)
        low, high = judging.ends(bounded(values, lowest, highest), OF_A_MEAN, 0.9)
        each = [
            stats.t.interval(0.9, 7, sample.mean(), stats.sem(sample))
            for sample in (values, lowest, highest)
        ]
        assert low == pytest.approx(min(each[0][0], each[1][0]))
        assert high == pytest.approx(max(each[0][1], each[2][1]))


def test_the_interval_of_values_with_bounds_covers_the_mean_wherever_they_lie():
    rng = np.random.default_rng(1)
    covered = []
    for _ in range(1000):
        true = rng.normal(2, 1, 10)
        lowest, highest = np.floor(true), np.ceil(true)  # known to the next whole number
        low, high = judging.ends(bounded(highest, lowest, highest), OF_A_MEAN, 0.95)
        covered.append(low <= 2 <= high)
    assert np.mean(covered) >= 0.95


def test_a_value_that_is_open_to_one_side_opens_the_interval_there():
    values = np.array([0.2, 0.5, 0.9, 1.1, np.nan])
    sample = bounded(values, values, np.where(values > 1, np.inf, values))
    low, high = judging.ends(sample, OF_A_MEAN, 0.95)
    assert (low, high) == (mean_interval(values).low, np.inf)


def by_topic(effects: pd.DataFrame) -> pd.DataFrame:
    return with_needed(corrected(effects, corrections(effects)[DECIDES]))


def test_holm_is_made_within_a_topic_and_can_take_a_decision_back():
    rows = by_topic(of_topic(topic=list("aaab"), effect=list("wxyz"), p=[0.04, 0.03, 0.001, 0.04]))
    assert rows["p_holm"].to_numpy() == pytest.approx([0.06, 0.06, 0.003, 0.04])
    assert rows["verdict"].tolist() == ["undecided"] * 2 + ["supported"] * 2
    assert rows["replicates_needed"].notna().tolist() == [True, True, False, False]


def test_primary_effects_are_a_family_of_their_own():
    primary = [True, True, False, False]
    p = [0.04, 0.02, 0.03, 0.03]
    rows = by_topic(of_topic(topic=list("aaaa"), effect=list("wxyz"), p=p, primary=primary))
    assert rows["p_holm"].to_numpy() == pytest.approx([0.04, 0.04, 0.06, 0.06])


def test_an_effect_that_two_claims_rest_on_counts_once():
    rows = by_topic(of_topic(topic=list("aaa"), effect=list("xxy"), p=[0.02, 0.02, 0.04]))
    assert rows["p_holm"].to_numpy() == pytest.approx([0.04, 0.04, 0.04])


def lost(how: str, *methods: str) -> dict[str, dict[str, pd.DataFrame]]:
    """Return results in which every replicate of some methods diverged, or ended at chance."""
    if how == "diverged":
        gone = {method: [10] * REPLICATES for method in methods}
        return {
            "learning_curves": synthetic.learning_curves(
                **{"base": ()} | gone, replicates=REPLICATES
            )
        }
    results = dict(RESULTS["learning_curves"])
    metrics = results["metrics"]
    stuck = metrics["method"].isin(methods)
    noise = np.random.default_rng(0).normal(0, 0.001, len(metrics))
    results["metrics"] = metrics.assign(
        failed=stuck, accuracy=metrics["accuracy"].mask(stuck, 0.1 + noise)
    )
    return {"learning_curves": results}


ACCURACY, AREA = {}, {"quantity": "auc_range", "compare": "base", "rule": {"below": 0.9}}
DRIFT = {"quantity": "activation_drift", "compare": "bn / base", "rule": {"below": 1e9}}
STEPS = {"quantity": "steps_to_train", "level": 0.8, "compare": "bn / base", "rule": {"below": 0.5}}


@pytest.mark.parametrize("how", ["diverged", "at chance"])
@pytest.mark.parametrize(
    ("changes", "methods", "says_nothing"),
    [
        (ACCURACY, ["base"], False),
        (ACCURACY, ["base", "bn"], True),
        (AREA, ["base"], True),
        (STEPS, ["base"], False),
        (STEPS, ["base", "bn"], True),
        (DRIFT, ["bn"], True),
        (DRIFT, ["base", "bn"], True),
    ],
)
def test_what_learns_nothing_decides_nothing_and_is_named(how, changes, methods, says_nothing):
    test = effect(**{"rule": {"above": 0}} | changes)
    results = lost(how, *methods)
    table, effects = judge_ledger(ledger_of(test), STUDY, results)
    row = effects.iloc[0]
    assert (row["n"] == 0) == says_nothing
    if says_nothing:
        assert (table["verdict"][0], row["verdict"]) == ("undecided", "undecided")
        assert np.isnan(row[["estimate", "p", "low", "high"]].astype(float)).all()
        named = " or ".join(reversed(methods))
        assert why(row) == (
            f"Undecided because no replicate of {named} learns anything: all diverge or end at chance."
        )
    else:
        assert row["verdict"] in ("supported", "refuted")


def test_a_share_of_failures_counts_what_learns_nothing():
    failing = effect(
        experiment="outside_the_gradient",
        quantity="failed_share",
        compare="base",
        rule={"above": 0.5},
    )
    results = {"outside_the_gradient": lost("at chance", "base")["learning_curves"]}
    assert judge_ledger(ledger_of(failing), STUDY, results)[0]["verdict"][0] == "supported"


@pytest.mark.parametrize("method", ["base", "bn"])
def test_an_epoch_that_training_ends_before_supports_no_early_one(method):
    early = effect(
        quantity="epoch_with_train", level=0.999, compare=method, rule={"within": [10, 12]}
    )
    row = judged(early)[1].iloc[0]
    assert (row["estimate"], row["censored"]) == (11, REPLICATES)  # ten epochs are trained
    assert (row["verdict"], row["coarse"]) == ("undecided", True)


def test_replicates_needed_are_those_at_the_level_that_holm_leaves():
    rows = by_topic(of_topic(topic=list("aa"), effect=list("xy"), p=[0.04, 0.04]))
    alone = by_topic(of_topic(topic=["a"], effect=["x"], p=[0.06]))
    assert (rows["replicates_needed"] > alone["replicates_needed"].item()).all()


@pytest.mark.parametrize("tests", [1, 2, 5, 40])
def test_the_decisive_interval_reaches_the_threshold_unless_p_after_holm_decides(tests):
    values = np.random.default_rng(tests).normal(1, 0.8, 8)
    p = stats.ttest_1samp(values, 0).pvalue
    names = [f"e{number}" for number in range(tests)]
    rows = by_topic(of_topic(values, topic=["a"] * tests, effect=names, p=[p] * tests)).iloc[0]
    assert (rows["decisive_low"] > 0) == (rows["p_holm"] <= 0.05)
    assert rows["p_holm"] == pytest.approx(min(1, tests * p))
    expected = stats.t.interval(1 - 0.05 * p / rows["p_holm"], 7, values.mean(), stats.sem(values))
    assert (rows["decisive_low"], rows["decisive_high"]) == pytest.approx(expected)


def final(method: str, split: str = "test", column: str = "accuracy") -> np.ndarray:
    rows = RESULTS["learning_curves"]["metrics"].query(
        f"step == 1000 and method == '{method}' and split == '{split}' and statistics == 'moving'"
    )
    return rows.sort_values("replicate")[column].to_numpy()


def test_a_difference_is_paired_by_replicate_and_printed_in_points():
    row = judged(effect())[1].iloc[0]
    differences = (final("bn") - final("base")) * 100
    assert row["estimate"] == pytest.approx(np.nanmean(differences))
    assert (row["n"], row["replicates"]) == (np.isfinite(differences).sum(), REPLICATES)
    assert row["scale"] == "points"
    assert row["effect"] == "test accuracy: BN minus Base"
    assert row["rule"] == "above 0 points"


def test_other_inference_statistics_are_those_of_the_method_that_has_them():
    row = judged(effect(statistics="batch"))[1].iloc[0]
    assert row["estimate"] == pytest.approx(judged(effect())[1].iloc[0]["estimate"] - 2)
    assert row["effect"] == "test accuracy under batch statistics: BN minus Base"


def test_a_ratio_is_the_geometric_mean_and_its_thresholds_are_ratios():
    row = judged(effect(quantity="validation_loss", compare="bn / base", rule={"below": 1}))[1]
    row = row.iloc[0]
    logs = np.log(final("bn", "validation", "loss") / final("base", "validation", "loss"))
    assert row["estimate"] == pytest.approx(np.exp(np.nanmean(logs)))
    assert (row["threshold_high"], row["scale"]) == (pytest.approx(1), "ratio")
    assert np.isnan(row["threshold_low"])


def crossing(split: str = "test", **reached: list[float]) -> dict:
    """Results in which each method's replicates pass 0.9 at these evaluations, NaN for never."""
    metrics = RESULTS["learning_curves"]["metrics"].copy()
    for method, steps in reached.items():
        for replicate, step in enumerate(steps):
            here = (metrics["method"] == method) & (metrics["replicate"] == replicate)
            metrics.loc[here, "accuracy"] = np.where(metrics.loc[here, "step"] >= step, 0.95, 0.5)
    return RESULTS | {"learning_curves": RESULTS["learning_curves"] | {"metrics": metrics}}


def test_a_replicate_that_never_gets_there_counts_with_the_whole_budget():
    results = crossing(base=[500, np.nan, 1000, np.nan] * 2, bn=[100] * REPLICATES)
    test = effect(quantity="steps_to_test", level=0.9, compare="bn / base", rule={"below": 1})
    row = judge_ledger(ledger_of(test), STUDY, results)[1].iloc[0]
    assert row["estimate"] == pytest.approx(np.exp(np.log([1 / 5, 1 / 10, 1 / 10, 1 / 10]).mean()))
    assert row["censored"] == 4
    assert row["n"] == REPLICATES


@pytest.mark.parametrize(
    ("split", "bn", "verdict"),
    [("test", 100, "undecided"), ("test", 50, "supported"), ("train", 50, "undecided")],
)
def test_steps_are_known_to_one_evaluation_or_two_of_averages_and_decide_nothing_finer(
    split, bn, verdict
):
    # Evaluations are at 10, 50, 100 and 200: base got there after 100, by averages after 50.
    results = crossing(base=[200] * REPLICATES, bn=[bn] * REPLICATES)
    test = effect(quantity=f"steps_to_{split}", level=0.9, compare="bn / base", rule={"below": 1})
    row = judge_ledger(ledger_of(test), STUDY, results)[1].iloc[0]
    assert row["verdict"] == verdict
    assert bool(row["coarse"]) == (verdict == "undecided")
    assert row["coarse_reason"] == "steps are known to one evaluation"


def test_epochs_to_an_accuracy_are_its_steps_in_epochs():
    results = crossing(bn=[200, 100] * 4)
    test = effect(quantity="epochs_to_train", level=0.9, compare="bn", rule={"above": 0.5})
    assert judge_ledger(ledger_of(test), STUDY, results)[1].iloc[0]["estimate"] == 1.5


def test_the_first_epoch_at_an_accuracy_is_that_of_its_mean_over_the_epoch():
    # 100 steps an epoch. The mean of steps 101 to 200 is recorded as one number, that of 201 to 500
    # as another, which counts for epochs 3, 4 and 5.
    test = effect(quantity="epoch_with_train", level=0.9, compare="bn", rule={"above": 0.5})

    def first(*steps: float) -> float:
        return judge_ledger(ledger_of(test), STUDY, crossing(bn=2 * list(steps)))[1].iloc[0][
            "estimate"
        ]

    assert first(200, 200, 200, 200) == 2
    assert first(500, 500, 500, 500) == 3
    assert first(10, 200, 500, np.nan) == pytest.approx((1 + 2 + 3 + 11) / 4)


def test_a_lead_that_shrinks_is_the_early_gap_less_the_late_one():
    test = effect(quantity="lost_test_accuracy", epoch=2)
    row = judged(test)[1].iloc[0]

    def gap(step: int) -> pd.Series:
        rows = RESULTS["learning_curves"]["metrics"].query(
            f"step == {step} and split == 'test' and statistics == 'moving'"
        )
        wide = rows.pivot(index="replicate", columns="method", values="accuracy")
        return wide["bn"] - wide["base"]

    assert row["estimate"] == pytest.approx(100 * (gap(200) - gap(1000)).mean())
    assert row["effect"] == "test accuracy at epoch 2 minus that at the end: BN minus Base"


def test_the_growth_of_a_spread_is_last_over_first_averaged_over_units():
    test = effect(quantity="activation_spread_growth", compare="bn", rule={"above": 0})
    rows = RESULTS["learning_curves"]["percentiles"].query(
        "method == 'bn' and quantity == 'activation'"
    )
    estimates = []
    for _, of_replicate in rows.groupby("replicate"):
        logs = []
        for _, unit in of_replicate.groupby("unit"):
            at = {key: part.set_index("percentile")["value"] for key, part in unit.groupby("step")}
            last, first = at[max(at)], at[min(at)]
            logs.append(np.log((last[85] - last[15]) / (first[85] - first[15])))
        estimates.append(np.exp(np.mean(logs)))
    assert judged(test)[1].iloc[0]["estimate"] == pytest.approx(np.mean(estimates))


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
    rows = drift(RESULTS["learning_curves"]["percentiles"])
    chosen = (rows["method"] == "bn") & (rows["quantity"] == quantity.removesuffix("_drift"))
    assert row["estimate"] == pytest.approx(rows.loc[chosen, "average"].iloc[0])


def test_the_stand_in_is_named_beside_what_it_stands_for():
    row = judged(effect())[1].iloc[0]
    assert (row["dataset"], row["recipe"]) == ("digits", "lr0.1")
    assert row["region"] == "MNIST, rate 0.1 (on <digits>, lr0.1)"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"experiment": "faults"}, "leaves out the experiment faults"),
        ({"dataset": "bng_glass"}, "has nothing on bng_glass there"),
        ({"recipe": "other"}, "has nothing on other there"),
        ({"batch": 7}, "does not train bn at batch 7 there"),
        ({"compare": "ln - base"}, "does not train ln at batch 60 there"),
    ],
)
def test_what_the_study_does_not_train_is_not_tested_and_said(changes, why):
    claim, effects = judged(effect(**changes))
    assert (claim["verdict"], len(effects)) == ("not tested here", 0)
    assert claim["not_known"] == f"MNIST, rate 0.1: this study {why}"


def test_what_the_recipes_do_not_record_is_not_tested_and_said():
    unprobed = STUDY.recipes["lr0.1"].model_copy(update={"probes": []})
    study = STUDY.model_copy(update={"recipes": {"lr0.1": unprobed}})
    ledger = ledger_of(effect(quantity="macro_auc"), effect())
    table, effects = judge_ledger(ledger, study, RESULTS)
    assert len(effects) == 1
    assert "does not record classes" in table.iloc[0]["not_known"]


def test_a_claim_keeps_the_effects_that_can_be_judged():
    early = effect(quantity="mean_test_accuracy")
    elsewhere = effect(region="elsewhere", dataset="bng_glass", primary=False)
    claim, effects = judged(early, elsewhere)
    assert effects["verdict"].tolist() == ["supported"]
    assert claim["verdict"] == "supported"
    assert claim["holds"] == effects["region"].item()
    assert claim["not_known"] == "elsewhere: this study has nothing on bng_glass there"


@pytest.mark.parametrize(("needs", "verdict"), [(None, "undecided"), ("one", "supported")])
def test_a_primary_effect_that_is_not_measured_leaves_the_claim_open(needs, verdict):
    early = effect(quantity="mean_test_accuracy")
    claim, _ = judged(early, effect(region="elsewhere", dataset="bng_glass"), needs=needs)
    assert (claim["verdict"], claim["unmeasured"]) == (verdict, 1)


def test_settled_and_untested_claims_say_why():
    settled = {"verdict": "refuted", "by": "algebra", "correction": "It is squared."}
    claim, _ = judged(settled=settled)
    assert (claim["verdict"], claim["correction"]) == ("refuted", "It is squared.")
    claim, _ = judged(untested="Needs ImageNet.")
    assert (claim["verdict"], claim["reason"]) == ("not tested here", "Needs ImageNet.")


def test_all_columns_are_there_even_when_nothing_could_be_judged():
    _, effects = judged(untested="Needs ImageNet.")
    assert list(effects.columns) == EFFECT_COLUMNS


def test_analogues_of_a_settled_claim_are_measured_and_decide_nothing():
    settled = {"verdict": "supported", "by": "primary source", "correction": "So say the authors."}
    far = effect(quantity="mean_test_accuracy", primary=False, rule=Rule(above=0.9))
    claim, effects = judged(far, settled=settled)
    assert (claim["verdict"], claim["decided_by"]) == ("supported", "primary source")
    assert (claim["tests"], claim["reason"]) == (1, "Settled by primary source.")
    assert effects["verdict"].item() == "refuted"
    assert (claim["holds"], claim["fails"]) == ("", effects["region"].item())


def test_a_claim_that_needs_all_falls_with_one_counterexample():
    ahead = effect(quantity="mean_test_accuracy")
    tests = [ahead, ahead.model_copy(update={"region": "far ahead", "rule": Rule(above=0.9)})]
    assert judged(*tests)[0]["verdict"] == "mixed"
    assert judged(*tests, needs="all")[0]["verdict"] == "refuted"


@pytest.mark.parametrize(("source", "stand_in"), [("bundled", "<digits>"), ("redraw", "a redraw")])
def test_a_verdict_on_stand_ins_alone_says_so(source, stand_in):
    more = {"of": "digits", "seed": 1} if source == "redraw" else {}
    entry = {k: v for k, v in DATASET.items() if source == "bundled" or k != "name"}
    config = STUDY.model_dump(by_alias=True, exclude_none=True)
    config["datasets"] = {"digits": entry | {"source": source} | more}
    study = Study.model_validate(config)
    ahead = {"quantity": "mean_test_accuracy"}
    table, effects = judge_ledger(ledger_of(effect(**ahead)), study, RESULTS)
    assert table.iloc[0]["stand_in"] == effects.iloc[0]["stand_in"] == stand_in
    own = effect(dataset="digits", recipe="lr0.1", **ahead)
    table, _ = judge_ledger(ledger_of(effect(**ahead), own), study, RESULTS)
    assert table.iloc[0]["stand_in"] == ""


def test_what_each_replicate_gave_is_published_in_the_units_of_its_effect():
    tests = [effect(), effect(quantity="validation_loss", compare="bn / base", rule={"below": 1})]
    judged_ = claims.judge_ledger(ledger_of(*tests), STUDY, RESULTS, find_quantity)
    rows = judged_.replicates
    assert list(rows.columns) == judging.REPLICATE_COLUMNS
    points = rows[rows["test"] == 1]
    assert points["first"].to_numpy() == pytest.approx(final("bn") * 100, nan_ok=True)
    assert points["second"].to_numpy() == pytest.approx(final("base") * 100, nan_ok=True)
    ratios = rows[rows["test"] == 2]
    assert (ratios["low"]).to_numpy() == pytest.approx(
        final("bn", "validation", "loss") / final("base", "validation", "loss"), nan_ok=True
    )


RATES = synthetic.learning_rate(REPLICATES)
RATE_STUDY = Study.model_validate(
    STUDY.model_dump(by_alias=True, exclude_none=True)
    | {
        "recipes": {
            f"lr{rate:g}": RECIPE | {"learning_rate": rate} for rate in (0.01, 0.1, 0.3, 1, 10)
        },
        "experiments": {
            "learning_rate": {
                "runs": [
                    group([60]) | {"recipes": [f"lr{rate:g}" for rate in (0.01, 0.1, 0.3, 1, 10)]}
                ]
            }
        },
    }
)


def at_own_rates(metrics: pd.DataFrame, **changes) -> pd.Series:
    at = {"experiment": "learning_rate", "recipe": None, "rate": "best"}
    test = effect(**at | changes)
    return judge_ledger(ledger_of(test), RATE_STUDY, {"learning_rate": {"metrics": metrics}})[
        1
    ].iloc[0]


def test_a_best_rate_at_the_end_of_those_tried_may_not_be_the_best_there_is():
    metrics = RATES["metrics"].query("not (method == 'base' and learning_rate == 10)").copy()
    metrics.loc[metrics["method"] == "bn", "accuracy"] += 0.05
    row = at_own_rates(metrics)  # base is best at 1, the last one tried, and might do better beyond
    assert (row["estimate"] > 4, row["verdict"], bool(row["coarse"])) == (True, "undecided", True)
    assert row["coarse_reason"] == "the best rate of base is at an end of those tried, 1"
    metrics = RATES["metrics"].copy()
    metrics.loc[metrics["method"] == "bn", "accuracy"] += 0.05
    assert at_own_rates(metrics)["verdict"] == "supported"


def test_the_highest_good_rate_is_known_to_the_next_one_tried():
    row = at_own_rates(
        RATES["metrics"], rate=None, quantity="highest_good_rate", compare="base", rule={"above": 9}
    )
    assert row["estimate"] == 1  # and 10 is no good rate, so that it lies below
    assert row["verdict"] == "undecided"
    assert row["coarse_reason"] == "rates are known to the next one tried"
    row = at_own_rates(
        RATES["metrics"],
        rate=None,
        quantity="highest_good_rate",
        compare="base",
        rule={"below": 10},
    )
    assert row["verdict"] == "supported"
