"""Split a dataset into training, validation and test rows, scale it, and describe it."""

from pathlib import Path
from typing import TYPE_CHECKING

from bnlab import datasets
from bnlab.files import job_log, save_arrays, save_json

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

dataset = snakemake.params.dataset
with job_log(snakemake.log[0], snakemake.wildcards.dataset):
    table = datasets.load_table(Path(snakemake.input.raw))
    arrays = datasets.preprocess(table, dataset["split"], dataset["scaling"])
    summary = datasets.summary(table, dataset, arrays)
    save_arrays(Path(snakemake.output.split), arrays)
    save_json(Path(snakemake.output.data), summary)
    datasets.logger.info("rows: %s", summary["split"])
