"""Snakemake in copies of the project: jobs, reruns, errors and messages."""

import contextlib
import html
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse
import zipfile
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import documentation
import jinja2
import numpy as np
import pandas as pd
import pytest
import yaml
from openml_server import Faults, serve
from project import CHECKOUT, Plan, Project, fresh_project
from sklearn.datasets import load_iris

from bnlab.data import datasets
from bnlab.files import read_csv
from bnlab.study.config import Run

pytestmark = pytest.mark.slow

BN_4, BN_16, LN_4, LN_16 = (
    Run("iris_redraw", method, batch, "smoke") for method in ("bn", "ln") for batch in (4, 16)
)
BASE_16 = Run("iris_redraw", "base", 16, "smoke")
BN_16_LR1 = Run("iris_redraw", "bn", 16, "smoke_lr1")
FAULT_16 = Run("iris_redraw", "bn_fault_stop_gradient", 16, "smoke")
FILES_OF_A_RUN = ("history.parquet", "run.json")
FILES_OF_A_PROBE = {"percentiles": "percentiles.parquet", "predictions": "predictions.npz"}


def run_file(project: Project, run: Run, name: str) -> str:
    return f"{project.study.folder(run)}/{name}"


def files_of_run(project: Project, run: Run) -> set[str]:
    """Return the files of a run, with those of its recipe's probes."""
    probes = project.study.recipes[run.recipe].probes
    names = (*FILES_OF_A_RUN, *(FILES_OF_A_PROBE[probe] for probe in probes))
    return {run_file(project, run, name) for name in names}


def log_of(project: Project, run: Run, suffix: str = "log") -> Path:
    """Return the log of the job that trains a run."""
    name = "/".join(project.jobs[run])
    return project.folder / f"logs/{project.study.study}/train/{name}.{suffix}"


def folder_in(project: Project, run: Run) -> str:
    """Return the folder of a run whose normalizer is a user's file."""
    with contextlib.chdir(project.folder):
        return project.study.folder(run)


def record_in(project: Project, run: Run) -> str:
    """Return the record of a run whose normalizer is a user's file."""
    with contextlib.chdir(project.folder):
        return project.record(run)


def every_run(project: Project) -> list[str]:
    return [project.study.folder(run) for run in project.study.all_runs()]


def assert_plain(outcome) -> None:
    """Check that a call failed with a message for the user."""
    assert outcome.code != 0
    assert "Traceback" not in outcome.text, outcome.text


# --- the full study, in dry runs --------------------------------------------------------------


@pytest.fixture(scope="module")
def full(tmp_path_factory, warm_python) -> Project:
    project = fresh_project(tmp_path_factory.mktemp("full") / "project")
    return replace(project, overlays=(), python=warm_python)


JUDGED = ("claims", "effects", "replicates", "scorecard", "sensitivity", "confirmation")


def expected_jobs(project: Project, experiments: list[str], report: bool) -> dict[str, int]:
    """Jobs of an empty folder, counted from the config."""
    study = project.study
    runs = {run for name in experiments for run in study.runs(name)}
    figures = [figure for figure in study.figures() if figure.experiment in experiments]
    timed = {
        name
        for name in experiments
        for run in study.runs(name)
        if run.method in study.declaration(name).times
    }
    return {
        "download": len({run.dataset for run in runs}),
        "preprocess": len({run.dataset for run in runs}),
        "train": len({project.jobs[run] for run in runs}),
        "time_methods": min(5, study.replicates) * len(timed),
        "gather": len(experiments),
        "write_tables": len(experiments),
        "judge_claims": int(report),
        "draw": len({figure.experiment for figure in figures}),
        "write_report": int(report),
    }


def counted(plan: Plan, rules) -> dict[str, int]:
    return {rule: plan.jobs[rule] for rule in rules}


