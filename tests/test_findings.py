"""Every sentence on the page is one that somebody wrote, chosen by the interval of a comparison."""

import math
import re

import pandas as pd
import pytest
from project import CHECKOUT
from pydantic import ValidationError

from bnlab.files import JobError, read_csv, save_csv
from bnlab.page.findings import answers, intervals, leading, sentences, size
from bnlab.study.declaration import EFFECTS, Experiment
from bnlab.study.experiments import experiments
from bnlab.study.finding import Comparison, Finding, excess

PUBLISHED = CHECKOUT / "reports" / "published"
FINDINGS = [
    pytest.param(name, finding, id=f"{name}-{finding.question}")
    for name, about in experiments().items()
    for finding in about.findings
]
DECIDING = {"table": "sizes", "where": {"method": "bn"}, "column": "difference"}


def finding(decided_by=None, **changes):
    about = {
        "question": "Is it more accurate?",
        "decided_by": Comparison(**DECIDING | {"factor": 100.0} | (decided_by or {})),
        "higher": "BN gains {value} points on {on}.",
        "lower": "BN loses {value} points on {on}.",
        "unclear": "BN changes little on {on}.",
    }
    return Finding(**about | changes)


def sizes(*intervals, method="bn", **columns):
    """Made-up differences, one a data set called A, B, …."""
    rows = [
        {
            "dataset_label": chr(ord("A") + i),
            "method": method,
            "difference": (low + high) / 2,
            "difference_low": low,
            "difference_high": high,
            **columns,
        }
        for i, (low, high) in enumerate(intervals)
    ]
    return lambda kind: pd.DataFrame(rows) if kind == "sizes" else pd.DataFrame()


@pytest.mark.parametrize(
    ("interval", "sentence"),
    [
        ((0.02, 0.04), "BN gains 3.0 points on A."),
        ((-0.04, -0.02), "BN loses 3.0 points on A."),
        ((-0.01, 0.04), "BN changes little on A."),
        ((0.0, 0.04), "BN changes little on A."),
    ],
)
def test_the_interval_chooses_the_sentence(interval, sentence):
    assert sentences(finding(), sizes(interval)) == [sentence]


def test_data_sets_with_different_outcomes_have_a_sentence_each():
    tables = sizes((0.02, 0.04), (-0.4, -0.2), (0.1, 0.3))
    assert sentences(finding(mixed="It depends on the data."), tables) == [
        "It depends on the data.",
        "BN gains 3.0 to 20 points on A and C.",
        "BN loses 30 points on B.",
    ]


@pytest.mark.parametrize(
    ("second", "printed"),
    [
        ((0.05, 0.07), "BN gains 3.0 to 6.0 points on A."),
        ((-0.07, -0.05), "BN changes little on A."),
        ((-0.01, 0.01), "BN changes little on A."),
    ],
)
def test_recipes_that_disagree_leave_a_data_set_unclear(second, printed):
    one, other = (sizes(interval)("sizes") for interval in ((0.02, 0.04), second))
    both = pd.concat([one.assign(recipe="slow"), other.assign(recipe="fast")])
    assert sentences(finding(), lambda kind: both) == [printed]


def test_a_ratio_is_compared_with_one_and_printed_as_a_ratio_or_in_percent():
    times = finding({"neutral": 1.0, "factor": 1.0}, higher="{value} times on {on}.")
    assert sentences(times, sizes((1.5, 1.7))) == ["1.60 times on A."]
    share = finding({"neutral": 1.0}, lower="{value} % on {on}.")
    assert sentences(share, sizes((0.46, 0.52))) == ["49 % on A."]


