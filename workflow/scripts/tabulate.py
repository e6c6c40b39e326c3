"""Make the published tables of an experiment, those behind its figures and those of results."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from bnlab import tables
from bnlab.files import job_log, save_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

params = snakemake.params
with job_log(snakemake.log[0], "tables"):
    sources = {name: pd.read_parquet(snakemake.input[name]) for name in params.sources}
    if snakemake.input.timings:
        sources["timing"] = pd.concat(map(pd.read_parquet, snakemake.input.timings))
    for (experiment, dataset, recipe, kind), path in zip(
        params.wanted, snakemake.output.tables, strict=True
    ):
        label = tables.shown_label(params.dataset_labels[dataset], dataset in params.redraws)
        table = tables.tabulate(
            experiment, kind, sources, dataset, recipe, label, params.method_labels
        )
        save_csv(Path(path), table)