def seconds_of_children() -> float:
    """Processor time of finished child processes, which does not grow when the machine is busy."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def test_a_dry_run_of_the_full_study_plans_every_job_within_ten_seconds(full):
    before = seconds_of_children()
    plan = replace(full, python=sys.executable).plan()
    assert seconds_of_children() - before < 10
    expected = expected_jobs(full, list(full.study.experiments), report=True)
    assert counted(plan, expected) == expected
    assert sum(plan.jobs.values()) == sum(expected.values())
    assert plan.trained == set(full.study.all_runs())


@pytest.mark.parametrize(
    "experiments", [["learning_curves"], ["batch_size", "learning_rate", "faults"]], ids=" ".join
)
def test_experiments_are_targets(full, experiments):
    plan = full.plan(*experiments)
    expected = expected_jobs(full, experiments, report=False)
    assert counted(plan, expected) == expected
    assert plan.trained >= {run for name in experiments for run in full.study.runs(name)}


def test_an_experiment_that_a_study_leaves_out_is_no_target(full):
    left = full.overlaid({"study": "left", "experiments": {"faults": None}})
    outcome = left.snakemake("--dry-run", "faults")
    assert_plain(outcome)
    assert "The study 'left' leaves out the experiment faults" in outcome.stderr.splitlines()[-1]


def test_a_method_on_a_data_set_with_a_family_of_recipes_is_a_target(full):
    plan = full.plan("results/full/trained/mnist/bn/steps50000_lrX.json")
    assert plan.jobs == {"download": 1, "preprocess": 1, "train": 1}
    rates = ["steps50000_lr0.01", "steps50000_lr0.1"]
    assert plan.trained == {Run("mnist", "bn", 60, rate) for rate in rates}


# --- the smoke study, run to its end ----------------------------------------------------------


def test_a_finished_study_has_every_file_that_its_config_promises(finished_study):
    study = finished_study.study
    promised = {
        "results/runs/**/[!.]*": {
            file for run in study.all_runs() for file in files_of_run(finished_study, run)
        },
        "reports/smoke/figures/**/[!.]*": {
            f"reports/smoke/figures/{figure.path}.{suffix}"
            for figure in study.figures()
            for suffix in ("svg", "png")
        },
        "reports/smoke/tables/**/[!.]*": {
            f"reports/smoke/tables/{table.path}.csv"
            for table in [*study.figures(), *study.tables()]
        },
        "reports/smoke/*": {
            f"reports/smoke/{name}"
            for name in (
                *("report.html", "claims.html", "scorecard.html", "about.html", "study.json"),
                *(f"{t}.csv" for t in (*JUDGED, "runs", "accuracies")),
            )
        },
        "reports/smoke/experiments/[!.]*": {
            f"reports/smoke/experiments/{name}.html" for name in study.experiments
        },
        "results/data/**/*": {
            f"results/data/{name}/{file}"
            for name in study.used_datasets()
            for file in ("raw.npz", "origin.json", "split.npz", "data.json")
        },
    }
    assert {pattern: finished_study.files(pattern) for pattern in promised} == promised


def test_every_job_leaves_a_log_with_progress_and_a_benchmark(finished_study):
    logs, benchmarks = finished_study.files("logs/**/*.log"), finished_study.files("logs/**/*.tsv")
    assert {Path(log).with_suffix(".tsv").as_posix() for log in logs} == benchmarks
    texts = {log: (finished_study.folder / log).read_text() for log in logs}
    assert [log for log, text in texts.items() if "done in" not in text] == []
    run = log_of(finished_study, BN_16).read_text()
    assert re.search(r"replicate 1 of 2: test accuracy \d\.\d+", run)
    seconds = pd.read_csv(log_of(finished_study, BN_16, "tsv"), sep="\t")
    assert seconds["s"].item() > 0


def test_a_second_run_does_nothing_but_say_where_the_report_is(finished):
    outcome = finished.snakemake()
    assert outcome.code == 0
    assert "Nothing to be done" in outcome.text
    assert f"\nThe report: {finished.folder}/reports/smoke/report.html\n" in outcome.text
    assert "The report: " not in finished.snakemake("learning_curves").text


@pytest.mark.weekly
def test_a_study_repeated_in_another_folder_has_the_same_bits(finished_study, fresh):
    outcome = fresh.snakemake("learning_curves")
    assert outcome.code == 0, outcome.text
    folders = (
        "results/data/**/*",
        "results/runs/**/[!.]*",
        "results/smoke/experiments/learning_curves/[!.]*",
        "reports/smoke/figures/**/[!.]*",
        "reports/smoke/tables/**/[!.]*",
    )
    measured = re.compile(r"/(run\.json|runs\.csv|timing\.csv)$")  # seconds and megabytes
    files = [
        file for pattern in folders for file in fresh.files(pattern) if not measured.search(file)
    ]
    assert {Path(file).suffix for file in files} == {
        ".npz",
        ".json",
        ".parquet",
        ".csv",
        ".svg",
        ".png",
    }
    assert {Path(file).name for file in files} >= set(FILES_OF_A_RUN) - {"run.json"}
    first, second = finished_study.folder, fresh.folder
    differing = [f for f in files if (first / f).read_bytes() != (second / f).read_bytes()]
    assert differing == []


# --- what an edit re-runs ---------------------------------------------------------------------


def append(project: Project, file: str, text: str) -> None:
    path = project.folder / "workflow" / "scripts" / "bnlab" / file
    path.write_text(path.read_text() + text)


def test_force_running_a_rule_runs_all_its_jobs_and_what_follows_but_nothing_before(finished):
    plan = finished.plan("--forcerun", "train")
    assert plan.jobs["train"] == len(set(finished.jobs.values()))
    assert counted(plan, ["download", "preprocess", "time_methods"]) == dict.fromkeys(
        ["download", "preprocess", "time_methods"], 0
    )
    assert plan.jobs["draw"] == len(finished.study.experiments)


def test_an_edit_of_pages_of_experiments_redraws_their_figures_and_writes_the_page_alone(finished):
    for experiment in ("batch_size", "faults"):
        append(finished, f"experiments/{experiment}/page.py", "\nEDITED = True\n")
    text = finished.snakemake("--dry-run").text
    assert Plan.of(text, {}).jobs == {"draw": 2, "write_report": 1}
    drawn = re.findall(r"Drawing the figures of (\w+)", text)
    assert sorted(set(drawn)) == ["batch_size", "faults"]


def test_an_edit_of_what_figures_share_redraws_all_of_them(finished):
    append(finished, "page/panels.py", "\nEDITED = True\n")
    experiments = len(finished.study.experiments)
    assert finished.plan().jobs == {"draw": experiments, "write_report": 1}


def test_an_edit_of_an_experiments_analysis_makes_its_own_tables_and_figures_anew(finished):
    append(finished, "experiments/learning_rate/analysis.py", "\nEDITED = True\n")
    assert finished.plan().jobs == {
        "write_tables": 1,
        "draw": 1,
        "judge_claims": 1,
        "write_report": 1,
    }


def edit_captions(project: Project, experiment: str, kind: str) -> None:
    """Add a word to the caption of one figure or table."""
    file = project.folder / f"workflow/scripts/bnlab/experiments/{experiment}/experiment.yaml"
    text = file.read_text(encoding="utf8")
    head, key, rest = text.partition(f"\n  {kind}:\n")
    assert key and "caption: >-\n      " in rest
    rest = rest.replace("caption: >-\n      ", "caption: >-\n      Edited. ", 1)
    file.write_text(f"{head}{key}{rest}", encoding="utf8")


def test_an_edit_of_a_figures_caption_draws_its_experiment_again_and_writes_the_page_alone(
    finished,
):
    edit_captions(finished, "learning_rate", "heat_map")
    assert finished.plan().jobs == {"draw": 1, "write_report": 1}


def test_an_edit_of_a_tables_caption_writes_the_page_alone(finished):
    edit_captions(finished, "learning_rate", "best_rates")
    assert finished.plan().jobs == {"write_report": 1}


def test_an_edit_of_a_declared_quantity_judges_anew_and_draws_nothing(finished):
    file = finished.folder / "workflow/scripts/bnlab/experiments/learning_rate/experiment.yaml"
    text = file.read_text(encoding="utf8")
    assert text.count("unit: decades") == 1
    file.write_text(text.replace("unit: decades", "unit: powers of ten"), encoding="utf8")
    assert finished.plan().jobs == {"judge_claims": 1, "write_report": 1}


def test_an_edit_of_a_probe_trains_the_runs_that_have_it(finished):
    append(finished, "probes/percentiles.py", "\nEDITED = True\n")
    probed = {run for run in finished.study.all_runs() if run.recipe == "smoke"}
    assert finished.plan().trained == probed < set(finished.study.all_runs())


def test_an_edit_of_a_claim_judges_anew_and_trains_and_draws_nothing(finished):
    ledger = finished.folder / "workflow" / "claims.yaml"
    ledger.write_text(ledger.read_text(encoding="utf8").replace("id: 66", "id: 67"))
    plan = finished.plan()
    assert {rule: n for rule, n in plan.jobs.items() if n} == {"judge_claims": 1, "write_report": 1}


def test_another_import_comment_or_docstring_trains_nothing(finished):
    library = finished.folder / "workflow" / "scripts" / "bnlab"
    for file in [*library.glob("training/*.py"), *library.glob("networks/**/*.py")]:
        text = file.read_text(encoding="utf8")
        future = "from __future__ import annotations\n"
        text = text.replace(future, f"{future}\nimport math\n", 1)
        file.write_text(f"{text}\n# A comment.\n", encoding="utf8")
    normalizer = library / "networks" / "normalizers" / "bn.py"
    text = normalizer.read_text(encoding="utf8")
    assert '    """Batch normalization: N(u)' in text
    normalizer.write_text(text.replace('    """Batch normalization: N(u)', '    """BN: N(u)'))
    plan = finished.plan()
    assert plan.trained == set()
    assert plan.jobs["time_methods"] == 0


