"""Split a dataset into training, validation and test rows, scale it, and describe it."""

from pathlib import Path
from typing import TYPE_CHECKING

from bnlab import datasets

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

dataset = snakemake.params.dataset
with datasets.job_log(snakemake.log[0], snakemake.wildcards.dataset):
    table = datasets.load_table(Path(snakemake.input.raw))
    arrays = datasets.preprocess(table, dataset["split"], dataset["scaling"])
    summary = datasets.summary(table, dataset, arrays)
    datasets.save_arrays(Path(snakemake.output.split), arrays)
    datasets.save_json(Path(snakemake.output.data), summary)
    datasets.logger.info("rows: %s", summary["split"])
