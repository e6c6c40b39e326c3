"""The scorecard: what rows say of methods, and how the page shows it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import synthetic
import test_claims
import verdicts
import yaml

from bnlab.analysis.scores import COLUMNS, score
from bnlab.experiments import quantity
from bnlab.page import scorecard
from bnlab.study import validation
from bnlab.study.config import Runs
from bnlab.study.ledger import Row

ROOT = Path(__file__).parents[1]
AT = {"experiment": "learning_curves", "dataset": "mnist", "recipe": "long", "batch": 60}


def row(**changes) -> Row:
    return Row.model_validate({"asks": "Accuracy", "quantity": "test_accuracy"} | AT | changes)


def scored(*rows: Row, results=test_claims.RESULTS, study=test_claims.STUDY, earlier=None):
    return score(rows, study, results, quantity, earlier).set_index("method")


def test_every_method_that_is_trained_there_has_its_mean_and_interval_in_printed_units():
    found = scored(row())
    assert list(found.index) == ["base", "bn"]
    metrics = test_claims.RESULTS["learning_curves"]["metrics"]
    end = metrics[(metrics["step"] == 1000) & (metrics["split"] == "test")]
    end = end[(end["statistics"] == "moving") & (end["method"] == "bn")]
    assert found.loc["bn", "estimate"] == pytest.approx(100 * end["accuracy"].mean())
    assert found.loc["bn", "low"] < found.loc["bn", "estimate"] < found.loc["bn", "high"]
    assert (found["unit"] == "points").all() and (found["dataset"] == "digits").all()


def test_against_another_method_it_is_the_geometric_mean_of_paired_ratios():
    found = scored(row(quantity="test_loss", against="base"))
    assert found.loc["base", "estimate"] == pytest.approx(1)
    losses = test_claims.RESULTS["learning_curves"]["metrics"]
    end = losses[(losses["step"] == 1000) & (losses["split"] == "test")]
    end = end[end["statistics"] == "moving"].pivot(
        index="replicate", columns="method", values="loss"
    )
    ratio = np.exp(np.log(end["bn"] / end["base"]).mean())
    assert found.loc["bn", "estimate"] == pytest.approx(ratio)
    assert found.loc["bn", "unit"] == "times"


def test_a_method_is_behind_those_whose_intervals_are_better_and_wholly_apart():
    apart = scored(row(quantity="mean_test_accuracy"))
    assert apart["behind"].to_dict() == {"base": 1, "bn": 0}
    lower = scored(row(quantity="test_loss"))
    better = lower["estimate"].idxmin()
    meets = lower["low"].max() <= lower["high"].min()
    assert lower.loc[better, "behind"] == 0
    assert lower["behind"].sum() == (0 if meets else 1)
    assert (apart["rivals"] == 1).all()


def test_what_is_not_trained_has_no_answer_and_without_any_answer_there_is_no_card():
    assert scored(row(batch=2)).empty
    assert scored(row(experiment="learning_rate", recipe=None, rate="best")).empty
    assert scorecard.page(pd.DataFrame(columns=COLUMNS)) is None


def test_rows_of_experiments_that_are_taken_come_as_they_were_published():
    known = scored(row()).reset_index()
    runs = test_claims.STUDY.experiments["learning_curves"]
    taken = test_claims.STUDY.model_copy(
        update={"experiments": {"learning_curves": Runs(runs=runs.runs, published=True)}}
    )
    again = scored(row(), results={}, study=taken, earlier=known).reset_index()
    pd.testing.assert_frame_equal(again[COLUMNS], known[COLUMNS], check_dtype=False)
    other = row(asks="Loss", quantity="test_loss")
    assert scored(other, results={}, study=taken, earlier=known).empty


def test_the_smallest_good_batch_is_the_one_from_which_on_none_is_worse_than_base_by_a_point():
    accuracies = {  # by batch 1, 2, 4, 16 in replicates 0 and 1
        "base": [[0.9, 0.9], [0.9, 0.9], [0.9, 0.9], [0.9, 0.9]],
        "late": [[0.5, 0.95], [0.895, 0.5], [0.91, 0.9], [0.9, 0.9]],
        "never": [[0.9, 0.9], [0.9, 0.9], [0.9, 0.9], [0.8, 0.9]],
        "lost": [[np.nan, 0.9], [0.9, 0.9], [0.9, 0.9], [0.9, 0.9]],
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
    asked = row(experiment="beyond_batch", dataset="digits", quantity="smallest_good_batch", **at)
    measure = quantity("beyond_batch", "smallest_good_batch")
    found = {m: measure({"metrics": metrics}, asked, m).values.tolist() for m in accuracies}
    assert found["base"] == [1, 1]
    assert found["late"] == [2, 4]
    assert found["never"] == [np.inf, 1]
    assert found["lost"] == pytest.approx([np.nan, 1], nan_ok=True)


def test_the_deepest_network_is_the_last_before_one_that_fails():
    asked = row(
        experiment="depth",
        dataset="digits",
        recipe=None,
        where={"activation": "sigmoid"},
        quantity="deepest",
    )
    metrics = synthetic.depth()["metrics"].query("activation == 'sigmoid'")
    measure = quantity("depth", "deepest")
    assert measure({"metrics": metrics}, asked, "base").tolist() == [3] * 4
    assert measure({"metrics": metrics}, asked, "bn").tolist() == [6] * 4


# ---------------------------------------------------------------- the page


def test_a_cell_says_its_number_and_how_many_rivals_are_better():
    card = scorecard.card(verdicts.scorecard())
    assert card.methods == ["BASE", "BN", "LN"]
    accuracy, lost, _ = card.lines
    assert [cell.text for cell in accuracy.cells] == ["90.0 ± 1.0", "97.0 ± 1.0", "90.5 ± 1.0"]
    assert [cell.behind for cell in accuracy.cells] == [0.5, 0, 0.5]
    assert lost.better == "the lower the better" and lost.asks == "Lost to few rows (%)"
    assert lost.cells[2] == scorecard.Cell(scorecard.NO_ANSWER, None)


def test_the_questions_of_one_when_are_a_sentence_that_the_intervals_bear_out():
    table = verdicts.scorecard().assign(when="it matters")
    assert scorecard.sentences(table) == [
        "When it matters: in accuracy BN (97 %) leads, and BASE (90 %) is last; "
        "in lost to few rows BASE (1.0 %) leads, and BN (30 %) is last."
    ]
    never = table.assign(open=0)
    lost = never.iloc[[3]].assign(method_label="LN", estimate=float("nan"), rivals=0, open=4)
    assert scorecard.sentences(pd.concat([never, lost]))[0].endswith(
        "and BN (30 %) is last, but for LN, which never gets there."
    )
    assert scorecard.sentences(table.assign(when="")) == []
    together = scorecard.sentences(table.assign(behind=0).query("asks == 'Accuracy'"))
    assert together == [
        "When it matters: in accuracy no method is clearly beaten: BN (97 %), LN (90 %) and BASE (90 %)."
    ]
    wide = table.assign(low=table["estimate"] - 30, high=table["estimate"] + 30, behind=0)
    (said,) = scorecard.sentences(wide.query("asks == 'Accuracy'"))
    assert "BN (97 %)" in said


def test_the_last_line_counts_where_no_other_method_is_clearly_better():
    *_, last = scorecard.card(verdicts.scorecard()).lines
    assert [cell.text for cell in last.cells] == ["1 of 2", "1 of 2", "0 of 1"]


def test_the_picture_has_a_row_a_question_and_the_better_ends_on_the_right():
    figure = scorecard.draw(verdicts.scorecard())
    (axis,) = figure.axes
    assert [t.get_text() for t in axis.get_yticklabels()] == ["Accuracy", "Lost to few rows"]
    marks = [line for line in axis.lines if line.get_marker() not in ("None", None, "")]
    places = [(float(line.get_xdata()[0]), line.get_ydata()[0]) for line in marks]
    assert places == [
        (pytest.approx(x), y) for x, y in [(0, 0), (1, 0), (0.5 / 7, 0), (1, 1), (0, 1)]
    ]


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
    said = yaml.safe_load((tmp_path / "scorecard_mynorm.yaml").read_text())
    assert said["title"] == "Which normalizer when? MyNorm beside others"
    assert said["methods"]["own"] == {
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
    ("arguments", "said"),
    [
        ([], "Name a class: make scorecard METHOD="),
        (["my_norms.py:Nrom"], "unknown class 'Nrom' in my_norms.py; did you mean 'MyNorm'?"),
        (["my_norms.py:MyNorm", "p"], "An option is name=value, and p is not."),
    ],
)
def test_what_cannot_be_scored_is_said_in_a_sentence(tmp_path, arguments, said):
    (tmp_path / "my_norms.py").write_text(NORM)
    done = written(tmp_path, *arguments)
    assert done.returncode == 1 and said in done.stderr
    assert len(done.stderr.splitlines()) == 1
