"""Compute the published tables of an experiment, those behind its figures and those of results."""

from pathlib import Path
from typing import TYPE_CHECKING

from bnlab.analysis.summaries import dataset_label, published
from bnlab.experiments import function
from bnlab.files import job_log, read_parquets, save_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

params, experiment = snakemake.params, snakemake.wildcards.experiment
with job_log(snakemake.log[0], "tables"):
    folder = Path(snakemake.output.tables)
    folder.mkdir(parents=True, exist_ok=True)  # empty where a study times its methods alone
    sources = {name: read_parquets(map(Path, paths)) for name, paths in params.sources.items()}
    for dataset, recipe, kind in params.tables:
        table = published(
            function(experiment, "TABLES", kind),
            [sources[name] for name in params.reads[kind]],
            dataset,
            recipe,
            dataset_label(params.dataset_labels[dataset], dataset in params.redraws),
            params.method_labels,
        )
        save_csv(folder / dataset / recipe / f"{kind}.csv", table)
