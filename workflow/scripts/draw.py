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

key, output = snakemake.wildcards, snakemake.output
with job_log(snakemake.log[0], "/".join(key)):
    draw = function(key.experiment, "FIGURES", key.kind)
    table = read_csv(Path(snakemake.input.tables) / key.dataset / key.recipe / f"{key.kind}.csv")
    figure = style.draw(draw, snakemake.params.title, table)
    style.save(figure, Path(output.svg), Path(output.png))
