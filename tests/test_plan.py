"""The plan of a study before it is trained: what is counted, measured and added up."""

import importlib
import json
import re
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from project import CHECKOUT, Project

from bnlab.files import digest_file
from bnlab.study import families, training
from bnlab.study.config import Run
from bnlab.study.validation import overlaid, read
from bnlab.training import cost, plan
from bnlab.training.estimate import (
    POPULATION,
    START,
    Cost,
    Estimate,
    measurements,
    read_costs,
    sample,
    save_costs,
    schedule,
)
from bnlab.training.run import POPULATION_EXAMPLES

DEMO = [CHECKOUT / "config.yaml", CHECKOUT / "workflow/studies/demo.yaml"]
BN, BASE = (Run("digits", method, 60, "epochs60_lr1") for method in ("bn", "base"))


@pytest.fixture(scope="module")
def study():
    return read(DEMO)


@pytest.fixture(scope="module")
def jobs(study):
    return training.jobs(study, families.of_recipes(overlaid(DEMO)["recipes"]))


def cost_of(study, run, **values):
    """Return a cost of the program of a run."""
    known = {"code": "", "start": 0.5, "compile": 2.0, "step": 1e-3, "row": 1e-5}
    return Cost(Estimate(study, []).program(run), **known | values)


# --- one run ----------------------------------------------------------------------------------


def test_a_replicate_takes_its_steps_evaluations_and_measurements_of_probes(study):
    run = Run("digits", "base", 60, "probed_steps1000_lr0.1")
    probes = dict.fromkeys(study.recipes[run.recipe].probes, 0.0) | {
        "landscape": 0.2,
        "loss_surface": 3.0,
    }
    estimate = Estimate(study, [cost_of(study, run, probes=probes)])
    probed, evaluated = schedule(study, run)
    rows = study.datasets["digits"].sizes.validation + study.datasets["digits"].sizes.test
    assert evaluated == probed and probed[-1] == 1000
    expected = 1000 * 1e-3 + len(evaluated) * rows * 1e-5
    expected += 0.2 * measurements("landscape", len(probed)) + 3.0  # the surface at the end alone
    assert estimate.replicate(run) == pytest.approx(expected)


def test_methods_with_averages_are_evaluated_under_other_statistics_too(study):
    base, bn = cost_of(study, BASE), cost_of(study, BN, block=1e-3)
    estimate, sizes = Estimate(study, [base, bn]), study.datasets["digits"].sizes
    rows = sizes.validation + sizes.test
    expected = (rows + min(sizes.train, 10_000)) / 60 * 1e-3 + rows * 1e-5
    assert estimate.replicate(BN) - estimate.replicate(BASE) == pytest.approx(expected)
    assert POPULATION == POPULATION_EXAMPLES


def test_steps_grow_with_the_batch_and_by_the_ratio_of_methods_in_other_networks(study):
    other = Run("wine_redraw", "base", 60, "steps4000_lr0.1")
    costs = [
        cost_of(study, other, step=1e-3),
        cost_of(study, other._replace(method="bn"), step=3e-3),
        cost_of(study, BASE, step=2e-3),
    ]
    estimate = Estimate(study, costs)
    assert estimate.step(BN) == pytest.approx(3 * 2e-3)
    small = Run("digits", "base", 8, "epochs30_lr0.1")
    assert estimate.step(small) == pytest.approx(2e-3 * (8 + 4) / (60 + 4))
    known = Estimate(study, [*costs, cost_of(study, small, step=5e-4)])
    assert known.step(small) == 5e-4 and known.step(BASE) == 2e-3


