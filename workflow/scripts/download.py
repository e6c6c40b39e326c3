"""Get a dataset from its source, check it, and write it as raw.npz."""

from pathlib import Path
from typing import TYPE_CHECKING

from bnlab import datasets, sources
from bnlab.files import job_log

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

dataset = snakemake.params.dataset
with job_log(snakemake.log[0], snakemake.wildcards.dataset):
    # Not a parameter: from where the same rows come is no reason to get them again.
    table = sources.read(dataset, snakemake.config.get("openml"))
    datasets.check(table, dataset["shape"], dataset.get("sha256"))
    datasets.save_table(Path(snakemake.output.raw), table)
    datasets.logger.info("%d rows, %d features", *table.x.shape)