def test_a_run_whose_folder_is_deleted_is_trained_again_and_no_other(finished):
    before = times_of_training(finished)
    shutil.rmtree(finished.folder / finished.study.folder(BN_4))
    outcome = finished.snakemake("--until", "train", "--forcerun", "train")
    assert outcome.code == 0, outcome.text
    after = times_of_training(finished)
    assert {run for run, time in after.items() if time != before[run]} == {BN_4}


@pytest.mark.weekly
def test_tables_are_not_made_of_runs_that_another_study_has_trained_with_other_code(finished):
    path = finished.folder / "workflow/scripts/bnlab/networks/normalizers/bn.py"
    code = path.read_text()
    path.write_text(code.replace("epsilon: Positive = 1e-3", "epsilon: Positive = 1e-1"))
    other = finished.overlaid({"study": "other"})
    assert other.snakemake(other.record(BN_4)).code == 0
    path.write_text(code)
    tables = "results/smoke/experiments/batch_size"
    outcome = finished.snakemake(tables, "--forcerun", "gather")
    assert_plain(outcome)
    (sentence,) = set(
        re.findall(r"stopped: (results/runs/\S+ was deleted or damaged, .*)", outcome.stderr)
    )
    assert "with `--forcerun train` at its end" in sentence
    outcome = finished.snakemake(tables, "--forcerun", "train")
    assert outcome.code == 0, outcome.text