def test_runs_of_one_program_compile_once_and_a_job_starts_once(study):
    rates = [BASE._replace(recipe=f"epochs60_lr{rate}") for rate in (1, 3)]
    small = Run("digits", "base", 8, "epochs30_lr0.1")
    estimate = Estimate(study, [cost_of(study, BASE)])
    seconds = estimate.seconds([small, *rates], start=3.0)
    trained = {run: study.replicates_of(run) * estimate.replicate(run) for run in seconds}
    once = [seconds[run] - trained[run] for run in (small, *rates)]
    assert once == pytest.approx([3.0 + 0.5 + 2.0, 2.0, 0.0])


def test_a_probe_is_traced_once_a_program(study):
    run = Run("digits", "base", 60, "probed_steps1000_lr0.1")
    probes = dict.fromkeys(study.recipes[run.recipe].probes, 0.0)
    known = cost_of(study, run, probes=probes, traces=probes | {"landscape": 1.5})
    estimate = Estimate(study, [known])
    assert estimate.once(run) == pytest.approx(2.0 + 1.5)
    assert estimate.once(BASE) == pytest.approx(2.0)


def test_a_study_of_which_nothing_is_measured_has_a_rough_estimate_by_its_sizes(study):
    estimate = Estimate(study, [])
    assert estimate.replicate(BASE) > 0
    wine = Run("wine_redraw", "base", 60, "steps4000_lr0.1")
    assert estimate.step(BASE) > estimate.step(wine)


def test_the_schedule_and_the_measurements_are_those_of_the_run(study):
    from bnlab.networks import loading
    from bnlab.study import registry
    from bnlab.training import run as trained
    from bnlab.training.settings import Settings

    of = Run("digits", "base", 60, "probed_steps1000_lr0.1")
    network, sizes = study.network(of.recipe)
    run = trained.Run(
        cost.random_split(study, of.dataset),
        loading.network(network.path, sizes),
        loading.method(**study.method_arguments(of.method)),
        Settings(**study.settings(of)),
        of.batch,
        seed=0,
        probes={n: registry.find("probe", n).load() for n in study.recipes[of.recipe].probes},
    )
    assert schedule(study, of) == (run.probed, run.schedule)
    for name in run.step_probes:
        assert measurements(name, len(run.probed)) == len(run.probe_steps[name])
    assert measurements("predictions", len(run.probed)) == 1  # at the end of a replicate


# --- the study --------------------------------------------------------------------------------


def test_every_run_is_planned_once_in_the_first_of_its_experiments(study, jobs):
    planned = plan.plan(Estimate(study, []), jobs, start=3.0)
    parts = planned.parts
    assert sum(part.runs for part in parts.values()) == len(study.all_runs())
    assert parts["covariate_shift"].runs == len(study.runs("landscape"))
    assert parts["landscape"].runs == parts["landscape"].steps == 0  # all are of covariate_shift
    assert parts["landscape"].seconds > 0  # for its tables and figures
    steps = sum(study.settings(r)["steps"] * study.replicates_of(r) for r in study.all_runs())
    assert sum(part.steps for part in parts.values()) == steps


def test_the_parts_of_a_plan_add_up_to_its_jobs_and_the_rest(study, jobs):
    planned = plan.plan(Estimate(study, []), jobs, start=3.0)
    rest = planned.parts[plan.REST].seconds
    assert sum(part.seconds for part in planned.parts.values()) == pytest.approx(
        sum(planned.jobs) + rest
    )
    last = plan.table(planned)[-1].split()
    assert last[0] == "all" and int(last[1]) == len(study.all_runs())
    assert float(last[3]) == pytest.approx((sum(planned.jobs) + rest) / 60, abs=0.05)


def test_runs_that_are_trained_are_left_out(study, jobs):
    runs = study.all_runs()
    left = plan.jobs_to_do(jobs, runs[1:])
    assert [run for each in left.values() for run in each if run == runs[0]] == []
    assert sum(map(len, left.values())) == len(runs) - 1
    assert plan.jobs_to_do(jobs, []) == {}
    nothing = plan.plan(Estimate(study, []), {}, start=3.0)
    assert [*nothing.parts] == [plan.REST]


