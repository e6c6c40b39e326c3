"""Verdicts on fresh seeds: which effects are compared, every outcome, the sentences, and the digest of the ledger."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from test_claims import effect, ledger_of

from bnlab.analysis.claims import place
from bnlab.analysis.confirmation import CONFIRMATION_COLUMNS, confirm, outcome
from bnlab.page import confirmation as page
from bnlab.study import validation
from bnlab.study.config import Study
from bnlab.study.declaration import TIMING
from bnlab.study.ledger import Effect, Ledger
from bnlab.study.locations import read_yaml, without_nulls
from bnlab.study.names import CONFIRMATION

MANIFEST = {"seeds": [1001, 1020], "ledger": "0123456789abcdef"}


def effects(*rows: dict) -> pd.DataFrame:
    """Return rows of effects.csv; of each are given the claim, the key, the verdict and what is unusual."""
    usual = {
        "primary": True,
        "rule": "above 0 points",
        "experiment": "learning_curves",
        "dataset": "mnist",
        "recipe": "lr0.1",
        "quantity": "test_accuracy",
        "scale": "points",
        "estimate": 1.0,
        "low": 0.5,
        "high": 1.5,
        "n": 10,
        "p_holm": 0.01,
    }
    table = pd.DataFrame([usual | row for row in rows])
    return table.assign(test=table.groupby("id").cumcount() + 1)


def one(number: str, key: str, verdict: str, **more: object) -> dict:
    return {"id": number, "key": key, "verdict": verdict, **more}


def claims(**first: str) -> pd.DataFrame:
    rows = [
        {"id": number, "verdict": verdict, "needs": "", "observation": False}
        for number, verdict in first.items()
    ]
    return pd.DataFrame(rows)


def outcomes(table: pd.DataFrame) -> dict[str, tuple[str, str, str]]:
    """Return first verdict, fresh verdict and outcome of each claim."""
    of_claims = table[table["test"].isna()].set_index("id")
    return {row.Index: (row.first, row.fresh, row.outcome) for row in of_claims.itertuples()}


@pytest.mark.parametrize(
    ("first", "fresh", "expected"),
    [
        ("supported", "supported", "confirmed"),
        ("mixed", "mixed", "confirmed"),
        ("not reproduced", "not reproduced", "confirmed"),
        ("supported", "refuted", "changed"),
        ("mixed", "supported", "changed"),
        ("refuted", "undecided", "undecided"),
        ("undecided", "undecided", "undecided"),
        ("undecided", "refuted", "newly decided"),
    ],
)
def test_an_outcome_is_one_of_four(first, fresh, expected):
    assert outcome(first, fresh) == expected


def test_a_claim_is_judged_by_its_fresh_primary_effects_alone():
    here = effects(
        one("1", "a", "supported"),
        one("1", "b", "refuted"),
        one("1", "c", "supported", primary=False),
        one("2", "a", "undecided"),
    )
    fresh = here.assign(verdict=["supported", "supported", "refuted", "supported"], estimate=2.0)
    table = confirm(claims(**{"1": "mixed", "2": "undecided"}), here, fresh)
    assert list(table.columns) == CONFIRMATION_COLUMNS
    assert outcomes(table) == {
        "1": ("mixed", "supported", "changed"),
        "2": ("undecided", "supported", "newly decided"),
    }
    of_effects = table[table["test"].notna()]
    assert list(
        zip(of_effects["first"], of_effects["fresh"], of_effects["outcome"], strict=True)
    ) == [
        ("supported", "supported", "confirmed"),
        ("refuted", "supported", "changed"),
        ("supported", "refuted", "changed"),
        ("undecided", "supported", "newly decided"),
    ]
    assert (of_effects["estimate"] == 2).all()


@pytest.mark.parametrize(
    "other",
    [
        {"rule": "above 1 point"},
        {"key": "z"},
        {"dataset": "digits"},
        {"recipe": "short"},
        {"id": "2"},
    ],
)
def test_no_other_rule_measure_data_recipe_or_claim_confirms(other):
    here = effects(one("1", "a", "supported"), one("1", "b", "supported"))
    fresh = effects(one("1", "a", "supported"), one("1", "b", "supported") | other)
    table = confirm(claims(**{"1": "supported"}), here, fresh)
    assert list(table["key"]) == ["a"]
    assert outcomes(table) == {}


def test_a_claim_without_one_of_its_primary_effects_has_no_fresh_verdict_and_others_may_be_missing():
    here = effects(
        one("1", "a", "supported"),
        one("1", "b", "supported"),
        one("2", "a", "supported"),
        one("2", "b", "supported", primary=False),
        one("3", "c", "supported", primary=False),
    )
    first = claims(**{"1": "supported", "2": "supported", "3": "refuted"})
    table = confirm(first, here, here[here["key"] != "b"])
    assert outcomes(table) == {"2": ("supported", "supported", "confirmed")}


def test_needs_and_observations_count_on_fresh_seeds_too():
    here = effects(
        *(one(number, key, "refuted", primary=key == "a") for number in "123" for key in "ab"),
        *(one("4", key, "supported") for key in "ab"),
    )
    first = claims(**{"1": "refuted", "2": "not reproduced", "3": "refuted", "4": "supported"})
    first.loc[first["id"] == "3", "needs"] = "one"
    first.loc[first["id"] == "4", "needs"] = "all"
    first.loc[first["id"] == "2", "observation"] = True
    fresh = here.copy()
    fresh.loc[(fresh["id"] == "3") & (fresh["key"] == "b"), "verdict"] = "supported"
    fresh.loc[(fresh["id"] == "4") & (fresh["key"] == "b"), "verdict"] = "refuted"
    assert outcomes(confirm(first, here, fresh)) == {
        "1": ("refuted", "refuted", "confirmed"),
        "2": ("not reproduced", "not reproduced", "confirmed"),
        "3": ("refuted", "supported", "changed"),
        "4": ("supported", "refuted", "changed"),
    }


def test_timings_are_confirmed_by_no_seed():
    timing = {"quantity": "seconds_per_1000_steps"}
    here = effects(one("1", "a", "supported", **timing), one("2", "b", "supported"))
    table = confirm(claims(**{"1": "supported", "2": "supported"}), here, here)
    assert set(table["id"]) == {"2"}


def test_without_a_fresh_study_the_table_is_empty():
    here = effects(one("1", "a", "supported"))
    table = confirm(claims(**{"1": "supported"}), here, here[:0])
    assert table.empty and list(table.columns) == CONFIRMATION_COLUMNS
    assert page.confirmation(table, MANIFEST, "") is None
    assert page.sentences(None) == []
    assert page.on_claim(None, "1") == "" and page.on_effect(None, "1", 1) == []


def fresh(digest: str = MANIFEST["ledger"], **pairs: tuple[str, str]) -> page.Confirmation | None:
    """Return claims of one effect each, by their first and fresh verdicts."""
    here = effects(*(one(number, "a", first) for number, (first, _) in pairs.items()))
    again = here.assign(verdict=[verdict for _, verdict in pairs.values()])
    first = claims(**{number: verdict for number, (verdict, _) in pairs.items()})
    return page.confirmation(confirm(first, here, again), MANIFEST, digest)


VERDICTS = {
    "1": ("supported", "supported"),
    "2": ("refuted", "refuted"),
    "3": ("supported", "refuted"),
    "4": ("supported", "undecided"),
    "5": ("undecided", "supported"),
    "6": ("undecided", "undecided"),
    "7": ("undecided", "undecided"),
}


def test_the_sentences_have_the_counts_the_share_and_the_digest():
    assert page.sentences(fresh(**VERDICTS)) == [
        "20 fresh seeds, 1001 to 1020, confirm 2 of 4 verdicts by training (50 %), change 1 and leave 1 open.",
        "20 fresh seeds, 1001 to 1020, decide 1 of 3 claims that were undecided.",
        "They were trained for the ledger's tests of digest 0123456789ab, which have not changed since.",
    ]


def test_a_ledger_with_other_tests_was_not_fixed_before():
    assert page.sentences(fresh("another", **{"1": VERDICTS["1"]})) == [
        "20 fresh seeds, 1001 to 1020, confirm 1 of 1 verdicts by training (100 %), change 0 and leave 0 open.",
        "Tests of the ledger have changed since these seeds were trained.",
    ]


def test_effects_alone_make_no_sentence():
    only = effects(one("1", "a", "supported", primary=False))
    table = confirm(claims(**{"1": "supported"}), only, only)
    assert page.sentences(page.confirmation(table, MANIFEST, "")) == []


def test_a_claim_has_a_line_and_an_effect_its_fresh_estimate():
    verdicts = fresh(**VERDICTS)
    assert page.on_claim(verdicts, "1") == "Fresh seeds 1001 to 1020: supported (confirmed)."
    assert page.on_claim(verdicts, "3") == "Fresh seeds 1001 to 1020: refuted (changed)."
    assert page.on_claim(verdicts, "4") == "Fresh seeds 1001 to 1020: undecided."
    assert page.on_claim(verdicts, "5") == "Fresh seeds 1001 to 1020: supported (newly decided)."
    assert page.on_claim(verdicts, "8") == ""
    assert page.on_effect(verdicts, "1", 1) == [("on fresh seeds", "1.0 ± 0.5 points, supported")]
    assert page.on_effect(verdicts, "1", 2) == []


BEFORE = ledger_of(effect(), effect(primary=False, rule={"within": [0, 1]}))


def changed(**test: object) -> Ledger:
    claim = BEFORE.claims[0]
    first = claim.tests[0].model_copy(update=test)
    return BEFORE.model_copy(
        update={"claims": [claim.model_copy(update={"tests": [first, claim.tests[1]]})]}
    )


@pytest.mark.parametrize(
    "after",
    [
        changed(rule=effect(rule={"above": 0.1}).rule),
        changed(primary=False),
        changed(batch=32),
        changed(compare="ln - base"),
        ledger_of(*BEFORE.claims[0].tests, id=2),
        ledger_of(*BEFORE.claims[0].tests, topic="accuracy"),
        ledger_of(*BEFORE.claims[0].tests, needs="all"),
        ledger_of(*BEFORE.claims[0].tests, observation=True),
        ledger_of(BEFORE.claims[0].tests[0]),
    ],
)
def test_what_decides_changes_the_digest_of_a_ledger(after):
    assert after.digest != BEFORE.digest


def test_words_do_not_change_the_digest_of_a_ledger():
    words = ledger_of(
        *BEFORE.claims[0].tests, claim="It is faster.", place="p. 2", claimed="10 times"
    )
    assert words.digest == BEFORE.digest
    assert changed(region="elsewhere", headline="Faster", claimed=3.0).digest == BEFORE.digest
    untested = ledger_of(id=9, untested="It needs ImageNet.").claims
    more = BEFORE.model_copy(update={"claims": [*BEFORE.claims, *untested]})
    assert more.digest == BEFORE.digest


# --- the study of this repository -------------------------------------------------------------

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "config.yaml"


@pytest.fixture(scope="module")
def study() -> Study:
    return validation.read([CONFIG, ROOT / "workflow/studies/confirmation.yaml"])


def primary_tests() -> list[Effect]:
    ledger = Ledger.model_validate(without_nulls(read_yaml(ROOT / "workflow/claims.yaml")))
    return [test for claim in ledger.claims for test in claim.tests if test.primary]


def test_it_trains_the_runs_of_every_primary_test_but_timings(study):
    tests = [
        test
        for test in primary_tests()
        if TIMING not in study.declaration(test.experiment).quantities[test.quantity].reads
    ]
    assert len(tests) > 100
    for test in tests:
        place(test, study, test.methods)  # raises Absent where it is not trained


def test_a_method_at_its_best_rate_has_rates_on_both_sides(study):
    for test in primary_tests():
        for method in test.methods if test.rate else ():
            rates = {
                study.recipes[run.recipe].rate(run.batch)
                for run in study.runs(test.experiment)
                if (run.dataset, run.method, run.batch) == (test.dataset, method, test.batch)
                and test.where.items() <= study.comparison_settings(run.recipe).items()
            }
            assert len(rates) >= 3, (test.region, method)


def test_every_run_has_the_same_seeds_and_no_run_of_the_full_study_has_them(study):
    full = validation.read([CONFIG])
    runs = study.all_runs()
    assert study.study == CONFIRMATION
    assert {(study.seed_of(run), study.replicates_of(run)) for run in runs} == {(study.seed, 20)}
    for run in runs:
        assert full.seed_of(run) + full.replicates_of(run) <= study.seed


def test_its_runs_have_the_settings_of_the_full_study(study):
    full = validation.read([CONFIG])
    for run in study.all_runs():
        assert run in full.all_runs()
        assert study.settings(run) == full.settings(run)
