"""Train the runs of one job that are not in the store, and record that all of them are there."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bnlab.imports import without_collector

with without_collector():
    from bnlab import lazy, store
    from bnlab.files import job_log, save_arrays, save_json, save_parquet, sha256
    from bnlab.networks import loading
    from bnlab.networks.block import Method
    from bnlab.provenance import hardware, peak_memory_mb, versions
    from bnlab.training import run as training
    from bnlab.training.settings import Settings, Split, load_split
    from bnlab.training.trainer import device, engine, share_the_machine

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logger = logging.getLogger("bnlab.train")


def prepared(
    order: Mapping[str, Any], split: Split, method: Method, before: training.Run | None
) -> training.Run:
    """Return a run with a method, ready to train."""
    return training.Run(
        split,
        loading.network(*order["network"]),
        method,
        Settings(**order["settings"]),
        order["run"]["batch"],
        order["seed"],
        {name: loading.load(path) for name, path in order["probes"].items()},
        before,
    )


def train(
    order: Mapping[str, Any], split: Split, data: str, before: training.Run | None
) -> training.Run | None:
    """Train all replicates of one run, write its history, its probes and its summary, and return the run.

    A method of the user's that raises an error has a result, too: all replicates diverge, and the summary has the
    error as ``raised``. The run returned is None then.

    ``order`` is that of ``study.training``, ``data`` the digest of the split, and ``before`` the run before this one.
    """
    arguments, raised = snakemake.params.method, None
    try:
        run = prepared(order, split, loading.method(**arguments), before)
        result = training.train(run, order["replicates"])
    except Exception as error:
        if not (raised := loading.fault(arguments, error)):
            raise
        logger.exception("the method raises an error; its replicates count as diverged")
        run = prepared(order, split, Method(), None)
        result = training.nothing(run, order["replicates"])
    summary = order["run"] | {
        "learning_rate": run.settings.learning_rate,
        "steps": run.settings.steps,
        "steps_per_epoch": result.steps_per_epoch,
        "replicates": order["replicates"],
        "seed": order["seed"],
        "parameters": result.parameters,
        "diverged_at": result.diverged_at,
        "raised": raised,
        "seconds": result.seconds,
        "peak_memory_mb": peak_memory_mb(),
        "device": device(),
        "engine": engine(run.network),
        "versions": versions(),
        "hardware": hardware(),
        store.MADE_FROM: {"code": order["code"], "data": data},
    }
    with store.replacing_run(Path(order["folder"])) as folder:
        save_parquet(folder / "history.parquet", result.history)
        for name, record in result.records.items():
            if isinstance(record, dict):
                save_arrays(folder / f"{name}.npz", record)
            else:
                save_parquet(folder / f"{name}.parquet", record)
        save_json(folder / store.RECORD, summary)
    return None if raised else run


params, path = snakemake.params, Path(snakemake.input.split)
with job_log(snakemake.log[0], "/".join(snakemake.wildcards)):
    data = sha256(path)
    untrained = [
        order
        for order in params.runs
        if not store.is_made_from(Path(order["folder"]), order["code"], data)
    ]
    logger.info("%d of %d runs are to be trained", len(untrained), len(params.runs))
    if untrained:
        with without_collector():
            lazy.load()
        share_the_machine()
        split, run = load_split(path), None
        for order in untrained:
            logger.info("batch %(batch)s, recipe %(recipe)s", order["run"])
            logger.info("its run is in %s", order["folder"])
            run = train(order, split, data, run)
    runs = {order["folder"]: {"code": order["code"], "data": data} for order in params.runs}
    save_json(Path(snakemake.output.trained), {"runs": runs})
