"""The memory that jobs ask for is what they take, and what no machine has is refused before any job."""

from pathlib import Path

import pandas as pd
import pytest

from bnlab import machine
from bnlab.study import validation
from bnlab.study.config import Study
from bnlab.training import memory

ROOT = Path(__file__).parents[1]
SIX = """
study: wide
datasets:
  wide: {label: wide, source: file, path: wide.npz, scaling: standardize, split: {test: 500, validation: 500},
    shape: {rows: 3000, features: 784, classes: 10}}
recipes:
  wide: {network: {perceptron: [2000, 2000]}, learning_rate: 0.01, budget: {steps: 20},
    evaluations: {first_epoch: 0, later: 1}}
only: [learning_curves]
experiments:
  learning_curves: {runs: [{datasets: [wide], methods: [base, bn, ln, ws, ws_bn, ws_ln], batches: [16],
    recipes: [wide]}]}
"""
"""Six methods that are timed together; with GN in the place of WS + LN they took 986 MB."""


@pytest.fixture(scope="module")
def local() -> Study:
    files = ("config.yaml", "workflow/studies/local.example.yaml")
    return validation.read([ROOT / name for name in files])


def test_each_published_run_took_at_most_the_memory_it_asks_for_and_at_least_half(
    local: Study,
) -> None:
    published = pd.read_csv(ROOT / "reports" / "published" / "runs.csv")
    took = published.set_index(["dataset", "method", "batch", "recipe"]).peak_memory_mb.dropna()
    asked = {
        tuple(run): memory.of_training(local, [run])
        for run in local.all_runs()
        if tuple(run) in took.index
    }
    ratio = pd.Series(asked).rename_axis(took.index.names) / took
    assert len(asked) > 500 and ratio.notna().all()
    assert ratio.between(1, 2).all()


def test_timing_asks_for_what_six_wide_methods_took_and_for_at_most_three_times_that(
    local: Study, tmp_path: Path
) -> None:
    (tmp_path / "wide.yaml").write_text(SIX)
    files = (ROOT / "config.yaml", ROOT / "workflow/studies/smoke.yaml", tmp_path / "wide.yaml")
    for study, took in ((local, 1001), (validation.read(list(files)), 986)):
        assert took < memory.of_timing(study, "learning_curves") < 3 * took


def test_a_recurrent_network_of_1000_units_asks_for_what_it_took_and_for_less_than_twice_that(
    local: Study,
) -> None:
    (run,) = (r for r in local.runs("row_by_row") if r[1:] == ("bn", 60, "rows_steps2000_lr0.01"))
    recipe = local.recipes[run.recipe]
    wide = recipe.model_copy(update={"network": {"recurrent": {"units": 1000, "steps": 28}}})
    study = local.model_copy(update={"recipes": local.recipes | {run.recipe: wide}})
    took = 1234
    assert took < memory.of_training(study, [run]) < 2 * took


@pytest.mark.parametrize(
    ("network", "took"),
    [
        ("{transformer: {blocks: 8, tokens: 28, units: 64}}", 888),
        ("{transformer: {blocks: 2, tokens: 28, units: 32}}", 725),
        ("{residual_perceptron: {blocks: 50, units: 100}}", 980),
    ],
)
def test_residual_networks_ask_for_what_they_took_and_for_less_than_twice_that(
    tmp_path: Path, network: str, took: float
) -> None:
    """They took it on 6,000 rows in batches of 60 with LN."""
    text = SIX.replace("{perceptron: [2000, 2000]}", network).replace(
        "batches: [16]", "batches: [60]"
    )
    (tmp_path / "wide.yaml").write_text(text)
    files = (ROOT / "config.yaml", ROOT / "workflow/studies/smoke.yaml", tmp_path / "wide.yaml")
    study = validation.read(list(files))
    (run,) = (run for run in study.all_runs() if run.method == "ln")
    assert took < memory.of_training(study, [run]) < 2 * took


def test_preparing_and_reading_ask_for_more_than_was_measured(local: Study) -> None:
    shape = local.datasets["mnist"].shape.model_copy(
        update={"rows": 3_000_000, "features": 20, "image": None}
    )
    large = local.datasets["mnist"].model_copy(update={"shape": shape, "scaling": "standardize"})
    study = local.model_copy(update={"datasets": local.datasets | {"large": large}})
    assert 359 < memory.of_preparing(study, "large") <= 2.5 * 3 * 20 * 4 + memory.PREPARING
    csv, parquet = 809, 1062
    assert parquet < memory.of_reading(study, "large") < 2 * csv


def test_what_is_larger_than_the_limit_is_named_with_the_limit(local: Study) -> None:
    assert list(memory.problems(local, 24_000, "this machine")) == []
    problems = list(memory.problems(local, 1_200, "this machine"))
    assert problems and all("1,200 MB of this machine" in each.sentence for each in problems)
    assert {each.key[0] for each in problems} <= {"datasets", "recipes", "experiments"}


@pytest.mark.parametrize(("limit", "expected"), [("500000000", 500.0), ("max", None)])
def test_a_container_limits_the_memory_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, expected: float | None
) -> None:
    monkeypatch.setattr(machine, "GROUPS", ())
    all_of_it = machine.memory_mb()
    (tmp_path / "memory.max").write_text(f"{limit}\n")
    monkeypatch.setattr(machine, "GROUPS", (str(tmp_path / "memory.max"), "nowhere"))
    assert machine.memory_mb() == (expected or all_of_it)
