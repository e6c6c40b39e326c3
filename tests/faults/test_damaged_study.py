"""A job that reads a damaged file stops with its name, and the command that it prints repairs the study."""

from __future__ import annotations

import random
import re

import pytest
from project import Project
from test_damage import flipped

pytestmark = pytest.mark.slow

RUN = "results/runs/iris_redraw/bn/batch16/smoke-*"
READERS = {
    f"{RUN}/history.parquet": "gather",
    "results/data/iris_redraw/split.npz": "train",
    "results/data/iris/raw.npz": "redraw",
    "results/data/iris_redraw/data.json": "gather",
    "results/data/iris_redraw/raw.npz": "preprocess",
    f"{RUN}/predictions.npz": "gather",
    f"{RUN}/percentiles.parquet": "gather",
    f"{RUN}/run.json": "gather",
    "results/smoke/trained/iris_redraw/bn/all_recipes.json": "gather",
    "results/smoke/experiments/batch_size/metrics.parquet": "write_tables",
    "results/smoke/experiments/batch_size/metrics.parquet ": "judge_claims",
    "results/smoke/experiments/learning_curves/runs.csv": "write_report",
    "results/smoke/timing/learning_curves/1.parquet": "judge_claims",
    "reports/smoke/tables/batch_size/iris_redraw/*/*.csv": "draw",
    "reports/smoke/figures/batch_size/iris_redraw/*/*.svg": "write_report",
    "reports/smoke/claims.csv": "write_report",
    "reports/smoke/effects.csv": "write_report",
}
"""Files of the smoke study, and the rule that is to read each."""
SHORT = 2


@pytest.mark.parametrize(("pattern", "rule"), READERS.items())
def test_a_damaged_file_is_named_with_the_command_that_repairs_the_study(
    finished: Project, pattern: str, rule: str, many: bool
) -> None:
    if not many and [*READERS].index(pattern) >= SHORT:
        pytest.skip("a case of `make faults`")
    path = min(finished.folder.glob(pattern.strip()))
    name, content = path.relative_to(finished.folder).as_posix(), path.read_bytes()
    runs = {
        file: (finished.folder / file).read_bytes() for file in finished.files("results/runs/**/*")
    }
    damaged = flipped(content, random.Random(name).randrange(8 * len(content)))
    path.write_bytes(damaged)

    told = finished.snakemake("--forcerun", rule, "--until", rule)
    assert told.code != 0
    assert "Traceback" not in told.text
    stopped = [line for line in told.text.splitlines() if line.startswith("Stopped: ")]
    if path.name == "run.json":  # it is the run that is damaged
        assert any(name.removesuffix("/run.json") in line for line in stopped), told.text
    else:
        assert any(f" {name} is damaged: " in line for line in stopped), told.text
    kept = {file: (finished.folder / file).read_bytes() for file in runs}
    assert kept == runs | ({name: damaged} if name in runs else {})

    ((option, target),) = {
        match for line in stopped for match in re.findall(r"`(--forcerun) (\S+)`", line)
    }
    done = finished.snakemake(option, target, "--until", rule)
    assert done.code == 0, done.text
    if "timing" not in name and path.name != "run.json":
        assert path.read_bytes() == content
