"""The first screen: each sentence is one that the intervals allow, and each number is that of its table."""

import math
import re
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import synthetic
import yaml
from project import CHECKOUT
from pydantic import ValidationError
from synthetic import write_report

from bnlab.files import read_csv
from bnlab.page import front, front_picture
from bnlab.page.beside import Beside
from bnlab.page.confirmation import Confirmation
from bnlab.page.contents import Item
from bnlab.page.contents import published as read_tables
from bnlab.page.front_page import front_page
from bnlab.study import validation
from bnlab.study.finding import excess
from bnlab.study.front import Front, Statement
from bnlab.study.ledger import Row
from bnlab.study.ledger_validation import load_ledger
from bnlab.study.locations import overlaid

PUBLISHED = CHECKOUT / "reports" / "published"
CONFIG = yaml.safe_load((CHECKOUT / "config.yaml").read_text("utf8"))
LOCAL = CHECKOUT / "workflow" / "studies" / "local.example.yaml"


def statement(**changes):
    about = {
        "question": "Is it more accurate?",
        "experiment": "learning_rate",
        "decided_by": {"table": "gains", "column": "gain", "factor": 100.0},
        "margin": 2.0,
        "thoughts": {"higher": "Up.", "lower": "Down.", "alike": "Same.", "unclear": "Who knows."},
        "higher": "It gains {value} points on {on}.",
        "lower": "It loses {value} points on {on}.",
        "unclear": "On {on} we could not tell.",
        "also": {"higher": "It gains on {on} too.", "unclear": "Nor could we on {on}."},
    }
    return Statement.model_validate(about | changes)


def gains(**intervals):
    """Return a reader of made-up gains, one data set each."""
    rows = [
        {"dataset_label": name, "gain": (low + high) / 2, "gain_low": low, "gain_high": high}
        for name, (low, high) in intervals.items()
    ]
    return lambda experiment: lambda kind: pd.DataFrame(rows if kind == "gains" else [])


@pytest.mark.parametrize(
    ("intervals", "thought"),
    [
        ({"A": (0.03, 0.05)}, "Up."),
        ({"A": (-0.05, -0.03)}, "Down."),
        ({"A": (0.001, 0.003)}, "Same."),
        ({"A": (-0.01, 0.02), "B": (0.0, 0.01)}, "Same."),
        ({"A": (0.03, 0.05), "B": (0.001, 0.003)}, "Who knows."),
        ({"A": (0.03, 0.05), "B": (-0.05, -0.03)}, "Who knows."),
        ({"A": (-0.05, 0.05)}, "Who knows."),
        ({"A": (0.01, 0.05)}, "Who knows."),
    ],
)
def test_the_intervals_of_all_data_sets_choose_the_thought(intervals, thought):
    (one,) = front.said([statement()], gains(**intervals))
    assert one.thought == thought


def test_a_sentence_has_the_numbers_of_its_first_data_set_and_names_the_others():
    tables = gains(A=(0.02, 0.04), B=(-0.01, 0.01), C=(0.1, 0.3))
    (one,) = front.said([statement()], tables)
    assert one.sentence == "It gains 3.0 points on A. It gains on C too. On B we could not tell."
    (short,) = front.said([statement(also={})], tables)
    assert short.sentence == "It gains 3.0 points on A. On B we could not tell."
    (less,) = front.said([statement()], gains(A=(-0.04, -0.02), B=(-0.3, -0.1)))
    assert less.sentence == "It loses 3.0 points on A."


@pytest.mark.parametrize("text", ["It gains too.", "It gains {value} on {on}.", "On {on"])
def test_a_sentence_on_further_data_names_them_and_nothing_else(text):
    with pytest.raises(ValidationError, match="of also has the one slot {on}"):
        statement(also={"higher": text})


def test_a_statement_without_numbers_gives_way_to_the_one_in_its_place_or_to_none():
    other = statement().model_dump() | {"decided_by": {"table": "gains", "column": "gain"}}
    lacking = {"decided_by": {"table": "losses", "column": "gain"}}
    (one,) = front.said([statement(**lacking, instead=other)], gains(A=(2.0, 4.0)))
    assert one.sentence == "It gains 3.0 points on A."
    assert front.said([statement(**lacking)], gains(A=(2.5, 3.5))) == []


