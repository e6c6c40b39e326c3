"""Forms of momentum and Adam, decay, groups of variables and fixed norms, each beside an oracle of its own."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from methods import METHODS
from test_training import split  # noqa: F401

from bnlab.networks.network import initial_values
from bnlab.networks.perceptron import Perceptron
from bnlab.networks.variables import Variable
from bnlab.study.groups import chosen
from bnlab.training import optimizers
from bnlab.training.optimizers import SGD, Adam
from bnlab.training.rates import rates
from bnlab.training.schedule import row_order
from bnlab.training.trainer import Trainer, stored
from bnlab.training.update import ALL, Groups, Update

RNG = np.random.default_rng(7)
START = [RNG.normal(size=(4, 3)), RNG.normal(size=3), RNG.normal(size=(3, 2)), RNG.normal(size=2)]
PATHS = ["hidden1/kernel", "hidden1/gamma", "logits/kernel", "logits/bias"]
GRADIENTS = [[RNG.normal(size=value.shape) for value in START] for _ in range(12)]
RATES = [0.25] * 5 + [0.025] * 7
"""Twelve steps, with a tenfold drop of the rate after the fifth."""


def variables(start=START, paths=PATHS):
    return [
        Variable(None, path.rpartition("/")[2], value.shape, "zeros", True, "float64", path)
        for path, value in zip(paths, start, strict=True)
    ]


def stepped(optimizer, groups=ALL, start=START, gradients=GRADIENTS, rates=RATES):
    """The values after every step of gradients that are given."""
    update = Update(variables(start, PATHS[: len(start)]), optimizer, groups)
    values = [tf.constant(value, tf.float64) for value in start]
    memory, each, moves = update.memory(values), [], [True] * len(values)
    for step, (gradient, rate) in enumerate(zip(gradients, rates, strict=True)):
        tensors = [tf.constant(g, tf.float64) for g in gradient]
        rate = tf.constant(rate, tf.float64)
        values, memory = update(values, tensors, moves, memory, rate, tf.constant(step))
        each.append([value.numpy() for value in values])
    return each


def by_keras(optimizer, undecayed=()):
    """The values after every step of an optimizer of Keras, but for decay those at indices ``undecayed``."""
    trained = [tf.Variable(value) for value in START]
    trained = [
        keras.Variable(value, dtype="float64", name=f"v{i}") for i, value in enumerate(trained)
    ]
    if undecayed:
        optimizer.exclude_from_weight_decay(var_list=[trained[i] for i in undecayed])
    each = []
    for gradient, rate in zip(GRADIENTS, RATES, strict=True):
        optimizer.learning_rate = rate
        tensors = [tf.constant(g) for g in gradient]
        optimizer.apply_gradients(zip(tensors, trained, strict=True))
        each.append([value.numpy() for value in trained])
    return each


def torch_sgd(momentum, nesterov):
    """PyTorch's documented algorithm of torch.optim.SGD, with dampening 0, in NumPy."""
    values, buffers, each = [v.copy() for v in START], None, []
    for gradients, rate in zip(GRADIENTS, RATES, strict=True):
        buffers = (
            [g.copy() for g in gradients]
            if buffers is None
            else [momentum * b + g for b, g in zip(buffers, gradients, strict=True)]
        )
        steps = (
            [g + momentum * b for g, b in zip(gradients, buffers, strict=True)]
            if nesterov
            else buffers
        )
        values = [v - rate * s for v, s in zip(values, steps, strict=True)]
        each.append(values)
    return each


def torch_adamw(beta_1, beta_2, epsilon, decay):
    """PyTorch's documented algorithm of torch.optim.AdamW, in NumPy; with decay 0 it is torch.optim.Adam."""
    values, each = [v.copy() for v in START], []
    m, v = [np.zeros_like(w) for w in START], [np.zeros_like(w) for w in START]
    for t, (gradients, rate) in enumerate(zip(GRADIENTS, RATES, strict=True), 1):
        for i, g in enumerate(gradients):
            values[i] = values[i] - rate * decay * values[i]
            m[i] = beta_1 * m[i] + (1 - beta_1) * g
            v[i] = beta_2 * v[i] + (1 - beta_2) * g**2
            corrected, square = m[i] / (1 - beta_1**t), v[i] / (1 - beta_2**t)
            values[i] = values[i] - rate * corrected / (np.sqrt(square) + epsilon)
        each.append([value.copy() for value in values])
    return each