@pytest.mark.parametrize(
    ("lost", "printed"),
    [
        ((0, 0), []),
        ((1, 0), ["1 of 10 replicates of BN on A"]),
        ((1, 3), ["1 of 10 replicates of BN on A", "3 of 10 replicates of BN on B"]),
    ],
)
def test_a_mean_in_which_replicates_diverged_says_how_many(lost, printed):
    table = sizes((0.2, 0.4), (0.5, 0.7))("sizes")
    table = table.assign(mean=0.5, low=0.4, high=0.6, diverged=lost, replicates=10, n=10, failed=0)
    with_mean = finding(
        higher="BN reaches {plain} % on {on}.",
        cells={
            "plain": Comparison(table="sizes", where={"method": "bn"}, column="mean", factor=100)
        },
    )
    said = sentences(with_mean, lambda kind: table.assign(method_label="BN"))
    assert len(said) == 1 + bool(printed)
    assert all(part in said[1] for part in printed)


@pytest.mark.parametrize(
    ("n", "ends"), [(10, "each counts as a guess."), (9, "the mean is over the others.")]
)
def test_a_mean_says_whether_replicates_that_diverged_are_in_it(n, ends):
    table = sizes((0.2, 0.4))("sizes").assign(mean=0.5, low=0.4, high=0.6, method_label="BN")
    table = table.assign(diverged=1, replicates=10, failed=0, n=n)
    cells = {"plain": Comparison(table="sizes", where={"method": "bn"}, column="mean")}
    said = sentences(finding(higher="BN reaches {plain} on {on}.", cells=cells), lambda _: table)
    assert said[1].endswith(ends)


def test_replicates_that_diverged_are_not_named_where_no_mean_of_theirs_is_printed():
    table = sizes((0.2, 0.4), (-0.1, 0.1), (0.2, 0.4))("sizes")
    table = table.assign(mean=0.5, low=0.4, high=0.6, diverged=1, replicates=10, n=10, failed=0)
    table = table.assign(method_label="BN", pairs=[10, 10, 3])  # C has too few for a sentence
    cells = {"plain": Comparison(table="sizes", where={"method": "bn"}, column="mean")}
    said = sentences(finding(higher="BN reaches {plain} on {on}.", cells=cells), lambda _: table)
    assert said[:2] == ["BN reaches 0.50 on A.", "BN changes little on B."]
    assert said[2] == "1 of 10 replicates of BN on A diverged; each counts as a guess."


@pytest.mark.parametrize(
    "tables",
    [
        sizes((0.02, 0.04), method="ln"),
        sizes((float("nan"), float("nan"))),
        lambda kind: pd.DataFrame(),
    ],
)
def test_a_study_without_the_comparison_prints_nothing(tables):
    assert sentences(finding(), tables) == []


@pytest.mark.parametrize(
    ("tried", "printed"), [("0.1 1", 0), ("10", 0), ("0.1 0.3 1", 1), (2, 0), (3, 1)]
)
def test_a_grid_too_coarse_to_decide_prints_nothing(tried, printed):
    guarded = finding({"at_least": {"tried": 3.0}})
    assert len(sentences(guarded, sizes((0.02, 0.04), tried=tried))) == printed


EACH = {
    "each": "batch",
    "higher": "In batches of {batch}, BN gains {value} points on {on}.",
    "lower": "In batches of {batch}, BN loses {value} points on {on}.",
    "unclear": "In batches of {batch}, BN changes little on {on}.",
}


def test_each_batch_size_of_a_study_has_its_sentence():
    parts = [
        sizes((0.02, 0.04), (0.05, 0.07), batch=16)("sizes"),
        sizes((-0.04, -0.02), batch=4)("sizes"),
        sizes((0.5, 0.7), batch=2, method="ln")("sizes"),
    ]
    assert sentences(finding(**EACH), lambda kind: pd.concat(parts)) == [
        "In batches of 16, BN gains 3.0 to 6.0 points on A and B.",
        "In batches of 4, BN loses 3.0 points on A.",
    ]
    assert sentences(finding(**EACH), lambda kind: pd.DataFrame()) == []