def question(dataset="mnist", because="from {worst} to {best} on {on}", **changes):
    return Row.model_validate(
        {
            "asks": "Accuracy",
            "when": "it matters",
            "because": because,
            "experiment": "learning_rate",
            "dataset": dataset,
            "rate": "best",
            "batch": 60,
            "quantity": "test_accuracy",
        }
        | changes
    )


def cells(row, label, runs=20, unit="%", **ranks):
    """Return rows of scorecard.csv: estimate and number of better methods of each method."""
    return pd.DataFrame(
        [
            {
                "key": row.key,
                "dataset_label": label,
                "method": method,
                "unit": unit,
                "better": "high",
            }
            | {"estimate": at, "low": at - 0.4, "high": at + 0.4, "n": runs, "behind": behind}
            | {"rivals": len(ranks) - 1, "at_end": False}
            for method, (at, behind) in ranks.items()
        ]
    )


WORDS = {"base": "none", "bn": "batch norm", "ln": "layer norm", "ws": "weight standardization"}
MNIST = {"base": (90, 1), "bn": (97, 0), "ln": (90.5, 1)}
OTHER = {"base": (69, 1), "bn": (71, 0), "ln": (71, 0)}
ONE, TWO = question(), question("bng_glass")


def advice(*tables, rows=(ONE, TWO), confirmed=False):
    return front.advised(
        rows,
        pd.concat(tables),
        {"mnist_split2": "MNIST", "mnist": "MNIST"},
        WORDS,
        lambda row: confirmed,
    )


def test_advice_is_what_leads_on_every_data_set_and_gives_the_numbers_of_each():
    (one,) = advice(cells(ONE, "MNIST", **MNIST), cells(TWO, "Glass", **OTHER))
    assert (one.when, one.use) == ("it matters", "batch norm")
    assert one.because == "from 90.0\xa0% to 97.0\xa0% on MNIST; 69.0\xa0% to 71.0\xa0% on Glass"
    assert (one.sure, one.why) == ("fair", "two data sets")


def test_data_that_tell_no_method_apart_do_not_agree_with_others():
    alike = {"base": (71, 0), "bn": (71, 0), "ln": (71, 0)}
    (one,) = advice(cells(ONE, "MNIST", **MNIST), cells(TWO, "Glass", **alike))
    assert (one.use, one.sure, one.why) == ("batch norm", "weak", "one data set")


def test_ties_are_named_with_the_network_without_normalization_last():
    tied = {"base": (97, 0), "bn": (97, 0), "ln": (90, 2)}
    (one,) = advice(cells(ONE, "MNIST", **tied))
    assert one.use == "batch norm, or none"


def test_a_method_within_the_margin_of_the_best_is_recommended_too():
    near = question(margin=1)
    (one,) = advice(cells(near, "MNIST", base=(97, 1), bn=(97.9, 0), ln=(96.8, 2)), rows=[near])
    assert one.use == "batch norm, or none"


def test_where_data_sets_differ_the_advice_says_so():
    (one,) = advice(cells(ONE, "MNIST", **MNIST), cells(TWO, "Glass", base=(71, 0), bn=(69, 1)))
    assert one.use == "depends: MNIST batch norm; Glass none"
    assert (one.sure, one.why) == ("weak", "data sets differ")


def test_where_splits_of_a_data_set_differ_it_says_that_and_names_no_method_of_one_split():
    split = question("mnist_split2")
    tables = [cells(ONE, "MNIST", **MNIST), cells(split, "MNIST", base=(91, 0), bn=(90, 1))]
    (one,) = advice(*tables, rows=(ONE, split))
    assert (one.use, one.why) == ("depends: MNIST has no clear best", "splits differ")
    (both,) = advice(*tables, cells(TWO, "Glass", **OTHER), rows=(ONE, split, TWO))
    assert both.use == "depends: MNIST has no clear best; Glass batch norm, or layer norm"
    assert (both.sure, both.why) == ("weak", "splits differ")


def test_a_method_that_is_not_on_every_data_set_is_not_recommended():
    alone = {"bn": (71, 0), "ln": (70, 1), "ws": (71, 0)}
    (one,) = advice(cells(ONE, "MNIST", **MNIST), cells(TWO, "Glass", **alone))
    assert one.use == "batch norm"


@pytest.mark.parametrize(
    ("runs", "ranks", "is_known"),
    [(4, MNIST, False), (20, {"base": (97, 0), "bn": (97.1, 0)}, False), (5, MNIST, True)],
)
def test_few_runs_or_no_difference_leave_it_open(runs, ranks, is_known):
    (one,) = advice(cells(ONE, "MNIST", runs, **ranks))
    assert (one.sure == "open", one.use == "not known yet") == (not is_known, not is_known)


