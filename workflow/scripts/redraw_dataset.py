"""Re-draw a dataset to more rows, check the result, and write it as raw.npz."""

from pathlib import Path
from typing import TYPE_CHECKING

from bnlab import datasets, redraw
from bnlab.files import job_log

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

dataset = snakemake.params.dataset
with job_log(snakemake.log[0], snakemake.wildcards.dataset):
    source = datasets.load_table(Path(snakemake.input.raw))
    table = redraw.redraw(source, dataset["shape"]["rows"], dataset["seed"])
    datasets.check(table, dataset["shape"], dataset.get("sha256"))
    datasets.save_table(Path(snakemake.output.raw), table)
    datasets.logger.info("%d rows drawn from %d", len(table.y), len(source.y))
