"""Draw the figures of an experiment, each from its table."""

from pathlib import Path
from typing import TYPE_CHECKING

from bnlab.imports import without_collector

with without_collector():
    from bnlab.experiments import function
    from bnlab.files import job_log, read_csv
    from bnlab.page import style

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

params, experiment = snakemake.params, snakemake.wildcards.experiment
with job_log(snakemake.log[0], "figures"), style.told_apart(params.methods):
    for dataset, recipe, kind in params.figures:
        table = read_csv(Path(snakemake.input.tables) / dataset / recipe / f"{kind}.csv")
        figure = style.draw(function(experiment, "FIGURES", kind), table)
        path = Path(snakemake.output.figures) / dataset / recipe / kind
        style.save(figure, f"{path}.svg", f"{path}.png")