def test_a_question_that_ranks_nobody_gives_no_advice():
    untuned = question(ranks=False)
    (one,) = advice(cells(untuned, "MNIST", **MNIST), rows=[untuned])
    assert (one.use, one.sure, one.why) == ("not known yet", "open", "not tuned")


def test_a_method_whose_best_rate_may_lie_beyond_those_tried_leaves_it_open():
    at_end = cells(ONE, "MNIST", **MNIST).assign(at_end=[False, True, False])
    (one,) = advice(at_end)
    assert (one.use, one.sure, one.why) == ("not known yet", "open", "best rate at an end")


def test_the_first_screen_explains_every_reason_that_leaves_advice_open(tmp_path):
    alike = cells(ONE, "MNIST", bn=(97, 0), ln=(97, 0))
    few, at_end, untuned = alike.assign(n=4), alike.assign(at_end=True), alike
    rows = [
        advice(few, rows=(ONE,)),
        advice(untuned, rows=(ONE.model_copy(update={"ranks": False}),)),
        advice(at_end, rows=(ONE,)),
        advice(alike, rows=(ONE,)),
    ]
    shown = [row for each in rows for row in each]
    screen = {"said": [], "panels": [], "advice": shown, "trained": None, "runs": ""}
    text = write_report(tmp_path, first=screen).read_text("utf8")
    legend = text[text.index("<b>Open:</b>") :]
    legend = legend[: legend.index("</p>")].replace("fewer than five", "4")
    assert [row.sure for row in shown] == ["open"] * 4
    for row in shown:
        assert set(row.why.split()) <= set(re.findall(r"\w+", legend)), row.why


def test_a_range_that_goes_on_beyond_the_rates_tried_is_called_a_bound():
    row = SimpleNamespace(reaches_lowest=3, reaches_highest=0)
    assert front_picture.is_open(row)
    row.reaches_lowest = 0
    assert not front_picture.is_open(row)


def test_advice_is_strong_where_three_splits_and_fresh_seeds_agree_too():
    splits = [ONE, question("mnist_split2"), question("mnist_split3")]
    rows = [*splits, TWO]
    called = {"mnist": "MNIST", "mnist_split2": "MNIST", "mnist_split3": "MNIST"}
    of_splits = [cells(row, "MNIST", base=(90, 1), bn=(97, 0)) for row in splits]
    table = pd.concat([*of_splits, cells(TWO, "Glass", **OTHER)])
    judge = partial(front.advised, rows, table, called, WORDS)
    (one,), (other,) = judge(lambda row: True), judge(lambda row: False)
    assert (one.sure, one.why) == ("strong", "two data sets, three splits, fresh seeds")
    assert other.sure == "fair" and one.because.count("MNIST") == 1
    few = table.assign(n=np.where(table["key"] == TWO.key, 9, 20))
    assert front.advised(rows, few, called, WORDS, lambda row: True)[0].sure == "weak"


def test_fresh_seeds_confirm_a_question_where_they_confirm_a_test_of_it_and_change_none():
    outcomes = {"6/3": "confirmed", "8/4": "changed", "9/2": "undecided"}
    rows = [(*name.split("/"), outcome) for name, outcome in outcomes.items()]
    table = pd.DataFrame([*rows, ("8", np.nan, "confirmed")], columns=["id", "test", "outcome"])
    table = table.assign(test=table["test"].astype(float))
    fresh = Confirmation(table, (1, 20), "", True)
    assert front.is_confirmed(fresh, ["6/3"]) and not front.is_confirmed(fresh, ["6/3", "8/4"])
    assert front.is_confirmed(fresh, ["6/3", "9/2"]) and not front.is_confirmed(fresh, ["9/2"])
    assert not front.is_confirmed(fresh, ["9/1"]) and not front.is_confirmed(None, ["6/3"])


def test_a_width_in_decades_is_printed_as_a_fold():
    row = question(
        because="rates span {best} on {on}, {base} with none", quantity="rate_range", rate=None
    )
    (one,) = advice(cells(row, "MNIST", unit="decades", bn=(2.0, 0), base=(1.0, 1)), rows=[row])
    assert one.because == "rates span 100-fold on MNIST, 10-fold with none"


# The published study.


