"""Synthetic results with the schemas of a run's files and known numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import verdicts
from matplotlib.figure import Figure
from project import CHECKOUT

from bnlab.analysis import metrics as measure
from bnlab.analysis import tidy
from bnlab.analysis.effects import REPLICATE_COLUMNS
from bnlab.analysis.summaries import dataset_label, published
from bnlab.experiments import function
from bnlab.files import read_csv, read_json, save_csv, save_json
from bnlab.page import contents, facts, site, style
from bnlab.page.citation import Citation
from bnlab.page.front import Advice, Said
from bnlab.page.front_picture import Panel
from bnlab.page.hero import Bar, Line, Point, panel
from bnlab.page.papers import Judged, judged
from bnlab.study.experiments import experiments
from bnlab.study.front import PaperClaim
from bnlab.study.names import ALL_RECIPES

DECLARED = experiments()
PUBLISHED = CHECKOUT / "reports" / "published"
FIGURE_KEYS = [(name, kind) for name, about in DECLARED.items() for kind in about.figures]
RESULT_KEYS = [(name, kind) for name, about in DECLARED.items() for kind in about.tables]
TABLE_KEYS = list(dict.fromkeys([*FIGURE_KEYS, *RESULT_KEYS]))
"""Experiment and kind of every declared figure and table."""

LABELS = {"base": "Base", "bn": "BN", "ln": "LN", "ws": "WS", "ws_bn": "WS + BN"}
METHODS = tuple(LABELS)
LABELS |= {
    "noisy_bn": "BN + noise",
    "l1": "L1",
    "whitening": "Whitening",
    "whitened_inputs": "Whitened",
    "bn_fault_stop_gradient": "BN, statistics outside the gradient",
    "bn_fault_epsilon_1": "BN, ε = 1",
    "bn_before": "BN before φ",
    "ln_after": "LN after φ",
    "rms": "RMS",
    "dyt": "DyT",
    "groups_1": "GN, one group",
    "groups_2": "GN, 2 groups",
    "groups_4": "GN, 4 groups",
    "groups_8": "GN, 8 groups",
    "groups_32": "GN, 32 groups",
}
STEPS = (0, 10, 50, 100, 200, 500, 1000)


def tabulated(
    experiment: str,
    kind: str,
    sources: dict[str, pd.DataFrame],
    dataset: str,
    recipe: str,
    label: str,
    labels: dict[str, str],
) -> pd.DataFrame:
    """Compute a published table, as the rule does."""
    read = [sources[name] for name in DECLARED[experiment].item(kind).reads]
    table = function(experiment, "TABLES", kind)
    return published(table, read, dataset, recipe, label, labels)


def draw(experiment: str, kind: str, table: pd.DataFrame) -> Figure:
    """Draw a figure, as the rule does."""
    return style.draw(function(experiment, "FIGURES", kind), table)


def history(
    method: str,
    batch: int = 60,
    replicates: int = 4,
    diverged_at: Sequence[int | None] = (),
    classes: int = 10,
) -> pd.DataFrame:
    """Return curves that rise from chance, faster with normalization; they end highest at batch 30."""
    faster = 1.0 if method == "base" else 4.0
    collapse = 0.6 if "bn" in method and batch < 3 else 0.0
    rows = []
    for replicate in range(replicates):
        noise = np.random.default_rng([batch, replicate, len(method)]).normal(0, 0.004)
        stop = diverged_at[replicate] if replicate < len(diverged_at) else None
        for step in STEPS:
            end = 0.97 - 0.005 * abs(np.log2(batch / 30)) - collapse
            rise = 1 - np.exp(-faster * step / 150)
            accuracy = 1 / classes + (end - 1 / classes) * rise + noise * rise
            gone = stop is not None and step >= stop
            kinds = (
                ["moving", "population", "batch"]
                if step == STEPS[-1] and "bn" in method
                else ["moving"]
            )
            for split in ("train", "validation", "test"):
                for statistics in kinds if split != "train" else ["moving"]:
                    if step == 0 and split == "train":
                        continue
                    value = accuracy - 0.02 * (statistics == "batch")
                    rows.append(
                        {
                            "replicate": replicate,
                            "step": step,
                            "epoch": step / 100,
                            "split": split,
                            "statistics": statistics,
                            "loss": np.nan if gone else float(-np.log(value)),
                            "accuracy": np.nan if gone else value,
                        }
                    )
    return tidy.with_outcomes(pd.DataFrame(rows), {"class_counts": {"test": [100] * classes}})


def probes(
    method: str, replicates: int = 4, units: int = 5, diverged_at: Sequence[int | None] = ()
) -> pd.DataFrame:
    """Return percentiles of units that drift far for base and little for the others; NaN after divergence."""
    rows = []
    for replicate in range(replicates):
        rng = np.random.default_rng([replicate, len(method)])
        wander = rng.normal(0, 3 if method == "base" else 0.5, units)
        stop = diverged_at[replicate] if replicate < len(diverged_at) else None
        for quantity in ("activation", "weight"):
            for unit in range(units):
                for step in STEPS:
                    gone = stop is not None and step >= stop
                    where = np.nan if gone else wander[unit] * np.sqrt(step / STEPS[-1])
                    for percentile, offset in ((15, -1.0), (50, 0.0), (85, 1.0)):
                        rows.append((replicate, step, quantity, unit, percentile, where + offset))
    columns = ["replicate", "step", "quantity", "unit", "percentile", "value"]
    return pd.DataFrame(rows, columns=columns)


def predictions(
    method: str, replicates: int = 4, rows: int = 400, classes: int = 4
) -> tuple[np.ndarray, np.ndarray]:
    """Return labels (rows,) and probabilities (replicates, rows, classes) of a network with some errors."""
    labels = np.random.default_rng(0).integers(0, classes, rows)
    rng = np.random.default_rng(len(method))
    logits = rng.normal(0, 1, (replicates, rows, classes)) + 2.5 * np.eye(classes)[labels]
    weights = np.exp(logits)
    return labels, weights / weights.sum(axis=2, keepdims=True)


def run(
    method: str,
    batch: int = 60,
    dataset: str = "digits",
    recipe: str = "lr0.1",
    replicates: int = 4,
    diverged_at: Sequence[int | None] = (),
) -> dict[str, Any]:
    """Return the content of a run.json that agrees with ``history``."""
    padded = [*diverged_at, *[None] * (replicates - len(diverged_at))]
    return {
        "dataset": dataset,
        "method": method,
        "batch": batch,
        "recipe": recipe,
        "learning_rate": 0.1,
        "steps": STEPS[-1],
        "steps_per_epoch": 100,
        "replicates": replicates,
        "seed": 1,
        "diverged_at": padded,
        "seconds": {"load": 0.5, "compile": 2.0, "train": 3.25, "evaluate": 0.25, "write": 0.1},
        "peak_memory_mb": 700,
        "parameters": 99_000,
        "device": "CPU",
        "engine": "XLA",
        "versions": {"python": "3.11.9", "tensorflow": "2.21.0", "keras": "3.15.1"},
        "hardware": {"cpu": "Imaginary CPU", "cores": 2, "memory_gb": 8},
    }


def learning_curves(
    base: Sequence[int | None] = (500,), bn: Sequence[int | None] = (), replicates: int = 4
) -> dict[str, pd.DataFrame]:
    """The sources of every learning-curves table: base and bn, and where their replicates diverge."""
    runs = [
        run(method, replicates=replicates, diverged_at=at)
        for method, at in (("base", base), ("bn", bn))
    ]
    histories = [history(r["method"], 60, replicates, r["diverged_at"]) for r in runs]
    scored = []
    for r in runs:
        labels, probabilities = predictions(r["method"], replicates)
        probabilities[[step is not None for step in r["diverged_at"]]] = np.nan
        names = ["one", "two", "three", "four"]
        scored.append(tidy.score_predictions(labels, probabilities, names))
    timing = pd.DataFrame(
        {
            "dataset": "digits",
            "recipe": "lr0.1",
            "batch": 60,
            "learning_rate": 0.1,
            "method": ["base", "bn"] * 3,
            "repeat": 0,
            "process": [1, 1, 2, 2, 3, 3],
            "seconds_per_1000_steps": [0.5, 0.6, 0.52, 0.61, 0.51, 0.63],
        }
    )
    return {
        "metrics": tidy.collect(runs, histories),
        "percentiles": tidy.collect(
            runs, [probes(r["method"], replicates, diverged_at=r["diverged_at"]) for r in runs]
        ),
        "timing": timing,
        **{
            name: tidy.collect(runs, [scores[name] for scores in scored])
            for name in ("classes", "roc", "confusion")
        },
    }


def batch_size() -> dict[str, pd.DataFrame]:
    """The sources of every batch-size table: five methods, bn diverged twice at batch 1."""
    grid = [(m, b) for m in METHODS for b in (1, 2, 3, 4, 8, 16, 60, 256)]
    runs = [run(m, b, diverged_at=(100, 500) if (m, b) == ("bn", 1) else ()) for m, b in grid]
    histories = [history(r["method"], r["batch"], 4, r["diverged_at"]) for r in runs]
    return {
        "metrics": tidy.collect(runs, histories),
    }


def learning_rate(replicates: int = 4) -> dict[str, pd.DataFrame]:
    """The sources of every learning-rate table: five methods at five rates.

    Base is best at 1 and the others at 0.1, where they lose less with each decade on either side;
    base diverged twice at 10, ws always.
    """
    losses = {"base": 0.2, "bn": 0.006, "ln": 0.003, "ws": 0.02, "ws_bn": 0.015}
    diverged = {("base", 10.0): (100, 500), ("ws", 10.0): (50,) * replicates}
    runs, histories = [], []
    for method in METHODS:
        for rate in (0.01, 0.1, 0.3, 1.0, 10.0):
            gone = diverged.get((method, rate), ())
            metrics = history(method, replicates=replicates, diverged_at=gone)
            loss = losses[method] + 0.003 * metrics["replicate"]
            metrics["accuracy"] -= loss * abs(np.log10(rate / (1 if method == "base" else 0.1)))
            metrics["accuracy"] = metrics["accuracy"].clip(lower=0.1)
            histories.append(metrics)
            summary = run(method, recipe=f"lr{rate:g}", replicates=replicates, diverged_at=gone)
            runs.append(summary | {"learning_rate": rate})
    return {
        "metrics": tidy.collect(runs, histories),
    }


def recipe(experiment: str) -> str:
    """Return the name in the column recipe of an experiment's synthetic tables."""
    return ALL_RECIPES if DECLARED[experiment].across else "lr0.1"