def times_of_training(project: Project) -> dict[Run, float]:
    runs = project.study.all_runs()
    records = {run: project.folder / run_file(project, run, "run.json") for run in runs}
    return {run: record.stat().st_mtime for run, record in records.items()}


def test_an_edit_of_the_trainer_trains_anew_and_keeps_the_data_unless_results_are_accepted(
    finished,
):
    append(finished, "training/trainer.py", "\nEDITED = True\n")
    plan = finished.plan()
    assert plan.trained == set(finished.study.all_runs())
    assert plan.jobs["time_methods"] == finished.study.replicates
    assert counted(plan, ["download", "redraw", "preprocess"]) == {
        "download": 0,
        "redraw": 0,
        "preprocess": 0,
    }
    before = times_of_training(finished)
    outcome = finished.snakemake("accept_runs")
    assert outcome.code == 0, outcome.text
    assert finished.plan().trained == set()
    assert finished.snakemake("--until", "train").code == 0
    assert times_of_training(finished) == before


@pytest.mark.weekly
def test_accepted_results_of_an_earlier_version_fill_a_report(finished):
    for run in finished.study.all_runs():
        path = finished.folder / run_file(finished, run, "run.json")
        record = json.loads(path.read_text())
        for name in ("engine", "made_from"):
            del record[name]
        path.write_text(json.dumps(record))
        for digest in path.parent.glob(".*.sha256"):
            digest.unlink()
    for folder in ("results/smoke", "reports/smoke"):
        shutil.rmtree(finished.folder / folder)
    assert finished.snakemake("accept_runs").code == 0
    before = times_of_training(finished)
    outcome = finished.snakemake()
    assert outcome.code == 0, outcome.text
    assert times_of_training(finished) == before
    assert pd.read_csv(finished.folder / "reports/smoke/runs.csv")["engine"].isna().all()


def test_timings_of_another_code_are_taken_over_by_a_touch(finished):
    append(finished, "training/timing.py", "\nEDITED = True\n")
    outcome = finished.snakemake("--touch", "--until", "time_methods")
    assert outcome.code == 0, outcome.text
    assert finished.plan().jobs["time_methods"] == 0


def test_an_edit_of_a_normalizer_trains_only_the_runs_with_it(finished):
    append(finished, "networks/normalizers/bn.py", "\nEDITED = True\n")
    assert finished.plan().trained == {BN_4, BN_16, BN_16_LR1, FAULT_16}


@pytest.mark.weekly
def test_results_of_an_earlier_training_can_be_brought_back(finished):
    path = finished.folder / "workflow/scripts/bnlab/networks/normalizers/bn.py"
    code, run = path.read_text(), finished.study.folder(BN_4)
    before = (finished.folder / run / "history.parquet").read_bytes()
    path.write_text(code.replace("epsilon: Positive = 1e-3", "epsilon: Positive = 1e-1"))
    outcome = finished.snakemake(finished.record(BN_4))
    assert outcome.code == 0, outcome.text
    assert (finished.folder / run / "history.parquet").read_bytes() != before
    (earlier,) = (finished.folder / "results" / "earlier").glob("*/bn/batch4/smoke-*")
    assert (
        f"are now in {earlier.relative_to(finished.folder)}" in log_of(finished, BN_4).read_text()
    )
    path.write_text(code)
    shutil.rmtree(finished.folder / run)
    shutil.copytree(earlier, finished.folder / run)
    assert BN_4 not in finished.plan().trained
    outcome = finished.snakemake(finished.record(BN_4))
    assert outcome.code == 0, outcome.text
    assert (finished.folder / run / "history.parquet").read_bytes() == before


def test_an_edit_of_one_class_of_a_file_leaves_the_runs_of_the_others_alone(finished):
    path = "experiments/faults/normalizers.py"
    file = finished.folder / "workflow" / "scripts" / "bnlab" / path
    text = file.read_text()

    def trained_after_an_edit_of(name: str) -> set[Run]:
        head = f"class {name}(BN):"
        assert head in text
        file.write_text(text.replace(head, f"{head}\n    edited = True\n"))
        return finished.plan().trained

    assert trained_after_an_edit_of("MovingInTraining") == set()
    assert trained_after_an_edit_of("StopGradient") == {FAULT_16}


def test_a_study_of_another_name_trains_nothing_that_is_trained(finished):
    fewer = {"study": "fewer", "experiments": {"learning_curves": None, "faults": None}}
    plan = finished.overlaid(fewer).plan()
    assert plan.trained == set()
    assert plan.jobs["gather"] == len(finished.study.experiments) - 2