def assert_same(actual, expected, tolerance=1e-12):
    for ours, theirs in zip(actual, expected, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


# ---------------------------------------------------------------- two forms of one name


@pytest.mark.parametrize("nesterov", [False, True])
def test_the_velocity_of_steps_is_keras_and_that_of_gradients_pytorchs_through_a_drop_of_the_rate(
    nesterov,
):
    keras_own = keras.optimizers.SGD(0.25, momentum=0.875, nesterov=nesterov)
    assert_same(stepped(SGD(0.875, nesterov)), by_keras(keras_own), 1e-7)
    assert_same(stepped(SGD(0.875, nesterov, "gradients")), torch_sgd(0.875, nesterov))


@pytest.mark.parametrize("nesterov", [False, True])
def test_at_a_constant_rate_both_velocities_are_one(nesterov):
    constant = [0.25] * len(GRADIENTS)
    one, other = (
        stepped(SGD(0.9, nesterov, form), rates=constant) for form in ("steps", "gradients")
    )
    assert_same(one, other)


def moves(optimizer, gradients, rates):
    """Distance that one number moves in each step."""
    after = stepped(
        optimizer,
        start=[np.zeros(1)],
        gradients=[[np.array([g])] for g in gradients],
        rates=rates,
    )
    return -np.diff([0.0, *(value.item() for (value,) in after)])


@pytest.mark.parametrize(
    ("optimizer", "third"),
    [
        (SGD(0.9), 0.9 * (1 + 0.9) + 0.1),
        (SGD(0.9, velocity="gradients"), 0.1 * (1 + 0.9 + 0.81)),
        (SGD(0.9, nesterov=True), 0.9 * 1.81 + 0.1),
        (SGD(0.9, nesterov=True, velocity="gradients"), 0.1 * (0.9 * 2.71 + 1)),
    ],
)
def test_after_a_tenfold_drop_of_the_rate_the_next_step_is_1_81_or_0_271(optimizer, third):
    assert moves(optimizer, [1, 1, 1], [1, 1, 0.1])[2] == pytest.approx(third, rel=1e-12)
    expected = {
        False: {"steps": 1.81, "gradients": 0.271},
        True: {"steps": 1.729, "gradients": 0.3439},
    }
    assert third == pytest.approx(expected[optimizer.nesterov][optimizer.velocity], rel=1e-12)


@pytest.mark.parametrize(
    ("optimizer", "gradient", "first"),
    [  # as measured on Keras and on PyTorch
        (Adam(), 1e-6, 0.240251),
        (Adam(), 1e-8, 0.0031523),
        (Adam(epsilon=1e-8, epsilon_place="after_correction"), 1e-6, 0.990099),
        (Adam(epsilon=1e-8, epsilon_place="after_correction"), 1e-8, 0.5),
    ],
)
def test_the_first_step_of_adam_at_a_tiny_gradient_is_0_24_or_0_99_of_the_rate(
    optimizer, gradient, first
):
    assert moves(optimizer, [gradient], [1]).item() == pytest.approx(first, rel=1e-5)


def test_adam_with_epsilon_after_the_correction_is_pytorchs():
    settings = {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 0.01}
    ours = stepped(Adam(**settings, epsilon_place="after_correction"))
    assert_same(ours, torch_adamw(**settings, decay=0.0))


def test_epsilon_before_the_correction_is_one_that_shrinks_from_step_to_step():
    first, gradient = 1 / np.sqrt(1 - 0.999), np.array([[1e-3]])
    before = moves(Adam(epsilon=1e-4), gradient, [1])
    after = moves(Adam(epsilon=1e-4 * first, epsilon_place="after_correction"), gradient, [1])
    assert before.item() == pytest.approx(after.item(), rel=1e-12)


# ---------------------------------------------------------------- decay


@pytest.mark.parametrize("momentum", [0.0, 0.875])
def test_decay_beside_the_gradient_is_keras_own(momentum):
    theirs = by_keras(keras.optimizers.SGD(0.25, momentum, weight_decay=0.125), undecayed=[1, 3])
    ours = stepped(SGD(momentum), Groups(weight_decay={"kernel": 0.125}))
    assert_same(ours, theirs, 1e-7)


def test_adam_with_decay_is_keras_adamw_and_with_the_other_epsilon_pytorchs():
    settings = {"beta_1": 0.5, "beta_2": 0.875, "epsilon": 2**-10}
    decay = Groups(weight_decay={"*": 0.125})
    theirs = by_keras(keras.optimizers.AdamW(0.25, weight_decay=0.125, **settings))
    assert_same(stepped(Adam(**settings), decay), theirs, 1e-6)
    ours = stepped(Adam(**settings, epsilon_place="after_correction"), decay)
    assert_same(ours, torch_adamw(**settings, decay=0.125))


@pytest.mark.parametrize("optimizer", [SGD(), SGD(0.9), SGD(0.9, velocity="gradients"), Adam()])
@pytest.mark.parametrize("moving", [True, False])
def test_without_a_gradient_three_steps_of_decay_leave_0_970299(optimizer, moving):
    start = [np.ones((1, 1))]
    update = Update(variables(start, PATHS[:1]), optimizer, Groups(weight_decay={"kernel": 0.1}))
    values = [tf.constant(start[0])]
    memory, rate = update.memory(values), tf.constant(0.1, tf.float64)
    for step in range(3):
        gradient = [tf.zeros((1, 1), tf.float64)]
        values, memory = update(values, gradient, [moving], memory, rate, tf.constant(step))
    assert values[0].numpy().item() == pytest.approx(0.970299, rel=1e-12)


def test_in_plain_gradient_descent_decay_is_a_penalty_of_half_its_size(split):  # noqa: F811
    ends = [
        trained(split, "bn", SGD(), l2=l2, groups=Groups(weight_decay=decay))[0]
        for l2, decay in [(1 / 64, {}), (0.0, {"kernel": 1 / 32})]
    ]
    for penalized, decayed in zip(*ends, strict=True):
        np.testing.assert_allclose(penalized, decayed, rtol=1e-9, atol=1e-12)


# ---------------------------------------------------------------- groups


@pytest.mark.parametrize(
    ("entries", "path", "value"),
    [
        ({"kernel": 1}, "hidden1/kernel", 1),
        ({"kernel": 1}, "hidden1/gamma", None),
        ({"kernel": 1, "logits": 2}, "logits/kernel", 2),
        ({"logits": 2, "logits/kernel": 3, "kernel": 1}, "logits/kernel", 3),
        ({"hidden*/kernel": 4, "kernel": 1}, "hidden12/kernel", 4),
        ({"hidden*/kernel": 4, "kernel": 1}, "logits/kernel", 1),
        ({"hidden*": 4, "hidden2": 5}, "hidden2/bias", 5),
        ({"cell": 1, "cell/step2": 2}, "cell/step2/gamma", 2),
        ({"cell": 1}, "cell/step2/gamma", 1),
        ({"*": 1}, "cell/step2/gamma", 1),
        ({"hidden*": 1}, "other/hidden1", 1),
    ],
)
def test_an_entry_means_a_path_before_a_layer_before_a_name(entries, path, value):
    assert chosen(entries, path) == value


def test_what_does_not_train_stays_and_the_rest_moves_as_ever():
    every = stepped(SGD(0.9))
    for some in (Groups(train=["gamma", "logits"]), Groups(rates={"hidden1/kernel": 0})):
        for ours, whole in zip(stepped(SGD(0.9), some), every, strict=True):
            np.testing.assert_array_equal(ours[0], START[0])
            for a, b in zip(ours[1:], whole[1:], strict=True):
                np.testing.assert_array_equal(a, b)


def test_a_frozen_variable_needs_no_memory():
    update = Update(variables(), Adam(), Groups(train=["gamma"]))
    assert [v.shape for v in update.memory(list(map(tf.constant, START)))] == [(3,), (3,)]


@pytest.mark.parametrize("optimizer", [SGD(0.9), SGD(0.9, velocity="gradients"), Adam()])
def test_a_group_moves_as_it_does_alone_at_its_own_rate(optimizer):
    groups = Groups(rates={"kernel": 3, "logits": 0.5}, weight_decay={"kernel": 0.01})
    together = stepped(optimizer, groups)
    for i, factor in enumerate([3, 1, 0.5, 0.5]):
        decay = {PATHS[0]: 0.01 if "kernel" in PATHS[i] else 0.0}
        alone = stepped(
            optimizer,
            Groups(weight_decay=decay),
            [START[i]],
            [[g[i]] for g in GRADIENTS],
            [factor * rate for rate in RATES],
        )
        for ours, (value,) in zip(together, alone, strict=True):
            np.testing.assert_allclose(ours[i], value, rtol=1e-12)


def test_only_what_follows_the_schedule_has_its_rate():
    groups = Groups(scheduled=["hidden*/kernel"])
    both = [[rate, 0.25] for rate in RATES]
    ours = stepped(SGD(0.9), groups, rates=both)
    falling, constant = stepped(SGD(0.9)), stepped(SGD(0.9), rates=[0.25] * 12)
    for mixed, low, high in zip(ours, falling, constant, strict=True):
        np.testing.assert_array_equal(mixed[0], low[0])
        for a, b in zip(mixed[1:], high[1:], strict=True):
            np.testing.assert_array_equal(a, b)


# ---------------------------------------------------------------- fixed norms


def test_a_fixed_norm_is_that_of_the_start_and_a_variable_at_zero_stays():
    start = [START[0], np.zeros(3), *START[2:]]
    groups = Groups(fixed_norms=["kernel", "gamma"])
    values, each = [v.copy() for v in start], []
    for gradients, rate in zip(GRADIENTS, RATES, strict=True):
        values = [v - rate * g for v, g in zip(values, gradients, strict=True)]
        for i in (0, 2):
            values[i] *= np.linalg.norm(start[i]) / np.linalg.norm(values[i])
        values[1] = np.zeros(3)
        each.append(list(values))
    assert_same(stepped(SGD(), groups, start), each)


# ---------------------------------------------------------------- in the trainer


def trained(
    data,
    method,
    optimizer,
    l2=0.0,
    groups=ALL,
    schedule=None,
    steps=12,
    batch=30,
    epsilon=None,
):
    """Values at the end and at the start of a training in float64, and the paths of the parameters."""
    chosen = METHODS[method]
    if epsilon is not None:
        chosen = replace(chosen, options={"epsilon": epsilon})
    network = Perceptron([6, 5]).build_for(chosen, [64], 10, "sigmoid", "glorot_uniform", "float64")
    x = data.x_train.astype("float64")
    trainer = Trainer(network, x, data.y_train, optimizer, l2=l2, groups=groups)
    parameters, state = initial_values(network, np.random.SeedSequence(3))
    first, parameters = [p.numpy() for p in parameters], stored(parameters)
    state = state + trainer.update.memory(parameters)
    order = row_order(np.random.SeedSequence(4), 1000, batch, steps)
    for start, stop in [(0, 5), (5, steps)]:
        parameters, state, *_ = trainer.advance(
            parameters, state, order, rates(0.25, steps, schedule), start, stop
        )
    return [p.numpy() for p in stored(parameters)], first, [v.path for v in network.trainable]


def test_in_the_compiled_loop_only_what_trains_moves_and_norms_stay(split):  # noqa: F811
    groups = Groups(train=["gamma", "beta", "hidden2"], fixed_norms=["hidden2/kernel"])
    end, first, paths = trained(split, "bn", optimizers.build({"adam": {}}), groups=groups)
    moved = {path for path, a, b in zip(paths, first, end, strict=True) if not np.array_equal(a, b)}
    assert moved == {
        *("hidden1/gamma", "hidden1/beta"),
        *("hidden2/kernel", "hidden2/gamma", "hidden2/beta"),
    }
    kernel = paths.index("hidden2/kernel")
    norms = [np.linalg.norm(values[kernel]) for values in (first, end)]
    assert norms[0] == pytest.approx(norms[1], rel=1e-12)


def test_kernels_of_one_row_under_bn_have_no_gradient_and_decay_all_the_same(split):  # noqa: F811
    groups = Groups(weight_decay={"kernel": 0.1})
    end, first, paths = trained(split, "bn", SGD(), groups=groups, batch=1)
    kernel = paths.index("hidden1/kernel")
    np.testing.assert_allclose(end[kernel], first[kernel] * (1 - 0.25 * 0.1) ** 12, rtol=1e-12)


def test_decay_of_kernels_whose_scale_means_nothing_is_a_rate_that_grows(split):  # noqa: F811
    """Li & Arora 2020, arXiv 1910.07454: w in units of (1 − ηλ)ᵗ moves at η·(1 − ηλ)^−(2t + 1), where ε is 0."""
    rate, decay, steps, hidden = 0.25, 0.5, 60, ["hidden*/kernel"]
    left = 1 - rate * decay
    growing = {"exponential": {"factor": left**-2}}
    ends = {
        name: trained(split, "bn", SGD(), groups=groups, schedule=schedule, steps=steps, epsilon=0)
        for name, groups, schedule in [
            ("decay", Groups(weight_decay={"hidden*/kernel": decay}), None),
            ("growth", Groups(rates={"hidden*/kernel": 1 / left}, scheduled=hidden), growing),
            ("neither", Groups(), None),
        ]
    }
    values = {name: dict(zip(paths, end, strict=True)) for name, (end, _, paths) in ends.items()}
    for path, expected in values["decay"].items():
        is_hidden = path.startswith("hidden") and path.endswith("kernel")
        grown = values["growth"][path] * (left**steps if is_hidden else 1)
        np.testing.assert_allclose(grown, expected, rtol=1e-9, atol=1e-12, err_msg=path)
    assert not np.allclose(values["neither"]["logits/kernel"], values["decay"]["logits/kernel"])
