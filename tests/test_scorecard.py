"""The scorecard: ranks of methods, table and figure."""

import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.special
import synthetic
import test_claims
import verdicts
import yaml
from project import CHECKOUT
from pydantic import ValidationError
from scipy import stats

from bnlab.analysis.scores import COLUMNS, Answer, _interval, ranked, score, unanswered
from bnlab.experiments import quantity
from bnlab.page import scorecard
from bnlab.study import validation
from bnlab.study.config import Runs
from bnlab.study.experiments import experiments
from bnlab.study.ledger import Row

ROOT = Path(__file__).parents[1]
AT = {"experiment": "learning_curves", "dataset": "mnist", "recipe": "long", "batch": 60}


def row(**changes) -> Row:
    return Row.model_validate({"asks": "Accuracy", "quantity": "test_accuracy"} | AT | changes)


def scored(*rows: Row, results=test_claims.RESULTS, study=test_claims.STUDY, earlier=None):
    return score(rows, study, results, quantity, earlier).set_index("method")


def test_every_method_that_is_trained_there_has_its_mean_and_interval_in_printed_units():
    actual = scored(row())
    assert list(actual.index) == ["base", "bn"]
    metrics = test_claims.RESULTS["learning_curves"]["metrics"]
    end = metrics[(metrics["step"] == 1000) & (metrics["split"] == "test")]
    end = end[(end["statistics"] == "moving") & (end["method"] == "bn")]
    assert actual.loc["bn", "estimate"] == pytest.approx(100 * end["accuracy"].mean())
    assert actual.loc["bn", "low"] < actual.loc["bn", "estimate"] < actual.loc["bn", "high"]
    assert (actual["unit"] == "%").all() and (actual["dataset"] == "digits").all()


def test_against_another_method_it_is_the_geometric_mean_of_paired_ratios():
    actual = scored(row(quantity="test_loss", against="base"))
    assert list(actual.index) == ["bn"] and actual.loc["bn", "rivals"] == 0
    losses = test_claims.RESULTS["learning_curves"]["metrics"]
    end = losses[(losses["step"] == 1000) & (losses["split"] == "test")]
    end = end[end["statistics"] == "moving"].pivot(
        index="replicate", columns="method", values="loss"
    )
    ratio = np.exp(np.log(end["bn"] / end["base"]).mean())
    assert actual.loc["bn", "estimate"] == pytest.approx(ratio)
    assert actual.loc["bn", "unit"] == "times"


def interval_of(quantity: str, values: list[float], **where) -> pd.Series:
    """Return the cell of a method that has these values of a quantity."""
    measured = pd.Series(values)
    asked = row(quantity=quantity, **where)
    table = score(
        [asked], test_claims.STUDY, test_claims.RESULTS, lambda *_: lambda *_: measured, None
    )
    return table.iloc[0]


def test_an_accuracy_has_the_interval_of_the_logit_scale_and_stays_below_100_percent():
    values = [0.995, 0.999, 0.9, 0.998, 0.997]
    cell, mean = interval_of("test_accuracy", values), np.mean(values)
    half = stats.t.ppf(0.975, 4) * stats.sem(values)
    assert mean + half > 1
    ends = scipy.special.expit(
        scipy.special.logit(mean) + np.array([-1, 1]) * half / (mean * (1 - mean))
    )
    assert list(cell[["low", "high"]]) == pytest.approx(100 * ends)
    assert cell["unit"] == "%" and cell["high"] < 100


def test_steps_have_the_interval_of_logarithms_and_stay_above_none():
    values = [1, 2, 1, 60, 1]
    cell, mean = interval_of("steps_to_test", values, level=0.9), np.mean(values)
    half = stats.t.ppf(0.975, 4) * stats.sem(values)
    assert mean - half < 0
    ends = mean * np.exp(np.array([-1, 1]) * half / mean)
    assert list(cell[["low", "high"]]) == pytest.approx(ends)
    assert cell["unit"] == "steps"


def test_a_difference_has_the_t_interval_in_points():
    values = [0.02, -0.01, 0.03, 0.0, -0.02]
    cell = interval_of("accuracy_gap", values)
    ends = 100 * np.array(stats.ttest_1samp(values, 0).confidence_interval(0.95))
    assert list(cell[["low", "high"]]) == pytest.approx(ends)
    assert cell["unit"] == "points"


