"""Progress of a call of Snakemake, told by work."""

import logging

from snakemake.logging import logger
from snakemake.shell import shell

from bnlab import store
from bnlab.command_line import TargetsNamed
from bnlab.progress import Filter, Progress, measured
from bnlab.provenance import hardware, versions
from bnlab.training.estimate import Estimate, read_costs
from bnlab.training.plan import of_rule

COSTS = "results/costs.json"


def seconds_of(estimate, start, job):
    """Return the seconds that a job is expected to take: as measured last time, else rough; a trained run takes none."""
    known = training.Job(*map(job.wildcards.get, training.Job._fields))
    if known not in JOBS:
        experiment = job.wildcards.get("experiment")
        rough = of_rule(estimate, job.rule.name, experiment, start)
        took = measured(Path(job.benchmark)) if job.benchmark else None
        return rough if took is None else took
    left = [
        run
        for run, order in zip(JOBS[known], orders(known), strict=True)
        if (store.made_from(Path(order["folder"])) or {}).get("code") != order["code"]
    ]
    return sum(estimate.seconds(left, start).values())


def progress():
    """Return the jobs of this call, with the seconds that each is expected to take."""
    costs, start = read_costs(Path(COSTS), hardware() | versions())
    estimate = Estimate(STUDY, costs)
    jobs = list(workflow.dag.needrun_jobs())
    return Progress(
        {job.jobid: seconds_of(estimate, start, job) for job in jobs},
        workflow.cores or len(JOBS),
        {job.jobid: job.rule.name for job in jobs},
        {job.jobid: job.resources.get("mem_mb") for job in jobs},
    )


def say_where(record):
    """Add where the report is to Snakemake's message that nothing is to be done."""
    if record.getMessage().startswith("Nothing to be done"):
        record.msg = record.getMessage() + where_the_report_is()
    return True


if workflow.is_main_process:
    messages = Filter(progress)
    logger.addFilter(messages)
    logging.raiseExceptions = False  # a full disk is told once, and not for each line
    if BASE:  # a host's report and Ctrl-C are its own
        logger.addFilter(say_where)
        # Jobs leave an interrupt to this process, which ends them.
        shell.prefix("set -euo pipefail; trap '' INT; ")
        signal.signal(signal.SIGINT, messages.interrupt)
