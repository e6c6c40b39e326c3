"""Make the published tables of an experiment, those behind its figures and those of results."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from bnlab.analysis.summaries import published, shown_label
from bnlab.experiments import function
from bnlab.files import job_log, save_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

params = snakemake.params
with job_log(snakemake.log[0], "tables"):
    sources = {
        name: pd.concat(map(pd.read_parquet, paths), ignore_index=True)
        for name, paths in params.sources.items()
    }
    for (experiment, dataset, recipe, kind), path in zip(
        params.wanted, snakemake.output.tables, strict=True
    ):
        table = published(
            function(experiment, "tables", kind),
            [sources[name] for name in params.reads[kind]],
            dataset,
            recipe,
            shown_label(params.dataset_labels[dataset], dataset in params.redraws),
            params.method_labels,
        )
        save_csv(Path(path), table)
