"""The compiled trainer against plain loops: Keras' own layers in eager mode, and NumPy on the saved weights."""

import time
from itertools import pairwise
from types import SimpleNamespace

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from methods import METHODS
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss

from bnlab.networks.adapters.keras_layer import KerasLayer
from bnlab.networks.block import Method
from bnlab.networks.convolutional import Convolutional
from bnlab.networks.network import initial_values
from bnlab.networks.normalizers.bn import BN
from bnlab.networks.normalizers.ghost_bn import GhostBN
from bnlab.networks.normalizers.renorm import BatchRenorm
from bnlab.networks.normalizers.whitening import Whitening
from bnlab.networks.perceptron import Perceptron
from bnlab.probes.percentiles import Percentiles
from bnlab.probes.predictions import Predictions
from bnlab.probes.weights import Weights
from bnlab.training import evaluation
from bnlab.training import run as running
from bnlab.training import trainer as trainer_module
from bnlab.training.evaluation import accuracy, blocks
from bnlab.training.examples import resident
from bnlab.training.optimizers import SGD
from bnlab.training.schedule import (
    block_starts,
    correlated_order,
    evaluation_steps,
    fixed_order,
    refined,
    row_order,
    sorted_order,
)
from bnlab.training.settings import Settings, Split, features, load_split
from bnlab.training.timing import time_in_turn
from bnlab.training.trainer import Trainer, stored

PROBES = {"percentiles": Percentiles, "predictions": Predictions, "weights": Weights}


@pytest.fixture(scope="module")
def split():
    """Return digits in random order: 1,000 training rows, 97 validation rows, 700 test rows."""
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    x, y = (x[order] / 16).astype(np.float32), y[order].astype(np.int32)
    parts = [slice(0, 1000), slice(1000, 1097), slice(1097, None)]
    pairs = [(x[part], y[part]) for part in parts]
    return Split(*(array for pair in pairs for array in pair), np.arange(10).astype(str))


def settings(hidden=(20, 16), probes=("predictions", "weights"), **changes):
    """The network's hidden layers, the probes, and the settings of a short run."""
    chosen = {
        "activation": "sigmoid",
        "initializer": "glorot_uniform",
        "learning_rate": 0.5,
        "steps": 12,
        "first_epoch": 2,
        "later": 1,
    }
    return list(hidden), probes, Settings(**(chosen | changes))


def run_of(split, method, chosen, batch, seed):
    hidden, probes, run_settings = chosen
    probe_classes = {name: PROBES[name] for name in probes}
    return running.Run(
        split, Perceptron(hidden), METHODS[method], run_settings, batch, seed, probe_classes
    )


def train(split, method, chosen, batch, replicates, seed):
    """Return the result of a run, and the tables of its probes."""
    result = running.train(run_of(split, method, chosen, batch, seed), replicates)
    kept = result.records["predictions"]
    return SimpleNamespace(
        **vars(result),
        probes=result.records.get("percentiles"),
        probabilities=kept["probabilities"],
        labels=kept["labels"],
        weights=result.records["weights"],
    )


def sigmoid(u):
    return 1 / (1 + np.exp(-u))


def softmax(logits):
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def numpy_layer(method, weights, x, batch_statistics=None):
    """Return the input of φ. bn uses moving statistics, or those of the rows if there is a list to collect them."""
    kernel = weights["kernel"].astype(np.float64)
    if method.startswith("ws"):
        kernel = (kernel - kernel.mean(axis=0)) / (kernel.std(axis=0) + 1e-5)
    if method == "ws_scaled":
        kernel = kernel / len(kernel) ** 0.5
    u = x @ kernel
    if method in ("bn", "ws_bn"):
        mean, variance = weights["moving_mean"], weights["moving_variance"]
        if batch_statistics is not None:
            mean, variance = u.mean(axis=0), u.var(axis=0)
            batch_statistics.append((mean, variance))
        u = (u - mean) / np.sqrt(variance + 1e-3)
    elif method == "gn":
        halves = np.split(u, 2, axis=1)
        normal = [(h - h.mean(1)[:, None]) / np.sqrt(h.var(1)[:, None] + 1e-3) for h in halves]
        u = np.concatenate(normal, axis=1)
    elif method in ("ln", "ws_ln"):
        u = (u - u.mean(axis=1, keepdims=True)) / np.sqrt(u.var(axis=1, keepdims=True) + 1e-3)
    else:
        return u + weights["bias"]
    return u * weights["gamma"] + weights["beta"]


def of_layer(weights, name, replicate=0):
    """The variables of one layer by their last name, of one replicate."""
    return {p.split("/")[-1]: v[replicate] for p, v in weights.items() if f"{name}/" in p}


def numpy_logits(method, weights, x, replicate=0, batch_statistics=None):
    for name in ("hidden1", "hidden2"):
        w = of_layer(weights, name, replicate)
        x = sigmoid(numpy_layer(method, w, x, batch_statistics))
    w = of_layer(weights, "logits", replicate)
    return x @ w["kernel"].astype(np.float64) + w["bias"]


def rows_of(history, **values):
    for column, value in values.items():
        history = history[history[column] == value]
    return history


# ---------------------------------------------------------------- order and schedule


@pytest.mark.parametrize("rows", [60, 64, 7])
def test_every_row_is_used_equally_often_whether_or_not_the_batch_divides_the_data(rows):
    order = row_order(np.random.SeedSequence(1), rows, batch=10, steps=rows)
    assert order.shape == (rows, 10)
    assert (np.bincount(order.ravel(), minlength=rows) == 10).all()