def published(*overlays):
    """Return study, ledger, tables and the first screen of the published study."""
    files = [CHECKOUT / "config.yaml", *overlays]
    study = validation.load(overlaid(files), files)
    ledger = load_ledger(CHECKOUT / "workflow" / "claims.yaml", CONFIG, tuple(overlays))
    order = list(study.datasets)
    paths = sorted(
        PUBLISHED.glob("tables/*/*/*/*.csv"), key=lambda p: (order.index(p.parts[-3]), p)
    )
    items = [Item(*path.parts[-4:-1], path.stem, csv=path) for path in paths]
    tables = read_tables(None, items)
    about = ledger.model_dump(by_alias=True) | {"same": ledger.same}
    screen = front.page(study, about, tables, items, read_csv(PUBLISHED / "scorecard.csv"), None)
    return study, ledger, screen, tables


@pytest.fixture(scope="module")
def screen():
    return published(LOCAL)[2]


def at(path, **where):
    """Return the one row of a published table."""
    table = read_csv(PUBLISHED / "tables" / f"{path}.csv")
    for name, value in where.items():
        table = table[table[name] == value]
    (row,) = table.itertuples()
    return row


def test_every_number_of_the_published_statements_is_that_of_its_table(screen):
    gain, width, _ = screen["said"]
    row = at("learning_rate/mnist/all_recipes/best_rates", method="bn", batch=60)
    half = 50 * (row.less_base_high - row.less_base_low)
    digits = -math.floor(math.log10(half))
    digits += half * 10**digits < 3
    assert f" {abs(100 * row.less_base):.{max(digits, 0)}f} points on MNIST" in gain.sentence
    for method in ("bn", "base"):
        row = at("learning_rate/mnist/all_recipes/rate_range", method=method, batch=60)
        assert f"{float(f'{10**row.mean:.2g}'):g}-fold" in width.sentence


def test_every_number_of_the_published_advice_is_that_of_the_scorecard(screen):
    table = read_csv(PUBLISHED / "scorecard.csv")
    untuned = next(row for row in screen["advice"] if row.when == "you do not tune it")
    for key in untuned.keys:
        best = 10 ** table.loc[table["key"] == key, "estimate"].max()
        assert f"{float(f'{best:.2g}'):g}-fold" in untuned.because
    tuned = next(row for row in screen["advice"] if row.when == "you tune the learning rate")
    splits = table.loc[table["dataset"].str.contains("_split"), "key"]
    for key in set(tuned.keys) - set(splits):  # a further split prints nothing
        known = table.loc[table["key"] == key, "estimate"]
        apart = known.max() - known.min()
        assert any(f"{apart:.{places}f} points" in tuned.because for places in (1, 2))
    assert tuned.because.count(" points") + len(set(splits)) == len(set(tuned.keys))


def test_the_published_screen_has_few_words_and_no_abbreviations(screen):
    texts = [f"{each.thought} {each.sentence}" for each in screen["said"]]
    assert len(texts) == 3 and len(screen["panels"]) == 2 and len(screen["advice"]) >= 5
    for each in screen["said"]:
        assert not any(excess(part) for part in each.sentence.split(". ")), each
    drawn = [f"{panel.title} {panel.about} {panel.svg}" for panel in screen["panels"]]
    rows = [" ".join(map(str, row[:-1])) for row in screen["advice"]]
    for text in (*texts, *drawn, *rows, screen["trained"]):
        assert not {"BN", "LN", "WS", "GN", "Base"} & set(
            text.replace(">", " ").replace("<", " ").split()
        )


def test_nothing_untuned_stands_under_a_tuned_case_and_no_reference_beside_its_rivals():
    rows = load_ledger(CHECKOUT / "workflow" / "claims.yaml", CONFIG).scorecard
    tuned = [row for row in rows if row.when == "you tune the learning rate"]
    assert tuned and all(row.rate == "best" for row in tuned)
    known = read_csv(PUBLISHED / "scorecard.csv")
    assert not (known["method"] == known["against"]).any()


def test_the_picture_has_a_method_that_a_study_makes_of_shipped_classes(monkeypatch):
    study, ledger, _, tables = published(LOCAL)
    given = []
    monkeypatch.setattr(front, "panels", lambda *inputs: given.append(inputs[3]) or [])
    four = study.methods["gn"].model_copy(update={"options": {"groups": 4}, "label": "GN of four"})
    about = ledger.model_dump(by_alias=True) | {"same": ledger.same}
    for added in ({}, {"gn_of_four": four}):
        of_user = study.model_copy(update={"methods": {**study.methods, **added}})
        front.page(of_user, about, tables, [], pd.DataFrame(columns=["key", "rivals"]), None)
    assert given == [[], ["gn_of_four"]]


