"""Bring the runs of an experiment together in one table per kind of result."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from bnlab import tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

runs = [json.loads(Path(path).read_text()) for path in snakemake.input.runs]
made = {
    "metrics": [pd.read_parquet(path) for path in snakemake.input.histories],
    "runs": [tables.run_rows(run) for run in runs],
    "percentiles": [pd.read_parquet(path) for path in snakemake.input.probes],
}
for name, parts in made.items():
    tables.collect(runs, parts).to_parquet(snakemake.output[name], index=False)
