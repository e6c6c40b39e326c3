"""Tables and quantities of initial weights, regularization and small batches, from synthetic results."""

from itertools import product
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import synthetic

from bnlab.analysis.claims import rows_at
from bnlab.analysis.samples import Setting
from bnlab.experiments import quantity
from bnlab.experiments.gradient_noise.analysis import over_training, replicate_exponents
from bnlab.experiments.regularization.analysis import ONE, gaps
from bnlab.page.phrases import initial_weights
from bnlab.study.experiments import experiments
from bnlab.study.names import ALL_RECIPES

SOURCES, DECLARED = synthetic.sources(), experiments()


def table(experiment, kind):
    where = ("digits", synthetic.recipe(experiment), "Digits", synthetic.LABELS)
    return synthetic.tabulated(experiment, kind, SOURCES[experiment], *where)


def measured(experiment, name, method, results=None, **settings):
    """A quantity of a method by replicate."""
    defaults = {"rate": None, "batch": 60, "batches": None, "statistics": "moving", "epoch": None}
    named = {"experiment": experiment, "quantity": name, "where": {}}
    effect, study = (
        SimpleNamespace(**defaults | named | settings),
        SimpleNamespace(declaration=DECLARED.get),
    )
    there = Setting("digits", ALL_RECIPES)
    rows = rows_at(results or SOURCES[experiment], there, effect, study)
    return quantity(experiment, name)(rows, effect, method)


# ---------------------------------------------------------------- initial weights


def test_the_spread_over_initial_weights_is_between_the_best_and_the_worst_at_their_best_rates():
    base = measured("initialization", "spread_over_initializers", "base")
    assert base.tolist() == pytest.approx([0.2] * 4)  # 0.1 is the best rate, where none has failed
    bn = measured("initialization", "spread_over_initializers", "bn")
    assert bn.tolist() == pytest.approx([0] * 4)


def test_the_gap_is_that_of_the_same_run_from_these_weights():
    at = {"rate": "best", "where": {"initializer": "glorot_uniform"}}
    gap = measured("initialization", "initialized_gap", "base", **at)
    assert gap.tolist() == pytest.approx([0] * 4)  # made-up training and test rows are alike
    shifted = SOURCES["initialization"]["metrics"].copy()
    shifted.loc[shifted["split"] == "train", "accuracy"] += 0.03
    actual = measured("initialization", "initialized_gap", "base", {"metrics": shifted}, **at)
    assert actual.tolist() == pytest.approx([0.03] * 4)


def test_a_replicate_that_diverged_from_some_weights_loses_all_down_to_a_guess():
    metrics = SOURCES["initialization"]["metrics"].copy()
    gone = (metrics["method"] == "base") & (metrics["replicate"] == 2)
    gone &= (metrics["recipe"] == "normal_0.01_lr0.1") & (metrics["step"] > 500)
    metrics.loc[gone, "accuracy"], metrics.loc[gone, "diverged"] = 0.1, True
    actual = measured("initialization", "spread_over_initializers", "base", {"metrics": metrics})
    best = metrics.query(
        "method == 'base' and replicate == 2 and recipe == 'glorot_uniform_lr0.1' and step == 1000 "
        "and split == 'test' and statistics == 'moving'"
    )
    assert actual[2] == pytest.approx(best["accuracy"].item() - 0.1)


def test_failures_are_counted_over_all_weights_and_rates():
    failing = measured("initialization", "failures_everywhere", "base")
    assert failing.tolist() == [0.25] * 4  # one of two initializers times two rates
    assert measured("initialization", "failures_everywhere", "bn").tolist() == [0] * 4


def test_every_kind_of_initial_weights_has_its_own_chosen_rate():
    chosen = table("initialization", "heat_maps").query("chosen")
    assert sorted(zip(chosen["method"], chosen["initializer"], strict=True)) == [
        (method, initializer)
        for method in ("base", "bn")
        for initializer in ("glorot_uniform", "normal_0.01")
    ]
    rows = table("initialization", "best").set_index(["method", "initializer"])
    assert rows.loc[("bn", "normal_0.01"), "difference"] == pytest.approx(0.2, abs=0.01)


# ---------------------------------------------------------------- initial weights of deep networks


def of_deep_networks(quantity, method, layers, initializer):
    where = {"layers": layers, "initializer": initializer}
    return measured("deep_initialization", quantity, method, rate="best", where=where).tolist()


def test_deep_networks_are_measured_by_depth_and_initial_weights_at_their_best_rates():
    metrics = SOURCES["deep_initialization"]["metrics"].query(
        "method == 'bn' and layers == 6 and initializer == 'glorot_uniform_4'"
    )
    rows = metrics[(metrics["split"] == "test") & (metrics["step"] == metrics["step"].max())]
    ends = rows.groupby(["learning_rate", "replicate"])["accuracy"].first()
    assert ends[0.1].mean() > ends[1.0].mean()
    assert of_deep_networks("deep_accuracy", "bn", 6, "glorot_uniform_4") == pytest.approx(
        ends[0.1].tolist()
    )
    for layers, initializer in product((3, 6), ("glorot_uniform", "glorot_uniform_4")):
        fails = (layers, initializer) == (6, "glorot_uniform")
        assert of_deep_networks("failed_share", "base", layers, initializer) == [fails] * 4
        assert of_deep_networks("failed_share", "bn", layers, initializer) == [0] * 4


def test_gradients_of_deep_networks_are_those_of_the_same_weights_and_depth():
    at = (6, "glorot_uniform_4")  # base: 10^(layer − 3) and 3^layer of three layers, bn: 1
    assert of_deep_networks("gradient_imbalance", "base", *at) == pytest.approx([2] * 4)
    assert of_deep_networks("gradient_imbalance", "bn", *at) == pytest.approx([0] * 4)
    assert of_deep_networks("amplification", "base", *at) == pytest.approx([9] * 4)
    assert of_deep_networks("amplification", "bn", *at) == pytest.approx([1] * 4)