def faults() -> dict[str, pd.DataFrame]:
    """The sources of the tables of faults; base passes 94 % at the last step but one."""
    methods = ("base", "bn", "bn_fault_stop_gradient", "bn_fault_epsilon_1")
    runs = [run(method) for method in methods]
    return {"metrics": tidy.collect(runs, [history(method) for method in methods])}


LAYERS = (1, 2, 3)


def inside(methods: Sequence[str], lost: str = "") -> dict[str, pd.DataFrame]:
    """Return measurements of probes inside a network, by known formulas; replicate 3 of ``lost`` diverges at step 500.

    The gradient of layer i changes by 0.1·(i − 1) of its length in base and by twice that in the others; outputs move
    by 0.2 in base and by half of that in the others; along the gradient the loss of base is L + d²/2 for a distance d
    and that of the others L + d²/8, where L = 2.4·exp(−step/400) for base and twice as fast for the others.
    """
    runs = [run(m, diverged_at=(None, None, None, 500) if m == lost else ()) for m in methods]
    by_probe: dict[str, list[pd.DataFrame]] = {}
    for r in runs:
        base = r["method"] == "base"
        for name, make in (
            ("covariate_shift", _gradient_shifts),
            ("output_shift", _output_shifts),
            ("distributions", _quantiles),
            ("landscape", _along),
            ("loss_surface", _around),
            ("gradient_flow", _flow),
            ("norms", _norms),
        ):
            steps = STEPS[-1:] if name == "loss_surface" else STEPS[1:]
            steps = STEPS if name in ("gradient_flow", "norms") else steps
            tables = []
            for replicate in range(4):
                for step in steps:
                    table = make(base, 1 + 0.01 * replicate, step)
                    stop = r["diverged_at"][replicate]
                    if stop is not None and step >= stop:
                        numbers = [c for c in table if c not in NAMES]
                        table[numbers] = np.nan
                    tables.append(table.assign(step=step, replicate=replicate))
            by_probe.setdefault(name, []).append(pd.concat(tables))
    histories = [history(r["method"], 60, 4, r["diverged_at"]) for r in runs]
    metrics = {"metrics": tidy.collect(runs, histories)}
    return metrics | {name: tidy.collect(runs, tables) for name, tables in by_probe.items()}


