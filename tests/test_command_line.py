"""Mistakes on the command line of Snakemake are one sentence."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest
from project import CHECKOUT

from bnlab.command_line import TargetsNamed, problems


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("demo.yaml", "mine.yaml"):
        (tmp_path / name).write_text("study: mine\n")
    (tmp_path / "broken.yaml").write_text("study mine\nonly: [depth]\n")
    (tmp_path / "words.yaml").write_text("just words\n")
    (tmp_path / "workflow/studies").mkdir(parents=True)
    (tmp_path / "workflow/studies/demo.yaml").write_text("study: demo\n")
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster" / "config.yaml").write_text("executor: slurm\njobs: 5\n")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "config.yaml").write_text("cores: 2\n")
    return tmp_path


TARGET = "batch_size is no file. --configfile takes all that follows it for overlays, so targets go before it"
WRONG = {
    "--configfile demo.yaml batch_size": f"{TARGET}: snakemake batch_size --configfile demo.yaml",
    "-n --configfile demo.yaml mine.yaml batch_size --cores 2": (
        f"{TARGET}: snakemake batch_size -n --configfile demo.yaml mine.yaml --cores 2"
    ),
    "--configfile batch_size": f"{TARGET}.",
    "--configfiles demo.yaml batch_size": f"{TARGET}: snakemake batch_size --configfiles demo.yaml",
    "--configfile=demo.yml": "unknown overlay 'demo.yml'; did you mean 'demo.yaml'? (allowed: broken.yaml, demo.yaml, "
    "mine.yaml, words.yaml)",
    "--configfile demo.yaml broken.yaml": "broken.yaml:2: is not YAML: mapping values are not allowed in this context",
    "--configfile words.yaml": "words.yaml holds no keys (an overlay begins with a line such as `study: mine`).",
    "--configfile cluster": "cluster is a folder, and --configfile takes YAML files.",
    "--profile cluster": "The executor slurm is a plugin that is not installed. Type once "
    f"{sys.executable} -m pip install snakemake-executor-plugin-slurm, and then the same command again.",
    "--executor cluster-generic depth": "The executor cluster-generic is a plugin that is not installed. Type once "
    f"{sys.executable} -m pip install snakemake-executor-plugin-cluster-generic, and then the same command again.",
}  # fmt: skip


@pytest.mark.parametrize("line", WRONG)
def test_a_mistake_is_one_sentence_with_the_way_out(line, folder):
    assert list(problems(line.split())) == [WRONG[line]]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "-n",
        "batch_size --configfile demo.yaml mine.yaml",
        "--configfile demo.yaml --cores 2 batch_size",
        "--configfile demo.yaml -- batch_size",
        "--executor local depth",
        "--profile here depth",
        "--profile cluster_of_another_folder",
        "--config replicates=2",
    ],
)
def test_what_snakemake_takes_has_no_problem(line, folder):
    assert list(problems(line.split())) == []


def told(message: str) -> str:
    record = logging.LogRecord("snakemake", logging.ERROR, "", 0, message, (), None)
    named = TargetsNamed(["all", "batch_size", "plan"], ["all", "batch_size", "plan", "train"])
    assert named.filter(record)
    return record.getMessage()


def test_an_unknown_target_is_answered_by_those_that_exist():
    text = "MissingRuleException:\nNo rule to produce {} (if you use input functions make sure)."
    listed = "(targets of this study: all, batch_size, plan)"
    assert told(text.format("batchsize")) == (
        f"unknown target 'batchsize'; did you mean 'batch_size'? {listed}"
    )
    assert told(text.format("trian")) == f"unknown target 'trian'; did you mean 'train'? {listed}"
    assert told(text.format("xyz")) == f"unknown target 'xyz' {listed}"
    assert told(text.format("reports/demo/a.csv")).startswith(
        "No rule makes the file reports/demo/a.csv."
    )
    assert told("another message") == "another message"


def test_overlays_and_studies_in_the_place_of_targets_are_told_apart(folder):
    text = "No rule to produce {} (if you use input functions make sure)."
    assert told(text.format("mine.yaml")) == (
        "mine.yaml is no target. Overlays come after --configfile, and targets before it."
    )
    assert told(text.format("demo")) == (
        "'demo' is a study and no target: snakemake --configfile workflow/studies/demo.yaml"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (["-n", "--configfile", "workflow/studies/smoke.yaml", "batch_size"], TARGET),
        (["-n", "batchsize"], "unknown target 'batchsize'; did you mean 'batch_size'?"),
        (["-n", "--profile", "profiles/slurm"], "The executor slurm is a plugin that is not"),
    ],
)
def test_snakemake_says_it_without_a_traceback(line, sentence):
    command = [sys.executable, "-m", "snakemake", *line]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert sentence in done.stdout + done.stderr
