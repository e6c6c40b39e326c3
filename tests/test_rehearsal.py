"""An experiment is tried on made-up rows before anything is trained, and its mistakes have their lines."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from project import CHECKOUT, fresh_project

from bnlab import rehearsal
from bnlab.study.experiments import experiments
from bnlab.study.validation import read

Script = Callable[..., subprocess.CompletedProcess[str]]
DEMO = "workflow/studies/demo.yaml"


@pytest.fixture(scope="module")
def script(warm_python: str) -> Script:
    """Run a script of the project in a folder, in a process that starts warm."""

    def run(folder: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [warm_python, f"workflow/scripts/{name}", *arguments]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="module")
def scaffold(tmp_path_factory: pytest.TempPathFactory, script: Script) -> Path:
    """A project with a new experiment, as it is written."""
    folder = tmp_path_factory.mktemp("scaffold") / "project"
    fresh_project(folder)
    shutil.copy2(CHECKOUT / "CONTRIBUTING.md", folder)
    done = script(folder, "new_experiment.py", "weight_decay")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def rehearsed(scaffold: Path, script: Script) -> Callable[[], subprocess.CompletedProcess[str]]:
    """Rehearse the new experiment."""
    return partial(
        script, scaffold, "test_experiment.py", "weight_decay", DEMO, "weight_decay.yaml"
    )


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Name it: make new-experiment NAME=weight_decay"),
        ("Decay", "(allowed: lower-case letters, digits and _"),
        ("a.b", "(allowed: lower-case letters, digits and _"),
        ("train", "A rule of the workflow has the name train."),
        ("batch_size", "There is an experiment batch_size."),
    ],
)
def test_a_name_that_cannot_be_is_one_sentence(script, name, sentence):
    done = script(CHECKOUT, "new_experiment.py", name)
    assert done.returncode == 1
    assert sentence in done.stderr and "Traceback" not in done.stderr


@pytest.mark.slow
def test_the_new_experiment_works_as_it_is(rehearsed):
    done = rehearsed()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "On made-up rows it says: On digits, the gap between training and test" in done.stdout
    assert (
        "tables (2), figures (1), result tables (1), findings (1), questions (1), quantities (1)"
        in done.stdout
    )


def test_the_files_of_a_new_experiment_are_for_editing_and_have_no_digest(scaffold):
    experiment = scaffold / "workflow/scripts/bnlab/experiments/weight_decay"
    assert {file.name for file in experiment.iterdir()} == {
        "analysis.py",
        "experiment.yaml",
        "page.py",
    }
    assert not list(scaffold.glob(".*.sha256"))


MISTAKES = {
    "of a figure's table, a grid, a quantity and a finding": [
        (
            "analysis.py",
            'return summarize(_gaps(metrics), KEYS, "gap")',
            'return summarize(_gaps(metrics), [*KEYS, "l2"], "gap")',
            ": the table of figure gap: KeyError: 'l2' (the columns that it has: dataset, ",
        ),
        (
            "page.py",
            'GRIDS = {"final_gap": as_it_is}',
            'GRIDS = {"final_gap": lambda table: [row.pears for row in table.itertuples()]}',
            "result table final_gap: AttributeError: 'Pandas' object has no attribute 'pears' (the columns",
        ),
        (
            "analysis.py",
            'return rows.groupby("replicate")["gap"].max()',
            'return rows.groupby("replicate")["gapp"].max()',
            "quantity largest_gap: KeyError: 'Column not found: gapp'",
        ),
        (
            "experiment.yaml",
            "column: difference, factor: 100}",
            "column: differences, factor: 100}",
            "the table final_gap lacks differences, differences_high and differences_low for a finding",
        ),
    ],
    "of a figure and a missing function": [
        (
            "page.py",
            'rows["epoch"], in_percent(rows)',
            'rows["epochs"], in_percent(rows)',
            ": figure gap: KeyError: 'epochs' (the columns that it has: dataset, ",
        ),
        (
            "analysis.py",
            'TABLES = {"gap": gap, "final_gap": final_gap}',
            'TABLES = {"gap": gap}',
            "analysis.py: unknown TABLES 'final_gap'",
        ),
    ],
}  # fmt: skip
"""Mistakes that hide none of their group: file, its text, what stands there by mistake, and what is said of it."""


@pytest.mark.slow
@pytest.mark.parametrize("mistakes", MISTAKES.values(), ids=MISTAKES)
def test_every_mistake_is_told_at_once_with_its_line_and_the_columns_that_there_are(
    scaffold, rehearsed, mistakes
):
    folder = scaffold / "workflow/scripts/bnlab/experiments/weight_decay"
    before = {folder / file: (folder / file).read_text() for file, *_ in mistakes}
    for file, old, new, _ in mistakes:
        assert before[folder / file].count(old) == 1, old
        text = (folder / file).read_text()
        (folder / file).write_text(text.replace(old, new))
    done = rehearsed()
    for file, text in before.items():
        file.write_text(text)
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    for *_, sentence in mistakes:
        assert sentence in done.stderr


@pytest.mark.slow
def test_experiments_of_the_smoke_study_work_on_made_up_rows():
    study = read([CHECKOUT / "config.yaml", CHECKOUT / "workflow/studies/smoke.yaml"])
    assert set(study.experiments) <= set(experiments())
    for name in study.experiments:
        result = rehearsal.rehearse(study, name, lambda run: None)
        assert result.problems == [], name
        assert result.done["figures"] > 0, name


@pytest.mark.slow
def test_quantities_of_several_batches_are_left_out_where_runs_have_one():
    study = read([CHECKOUT / "config.yaml", CHECKOUT / "workflow/studies/inside.yaml"])
    assert {run.batch for run in study.runs("beyond_batch")} == {60}
    assert rehearsal.rehearse(study, "beyond_batch", lambda run: None).problems == []


def test_made_up_classes_have_the_shape_of_the_data_and_can_be_told_apart():
    study = read([CHECKOUT / "config.yaml", CHECKOUT / DEMO])
    split = rehearsal.made_up(study.datasets["digits"], 300)
    assert split.x_train.shape == (300, study.datasets["digits"].shape.features)
    assert set(split.y_train) == set(split.y_test) == set(range(10))
    centres = np.array([split.x_train[split.y_train == y].mean(axis=0) for y in range(10)])
    nearest = ((split.x_test[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest == split.y_test).mean() > 0.5
