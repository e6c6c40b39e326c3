"""Redraw a data set with more rows, check the result, and write raw.npz and origin.json."""

from pathlib import Path
from typing import TYPE_CHECKING

from bnlab.data import datasets, redraw
from bnlab.files import job_log, save_json

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

params = snakemake.params
with job_log(snakemake.log[0], snakemake.wildcards.dataset):
    dataset = params.dataset
    source = datasets.load_table(Path(snakemake.input.raw))
    table = redraw.redraw(source, dataset["shape"]["rows"], dataset["seed"])
    datasets.check(table, dataset["shape"], dataset.get("sha256"))
    origin = {
        "source": datasets.describe(dataset),
        "is_redraw": True,
        "study": snakemake.config["study"],
        "origin": params.origin,
    }
    datasets.save_table(Path(snakemake.output.raw), table)
    save_json(Path(snakemake.output.origin), origin)
    datasets.logger.info("%d rows drawn from %d", len(table.y), len(source.y))
