"""Score every class of every run's test-set probabilities: AUC, average precision, ROC, confusion."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bnlab import tables
from bnlab.files import job_log, read_json, save_parquet

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

inputs = snakemake.input
with job_log(snakemake.log[0], snakemake.wildcards.experiment):
    runs = [read_json(Path(path)) for path in inputs.runs]
    scored = []
    for predictions, data in zip(inputs.predictions, inputs.data, strict=True):
        names = read_json(Path(data))["class_names"]
        with np.load(predictions) as arrays:
            scored.append(
                tables.score_predictions(arrays["labels"], arrays["probabilities"], names)
            )
    for name in ("classes", "roc", "confusion"):
        table = tables.collect(runs, [parts[name] for parts in scored])
        save_parquet(Path(snakemake.output[name]), table)