def test_a_study_without_a_ledger_has_an_empty_screen():
    study = published(LOCAL)[0]
    about = {"front": {}, "datasets": {}, "scorecard": [], "same": {}}
    empty = front.page(study, about, gains(), [], pd.DataFrame(columns=["key", "rivals"]), None)
    assert not any(value for name, value in empty.items() if name != "trained")
    assert Front().statements == []


def test_a_study_of_one_experiment_of_the_picture_says_what_it_trained():
    study, ledger, _, tables = published(LOCAL)
    alone = study.model_copy(
        update={"experiments": {"batch_size": study.experiments["batch_size"]}}
    )
    paths = sorted(PUBLISHED.glob("tables/batch_size/*/*/*.csv"))
    items = [Item(*path.parts[-4:-1], path.stem, csv=path) for path in paths]
    about = ledger.model_dump(by_alias=True) | {"same": ledger.same}
    scorecard = pd.DataFrame(columns=["key", "rivals"])
    screen = front.page(alone, about, tables, items, scorecard, None)
    assert len(screen["panels"]) == 1
    assert screen["trained"].startswith("Three hidden layers of 100 sigmoid units, trained by")


def test_a_batch_size_is_named_where_some_run_has_it():
    study = published(LOCAL)[0]
    assert " in batches of 60, on " in front.trained(study, "learning_rate", {"batch": 60}, {})
    assert " in batches of " not in front.trained(study, "learning_rate", {"batch": 61}, {})


def test_a_network_whose_layers_are_not_known_is_named(monkeypatch):
    study = published(LOCAL)[0]
    settings = {"layers": 0, "units": 0, "activation": "relu", "network": "residual"}
    monkeypatch.setattr(type(study), "comparison_settings", lambda *_: settings)
    text = front.trained(study, "batch_size", {}, {})
    assert text.startswith("The network residual with relu units, trained by plain gradient")


def test_a_page_without_a_first_screen_says_what_was_trained(tmp_path):
    screen = {"said": [], "panels": [], "advice": [], "trained": "Two hidden layers.", "runs": ""}
    text = write_report(tmp_path, first=screen).read_text("utf8")
    assert "Two hidden layers." in text and "Networks are small." not in text


def test_the_page_shows_what_there_is_and_nothing_else(tmp_path):
    said = [front.Said("It helps.", "By 3 points on A & B.", "batch_size/final")]
    screen = {"said": said, "panels": [], "advice": [], "trained": None, "runs": ""}
    text = write_report(tmp_path, figure_kinds=(), table_kinds=(), first=screen).read_text("utf8")
    assert "<b>It helps.</b> By 3 points on A &amp; B." in text
    answer = text[text.index('id="answer"') : text.index("</section>")]
    assert not {"<figure", "<table", "How sure"} & {
        part for part in ("<figure", "<table", "How sure") if part in answer
    }
    assert 'id="papers"' not in text


def test_the_page_points_to_a_study_of_another_ledger_and_repeats_its_first_statements():
    said = [(f"Thought {n}.", f"Sentence {n}.") for n in (1, 2, 3)]
    other = Beside(
        "other", "Does it grow?", "Networks are small.", said, "Of 2 claims 2 hold.", 3.0
    )
    screen = {"said": [front.Said("It helps.", "By 3.", "a/b")], "panels": [], "advice": []}
    screen |= {"trained": None, "runs": ""}
    inputs = replace(
        synthetic.of_published_tables(),
        tables=[],
        front=screen,
        beside=[("../published/other/report.html", other)],
    )
    text = front_page(inputs)
    assert '<a href="../published/other/report.html">Does it grow?</a>' in text
    assert "<b>Thought 2.</b> Sentence 2. Of 2 claims 2 hold." in text
    assert "Thought 3." not in text
    assert "Another ledger" not in front_page(replace(inputs, beside=[]))


