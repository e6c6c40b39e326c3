"""Growth of the cost of a step, a replicate and a plan with each size that a study chooses."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd
import yaml

from bench import machine, training
from bench.timing import Timer, each, measure
from bnlab.networks.convolutional import Convolutional
from bnlab.networks.perceptron import Perceptron
from bnlab.study.experiments import experiments
from bnlab.training.settings import Split

ROOT = Path(__file__).parents[3]
FEATURES, HIDDEN, BATCH, ROWS = 784, [100, 100, 100], 60, 55_000
STAGES, IMAGE, IMAGES = [[8, 8], [16, 16], [32, 32]], (32, 32, 3), 5_000
REPLICATE_STEPS = 500
SIZES: Mapping[str, Sequence[int]] = {
    "batch": (1, 4, 16, 60, 256),
    "width": (100, 300, 1000),
    "layers": (3, 6, 10, 20),
    "steps": (100, 1000, 10_000),
    "replicates": (1, 3, 10),
    "rows": (5_000, 55_000, 200_000),
    "images": (2, 8, 32, 128),
    "runs": (30, 300, 3000),
}
"""Sizes of what varies; ``images`` is the batch of the convolutional network, ``rows`` are training rows in memory."""


def perceptron_steps(split: Split, hidden: list[int], batch: int) -> Timer:
    """Return a function that takes steps of a perceptron on these data, at most an epoch."""
    network = Perceptron(hidden)
    run = training.run_of(split, network, batch, len(split.y_train) // batch, "sigmoid")
    return training.trainer(run)


def batches(split: Split) -> Iterator[pd.DataFrame]:
    """Measure steps by batch size, beside Keras' ``fit`` and the bare products."""
    for batch in SIZES["batch"]:
        timers = {
            "trainer": perceptron_steps(split, HIDDEN, batch),
            "fit": training.fit(split, training.dense_layers(HIDDEN), batch),
            "products": training.products(FEATURES, HIDDEN, batch),
        }
        yield measure(timers, most=ROWS // batch).assign(
            varies="batch", value=batch, per="step", operations=batch * operations(HIDDEN)
        )


def shapes(split: Split) -> Iterator[pd.DataFrame]:
    """Measure steps by width and by number of layers."""
    hidden = [("width", width, [width] * 3) for width in SIZES["width"]]
    hidden += [("layers", layers, [100] * layers) for layers in SIZES["layers"]]
    for varies, value, widths in hidden:
        timer = perceptron_steps(split, widths, BATCH)
        yield measure({"trainer": timer}, most=ROWS // BATCH).assign(
            varies=varies, value=value, per="step", operations=BATCH * operations(widths)
        )


def lengths(split: Split) -> Iterator[pd.DataFrame]:
    """Measure steps by their number, replicates by theirs, and steps by the rows in memory."""
    for steps in SIZES["steps"]:
        run = training.run_of(split, Perceptron(HIDDEN), BATCH, steps, "sigmoid")
        timer = each(training.trainer(run), steps)
        yield measure({"trainer": timer}, per=steps).assign(varies="steps", value=steps, per="step")
    for count in SIZES["replicates"]:
        run = training.run_of(split, Perceptron(HIDDEN), BATCH, REPLICATE_STEPS, "sigmoid")
        timer = each(training.replicates(run), count)
        yield measure({"trainer": timer}, per=count).assign(
            varies="replicates", value=count, per="replicate"
        )
    for rows in SIZES["rows"]:
        timer = perceptron_steps(training.examples(rows, FEATURES), HIDDEN, BATCH)
        yield measure({"trainer": timer}, most=rows // BATCH).assign(
            varies="rows", value=rows, per="step"
        )


def images() -> Iterator[pd.DataFrame]:
    """Measure steps of a convolutional network by batch size, beside Keras' ``fit``."""
    split = training.examples(IMAGES, *IMAGE)
    for batch in SIZES["images"]:
        network, most = Convolutional(STAGES, []), IMAGES // batch
        timers = {
            "trainer": training.trainer(training.run_of(split, network, batch, most, "relu")),
            "fit": training.fit(split, training.convolution_layers(STAGES), batch),
        }
        of_row = machine.of_convolutions(IMAGE, STAGES, training.CLASSES)
        yield measure(timers, most=most).assign(
            varies="images", value=batch, per="step", operations=batch * of_row
        )


def operations(hidden: Sequence[int]) -> int:
    """Count floating-point operations a row of a perceptron's step."""
    return machine.of_perceptron(FEATURES, hidden, training.CLASSES)


def plans() -> Iterator[pd.DataFrame]:
    """Measure a dry run of Snakemake by the number of runs, each a recipe and so a job of its own."""
    for runs in SIZES["runs"]:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "study.yaml").write_text(yaml.safe_dump(study_of(runs)))
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            command = [sys.executable, "-m", "snakemake", "--dry-run", "--quiet"]
            where = ["--snakefile", str(ROOT / "Snakefile"), "--configfile", "study.yaml"]
            subprocess.run([*command, *where], cwd=folder, check=True, capture_output=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        row = {"of": "snakemake", "varies": "runs", "value": runs, "per": "dry run"}
        yield pd.DataFrame([row | dict.fromkeys(("median", "lowest", "highest"), 1e6 * spent)])


def study_of(runs: int) -> dict[str, object]:
    """Return an overlay with one small data set and so many runs, half of them with batch normalization."""
    first = next(iter(experiments()))
    recipe = {"budget": {"steps": 10}, "learning_rate": 0.1}
    recipes = {f"grown{i}": recipe for i in range(runs // 2)}
    group = {
        "datasets": ["disc"],
        "methods": ["base", "bn"],
        "batches": [50],
        "recipes": [*recipes],
    }
    return {
        "study": "grown",
        "claims": None,
        "only": [first],
        "recipes": recipes,
        "experiments": {first: {"runs": [group]}},
    }


def measure_all() -> Iterator[pd.DataFrame]:
    """Yield a table for each size of each quantity."""
    yield from plans()
    split = training.examples(ROWS, FEATURES)
    for part in (batches, shapes, lengths):
        yield from part(split)
    yield from images()
