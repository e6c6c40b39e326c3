"""Inputs that break a normalizer."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from bnlab.card.properties import constant_features, constant_rows
from bnlab.card.subject import Subject
from bnlab.lazy import tf
from bnlab.networks import side_effects, trial
from bnlab.networks.normalizer import Normalizer
from bnlab.same import Side
from bnlab.study.messages import ERRORS, failure

ORDINARY = "ordinary inputs"
PATIENCE = 180
"""Seconds after which first calls are given up; those of a library on JAX take ten, on a busy machine more."""
STEPS = 20
SLOWING = 0.99999
"""Most of a move of an average that is left after half of ``STEPS``."""


def check(layer: Subject) -> None:
    """Run a layer in training and at inference.

    Raises:
        ValueError: as ``trial.alone`` and ``side_effects.check``. A layer may raise other errors of its own.
        Timeout: this takes too long.
    """

    def built() -> Normalizer:
        return layer.side.built(features=layer.shape[-1])

    with _in_time():
        trial.alone(built(), tf.constant(layer.inputs()))
        side_effects.check(built, layer.inputs(), layer.inputs(seed=4))


class Timeout(BaseException):
    """First calls that take over ``PATIENCE``. It is no Exception, since adapters try again after those."""


@contextmanager
def _in_time() -> Iterator[None]:
    """Raise Timeout where the body takes longer than ``PATIENCE``."""

    def stop(*_: object) -> None:
        raise Timeout(f"its first calls take over {PATIENCE} s, and a card makes thousands")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def inputs(layer: Subject) -> dict[str, np.ndarray]:
    """Return inputs that a layer should map to finite numbers, by their name in a sentence."""
    return {
        ORDINARY: layer.inputs(),
        "a batch of one row": layer.inputs(rows=1),
        "rows that are constant": constant_rows(layer),
        "features that are constant": constant_features(layer),
        "zeros": np.zeros(layer.shape),
    }


class Break(NamedTuple):
    """A case in which a layer breaks, such as ``on zeros``, and the reason."""

    case: str
    reason: str


def sentences(layers: Mapping[str, Subject]) -> list[str]:
    """Return the end of a sentence for each way in which a layer breaks, with the kinds of inputs on which it does."""
    kinds = dict[Break, list[str]]()
    for kind, layer in layers.items():
        for each in breaks(layer):
            kinds.setdefault(each, []).append(kind)
    return [f"breaks {case} ({', '.join(of)}): {reason}" for (case, reason), of in kinds.items()]


def breaks(layer: Subject) -> Iterator[Break]:
    """Yield each input with an error, or without a finite output or gradient, and each state that grows.

    Inputs that break it as ordinary ones do are left out.
    """
    every = ""
    for name, u in inputs(layer).items():
        reason = _reason(layer, u)
        if name == ORDINARY:
            every = reason or _flat(layer, u)
            reason = every
        elif reason == every:
            continue
        if reason:
            yield Break(f"on {name}", reason)
    yield from (each for each in _after_steps(layer) if each.reason != every)


def _reason(layer: Subject, u: np.ndarray) -> str:
    """Return why an input breaks a layer, an empty text where it does not."""
    try:
        response = layer.response(u)
        values = {"N(u)": response.y, "its gradient": response.gradient}
        values["N(u) at inference"] = layer.normal(u, False)
    except ERRORS as error:
        return error_of(layer.side, error)
    wrong = [what for what, value in values.items() if not np.isfinite(value).all()]
    return f"{wrong[0]} is not finite" if wrong else ""


def _flat(layer: Subject, u: np.ndarray) -> str:
    """Return that the gradient is zero everywhere, an empty text where it is not."""
    return (
        ""
        if layer.response(u).gradient.any()
        else "its gradient is 0, so that no layer before it would train"
    )


def _after_steps(layer: Subject) -> Iterator[Break]:
    """Yield an error in steps on one batch, or each state that grows in them."""
    names = [v.name for v in layer.built().variables if not v.trainable]
    try:
        states = layer.states(layer.inputs(), STEPS)
    except ERRORS as error:
        yield Break(f"within {STEPS} steps on one batch", error_of(layer.side, error))
        return
    for name, *values in zip(names, *states, strict=True):
        half, last = values[STEPS // 2], values[-1]
        early, late = np.abs(half - values[0]).max(), np.abs(last - half).max()
        is_count = np.array_equal(last - values[-2], np.ones_like(last))
        if not np.isfinite(last).all() or (late > SLOWING * early and late > 0 and not is_count):
            yield Break(
                f"after {STEPS} steps on one batch",
                f"its state {name.removeprefix('layer_')} grows from {_size(values[0])} to {_size(last)}",
            )


def error_of(side: Side, error: BaseException) -> str:
    """Return the error of a class as the end of a sentence."""
    reference = side.reference
    text = failure(reference.path, reference.file, error)
    return text.removeprefix(f"{reference.path} cannot be used: ").rstrip(".")


def _size(values: np.ndarray) -> str:
    return f"{np.abs(values).max():.3g}"