def tuned(**less):
    """Return a reader of best_rates.csv: batch norm and no normalization in batches of 60 and 2, each at its best."""
    rows = [
        {
            "dataset_label": "MNIST",
            "method": method,
            "batch": batch,
            "tried": "0.01 0.03 0.1 0.3 1 3",
            "at_end": False,
        }
        | {
            "mean": at / 100,
            "low": at / 100 - 0.005,
            "high": at / 100 + 0.005,
            "less_base": gain / 100,
        }
        | {"less_base_low": (gain - 0.2) / 100, "less_base_high": (gain + 0.2) / 100}
        for batch, known in ((60, {"base": (97.3, np.nan), "bn": (97.5, 0.2)}), (2, less))
        for method, (at, gain) in known.items()
    ]
    table = pd.DataFrame(rows)
    return lambda experiment: lambda kind: table if kind == "best_rates" else pd.DataFrame()


def test_tiny_batches_are_judged_with_each_network_at_its_best_rate_where_that_is_measured():
    statements = load_ledger(CHECKOUT / "workflow" / "claims.yaml", CONFIG).front.statements
    small, broken = front.said(statements, tuned(base=(96.6, np.nan), bn=(86.2, -10.4)))
    assert small.thought == "It hardly changes the best accuracy."
    assert broken == front.Said(
        "It can break training.",
        "With two examples a batch, each at its best rate, batch norm reaches 86.2\xa0% on MNIST,"
        " no normalization 96.6\xa0%.",
        "learning_rate/best_rates",
    )
    (_, fine) = front.said(statements, tuned(base=(96.6, np.nan), bn=(95.9, -0.7)))
    assert fine.thought == "It works in tiny batches too."


def test_a_best_rate_at_an_end_of_those_tried_is_not_called_the_best():
    statements = load_ledger(CHECKOUT / "workflow" / "claims.yaml", CONFIG).front.statements
    read = tuned(base=(96.6, np.nan), bn=(86.2, -10.4))
    table = read("learning_rate")("best_rates")
    table.loc[table["batch"] == 2, "at_end"] = True
    (only,) = front.said(statements, read)
    assert only.thought == "It hardly changes the best accuracy."


def test_advice_on_tiny_batches_is_that_of_both_sizes_and_absent_where_none_is_measured():
    rows = [
        row
        for row in load_ledger(CHECKOUT / "workflow" / "claims.yaml", CONFIG).scorecard
        if row.quantity == "test_accuracy" and row.batch in (2, 4)
    ]
    two, four, untuned = rows
    assert (two.batch, four.batch, two.when, untuned.when) == (2, 4, four.when, None)
    other = cells(untuned, "Glass", base=(70, 0), bn=(60, 1))
    assert advice(other, rows=rows) == []
    at_two = cells(two, "MNIST", 10, base=(97, 0), bn=(68, 2), ln=(96.5, 1))
    (one,) = advice(other, at_two, rows=rows)
    assert (one.use, one.sure) == ("layer norm, or none", "weak")
    assert one.because.startswith("tuned in batches of two, batch norm has 68.0\xa0%")
    (both,) = advice(
        at_two, cells(four, "MNIST", 10, base=(94, 1), bn=(96, 1), ln=(98, 0)), rows=rows
    )
    assert (both.use, both.because) == ("layer norm", one.because)
    torn = cells(four, "MNIST", 10, base=(94, 1), bn=(98, 0), ln=(94, 1))
    (neither,) = advice(at_two, torn, rows=rows)
    assert (neither.use, neither.why) == ("depends: MNIST has no clear best", "settings differ")


@pytest.mark.parametrize("kind", ["best_rates", "rate_range", "all_methods", "none"])
def test_a_study_of_one_experiment_or_of_none_of_these_has_what_its_tables_say(kind):
    statements = load_ledger(CHECKOUT / "workflow" / "claims.yaml", CONFIG).front.statements
    whole = published(LOCAL)[3]

    def one(experiment):
        return lambda name: whole(experiment)(name) if name == kind else pd.DataFrame()

    said = front.said(statements, one)
    known = {"best_rates": 2, "all_methods": 1, "rate_range": 1}
    assert len(said) == known.get(kind, 0)


def test_no_sentence_of_the_first_screen_is_long_and_each_names_its_data():
    ledger = load_ledger(CHECKOUT / "workflow" / "claims.yaml", CONFIG)
    for each in ledger.front.statements:
        thoughts = [text for text in each.thoughts.model_dump().values() if text]
        assert all(len(text.split()) <= 9 for text in thoughts)
    for row in ledger.scorecard:
        reason = row.because or "{on}"
        assert "{on}" in reason and not excess(reason) and len(reason) <= 75, reason
