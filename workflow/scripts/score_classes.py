"""Score every class of every run's test-set probabilities: AUC, average precision, ROC,
confusion.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bnlab import tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

runs = [json.loads(Path(path).read_text()) for path in snakemake.input.runs]
scored = []
for predictions, data in zip(snakemake.input.predictions, snakemake.input.data, strict=True):
    names = json.loads(Path(data).read_text())["class_names"]
    with np.load(predictions) as arrays:
        scored.append(tables.score_predictions(arrays["labels"], arrays["probabilities"], names))
for name in ("classes", "roc", "confusion"):
    table = tables.collect(runs, [parts[name] for parts in scored])
    table.to_parquet(snakemake.output[name], index=False)
