"""Steps of this trainer and of ``keras.Model.fit``, and products of a step at their own shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from bench.timing import Timer
from bnlab.networks.block import Method
from bnlab.networks.network import Network
from bnlab.networks.normalizers.bn import BN
from bnlab.training.run import Run, train
from bnlab.training.settings import Settings, Split

CLASSES, RATE = 10, 0.1


def examples(rows: int, *shape: int) -> Split:
    """Return random pixels of this shape and random labels."""
    generator = np.random.default_rng(0)
    x = generator.random((rows, *shape), dtype=np.float32)
    y = generator.integers(0, CLASSES, rows).astype(np.int32)
    few = min(rows, 1000)
    return Split(x, y, x[:few], y[:few], x[:few], y[:few], np.arange(CLASSES))


def run_of(split: Split, network: Network, batch: int, steps: int, activation: str) -> Run:
    """Return a run of a network with batch normalization, evaluated at its end alone."""
    settings = Settings(activation, "glorot_uniform", RATE, steps, first_epoch=0, later=1)
    return Run(split, network, Method(normalizer=BN), settings, batch, seed=0)


def trainer(run: Run) -> Timer:
    """Return a function that takes steps of a run."""
    parameters, state, order, _ = run.start(0)

    def take(steps: int) -> None:
        run.trainer.advance(parameters, state, order, RATE, 0, steps)[2].numpy()

    return take


def replicates(run: Run) -> Timer:
    """Return a function that trains replicates of a run, from their draws to their last evaluation."""

    def train_all(count: int) -> None:
        train(run, count)

    return train_all


def fit(split: Split, hidden: Sequence[Any], batch: int) -> Timer:
    """Return a function that takes steps of Keras' ``fit``, without progress bar, validation and metrics."""
    import keras

    inputs = keras.Input(split.x_train.shape[1:])
    model = keras.Sequential([inputs, *hidden, keras.layers.Dense(CLASSES)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(RATE), loss)

    def take(steps: int) -> None:
        x, y = split.x_train[: steps * batch], split.y_train[: steps * batch]
        model.fit(x, y, batch_size=batch, verbose=0)

    return take


def dense_layers(widths: Sequence[int]) -> list[Any]:
    """Return hidden layers of a perceptron with batch normalization, by Keras."""
    from keras import layers

    return [
        layer
        for units in widths
        for layer in (
            layers.Dense(units, use_bias=False),
            layers.BatchNormalization(),
            layers.Activation("sigmoid"),
        )
    ]


def convolution_layers(stages: Sequence[Sequence[int]]) -> list[Any]:
    """Return convolutions with batch normalization, rectified units and pooling, by Keras."""
    from keras import layers

    hidden: list[Any] = []
    for channels in stages:
        for units in channels:
            hidden += [
                layers.Conv2D(units, 3, padding="same", use_bias=False),
                layers.BatchNormalization(),
                layers.ReLU(),
            ]
        hidden.append(layers.MaxPooling2D(2, padding="same"))
    return [*hidden, layers.Flatten()]


def products(features: int, hidden: Sequence[int], batch: int) -> Timer:
    """Return a function that computes only the products of a perceptron's steps, in NumPy's BLAS."""
    generator = np.random.default_rng(0)

    def matrix(*shape: int) -> np.ndarray:
        return generator.random(shape, dtype=np.float32)

    of_step: list[tuple[Any, ...]] = []
    widths = [features, *hidden, CLASSES]
    for layer, (fan_in, units) in enumerate(zip(widths[:-1], widths[1:], strict=True)):
        x, kernel, d = matrix(batch, fan_in), matrix(fan_in, units), matrix(batch, units)
        of_step.append((np.matmul, x, kernel, matrix(batch, units)))
        # Of one row the gradient is an outer product, for which BLAS is slow.
        gradient = np.multiply if batch == 1 else np.matmul
        of_step.append((gradient, d.T, x, matrix(units, fan_in)))
        if layer:
            of_step.append((np.matmul, d, kernel.T, matrix(batch, fan_in)))

    def multiply(steps: int) -> None:
        with threadpool_limits(1):
            for _ in range(steps):
                for product, first, second, out in of_step:
                    product(first, second, out=out)

    return multiply