def test_a_share_of_replicates_has_the_exact_interval():
    about = experiments()["outside_the_gradient"].quantities["failed_share"]
    assert about.is_share
    interval = _interval(pd.Series([0.0] * 9 + [1.0]), None, about)
    exact = stats.binomtest(1, 10).proportion_ci(0.95, method="exact")
    assert interval == pytest.approx((0.1, exact.low, exact.high, 10))


def answer(
    method: str, lowest: list[float], highest: list[float] | None = None, better: str = "high"
) -> Answer:
    cell = {"method": method, "better": better, "estimate": float(np.mean(lowest)), "unit": ""}
    return Answer(cell, pd.Series(lowest), pd.Series(highest or lowest))


def behind(*answers: Answer) -> dict[str, int]:
    return ranked(answers).set_index("method")["behind"].to_dict()


def test_ranks_are_those_of_paired_t_tests_with_holms_correction():
    random = np.random.default_rng(1)
    shared = random.normal(0.9, 0.1, 12)  # of the seed: intervals of the means overlap by far
    values = {
        name: list(shared + random.normal(shift, 0.01, 12))
        for name, shift in {"a": 0.03, "b": 0.02, "c": 0.018, "d": 0}.items()
    }
    pairs = list(itertools.combinations(values, 2))
    p = [stats.ttest_rel(values[one], values[other]).pvalue for one, other in pairs]
    expected = dict.fromkeys(values, 0)
    for place, rank in enumerate(np.argsort(p)):  # Holm (1979), step by step
        if p[rank] > 0.05 / (len(p) - place):
            break
        expected[min(pairs[rank], key=lambda name: np.mean(values[name]))] += 1
    actual = behind(*(answer(name, each) for name, each in values.items()))
    assert actual == expected and 0 < sum(expected.values()) < len(pairs)
    lower = behind(
        *(answer(name, [-v for v in each], better="low") for name, each in values.items())
    )
    assert lower == expected


def test_the_distance_to_the_best_method_is_that_of_pairs():
    random = np.random.default_rng(2)
    best = random.normal(0.9, 0.1, 8)
    other, open_one = best - random.normal(0.02, 0.01, 8), best - 0.05
    answers = [answer("a", list(best)), answer("b", list(other))]
    answers.append(answer("c", list(open_one), [*open_one[1:], np.inf]))
    for each in answers:
        each.cell["unit"], each.cell["estimate"] = "%", 100 * each.cell["estimate"]
    table = ranked(answers).set_index("method")[["less_best", "less_best_low", "less_best_high"]]
    expected = stats.ttest_rel(100 * other, 100 * best).confidence_interval()
    assert table.loc["a"].tolist() == [0, 0, 0]
    assert table.loc["b"].tolist() == pytest.approx([100 * np.mean(other - best), *expected])
    assert table.loc["c", "less_best_high"] == np.inf > table.loc["c", "less_best_low"] > -np.inf


def test_values_between_bounds_rank_by_the_nearest_ones():
    low, high = [1.0, 1.1, 1.0, 0.9, 1.0, 1.2], [3.0] * 6
    assert behind(answer("a", low, high), answer("b", [2.0, 2.1, 2.2, 2.0, 1.9, 2.0])) == {
        "a": 0,
        "b": 0,
    }
    assert behind(answer("a", low), answer("b", [2.0, 2.1, 2.2, 2.0, 1.9, 2.0])) == {"a": 1, "b": 0}
    assert behind(answer("a", low, high), answer("b", [4.0, 4.1, 3.9, 4.0, 4.2, 4.1])) == {
        "a": 1,
        "b": 0,
    }


def test_a_value_that_is_open_ranks_by_the_sign_test():
    never = [np.inf] * 5
    got_there = [1.0, 2.0, 1.0, 2.0, 1.0]
    few = behind(answer("a", never, better="low"), answer("b", got_there, better="low"))
    assert few == {"a": 0, "b": 0}  # 2 · 0.5⁵ = 0.0625
    more = answer("a", never * 2, better="low"), answer("b", got_there * 2, better="low")
    more[0].cell["estimate"] = 20.0
    assert behind(*more) == {"a": 1, "b": 0}


