"""Train all replicates of one run and write its history, its probes and its summary."""

from pathlib import Path
from typing import TYPE_CHECKING

from bnlab.imports import without_collector

with without_collector():
    from bnlab import lazy
    from bnlab.files import job_log, save_arrays, save_json, save_parquet
    from bnlab.kept import keep
    from bnlab.networks import loading
    from bnlab.provenance import hardware, peak_memory_mb, versions
    from bnlab.training import run as training
    from bnlab.training.settings import Settings, load_split
    from bnlab.training.trainer import device, share_the_machine

    lazy.load()

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

params, folder = snakemake.params, Path(snakemake.output.run)
with job_log(snakemake.log[0], "/".join(str(part) for part in params.run.values())):
    share_the_machine()
    run = training.Run(
        load_split(Path(snakemake.input.split)),
        loading.network(*params.network),
        loading.method(**params.method),
        Settings(**params.settings),
        params.run["batch"],
        params.seed,
        {name: loading.load(path) for name, path in params.probes.items()},
    )
    result = training.train(run, params.replicates)
    summary = params.run | {
        "learning_rate": run.settings.learning_rate,
        "steps": run.settings.steps,
        "steps_per_epoch": result.steps_per_epoch,
        "replicates": params.replicates,
        "seed": params.seed,
        "parameters": result.parameters,
        "diverged_at": result.diverged_at,
        "seconds": result.seconds,
        "peak_memory_mb": peak_memory_mb(),
        "device": device(),
        "versions": versions(),
        "hardware": hardware(),
    }
    save_parquet(folder / "history.parquet", result.history)
    for name, record in result.records.items():
        if isinstance(record, dict):
            save_arrays(folder / f"{name}.npz", record)
        else:
            save_parquet(folder / f"{name}.parquet", record)
    save_json(folder / "run.json", summary)
    keep(folder)
