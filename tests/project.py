"""A copy of the project in which tests run Snakemake for real and may change anything."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from bnlab.study import families, training
from bnlab.study.config import Run, Study
from bnlab.study.training import Job
from bnlab.study.validation import overlaid, read

CHECKOUT = Path(__file__).parents[1]
SOURCES = ("Snakefile", "CITATION.cff", "config.yaml", "workflow", "profiles")
SMOKE = "workflow/studies/smoke.yaml"
XLA_FLAGS = "--xla_backend_optimization_level=1"
"""Flags of XLA in jobs: programs of a few steps take longer to optimize further than they run."""
SECONDS = 1200
"""Time limit of a call of Snakemake. The longest call takes half of it beside other tests."""


@dataclass(frozen=True)
class Outcome:
    """Exit code, standard output and standard error of a call of Snakemake."""

    code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        return self.stdout + self.stderr


@dataclass(frozen=True)
class Project:
    """A folder with the project's sources, the overlays of config.yaml, environment variables, and a Python."""

    folder: Path
    overlays: tuple[str, ...] = (SMOKE,)
    environment: tuple[tuple[str, str], ...] = ()
    python: str = sys.executable

    @cached_property
    def study(self) -> Study:
        return read([self.folder / name for name in ("config.yaml", *self.overlays)])

    def full(self) -> "Project":
        """Return the project of the same folder without overlays."""
        return replace(self, overlays=())

    def overlaid(self, content: Mapping[str, Any] | str, name: str = "overlay.yaml") -> "Project":
        """Return the project with one more overlay, a mapping or YAML text.

        An overlay that does not set ``study`` keeps the study's name.
        """
        text = (
            content if isinstance(content, str) else yaml.safe_dump(dict(content), sort_keys=False)
        )
        named = re.search(r"^study:", text, re.MULTILINE)
        text += "" if named else f"\nstudy: {self.study.study}\n"
        (self.folder / name).write_text(text, encoding="utf8")
        overlays = tuple(known for known in self.overlays if known != name)
        return replace(self, overlays=(*overlays, name))

    def with_environment(self, **variables: str) -> "Project":
        """Return the project of the same folder with these environment variables."""
        return replace(self, environment=tuple(variables.items()))

    def copy(self, folder: Path) -> "Project":
        """Copy the folder, with modification times, and return the new project."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return replace(self, folder=folder)

    def start(self, *arguments: str, python: str = sys.executable) -> subprocess.Popen[str]:
        """Start Snakemake with these targets and options, in a process group of its own.

        Signals reach jobs only where `python` is Python's own executable.
        """
        configs = ["--configfile", *self.overlays] if self.overlays else []
        return subprocess.Popen(
            [python, "-m", "snakemake", *arguments, "--cores", "2", *configs],
            cwd=self.folder,
            env=_environment() | dict(self.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # A shell lets what it starts in the background ignore Ctrl-C; Snakemake must not inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def snakemake(self, *arguments: str) -> Outcome:
        """Run Snakemake with these targets and options to its end."""
        with self.start(*arguments, python=self.python) as process:
            try:
                stdout, stderr = process.communicate(timeout=SECONDS)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        return Outcome(process.returncode, stdout, stderr)

    def plan(self, *arguments: str) -> "Plan":
        """Return the plan of a dry run with these targets and options."""
        outcome = self.snakemake("--dry-run", *arguments)
        assert outcome.code == 0, outcome.text
        plan = Plan.of(outcome.text, {})
        return Plan.of(outcome.text, self.untrained()) if plan.jobs["train"] else plan

    def untrained(self) -> dict[Run, Job]:
        """Return the runs that the store of this folder lacks, or has from other code, with their jobs."""
        command = [self.python, str(CHECKOUT / "tests" / "untrained.py"), "config.yaml"]
        done = subprocess.run(
            [*command, *self.overlays], cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return {Run(*run): Job(*job) for job, run in json.loads(done.stdout)}

    @cached_property
    def jobs(self) -> dict[Run, Job]:
        """The job that trains each run."""
        names = [self.folder / name for name in ("config.yaml", *self.overlays)]
        jobs = training.jobs(self.study, families.of_recipes(overlaid(names)["recipes"]))
        return {run: job for job, runs in jobs.items() for run in runs}

    def record(self, run: Run) -> str:
        """Return the target whose job trains a run."""
        return f"results/{self.study.study}/trained/{'/'.join(self.jobs[run])}.json"

    def files(self, pattern: str) -> set[str]:
        """Return the files that match a pattern, without digests, relative to the folder."""
        return {
            path.relative_to(self.folder).as_posix()
            for path in self.folder.glob(pattern)
            if path.is_file() and path.suffix != ".sha256"
        }


@dataclass(frozen=True)
class Plan:
    """Jobs of a dry run: the number of each rule, and the runs to train.

    A job that trains does so with those of its runs which the store lacks.
    """

    jobs: Counter[str]
    trained: set[Run]

    @classmethod
    def of(cls, text: str, untrained: Mapping[Run, Job]) -> "Plan":
        _, _, table = text.partition("Job stats:\n")
        rows = re.findall(r"^(\w+) +(\d+)$", table.partition("\n\n")[0], re.MULTILINE)
        jobs = Counter({rule: int(count) for rule, count in rows if rule not in ("total", "all")})
        planned = {
            Job(dataset, method, family)
            for method, dataset, family in re.findall(r"Training (\S+) on (\S+), (\S+)", text)
        }
        assert len(planned) == jobs["train"], text
        return cls(jobs, {run for run, job in untrained.items() if job in planned})


def fresh_project(folder: Path) -> Project:
    """Copy the sources of the checkout, without any results."""
    folder.mkdir(parents=True)
    for name in SOURCES:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("*cache*"))
        else:
            shutil.copy2(source, folder / name)
    return Project(folder)


def _environment() -> dict[str, str]:
    """Return the environment of this process without the variables of bnlab, and with ``XLA_FLAGS``."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("BNLAB_")}
    return own | {"XLA_FLAGS": XLA_FLAGS}
