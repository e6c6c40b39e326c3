"""Schedules of the learning rate, beside Keras' own."""

import keras
import numpy as np
import pytest
from test_training import run_of, settings, split  # noqa: F401

from bnlab.training import trainer as trainer_module
from bnlab.training.rates import factors, rates

STEPS, WARM_UP, RATE = 110, 10, 0.5


def by_keras(schedule, steps=STEPS):
    return np.array([float(schedule(step)) for step in range(steps)])


@pytest.mark.parametrize("end", [0.0, 0.25])
def test_a_cosine_ends_as_keras_own_at_the_step_after_the_last(end):
    theirs = keras.optimizers.schedules.CosineDecay(RATE, STEPS, alpha=end)
    ours = RATE * factors(STEPS, cosine={"to": end})
    np.testing.assert_allclose(ours, by_keras(theirs), rtol=1e-5, atol=1e-7)


def test_after_the_warm_up_a_cosine_is_keras_own_whose_steps_do_not_count_the_warm_up():
    theirs = keras.optimizers.schedules.CosineDecay(
        0.0, STEPS - WARM_UP, warmup_target=RATE, warmup_steps=WARM_UP
    )
    ours, theirs = RATE * factors(STEPS, WARM_UP, cosine={"to": 0}), by_keras(theirs)
    np.testing.assert_allclose(ours[WARM_UP:], theirs[WARM_UP:], rtol=1e-5, atol=1e-7)
    # Keras spends its first step at rate 0; here the t-th step of w is at t/w of the rate.
    np.testing.assert_allclose(ours[: WARM_UP - 1], theirs[1:WARM_UP], rtol=1e-5)
    assert ours[WARM_UP - 1] == ours[WARM_UP] == RATE


def test_a_step_falls_after_so_many_steps_as_a_piecewise_constant_of_keras():
    values = [RATE, RATE / 10, RATE / 100]
    theirs = keras.optimizers.schedules.PiecewiseConstantDecay([29, 59], values)
    ours = RATE * factors(STEPS, step={"at": [60, 30], "factor": 0.1})
    np.testing.assert_allclose(ours, by_keras(theirs), rtol=1e-6)
    assert list(np.flatnonzero(np.diff(ours))) == [29, 59]


def test_steps_of_a_drop_count_the_warm_up():
    ours = factors(STEPS, WARM_UP, step={"at": [30], "factor": 0.1})
    assert (ours[WARM_UP - 1], ours[29], ours[30]) == (1, 1, 0.1)


@pytest.mark.parametrize("factor", [0.97, 1.03])
def test_an_exponential_falls_or_grows_as_keras_own(factor):
    theirs = keras.optimizers.schedules.ExponentialDecay(RATE, 1, factor)
    ours = RATE * factors(STEPS, exponential={"factor": factor})
    np.testing.assert_allclose(ours, by_keras(theirs), rtol=1e-5)
    later = factors(STEPS, WARM_UP, exponential={"factor": factor})
    np.testing.assert_allclose(later[WARM_UP:], ours[:-WARM_UP] / RATE, rtol=1e-12)


def test_a_warm_up_alone_is_a_line_and_then_constant():
    expected = [*np.arange(1, WARM_UP + 1) / WARM_UP, *np.ones(STEPS - WARM_UP)]
    np.testing.assert_allclose(factors(STEPS, WARM_UP), expected)


def test_without_a_schedule_the_rate_is_one_number():
    assert rates(RATE, STEPS, None) == RATE


def test_a_schedule_steps_as_constant_rates_set_by_hand_one_after_the_other(split, monkeypatch):  # noqa: F811
    monkeypatch.setattr(trainer_module, "PIECE_ROWS", 5 * 30)
    chosen = {"steps": 12, "optimizer": {"sgd": {"momentum": 0.9}}}
    schedule = {"warm_up": 3, "cosine": {"to": 0.1}}
    run = run_of(split, "bn", settings(**chosen, schedule=schedule), 30, 1)
    by_hand = run_of(split, "bn", settings(**chosen), 30, 1)
    assert run.rates.shape == (12, 2)
    ends = []
    for each in (run, by_hand):
        parameters, state, order, _ = each.start(0)
        if each is run:
            for start, stop in [(0, 7), (7, 12)]:
                parameters, state, *_ = run.trainer.advance(
                    parameters, state, order, run.rates, start, stop
                )
        else:
            for step, (rate, _) in enumerate(run.rates):
                parameters, state, *_ = by_hand.trainer.advance(
                    parameters, state, order, rate, step, step + 1
                )
        ends.append([*parameters, *state])
    for a, b in zip(*ends, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


def test_all_schedules_share_one_program(split):  # noqa: F811
    run = run_of(split, "bn", settings(steps=12, schedule={"warm_up": 3}), 30, seed=1)
    parameters, state, order, _ = run.start(0)
    for stop, schedule in [(12, {"warm_up": 3}), (5, {"cosine": {"to": 0}})]:
        own = rates(0.5, 12, schedule)
        run.trainer.advance(parameters, state, order, own, 0, stop)
    (loop,) = run.trainer.advance.args
    assert loop.experimental_get_tracing_count() == 1


def test_a_run_with_a_schedule_stands_still_once_its_rate_is_next_to_nothing(split):  # noqa: F811
    kernels = []
    for steps in (30, 40):
        chosen = settings(steps=steps, schedule={"exponential": {"factor": 0.5}})
        replicate = run_of(split, "bn", chosen, 30, seed=1).train(0)
        kernels.append(replicate.records["weights"]["hidden1/kernel"])
    np.testing.assert_allclose(*kernels, atol=1e-7)