def test_each_pass_through_the_rows_has_an_order_of_its_own():
    passes = row_order(np.random.SeedSequence(1), 50, batch=10, steps=10).reshape(2, 50)
    assert (np.sort(passes) == np.arange(50)).all()
    assert (passes[0] != passes[1]).any()


def test_an_unfinished_pass_uses_no_row_twice():
    order = row_order(np.random.SeedSequence(1), 100, batch=7, steps=9)
    assert order.shape == (9, 7)
    assert len(np.unique(order)) == 63


def test_more_steps_continue_the_same_order():
    fewer, more = (row_order(np.random.SeedSequence(1), 64, 10, n) for n in (8, 30))
    np.testing.assert_array_equal(fewer, more[:8])


@pytest.mark.parametrize(
    ("steps", "per_epoch"), [(50_000, 916.7), (5, 916.7), (1, 0.5), (70, 1.2), (275_000, 55_000)]
)
def test_evaluations_increase_resolve_the_first_epoch_and_end_at_the_last_step(steps, per_epoch):
    schedule = evaluation_steps(steps, per_epoch, first_epoch=10, later=30)
    assert schedule[0] == 1
    assert schedule[-1] == steps
    assert all(a < b for a, b in pairwise(schedule))
    end = min(steps, max(1, round(per_epoch)))
    assert end in schedule
    assert sum(step <= end for step in schedule) >= min(end, 10) / 2


def test_later_evaluations_are_evenly_spaced():
    schedule = evaluation_steps(1000, 100, first_epoch=4, later=3)
    assert schedule == [1, 5, 22, 100, 400, 700, 1000]


def test_the_first_evaluation_waits_for_enough_rows_but_not_beyond_the_first_epoch():
    assert evaluation_steps(1000, 100, first_epoch=3, later=1, first=25) == [
        25,
        50,
        100,
        1000,
    ]
    assert evaluation_steps(1000, 10, first_epoch=3, later=1, first=25) == [10, 1000]


def test_without_evaluations_of_the_first_epoch_all_are_evenly_spaced():
    assert evaluation_steps(90, 30, first_epoch=0, later=3) == [30, 60, 90]


@pytest.mark.parametrize("steps", [40, 300, 50_000])
@pytest.mark.parametrize("resolution", [0.02, 0.1])
def test_a_resolution_adds_evaluations_until_each_is_within_it_of_the_one_before(steps, resolution):
    coarse = evaluation_steps(steps, 917, first_epoch=4, later=6)
    fine = refined(coarse, resolution)
    assert set(coarse) <= set(fine)
    assert fine[-1] == steps
    apart = [(b - a) / b for a, b in pairwise(fine) if a >= 1 / resolution and b - a > 1]
    assert max(apart, default=0) <= resolution
    if steps > 1 / resolution:
        assert len(fine) <= len(coarse) + np.log(steps * resolution) / resolution * 1.3 + 10


def test_without_shuffling_every_pass_has_the_rows_in_their_own_order():
    order = row_order(np.random.SeedSequence(1), 7, batch=3, steps=5, shuffle=False)
    assert order.ravel().tolist() == [*range(7), *range(7), 0]