def test_fewer_than_five_pairs_rank_nobody():
    assert behind(answer("a", [1.0, 1.1, 1.0, 0.9]), answer("b", [2.0, 2.1, 2.0, 1.9])) == {
        "a": 0,
        "b": 0,
    }
    five = answer("a", [1.0, 1.1, 1.0, 0.9, 1.0]), answer("b", [2.0, 2.1, 2.0, 1.9, 2.1])
    assert behind(*five) == {"a": 1, "b": 0}


def test_methods_that_learn_nothing_are_not_told_apart():
    results = test_claims.lost("at chance", "base", "bn")
    drawn = scored(row(), results=results)
    assert (drawn["estimate"].round() == 10).all()  # percent, which is chance
    low, high = (
        answer("low", [0.1, 0.11, 0.12, 0.1, 0.11]),
        answer("high", [0.2, 0.2, 0.2, 0.2, 0.21]),
    )
    assert behind(low, high) == {"low": 1, "high": 0}
    low, high = low._replace(learns=False), high._replace(learns=False)
    assert behind(low, high) == {"low": 0, "high": 0}
    assert behind(low, high._replace(learns=True)) == {"low": 1, "high": 0}


def test_what_is_measured_within_a_network_that_learns_nothing_is_no_answer():
    drawn = scored(row(quantity="activation_drift"), results=test_claims.lost("at chance", "base"))
    assert np.isnan(drawn.loc["base", "estimate"]) and drawn.loc["base", "rivals"] == 0
    assert drawn.loc["bn", "estimate"] > 0


def test_what_is_not_trained_has_no_answer_and_without_any_answer_there_is_no_card():
    assert scored(row(batch=2)).empty
    assert scored(row(experiment="learning_rate", recipe=None, rate="best")).empty
    assert scorecard.questions(pd.DataFrame(columns=COLUMNS), {}, {}) == []


def test_a_row_that_lacks_a_trained_method_ranks_nobody_and_names_it():
    metrics = test_claims.RESULTS["learning_curves"]["metrics"]
    lacking = {"learning_curves": {"metrics": metrics[metrics["method"] != "base"]}}
    (one,) = scored(row(), results=lacking).itertuples()
    assert (one.Index, one.rivals, one.missing) == ("bn", 0, "Base")
    known = scored(row(quantity="mean_test_accuracy")).reset_index()
    assert (known["missing"] == "").all()
    lacking = scored(
        row(quantity="mean_test_accuracy"),
        results={},
        study=taken(),
        earlier=known[known["method"] == "bn"],
    )
    assert (lacking["missing"] == "Base").all() and (lacking["rivals"] == 0).all()


def test_the_reference_is_not_ranked_beside_those_that_are_compared_with_it():
    known = scored(row(quantity="mean_test_accuracy"))
    assert known["behind"].to_dict() == {"base": 1, "bn": 0}
    alone = scored(row(quantity="mean_test_accuracy", reference="bn"))
    assert alone[["behind", "rivals"]].values.tolist() == [[0, 0]]
    assert alone["against"].to_dict() == {"base": "bn"}


def taken():
    """Return the synthetic study, with its learning curves taken as published."""
    runs = test_claims.STUDY.experiments["learning_curves"]
    return test_claims.STUDY.model_copy(
        update={"experiments": {"learning_curves": Runs(runs=runs.runs, published=True)}}
    )


def test_rows_of_experiments_that_are_taken_come_as_they_were_published():
    known = scored(row()).reset_index()
    before = known.assign(unit="points")  # as earlier publications called the unit of accuracies
    again = scored(row(), results={}, study=taken(), earlier=before).reset_index()
    pd.testing.assert_frame_equal(again[COLUMNS], known[COLUMNS], check_dtype=False)
    other = row(asks="Loss", quantity="test_loss")
    assert scored(other, results={}, study=taken(), earlier=known).empty
    more = pd.concat([known, known.assign(method="ws").iloc[:1]])
    fewer = scored(row(), results={}, study=taken(), earlier=more)
    assert list(fewer.index) == ["base", "bn"]
    assert (fewer[["behind", "rivals"]] == 0).all(
        axis=None
    )  # a rank among three says nothing of two
    words = row(asks="Share", when="now", because="{on}")
    renamed = scored(words, results={}, study=taken(), earlier=known)
    assert set(renamed["asks"]) == {"Share"} and set(renamed["when"]) == {"now"}


