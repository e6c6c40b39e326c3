"""Simulate how often each kind of interval contains the true mean."""

from pathlib import Path
from typing import TYPE_CHECKING

from bnlab.analysis import coverage
from bnlab.files import job_log, save_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0], "coverage of intervals"):
    save_csv(Path(snakemake.output.coverage), coverage.simulate())
