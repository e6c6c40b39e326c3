"""Time methods in turn in one process: seconds per 1,000 steps of one replicate, in all settings of an experiment."""

import logging
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bnlab.imports import without_collector

with without_collector():
    import pandas as pd

    from bnlab import lazy
    from bnlab.files import job_log, save_parquet
    from bnlab.networks import loading
    from bnlab.training.settings import Settings, load_split
    from bnlab.training.timing import time_in_turn
    from bnlab.training.trainer import share_the_machine

    lazy.load()

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logger = logging.getLogger("bnlab.time_methods")

params = snakemake.params
with job_log(snakemake.log[0], f"{snakemake.wildcards.experiment}/{params.process}"):
    share_the_machine()
    paths = zip(params.datasets, snakemake.input.splits, strict=True)
    splits = {dataset: load_split(Path(path)) for dataset, path in paths}
    tables = []
    for timed in params.settings:
        methods = timed["methods"]
        settings, about = Settings(**timed["settings"]), timed["run"]
        timing = time_in_turn(
            splits[about["dataset"]],
            partial(loading.network, *timed["network"]),
            {name: loading.method(**arguments) for name, arguments in methods.items()},
            settings,
            about["batch"],
            is_fault=lambda name, error, of=methods: bool(loading.fault(of[name], error)),
        )
        more = {"process": params.process, "learning_rate": settings.learning_rate}
        tables.append(timing.assign(**about, **more))
        logger.info("%s, batch %d, %s", about["dataset"], about["batch"], about["recipe"])
    save_parquet(Path(snakemake.output.timing), pd.concat(tables, ignore_index=True))
