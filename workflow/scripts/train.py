"""Train all replicates of one run and write what they leave."""

from pathlib import Path
from typing import TYPE_CHECKING

from bnlab import layers, training
from bnlab.files import job_log, save_arrays, save_json, save_parquet
from bnlab.probes import first_steps
from bnlab.provenance import hardware, peak_memory_mb, versions

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

params, output = snakemake.params, snakemake.output
with job_log(snakemake.log[0], "/".join(str(part) for part in params.run.values())):
    training.share_the_machine()
    result = training.train(
        training.load_split(Path(snakemake.input.split)),
        getattr(layers, params.layer),
        training.Settings(**params.settings),
        params.run["batch"],
        params.replicates,
        params.seed,
    )
    summary = params.run | {
        "learning_rate": params.settings["learning_rate"],
        "steps": params.settings["steps"],
        "steps_per_epoch": result.steps_per_epoch,
        "replicates": params.replicates,
        "seed": params.seed,
        "parameters": result.parameters,
        "diverged_at": result.diverged_at,
        "first_step": first_steps(result.history),
        "seconds": result.seconds,
        "peak_memory_mb": peak_memory_mb(),
        "device": training.device(),
        "versions": versions(),
        "hardware": hardware(),
    }
    save_parquet(Path(output.history), result.history)
    save_parquet(Path(output.probes), result.probes)
    save_arrays(
        Path(output.predictions),
        {"probabilities": result.probabilities, "labels": result.labels},
    )
    save_arrays(Path(output.weights), result.weights)
    save_json(Path(output.run), summary)
