"""Draw one figure from its table."""

from pathlib import Path
from typing import TYPE_CHECKING

from bnlab.imports import without_collector

with without_collector():
    from bnlab.experiments import function
    from bnlab.files import job_log, read_csv
    from bnlab.page import style

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

params, output = snakemake.params, snakemake.output
with job_log(snakemake.log[0], f"{params.kind} of {'/'.join(snakemake.wildcards)}"):
    draw = function(params.experiment, "figures", params.kind)
    finding = function(params.experiment, "words", params.kind)
    figure = style.draw(draw, params.title, read_csv(Path(snakemake.input.csv)), finding)
    style.save(figure, Path(output.svg), Path(output.png))