def test_the_numbers_of_each_batch_size_are_its_own():
    cells = {"plain": Comparison(**DECIDING | {"where": {"method": "base"}, "factor": 100.0})}
    tables = pd.concat(
        sizes((0.02 * size, 0.04 * size), batch=size, method=method)("sizes")
        for size in (1, 2)
        for method in ("bn", "base")
    )
    said = EACH | {"higher": "{batch}: {plain} on {on}.", "cells": cells}
    assert sentences(finding(**said), lambda kind: tables) == ["2: 6.0 on A.", "1: 3.0 on A."]


@pytest.mark.parametrize("name", ["higher", "lower", "unclear"])
def test_a_sentence_that_does_not_name_its_batch_size_is_refused(name):
    with pytest.raises(ValidationError, match=f"{name}: the sentence does not name its {{batch}}"):
        finding(**EACH | {name: "BN on {on}."})


@pytest.mark.parametrize("column", [[5, 1], [5.0, 0.2], ["5", "5.5"]])
def test_a_number_is_found_however_a_table_holds_it(column):
    table = sizes((0.02, 0.04), (0.05, 0.07))("sizes").assign(factor=column)
    chosen = finding({"where": {"method": "bn", "factor": 5}})
    assert sentences(chosen, lambda kind: table) == ["BN gains 3.0 points on A."]


def test_a_slot_may_leave_out_data_sets_whose_grid_is_too_coarse():
    table = pd.concat(
        sizes((0.02, 0.04), (0.05, 0.07))("sizes").assign(
            method=method, tried=["0.1 1", "0.1 0.3 1"]
        )
        for method in ("bn", "ln")
    )
    cell = Comparison(
        table="sizes", where={"method": "ln"}, column="difference", at_least={"tried": 3}
    )
    assert sentences(finding(cells={"ln": cell}), lambda kind: table) == [
        "BN gains 6.0 points on B."
    ]


def test_numbers_that_no_sentence_fits_are_printed_without_one():
    twice = sizes((0.02, 0.04), (0.03, 0.07))("sizes").assign(dataset_label="A")
    assert sentences(finding(), lambda kind: twice) == [
        "difference: 3.0 (2.0 to 4.0) on A and 5.0 (3.0 to 7.0) on A."
    ]
    unknown = finding(cells={"bn": Comparison(table="others")})
    assert sentences(unknown, sizes((0.02, 0.04))) == ["difference: 3.0 (2.0 to 4.0) on A."]


def test_a_slot_holds_the_numbers_of_the_data_sets_with_its_outcome():
    cells = {"plain": Comparison(**DECIDING | {"where": {"method": "base"}, "factor": 100.0})}
    both = pd.concat(
        [
            sizes((0.02, 0.04), (-0.3, -0.1))("sizes"),
            sizes((0.5, 0.7), (0.8, 0.9), method="base")("sizes"),
        ]
    )
    question = finding(cells=cells, higher="{on}: {plain}.", lower="{on}: less than {plain}.")
    assert sentences(question, lambda kind: both) == ["A: 60.", "B: less than 85."]


@pytest.mark.parametrize(
    ("sentence", "problem"),
    [
        ("BN gains.", "higher: the sentence does not name its data, {on}"),
        ("BN gains {amount} on {on}.", "higher: the sentence has the unknown slot {amount}"),
        ("{on} {on} {value} {value}", "higher: the sentence has 4 slots"),
        ("{on} " + "long " * 25, "higher: the sentence has 26 words"),
        ("{on} 1, 2.5, 3 and 4, CIFAR-10", "higher: the sentence has 4 numbers"),
        ("{on} gains {value:.1f}", "higher: the sentence has the unknown slot {value:.1f}"),
        ("{on} gains {value points", "higher: the sentence has the unknown slot {{}"),
    ],
)
def test_a_sentence_that_breaks_the_rules_is_refused_when_the_declaration_is_read(
    sentence, problem
):
    with pytest.raises(ValidationError, match=re.escape(problem)):
        finding(higher=sentence)


