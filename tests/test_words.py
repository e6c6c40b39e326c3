"""What titles, captions and answers say is true of the numbers behind them."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
import synthetic
import verdicts

from bnlab.experiments import function
from bnlab.page import phrases, report

SOURCES = synthetic.sources()
NOTHING = pd.DataFrame([verdicts.effect(1, 1, 0, 0, 0, "undecided")]).iloc[:0]


def table(experiment: str, kind: str) -> pd.DataFrame:
    return synthetic.tabulated(
        *(experiment, kind, SOURCES[experiment], "digits", synthetic.recipe(experiment)),
        *("Digits", synthetic.LABELS),
    )


def title(experiment: str, kind: str, changed: pd.DataFrame | None = None) -> str:
    shown = table(experiment, kind) if changed is None else changed
    return function(experiment, "words", kind)(shown)


def answer(experiment: str, *effects: dict, tables=lambda kind: []) -> list[str]:
    made = pd.DataFrame(effects) if effects else NOTHING
    return function(experiment, "words", "answer")(made, tables)


def points(estimate: float, half: float, **more) -> dict:
    """An effect in points of test accuracy on Digits."""
    base = {"recipe": "r1", "dataset_label": "Digits", "region": "MNIST, rate 0.01"}
    return verdicts.effect(1, 1, estimate, estimate - half, estimate + half, "x", **base | more)


def ratio(estimate: float, low: float, high: float, quantity: str, **more) -> dict:
    base = {"scale": "ratio", "quantity": quantity, "compare": "bn / base"}
    base |= {"dataset_label": "Digits", "region": "MNIST, rate 0.01"}
    return verdicts.effect(1, 1, estimate, low, high, "x", **base | more)


@pytest.mark.parametrize(("experiment", "kind"), synthetic.FIGURE_KEYS)
def test_every_figure_says_in_one_sentence_what_it_shows(experiment, kind):
    said = title(experiment, kind)
    assert said[0].isupper() and not said.endswith(".")
    assert "nan" not in said
    assert any(character.isdigit() for character in said) or "not told apart" in said


@pytest.mark.parametrize(
    ("estimate", "half", "said"),
    [
        (5.62, 0.19, "5.6 points higher (5.4 to 5.8)"),
        (-0.485, 0.185, "0.5 points lower (0.3 to 0.7)"),
        (0.1, 0.3, "no clear difference (−0.2 to 0.4 points)"),
        (76.6, 3.45, "77 points higher (73 to 80)"),
    ],
)
def test_a_difference_is_higher_or_lower_only_where_its_interval_is(estimate, half, said):
    row = next(pd.DataFrame([points(estimate, half)]).itertuples())
    assert phrases.points(row) == said


@pytest.mark.parametrize(
    ("estimate", "low", "high", "said"),
    [
        (0.0184, 0.0169, 0.0201, "1.8 % (1.7 to 2.0 %) of the steps"),
        (1.03, 1.01, 1.05, "1.03 times (1.01 to 1.05) the steps"),
        (3.2, 2.9, 3.6, "3.2 times (2.9 to 3.6) the steps"),
        (4.0, 0.32, 51.3, "4.0 times (0.32 to 51) the steps"),
        (1500, 1200, 1900, "1,500 times (1,200 to 1,900) the steps"),
    ],
)
def test_a_ratio_below_one_is_a_share(estimate, low, high, said):
    row = next(pd.DataFrame([ratio(estimate, low, high, "steps_to_train")]).itertuples())
    assert phrases.times(row, " the steps") == said


def test_learning_curves_answer_whether_it_is_faster_better_and_steadier():
    steps = {"effect": "steps to 80 % training accuracy: BN / Base"}
    said = answer(
        "learning_curves",
        ratio(0.02, 0.018, 0.022, "steps_to_train", **steps),
        ratio(1.03, 1.01, 1.05, "seconds_per_1000_steps", claimed=1.158),
        points(5.6, 0.2, claimed=-3.3),
        points(0.1, 0.3, recipe="r2", region="MNIST, rate 0.1"),
        points(70, 3, effect="test accuracy at epoch 3: BN less Base"),
        ratio(0.25, 0.24, 0.26, "activation_drift"),
    )
    assert said[0] == (
        "Faster: with batch normalization a network on Digits needs 2.0 % (1.8 to 2.2 %) of the steps "
        "to 80 % training accuracy at learning rate 0.01; a step takes 1.03 times (1.01 to 1.05) the "
        "time (1.158 times is claimed)."
    )
    assert said[1] == (
        "At the end of training, test accuracy with batch normalization is, against the network "
        "without, 5.6 points higher (5.4 to 5.8) on Digits at learning rate 0.01 and no clear "
        "difference (−0.2 to 0.4 points) on Digits at learning rate 0.1; −3.3 points are claimed."
    )
    assert (
        said[2].startswith("Steadier inputs: over training, ")
        and " 25.0 % (24.0 to 26.0 %) " in said[2]
    )


def test_answers_turn_with_the_effects():
    steps = {"effect": "steps to 80 % training accuracy: BN / Base"}
    slower = answer("learning_curves", ratio(2, 1.8, 2.2, "steps_to_train", **steps))
    assert slower[0].startswith("Slower: ")
    alike = answer("learning_curves", ratio(1.0, 0.9, 1.1, "steps_to_train", **steps))
    assert "about as many steps" in alike[0]
    (restless,) = answer("learning_curves", ratio(1.3, 1.2, 1.4, "activation_drift"))
    assert restless.startswith("Inputs: ")


def test_batch_sizes_answer_what_fails_at_two_rows_and_whether_it_is_training():
    at = {"batch": "2", "experiment": "batch_size"}
    population = "test accuracy under population statistics: BN less Base"
    (said,) = answer(
        "batch_size",
        points(-30, 2.5, effect=population, **at),
        points(-0.9, 0.1, compare="ln - base", **at),
        ratio(9.0, 8.2, 9.8, "validation_loss", **at),
    )
    assert "30 points lower (28 to 32) with batch normalization, even under the statistics" in said
    assert "0.9 points lower (0.8 to 1.0) with layer normalization" in said
    assert said.endswith("is 9.0 times (8.2 to 9.8) that without.")
    (moving,) = answer("batch_size", points(-30, 2.5, **at))
    assert "training that fails" not in moving
    (pair,) = answer("batch_size", points(28, 1.3, compare="ln - bn", **at))
    assert "28 points higher (27 to 29) with layer than with batch normalization" in pair


def test_learning_rates_answer_how_high_they_may_be_and_who_is_ahead_at_the_best():
    best = {"recipe": "each method's best rate", "experiment": "learning_rate"}
    (said,) = answer(
        "learning_rate",
        ratio(3.2, 2.9, 3.6, "highest_good_rate"),
        points(0.21, 0.19, **best),
        points(-0.5, 0.2, compare="ln - bn", **best),
    )
    assert "with batch normalization, on Digits 3.2 times (2.9 to 3.6) that of" in said
    assert "0.2 points higher (0.0 to 0.4) with batch normalization than without" in said
    assert "0.5 points lower (0.3 to 0.7) with layer than with batch normalization" in said


def test_convolutions_answer_batches_of_two_from_effects_and_name_the_best_at_both_ends():
    wide = table("small_vgg", "all_methods")
    narrow = wide[wide["batch"] == wide["batch"].max()]
    at = {"batch": 2, "quantity": "test_accuracy"}
    in_twos, best = answer(
        "small_vgg",
        points(4, 2.6, compare="bn - base", **at),
        points(0.3, 1.2, compare="ln - base", **at),
        tables=lambda kind: [narrow, wide],
    )
    assert "4 points higher (1 to 7) with batch normalization" in in_twos
    assert "not clearly different (−1 to 2 points) with layer normalization" in in_twos
    assert answer("small_vgg", tables=lambda kind: [wide, narrow]) == [best]
    shown = wide[(wide["split"] == "test") & (wide["metric"] == "accuracy")]
    for batch in (wide["batch"].min(), wide["batch"].max()):
        there = shown[shown["batch"] == batch].set_index("method_label")["mean"]
        assert f"{there.idxmax()} at batch {batch} (" in best
    assert best.count("Digits") == 1


def test_multiples_name_the_networks_with_which_bn_keeps_up():
    shown = table("learning_rate_factors", "factors").query("network == 'perceptron'")
    base = (shown["method"] == "base") & (shown["factor"] == 1)
    of_bn = (shown["method"] == "bn") & (shown["factor"] == 5)
    own = shown.loc[base, "mean"].item()
    near = shown.assign(mean=shown["mean"].mask(of_bn, own - 0.009))
    far = shown.assign(mean=shown["mean"].mask(of_bn, own - 0.011))
    assert "5 times that rate with perceptron (relu)" in title(
        "learning_rate_factors", "factors", near
    )
    assert "5 times that rate with no network" in title("learning_rate_factors", "factors", far)


def test_mistakes_answer_how_many_are_compatible():
    def answered(**verdicts: str) -> str:
        made = table("faults", "faults")
        made["verdict"] = [verdicts.get(method, "excluded") for method in made["method"]]
        (said,) = answer("faults", tables=lambda kind: [made])
        return said

    lead = (
        "One source reports that the network with batch normalization ends lower, at 90.7 % against"
    )
    none = answered()
    assert none == f"{lead} 94 %: none of 2 mistakes in its implementation is found to give that."
    one = answered(bn_fault_epsilon_1="compatible", bn_fault_stop_gradient="undecided")
    assert one.endswith(
        "of 2 mistakes in its implementation, 1 would give that: ε = 1; undecided is statistics "
        "outside the gradient."
    )
    said = title("faults", "faults")
    assert (
        "is found to give 90.7 % beside 94 % without normalization; undecided are statistics"
        in said
    )


@pytest.mark.parametrize("experiment", synthetic.DECLARED)
def test_without_effects_and_tables_nothing_is_answered(experiment):
    assert answer(experiment) == []


def test_a_pair_is_ahead_only_where_its_interval_is():
    made = table("batch_size", "bn_vs_ln")
    test = (made["metric"] == "accuracy") & (made["method"] == "bn")
    columns = ["difference", "difference_low", "difference_high"]
    batches = sorted(made["batch"].unique())
    made.loc[test, columns] = [0.0, -0.01, 0.01]
    apart = "BN and LN are not told apart at any of 8 batch sizes"
    assert title("batch_size", "bn_vs_ln", made) == apart
    made.loc[test & made["batch"].isin(batches[:3]), columns] = [-0.3, -0.4, -0.2]
    made.loc[test & made["batch"].isin(batches[-1:]), columns] = [0.02, 0.01, 0.03]
    assert title("batch_size", "bn_vs_ln", made) == (
        "BN is above LN at batch 256, below it at 1 to 3 and not told apart at 4 of 8 sizes"
    )


def test_the_close_up_names_the_batches_at_which_a_method_keeps_up_with_base():
    made = table("batch_size", "small_batches")
    test = made[(made["split"] == "test") & (made["metric"] == "accuracy")]
    wide = test.pivot(index="batch", columns="method_label", values="mean")
    keeps = [batch for batch in wide.index if wide["BN"][batch] >= wide["Base"][batch] - 0.01]
    assert keeps == [3, 4, 8]
    assert "BN at 3 to 8" in title("batch_size", "small_batches")


def test_the_hardest_class_is_the_one_with_the_lowest_area():
    made = table("learning_curves", "roc").drop_duplicates(["method", "class"])
    for name, rows in made.groupby("method_label"):
        hardest = rows.loc[rows["auc"].idxmin(), "class_name"]
        assert f"{hardest} with {name}" in title("learning_curves", "roc")


def test_a_caption_speaks_of_lost_replicates_only_where_there_are_any():
    clean = pd.DataFrame({"diverged": [0, 0], "failed": [0, 0]})
    assert report.lost(clean) == []
    assert [re.sub(r"\W.*", "", s) for s in report.lost(clean.assign(diverged=[0, 1]))] == [
        "Replicates"
    ]
    both = report.lost(clean.assign(diverged=1, failed=2))
    assert ["diverged" in both[0], "failed" in both[1]] == [True, True]


@pytest.mark.parametrize(
    ("chosen", "said"),
    [([1, 2, 3], "1 to 3"), ([1, 3, 60], "1, 3 and 60"), ([60], "60")],
)
def test_batch_sizes_are_said_in_runs_of_those_tried(chosen, said):
    assert phrases.sizes(chosen, [1, 2, 3, 4, 60]) == said


def test_recipes_are_called_by_what_they_are():
    recipe = {"learning_rate": 0.1, "learning_rate_reference_batch": None}
    budget = {"budget": {"steps": 50000, "epochs": None}}
    assert report.recipe_title(recipe | budget) == "learning rate 0.1, 50,000 steps"
    scaled = recipe | {"learning_rate_reference_batch": 60, "budget": {"steps": None, "epochs": 5}}
    assert report.recipe_title(scaled) == (
        "learning rate 0.1 at batch 60 and proportional to it, 5 epochs"
    )


def test_an_effect_is_found_by_what_it_compares_and_only_with_an_interval():
    rows = pd.DataFrame([points(1, 0.1) | {"low": np.nan}, points(2, 0.1), points(3, 0.1)])
    assert phrases.effect(rows, compare="bn - base").estimate == 2
    assert phrases.effect(rows, compare="ln - base") is None


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (3.43, "3.4"),
        (101.3, "100"),
        (0.00123, "0.0012"),
        (1.8e-12, "1.8·10⁻¹²"),
        (12345, "1.2·10⁴"),
    ],
)
def test_numbers_far_from_one_are_said_by_powers_of_ten(value, said):
    assert phrases.powers(value) == said


@pytest.mark.parametrize(("value", "said"), [(-0.0018, "0.0"), (-0.28, "−0.3"), (0.6, "0.6")])
def test_zero_has_no_minus(value, said):
    assert phrases.number(value, 0.14) == said


@pytest.mark.parametrize(
    ("value", "said"), [(0.00002, "0.00002"), (10.0, "10"), (1 / 3, "0.333"), (100, "100")]
)
def test_a_rate_is_written_out(value, said):
    assert phrases.written_out(value) == said
