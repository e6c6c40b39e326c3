"""Time methods in turn in one process: seconds per 1,000 steps of one replicate."""

from pathlib import Path
from typing import TYPE_CHECKING

from bnlab import layers, training
from bnlab.files import job_log, save_parquet

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

params = snakemake.params
with job_log(snakemake.log[0], "/".join(str(part) for part in params.run.values())):
    training.share_the_machine()
    timing = training.time_in_turn(
        training.load_split(Path(snakemake.input.split)),
        {name: getattr(layers, layer) for name, layer in params.layers.items()},
        training.Settings(**params.settings),
        params.run["batch"],
    )
    table = timing.assign(**params.run, learning_rate=params.settings["learning_rate"])
    save_parquet(Path(snakemake.output.timing), table)
