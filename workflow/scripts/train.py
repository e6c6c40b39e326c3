"""Train all replicates of one run and write what they leave."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from bnlab import layers, training
from bnlab.files import job_log, save_arrays, save_json, save_parquet
from bnlab.metrics import first_steps
from bnlab.provenance import hardware, peak_memory_mb, versions

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

params, output = snakemake.params, snakemake.output
with job_log(snakemake.log[0], "/".join(str(part) for part in params.run.values())):
    started = time.perf_counter()
    training.use_one_thread()
    with np.load(snakemake.input.split) as arrays:
        split = training.Split(**arrays)
    loading = time.perf_counter() - started
    result = training.train(
        split,
        getattr(layers, params.layer),
        training.Settings(**params.settings),
        params.run["batch"],
        params.replicates,
        params.seed,
    )
    summary = params.run | {
        "learning_rate": params.settings["learning_rate"],
        "steps": params.settings["steps"],
        "steps_per_epoch": len(split.y_train) / params.run["batch"],
        "replicates": params.replicates,
        "seed": params.seed,
        "parameters": result.parameters,
        "diverged_at": result.diverged_at,
        "first_step": first_steps(result.history),
        "seconds": {"load": loading} | result.seconds,
        "peak_memory_mb": peak_memory_mb(),
        "device": training.device(),
        "versions": versions(),
        "hardware": hardware(),
    }
    save_parquet(Path(output.history), result.history)
    save_parquet(Path(output.probes), result.probes)
    save_arrays(
        Path(output.predictions),
        {"probabilities": result.probabilities, "labels": split.y_test},
    )
    save_arrays(Path(output.weights), result.weights)
    save_json(Path(output.run), summary)
