"""Progress of a study while it runs: Snakemake's line after each job, told by work instead of by jobs."""

from __future__ import annotations

import errno
import logging
import os
import re
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from bnlab.training.plan import duration

LISTED = 3
"""Paths that a reason names."""
KILLED = re.compile(r"died with <Signals\.(SIGKILL|SIGABRT)|exit status (137|134)|OUT_OF_ME")
"""Of a message about a job that the system, `ulimit` or a cluster ended, most often for its memory."""
SIGNALS = {"137": "SIGKILL", "134": "SIGABRT"}
"""Signals by the exit status of a shell whose command they ended."""
NO_ROOM = os.strerror(errno.ENOSPC)
APART = 1.0
"""Seconds between two lines, at least."""


@dataclass
class Progress:
    """Work of the jobs of one call, in seconds by job, planned or rough, and the MB of memory that they ask for.

    What is left of the jobs of a rule is planned work, scaled by the time that finished jobs of this rule took to that
    which was planned for them. A rule without a finished job has its planned work.
    """

    planned: Mapping[int, float]
    cores: int
    rules: Mapping[int, str] = field(default_factory=dict)
    memory: Mapping[int, int] = field(default_factory=dict)
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
        return f"All {total} jobs are done." if total > 1 else "The job is done."
    left = progress.left(now)
    end = datetime.fromtimestamp(now) + timedelta(seconds=left)
    at = f"{end:%H:%M}" if end.date() == datetime.fromtimestamp(now).date() else f"{end:%a %H:%M}"
    share = min(99, round(100 * progress.share()))
    return f"{jobs}, {share} % of the work; the rest takes about {duration(left)}, until {at}."


def short_reason(reason: str) -> str:
    """Return the reason of a job with at most ``LISTED`` paths a list."""

    def shortened(match: re.Match[str]) -> str:
        paths = match[1].split(", ")
        more = len(paths) - LISTED
        return ": " + (match[1] if more <= 0 else f"{', '.join(paths[:LISTED])} and {more} more")

    return re.sub(r": ([^;]+)", shortened, reason)


def killed(rule: str, output: Sequence[str], signal_name: str, asked: int | None) -> str:
    """Return the sentence about a job that was killed, with the MB of memory that it had asked for."""
    memory = f"it had asked for {asked:,} MB of memory" if asked else "its memory is not known"
    return (
        f"{rule} was killed ({signal_name}) before it wrote {', '.join(output[:1])}, most likely for its"
        f" memory: {memory}. Run fewer jobs at once (`--cores 1`), end other programs, raise the limit"
        " (`ulimit -v`, or that of the container), or use a larger machine; the same command goes on from there"
    )


def measured(benchmark: Path) -> float | None:
    """Return the seconds that a job took by its benchmark file of an earlier call; None without one."""
    try:
        return float(benchmark.read_text("utf8").splitlines()[1].split("\t")[0])
    except (OSError, IndexError, ValueError):  # none yet, or the job was interrupted
        return None


def short_list(paths: Sequence[str]) -> list[str]:
    """Return the first paths of a list, and how many more there are."""
    more = len(paths) - LISTED
    return [*paths] if more <= 0 else [*paths[:LISTED], f"and {more} more"]


class Filter(logging.Filter):
    """Snakemake's messages, with short lists of files, and progress by work in the place of each number of steps.

    After an error, which is printed once, Snakemake's messages stay as they are: an error would end its scheduler. An
    interrupt and a full disk are told by a sentence alone.

    Args:
        plan: returns the progress of this call; it is asked once, when the first job starts.
    """

    def __init__(self, plan: Callable[[], Progress]):
        super().__init__()
        self.plan, self.said, self.failed = cache(plan), 0.0, False
        self.done, self.silent = "no job is done yet", False
        self.signal: str | None = None
        self.killed: list[str] = []

    def filter(self, record: logging.LogRecord) -> bool:
        if not self.silent and NO_ROOM in record.getMessage():
            record.msg, record.args = (
                "No room on the disk. Make room, and type the same command.",
                (),
            )
            self.silent = True
            return True
        try:
            return not self.silent and (self.failed or self._told_by_work(record))
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
        elif event == "error" and (match := KILLED.search(record.getMessage())):
            self.signal = match[1] or SIGNALS.get(match[2], "out of memory")
        elif event == "job_error":
            if self.signal:
                asked = self.plan().memory.get(given["jobid"])
                self.killed.append(killed(given["rule_name"], given["output"], self.signal, asked))
                self.signal = None
            given.update({name: short_list(given.get(name) or []) for name in ("input", "output")})
        elif event == "job_started":
            for job in given["jobs"]:
                self.plan().start(job, now)
        elif event == "job_finished":
            self.plan().finish(given["job_id"], now)
        elif event == "progress":
            self.done = f"{given['done']} of {given['total']} jobs are done, and their results stay"
            if now - self.said < APART and given["done"] < given["total"]:
                return False  # jobs that end together have one line
            record.msg = sentence(self.plan(), given["done"], given["total"], now)
            self.said = now
            given["event"] = "share of work"  # for its own event Snakemake prints its own text
        return True

    def interrupt(self, *_: Any) -> None:
        """Say what is done and how to go on, end the jobs that run, and let Snakemake end without a word."""
        if not self.silent:
            lines = f"\nInterrupted: {self.done}.\nThe same command goes on from there.\n"
            os.write(sys.stderr.fileno(), lines.encode())  # print may be what was interrupted
        self.silent = True
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                process.send_signal(signal.SIGTERM)
        sys.exit(130)