@pytest.mark.parametrize(("rows", "block"), [(100, 10), (97, 10), (10, 10)])
def test_blocks_cover_their_rows_and_no_others(rows, block):
    starts = block_starts(rows, block)
    assert len(starts) == -(-rows // block)
    covered = starts[:, None] + np.arange(block)
    np.testing.assert_array_equal(np.unique(covered), np.arange(rows))


def test_a_row_in_two_blocks_is_scored_in_the_last():
    chosen = blocks({"validation": 7, "test": 5}, 3)
    assert chosen.starts.numpy().tolist() == [0, 3, 4, 7, 9]
    assert chosen.places["validation"].numpy().tolist() == [0, 1, 2, 3, 6, 7, 8]
    assert chosen.places["test"].numpy().tolist() == [9, 10, 12, 13, 14]
    some = blocks({"validation": 7, "test": 5}, 3, most=4)
    assert some.starts.numpy().tolist() == [0, 7]
    assert some.places["test"].numpy().tolist() == [3, 4, 5]


LABELS = np.repeat([0, 1, 2, 3], [40, 30, 20, 10])


@pytest.mark.parametrize(("classes", "share"), [(1, 1.0), (2, 1.0), (2, 0.5), (4, 0.75), (9, 1.0)])
def test_batches_of_few_classes_have_so_many_and_the_rest_from_all(classes, share):
    order = correlated_order(np.random.SeedSequence(1), LABELS, 12, 400, classes, share)
    assert order.shape == (400, 12) and order.dtype == np.int32
    own = round(share * 12)
    for rows in order:
        labels, counts = np.unique(LABELS[rows[:own]], return_counts=True)
        assert len(labels) == min(classes, 4)
        assert counts.max() - counts.min() <= 1
    uses = np.bincount(order[:, own:].ravel(), minlength=100)
    assert uses.max() - uses.min() <= 1
    for of_class in range(4):
        uses = np.bincount(order[:, :own].ravel(), minlength=100)[of_class == LABELS]
        assert uses.max() - uses.min() <= 1
    again = correlated_order(np.random.SeedSequence(1), LABELS, 12, 400, classes, share)
    np.testing.assert_array_equal(again, order)


def test_classes_are_chosen_equally_often_however_many_rows_they_have():
    order = correlated_order(np.random.SeedSequence(2), LABELS, 4, 4000, 1, 1.0)
    counts = np.bincount(LABELS[order[:, 0]])
    assert np.abs(counts / 4000 - 0.25).max() < 4 * np.sqrt(0.25 * 0.75 / 4000)


def test_a_pass_sorted_by_class_has_all_rows_once_and_its_classes_one_after_another():
    order = sorted_order(np.random.SeedSequence(1), LABELS, 10, 25)
    assert order.shape == (25, 10) and order.dtype == np.int32
    first, second = order[:10].ravel(), order[10:20].ravel()
    for rows in (first, second):
        np.testing.assert_array_equal(np.sort(rows), np.arange(100))
        np.testing.assert_array_equal(LABELS[rows], LABELS)
    assert (first != second).any()
    np.testing.assert_array_equal(LABELS[order[20:].ravel()], LABELS[:50])


def test_rows_sorted_by_class_are_those_of_a_recipe_that_asks_for_them(split):
    _, _, order, _ = run_of(split, "bn", settings(shuffle="by_class"), 10, 1).start(0)
    labels = split.y_train[order.ravel()[: len(split.y_train)]]
    assert (np.diff(labels) >= 0).all()


def test_a_run_sees_the_batches_that_its_recipe_asks_for(split):
    chosen = settings(correlated={"classes": 2, "share": 1.0})
    run = run_of(split, "bn", chosen, 10, 1)
    _, _, order, _ = run.start(0)
    assert {len(np.unique(split.y_train[rows])) for rows in order} == {2}
    assert run.train(0).history["loss"].notna().all()


def test_a_block_of_a_sorted_table_is_a_fair_sample():
    classes = np.repeat(np.arange(5), 200)[fixed_order(1000)]
    for start in block_starts(1000, 100):
        assert np.bincount(classes[start : start + 100], minlength=5).min() >= 8


# ---------------------------------------------------------------- data and scores


def test_a_split_is_read_as_it_was_written(split, tmp_path):
    np.savez(tmp_path / "split.npz", **split._asdict())
    for read, written in zip(load_split(tmp_path / "split.npz"), split, strict=True):
        np.testing.assert_array_equal(read, written)


@pytest.fixture
def images():
    """Return 40 rows with each share k/255 of 255 in every part."""
    shares = np.arange(10_240) % 256 / 255
    x, y = shares.astype(np.float32).reshape(40, 256), np.arange(40) % 10
    return Split(x, y, x[:10], y[:10], x[10:], y[10:], np.arange(10).astype(str))


def test_features_that_are_shares_of_255_are_read_as_bytes(images, tmp_path):
    np.savez(tmp_path / "split.npz", **images._asdict())
    read = load_split(tmp_path / "split.npz")
    assert read.x_train.dtype == read.x_test.dtype == np.uint8
    assert features(read.x_train).tobytes() == images.x_train.tobytes()
    assert features(read.x_test).tobytes() == images.x_test.tobytes()


def test_features_of_which_one_is_no_share_of_255_are_read_as_they_are(images, tmp_path):
    images.x_test[-1, -1] = 0.3
    np.savez(tmp_path / "split.npz", **images._asdict())
    for read, written in zip(load_split(tmp_path / "split.npz"), images, strict=True):
        np.testing.assert_array_equal(read, written, strict=True)


@pytest.mark.parametrize("batch", [1, 4, 20])
@pytest.mark.parametrize(
    "method",
    [METHODS["base"], METHODS["bn"], Method(normalizer=Whitening), Method(inputs="standardize")],
)
def test_a_run_on_bytes_has_the_bits_of_one_on_features(images, method, batch):
    parts = {name: x for name, x in images._asdict().items() if name.startswith("x_")}
    in_bytes = images._replace(
        **{name: np.rint(255 * x).astype(np.uint8) for name, x in parts.items()}
    )
    _, _, chosen = settings()
    expected, result = (
        running.train(running.Run(each, Perceptron([20]), method, chosen, batch, 1, PROBES), 1)
        for each in (images, in_bytes)
    )
    pd.testing.assert_frame_equal(result.history, expected.history, check_exact=True)
    for name, values in expected.records["weights"].items():
        assert result.records["weights"][name].tobytes() == values.tobytes()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32])
def test_a_resident_array_has_the_values_and_outlives_the_array(dtype):
    array = np.arange(3007 * 5).astype(dtype).reshape(3007, 5)
    expected, tensor = array.copy(), resident(array)
    del array
    np.testing.assert_array_equal(tensor, expected)
    assert tensor.dtype == dtype


def test_kernels_are_stored_transposed_and_vectors_as_they_are():
    values = [tf.ones((3, 4)), tf.ones(4)]
    assert [tuple(v.shape) for v in stored(values)] == [(4, 3), (4,)]
    assert [tuple(v.shape) for v in stored(stored(values))] == [(3, 4), (4,)]


@pytest.mark.parametrize("scale", [1, 1e4])
def test_loss_and_accuracy_are_those_of_scikit_learn(scale):
    rng = np.random.default_rng(2)
    logits, y = rng.normal(size=(50, 4)) * scale, rng.integers(0, 4, 50)
    assert accuracy(logits, y).numpy() == np.mean(logits.argmax(axis=1) == y)
    loss = float(Perceptron([2]).loss(tf.constant(logits), y))
    if scale == 1:
        assert loss == pytest.approx(log_loss(y, softmax(logits)), rel=1e-12)
    assert np.isfinite(loss)


# ---------------------------------------------------------------- steps against an eager loop of Keras' own layers


