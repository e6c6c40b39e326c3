"""Bring the runs of an experiment together in one table per kind of result."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from bnlab import tables
from bnlab.files import job_log, read_json, save_parquet

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

inputs = snakemake.input
with job_log(snakemake.log[0], snakemake.wildcards.experiment):
    runs = [read_json(Path(path)) for path in inputs.runs]
    made = {
        "metrics": [pd.read_parquet(path) for path in inputs.histories],
        "runs": [tables.run_rows(run) for run in runs],
        "percentiles": [pd.read_parquet(path) for path in inputs.probes],
    }
    for name, parts in made.items():
        save_parquet(Path(snakemake.output[name]), tables.collect(runs, parts))