@pytest.mark.parametrize(("last", "at_end", "behind"), [(10, False, 1), (1, True, 0)])
def test_a_method_that_may_do_better_beyond_the_rates_tried_is_not_behind(last, at_end, behind):
    metrics = test_claims.RATES["metrics"].copy()  # base is best at 1
    metrics.loc[metrics["method"] == "bn", "accuracy"] += 0.05
    metrics = metrics[(metrics["method"] == "bn") | (metrics["learning_rate"] <= last)]
    best = row(experiment="learning_rate", recipe=None, rate="best")
    results = {"learning_rate": {"metrics": metrics}}
    base = scored(best, results=results, study=test_claims.RATE_STUDY).loc["base"]
    assert (base["at_end"], base["behind"]) == (at_end, behind)


def test_the_smallest_good_batch_is_the_one_from_which_on_none_is_worse_than_base_by_a_point():
    accuracies = {  # by batch 1, 2, 4, 16 in replicates 0 and 1
        "base": [[0.9, 0.9], [0.9, 0.9], [0.9, 0.9], [0.9, 0.9]],
        "late": [[0.5, 0.95], [0.895, 0.5], [0.91, 0.9], [0.9, 0.9]],
        "never": [[0.9, 0.9], [0.9, 0.9], [0.9, 0.9], [0.8, 0.9]],
        "lost": [[0.1, 0.9], [0.9, 0.9], [0.9, 0.9], [0.9, 0.9]],
    }
    metrics = pd.DataFrame(
        [
            (method, batch, replicate, 1, "test", "moving", accuracy, 0.1)
            for method, lines in accuracies.items()
            for batch, line in zip((1, 2, 4, 16), lines, strict=True)
            for replicate, accuracy in enumerate(line)
        ],
        columns=["method", "batch", "replicate", "step", "split", "statistics", "accuracy", "loss"],
    )
    at = {"recipe": "lr0.1", "batch": None, "batches": [1, 2, 4, 16]}
    question = row(
        experiment="beyond_batch", dataset="digits", quantity="smallest_good_batch", **at
    )
    measure = quantity("beyond_batch", "smallest_good_batch")
    actual = {m: measure({"metrics": metrics}, question, m).values.tolist() for m in accuracies}
    assert actual["base"] == [1, 1]
    assert actual["late"] == [2, 4]
    assert actual["never"] == [np.inf, 1]
    assert actual["lost"] == [2, 1]


def test_the_deepest_network_is_the_last_before_one_that_fails():
    question = row(
        experiment="depth",
        dataset="digits",
        recipe=None,
        where={"activation": "sigmoid"},
        quantity="deepest",
    )
    metrics = synthetic.depth()["metrics"].query("activation == 'sigmoid'")
    measure = quantity("depth", "deepest")
    assert measure({"metrics": metrics}, question, "base").tolist() == [3] * 4
    assert measure({"metrics": metrics}, question, "bn").tolist() == [6] * 4


# ---------------------------------------------------------------- the page


def asked(table: pd.DataFrame, **changes) -> list[scorecard.Question]:
    """The questions of ``verdicts.scorecard``, as the ledger with these changes asks them."""
    accuracy, lost = verdicts.KEYS.values()
    rows = {accuracy: row(**changes), lost: row(asks="Lost", **changes)}
    return scorecard.questions(table, rows, {"bn": "BN"}, lambda cell: f"there#{cell.method}")


def test_a_cell_says_its_number_how_many_rivals_are_better_and_leads_to_its_runs():
    accuracy, lost = asked(verdicts.scorecard())
    cells = {method: cells[0] for method, cells in accuracy.lines}
    assert {method: (cell.text, cell.behind, cell.link) for method, cell in cells.items()} == {
        "BN": ("97.0 ± 1.0", 0, "there#bn"),
        "LN": ("90.5 ± 1.0", 1, "there#ln"),
        "BASE": ("90.0 ± 1.0", 1, "there#base"),
    }
    assert list(cells) == ["BN", "LN", "BASE"]  # the best first
    assert (lost.better, lost.unit) == ("lower is better", "%")
    assert [method for method, _ in lost.lines] == ["BASE", "BN"]