def keras_network(method):
    """Return a network of two sigmoid layers of Keras."""
    stack = []
    for units in (6, 5):
        stack.append(keras.layers.Dense(units, use_bias=method == "base", dtype="float64"))
        if method == "bn":
            stack.append(keras.layers.BatchNormalization(dtype="float64"))
        stack.append(keras.layers.Activation("sigmoid", dtype="float64"))
    network = keras.Sequential([*stack, keras.layers.Dense(10, dtype="float64")])
    network.build((None, 64))
    return network


def eager_training(network, x, y, order, learning_rate, softmax="once"):
    """Losses and accuracies of all steps; the network is trained in place."""
    optimizer = keras.optimizers.SGD(learning_rate)
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64")

    def output(logits):
        # Written out, since Keras undoes a softmax that it recognizes.
        shares = tf.exp(logits)
        return shares / tf.reduce_sum(shares, 1, keepdims=True) if softmax == "twice" else logits

    losses, accuracies = [], []
    for rows in order:
        with tf.GradientTape() as tape:
            logits = network(x[rows], training=True)
            loss = cross_entropy(y[rows], output(logits))
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
        losses.append(float(loss))
        accuracies.append(np.mean(logits.numpy().argmax(axis=1) == y[rows]))
    return losses, accuracies


@pytest.mark.parametrize(
    ("method", "batch", "dtype", "tolerance", "softmax"),
    [
        ("base", 4, "float64", 1e-10, "once"),
        ("base", 30, "float64", 1e-10, "once"),
        ("base", 30, "float64", 1e-10, "twice"),
        ("bn", 1, "float64", 1e-10, "once"),
        ("bn", 4, "float64", 1e-10, "once"),
        ("bn", 30, "float64", 1e-10, "once"),
        ("bn", 30, "float64", 1e-10, "twice"),
        ("bn", 30, "float32", 2e-4, "once"),
    ],
)
def test_advancing_in_pieces_is_plain_gradient_descent(
    split, method, batch, dtype, tolerance, softmax, monkeypatch
):
    monkeypatch.setattr(trainer_module, "PIECE_ROWS", 3 * batch)
    network_settings = ("sigmoid", "glorot_uniform", dtype)
    ours = Perceptron([6, 5]).build_for(METHODS[method], [64], 10, *network_settings)
    trainer = Trainer(ours, split.x_train.astype(dtype), split.y_train, SGD(), softmax)
    parameters, state = initial_values(ours, np.random.SeedSequence(3))
    network = keras_network(method)
    for variables, values in [
        (network.trainable_variables, parameters),
        (network.non_trainable_variables, state),
    ]:
        for variable, start in zip(variables, values, strict=True):
            variable.assign(tf.cast(start, "float64"))
    order = row_order(np.random.SeedSequence(4), 1000, batch, 10)
    losses, accuracies = eager_training(network, split.x_train, split.y_train, order, 0.25, softmax)

    parameters = stored(parameters)
    for start, stop in [(0, 3), (3, 10)]:
        parameters, state, loss, accuracy, diverged_at = trainer.advance(
            parameters, state, order, 0.25, start, stop
        )
        assert float(loss) == pytest.approx(np.mean(losses[start:stop]), rel=tolerance)
        assert float(accuracy) == pytest.approx(np.mean(accuracies[start:stop]), rel=1e-6)
        assert int(diverged_at) == 0
    actual = [*stored(parameters), *state]
    expected = [*network.trainable_variables, *network.non_trainable_variables]
    for a, b in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def test_rates_and_numbers_of_steps_share_one_program(split):
    run = run_of(split, "bn", settings(), 30, seed=1)
    parameters, state, order, _ = run.start(0)
    for rate, stop in [(0.5, 3), (0.1, 5), (0.5, 12)]:
        run.trainer.advance(parameters, state, order, rate, 0, stop)
        run.trainer.advance(parameters, state, order[:stop], rate, 0, stop)
    (loop,) = run.trainer.advance.args
    assert loop.experimental_get_tracing_count() == 1


def test_another_piece_of_the_order_rate_or_length_compiles_nothing(split):
    run = run_of(split, "bn", settings(steps=50), 30, seed=1)
    parameters, state, order, _ = run.start(0)

    def seconds(rate: float, start: int, stop: int) -> float:
        begun = time.process_time()
        run.trainer.advance(parameters, state, order, rate, start, stop).loss.numpy()
        return time.process_time() - begun

    compiling = seconds(0.5, 0, 1)
    assert max(seconds(0.1, 0, 5), seconds(0.5, 7, 11), seconds(0.5, 20, 50)) < compiling / 5


def test_a_run_after_another_shares_its_data_and_program_and_equals_itself_alone(split):
    def built(rate: float, batch: int, before=None):
        *_, chosen = settings(learning_rate=rate, steps=round(20 * rate))
        return running.Run(split, Perceptron([6, 5]), METHODS["bn"], chosen, batch, 1, {}, before)

    first = built(0.5, 30)
    first.train(0)
    second, third = built(1.0, 30, first), built(1.0, 20, first)
    assert second.trainer is first.trainer
    assert third.trainer is not first.trainer
    assert third.examples is second.examples is first.examples
    for run, alone in [(second, built(1.0, 30)), (third, built(1.0, 20))]:
        pd.testing.assert_frame_equal(run.train(1).history, alone.train(1).history)