def test_a_study_with_other_settings_under_the_same_names_writes_over_nothing(finished):
    other = finished.overlaid({"study": "other", "replicates": 3})
    assert other.plan().trained == set(finished.study.all_runs())
    assert not set(every_run(other)) & set(every_run(finished))
    outcome = other.snakemake(other.record(BASE_16))
    assert outcome.code == 0, outcome.text
    assert finished.plan().trained == set()


@pytest.mark.weekly
def test_the_method_that_the_readme_adds_trains_its_own_runs_and_no_others(finished):
    code = documentation.code_of("README.md", "RMS")
    (finished.folder / "my_norms.py").write_text(code)
    own = {"datasets": ["iris_redraw"], "methods": ["rms"], "batches": [8], "recipes": ["smoke"]}
    groups = [group.model_dump() for group in finished.study.experiments["batch_size"].runs]
    changed = finished.overlaid(
        {
            "methods": {"rms": {"normalizer": "my_norms.py:RMS"}},
            "experiments": {"batch_size": {"runs": [*groups, own]}},
        }
    )
    run = Run("iris_redraw", "rms", 8, "smoke")
    plan = changed.plan()
    assert plan.trained == {run}
    assert plan.jobs["time_methods"] == 0
    outcome = changed.snakemake(record_in(changed, run))
    assert outcome.code == 0, outcome.text
    summary = json.loads((changed.folder / folder_in(changed, run) / "run.json").read_text())
    assert (summary["method"], summary["diverged_at"]) == ("rms", [None, None])
    assert changed.plan().trained == set()
    (changed.folder / "my_norms.py").write_text(code.replace("1e-6", "1e-5"))
    assert changed.plan().trained == {run}


def test_an_edit_of_one_recipe_trains_only_its_runs(finished):
    edited = finished.overlaid({"recipes": {"smoke": {"learning_rate": 0.2}}})
    assert edited.plan().trained == {BASE_16, BN_4, BN_16, LN_4, LN_16, FAULT_16}


def test_a_new_recipe_trains_only_its_runs_and_once_trained_an_edit_of_it_trains_them_again(
    finished,
):
    own = {"datasets": ["iris_redraw"], "methods": ["base"], "batches": [16], "recipes": ["second"]}
    groups = [group.model_dump() for group in finished.study.experiments["batch_size"].runs]
    smoke = finished.study.recipes["smoke"].model_dump(exclude_none=True)

    def with_second(rate: float) -> Project:
        return finished.overlaid(
            {
                "recipes": {"second": smoke | {"learning_rate": rate}},
                "experiments": {"batch_size": {"runs": [*groups, own]}},
            }
        )

    of_second = Run("iris_redraw", "base", 16, "second")
    before = with_second(0.1)
    outcome = before.snakemake(before.record(of_second))
    assert outcome.code == 0, outcome.text
    assert before.plan().trained == set()
    assert with_second(0.2).plan().trained == {of_second}


def test_a_setting_trains_only_the_runs_in_which_it_changes_a_number(finished):
    proportional = {"recipes": {"smoke": {"learning_rate_reference_batch": 16}}}
    assert finished.overlaid(proportional).plan().trained == {BN_4, LN_4}


# --- what goes wrong --------------------------------------------------------------------------


def test_every_problem_of_a_config_is_told_with_its_place_before_any_job(fresh):
    broken = fresh.overlaid(
        "replicates: many\n"
        "recipes:\n"
        "  smoke:\n"
        "    learning_rate: 1e-4\n"
        "    speed: 3\n"
        "experiments:\n"
        "  batch_size:\n"
        "    runs:\n"
        "      - datasets: [iris_redrawn]\n"
        "        methods: [bnn]\n"
        "        batches: [4]\n"
        "        recipes: [smoke]\n"
        "      - datasets: [iris_redraw]\n"
        "        methods: [bn]\n"
        "        batches: [4000]\n"
        "        recipes: [smoke]\n"
        "  learning_curves: {runs: []}\n"
        "seed: 1\n"
        "seed: 2\n"
    )
    outcome = broken.snakemake()
    assert_plain(outcome)
    matches = set(re.findall(r"^overlay\.yaml:(\d+): ([\w.]+): ", outcome.stderr, re.MULTILINE))
    assert matches == {
        ("1", "replicates"),
        ("4", "recipes.smoke.learning_rate"),
        ("5", "recipes.smoke.speed"),
        ("9", "experiments.batch_size.runs.0.datasets.0"),
        ("10", "experiments.batch_size.runs.0.methods.0"),
        ("15", "experiments.batch_size.runs.1.batches.0"),
        ("17", "experiments.learning_curves.runs"),
        ("19", "seed"),
    }
    assert "did you mean 'iris_redraw'?" in outcome.stderr
    assert "write 1.0e-4" in outcome.stderr
    assert "Building DAG" not in outcome.text
    assert fresh.files("results/**/*") == fresh.files("logs/**/*") == set()


