"""Collect the runs of an experiment in one tidy table for each source."""

from pathlib import Path
from typing import TYPE_CHECKING

from bnlab import store
from bnlab.analysis import tidy
from bnlab.data.datasets import label_problems
from bnlab.files import JobError, job_log, read_json, save_csv, save_parquet

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

params, folder = snakemake.params, Path(snakemake.output.tables)
with job_log(snakemake.log[0], "runs"):
    store.check(map(Path, snakemake.input.runs))
    sources = {name: [Path(run) for run in runs] for name, runs in params.sources.items()}
    paths = zip(params.datasets, snakemake.input.data, strict=True)
    datasets = {name: read_json(Path(path)) for name, path in paths}
    for name, labels in params.class_labels.items():
        names = datasets[name]["class_names"]
        if problems := label_problems(labels, names):
            raise JobError(f"{name}: {problems[0][1]}")
        datasets[name]["class_names"] = [labels.get(known, known) for known in names]
    tables = tidy.gathered(sources, datasets, params.compared)
    for name, table in tables.items():
        save_parquet(folder / f"{name}.parquet", table)
    save_csv(folder / "accuracies.csv", tidy.accuracy_rows(tables["metrics"]))
    save_csv(folder / "runs.csv", tidy.run_rows(sources["metrics"], tables["metrics"]))
