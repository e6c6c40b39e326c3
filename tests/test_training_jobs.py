"""Runs that one job trains, and what it has to know of each."""

from pathlib import Path

import pytest

from bnlab.networks import loading
from bnlab.study import families, training
from bnlab.study.config import Run
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


def test_an_order_has_what_builds_the_run(study):
    run = Run("mnist", "bn", 60, "probed_steps5000_lr0.1")
    order = training.order(study, run, "trainer")
    assert order["folder"] == study.folder(run)
    assert order["run"] == run._asdict()
    assert Settings(**order["settings"]).steps == 5000
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
            (bn._replace(recipe="probed_steps5000_lr0.1"), "trainer"),
        ]
    }
    assert len(codes) == 4  # a rate is no code