NAMES = ("variable", "layer", "share", "unit", "sample", "size", "picture", "a", "b", "statistics")
"""Columns that are known for a diverged replicate too."""


def _gradient_shifts(base: bool, factor: float, step: int) -> pd.DataFrame:
    relative = [factor * (0.1 if base else 0.2) * (layer - 1) for layer in LAYERS]
    table = pd.DataFrame({"layer": LAYERS, "relative": relative, "gradient": 2.0})
    return table.assign(shift=2 * table["relative"], cosine=1 - table["relative"])


def _output_shifts(base: bool, factor: float, step: int) -> pd.DataFrame:
    moved = factor * (0.2 if base else 0.1)
    measures = ("units", "sliced", "units_in_spreads", "sliced_in_spreads")
    table = pd.DataFrame({"layer": LAYERS, **dict.fromkeys(measures, moved)})
    return table.assign(distance_from_normal=0.5 if base else 0.0)


def _quantiles(base: bool, factor: float, step: int) -> pd.DataFrame:
    shares = np.linspace(0.01, 0.99, 50)
    values = np.tile(shares + (step / 1000 if base else 0), len(LAYERS))
    layers = np.repeat(LAYERS, len(shares))
    return pd.DataFrame({"layer": layers, "share": np.tile(shares, len(LAYERS)), "value": values})


def _along(base: bool, factor: float, step: int) -> pd.DataFrame:
    curvature = factor * (1.0 if base else 0.25)
    at_weights = 2.4 * np.exp(-step / (400 if base else 200))
    rows = []
    for unit, sizes in (("rate", (0, 1, 2)), ("weights", (0, 0.01, 0.02))):
        for size in sizes:
            distance = size * (0.5 if unit == "rate" else 4.0)
            loss = at_weights + curvature * distance**2 / 2
            rows.append((unit, 0, size, loss, 5.0, curvature * distance, distance, 4.0))
    columns = ["unit", "sample", "size", "loss", "gradient", "gradient_change", "distance"]
    return pd.DataFrame(rows, columns=[*columns, "weights"])


def _around(base: bool, factor: float, step: int) -> pd.DataFrame:
    side = np.linspace(-1, 1, 9)
    a, b = (x.ravel() for x in np.meshgrid(side, side))
    parts = [pd.DataFrame({"picture": 0, "a": a, "b": b})]
    parts += [pd.DataFrame({"picture": i, "a": side, "b": 0.0}) for i in (1, 2)]
    points = pd.concat(parts)
    loss = 0.1 + factor * (1 if base else 3) * (points["a"] ** 2 + points["b"] ** 2)
    kinds = ["moving"] if base else ["moving", "batch"]
    return pd.concat([points.assign(statistics=kind, loss=loss) for kind in kinds])


def _flow(base: bool, factor: float, step: int) -> pd.DataFrame:
    gradient = [factor * (10.0 ** (layer - 3) if base else 1.0) for layer in (*LAYERS, 4)]
    change = [0.5**layer if base else 1.0 for layer in LAYERS]
    moved = [3.0**layer if base else 1.0 for layer in LAYERS]
    columns = {"gradient": gradient, "moved": [*moved, np.nan], "change": [*change, np.nan]}
    return pd.DataFrame({"layer": (*LAYERS, 4), **columns})


def _norms(base: bool, factor: float, step: int) -> pd.DataFrame:
    """The biases of two hidden layers grow with the square root of the step in base, else with the step."""
    length = factor * (np.sqrt(step / 1000) if base else step / 100)
    paths = ["hidden1/bias", "hidden2/bias", "hidden1/kernel", "logits/bias"]
    return pd.DataFrame({"variable": paths, "norm": [3 * length, 4 * length, 7.0, 9.0]})


def whitening_cost() -> dict[str, pd.DataFrame]:
    """Timings of two processes: whitening adds (units/100)³ seconds to base's, batch normalization units/1000."""
    rows = []
    for units in (10, 100, 300, 1000):
        added = {"base": 0.0, "bn": units / 1000, "whitening": (units / 100) ** 3}
        for method, seconds in added.items():
            for process in (1, 2):
                rows.append((method, units, process, (0.1 + units / 100 + seconds) * process))
    table = pd.DataFrame(rows, columns=["method", "units", "process", "seconds_per_1000_steps"])
    table["recipe"] = "width" + table["units"].astype(str)
    lead = {"dataset": "digits", "batch": 60, "learning_rate": 0.1, "repeat": 0}
    return {"timing": table.assign(**lead)}


def depth() -> dict[str, pd.DataFrame]:
    """Two depths and two activations at two rates; base fails with six sigmoid layers."""
    return over_depths("activation", ("sigmoid", "relu"))


def deep_initialization() -> dict[str, pd.DataFrame]:
    """Two depths from two kinds of initial weights at two rates; base fails with six layers from Glorot's own."""
    return over_depths("initializer", ("glorot_uniform", "glorot_uniform_4"))