def test_the_first_finding_of_the_named_experiments_leads():
    about = experiments()["depth"]
    declarations = {
        name: about.model_copy(update={"title": name, "findings": [finding(), finding()]})
        for name in ("first", "second", "third")
    }
    all_answers = answers(
        declarations, lambda name: sizes((0.02, 0.04)) if name != "third" else sizes()
    )
    lead, more = leading(all_answers, ["second"])
    gain = "BN gains 3.0 points on A."
    assert [(a.name, a.findings) for a in lead] == [("second", [gain])]
    assert [(a.name, a.findings) for a in more] == [("first", [gain, gain]), ("second", [gain])]
    assert leading(all_answers, []) == (all_answers, [])


def test_a_finding_that_leads_has_its_sentence_of_every_data_set():
    declarations = {"depth": experiments()["depth"].model_copy(update={"findings": [finding()]})}
    lead, more = leading(
        answers(declarations, lambda _: sizes((0.02, 0.04), (-0.4, -0.2))), ["depth"]
    )
    assert lead[0].findings == ["BN gains 3.0 points on A. BN loses 30 points on B."]
    assert more == []


def test_an_effect_that_is_measured_too_coarsely_prints_nothing():
    assert sentences(finding(), sizes((0.02, 0.04), coarse=True)) == []
    assert sentences(finding(), sizes((0.02, 0.04), coarse=False)) == ["BN gains 3.0 points on A."]


def test_one_rate_that_was_tried_is_one_entry_also_when_read_from_a_file(tmp_path):
    table = sizes((0.02, 0.04), tried="10")("sizes")
    save_csv(tmp_path / "sizes.csv", table)
    guarded = finding({"at_least": {"tried": 3.0}})
    assert sentences(guarded, lambda _: read_csv(tmp_path / "sizes.csv")) == []


def test_a_finding_on_a_table_that_does_not_exist_is_refused():
    about = experiments()["depth"].model_dump()
    with pytest.raises(ValidationError, match="unknown table 'sizes' in findings"):
        Experiment.model_validate(about | {"findings": [finding()]})


def test_a_finding_on_a_column_that_the_table_lacks_ends_in_a_sentence():
    with pytest.raises(JobError, match="the table sizes lacks methd for a finding"):
        sentences(finding({"where": {"methd": "bn"}}), sizes((0.02, 0.04)))


# --- the findings of the experiments ----------------------------------------------------------


def published(experiment):
    """The published tables of an experiment, by kind."""

    def tables(kind):
        if kind == EFFECTS:
            effects = read_csv(PUBLISHED / "effects.csv")
            return effects[effects["experiment"] == experiment]
        files = sorted((PUBLISHED / "tables" / experiment).glob(f"*/*/{kind}.csv"))
        return pd.concat(map(read_csv, files))

    return tables


@pytest.mark.parametrize(
    ("tried", "silent"), [("0.01 0.1 1 10", True), ("0.01 0.1 0.3 1 10", False)]
)
def test_learning_rates_a_factor_of_ten_apart_decide_nothing(tried, silent):
    def tables(kind):
        table = published("learning_rate")(kind)
        return table.assign(tried=tried) if "tried" in table else table

    findings = experiments()["learning_rate"].findings
    assert {not sentences(each, tables) for each in findings} == {silent}


def most_replicates(deciding, table):
    """Return the largest number of replicates, or of pairs of them, behind a number that decides a finding."""
    for name, value in deciding.where.items():
        table = table[table[name] == value]
    is_compared = deciding.column not in ("mean", "estimate") and "pairs" in table
    return table["pairs" if is_compared else "n"].max()


@pytest.mark.parametrize(
    ("experiment", "declaration"),
    [each for each in FINDINGS if (PUBLISHED / "tables" / str(each.values[0])).exists()],
)
def test_the_published_study_has_a_sentence_for_every_finding_with_five_replicates(
    experiment, declaration
):
    tables = published(experiment)
    printed = sentences(declaration, tables)
    deciding = declaration.decided_by
    if most_replicates(deciding, tables(deciding.table)) < 5:
        assert printed == []
        return
    labels = sorted(
        set(tables(declaration.decided_by.table)["dataset_label"]), key=len, reverse=True
    )
    assert printed
    assert not any(
        sentence.startswith(declaration.decided_by.column.replace("_", " ") + ": ")
        for sentence in printed
    )
    assert [excess(sentence, labels) for sentence in printed] == [[]] * len(printed)


