"""Measure the trainer on this machine, in one process with one thread, and write results/bench.csv.

At each batch size, for a network of three hidden layers of 100 with batch normalization on data of MNIST's shape:

    trainer_us  microseconds per step and replicate of ``bnlab.training``
    fit_us      of ``keras.Model.fit`` on the same network made of Keras' own layers
    floor_us    the time of a step's matrix products at the rate of this machine's best large product (sgemm)

The three are measured in turn, several rounds; each column is the median over the rounds, and so are the ratios, which
are taken within a round.
"""

import time
from pathlib import Path
from statistics import median

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from bnlab import layers, training
from bnlab.files import save_csv

BATCHES = (1, 4, 16, 60, 256)
ROWS, FEATURES, CLASSES, HIDDEN = 55_000, 784, 10, [100, 100, 100]
ROUNDS = 5
SECONDS = 1.0
SGEMM_SIZE = 1024


def example_data() -> training.Split:
    """Random pixels and labels in the shape of MNIST."""
    generator = np.random.default_rng(0)
    x = generator.random((ROWS, FEATURES), dtype=np.float32)
    y = generator.integers(0, CLASSES, ROWS).astype(np.int32)
    return training.Split(x, y, x[:1000], y[:1000], x[:1000], y[:1000], np.arange(CLASSES))


def sgemm_rate() -> float:
    """Floating-point operations per second in a large product of single-precision matrices."""
    a = tf.constant(np.random.default_rng(0).random((SGEMM_SIZE, SGEMM_SIZE), dtype=np.float32))
    begun = time.perf_counter()
    for _ in range(10):
        product = tf.matmul(a, a)
    product.numpy()
    return 10 * 2 * SGEMM_SIZE**3 / (time.perf_counter() - begun)


def operations_per_row() -> int:
    """Of the products of a step: forward, gradient of every kernel, gradient of every input but the data's."""
    widths = [FEATURES, *HIDDEN, CLASSES]
    products = [i * o for i, o in zip(widths[:-1], widths[1:], strict=True)]
    return 2 * (3 * sum(products) - products[0])


def trainer_timer(split: training.Split, batch: int):
    """A function that trains some steps and returns microseconds per step."""
    settings = training.Settings(
        HIDDEN, "sigmoid", "glorot_uniform", 0.1, len(split.y_train) // batch, 0, 1, None, False
    )
    run = training.Run(split, layers.BN, settings, batch, seed=0)
    parameters, state, order, _ = run.start(0)

    def measure(steps: int) -> float:
        begun = time.perf_counter()
        run.trainer.advance(parameters, state, order, tf.constant(0), tf.constant(steps))[2].numpy()
        return (time.perf_counter() - begun) / steps * 1e6

    return measure


def fit_timer(split: training.Split, batch: int):
    """The same of ``fit``, at its fastest: without a progress bar, validation or metrics."""
    hidden = [
        layer
        for units in HIDDEN
        for layer in (
            keras.layers.Dense(units, use_bias=False),
            keras.layers.BatchNormalization(),
            keras.layers.Activation("sigmoid"),
        )
    ]
    model = keras.Sequential([keras.Input((FEATURES,)), *hidden, keras.layers.Dense(CLASSES)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1), loss)

    def measure(steps: int) -> float:
        x, y = split.x_train[: steps * batch], split.y_train[: steps * batch]
        begun = time.perf_counter()
        model.fit(x, y, batch_size=batch, verbose=0)
        return (time.perf_counter() - begun) / steps * 1e6

    return measure


def steps_filling(measure, batch: int) -> int:
    """How many steps take about ``SECONDS``, by a first trial of few."""
    few = min(50, ROWS // batch)
    measure(few)
    return max(few, min(ROWS // batch, round(SECONDS * 1e6 / measure(few))))


def measured(split: training.Split, batch: int) -> pd.DataFrame:
    """One row a round."""
    trainer, fit = trainer_timer(split, batch), fit_timer(split, batch)
    trainer_steps, fit_steps = steps_filling(trainer, batch), steps_filling(fit, batch)
    rounds = [
        {
            "trainer_us": trainer(trainer_steps),
            "fit_us": fit(fit_steps),
            "floor_us": batch * operations_per_row() / sgemm_rate() * 1e6,
        }
        for _ in range(ROUNDS)
    ]
    return pd.DataFrame(rounds).assign(batch=batch)


def main() -> None:
    """Measure, print the table with ratios, write the medians."""
    training.share_the_machine()
    split = example_data()
    columns = ["batch", "trainer_us", "fit_us", "floor_us"]
    print(
        f"{'batch':>5} {'trainer µs':>11} {'fit µs':>9} {'floor µs':>9} {'× fit':>6} {'of floor':>9}"
    )
    rows = []
    for batch in BATCHES:
        rounds = measured(split, batch)
        row = rounds.median()
        faster = median(rounds["fit_us"] / rounds["trainer_us"])
        share = median(rounds["floor_us"] / rounds["trainer_us"])
        rows.append(row)
        print(
            f"{batch:>5} {row.trainer_us:>11.1f} {row.fit_us:>9.0f} {row.floor_us:>9.1f}"
            f" {faster:>6.1f} {share:>9.0%}",
            flush=True,
        )
    save_csv(Path("results/bench.csv"), pd.DataFrame(rows)[columns].astype({"batch": int}))


if __name__ == "__main__":
    main()
