"""From what runs leave to tidy tables, one a source, each led by what identifies a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bnlab.analysis import metrics as measure
from bnlab.analysis.summaries import followed, last
from bnlab.files import read_json, read_parquet, reading_arrays
from bnlab.study.declaration import OF_PREDICTIONS, file_of
from bnlab.study.names import FAILED

RUN_ID = ["dataset", "method", "batch", "recipe"]
"""Columns that identify a run in a study."""
ACCURACY_COLUMNS = [*RUN_ID, "replicate", "train", "validation", "test", "failed", "diverged"]


def gathered(
    sources: Mapping[str, Sequence[Path]],
    datasets: Mapping[str, Mapping[str, Any]],
    compared: Mapping[str, Mapping[str, Any]],
) -> dict[str, pd.DataFrame]:
    """The tidy table of each source.

    Args:
        sources: the folders of the runs that record it, by source.
        datasets: what data.json says, by name of dataset.
        compared: settings that become columns, by recipe.
    """
    class_names = {name: data["class_names"] for name, data in datasets.items()}
    tables: dict[str, pd.DataFrame] = {}
    for source, folders in sources.items():
        runs = [read_json(folder / "run.json") for folder in folders]
        if source in OF_PREDICTIONS:
            if source not in tables:
                tables |= _of_predictions(folders, runs, class_names)
        else:
            parts = [read_parquet(folder / file_of(source)) for folder in folders]
            if source == "metrics":
                parts = [
                    with_outcomes(part, datasets[run["dataset"]])
                    for run, part in zip(runs, parts, strict=True)
                ]
            tables[source] = collect(runs, parts)
    about = pd.DataFrame(list(compared.values()), index=list(compared))
    return {source: tables[source].join(about, on="recipe") for source in sources}


def run_rows(folders: Sequence[Path], history: pd.DataFrame) -> pd.DataFrame:
    """Return settings and costs of runs, one ``run_row`` each; ``history`` says which replicates failed."""
    ended = history.drop_duplicates([*RUN_ID, "replicate"]).groupby(RUN_ID)["failed"].sum()
    runs = [read_json(folder / "run.json") for folder in folders]
    keys = [folder.name.rpartition("-")[2] for folder in folders]
    failed = [int(ended[tuple(run[name] for name in RUN_ID)]) for run in runs]
    return pd.DataFrame(map(run_row, runs, keys, failed))


def accuracy_rows(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the accuracies of every replicate at the last step of its run.

    Returns:
        ``ACCURACY_COLUMNS``: what identifies a run, the replicate, accuracy on the rows of each split (training rows in
        training mode, the others under moving statistics), and whether it failed or diverged.
    """
    lead = [*RUN_ID, "replicate", "failed", "diverged"]
    wide = (
        followed(last(metrics, RUN_ID))
        .pivot(index=lead, columns="split", values="accuracy")
        .reset_index()
    )
    return wide[ACCURACY_COLUMNS].rename_axis(None, axis=1)


def run_row(run: Mapping[str, Any], key: str, failed: int) -> dict[str, Any]:
    """A run.json as a row of runs.csv, with the key of the run's folder and how many of its replicates failed.

    What it has under ``seconds``, ``hardware`` and ``versions`` stands in columns that begin so.
    """
    diverged = sum(step is not None for step in run["diverged_at"])
    parts = {
        f"{part}_{name}": value
        for part in ("seconds", "hardware", "versions")
        for name, value in run[part].items()
    }
    return (
        {name: run[name] for name in RUN_ID}
        | {"key": key, "diverged": diverged, "failed": failed}
        | {"raised": run.get("raised")}
        | {name: run[name] for name in ("replicates", "seed", "device")}
        | {"engine": run.get("engine")}  # runs of an earlier version have none
        | {"peak_memory_mb": run["peak_memory_mb"]}
        | parts
    )


def _of_predictions(
    folders: Sequence[Path],
    runs: Sequence[Mapping[str, Any]],
    class_names: Mapping[str, Sequence[str]],
) -> dict[str, pd.DataFrame]:
    scored = []
    for folder, run in zip(folders, runs, strict=True):
        with reading_arrays(folder / file_of("classes")) as arrays:
            labels, probabilities = arrays["labels"][0], arrays["probabilities"]
        scores = score_predictions(labels, probabilities, class_names[run["dataset"]])
        scores |= {
            "ensembles": measure.ensembles(labels, probabilities),
            "rows_right": measure.rows_right(labels, probabilities),
            "reliability": measure.reliabilities(labels, probabilities),
        }
        scored.append(scores)
    return {name: collect(runs, [parts[name] for parts in scored]) for name in OF_PREDICTIONS}