def over_depths(setting: str, values: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Two depths and two values of a setting at two rates; base fails with six layers and the first value."""
    parts: dict[str, list[pd.DataFrame]] = {"metrics": [], "gradient_flow": []}
    for value in values:
        for layers in (3, 6):
            for rate in (0.1, 1.0):
                about = {"learning_rate": rate, "layers": layers, setting: value}
                sources = inside(("base", "bn"))
                for source, tables in parts.items():
                    table = sources[source].assign(recipe=f"{value}_{layers}_lr{rate:g}", **about)
                    if source == "metrics":
                        if layers == 6 and value == values[0]:
                            lost = table["method"] == "base"
                            table.loc[lost, ["accuracy", "failed"]] = [0.1, True]
                        table["accuracy"] -= 0.01 * (rate == 1.0)
                    tables.append(table)
    return {source: pd.concat(tables, ignore_index=True) for source, tables in parts.items()}


def by_rate(methods: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Two methods at two rates, both better at the lower one, base by two points less throughout."""
    runs, histories = [], []
    for method in methods:
        for rate in (0.1, 1.0):
            metrics = history("bn")
            metrics["accuracy"] -= 0.02 * (method == "base") + 0.01 * (rate == 1.0)
            runs.append(run(method, recipe=f"lr{rate:g}") | {"learning_rate": rate})
            histories.append(metrics)
    return {"metrics": tidy.collect(runs, histories)}


def initialization() -> dict[str, pd.DataFrame]:
    """Two kinds of initial weights at two rates: base loses 20 points from the second, and fails at its higher rate."""
    parts = []
    for initializer, lost in (("glorot_uniform", 0.0), ("normal_0.01", 0.2)):
        for rate in (0.1, 1.0):
            metrics = inside(("base", "bn"))["metrics"]
            base = metrics["method"] == "base"
            metrics.loc[base, "accuracy"] -= lost
            metrics["accuracy"] -= 0.01 * (rate == 1.0)
            if lost and rate == 1.0:
                metrics.loc[base, ["accuracy", "failed"]] = [0.1, True]
            name = f"{initializer}_lr{rate:g}"
            parts.append(metrics.assign(recipe=name, learning_rate=rate, initializer=initializer))
    return {"metrics": pd.concat(parts, ignore_index=True)}


def correlated_batches() -> dict[str, pd.DataFrame]:
    """Random batches, batches of two classes, after which bn has 30 points less and base 10, and sorted rows."""
    parts = []
    for name, classes, share, lost in (("random", 0, 0.0, 0.0), ("two_classes", 2, 1.0, 0.1)):
        metrics = inside(("base", "bn"))["metrics"]
        metrics["accuracy"] -= lost * np.where(metrics["method"] == "bn", 3, 1)
        about = {"classes": classes, "share": share, "shuffle": "random"}
        parts.append(metrics.assign(recipe=name, **about))
    alike = parts[0].assign(recipe="sorted", shuffle="by_class")
    alike["accuracy"] -= 0.5
    parts.append(alike)
    return {"metrics": pd.concat(parts, ignore_index=True)}


def regularization() -> dict[str, pd.DataFrame]:
    """Training accuracy is four points above test accuracy in base and one in bn; dropout costs bn a point."""
    parts = []
    for name, dropout, l2 in (("plain", 0.0, 0.0), ("dropout", 0.3, 0.0), ("l2", 0.0, 0.001)):
        metrics = inside(("base", "bn"))["metrics"]
        bn, train = metrics["method"] == "bn", metrics["split"] == "train"
        metrics.loc[train, "accuracy"] += np.where(bn[train], 0.01, 0.04)
        metrics.loc[bn, "accuracy"] -= 0.01 * (dropout > 0)
        parts.append(metrics.assign(recipe=name, dropout=dropout, l2=l2))
    return {"metrics": pd.concat(parts, ignore_index=True)}


def learning_rate_factors() -> dict[str, pd.DataFrame]:
    """Two networks at 0.2, 1 and 5 times base's best rate, 1; beside it base loses 2 and 10 points, bn one and none.

    In a third network, of sigmoids, base fails at every rate.
    """
    parts = []
    for network, activation in (
        ("perceptron", "relu"),
        ("inception", "relu"),
        ("inception", "sigmoid"),
    ):
        for rate, lost in ((0.2, (0.02, 0.01)), (1.0, (0.0, 0.0)), (5.0, (0.1, 0.0))):
            rows = inside(("base", "bn"))["metrics"]
            base, later = rows["method"] == "base", rows["step"] > 0
            rows.loc[later, "accuracy"] -= np.where(base[later], *lost)
            if activation == "sigmoid":
                rows.loc[base, ["accuracy", "failed"]] = [0.1, True]
            about = {"network": network, "activation": activation, "learning_rate": rate}
            parts.append(rows.assign(recipe=f"{network}_{activation}_lr{rate:g}", **about))
    metrics = pd.concat(parts, ignore_index=True)
    labels, probabilities = predictions("bn", 12)
    voted = pd.DataFrame(measure.ensembles(labels, probabilities)).assign(
        dataset="digits", method="bn", batch=60, recipe="perceptron_relu_lr5", learning_rate=5.0
    )
    return {"metrics": metrics, "ensembles": voted.assign(network="perceptron", activation="relu")}


def unseen_rows() -> dict[str, pd.DataFrame]:
    """Rates as in ``by_rate``; of 200 rows bn gets the first half right in every replicate, base in every other one."""
    metrics = by_rate(("base", "bn"))["metrics"]
    runs = metrics[["dataset", "method", "batch", "recipe", "learning_rate"]].drop_duplicates()
    rows = pd.DataFrame({"row": range(200)})
    right = runs.merge(rows, how="cross")
    right["share"] = np.where(right["row"] < 100, np.where(right["method"] == "bn", 1.0, 0.5), 0.25)
    return {"metrics": metrics, "rows_right": right}


SIZES = (1, 2, 4, 8, 16)


def gradient_noise() -> dict[str, pd.DataFrame]:
    """Variances 3/m in base and 3/√m in bn at gradients of length 2; two batches timed, steps of 0.1 + 0.01·m ms."""
    runs, tables = [run("base"), run("bn")], []
    for r in runs:
        power = -1.0 if r["method"] == "base" else -0.5
        parts = [
            pd.DataFrame(
                {"size": SIZES, "variance": [3 * (1 + 0.1 * i) * m**power for m in SIZES]}
            ).assign(length=2.0, replicate=i, step=step)
            for i in range(4)
            for step in STEPS[1:]
        ]
        tables.append(pd.concat(parts))
    timed = [
        (method, batch, process, (0.1 + 0.01 * batch) * factor * process)
        for method, factor in (("base", 1.0), ("bn", 1.5), ("ln", 2.0))
        for batch in (1, 64)
        for process in (1, 2, 3)
    ]
    columns = ["method", "batch", "process", "seconds_per_1000_steps"]
    lead = {"dataset": "digits", "recipe": "lr0.1", "learning_rate": 0.1, "repeat": 0}
    timing = pd.DataFrame(timed, columns=columns).assign(**lead)
    return {"gradient_noise": tidy.collect(runs, tables), "timing": timing}


def before_training() -> dict[str, pd.DataFrame]:
    """Twenty layers of two activations: each lengthens the gradient by 1.2 and takes a tenth of the cosine, ½ at first.

    Base shortens the gradient by a half. After one step all layers have gradients a tenth as far apart, in decades.
    """
    methods, parts = ("base", "bn_before", "ln_after"), []
    layers = np.arange(1, 21)
    for activation in ("relu", "sigmoid"):
        tables = []
        for method in methods:
            growth = 0.5 if method == "base" else 1.2
            for replicate, step in product(range(4), (0, 1)):
                decades = (20 - layers) * np.log10(growth) * (1 if step == 0 else 0.1)
                table = pd.DataFrame({"layer": layers, "gradient": 10**decades, "rank": 5.0})
                table["cosine"] = 0.5 * 0.9 ** (layers - 1)
                tables.append(table.assign(variance=1.0, step=step, replicate=replicate))
        runs = [run(method, recipe=activation) for method in methods]
        by_run = [pd.concat(tables[8 * i : 8 * i + 8]) for i in range(len(methods))]
        about = {"activation": activation, "layers": 20, "initializer": "glorot_uniform"}
        parts.append(tidy.collect(runs, by_run).assign(**about))
    return {"signal": pd.concat(parts, ignore_index=True)}


def tuned_alike() -> dict[str, pd.DataFrame]:
    """A transformer with and without warm-up at five rates, and a perceptron in batches of three sizes.

    LN, RMS and DyT are best at 0.1, from where each decade costs 0.02, 0.04 and 0.06 of accuracy and ten times that of
    loss. A warm-up adds 0.01. The best rate of a perceptron is 0.1 in base; in bn it grows as the batch.
    """
    names = ["network", "form", "blocks", "activation", "optimizer", "warm_up", "trained"]
    parts = []

    def add(method: str, batch: int, best: float, cost: float, gain: float, about: Any) -> None:
        for rate in (0.001, 0.01, 0.1, 1.0, 10.0):
            recipe = f"{about[0]}_{about[5]:g}_lr{rate:g}"
            metrics, lost = history("bn", batch), abs(np.log10(rate / best))
            metrics["accuracy"] += gain - cost * lost
            metrics["loss"] = 0.5 + 10 * cost * lost**2 + 0.01 * metrics["replicate"]
            named = dict(zip(names, about, strict=True)) | {"recipe": recipe, "batch": batch}
            lead = {"dataset": "digits", "method": method, "learning_rate": rate}
            parts.append(metrics.assign(**lead, **named))

    for warm_up, gain in ((0.0, 0.0), (0.1, 0.01)):
        for method, cost in (("ln", 0.02), ("rms", 0.04), ("dyt", 0.06)):
            about = ("vision_transformer", "pre", 2, "gelu", "adam", warm_up, "all")
            add(method, 60, 0.1, cost, gain, about)
    for batch in (15, 60, 240):
        for method in ("base", "bn"):
            best = 0.1 * (batch / 60 if method == "bn" else 1)
            about = ("perceptron", "plain", 0, "relu", "sgd", 0.0, "all")
            add(method, batch, best, 0.02, 0.0, about)
    return {"metrics": pd.concat(parts, ignore_index=True)}


def residual_depth() -> dict[str, pd.DataFrame]:
    """Residual networks of two depths: base doubles the stream in each block, in bn each of them adds one.

    The gradient of the last layer falls as one over the root of the blocks. After training the stream is as before.
    """
    parts = []
    for blocks in (4, 16):
        branch = np.arange(1, blocks + 1)
        runs, tables = (
            [run("base", recipe=f"deep_{blocks}"), run("bn", recipe=f"deep_{blocks}")],
            [],
        )
        for r in runs:
            square = 2.0**branch if r["method"] == "base" else 1.0 * branch
            added = square - np.append(0, square[:-1])
            table = pd.DataFrame({"branch": branch, "stream": square, "added": added})
            table["gradient"] = blocks**-0.5
            tables.append(
                pd.concat(
                    table.assign(step=step, replicate=i) for i, step in product(range(4), (0, 100))
                )
            )
        about = {"network": "residual_perceptron", "form": "pre", "blocks": blocks, "units": 100}
        parts.append(tidy.collect(runs, tables).assign(**about))
    return {"stream": pd.concat(parts, ignore_index=True)}


def shattering() -> dict[str, pd.DataFrame]:
    """Plain networks whose cosine is halved by each layer in bn, and falls as 1/L in base; residual ones as 1/√L."""
    parts = []
    for network, depths in (("perceptron", (2, 4, 8)), ("residual_perceptron", (4, 16))):
        for depth in depths:
            runs, tables = [], []
            for method in ("base", "bn"):
                power = 1 / depth if method == "base" else 0.5**depth
                cosine = power if network == "perceptron" else depth**-0.5
                table = pd.DataFrame({"replicate": range(4), "cosine": cosine})
                runs.append(run(method, recipe=f"{network}_{depth}"))
                tables.append(pd.concat([table.assign(step=0), table.assign(step=1, cosine=1.0)]))
            is_plain = network == "perceptron"
            about = {"network": network, "form": "plain" if is_plain else "pre", "units": 100}
            about |= {"layers": depth if is_plain else 1, "blocks": 0 if is_plain else depth}
            parts.append(tidy.collect(runs, tables).assign(**about))
    return {"input_gradients": pd.concat(parts, ignore_index=True)}


def group_size() -> dict[str, pd.DataFrame]:
    """Three sizes of groups of 8 channels: the larger, the more alike inputs are and the smaller the first gradient.

    Training is that of ``history``, at two rates, and faster with more groups.
    """
    about = {"network": "residual_convolutional", "units": 8}
    methods = {"groups_1": 1, "groups_2": 2, "groups_8": 8}
    layers = np.array([1, 2, 3])
    tables = []
    for groups in methods.values():
        table = pd.DataFrame({"layer": layers, "cosine": 0.9 ** (layers * groups)})
        table = table.assign(gradient=groups * 10.0**-layers, rank=2.0, variance=1.0)
        tables.append(
            pd.concat(table.assign(step=step, replicate=i) for i, step in product(range(4), (0, 1)))
        )
    signal = tidy.collect([run(name) for name in methods], tables).assign(**about)
    metrics = []
    for rate in (0.1, 0.3):
        runs = [run(name, recipe=f"lr{rate}") | {"learning_rate": rate} for name in methods]
        histories = []
        for groups in methods.values():
            rows = history("base")
            rows["accuracy"] = (rows["accuracy"] + 0.15 * np.log2(groups) - 0.1 * rate).clip(0.1, 1)
            histories.append(rows)
        metrics.append(tidy.collect(runs, histories).assign(**about))
    return {"signal": signal, "metrics": pd.concat(metrics, ignore_index=True)}


def scale_invariance() -> dict[str, pd.DataFrame]:
    """Three kernels and logits, which turn by 0.01, 0.02, 0.03 and 1 a step, ever more until the last third begins.

    Squared lengths grow by half of the squared steps in base and by all of them in bn. Accuracy is that of ``history``.
    """
    settings = {
        "plain": (0.0, "constant", 0.0),
        "decayed": (0.02, "constant", 0.0),
        "growing": (0.0, "exponential", 0.0),
        "heavy": (0.02, "constant", 0.9),
    }
    rows, metrics = [], []
    for name, (decay, schedule, momentum) in settings.items():
        about = {"weight_decay": decay, "l2": 0.0, "momentum": momentum}
        about |= {"schedule": schedule, "units": 100}
        runs = [run("base", recipe=name), run("bn", recipe=name)]
        tables = [
            pd.concat(
                _turns(r["method"] == "base", i, step) for i in range(4) for step in STEPS[1:]
            )
            for r in runs
        ]
        rows.append(tidy.collect(runs, tables).assign(**about))
        histories = [history(r["method"]) for r in runs]
        metrics.append(tidy.collect(runs, histories).assign(**about))
    return {
        "rotation": pd.concat(rows, ignore_index=True),
        "metrics": pd.concat(metrics, ignore_index=True),
    }


def _turns(base: bool, replicate: int, step: int) -> pd.DataFrame:
    late = 1.0 if step > 2 / 3 * STEPS[-1] else 0.5
    table = pd.DataFrame({"layer": [1, 2, 3, 4], "norm": 2.0, "squares": 0.1})
    table["angle"] = late * np.array([0.01, 0.02, 0.03, 1.0])
    table["growth"] = 0.05 if base else 0.1
    return table.assign(replicate=replicate, step=step)


def kernel_rates() -> dict[str, pd.DataFrame]:
    """Base is good where kernels have its own rate of 0.1, and bn from there on, up to a hundred times that.

    Elsewhere accuracy is 0.05 less, and a replicate of base diverges at the highest rate.
    """
    parts = []
    for units, method, factor in product((100, 400), ("base", "bn"), (0.1, 1.0, 10.0, 100.0)):
        is_good = factor == 1.0 or (method == "bn" and factor > 1)
        gone = (500,) if (method, factor) == ("base", 100.0) else ()
        metrics = history(method, diverged_at=gone)
        metrics["accuracy"] -= 0.0 if is_good else 0.05
        r = run(method, recipe=f"kernels_{factor:g}_{units}", diverged_at=gone)
        parts.append(tidy.collect([r], [metrics]).assign(kernel_factor=factor, units=units))
    return {"metrics": pd.concat(parts, ignore_index=True)}


def task_stream() -> dict[str, pd.DataFrame]:
    """Three tasks, each of four evaluations, whose training accuracy is 0.2 but in the last.

    There it is 0.8 in the first task, and after that 0.8 in base, and in ln 0.6 and 0.4, but with fixed norms 0.8.
    """
    parts = []
    for units, method, fixed in product((100, 400), ("base", "ln"), ("none", "hidden*/kernel")):
        falls = method == "ln" and fixed == "none"
        ends = (0.8, 0.6, 0.4) if falls else (0.8, 0.8, 0.8)
        train = [value for end in ends for value in (0.2, 0.2, 0.2, end)]
        keys = product(range(4), range(1, 13), ("train", "test"))
        metrics = pd.DataFrame(keys, columns=["replicate", "step", "split"])
        accuracy = [train[step - 1] for step in metrics["step"]]
        metrics["accuracy"] = np.where(metrics["split"] == "train", accuracy, 0.1)
        metrics["accuracy"] *= 1 - 0.001 * metrics["replicate"]
        metrics = metrics.assign(epoch=metrics["step"] / 12, statistics="moving", loss=2.3)
        metrics = tidy.with_outcomes(metrics, {"class_counts": {"test": [100] * 10}})
        r = run(method, recipe=f"stream_{fixed}_{units}")
        parts.append(tidy.collect([r], [metrics]).assign(fixed_norms=fixed, units=units))
    return {"metrics": pd.concat(parts, ignore_index=True)}


def curvature() -> dict[str, pd.DataFrame]:
    """Eigenvalues λ/i, the gradient equally in all ten, weights of length 2, a measurement at steps 100, 200 and 300.

    λ is 10 in base and 5 in bn, with averages frozen 40; the ten have half of the gradient in base and a fifth in bn.
    Each replicate has one percent more. Traces are ten times λ.
    """
    runs, tables = [run("base"), run("bn")], []
    number = np.arange(1, 11)
    for r in runs:
        kinds = {"moving": 10.0} if r["method"] == "base" else {"moving": 40.0, "batch": 5.0}
        share = 0.05 if r["method"] == "base" else 0.02
        parts = []
        for replicate, step, (kind, value) in product(range(4), (100, 200, 300), kinds.items()):
            largest = value * (1 + 0.01 * replicate)
            table = pd.DataFrame({"number": number, "eigenvalue": largest / number})
            about = {"trace": 10 * largest, "trace_error": 1.0, "weights": 2.0, "share": share}
            parts.append(table.assign(statistics=kind, replicate=replicate, step=step, **about))
        tables.append(pd.concat(parts))
    about = {"activation": "relu", "layers": 3}
    metrics = tidy.collect(runs, [history(r["method"]) for r in runs])
    return {
        "curvature": tidy.collect(runs, tables).assign(**about),
        "metrics": metrics.assign(**about),
    }


def inference_statistics() -> dict[str, pd.DataFrame]:
    """Accuracies of bn by averages over 64, 128 and 256 rows: 0.9, from 128 rows on; a point less by those over 64.

    Moving averages are five points behind at every other measurement and two at the others. Base has one kind alone.
    """
    runs, tables = [run("base"), run("bn")], []
    for r in runs:
        parts = []
        for replicate, step in product(range(4), range(100, 1001, 100)):
            behind = 0.05 if step % 200 else 0.02
            lost = {0: behind, 64: 0.01, 128: 0.0, 256: 0.0} if r["method"] == "bn" else {0: 0.0}
            table = pd.DataFrame({"rows": list(lost), "accuracy": 0.9 - np.array([*lost.values()])})
            table["accuracy"] -= 0.001 * replicate
            parts.append(table.assign(replicate=replicate, step=step))
        tables.append(pd.concat(parts))
    return {"averages": tidy.collect(runs, tables)}


CORRUPTED = {
    "none": (0.0,),
    "noise": (0.1, 0.2),
    "contrast": (0.5, 0.7),
    "shift": (0.1, 0.2),
    "fgsm": (0.01, 0.03),
}
"""Corruptions and their sizes."""


def robustness() -> dict[str, pd.DataFrame]:
    """Two methods at two rates: right in 0.9 of clean rows, 0.8 of those with a smaller size, 0.7 with a larger one.

    Bn loses 0.1 more at each size under moving averages and 0.05 less in test batches of 500, 0.5 more in those of one
    class. The higher rate costs both 0.02.
    """
    metrics = by_rate(("base", "bn"))["metrics"]
    runs = metrics[["dataset", "method", "batch", "recipe", "learning_rate"]].drop_duplicates()
    rows = []
    for (method, rate), replicate, (name, sizes) in product(
        zip(runs["method"], runs["learning_rate"], strict=True), range(4), CORRUPTED.items()
    ):
        for place, size in enumerate(sizes):
            lost = 0.0 if name == "none" else 0.1 * (place + 1)
            more = 0.1 * (method == "bn" and name != "none")
            right = 0.9 - lost - 0.02 * (rate > 0.1) - 0.001 * replicate
            kinds = {"moving": right - more}
            if method == "bn":
                kinds |= {"random_500": right + 0.05, "one_class_60": right - 0.5}
            for kind, accuracy in kinds.items():
                rows.append((method, rate, replicate, name, size, kind, accuracy))
    names = ["method", "learning_rate", "replicate", "corruption", "size", "statistics", "accuracy"]
    corrupted = runs.merge(pd.DataFrame(rows, columns=names), on=["method", "learning_rate"])
    return {"corrupted": corrupted, "metrics": metrics}


def calibration() -> dict[str, pd.DataFrame]:
    """Two methods at two rates, each in two bins of 100 rows, in which confidence is 0.7 and 0.9.

    Base is right in 0.02 less of each bin and bn in 0.05 less, and both in 0.01 less after temperature scaling.
    """
    metrics = by_rate(("base", "bn"))["metrics"]
    runs = metrics[["dataset", "method", "batch", "recipe", "learning_rate"]].drop_duplicates()
    known = pd.DataFrame({"bin": [11, 14], "count": 100.0, "confidence": [0.7, 0.9]})
    kinds = pd.DataFrame({"scaled": [False, True], "temperature": [1.0, 1.5]})
    table = runs.merge(known, how="cross").merge(kinds, how="cross")
    table = table.merge(pd.DataFrame({"replicate": range(4)}), how="cross")
    gap = np.where(table["scaled"], 0.01, np.where(table["method"] == "bn", 0.05, 0.02))
    table["right"] = table["confidence"] - gap * (1 + 0.1 * table["replicate"])
    return {"reliability": table, "metrics": metrics}


@cache
def sources() -> dict[str, dict[str, pd.DataFrame]]:
    """The sources of every experiment's tables."""
    return {
        "learning_curves": learning_curves(),
        "batch_size": batch_size(),
        "learning_rate": learning_rate(),
        "faults": faults(),
        "covariate_shift": inside(("base", "bn", "ln"), lost="ln"),
        "noisy_bn": inside(("base", "bn", "noisy_bn")),
        "landscape": inside(("base", "bn")),
        "lp_norms": inside(("base", "bn", "l1")),
        "depth": depth(),
        "outside_the_gradient": inside(("base", "bn", "whitening")),
        "whitening_cost": whitening_cost(),
        "input_scaling": by_rate(("base", "whitened_inputs")),
        "initialization": initialization(),
        "deep_initialization": deep_initialization(),
        "correlated_batches": correlated_batches(),
        "gradient_noise": gradient_noise(),
        "regularization": regularization(),
        "beyond_batch": batch_size(),
        "small_vgg": batch_size(),
        "row_by_row": by_rate(("base", "bn")),
        "learning_rate_factors": learning_rate_factors(),
        "unseen_rows": unseen_rows(),
        "before_training": before_training(),
        "tuned_alike": tuned_alike(),
        "residual_depth": residual_depth(),
        "shattering": shattering(),
        "group_size": group_size(),
        "scale_invariance": scale_invariance(),
        "kernel_rates": kernel_rates(),
        "task_stream": task_stream(),
        "curvature": curvature(),
        "inference_statistics": inference_statistics(),
        "robustness": robustness(),
        "calibration": calibration(),
    }


FIGURES = (
    *("learning_curves/accuracy", "learning_curves/roc"),
    *("batch_size/all_methods", "landscape/surface", "faults/faults"),
)
TABLES = (
    *("learning_curves/final", "learning_curves/steps_to_accuracy"),
    *("batch_size/final", "faults/compatibility"),
)


ABOUT = {
    "sources": {"report": {"title": "A report", "short": "student report"}},
    "literature": [{"title": "A paper (2015)", "url": "https://arxiv.org/abs/1502.03167"}],
    "datasets": {"mnist": "MNIST"},
    "scope": "Networks are small.",
    "findings": ["batch_size", "learning_curves"],
    "scorecard": verdicts.QUESTIONS,
    "documents": None,
    "fixed": None,
    "digest": "0" * 64,
}
EXPERIMENTS = ("learning_curves", "batch_size", "landscape", "faults")


def study(label: str) -> dict[str, Any]:
    """Return a checked config as plain data."""
    return {
        "study": "made_up",
        "title": "A made-up study",
        "notices": {},
        "seed": 1,
        "replicates": 4,
        "methods": {name: {"label": text} for name, text in LABELS.items()},
        "datasets": {
            "digits": {
                "label": label,
                "source": "redraw",
                "of": "digits",
                "stands_for": "mnist",
                "class_labels": {"one": "first"},
            }
        },
        "recipes": {
            "lr0.1": {
                "network": {"perceptron": [100, 100, 100]},
                "activation": "sigmoid",
                "learning_rate": 0.1,
                "learning_rate_reference_batch": None,
                "budget": {"steps": 1000, "epochs": None},
                "probes": ["percentiles"],
            }
        },
        "experiments": dict.fromkeys(EXPERIMENTS, {"runs": []}),
    }


def data(classes: int = 4) -> dict[str, Any]:
    """Return the content of a data.json."""
    counts = {"all": 1797, "train": 1200, "validation": 197, "test": 400}
    return {
        "source": "redraw of digits with seed 1",
        "is_redraw": True,
        "digest": {"features": "ab" * 32, "labels": "cd" * 32},
        "shape": {"rows": 1797, "features": 64, "classes": classes},
        "scaling": "divide_255",
        "split": {part: rows for part, rows in counts.items() if part != "all"},
        "class_names": ["one", "two", "three", "four"],
        "class_counts": {part: [rows // classes] * classes for part, rows in counts.items()},
    }


CITATION = Citation(
    title="bnlab: made up",
    authors=["the authors"],
    licence="MIT",
    version="0.1",
    date="2026-01-31",
    address="https://example.org/lab",
    commit="0123456789abcdef",
)


def screen() -> dict[str, Any]:
    """Return the variables of the first screen, with one of everything."""
    points = [Point(x, 90 + x, 88 + x, 92 + x, 10) for x in (1.0, 2.0, 4.0)]
    lines = [Line("bn", "batch norm", points), Line("base", "none", points[:1])]
    bars = [Bar("bn", "batch norm", 1.0, 4.0, "4-fold")]
    sources = [
        ("curves", "batch_size/digits/lr0.1/final"),
        ("bars", "batch_size/digits/lr0.1/span"),
    ]
    drawn = [
        Panel(
            name,
            title,
            "On digits, in %",
            panel(lines, "digits", 380, "x", [1, 2, 4], each),
            sources,
            [10],
            [],
        )
        for name, title, each in (("one", "Accuracy by rate", bars), ("two", "By batch", []))
    ]
    advice = [
        Advice(
            "you tune it", "batch norm, or none", "all end within 1 point", sure, "why", ["0" * 8]
        )
        for sure in ("fair", "open")
    ]
    said = [Said("It helps.", "By 3 points on digits.", "batch_size/final")]
    about = {"trained": "Three hidden layers, on digits.", "runs": "10"}
    return {"said": said, "panels": drawn, "advice": advice, **about}


def papers(effects: pd.DataFrame) -> list[Judged]:
    """Return a claim by a paper that rests on the first test of each claim."""
    tests = [f"{row.id}/{row.test}" for row in effects.drop_duplicates("id").itertuples()]
    parts = [{"words": "at rate 0.1", "tests": [test]} for test in tests]
    about = {
        "by": "Somebody 2015",
        "url": "https://example.org",
        "claim": "It helps.",
        "parts": parts,
    }
    return judged([PaperClaim.model_validate(about)], effects, LABELS)


def write_report(folder: Path, **options: Any) -> Path:
    """Write the pages of synthetic results to ``folder``, with the files beside them, and return the front page."""
    for path, text in site.pages(inputs(folder, **options)):
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text, encoding="utf8")
    return folder / "report.html"


def inputs(
    folder: Path,
    label: str = "Digits",
    figure_kinds: Sequence[str] = FIGURES,
    table_kinds: Sequence[str] = TABLES,
    ledger: contents.Ledger | None = None,
    first: Mapping[str, Any] | None = None,
    claims: Sequence[Judged] = (),
) -> contents.Inputs:
    """Write the files of synthetic results to ``folder``, and return what its pages are made from."""
    tidy_tables = sources()
    printed_label = dataset_label(label, redraw=True)

    def item(name: str) -> contents.Item:
        experiment, kind = name.split("/")
        csv = folder / "tables" / experiment / "digits" / "lr0.1" / f"{kind}.csv"
        csv.parent.mkdir(parents=True, exist_ok=True)
        table = tabulated(
            experiment, kind, tidy_tables[experiment], "digits", "lr0.1", printed_label, LABELS
        )
        table.to_csv(csv, index=False)
        return contents.Item(experiment, "digits", "lr0.1", kind, csv)

    def with_figure(item: contents.Item) -> contents.Item:
        svg = folder / "figures" / item.experiment / f"{item.kind}.svg"
        svg.parent.mkdir(parents=True, exist_ok=True)
        figure = draw(item.experiment, item.kind, read_csv(item.csv))
        style.save(figure, svg, svg.with_suffix(".png"))
        return item._replace(svg=svg)

    datasets = {"digits": data()}
    records = [(run("base", diverged_at=(500,)), 3), (run("bn"), 0)]
    runs = pd.DataFrame([tidy.run_row(record, "0" * 8, failed) for record, failed in records])
    save_csv(folder / "runs.csv", runs)
    save_csv(folder / "accuracies.csv", pd.DataFrame(columns=tidy.ACCURACY_COLUMNS))
    save_json(folder / "study.json", facts.record(study(label), datasets, runs, {}))
    if ledger:
        save_csv(folder / "claims.csv", ledger.claims)
        save_csv(folder / "effects.csv", ledger.effects)
        save_csv(folder / "replicates.csv", pd.DataFrame(columns=REPLICATE_COLUMNS))
        save_csv(folder / "scorecard.csv", ledger.scorecard)
        save_csv(folder / "sensitivity.csv", ledger.sensitivity)
        ledger = contents.Ledger(
            *(read_csv(folder / f"{name}.csv") for name in ledger._fields if name != "fresh")
        )
    declarations = {name: DECLARED[name] for name in EXPERIMENTS}
    figures = [with_figure(item(name)) for name in figure_kinds]
    tables = [item(name) for name in table_kinds]
    return contents.Inputs(
        study=study(label),
        experiments=declarations,
        function=function,
        figures=figures,
        tables=tables,
        datasets=datasets,
        runs=runs,
        formulas=dict.fromkeys(LABELS, "y = φ(u)") | {"bn": "y = φ(γ·û + β)"},
        folder=folder,
        citation=CITATION,
        answers=contents.answers(declarations, contents.published(ledger, [*figures, *tables])),
        front=first or {},
        papers=claims,
        earlier="Faults (study other, 2026-01-30, commit 0123456)",
        ledger=ledger,
        about=ABOUT,
    )


def of_published_tables() -> contents.Inputs:
    """Return what a page of the published tables is made from; all else on it is made up."""
    config = read_json(PUBLISHED / "study.json")["config"]
    tables = [
        contents.Item(*file.parts[-4:-1], file.stem, file)
        for file in sorted((PUBLISHED / "tables").glob("*/*/*/*.csv"))
    ]
    return contents.Inputs(
        study={"notices": {}} | config,
        experiments={name: DECLARED[name] for name in config["experiments"]},
        function=function,
        figures=[],
        tables=tables,
        datasets={},
        runs=pd.DataFrame({"device": ["cpu"]}),
        formulas={},
        folder=PUBLISHED,
        citation=CITATION,
        answers=[],
        front={},
        papers=(),
        earlier="",
        ledger=None,
        about=contents.WITHOUT_LEDGER,
    )