def test_a_difference_is_printed_in_points():
    gaps = verdicts.scorecard().assign(unit="points")
    assert {question.unit for question in asked(gaps)} == {"points"}


def test_data_sets_of_a_question_stand_side_by_side_and_each_says_who_is_ranked():
    digits = verdicts.scorecard().query("asks == 'Accuracy'")
    wine = digits.query("method != 'ln'").assign(key="wine", dataset_label="Wine", behind=0)
    rows = {key: row() for key in (digits["key"].iloc[0], "wine")}
    (question,) = scorecard.questions(pd.concat([digits, wine]), rows, {})
    notes = [(column.label, column.note) for column in question.columns]
    assert notes == [("Digits", ""), ("Wine", "No method is clearly better than another.")]
    assert dict(question.lines)["LN"][1].text == scorecard.NO_ANSWER


def test_values_are_drawn_from_zero_and_accuracies_up_to_a_hundred_percent():
    accuracy, lost = asked(verdicts.scorecard())
    drawn = {method: cells[0].strip for method, cells in accuracy.lines}
    assert drawn["BN"] == scorecard.Strip(0, 97, (96, 98))
    assert dict(lost.lines)["BN"][0].strip == scorecard.Strip(0, 93.8, (87.5, 100))  # of 32
    below = verdicts.scorecard().assign(estimate=-1.0, low=-2.0, high=0.0)
    assert asked(below)[0].lines[0][1][0].strip == scorecard.Strip(100, 50, (0, 100))


def test_fewer_than_five_runs_have_a_value_without_an_interval():
    few, _ = asked(verdicts.scorecard().assign(n=3, replicates=3), ranks=False)
    assert dict(few.lines)["BN"][0][:2] == ("97", scorecard.Strip(0, 97, None))
    assert few.columns[0].note == ("Nobody is ranked. With fewer than 5 runs there is no interval.")


def test_a_row_of_the_ledger_that_ranks_nobody_marks_nobody_and_counts_for_nobody():
    questions = asked(verdicts.scorecard(), ranks=False)
    cells = [cell for question in questions for _, (cell,) in question.lines]
    assert {cell.behind for cell in cells} == {None}
    assert {column.note for each in questions for column in each.columns} == {"Nobody is ranked."}
    assert {score.ranked for score in scorecard.scores(questions)} == {0}
    assert {question.better for question in questions} == {""}


def test_questions_under_one_heading_stand_together():
    under = {"one": "A", "two": "B", "three": "A"}
    table = pd.concat([verdicts.scorecard().assign(key=key) for key in under])
    rows = {key: row(asks=key, under=heading) for key, heading in under.items()}
    assert [q.asks for q in scorecard.questions(table, rows, {})] == ["one", "three", "two"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"when": "it matters"}, "needs both when and because, or none of them"),
        ({"against": "base", "reference": "base"}, "has either against or reference, not both"),
    ],
)
def test_a_row_of_the_ledger_that_cannot_be_printed_is_refused(changes, problem):
    with pytest.raises(ValidationError, match=problem):
        row(**changes)


def test_the_words_of_a_row_leave_its_key_as_it_is():
    worded = row(asks="Something else", when="it matters", because="{best} on {on}")
    assert worded.key == row().key != row(batch=2).key


def test_a_question_names_its_reference_and_what_is_missing_and_who_never_got_there():
    table = verdicts.scorecard().query("method != 'base'").assign(against="bn", missing="LN")
    first, *_ = asked(table)
    assert first.other == "BN"
    assert first.columns[0].note == "Nobody is ranked, without values of LN."
    never = table.assign(estimate=np.nan, open=4, n=0, better="low", against="", missing="")
    (unknown, *_) = asked(never)
    assert unknown.lines[0][1][0].text == "never" and "fewer" not in unknown.columns[0].note


def test_a_method_is_counted_where_no_other_one_is_clearly_better():
    scores = scorecard.scores(asked(verdicts.scorecard()))
    counts = {score.method: (score.leads, score.ranked) for score in scores}
    assert counts == {"BN": (1, 2), "BASE": (1, 2), "LN": (0, 1)}


# ---------------------------------------------------------------- a method of one's own

NORM = """
from bnlab.networks.normalizer import Normalizer


class MyNorm(Normalizer):
    def __init__(self, p: int = 1):
        self.p = p
"""