@pytest.mark.parametrize(("experiment", "declaration"), FINDINGS)
def test_the_sign_of_the_comparison_chooses_another_sentence(experiment, declaration):
    deciding = declaration.decided_by
    prefix = "" if deciding.column in ("mean", "estimate") else f"{deciding.column}_"
    neutral = deciding.neutral

    def printed(low, high):
        numbers = {deciding.column: (low + high) / 2, f"{prefix}low": low, f"{prefix}high": high}
        guards = {name: least for name, least in deciding.at_least.items()}
        row = {"dataset_label": "A"} | dict(deciding.where) | guards | numbers
        row |= {declaration.each: 60} if declaration.each else {}
        for cell in declaration.cells.values():
            row |= {cell.column: 0.5}
        rows = pd.DataFrame([row])
        cells = [
            rows.assign(
                **dict(c.where),
                **dict(c.at_least),
                **{
                    c.column: 0.5,
                    f"{'' if c.column in ('mean', 'estimate') else c.column + '_'}low": 0.4,
                    f"{'' if c.column in ('mean', 'estimate') else c.column + '_'}high": 0.6,
                },
            )
            for c in declaration.cells.values()
        ]
        tables = {deciding.table: rows}
        for cell, table in zip(declaration.cells.values(), cells, strict=True):
            tables[cell.table] = pd.concat([tables.get(cell.table), table])
        return sentences(declaration, lambda kind: tables.get(kind, pd.DataFrame()))

    outcomes = [
        printed(neutral + 0.2, neutral + 0.4),
        printed(neutral - 0.4, neutral - 0.2),
        printed(neutral - 0.2, neutral + 0.2),
    ]
    assert len({tuple(each) for each in outcomes}) == 3


@pytest.mark.parametrize(("pairs", "said"), [(4, []), (5, ["BN gains 3.0 points on A."])])
def test_fewer_than_five_pairs_decide_no_sentence(pairs, said):
    assert sentences(finding(), sizes((0.02, 0.04), pairs=pairs, n=10)) == said


@pytest.mark.parametrize(
    ("lost", "lost_of_base", "said"),
    [
        (
            (5, 5),
            (0, 10),
            "On A, there is nothing to compare here: all replicates diverge or end at chance.",
        ),
        ((5, 5), (0, 9), "BN changes little on A."),
        ((9, 0), (0, 10), "BN changes little on A."),
    ],
)
def test_where_neither_network_learns_anything_the_sentence_says_so(lost, lost_of_base, said):
    def rows(method: str, diverged: int, failed: int) -> pd.DataFrame:
        counts = {"n": 10, "replicates": 10, "diverged": diverged, "failed": failed}
        return sizes((-0.01, 0.01), method=method, **counts)("sizes")

    table = pd.concat([rows("bn", *lost), rows("base", *lost_of_base)], ignore_index=True)
    table = table.assign(recipe="lr0.1")
    assert sentences(finding(), lambda kind: table if kind == "sizes" else pd.DataFrame()) == [said]


@pytest.mark.parametrize(("reached", "words"), [(0, "80-fold"), (2, "at least 80-fold")])
def test_a_width_up_to_an_end_of_what_was_tried_is_a_least_value(reached, words):
    table = pd.DataFrame(
        {"dataset_label": ["digits"], "recipe": [""], "mean": [math.log10(80)], "low": [1.0]}
    ).assign(high=2.5, reaches_lowest=0, reaches_highest=reached)
    width = Comparison(
        table="rate_range",
        column="mean",
        power_of_ten=True,
        bounded_by=["reaches_lowest", "reaches_highest"],
    )
    assert size(intervals(width, lambda _: table), width) == words