@pytest.mark.parametrize("table", [np.arange(3), tf.range(3)], ids=["numpy", "tensorflow"])
def test_networks_that_hold_arrays_follow_one_another_with_programs_of_their_own(split, table):
    class WithTable(Perceptron):
        def __init__(self, hidden):
            super().__init__(hidden)
            self.table = table + 1

    def built(before=None):
        *_, chosen = settings()
        return running.Run(split, WithTable([6, 5]), METHODS["bn"], chosen, 30, 1, {}, before)

    first = built()
    second = built(first)
    assert second.trainer is not first.trainer
    assert second.examples is first.examples


# ---------------------------------------------------------------- Algorithm 2


def test_population_statistics_of_a_layer_that_reads_its_averages_leave_them_as_they_are(split):
    """Compare batch renormalization with a loop over frozen averages that computes each batch's statistics itself."""
    options = {"warm_up": 1, "r_steps": 2, "d_steps": 2}
    method = Method(normalizer=BatchRenorm, options=options)
    network = Perceptron([6, 5]).build_for(method, [64], 10, "sigmoid", "glorot_uniform", "float64")
    rng = np.random.default_rng(5)
    values = [tf.constant(rng.uniform(0.5, 1.5, v.shape)) for v in network.trainable]
    state = [
        tf.constant(rng.uniform(1, 2, v.shape)) if v.is_average else tf.constant(50.0, "float64")
        for v in network.state
    ]
    trainer = Trainer(network, split.x_train.astype(np.float64), split.y_train, SGD())
    order = row_order(np.random.SeedSequence(6), 1000, 7, 20)
    actual = trainer.population_state(stored(values), state, tf.constant(order))

    gathered = {block.name: [] for block in network.blocks}
    for rows in order:
        for variable, value in zip(
            [*network.trainable, *network.state], [*values, *state], strict=True
        ):
            variable.bind(value)
        x = tf.constant(split.x_train[rows].astype(np.float64))
        for block in network.blocks:
            u = block.linear(x).numpy()
            gathered[block.name].append((u.mean(axis=0), u.var(axis=0)))
            x = block(x, training=True)
    expected = {}
    for name, statistics in gathered.items():
        mean, variance = np.mean(statistics, axis=0)
        expected |= {f"{name}/moving_mean": mean, f"{name}/moving_variance": variance * 7 / 6}
    for variable, value in zip(network.state, actual, strict=True):
        if variable.is_average:
            np.testing.assert_allclose(value, expected[variable.path], rtol=1e-9)


@pytest.fixture(params=["compiled", "plain"])
def program_over_blocks(request, monkeypatch):
    """The program over small blocks that is compiled, or that which is a plain graph."""
    fewest = {"compiled": 0, "plain": 10**9}[request.param]
    monkeypatch.setattr(trainer_module, "MANY_BLOCKS", fewest)


@pytest.mark.usefixtures("program_over_blocks")
def test_population_statistics_are_those_of_algorithm_2_in_a_numpy_loop(split):
    m, batches = 7, 30
    network_settings = ("sigmoid", "glorot_uniform", "float64")
    network = Perceptron([20, 16]).build_for(METHODS["bn"], [64], 10, *network_settings)
    rng = np.random.default_rng(5)
    values = [rng.uniform(0.5, 1.5, v.shape) * rng.choice([-1, 1]) for v in network.trainable]
    x = split.x_train.astype(np.float64)
    trainer = Trainer(network, x, split.y_train, SGD())
    order = row_order(np.random.SeedSequence(6), 1000, m, batches)
    parameters = stored([tf.constant(v) for v in values])
    actual = trainer.population_state(
        parameters, [tf.ones(v.shape, v.dtype) for v in network.state], tf.constant(order)
    )

    paths = [v.path for v in network.trainable]
    weights = {path: value[None] for path, value in zip(paths, values, strict=True)}
    weights |= {v.path: np.zeros((1, *v.shape)) for v in network.state}
    statistics = []
    for rows in order:
        numpy_logits("bn", weights, x[rows], batch_statistics=statistics)
    expected = []
    for layer in (statistics[0::2], statistics[1::2]):
        expected.append(sum(mean for mean, _ in layer) / batches)
        expected.append(m / (m - 1) * sum(variance for _, variance in layer) / batches)
    names = [v.name for v in network.state]
    assert names == ["moving_mean", "moving_variance"] * 2
    for a, b in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10)


@pytest.mark.parametrize(
    ("normalizer", "options", "ghosts"),
    [
        (BN, {}, [7]),
        (GhostBN, {"size": 3}, [3, 4]),
        (KerasLayer.of(keras.layers.BatchNormalization), {}, [7]),
    ],
)
def test_population_variances_of_images_count_positions(split, normalizer, options, ghosts):
    """Var[x] is the mean of the variances that NumPy makes unbiased over rows and positions."""
    network = Convolutional([[4]], head=[]).build_for(
        Method(normalizer=normalizer, options=options),
        [8, 8, 1],
        10,
        "linear",
        "glorot_uniform",
        "float64",
    )
    x = split.x_train.astype(np.float64).reshape(-1, 8, 8, 1)
    rng = np.random.default_rng(5)
    values = [tf.constant(rng.uniform(0.5, 1.5, v.shape)) for v in network.trainable]
    trainer = Trainer(network, x, split.y_train, SGD())
    order = row_order(np.random.SeedSequence(6), 1000, 7, 20)
    state = [tf.ones(v.shape, v.dtype) for v in network.state]
    after = trainer.population_state(stored(values), state, tf.constant(order))

    for variable, value in zip(network.trainable, values, strict=True):
        variable.bind(value)
    parts = [
        np.split(network.blocks[0].linear(tf.constant(x[rows])).numpy(), np.cumsum(ghosts)[:-1])
        for rows in order
    ]
    # Ghosts of unequal size count alike, and their mean is made unbiased by one factor.
    biased = np.mean([[part.var(axis=(0, 1, 2)) for part in batch] for batch in parts], axis=(0, 1))
    expected = biased / np.mean([1 - 1 / (64 * rows) for rows in ghosts])
    actual = dict(zip([v.name for v in network.state], after, strict=True))
    np.testing.assert_allclose(actual["moving_variance"], expected, rtol=1e-9)


