"""Runs that one job trains, and what it has to know of each."""

from itertools import groupby
from pathlib import Path

import pytest

from bnlab.networks import loading
from bnlab.study import families, training
from bnlab.study.config import Run
from bnlab.study.names import ALL_RECIPES
from bnlab.study.validation import overlaid, read
from bnlab.training.settings import Settings

ROOT = Path(__file__).parents[1]
FILES = [ROOT / "config.yaml"]


@pytest.fixture(scope="module")
def study():
    return read(FILES)


@pytest.fixture(scope="module")
def jobs(study):
    return training.jobs(study, families.of_recipes(overlaid(FILES)["recipes"]))


def test_every_run_of_a_study_is_in_one_job_of_its_data_set_and_method(study, jobs):
    runs = [run for of_job in jobs.values() for run in of_job]
    assert sorted(runs) == sorted(study.all_runs())
    for job, of_job in jobs.items():
        assert {(run.dataset, run.method) for run in of_job} == {(job.dataset, job.method)}


def test_the_rates_of_a_family_and_all_batch_sizes_are_in_one_job(jobs):
    rates = {run.recipe for run in jobs["mnist", "bn", "steps10000_lrX"]}
    assert {"steps10000_lr0.01", "steps10000_lr100"} < rates
    batches = [run.batch for run in jobs["mnist", "bn", "epochs2_lr0.1"]]
    assert len(batches) > 5 and batches == sorted(batches)


def test_short_families_of_a_method_are_one_job_and_runs_of_one_program_follow_one_another():
    files = [*FILES, ROOT / "workflow/studies/demo.yaml"]
    demo = read(files)
    jobs = training.jobs(demo, families.of_recipes(overlaid(files)["recipes"]))
    assert {job[:2] for job in jobs} == {run[:2] for run in demo.all_runs()}
    assert {job.family for job in jobs} == {ALL_RECIPES}
    for runs in jobs.values():
        programs = [training.program(demo, run) for run in runs]
        assert len(list(groupby(programs))) == len(set(programs))


def test_a_run_reads_the_features_of_the_rows_of_all_its_steps_and_replicates(study):
    steps = Run("mnist", "bn", 60, "steps10000_lr0.1")
    assert training.inputs(study, steps) == 10_000 * 60 * 784 * 20
    epochs = Run("mnist", "bn", 60, "epochs2_lr0.1")
    assert training.inputs(study, epochs) == -(-2 * 55_000 // 60) * 60 * 784 * 10


def test_an_order_has_what_builds_the_run(study):
    run = Run("mnist", "bn", 60, "probed_steps20000_lr0.1")
    order = training.order(study, run, "trainer")
    assert order["folder"] == study.folder(run)
    assert order["run"] == run._asdict()
    assert Settings(**order["settings"]).steps == 20_000
    assert loading.network(*order["network"]).takes == "rows"
    assert set(order["probes"]) == set(study.recipes[run.recipe].probes)
    assert (order["replicates"], order["seed"]) == (study.replicates, study.seed)


def test_the_code_of_an_order_is_that_of_the_trainer_and_of_the_runs_classes(study):
    bn = Run("mnist", "bn", 60, "steps10000_lr0.1")
    codes = {
        training.order(study, run, trainer)["code"]
        for run, trainer in [
            (bn, "trainer"),
            (bn._replace(recipe="steps10000_lr1"), "trainer"),
            (bn, "another"),
            (bn._replace(method="ln"), "trainer"),
            (bn._replace(recipe="probed_steps20000_lr0.1"), "trainer"),
        ]
    }
    assert len(codes) == 4  # a rate is no code
