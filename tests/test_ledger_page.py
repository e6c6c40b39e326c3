"""Counts of verdicts, printed numbers and forest plots."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import synthetic
import verdicts

from bnlab.page import ledger as ledger_page
from bnlab.page import phrases
from bnlab.page.contents import Item
from bnlab.page.forest import MARGIN, WIDTH, Label, forest
from bnlab.page.headlines import PLOT_WIDTH, effect_plots
from bnlab.page.links import places
from bnlab.study.origins import Fixed

NONE, INFINITE = float("nan"), float("inf")
LABELS = {"base": "Base", "bn": "BN", "ws": "WS"}
ITEM = Item("learning_curves", "digits", "lr0.1", "accuracy", Path("accuracy.csv"))
PLACES = places([ITEM], synthetic.DECLARED)


@pytest.fixture(scope="module")
def variables() -> dict:
    claims, effects, *_ = verdicts.ledger()
    return ledger_page.page(claims, effects, LABELS, PLACES, {"report": "student report"})


def row(**more):
    """Return an effect as a row of effects.csv."""
    values = verdicts.effect(1, 1, 1.235, 1.1, 1.37, "supported") | more
    return next(pd.DataFrame([values]).itertuples())


def effects(variables: dict) -> list[dict]:
    return [effect for claim in variables["claims"] for effect in claim["effects"]]


def test_every_verdict_is_counted_and_shares_fill_the_bar(variables):
    parts = variables["bar"]
    assert [(part.verdict.name, part.claims) for part in parts] == [
        ("supported", 4),
        ("mixed", 1),
        ("refuted", 1),
        ("not reproduced", 1),
        ("undecided", 2),
        ("not tested here", 1),
    ]
    assert parts[-1].start + parts[-1].width == pytest.approx(100)
    assert sum(topic["total"] for topic in variables["topics"]) == variables["total"] == 10


def sentence(*claims: tuple[str, str, str]) -> str:
    """Return the sentence on claims, each a verdict, its decider and its stand-in."""
    table = pd.DataFrame(claims, columns=["verdict", "decided_by", "stand_in"])
    return ledger_page.sentence(table.assign(id=[str(n) for n in range(1, len(table) + 1)]))


@pytest.mark.parametrize(
    ("changes", "digest", "said"),
    [
        ({}, "ab" * 32, "The tests were fixed on 2026-01-31 (commit `1234567`, digest `abababababab`), "
            "and none has changed since. Nothing was known."),
        ({"commit": None, "known": None}, "ab" * 32,
            "The tests were fixed on 2026-01-31 (digest `abababababab`), and none has changed since."),
        ({}, "cd" * 32, "Tests have changed since they were fixed on 2026-01-31 (commit `1234567`, "
            "digest `abababababab`)."),
    ],
)  # fmt: skip
def test_the_page_says_since_when_no_test_of_the_ledger_has_changed(changes, digest, said):
    about = {
        "date": "2026-01-31", "commit": "1234567", "digest": "ab" * 6,
        "known": "Nothing was known.",
    }  # fmt: skip
    assert ledger_page.since(Fixed(**about | changes), digest) == said
    assert ledger_page.since(None, digest) == ""


def test_halves_of_a_claim_are_statements_of_one_claim():
    table = pd.DataFrame({"id": ["5a", "5b", "10"], "verdict": "supported"})
    text = ledger_page.sentence(table.assign(decided_by="training", stand_in=""))
    assert text == "Of 3 statements in 2 published claims 3 are supported."


def test_the_counts_are_those_of_the_bar_and_say_what_rests_on_stand_ins_or_needs_no_training():
    trained = ("supported", "training", "")
    assert sentence(trained, trained, ("refuted", "training", ""), ("not tested here", "", "")) == (
        "Of 4 published claims 2 are supported, 1 refuted and 1 not tested here."
    )
    assert sentence(("mixed", "training", "")) == "Of 1 published claims 1 is mixed."
    assert sentence(("not reproduced", "training", ""), trained, trained) == (
        "Of 3 published claims 2 are supported and 1 not reproduced."
    )
    assert sentence(trained, ("supported", "training", "a redraw"), ("refuted", "algebra", "")) == (
        "Of 3 published claims 2 are supported and 1 refuted. Among them are 1 supported on a redraw "
        "alone; 1 by algebra or a primary source, without training."
    )


def test_a_claim_says_where_it_holds_fails_and_is_not_known_and_leaves_out_what_is_empty(variables):
    regions = {entry["row"].id: entry["regions"] for entry in variables["claims"]}
    assert regions["2"] == [
        ("Holds", "digits, rate 0.01"),
        ("Fails", "digits, each at its best rate"),
    ]
    assert regions["5"] == [("Not known", "digits, rate 0.1")]
    assert regions["1"] == []


def test_halves_of_a_claim_come_after_its_number_and_before_the_next_one():
    numbers = ["10", "5b", "50", "5", "9", "5a", "10a"]
    assert sorted(numbers, key=ledger_page.in_order) == ["5", "5a", "5b", "9", "10", "10a", "50"]
    claims, effects, *_ = verdicts.ledger()
    renamed = {"10": "2b", "3": "2a"}
    claims, effects = (
        table.assign(id=table["id"].replace(renamed)).iloc[::-1] for table in (claims, effects)
    )
    page = ledger_page.page(claims, effects, LABELS, PLACES, {})
    assert [entry["row"].id for entry in page["claims"]] == [
        *("2", "2a", "2b", "4", "5", "6", "8", "9", "1")
    ]


def test_claims_on_stand_ins_alone_are_counted_by_verdict():
    rows = [
        ("supported", "a redraw"),
        ("supported", ""),
        ("mixed", "a redraw"),
        ("mixed", "digits"),
    ]
    counts = ledger_page.on_stand_ins(pd.DataFrame(rows, columns=["verdict", "stand_in"]))
    assert counts == {"supported": "1 on a redraw", "mixed": "1 on a redraw and 1 on digits"}


def test_tested_claims_come_first_and_untested_ones_apart(variables):
    numbers = [entry["row"].id for entry in variables["claims"]]
    assert numbers == [
        "2",
        "3",
        "4",
        "5",
        "6",
        "8",
        "9",
        "10",
        "1",
    ]  # then what is settled without training
    assert [entry["row"].id for entry in variables["untested"]] == ["7"]


def test_claims_with_a_headline_come_before_the_others_that_training_decides():
    claims, effects, *_ = verdicts.ledger()
    effects["headline"] = np.where(effects["id"] == "9", "Batches of two", None)
    page = ledger_page.page(claims, effects, LABELS, PLACES, {})
    assert [entry["row"].id for entry in page["claims"]][:3] == ["9", "2", "3"]


def test_claims_about_documents_have_a_list_of_their_own():
    claims, effects, *_ = verdicts.ledger()
    claims.loc[claims["id"].isin(["1", "7"]), "topic"] = "years"
    page = ledger_page.page(claims, effects, LABELS, PLACES, {}, documents="years")
    lists = [[entry["row"].id for entry in page[name]] for name in ("claims", "slips", "untested")]
    assert "1" not in lists[0] and lists[1:] == [["1"], ["7"]]
    assert page["total"] == 10


def test_the_primary_effects_are_what_a_claim_is_measured_by(variables):
    by_number = {entry["row"].id: entry["measured"] for entry in variables["claims"]}
    assert by_number["3"] == ["1.171 (1.148 to 1.195) (digits)"]
    assert by_number["1"] == []


def test_an_undecided_effect_says_why():
    undecided = {"verdict": "undecided", "coarse_reason": "steps are known to one evaluation"}
    assert ledger_page.why(row()) == ""
    assert "thin line" in ledger_page.why(row(**undecided))
    assert "known to one evaluation" in ledger_page.why(row(**undecided, coarse=True))
    assert ledger_page.why(row(**undecided, n=4)) == (
        "Undecided because 4 replicates are fewer than 5."
    )


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({}, "1.24 ± 0.14 points"),
        ({"estimate": -1.235, "low": -1.37, "high": -1.1}, "−1.24 ± 0.14 points"),
        ({"low": NONE, "high": NONE}, "1.24 points"),
        ({"estimate": NONE, "low": NONE, "high": NONE}, "–"),
        ({"scale": "ratio"}, "1.24 (1.10 to 1.37)"),
        ({"scale": "ratio", "low": NONE, "high": NONE}, "1.24"),
        ({"scale": ""}, "1.24 ± 0.14"),
        ({"scale": "steps", "estimate": 5123, "low": 4900, "high": 5346}, "5,120 ± 220 steps"),
        ({"estimate": 0.0, "low": 0.0, "high": 30.850}, "0 (0 to 31) points"),
        ({"low": -INFINITE}, "1.24 (1.37 or less) points"),
        ({"high": INFINITE}, "1.24 (1.10 or more) points"),
        ({"scale": "ratio", "high": INFINITE}, "1.24 (1.10 or more)"),
        ({"scale": "ratio", "low": 0.0}, "1.24 (1.37 or less)"),
    ],
)
def test_an_estimate_is_rounded_to_its_uncertainty(more, text):
    assert phrases.amount(row(**more)) == text


def test_a_rule_is_printed_in_the_singular_for_one_and_with_a_true_minus():
    rules = ["above 1 points", "below -1 points", "above 10 points", "from -1 to 1 points"]
    assert [phrases.rule_text(rule) for rule in rules] == [
        *("above 1 point", "below −1 point", "above 10 points", "from −1 to 1 points")
    ]


@pytest.mark.parametrize(
    ("p", "text"), [(0.0342, "0.034"), (1e-7, "< 0.0001"), (1.0, "1"), (NONE, "–")]
)
def test_small_p_values_are_bounds(p, text):
    assert ledger_page.probability(p) == text


def test_facts_name_only_what_has_a_number(variables):
    facts = {effect["id"]: dict(effect["facts"]) for effect in effects(variables)}
    assert facts["effect-5-1"] == {
        "replicates": "10",
        "p": "0.63",
        "p after Holm": "1",
        "d_z": "−0.16",
        "P(WS < BN)": "0.40 (0.10 to 0.70), meaningful",
        "replicates needed": "41",
    }
    assert facts["effect-6-1"]["replicates"] == "9 of 10 (3 never got there)"
    assert facts["effect-8-2"] == {"replicates": "0 of 10", "replicates needed": "> 10,000"}
    printed = [
        (effect["facts"], effect["amount"], effect["forest"]) for effect in effects(variables)
    ]
    assert "nan" not in str(printed)


def test_an_effect_links_to_its_figures_where_the_page_has_them(variables):
    links = {effect["id"]: effect["link"] for effect in effects(variables)}
    assert (
        links["effect-2-1"]
        == "experiments/learning_curves.html#learning_curves-digits-lr0.1-accuracy"
    )
    assert links["effect-2-2"] is None


def test_the_plot_agrees_with_the_verdict(variables):
    for effect in effects(variables):
        plot = effect["forest"]
        if plot is None or plot.interval is None:
            continue
        low, high = plot.interval
        assert MARGIN <= plot.decisive[0] <= low <= plot.estimate <= high <= plot.decisive[1]
        inside = plot.allowed[0] < low and high < plot.allowed[1]
        assert inside == (effect["verdict"].name == "supported")


def test_the_plot_marks_thresholds_claimed_number_and_no_difference():
    plot = forest(row(threshold_low=-1.0, threshold_high=2.0, claimed=-3.3))
    assert [mark.text for mark in plot.thresholds] == ["−1", "2"]
    assert plot.claimed.text == "claimed −3.3"
    assert plot.claimed.at < plot.thresholds[0].at < plot.reference < plot.estimate
    assert plot.allowed == tuple(mark.at for mark in plot.thresholds)
    assert "claimed was −3.3" in plot.description


def test_a_single_method_has_no_line_of_no_difference():
    assert forest(row(compare="bn")).reference is None


def test_ratios_are_on_a_logarithmic_axis():
    ratio = {"scale": "ratio", "compare": "bn / base", "threshold_low": NONE, "threshold_high": 1}
    plot = forest(row(estimate=0.1, low=0.05, high=0.2, **ratio))
    low, high = plot.interval
    assert plot.estimate - low == pytest.approx(high - plot.estimate, abs=0.2)
    assert [tick.text for tick in plot.ticks] == ["0.05", "0.1", "0.2", "0.5", "1"]
    assert plot.allowed[0] == 0


def test_an_end_without_bound_is_drawn_to_the_edge():
    plot = forest(row(high=INFINITE, decisive_high=INFINITE))
    assert plot.interval[1] == plot.decisive[1] == WIDTH
    assert 0 < plot.decisive[0] < plot.interval[0] < plot.estimate < WIDTH
    assert "inf" not in plot.description
    plot = forest(row(low=-INFINITE, decisive_low=-INFINITE))
    assert plot.interval[0] == plot.decisive[0] == 0
    ratio = {"scale": "ratio", "compare": "bn / base", "threshold_low": NONE, "threshold_high": 2}
    plot = forest(row(low=0.0, decisive_low=0.0, **ratio))
    assert plot.interval[0] == plot.decisive[0] == 0
    assert all(np.isfinite(tick.x) for tick in plot.ticks)
    both = {"low": -INFINITE, "high": INFINITE}
    plot = forest(row(**both, decisive_low=-INFINITE, decisive_high=INFINITE))
    assert plot.interval == plot.decisive == (0, WIDTH)
    assert "interval" not in plot.description


def test_the_headline_plot_draws_an_end_without_bound_to_the_edge():
    rows = [
        verdicts.effect(1, 1, 2.0, 1.0, INFINITE, "supported", headline="a"),
        verdicts.effect(2, 1, 2.0, -INFINITE, 3.0, "undecided", headline="b"),
        verdicts.effect(3, 1, 2.0, 0.0, 3.0, "undecided", headline="c", scale="ratio"),
    ]
    differences, ratios = effect_plots(pd.DataFrame(rows), LABELS)
    (first, second), (third,) = differences.lines, ratios.lines
    assert first.interval[1] == PLOT_WIDTH and 0 < first.interval[0] < first.estimate
    assert second.interval[0] == third.interval[0] == 0
    (alone,) = effect_plots(pd.DataFrame(rows[:1]), LABELS)
    assert alone.lines[0].estimate < PLOT_WIDTH


def test_without_estimate_there_is_no_plot_and_without_interval_a_point_alone():
    assert forest(row(estimate=NONE, low=NONE, high=NONE)) is None
    assert forest(row(low=NONE, high=NONE)).interval is None


@pytest.mark.parametrize("value", [0.0, 1e-12, 3e6])
def test_an_axis_of_equal_numbers_has_room(value):
    ends = dict.fromkeys(("low", "high", "decisive_low", "decisive_high", "threshold_low"), value)
    plot = forest(row(compare="bn", estimate=value, **ends))
    assert plot.estimate == WIDTH / 2
    assert all(np.isfinite(tick.x) for tick in plot.ticks)
    assert len({tick.x for tick in plot.ticks}) == len(plot.ticks)
    assert "interval" not in plot.description


def test_texts_stand_inside_the_plot(variables):
    for effect in effects(variables):
        plot = effect["forest"]
        for label in [*plot.thresholds, plot.claimed] if plot else []:
            assert label is None or _extent(label)[0] >= 0 and _extent(label)[1] <= WIDTH


def _extent(label: Label) -> tuple[float, float]:
    width = 6.5 * len(label.text)
    return (label.x, label.x + width) if label.anchor == "start" else (label.x - width, label.x)
