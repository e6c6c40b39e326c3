"""Multiples of the best rate and ensembles, of made-up results of a known law and against loops."""

import numpy as np
import pandas as pd
import pytest
import synthetic
from test_where import measured, table

from bnlab.analysis import metrics as measure
from bnlab.experiments.learning_rate_factors.analysis import multiples, progress, times_base_rate

RELU = {"network": "perceptron", "activation": "relu"}
SIGMOID = {"network": "inception", "activation": "sigmoid"}
METRICS = synthetic.sources()["learning_rate_factors"]["metrics"]


def of(network):
    rows = METRICS
    for name, value in network.items():
        rows = rows[rows[name] == value]
    return rows


def test_multiples_are_of_the_rate_with_bases_best_validation_accuracy():
    actual = times_base_rate(of(RELU)).set_index("learning_rate")["factor"]
    assert actual.to_dict() == {0.2: 0.2, 1.0: 1.0, 5.0: 5.0}


def test_where_base_trains_at_no_rate_there_are_no_multiples():
    assert times_base_rate(of(SIGMOID))["factor"].isna().all()
    rows = table("learning_rate_factors", "multiples").query("activation == 'sigmoid'")
    assert rows["ratio"].isna().all()
    assert (rows["reached"] == 0).all()
    assert rows.query("method == 'bn'")["mean"].min() > 0.9


def test_steps_and_accuracy_are_those_of_a_loop_over_evaluations():
    rows = of(RELU)
    tests = rows[(rows["split"] == "test") & (rows["statistics"] == "moving")]
    actual = progress(rows).set_index(["method", "learning_rate", "replicate"])
    for (method, rate, replicate), run in tests.groupby(["method", "learning_rate", "replicate"]):
        own = tests.query("method == 'base' and learning_rate == 1 and replicate == @replicate")
        level = max(own["accuracy"])
        reached = [s for s, a in zip(run["step"], run["accuracy"], strict=True) if a >= level]
        line = actual.loc[(method, rate, replicate)]
        assert line["best"] == max(run["accuracy"])
        assert (line["first"] == min(reached)) if reached else np.isnan(line["first"])
        assert line["base_first"] == 1000


def test_a_replicate_that_diverged_has_the_highest_accuracy_before_and_is_counted():
    rows = of(RELU)
    lost = (rows["method"] == "bn") & (rows["learning_rate"] == 5) & (rows["replicate"] == 0)
    gone = lost & (rows["step"] > 200)
    rows = rows.assign(accuracy=rows["accuracy"].mask(gone, 0.1), diverged=gone)
    of_bn = multiples(rows).query("method == 'bn' and learning_rate == 5").squeeze()
    tests = rows.query("method == 'bn' and learning_rate == 5 and split == 'test'")
    tests = tests[tests["statistics"] == "moving"]
    assert (of_bn["n"], of_bn["diverged"], of_bn["replicates"]) == (4, 1, 4)
    assert of_bn["mean"] == pytest.approx(tests.groupby("replicate")["accuracy"].max().mean())


def test_base_is_compared_at_its_own_best_rate_whatever_the_multiple():
    base = measured("learning_rate_factors", "steps_at_5", "base", where=RELU)
    assert base.values.tolist() == [1000] * 4
    bn = measured("learning_rate_factors", "steps_at_5", "bn", where=RELU)
    first = progress(of(RELU)).query("method == 'bn' and learning_rate == 5")["first"]
    assert bn.values.tolist() == first.fillna(1000).tolist()
    assert np.isinf(bn.highest).tolist() == first.isna().tolist()
    assert (bn.lowest <= bn.values).all()
    accuracy = measured("learning_rate_factors", "best_accuracy_at_5", "base", where=RELU)
    assert accuracy.min() > 0.9


def test_how_many_fail_is_at_the_multiple_itself():
    failing = measured("learning_rate_factors", "failed_share_at_5", "bn", where=RELU)
    assert failing.tolist() == [0] * 4
    of_sigmoids = measured("learning_rate_factors", "failed_share", "base", where=SIGMOID)
    assert of_sigmoids.tolist() == [1] * len(of_sigmoids)


def test_an_ensemble_predicts_by_the_mean_of_its_members_probabilities():
    labels, probabilities = synthetic.predictions("bn", 13)
    actual = measure.ensembles(labels, probabilities)
    assert len(actual) == 2  # the thirteenth is in none
    for number, row in actual.iterrows():
        members = probabilities[6 * number : 6 * number + 6]
        right = [
            sum(int(np.argmax(p) == y) for p, y in zip(rows, labels, strict=True)) / len(labels)
            for rows in (*members, sum(members) / 6)
        ]
        assert row["best_member"] == pytest.approx(max(right[:6]))
        assert row["mean_member"] == pytest.approx(sum(right[:6]) / 6)
        assert row["accuracy"] == pytest.approx(right[6])
        assert row["gain"] == pytest.approx(right[6] - max(right[:6]))


def test_an_ensemble_with_a_member_that_diverged_has_no_accuracy():
    labels, probabilities = synthetic.predictions("bn", 12)
    probabilities[7] = np.nan
    actual = measure.ensembles(labels, probabilities)
    assert actual["accuracy"].isna().tolist() == [False, True]
    assert measure.ensembles(labels, probabilities[:5]).empty


def test_what_ensembles_gain_is_shown_at_their_multiple():
    row = table("learning_rate_factors", "ensembles").iloc[0]
    labels, probabilities = synthetic.predictions("bn", 12)
    gains = measure.ensembles(labels, probabilities)["gain"]
    assert (row["factor"], row["n"]) == (5, 2)
    assert row["gain"] == pytest.approx(gains.mean())
    assert isinstance(row["gain_low"], float)
    assert pd.notna(row["best_member_high"])
