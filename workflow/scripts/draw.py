"""Draw one figure from its table."""

from pathlib import Path
from typing import TYPE_CHECKING

from bnlab import figures
from bnlab.files import job_log, read_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

params, output = snakemake.params, snakemake.output
with job_log(snakemake.log[0], f"{params.kind} of {'/'.join(snakemake.wildcards)}"):
    figure = figures.draw(params.experiment, params.kind, read_csv(Path(snakemake.input.csv)))
    figures.save(figure, Path(output.svg), Path(output.png))
