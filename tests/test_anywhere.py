"""The workflow runs from any folder: shipped files lie beside it, a user's files in the working directory."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import yaml
from project import CHECKOUT, SECONDS, Plan

from bnlab.study.experiments import experiments
from bnlab.study.locations import overlaid

pytestmark = pytest.mark.slow

NORMALIZER = '''\
import tensorflow as tf

from bnlab.networks.normalizer import Normalizer


class Halved(Normalizer):
    """Half of the input: N(u) = u/2."""

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        return u / 2
'''
OVERLAY = """\
study: away
replicates: 5
title: A study far from home
claims: my_claims.yaml
methods:
  halved: {normalizer: "my_norms.py:Halved", label: Halved}
only: [batch_size]
experiments:
  batch_size:
    runs: [{datasets: [iris], methods: [base, halved], batches: [16], recipes: [smoke]}]
"""
CLAIMS = """\
sources: {mine: {title: A guess, short: guess}}
claims:
  - id: 1
    source: mine
    place: nowhere
    topic: accuracy
    claim: A halved network learns something.
    tests:
      - {region: iris, primary: true, experiment: batch_size, dataset: iris, recipe: smoke, batch: 16,
         quantity: test_accuracy, compare: halved, rule: {above: 0.01}}
"""
RENAMED = """\
module bnlab:
    snakefile: "{root}/Snakefile"

use rule * from bnlab as bnlab_*

rule all:
    default_target: True
    input: rules.bnlab_all.input
"""
CONFIGURED = """\
configfile: "settings.yaml"

module bnlab:
    snakefile: "{root}/Snakefile"
    config: config

use rule * from bnlab
"""


def save_files(folder: Path) -> None:
    """Write an overlay, a method and a ledger of a user's to a folder outside the project."""
    (folder / "my_norms.py").write_text(NORMALIZER)
    (folder / "away.yaml").write_text(OVERLAY)
    (folder / "my_claims.yaml").write_text(CLAIMS)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory, snakemake: Callable[..., str]) -> Path:
    """A user's folder with a copy of the config, in which the study has run to its end."""
    folder = tmp_path_factory.mktemp("copied")
    save_files(folder)
    text = (CHECKOUT / "config.yaml").read_text(encoding="utf8")
    assert text.count("\nstudy: full") == 1
    (folder / "config.yaml").write_text(text.replace("\nstudy: full", "\nstudy: copied"))
    snakemake(folder, "-s", f"{CHECKOUT}/Snakefile", "--configfile", *OVERLAYS)
    return folder


@pytest.fixture
def away(tmp_path: Path) -> Path:
    """A user's folder."""
    save_files(tmp_path)
    return tmp_path


@pytest.fixture
def trained(away: Path, copied: Path) -> Path:
    """A user's folder in which all runs are trained, and nothing else is done."""
    shutil.copytree(copied / "results" / "runs", away / "results" / "runs")
    return away


@pytest.fixture(scope="module")
def snakemake(warm_python: str) -> Callable[..., str]:
    """`output_of` in a process that starts warm."""
    return partial(output_of, warm_python)


def output_of(python: str, folder: Path, *arguments: str, **environment: str) -> str:
    command = [python, "-m", "snakemake", "--cores", "2", *arguments]
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def assert_reported(folder: Path) -> None:
    front, about = (
        (folder / "reports/away" / name).read_text(encoding="utf8")
        for name in ("report.html", "about.html")
    )
    assert "A study far from home" in front and "Half of the input" in about
    assert "supported" in (folder / "reports/away/claims.csv").read_text(encoding="utf8")


def times_of_training(folder: Path) -> dict[str, float]:
    records = (folder / "results" / "runs").rglob("run.json")
    return {record.relative_to(folder).as_posix(): record.stat().st_mtime for record in records}


OVERLAYS = [f"{CHECKOUT}/workflow/studies/smoke.yaml", "away.yaml"]


def test_with_another_working_directory_beside_an_installed_library(away):
    installed = away / "site-packages" / "bnlab"
    installed.mkdir(parents=True)
    (installed / "__init__.py").write_text("raise RuntimeError('not the one of the workflow')")
    home = away / "home"
    home.mkdir()
    overlays = [OVERLAYS[0], str(away / "away.yaml")]
    snakefile = os.path.relpath(CHECKOUT / "Snakefile", home)
    arguments = ("-s", snakefile, "--directory", str(away), "--configfile", *overlays)
    # As a user has it, in processes that start cold.
    output_of(sys.executable, home, *arguments, PYTHONPATH=str(installed.parent))
    assert_reported(away)
    assert not list(home.iterdir())


def test_with_a_config_copied_to_another_folder(copied, snakemake):
    full = snakemake(copied, "-n", "-s", f"{CHECKOUT}/Snakefile")
    assert "reports/copied/report.html" in full
    assert_reported(copied)


def test_as_a_module_whose_rules_are_renamed(copied, trained, snakemake):
    (trained / "Snakefile").write_text(RENAMED.format(root=CHECKOUT))
    snakemake(trained, "--configfile", *OVERLAYS)
    assert_reported(trained)
    assert times_of_training(trained) == times_of_training(copied)


def test_as_a_module_that_is_given_its_config(copied, trained, snakemake):
    files = [CHECKOUT / "config.yaml", Path(OVERLAYS[0]), trained / "away.yaml"]
    (trained / "settings.yaml").write_text(yaml.safe_dump(overlaid(files), sort_keys=False))
    (trained / "Snakefile").write_text(CONFIGURED.format(root=CHECKOUT))
    snakemake(trained, "all")
    assert_reported(trained)
    assert times_of_training(trained) == times_of_training(copied)


def test_a_thin_way_in_plans_as_many_jobs(tmp_path, snakemake):
    shutil.copy(CHECKOUT / "config.yaml", tmp_path)
    overlay = ["--configfile", OVERLAYS[0]]
    root, thin = (
        Plan.of(snakemake(tmp_path, "-n", "-s", str(CHECKOUT / snakefile), *overlay), {}).jobs
        for snakefile in ("Snakefile", "workflow/Snakefile")
    )
    assert thin == {**root, "default": 1} and root["train"] > 1


def test_the_documentation_draws_the_rules_of_the_full_study(snakemake):
    text = snakemake(CHECKOUT, "--rulegraph", "mermaid-js")
    names = dict(re.findall(r"(id\d+)\[(\w+)\]", text))
    edges = {(names[a], names[b]) for a, b in re.findall(r"(id\d+) --> (id\d+)", text)}
    page = (CHECKOUT / "docs" / "workflow.md").read_text(encoding="utf8")
    assert set(re.findall(r"^  (\w+) --> (\w+)$", page, re.MULTILINE)) == edges
    assert len(names) <= 15


def test_at_most_sixteen_rules_have_a_job_beside_a_target_for_each_experiment(snakemake):
    rules = [
        line for line in snakemake(CHECKOUT, "--list-rules").splitlines() if line[:1].isalpha()
    ]
    targets = {"all", *experiments()}
    assert targets < set(rules)
    assert len(set(rules) - targets) <= 16
