"""Time methods in turn in one process: seconds per 1,000 steps of one replicate."""

from pathlib import Path
from typing import TYPE_CHECKING

from bnlab.imports import without_collector

with without_collector():
    from bnlab import lazy
    from bnlab.files import job_log, save_parquet
    from bnlab.networks import loading
    from bnlab.training.settings import Settings, load_split
    from bnlab.training.timing import time_in_turn
    from bnlab.training.trainer import share_the_machine

    lazy.load()

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

params = snakemake.params
with job_log(snakemake.log[0], "/".join(str(part) for part in params.run.values())):
    share_the_machine()
    settings = Settings(**params.settings)
    timing = time_in_turn(
        load_split(Path(snakemake.input.split)),
        lambda: loading.network(*params.network),
        {name: loading.method(**arguments) for name, arguments in params.methods.items()},
        settings,
        params.run["batch"],
    )
    table = timing.assign(**params.run, learning_rate=settings.learning_rate)
    save_parquet(Path(snakemake.output.timing), table)