def test_every_problem_of_the_ledger_is_told_with_its_place_before_any_job(fresh):
    ledger = fresh.folder / "workflow" / "claims.yaml"
    lines = ledger.read_text(encoding="utf8").splitlines()
    first = next(i for i, line in enumerate(lines) if "compare: bn - base" in line)
    second = next(i for i, line in enumerate(lines) if "experiment: batch_size" in line)
    lines[first] = lines[first].replace("bn - base", "bn - bse")
    lines[second] = lines[second].replace("batch_size", "batch_sise")
    ledger.write_text("\n".join(lines), encoding="utf8")
    outcome = fresh.snakemake()
    assert_plain(outcome)
    matches = re.findall(r"^workflow/claims\.yaml:(\d+): ", outcome.stderr, re.MULTILINE)
    assert matches == [str(first + 1), str(second + 1)]
    assert fresh.files("results/**/*") == set()


def test_every_claim_has_a_verdict_and_a_study_without_a_ledger_has_none(finished):
    claims = read_csv(finished.folder / "reports/smoke/claims.csv")
    ledger = yaml.safe_load((finished.folder / "workflow/claims.yaml").read_text("utf8"))
    assert claims["id"].tolist() == [str(claim["id"]) for claim in ledger["claims"]]
    assert set(claims["verdict"]) >= {"supported", "refuted", "not tested here"}
    assert finished.overlaid({"claims": None}).plan().jobs["judge_claims"] == 0


def test_data_that_is_not_what_the_config_pins_stops_its_own_jobs_with_a_sentence(fresh):
    wine = fresh.study.datasets["iris"].model_dump(exclude_none=True) | {
        "name": "wine",
        "label": "wine",
        "shape": {"rows": 178, "features": 13, "classes": 3},
    }
    pinned = fresh.overlaid(
        {
            "datasets": {
                "iris": {"sha256": {"features": "0" * 64, "labels": "0" * 64}},
                "wine": wine,
            }
        }
    )
    outcome = pinned.snakemake("results/data/iris/split.npz", "results/data/wine/split.npz")
    assert_plain(outcome)
    assert re.search(
        r"iris: stopped: iris, shipped with scikit-learn: found features with SHA-256 \w+, expected 0+: .+ pins; ",
        outcome.text,
    )
    assert fresh.files("results/**/*") == {
        f"results/data/wine/{name}" for name in ("raw.npz", "origin.json", "split.npz", "data.json")
    }


def test_a_run_that_fails_is_as_it_was_and_those_before_it_stay(finished):
    text = (finished.folder / "workflow" / "scripts" / "train.py").read_text()
    failing = text.replace(
        '    with store.replacing_run(Path(order["folder"])) as folder:\n',
        '    with store.replacing_run(Path(order["folder"])) as folder:\n'
        '        if order["run"]["batch"] == 16:\n            raise RuntimeError("no room")\n',
    )
    assert failing != text
    (finished.folder / "workflow" / "scripts" / "train.py").write_text(failing)
    before = times_of_training(finished)
    outcome = finished.snakemake(finished.record(BN_4))
    assert outcome.code != 0
    assert "no room" in log_of(finished, BN_4).read_text()
    assert finished.files("results/runs/**/.*.part/*") == set()
    after = times_of_training(finished)
    assert {run for run, time in after.items() if time != before[run]} == {BN_4}
    plan = finished.plan(finished.record(BN_4))
    assert plan.trained == {BN_16, BN_16_LR1}


def test_a_study_that_is_interrupted_goes_on_where_it_was(finished):
    endless = finished.overlaid({"recipes": {"smoke": {"budget": {"steps": 10**6}}}})
    log = log_of(endless, BN_4)
    log.unlink()
    process = endless.start(endless.record(BN_4))
    try:
        while not (log.exists() and "compiled" in log.read_text()):
            assert process.poll() is None, process.communicate()
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode != 0
    assert "Traceback" not in stderr, stderr
    told = stderr[stderr.index("\nInterrupted: ") :].split("\n")
    assert told[1:] == [
        "Interrupted: no job is done yet.",
        "The same command goes on from there.",
        "",
    ]
    assert "interrupted" in log.read_text()
    assert finished.files(f"{endless.study.folder(BN_4)}/*") == set()
    assert endless.plan(endless.record(BN_4)).trained == {BN_4, BN_16}


def test_all_problems_of_a_data_file_are_told_by_a_dry_run_with_their_lines(fresh):
    (fresh.folder / "mine.csv").write_text("length,kind\n1,a\nlong,b\n,a\n")
    mine = fresh.overlaid(
        "datasets:\n"
        "  mine:\n"
        "    label: mine\n"
        "    source: file\n"
        "    path: mine.csv\n"
        "    target: kind\n"
        "    shape: {rows: 40, features: 1, classes: 2}\n"
        "    split: {test: 1, validation: 1}\n"
        "    scaling: none\n"
        "experiments:\n"
        "  batch_size:\n"
        "    runs: [{datasets: [mine], methods: [bn], batches: [1], recipes: [smoke]}]\n"
    )
    outcome = mine.snakemake("--dry-run")
    assert_plain(outcome)
    matches = re.findall(
        r"^overlay\.yaml:(\d+): datasets\.mine\.(\w+): ", outcome.stderr, re.MULTILINE
    )
    assert matches == [("5", "path"), ("5", "path"), ("7", "shape")]