# ---------------------------------------------------------------- whole runs


@pytest.fixture(scope="module", params=METHODS)
def trained(request, split):
    """One run of each method, by its name."""
    return request.param, train(split, request.param, settings(), batch=32, replicates=2, seed=9)


def test_test_probabilities_are_those_of_a_numpy_network_with_the_saved_weights(trained, split):
    method, result = trained
    assert result.probabilities.dtype == np.float32
    for replicate in (0, 1):
        logits = numpy_logits(method, result.weights, split.x_test, replicate)
        np.testing.assert_allclose(result.probabilities[replicate], softmax(logits), atol=2e-6)
    for labels in result.labels:
        np.testing.assert_array_equal(labels, split.y_test)


def test_the_last_scores_are_those_of_a_numpy_network_with_the_saved_weights(trained, split):
    method, result = trained
    last = rows_of(result.history, step=12, statistics="moving").set_index(["replicate", "split"])
    assert len(last) == 4
    for (replicate, part), row in last.iterrows():
        x, y = getattr(split, f"x_{part}"), getattr(split, f"y_{part}")
        logits = numpy_logits(method, result.weights, x, replicate)
        assert row.accuracy == pytest.approx(np.mean(logits.argmax(axis=1) == y))
        assert row.loss == pytest.approx(log_loss(y, softmax(logits)), rel=1e-5)


def test_bn_is_scored_under_three_kinds_of_statistics_and_other_methods_under_their_own(trained):
    method, result = trained
    kinds = {"moving", "batch", "population"} if method in ("bn", "ws_bn") else {"moving"}
    last = rows_of(result.history, step=12)
    for part in ("validation", "test"):
        rows = rows_of(last, split=part)
        assert set(rows["statistics"]) == kinds
        assert len(rows) == 2 * len(kinds)
    earlier = result.history.query("step < 12 and split != 'train'")
    assert set(earlier["statistics"]) == {"moving"}


def test_a_history_has_each_split_at_each_scheduled_step(trained):
    _, result = trained
    assert set(result.history["step"]) == {4, 12}  # 100 rows are 4 steps of 32
    assert result.history.groupby(["replicate", "step"])["split"].nunique().eq(3).all()
    assert not result.history.isna().any(axis=None)
    np.testing.assert_allclose(result.history["epoch"], result.history["step"] * 32 / 1000)
    assert result.steps_per_epoch == 1000 / 32
    assert result.diverged_at == [None, None]
    assert result.probes is None


def test_parameters_count_what_one_replicate_trains(trained):
    method, result = trained
    vectors = 1 if method in ("base", "ws", "ws_scaled") else 2
    kernels = 64 * 20 + 20 * 16 + 16 * 10
    assert result.parameters == kernels + vectors * (20 + 16) + 10


@pytest.fixture(scope="module")
def bn(split):
    """A run of bn with probes, three replicates, a batch that takes the path of small ones."""
    return train_bn(split, replicates=3)


def train_bn(split, replicates):
    chosen = settings(probes=PROBES, first_epoch=0, later=2, hidden=[6, 5], learning_rate=0.2)
    return train(split, "bn", chosen, batch=6, replicates=replicates, seed=2)


def test_the_same_seed_gives_the_same_bits_and_a_replicate_is_what_it_is_alone(bn, split):
    alone = train_bn(split, replicates=1)
    assert alone.weights.keys() == bn.weights.keys()
    for path, value in alone.weights.items():
        np.testing.assert_array_equal(value[0], bn.weights[path][0])
    np.testing.assert_array_equal(alone.probabilities[0], bn.probabilities[0])
    for name in ("history", "probes"):
        first = rows_of(getattr(bn, name), replicate=0)
        pd.testing.assert_frame_equal(getattr(alone, name), first, check_exact=True)


def test_a_later_replicate_does_not_depend_on_those_before_it(bn, split):
    chosen = settings(probes=PROBES, first_epoch=0, later=2, hidden=[6, 5], learning_rate=0.2)
    last = run_of(split, "bn", chosen, batch=6, seed=2).train(2)
    kept = last.records["predictions"]["probabilities"]
    np.testing.assert_array_equal(kept, bn.probabilities[2])
    expected = rows_of(bn.history, replicate=2).reset_index(drop=True)
    pd.testing.assert_frame_equal(last.history, expected, check_exact=True)


def test_replicates_differ(bn):
    for path, values in bn.weights.items():
        assert (values[0] != values[1]).any(), path
    assert bn.history.groupby("replicate")["loss"].last().nunique() == 3


