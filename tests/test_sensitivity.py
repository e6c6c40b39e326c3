"""Verdicts under other corrections for many tests."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import test_claims
import verdicts
from scipy import stats

from bnlab.analysis import sensitivity
from bnlab.analysis.samples import Sample
from bnlab.analysis.statistics import OF_A_MEAN, OF_A_SHARE, holm
from bnlab.page import ledger as ledger_page


def effects(values: np.ndarray, **columns) -> pd.DataFrame:
    """Return effects with these values (tests, replicates), judged against 0."""
    rows = pd.DataFrame(
        {
            "id": [str(number) for number in range(len(values))],
            "topic": "one",
            "primary": True,
            "effect": [f"e{number}" for number in range(len(values))],
            "dataset": "d",
            "recipe": "r",
            "batch": 60,
            "p": [stats.ttest_1samp(each, 0).pvalue for each in values],
            "verdict": "supported",
            "threshold": 0.0,
            "n": values.shape[1],
        }
        | columns
    )
    replicates = np.arange(values.shape[1])
    drawn = [Sample(each, each, each, replicates, each, None, 0, ()) for each in values]
    rows["limits"] = [(0.0, np.inf)] * len(values)
    return rows.assign(drawn=drawn, deciding_test=[OF_A_MEAN] * len(values), scale="", coarse=False)


def test_max_t_of_one_test_is_its_sign_flip_test():
    values = np.random.default_rng(0).normal(0.8, 1, (1, 8))
    actual = sensitivity.max_t(effects(values))
    exact = stats.permutation_test(
        (values[0],),
        lambda x, axis: np.abs(stats.ttest_1samp(x, 0, axis=axis).statistic),
        permutation_type="samples",
        n_resamples=np.inf,
        alternative="greater",
        vectorized=True,
    )
    assert actual == pytest.approx([exact.pvalue])


def test_max_t_of_the_same_test_twice_is_that_of_one_while_holm_doubles_it():
    values = np.repeat(np.random.default_rng(1).normal(0.9, 1, (1, 8)), 2, axis=0)
    rows = effects(values)
    assert sensitivity.max_t(rows) == pytest.approx(np.repeat(sensitivity.max_t(rows[:1]), 2))
    p = sensitivity.corrections(rows)
    assert p["holm_by_topic"].to_numpy() == pytest.approx(2 * rows["p"].to_numpy())


def test_max_t_keeps_its_level_where_nothing_is_to_be_found():
    rng = np.random.default_rng(2)
    found = 0
    for _ in range(150):
        common = rng.normal(0, 1, 9)
        values = common + rng.normal(0, 0.5, (6, 9))  # the tests share their replicates
        found += bool((sensitivity.max_t(effects(values)) <= 0.05).any())
    assert found / 150 <= 0.1


def test_each_correction_is_over_its_own_tests():
    values = np.random.default_rng(3).normal(0.8, 1, (4, 10))
    rows = effects(values, topic=["a", "a", "b", "b"])
    p = sensitivity.corrections(rows)
    raw = rows["p"].to_numpy()
    assert p["none"].to_numpy() == pytest.approx(raw)
    assert p["holm_over_all"].to_numpy() == pytest.approx(holm(raw))
    assert p["holm_by_topic"].to_numpy() == pytest.approx([*holm(raw[:2]), *holm(raw[2:])])


def test_tests_of_few_replicates_do_not_weaken_those_of_many():
    rng = np.random.default_rng(6)
    many, few = effects(rng.normal(2, 1, (2, 10))), effects(rng.normal(5, 1, (1, 5)))
    rows = pd.concat([many, few.assign(id="few", effect="few")], ignore_index=True)
    p = sensitivity.corrections(rows)["max_t"].to_numpy()
    assert p[:2] == pytest.approx(2 * sensitivity.max_t(many))
    assert p[2] == pytest.approx(
        2 * 2 / 2**5
    )  # no sign-flip test of five can be surer, times two groups


def test_a_share_keeps_holm_s_correction():
    rows = effects(np.random.default_rng(4).normal(0.8, 1, (2, 10)))
    rows["deciding_test"] = [OF_A_SHARE, OF_A_MEAN]
    p = sensitivity.corrections(rows)
    assert p["max_t"].iloc[0] == p["holm_by_topic"].iloc[0]


def test_verdicts_that_change_are_counted_and_named():
    # Two tests of p near 0.03: each alone decides, and no correction of both does.
    base = np.random.default_rng(5).normal(0, 1, 10)
    base = (base - base.mean()) / base.std(ddof=1)
    shift = stats.t.isf(0.015, 9) / np.sqrt(10)
    rows = effects(np.array([base + shift, base[::-1] + shift]))
    assert rows["p"].to_numpy() == pytest.approx(0.03)
    table = sensitivity.changed_verdicts(
        rows,
        sensitivity.corrections(rows),
        lambda judged: dict(zip(judged["id"], judged["verdict"], strict=True)),
    ).set_index("correction")
    assert table.loc["none", ["claims", "changed", "which"]].tolist() == [2, 2, "0 1"]
    assert table.loc["holm_over_all", "changed"] == 0


def test_replicates_needed_are_searched_once_for_each_open_test(monkeypatch):
    searched = []
    monkeypatch.setattr(
        sensitivity, "replicates_needed", lambda *_, **level: searched.append(level) or 12.0
    )
    ledger = test_claims.ledger_of(
        test_claims.effect(quantity="mean_test_accuracy", rule={"above": 0.9}),
        test_claims.effect(quantity="mean_test_accuracy", rule={"within": [-1, 1]}, primary=False),
        test_claims.effect(quantity="test_accuracy", primary=False),
    )
    judged = test_claims.claims.judge_ledger(
        ledger, test_claims.STUDY, test_claims.RESULTS, test_claims.find_quantity
    )
    is_open = judged.effects["verdict"] == "undecided"
    assert len(searched) == is_open.sum() > 0 and not is_open.all()
    assert (judged.effects["replicates_needed"].eq(12) == is_open).all()


def test_an_effect_is_too_coarse_at_the_level_that_each_correction_leaves():
    rng = np.random.default_rng(7)
    values = np.array([rng.normal(0.5, 0.5, 10), rng.normal(5, 0.5, 10)])
    rows = effects(values, topic=["a", "b"])
    known = rows["drawn"].iloc[0]
    p = stats.ttest_1samp(known.values, 0).pvalue
    at_level = stats.t.interval(1 - 0.05 / 2, 9, known.values.mean(), stats.sem(known.values))
    shift = (
        at_level[0] + stats.t.interval(0.95, 9, known.values.mean(), stats.sem(known.values))[0]
    ) / 2
    rows.at[0, "drawn"] = known._replace(lowest=known.values - shift)
    assert 2 * p < 0.05 and at_level[0] < shift
    verdicts = {
        name: sensitivity.corrected(rows, sensitivity.corrections(rows)[name])["coarse"].iloc[0]
        for name in ("holm_by_topic", "none")
    }
    assert verdicts == {"holm_by_topic": False, "none": False}
    one_topic = rows.assign(topic="a")
    adjusted = pd.Series([2 * p, 2 * p])  # as if the other test were as unsure
    assert sensitivity.corrected(one_topic, adjusted)["coarse"].iloc[0]


def test_the_ledger_publishes_it_with_its_verdicts():
    ledger = test_claims.ledger_of(test_claims.effect(quantity="mean_test_accuracy"))
    judged = test_claims.claims.judge_ledger(
        ledger, test_claims.STUDY, test_claims.RESULTS, test_claims.find_quantity
    )
    table = judged.sensitivity.set_index("correction")
    assert list(table.index) == list(sensitivity.CORRECTIONS)
    assert (table["claims"] == 1).all()


def test_the_page_says_which_verdicts_would_change():
    text = ledger_page.sensitivity(verdicts.sensitivity())
    assert text.startswith("Of 9 verdicts by training, other corrections would change these:")
    assert "at once 2 (2 and 9);" in text
    assert "normal distribution, none;" in text
    assert text.endswith("no correction at all 1 (3).")
    assert ledger_page.sensitivity(verdicts.sensitivity().assign(claims=0)) == ""