def test_a_file_that_is_not_there_is_told_by_a_dry_run_unless_a_rule_makes_it(fresh):
    mine = fresh.overlaid(
        "datasets:\n"
        "  mine:\n"
        "    label: mine\n"
        "    source: file\n"
        "    path: made/mine.csv\n"
        "    target: kind\n"
        "    shape: {rows: 40, features: 1, classes: 2}\n"
        "    split: {test: 1, validation: 1}\n"
        "    scaling: none\n"
        "experiments:\n"
        "  batch_size:\n"
        "    runs: [{datasets: [mine], methods: [bn], batches: [1], recipes: [smoke]}]\n"
    )
    outcome = mine.snakemake("--dry-run")
    assert_plain(outcome)
    told = "overlay.yaml:5: datasets.mine.path: there is no file or folder made/mine.csv; correct"
    assert told in outcome.stderr
    with (mine.folder / "Snakefile").open("a") as file:
        file.write('\n\nrule make_csv:\n    output: "made/mine.csv"\n    shell: "exit 1"\n')
    assert mine.snakemake("--dry-run").code == 0


def test_a_name_that_another_study_gives_to_other_data_is_refused_with_its_place(finished):
    other = finished.overlaid({"study": "other", "datasets": {"iris": {"name": "wine"}}})
    outcome = other.snakemake("--dry-run")
    assert_plain(outcome)
    assert "datasets.iris: the study 'smoke' calls other data by this name" in outcome.stderr
    assert "datasets.iris_redraw: the study 'smoke' calls other data" in outcome.stderr
    own = finished.overlaid({"study": "smoke", "datasets": {"iris_redraw": {"seed": 2}}})
    assert own.plan().jobs["redraw"] == 1


def test_after_a_kill_the_way_on_is_said_where_the_user_sees_it(fresh):
    demo = replace(fresh, overlays=("workflow/studies/demo.yaml",))
    process = demo.start()
    try:
        while not demo.files("logs/data/**/*.log"):
            assert process.poll() is None, process.communicate()
            time.sleep(0.1)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert demo.files(".snakemake/locks/*.lock")
    shutil.copy2(CHECKOUT / "Makefile", demo.folder)
    make = ["make", "-o", "environment", f"BIN={Path(sys.executable).parent}"]

    def run(target: str) -> subprocess.CompletedProcess[str]:
        command = [*make, target]
        return subprocess.run(
            command, cwd=demo.folder, capture_output=True, text=True, check=False, timeout=60
        )

    locked = run("demo")
    assert locked.returncode != 0
    assert "Type `make unlock`, and then the same command again" in locked.stdout
    opened = run("unlock")
    assert opened.returncode == 0, opened.stderr
    assert demo.files(".snakemake/locks/*.lock") == set()
    assert demo.plan().trained == set(demo.study.all_runs())


# --- OpenML -----------------------------------------------------------------------------------


def test_the_full_study_stops_with_a_plain_sentence_where_openml_cannot_be_reached(fresh, tmp_path):
    offline = fresh.full().with_environment(
        BNLAB_OPENML_SERVER="http://127.0.0.1:9/api/v1/xml",
        BNLAB_OPENML_CACHE=str(tmp_path / "cache"),
    )
    outcome = offline.snakemake("results/data/mnist/raw.npz")
    assert_plain(outcome)
    (sentence,) = set(re.findall(r"mnist: stopped: (data set 554 could not .*)", outcome.stderr))
    closing = outcome.stderr.partition("Exiting because a job execution failed")[2].splitlines()
    assert f"Stopped: {sentence}" in closing
    for part in (
        "127.0.0.1:9",
        "no connection",
        "nothing is lost",
        "`make demo`",
        "`source: file`",
    ):
        assert part in sentence
    log = (fresh.folder / "logs/data/mnist/download.log").read_text()
    clock = pd.to_timedelta(re.findall(r"^\d\d:\d\d:\d\d", log, re.MULTILINE))
    assert (clock[-1] - clock[0]) % pd.Timedelta(days=1) < pd.Timedelta(seconds=30)
    assert fresh.files("results/**/*") == set()


