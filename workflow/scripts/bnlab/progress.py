"""Progress of a study while it runs: Snakemake's line after each job, told by work instead of by jobs."""

from __future__ import annotations

import logging
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from bnlab.training.plan import duration

LISTED = 3
"""Paths that a reason names."""
APART = 1.0
"""Seconds between two lines, at least."""


@dataclass
class Progress:
    """Work of the jobs of one call, in seconds by job, planned or rough.

    What is left of the jobs of a rule is planned work, scaled by the time that finished jobs of this rule took to that
    which was planned for them. A rule without a finished job has its planned work.
    """

    planned: Mapping[int, float]
    cores: int
    rules: Mapping[int, str] = field(default_factory=dict)
    started: dict[int, float] = field(default_factory=dict)
    took: dict[int, float] = field(default_factory=dict)

    def start(self, job: int, now: float) -> None:
        """Note that a job starts."""
        self.started[job] = now

    def finish(self, job: int, now: float) -> None:
        """Note that a job is done."""
        self.took[job] = now - self.started.get(job, now)

    def share(self) -> float:
        """Return the share of the planned work that is done."""
        done = sum(self.planned.get(job, 0.0) for job in self.took)
        return done / (sum(self.planned.values()) or 1.0)

    def left(self, now: float) -> float:
        """Return the seconds until all jobs are done."""
        expected: dict[str | None, float] = defaultdict(float)
        took: dict[str | None, float] = defaultdict(float)
        for job, seconds in self.took.items():
            expected[self.rules.get(job)] += self.planned.get(job, 0.0)
            took[self.rules.get(job)] += seconds
        pace = {rule: took[rule] / work for rule, work in expected.items() if work}
        rest = {
            job: pace.get(self.rules.get(job), 1.0) * work
            for job, work in self.planned.items()
            if job not in self.took
        }
        for job in rest.keys() & self.started.keys():
            rest[job] = max(0.0, rest[job] - (now - self.started[job]))
        return max(sum(rest.values()) / self.cores, *rest.values(), 0.0)


def sentence(progress: Progress, done: int, total: int, now: float) -> str:
    """Return the line after a job: jobs, share of the work, and when all is done."""
    jobs = f"{done} of {total} jobs are done"
    if done == total:
        return f"All {total} jobs are done."
    left = progress.left(now)
    end = datetime.fromtimestamp(now) + timedelta(seconds=left)
    at = f"{end:%H:%M}" if end.date() == datetime.fromtimestamp(now).date() else f"{end:%a %H:%M}"
    return f"{jobs}, {100 * progress.share():.0f} % of the work; the rest takes about {duration(left)}, until {at}."


def short_reason(reason: str) -> str:
    """Return the reason of a job with at most ``LISTED`` paths a list."""

    def shortened(match: re.Match[str]) -> str:
        paths = match[1].split(", ")
        more = len(paths) - LISTED
        return ": " + (match[1] if more <= 0 else f"{', '.join(paths[:LISTED])} and {more} more")

    return re.sub(r": ([^;]+)", shortened, reason)


def measured(benchmark: Path) -> float | None:
    """Return the seconds that a job took by its benchmark file of an earlier call; None without one."""
    try:
        return float(benchmark.read_text("utf8").splitlines()[1].split("\t")[0])
    except (OSError, IndexError, ValueError):  # none yet, or the job was interrupted
        return None


class Filter(logging.Filter):
    """Snakemake's messages, with short reasons, and progress by work in the place of each number of steps.

    After an error, which is printed once, Snakemake's messages stay as they are: an error would end its scheduler.

    Args:
        plan: returns the progress of this call; it is asked once, when the first job starts.
    """

    def __init__(self, plan: Callable[[], Progress]):
        super().__init__()
        self.plan, self.said, self.failed = cache(plan), 0.0, False

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            return self.failed or self._told_by_work(record)
        except Exception as error:
            self.failed = True
            problem = f"{type(error).__name__}: {error}"
            print(f"Progress is told by steps and not by work, after {problem}", file=sys.stderr)
            return True

    def _told_by_work(self, record: logging.LogRecord) -> bool:
        given, now = record.__dict__, time.time()
        event = given.get("event")
        if event == "job_info":
            given["reason"] = short_reason(str(given["reason"]))
        elif event == "job_started":
            for job in given["jobs"]:
                self.plan().start(job, now)
        elif event == "job_finished":
            self.plan().finish(given["job_id"], now)
        elif event == "progress":
            if now - self.said < APART and given["done"] < given["total"]:
                return False  # jobs that end together have one line
            record.msg = sentence(self.plan(), given["done"], given["total"], now)
            self.said = now
            given["event"] = "share of work"  # for its own event Snakemake prints its own text
        return True