def collect(runs: Sequence[Mapping[str, Any]], tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The tables of several runs in one, led by what identifies a run and its learning rate.

    Args:
        runs: for each run at least these five values; others (as in run.json) are ignored.
        tables: one table per run.
    """
    names = [*RUN_ID, "learning_rate"]
    parts = []
    for run, table in zip(runs, tables, strict=True):
        lead = pd.DataFrame({name: run[name] for name in names}, index=table.index)
        parts.append(pd.concat([lead, table], axis=1))
    return pd.concat(parts, ignore_index=True)


def with_outcomes(history: pd.DataFrame, data: Mapping[str, Any]) -> pd.DataFrame:
    """Return a history in which a replicate that diverged counts as one that guesses from then on.

    Left out, it would favour a method by its survivors. Three columns are added: ``diverged``, true from the
    evaluation on that it did not reach, ``failed``, and the ``guess_loss``.

    Args:
        history: of one run.
        data: what data.json says. The guess names the largest class, and its loss is the entropy of the classes.
    """
    accuracy, loss = guess(data["class_counts"]["test"])
    return history.assign(
        failed=failed(history, accuracy + FAILED),
        diverged=history["accuracy"].isna(),
        guess_loss=loss,
        accuracy=history["accuracy"].fillna(accuracy),
        loss=history["loss"].fillna(loss),
    )


def guess(counts: Sequence[int]) -> tuple[float, float]:
    """Return the accuracy and the loss of a guess that knows nothing but how many rows each class has.

    They are the share of the largest class, at least that of chance, and −Σ p·ln p over the shares p.
    """
    shares = np.array([count for count in counts if count]) / sum(counts)
    return max(1 / len(counts), float(shares.max())), float(-(shares * np.log(shares)).sum())


def failed(history: pd.DataFrame, accuracy: float) -> pd.Series:
    """Return true for rows whose replicate ended at most at this test accuracy, and did not diverge."""
    end = history[(history["step"] == history["step"].max()) & (history["split"] == "test")]
    end = end[end["statistics"] == "moving"].set_index("replicate")["accuracy"]
    return history["replicate"].map(end <= accuracy)


def score_predictions(
    labels: np.ndarray, probabilities: np.ndarray, class_names: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Class scores, ROC curves and confusion counts of every replicate of a run.

    Args:
        labels: (n,) class indices.
        probabilities: (replicates, n, classes).
        class_names: (classes,).

    Returns:
        ``classes`` (replicate, class, class_name, count, auc, average_precision), ``roc`` (…, fpr,
        tpr) and ``confusion`` (replicate, true, true_name, predicted, predicted_name, count); each with ``diverged``,
        true where a probability is not finite, since a class without test rows has no scores either.
    """
    names = pd.Series([str(name) for name in class_names])
    number = len(names)
    scores, curves, counts = [], [], []
    for replicate, p in enumerate(probabilities):
        scores.append(measure.class_scores(labels, p).assign(replicate=replicate))
        for index in range(number):
            curve = {
                "fpr": measure.FPR_GRID,
                "tpr": measure.roc_on_grid(labels == index, p[:, index]),
            }
            curves.append(pd.DataFrame(curve).assign(**{"replicate": replicate, "class": index}))
        true, predicted = np.indices((number, number)).reshape(2, -1)
        counts.append(
            pd.DataFrame(
                {
                    "replicate": replicate,
                    "true": true,
                    "true_name": names[true].to_numpy(),
                    "predicted": predicted,
                    "predicted_name": names[predicted].to_numpy(),
                    "count": measure.confusion(labels, p).ravel(),
                }
            )
        )
    result = {
        "classes": pd.concat(scores),
        "roc": pd.concat(curves),
        "confusion": pd.concat(counts),
    }
    for name in ("classes", "roc"):
        result[name]["class_name"] = result[name]["class"].map(names)
    gone = pd.Series(~np.isfinite(probabilities).all(axis=(1, 2)))
    return {
        name: table.assign(diverged=table["replicate"].map(gone)) for name, table in result.items()
    }
