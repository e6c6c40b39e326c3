"""Copy the published tables of an experiment."""

from pathlib import Path
from typing import TYPE_CHECKING

from bnlab.files import job_log, read_bytes, save_bytes

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0], snakemake.wildcards.experiment):
    published, folder = Path(snakemake.input[0]), Path(snakemake.output[0])
    for file in sorted(published.rglob("*.csv")):
        save_bytes(folder / file.relative_to(published), read_bytes(file))