def test_probes_are_the_percentiles_of_what_enters_the_last_activation(bn, split):
    table = rows_of(bn.probes, replicate=1, step=12)
    weights = bn.weights
    x = split.x_validation.astype(np.float64)
    hidden1, hidden2 = (of_layer(weights, name, 1) for name in ("hidden1", "hidden2"))
    inputs = numpy_layer("bn", hidden2, sigmoid(numpy_layer("bn", hidden1, x, [])), [])
    for quantity, values in {"activation": inputs, "weight": hidden2["kernel"]}.items():
        actual = rows_of(table, quantity=quantity)
        assert len(actual) == 3 * 5
        for row in actual.itertuples():
            expected = np.percentile(values[:, row.unit], row.percentile)
            assert row.value == pytest.approx(expected, abs=1e-4)
    assert set(bn.probes["step"]) == {6, 12}
    assert set(bn.probes["replicate"]) == {0, 1, 2}


def test_two_methods_start_from_the_same_kernels_and_see_the_rows_in_the_same_order(split):
    base, bn = (run_of(split, m, settings(), 32, seed=4) for m in ("base", "bn"))
    for replicate in (0, 1):
        a, b = base.start(replicate), bn.start(replicate)
        np.testing.assert_array_equal(a[2], b[2])
        kernels = [[v for v in values[0] if len(v.shape) == 2] for values in (a, b)]
        for first, second in zip(*kernels, strict=True):
            np.testing.assert_array_equal(first, second)
    assert (base.start(0)[2] != base.start(1)[2]).any()
    other = run_of(split, "base", settings(), 32, seed=5)
    assert (base.start(0)[2] != other.start(0)[2]).any()


def test_train_scores_are_the_mean_over_the_steps_since_the_evaluation_before(split):
    run = run_of(split, "base", settings(later=3), batch=16, seed=1)
    parameters, state, order, _ = run.start(0)
    steps = []
    for step in range(12):
        parameters, state, loss, accuracy, _ = run.trainer.advance(
            parameters, state, order, run.settings.learning_rate, step, step + 1
        )
        steps.append((float(loss), float(accuracy)))
    history = rows_of(run.train(0).history, split="train")
    assert history["step"].tolist() == run.schedule
    expected = [np.mean(steps[a:b], axis=0) for a, b in pairwise([0, *run.schedule])]
    np.testing.assert_allclose(history[["loss", "accuracy"]], expected, rtol=1e-5)


# ---------------------------------------------------------------- divergence


def test_a_replicate_that_diverges_is_recorded_at_its_step_and_the_others_go_on(split, monkeypatch):
    chosen = settings(activation="linear", learning_rate=0.1, first_epoch=0, later=6, hidden=[6, 5])

    def train_some(replicates):
        return train(split, "base", chosen, batch=16, replicates=replicates, seed=3)

    untouched = train_some(1)

    def one_explodes(model, seed):
        trainable, state = initial_values(model, seed)
        scale = 20.0 if seed.entropy == [3, 1] else 1.0
        return [scale * v for v in trainable], state

    monkeypatch.setattr(running, "initial_values", one_explodes)
    result = train_some(3)
    run = run_of(split, "base", chosen, 16, seed=3)
    parameters, state, order, _ = run.start(1)
    losses = []
    for step in range(12):
        parameters, state, loss, *_ = run.trainer.advance(
            parameters, state, order, run.settings.learning_rate, step, step + 1
        )
        losses.append(float(loss))
    step = 1 + int(np.flatnonzero(~np.isfinite(losses))[0])
    assert step == 7
    assert result.diverged_at == [None, step, None]

    history = result.history.set_index("replicate")
    assert set(history.loc[1, "step"]) == {2, 4, 6, 8, 10, 12}
    assert len(history.loc[1]) == len(history.loc[0])
    after = history.loc[1].query(f"step >= {step}")
    assert after[["loss", "accuracy"]].isna().all(axis=None)
    assert not history.loc[[0, 2]].isna().any(axis=None)
    assert np.isnan(result.probabilities[1]).all()
    assert np.isfinite(result.probabilities[[0, 2]]).all()
    np.testing.assert_array_equal(result.probabilities[0], untouched.probabilities[0])


def test_a_blow_up_by_the_very_last_update_is_a_divergence_too(split):
    chosen = settings(activation="relu", learning_rate=1e38, steps=1, hidden=[6, 5])
    result = train(split, "base", chosen, batch=16, replicates=1, seed=3)
    assert result.diverged_at == [1]
    assert result.history["accuracy"].isna().all()


def test_a_diverged_replicate_has_its_probes_without_values(split):
    chosen = settings(activation="relu", learning_rate=1e30, probes=PROBES, hidden=[6, 5])
    result = train(split, "base", chosen, batch=16, replicates=1, seed=3)
    assert result.diverged_at[0] is not None
    assert set(result.probes["step"]) == set(result.history["step"])
    last = result.probes[result.probes["step"] == 12]
    assert len(last) == 2 * 3 * 5
    assert last["value"].isna().all()


# ---------------------------------------------------------------- sizes


@pytest.mark.parametrize("method", ["base", "bn"])
def test_one_row_a_batch_works_and_has_no_population_statistics(split, method):
    chosen = settings(steps=5, hidden=[6, 5])
    result = train(split, method, chosen, batch=1, replicates=1, seed=1)
    assert not result.history.isna().any(axis=None)
    assert np.isfinite(result.probabilities).all()
    kinds = set(result.history.query("split == 'test'")["statistics"])
    assert kinds == ({"moving", "batch"} if method == "bn" else {"moving"})


def test_of_single_rows_bn_sees_nothing(split):
    run = run_of(split, "bn", settings(hidden=[6, 5]), batch=1, seed=1)
    parameters, state, *_ = run.start(0)
    logits = run.evaluator.logits(parameters, state, run.evaluator.by_batch).numpy()
    assert (logits == logits[0]).all()