def written(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "workflow" / "scripts" / "scorecard.py"), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_overlay_of_a_method_makes_it_own_in_the_scorecards_study(tmp_path, monkeypatch):
    (tmp_path / "my_norms.py").write_text(NORM)
    done = written(tmp_path, "my_norms.py:MyNorm", "p=2")
    assert done.stdout == "scorecard_mynorm.yaml\n", done.stderr
    content = yaml.safe_load((tmp_path / "scorecard_mynorm.yaml").read_text())
    assert content["title"] == "Which normalizer when? MyNorm beside others"
    assert content["methods"]["own"] == {
        "normalizer": "my_norms.py:MyNorm",
        "options": {"p": 2},
        "label": "MyNorm",
    }
    monkeypatch.chdir(tmp_path)
    files = [ROOT / "config.yaml", ROOT / "workflow/studies/scorecard.yaml"]
    study = validation.read([*files, tmp_path / "scorecard_mynorm.yaml"])
    assert study.study == "scorecard_mynorm"
    plain = validation.read(files)
    others = {plain.name(run) for run in plain.all_runs() if run.method != "own"}
    assert {study.name(run) for run in study.all_runs() if run.method != "own"} == others


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Name a class: make scorecard METHOD="),
        (["my_norms.py:Nrom"], "unknown normalizer 'Nrom' in my_norms.py; did you mean 'MyNorm'?"),
        (["my_norms.py:MyNorm", "p"], "An option is name=value, and p is not."),
    ],
)
def test_what_cannot_be_scored_is_said_in_a_sentence(tmp_path, arguments, sentence):
    (tmp_path / "my_norms.py").write_text(NORM)
    done = written(tmp_path, *arguments)
    assert done.returncode == 1 and sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_question_that_a_cut_study_cannot_answer_is_named_with_its_reason():
    config, overlay = CHECKOUT / "config.yaml", CHECKOUT / "workflow/studies/scorecard.yaml"
    study = validation.read([config, overlay])
    ledger = yaml.safe_load((CHECKOUT / "workflow/claims.yaml").read_text("utf8"))
    rows = [Row.model_validate(row) for row in ledger["scorecard"]]
    before = unanswered(rows, study)
    cut = study.experiments["learning_rate"].runs[0].model_copy(update={"batches": [64]})
    experiments_of = {"learning_rate": Runs(runs=[cut])}
    smaller = study.model_copy(update={"experiments": experiments_of})
    told = [question for question in unanswered(rows, smaller) if question not in before]
    assert (
        "Decades of good learning rates, since this study does not train base at batch 60 there"
        in told
    )


def test_a_method_is_near_the_best_where_the_interval_of_its_distance_lies_within():
    distances = {  # of a, b and c in each setting: distance with its interval, in points
        "one": [(0, 0, 0), (-0.3, -0.4, -0.2), (-1.5, -1.8, -1.2)],
        "two": [(-0.8, -1.4, -0.2), (0, 0, 0), (-3, -4, -2)],
        "split": [(-9, -9, -9), (0, 0, 0), (-9, -9, -9)],  # of the same data as "two"
        "untuned": [(0, 0, 0), (0, 0, 0), (0, 0, 0)],
    }
    columns = ["less_best", "less_best_low", "less_best_high"]
    tables = [
        pd.DataFrame(rows, columns=columns).assign(
            key=key, method_label=["A", "B", "C"], unit="%", better="high"
        )
        for key, rows in distances.items()
    ]
    best = {"experiment": "learning_rate", "rate": "best", "recipe": None}
    rows = {key: row(dataset=key, **best) for key in ("one", "two", "split")} | {"untuned": row()}
    called = {"two": "Two", "split": "Two"}
    assert scorecard.DISTANCES == (0.5, 1, 2)
    near = scorecard.near_the_best(pd.concat(tables), rows, called)
    assert near == (
        2,
        [
            ("B", [(2, 2), (2, 2), (2, 2)]),
            ("A", [(1, 2), (1, 2), (2, 2)]),
            ("C", [(0, 0), (0, 0), (1, 2)]),
        ],
        [],
    )
    some = [tables[0], tables[1].iloc[:2]]
    assert scorecard.near_the_best(pd.concat(some), rows, called)[2] == [("C", 1)]
    assert scorecard.near_the_best(tables[3], rows, called) is None