def test_the_table_of_deep_networks_has_a_row_for_each_depth_and_kind_of_weights():
    rows = table("deep_initialization", "accuracies").set_index(["method", "initializer", "layers"])
    assert len(rows) == 2 * 2 * 2 and set(rows["learning_rate"]) == {0.1}
    assert rows["lost"][rows["lost"] > 0].to_dict() == {("base", "glorot_uniform", 6): 4}
    # All four of one method fail and none of the other: 2 of the 70 ways to choose four of eight.
    assert rows.loc[("bn", "glorot_uniform", 6), "lost_p"] == pytest.approx(2 / 70)


@pytest.mark.parametrize(
    ("initializer", "label"),
    [
        ("normal_0.01", "N(0, 0.01²)"),
        ("glorot_uniform", "Glorot, uniform"),
        ("glorot_uniform_4", "4 × Glorot, uniform"),
        ("he_normal", "He, normal"),
    ],
)
def test_initial_weights_are_named_by_their_law(initializer, label):
    assert initial_weights(initializer) == label


# ---------------------------------------------------------------- batches of few classes


def test_what_is_lost_to_batches_of_few_classes_is_against_random_ones_of_the_same_replicate():
    where = {"classes": 2, "share": 1.0}
    lost = {
        m: measured("correlated_batches", "lost_to_correlation", m, where=where)
        for m in ("base", "bn")
    }
    assert lost["base"].tolist() == pytest.approx([0.1] * 4)
    assert lost["bn"].tolist() == pytest.approx([0.3] * 4)
    rows = table("correlated_batches", "mixtures").set_index(["method", "mixture"])
    assert rows.loc[("bn", "two classes"), "difference"] == pytest.approx(-0.3)
    assert rows.loc[("bn", "random"), "pairs"] == 0


# ---------------------------------------------------------------- regularization


def path(losses, train, test):
    """Tidy rows of one replicate whose training loss and accuracies are these."""
    lead = {
        "method": "base",
        "batch": 60,
        "learning_rate": 0.1,
        "dropout": 0.0,
        "l2": 0.0,
        "replicate": 0,
    }
    rows = []
    for step, (loss, ours, theirs) in enumerate(zip(losses, train, test, strict=True), 1):
        at = lead | {"step": step}
        rows.append(at | {"split": "train", "statistics": "batch", "loss": loss, "accuracy": ours})
        rows.append(at | {"split": "test", "statistics": "moving", "loss": 9.0, "accuracy": theirs})
    return pd.DataFrame(rows)


def test_the_gap_is_read_off_where_training_loss_first_comes_down_to_the_level():
    metrics = path([1.0, 0.2, 0.05, 0.3], [0.5, 0.92, 0.98, 0.9], [0.5, 0.90, 0.92, 0.9])
    (actual,) = gaps(metrics, np.array([0.1]))["gap"]
    assert actual == pytest.approx(
        0.02 + (0.06 - 0.02) / 2
    )  # 0.1 is half way from 0.2 to 0.05 in logs
    missing = gaps(metrics, np.array([2.0, 0.01]))
    assert missing["gap"].isna().all() and list(missing)[: len(ONE)] == ONE


def test_at_the_same_training_loss_the_gap_is_that_of_the_method():
    plain = {"metrics": SOURCES["regularization"]["metrics"].query("recipe == 'plain'")}
    gap = {m: measured("regularization", "matched_gap", m, plain) for m in ("base", "bn")}
    assert gap["base"].tolist() == pytest.approx([0.04] * 4)
    assert gap["bn"].tolist() == pytest.approx([0.01] * 4)


def test_gains_are_over_the_same_network_without_either():
    for method, gain in (("base", 0.0), ("bn", -0.01)):
        actual = measured("regularization", "dropout_gain", method, where={"dropout": 0.3})
        assert actual.tolist() == pytest.approx([gain] * 4)
        actual = measured("regularization", "l2_gain", method, where={"l2": 0.001})
        assert actual.tolist() == pytest.approx([0] * 4)


# ---------------------------------------------------------------- the size of the batch


def test_the_exponent_of_the_noise_is_the_slope_in_logarithms():
    rows = replicate_exponents(SOURCES["gradient_noise"]["gradient_noise"])
    actual = rows.groupby("method")["exponent"]
    assert actual.get_group("base").tolist() == pytest.approx([-1] * 4)
    assert actual.get_group("bn").tolist() == pytest.approx([-0.5] * 4)
    rows = over_training(SOURCES["gradient_noise"]["gradient_noise"])
    first = rows.query("method == 'base' and size == 4 and replicate == 0").iloc[0]
    assert (first["variance"], first["relative"]) == pytest.approx((0.75, 0.75 / 4))


def test_the_cost_of_a_batch_is_against_as_many_steps_of_one_row():
    cost = measured("gradient_noise", "batch_cost", "bn", batches=[1, 64])
    assert cost.tolist() == pytest.approx([0.74 / (0.11 * 64)] * 3)
    times = table("gradient_noise", "times").set_index(["method", "batch"])
    assert times.loc[("ln", 64), "ratio"] == pytest.approx(2)


# ---------------------------------------------------------------- learning rates


def test_at_its_best_rate_a_method_is_compared_over_training_and_at_the_end():
    rows = table("row_by_row", "best").set_index("method")
    assert rows["learning_rate"].tolist() == [0.1, 0.1]
    assert rows.loc["bn", ["difference", "during_difference"]].tolist() == pytest.approx([0.02] * 2)