def test_a_batch_may_exceed_the_validation_rows_and_not_divide_the_training_rows(split):
    chosen = settings(steps=4, hidden=[6, 5])
    result = train(split, "bn", chosen, batch=128, replicates=1, seed=1)
    assert len(split.y_validation) < 128
    assert not result.history.isna().any(axis=None)
    rows = rows_of(result.history, step=4, split="validation", statistics="batch")
    assert len(rows) == 1
    logits = numpy_batches(result.weights, split.x_validation, 97)
    loss = log_loss(split.y_validation, softmax(logits))
    assert rows["loss"].item() == pytest.approx(loss, rel=1e-5)


def numpy_batches(weights, x, block):
    """Logits of bn, block by block, each under its own statistics; the block has to divide the rows."""
    blocks = [
        numpy_logits("bn", weights, part, batch_statistics=[])
        for part in np.split(x, len(x) // block)
    ]
    return np.concatenate(blocks)


@pytest.mark.usefixtures("program_over_blocks")
def test_batch_statistics_are_those_of_blocks_of_the_training_size(split, bn):
    assert len(split.y_test) % 6 != 0
    run = run_of(split, "bn", settings(hidden=[6, 5]), batch=6, seed=2)
    parameters = stored([tf.constant(bn.weights[v.path][0]) for v in run.network.trainable])
    state = [tf.zeros(v.shape) for v in run.network.state]
    actual = run.evaluator.logits(parameters, state, run.evaluator.by_batch).numpy()
    rows = split.x_validation[fixed_order(97)]
    expected = [numpy_batches(bn.weights, part, 6) for part in (rows[:96], rows[91:])]
    np.testing.assert_allclose(actual[:102], np.concatenate(expected), atol=2e-4)


@pytest.fixture
def few(split, monkeypatch):
    """A run whose evaluations before the last use 40 rows of each part, in blocks of 10."""
    monkeypatch.setattr(evaluation, "EVALUATION_BLOCK", 10)
    return run_of(split, "base", settings(evaluation_rows=40), batch=32, seed=1)


def test_an_evaluation_of_few_rows_computes_these_and_scores_no_others(few, split):
    parameters, state, *_ = few.start(0)
    evaluator = few.evaluator
    whole, some = (
        evaluator.logits(parameters, state, chosen).numpy() for chosen in (evaluator.all, few.few)
    )
    assert whole.shape == ((10 + 70) * 10, 10)  # the last block of validation rows shares three
    np.testing.assert_array_equal(some, np.concatenate([whole[:40], whole[100:140]]))
    scores = {row["split"]: row for row in evaluator.scores(some, few.few, "moving")}
    own, y = some[40:], split.y_test[fixed_order(700)[:40]]
    assert scores["test"]["accuracy"] == np.mean(own.argmax(axis=1) == y)
    assert scores["test"]["loss"] == pytest.approx(
        log_loss(y, softmax(own), labels=range(10)), rel=1e-5
    )


def test_the_last_evaluation_uses_all_rows_whatever_the_others_use(few, split):
    replicate = few.train(0)
    tests = rows_of(replicate.history, split="test").set_index("step")
    assert (tests.loc[4, "accuracy"] * 40) % 1 == pytest.approx(0)
    right = replicate.records["predictions"]["probabilities"].argmax(axis=1) == split.y_test
    assert tests.loc[12, "accuracy"] == right.mean()


# ---------------------------------------------------------------- it learns


def test_bn_learns_the_digits_within_a_few_hundred_steps(split):
    chosen = settings(steps=300, hidden=[50, 50])
    result = train(split, "bn", chosen, batch=32, replicates=1, seed=1)
    last = rows_of(result.history, step=300, split="test").set_index("statistics")["accuracy"]
    assert (last > 0.9).all()
    assert rows_of(result.history, step=4, split="test")["accuracy"].item() < 0.5


def test_methods_are_timed_in_turn(split):
    methods = {name: METHODS[name] for name in ("base", "bn")}
    *_, chosen = settings()
    table = time_in_turn(
        split, lambda: Perceptron([6, 5]), methods, chosen, batch=16, repeats=2, seconds=0.01
    )
    assert table["method"].tolist() == ["base", "bn"] * 2
    assert table["repeat"].tolist() == [0, 0, 1, 1]
    assert (table["seconds_per_1000_steps"] > 0).all()


def test_the_clock_adds_up_what_each_activity_takes(bn):
    assert set(bn.seconds) >= {"compile", "prepare", "train", "evaluate", "probe"}
    assert all(seconds > 0 for seconds in bn.seconds.values())


def test_probes_measure_where_no_resolution_asks_and_evaluations_between_change_no_step(split):
    plain = settings(steps=80, later=2, probes=("percentiles", "predictions", "weights"))
    fine = settings(
        steps=80, later=2, resolution=0.1, probes=("percentiles", "predictions", "weights")
    )
    coarse, finer = (train(split, "bn", chosen, 20, 2, seed=3) for chosen in (plain, fine))
    few, many = (set(result.history["step"]) for result in (coarse, finer))
    assert few < many
    assert set(finer.probes["step"]) == few
    np.testing.assert_array_equal(finer.probabilities, coarse.probabilities)


def test_settings_for_mistakes_reach_the_trainer(split):
    unshuffled = run_of(split, "base", settings(shuffle=False), 100, seed=1)
    assert unshuffled.start(0)[2][0].tolist() == list(range(100))
    assert run_of(split, "base", settings(softmax="twice"), 100, 1).trainer.softmax == "twice"