def test_a_dataset_comes_from_openml_though_its_server_is_busy_at_first(fresh, tmp_path):
    iris = load_iris()
    table = datasets.Table(
        iris.data, iris.target.astype(np.uint8), tuple("abcd"), tuple(map(str, iris.target_names))
    )
    described: dict[str, Any] = {
        "source": "openml",
        "id": 61,
        "label": "iris",
        "shape": {"rows": 150, "features": 4, "classes": 3},
        "sha256": datasets.digest(table),
        "split": {"test": 0.2, "validation": 0.1},
        "scaling": "standardize",
    }
    with serve({61: table}, Faults(unavailable=1)) as server:
        project = fresh.overlaid({"datasets": {"served": described}}).with_environment(
            BNLAB_OPENML_SERVER=server.url, BNLAB_OPENML_CACHE=str(tmp_path / "cache")
        )
        outcome = project.snakemake("results/data/served/raw.npz")
    assert outcome.code == 0, outcome.text
    assert server.downloads == 2
    origin = json.loads((fresh.folder / "results/data/served/origin.json").read_text())
    assert origin["source"] == f"OpenML data set 61 of the server {server.url}"
    assert "the server answered 503" in (fresh.folder / "logs/data/served/download.log").read_text()
    got = datasets.load_table(fresh.folder / "results/data/served/raw.npz")
    np.testing.assert_array_equal(got.x, iris.data)
    np.testing.assert_array_equal(got.y, iris.target)


# --- good manners -----------------------------------------------------------------------------


def test_snakemakes_own_report_shows_every_figure_with_caption_category_and_labels(finished):
    outcome = finished.snakemake("--report", "report.zip")
    assert outcome.code == 0, outcome.text
    with zipfile.ZipFile(finished.folder / "report.zip") as archive:
        page = archive.read("report/report.html").decode()
        inside = {Path(name).name for name in archive.namelist()}
    results, categories = (
        json.JSONDecoder().raw_decode(page, re.search(rf"var {name} = (?={{)", page).end())[0]
        for name in ("results", "categories")
    )
    study = finished.study
    for figure in study.figures():
        path = f"reports/smoke/figures/{figure.path}.svg"
        assert Path(path).name in inside
        title = study.declaration(figure.experiment).title
        assert path in categories[title][study.datasets[figure.dataset].label]
        labels = {"figure": figure.kind.replace("_", " "), "recipe": figure.recipe}
        assert results[path]["labels"] == labels
        caption = study.declaration(figure.experiment).item(figure.kind).caption
        text = re.sub(r"<[^>]+>|\W", "", results[path]["caption"])
        assert text.startswith(re.sub(r"\W", "", caption.split(".")[0]))
    assert "reports/smoke/report.html" in results
    opening = json.JSONDecoder().raw_decode(page, re.search(r"var workflow_desc = ", page).end())[0]
    record = json.loads((finished.folder / "reports/smoke/study.json").read_text("utf8"))
    said = [each["sentence"] for each in record["front"]] or record["answers"][:3]
    words = " ".join(re.sub(r"<[^>]+>", "", html.unescape(opening)).split())
    for text in (study.title, *said):
        assert " ".join(text.split()) in words
    figure = (finished.folder / "reports" / "smoke" / record["in_summary"][0]).read_text("utf8")
    drawn = record["picture"]["svg"] if record["picture"] else figure
    (image,) = re.findall(r"data:image/svg\+xml;base64,([\w+/=\s]+)", opening)
    assert b64decode(image).decode() == drawn
    assert "showResultInfo('reports/smoke/report.html')" in urllib.parse.unquote(opening)


def test_snakemakes_own_report_opens_with_the_notice_of_a_rehearsal():
    text = (CHECKOUT / "workflow" / "report" / "workflow.rst").read_text("utf8")
    opening = {"title": "Who?", "notice": "Do not quote it.", "said": ["A."], "images": []}
    files = SimpleNamespace(config={"opening": opening})
    page = jinja2.Template(text).render(snakemake=files, files=[])
    assert page.index("**Who?**") < page.index("Do not quote it.") < page.index("- A.")


def test_snakemakes_own_report_does_without_an_opening(fresh):
    text = (CHECKOUT / "workflow" / "report" / "workflow.rst").read_text("utf8")
    page = jinja2.Template(text).render(snakemake=SimpleNamespace(config={}), files=[])
    assert page.strip().startswith("report.html_ is the page of this study")
    record = fresh.folder / "reports" / "smoke" / "study.json"
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text('{"of": "another version"}')
    assert fresh.snakemake("--dry-run").code == 0


def test_every_file_that_the_rules_name_exists():
    rules = sorted((CHECKOUT / "workflow" / "rules").glob("*.smk"))
    named = {
        (file, place)
        for file in rules
        for place in re.findall(r'"(\.\./[\w/.]+)"', file.read_text())
    }
    assert {place.split("/")[1] for _, place in named} == {"envs", "report", "scripts"}
    assert [str(place) for file, place in named if not (file.parent / place).is_file()] == []


def test_snakemake_finds_nothing_to_complain_of(fresh):
    outcome = fresh.snakemake("--lint")
    assert outcome.code == 0, outcome.text
    assert "good condition" in outcome.text


def test_the_rules_are_formatted():
    snakefmt = shutil.which("snakefmt", path=Path(sys.executable).parent)
    if snakefmt is None:
        pytest.skip("snakefmt is not installed")
    command = [snakefmt, "--check", "Snakefile", "workflow/rules"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
