"""Measure the speed of the trainer in one process with one thread, and write results/bench.csv.

The network has three hidden layers of 100 units with batch normalization, the data the shape of MNIST. The columns are
microseconds per step, at each batch size:

    trainer_us  of ``bnlab.training``, for each replicate
    fit_us      of ``keras.Model.fit`` on the same network of Keras' own layers
    products_us of the matrix products of a step, at their own shapes, in NumPy's BLAS
    floor_us    of the same products at the rate of a large matrix product on this machine

All four are measured in turn in each of several rounds. The table has the medians over rounds; ratios are computed
within a round.
"""

import time
from pathlib import Path
from statistics import median

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from threadpoolctl import threadpool_limits

from bnlab.files import save_csv
from bnlab.networks.block import Method
from bnlab.networks.normalizers.bn import BN
from bnlab.networks.perceptron import Perceptron
from bnlab.training.run import Run
from bnlab.training.settings import Settings, Split
from bnlab.training.trainer import share_the_machine

BATCHES = (1, 4, 16, 60, 256)
ROWS, FEATURES, CLASSES, HIDDEN = 55_000, 784, 10, [100, 100, 100]
ROUNDS = 5
SECONDS = 1.0
SGEMM_SIZE = 1024


def example_data() -> Split:
    """Return random pixels and labels in the shape of MNIST."""
    generator = np.random.default_rng(0)
    x = generator.random((ROWS, FEATURES), dtype=np.float32)
    y = generator.integers(0, CLASSES, ROWS).astype(np.int32)
    return Split(x, y, x[:1000], y[:1000], x[:1000], y[:1000], np.arange(CLASSES))


def sgemm_rate() -> float:
    """Measure floating-point operations per second in a large product of single-precision matrices."""
    a = tf.constant(np.random.default_rng(0).random((SGEMM_SIZE, SGEMM_SIZE), dtype=np.float32))
    start = time.perf_counter()
    for _ in range(10):
        product = tf.matmul(a, a)
    product.numpy()
    return 10 * 2 * SGEMM_SIZE**3 / (time.perf_counter() - start)


def operations_per_row() -> int:
    """Count floating-point operations a row of a step's products.

    These are the forward pass, the gradients of all kernels, and those of all inputs but the data.
    """
    widths = [FEATURES, *HIDDEN, CLASSES]
    products = [i * o for i, o in zip(widths[:-1], widths[1:], strict=True)]
    return 2 * (3 * sum(products) - products[0])


def products_timer(batch: int):
    """Return a function that computes only the products of some steps and returns microseconds per step."""
    generator = np.random.default_rng(0)

    def matrix(*shape: int) -> np.ndarray:
        return generator.random(shape, dtype=np.float32)

    products = []
    widths = [FEATURES, *HIDDEN, CLASSES]
    for layer, (fan_in, units) in enumerate(zip(widths[:-1], widths[1:], strict=True)):
        x, kernel, d = matrix(batch, fan_in), matrix(fan_in, units), matrix(batch, units)
        products.append((np.matmul, x, kernel, matrix(batch, units)))
        # Of one row the gradient is an outer product, for which BLAS is slow.
        gradient = np.multiply if batch == 1 else np.matmul
        products.append((gradient, d.T, x, matrix(units, fan_in)))
        if layer:
            products.append((np.matmul, d, kernel.T, matrix(batch, fan_in)))

    def measure(steps: int) -> float:
        with threadpool_limits(1):
            start = time.perf_counter()
            for _ in range(steps):
                for product, first, second, out in products:
                    product(first, second, out=out)
            return (time.perf_counter() - start) / steps * 1e6

    return measure


def trainer_timer(split: Split, batch: int):
    """Return a function that trains some steps and returns microseconds per step."""
    settings = Settings("sigmoid", "glorot_uniform", 0.1, len(split.y_train) // batch, 0, 1)
    run = Run(split, Perceptron(HIDDEN), Method(normalizer=BN), settings, batch, seed=0)
    parameters, state, order, _ = run.start(0)

    def measure(steps: int) -> float:
        start = time.perf_counter()
        rate = settings.learning_rate
        run.trainer.advance(parameters, state, order, rate, 0, steps).loss.numpy()
        return (time.perf_counter() - start) / steps * 1e6

    return measure


def fit_timer(split: Split, batch: int):
    """Return such a function for Keras' ``fit`` without progress bar, validation and metrics."""
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
        start = time.perf_counter()
        model.fit(x, y, batch_size=batch, verbose=0)
        return (time.perf_counter() - start) / steps * 1e6

    return measure


def steps_filling(measure, batch: int) -> int:
    """Return the number of steps that take about ``SECONDS``, from a short trial."""
    few = min(50, ROWS // batch)
    measure(few)
    return max(few, min(ROWS // batch, round(SECONDS * 1e6 / measure(few))))


def measure_rounds(split: Split, batch: int) -> pd.DataFrame:
    """Measure all columns at a batch size, a row a round."""
    timers = {
        "trainer_us": trainer_timer(split, batch),
        "fit_us": fit_timer(split, batch),
        "products_us": products_timer(batch),
    }
    steps = {name: steps_filling(timer, batch) for name, timer in timers.items()}
    rounds = [
        {name: timer(steps[name]) for name, timer in timers.items()}
        | {"floor_us": batch * operations_per_row() / sgemm_rate() * 1e6}
        for _ in range(ROUNDS)
    ]
    return pd.DataFrame(rounds).assign(batch=batch)


def main() -> None:
    """Measure, print the table with ratios, write the medians."""
    share_the_machine()
    split = example_data()
    columns = ["batch", "trainer_us", "fit_us", "products_us", "floor_us"]
    print(
        f"{'batch':>5} {'trainer µs':>11} {'fit µs':>9} {'products µs':>12} {'floor µs':>9}"
        f" {'× fit':>6} {'of products':>12} {'of floor':>9}"
    )
    rows = []
    for batch in BATCHES:
        rounds = measure_rounds(split, batch)
        row = rounds.median()
        faster = median(rounds["fit_us"] / rounds["trainer_us"])
        of_products = median(rounds["products_us"] / rounds["trainer_us"])
        of_floor = median(rounds["floor_us"] / rounds["trainer_us"])
        rows.append(row)
        print(
            f"{batch:>5} {row.trainer_us:>11.1f} {row.fit_us:>9.0f} {row.products_us:>12.1f} {row.floor_us:>9.1f}"
            f" {faster:>6.1f} {of_products:>12.0%} {of_floor:>9.0%}",
            flush=True,
        )
    save_csv(Path("results/bench.csv"), pd.DataFrame(rows)[columns].astype({"batch": int}))


if __name__ == "__main__":
    main()