def test_jobs_fill_the_cores_and_the_rest_comes_after_them():
    rest = {plan.REST: plan.Planned(0, 0, 1.0, 400)}
    assert plan.wall_seconds(plan.Plan(rest, [4.0, 3.0, 2.0, 1.0]), 2) == 5 + 1
    assert plan.wall_seconds(plan.Plan(rest, [4.0, 3.0, 2.0, 1.0]), 1) == 10 + 1
    assert plan.wall_seconds(plan.Plan(rest, [9.0, 1.0]), 8) == 9 + 1


# --- measurement ------------------------------------------------------------------------------


@pytest.mark.parametrize("files", [DEMO[:1], DEMO])
def test_every_method_network_and_probe_is_measured_and_not_guessed(files):
    study = read(files)
    rough, runs = Estimate(study, []), study.all_runs()
    first = sample(study, runs)
    assert len(first) == len({rough.program(run)[:2] for run in runs})
    chosen = sample(study, runs, [cost_of(study, run, step=rough.step(run)) for run in first])
    assert {*first} < {*chosen}
    measured = [rough.program(run) for run in chosen]
    assert len(set(measured)) == len(chosen) < len(runs) / 3
    assert {p.method for p in measured} == {rough.program(run).method for run in runs}
    assert {p[:2] for p in measured} == {rough.program(run)[:2] for run in runs}
    probed = {(rough.program(r)[:2], n) for r in runs for n in study.recipes[r.recipe].probes}
    assert probed <= {(rough.program(r)[:2], name) for r, names in chosen.items() for name in names}


def test_what_a_first_measurement_finds_to_be_slow_is_measured_with_every_method():
    study = read(DEMO[:1])
    runs = [run for name in ("covariate_shift", "lp_norms") for run in study.runs(name)]
    first = sample(study, runs)

    def methods(seconds):
        """Return the methods that are measured on linear maps where a step of these takes so long."""
        known = [
            cost_of(study, run, step=seconds if run.dataset == "linear_map" else 4e-4)
            for run in first
        ]
        return {run.method for run in sample(study, runs, known) if run.dataset == "linear_map"}

    assert len(methods(1e-7)) == 1
    assert methods(5e-4) == {"base", "bn", "ln", "l1", "l2", "l_inf"}
    assert {run.method for run in first if run.dataset == "linear_map"} < methods(5e-4)


def test_measurements_end_in_time_and_those_that_are_left_out_are_counted(study, monkeypatch):
    monkeypatch.syspath_prepend(CHECKOUT / "workflow" / "scripts")
    script = importlib.import_module("plan")
    begun = time.monotonic()
    assert list(script.measure_all(study, [(BASE, [], "code")], 1, seconds=0.0)) == []
    assert time.monotonic() - begun < 10
    planned = plan.plan(Estimate(study, []), {}, 3.0)
    for number, words in ((3, "3 programs."), (1, "1 program.")):
        said = plan.report(study, planned, 0, 1, "a core", number)
        assert f"Not measured yet, and estimated by similar ones: {words}" in said


def test_a_measured_program_has_costs_of_all_its_parts(study):
    run = Run("wine_redraw", "bn", 60, "steps4000_lr0.1")
    split = cost.random_split(study, run.dataset)
    assert tuple(map(len, split[:5:2])) == study.datasets[run.dataset].sizes
    measured = cost.measure(study, run, ["predictions", "percentiles"], split, "code")
    assert measured.program == Estimate(study, []).program(run) and measured.code == "code"
    assert {*measured.probes} == {"predictions", "percentiles"}
    parts = [measured.start, measured.compile, measured.step, measured.row, measured.block]
    assert np.array(parts + [measured.probes["percentiles"]]).min() > 0
    assert measured.step < measured.compile


def test_a_program_is_measured_whose_batch_is_larger_than_the_validation_part(study):
    run = BN._replace(batch=200)
    assert study.datasets["digits"].sizes.validation < 200
    assert cost.measure(study, run, [], cost.random_split(study, "digits"), "").block > 0


def test_costs_of_another_machine_or_version_are_not_used(study, tmp_path: Path):
    costs, path = [cost_of(study, BASE, probes={"norms": 1.0})], tmp_path / "costs.json"
    save_costs(path, costs, start=4.0, machine={"cores": "2"})
    assert read_costs(path, {"cores": "2"}) == (costs, 4.0)
    for file, cores in ((path, "4"), (tmp_path / "none.json", "2")):
        assert read_costs(file, {"cores": cores})[0] == []


def test_a_file_of_costs_that_cannot_be_read_stops_no_study(study, tmp_path: Path):
    path = tmp_path / "costs.json"
    save_costs(path, [cost_of(study, BASE)], start=4.0, machine={"cores": "2"})
    content = json.loads(path.read_text("utf8"))
    content["costs"][0]["of_another_version"] = 1.0
    for text in (json.dumps(content), "{", "{}", "[]", "null"):
        path.write_text(text, "utf8")
        assert read_costs(path, {"cores": "2"}) == ([], START)
    path.unlink()
    path.mkdir()
    assert read_costs(path, {"cores": "2"}) == ([], START)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -1.0, "1", None])
@pytest.mark.parametrize("key", ["step", "memory", "probes", "start"])
def test_costs_that_are_no_numbers_are_none(study, tmp_path: Path, key, wrong):
    path = tmp_path / "costs.json"
    save_costs(path, [cost_of(study, BASE)], start=4.0, machine={"cores": "2"})
    content = json.loads(path.read_text("utf8"))
    digest_file(path).unlink()  # as an earlier version wrote it
    (content if key == "start" else content["costs"][0])[key] = wrong
    path.write_text(json.dumps(content), "utf8")
    assert read_costs(path, {"cores": "2"}) == ([], START)
    if key == "probes":
        content["costs"][0]["probes"] = {"norms": wrong}
        path.write_text(json.dumps(content), "utf8")
        assert read_costs(path, {"cores": "2"}) == ([], START)


@pytest.mark.slow
def test_programs_are_measured_in_new_processes_where_a_fork_is_not_safe(study, monkeypatch):
    monkeypatch.syspath_prepend(CHECKOUT / "workflow" / "scripts")
    script = importlib.import_module("plan")
    monkeypatch.setattr(script, "sys", SimpleNamespace(platform="darwin"))
    script.lazy.load()
    (cost,) = script.measure_all(study, [(BASE, [], "code")], cores=1, seconds=300)
    assert cost.program == Estimate(study, []).program(BASE) and cost.code == "code"
    assert cost.compile > 0 and cost.step > 0 and cost.memory > 200


@pytest.mark.slow
def test_a_plan_counts_the_runs_and_jobs_of_a_dry_run_and_measures_once(fresh: Project):
    few = fresh.overlaid({"study": "few", "only": ["learning_curves"]})
    outcome = few.snakemake("plan")
    assert outcome.code == 0, outcome.text
    runs = few.study.all_runs()
    (count, steps) = re.search(r"^all +(\d+) +([\d,]+) ", outcome.stdout, re.MULTILINE).groups()
    assert int(count) == len(runs) == len(few.plan().trained)
    assert int(steps.replace(",", "")) == 60 * 2 * len(runs)
    assert "measuring" in outcome.stderr and "trained already" not in outcome.stdout
    again = few.snakemake("plan")
    assert "measuring" not in again.stderr and again.stdout == outcome.stdout


@pytest.mark.slow
def test_a_plan_of_a_trained_study_says_so(finished: Project):
    outcome = finished.snakemake("plan")
    assert outcome.code == 0, outcome.text
    assert f"trained already: {len(finished.study.all_runs())} runs" in outcome.stdout
    assert not re.search(r"^learning_curves", outcome.stdout, re.MULTILINE)
