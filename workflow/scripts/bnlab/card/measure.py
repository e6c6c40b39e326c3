"""Measurement of a card."""

from __future__ import annotations

import platform
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from itertools import pairwise
from math import isfinite, isnan

import numpy as np

import bnlab
from bnlab.card import damage
from bnlab.card.outcomes import Trained
from bnlab.card.plan import plan, scale, settings_of
from bnlab.card.properties import MEASURES, Measure
from bnlab.card.subject import INPUTS, Subject
from bnlab.card.training import outcomes, trained
from bnlab.lazy import tf
from bnlab.networks.block import Method
from bnlab.provenance import hardware
from bnlab.same import Side
from bnlab.study.card import Card, Property, Value
from bnlab.study.messages import ERRORS, failure

PROPERTIES = "properties"
OF_PROPERTIES = 4
"""Seconds that properties take, on the scale of ``seconds`` in the plan."""
OUTSIDE_XLA = 7
"""Factor of the seconds of trainings with a layer that XLA does not compile."""
PACKAGES = ("numpy", "keras", "torch", "jax", "flax", "dm-haiku", "equinox")


def card(side: Side, size: str, progress: Callable[[float, str], None]) -> Card:
    """Return the card of a class.

    Args:
        side: the class with its options.
        size: the trainings beside the properties, ``full`` or ``quick`` ones, or ``properties`` alone.
        progress: called with the share of the time that is spent, and with what comes next.

    Raises:
        ValueError: it can be used on no kind of input; the text is a sentence for the user.
    """
    layers, refused = _layers(side)
    keys = [] if size == PROPERTIES else _fitting(size, layers)
    factor = 1 if side.reference.load().xla else OUTSIDE_XLA
    costs = [OF_PROPERTIES, *(factor * plan()["settings"][key]["seconds"] for key in keys)]
    ends = (np.cumsum(costs) / sum(costs)).tolist()
    properties = []
    for number, measure in enumerate(MEASURES):
        progress(ends[0] * number / (len(MEASURES) + 1), "properties")
        properties.append(_property(measure, layers))
    progress(ends[0] * len(MEASURES) / (len(MEASURES) + 1), "inputs that may break it")
    found = damage.sentences(layers)
    own, stops = _trainings(side, keys, ends, progress)
    found += _stops(stops)
    return Card(
        version=1,
        layer=side.text.split()[0],
        options=dict(side.options),
        date=datetime.now(UTC).date().isoformat(),
        versions=_versions(side),
        processor=hardware()["processor"],
        inputs={kind: list(layer.shape) for kind, layer in layers.items()},
        refused=refused,
        properties=properties,
        scale=scale(keys) if keys else "",
        trainings=outcomes(size, own, stops) if keys else [],
        breaks=[f"{side.text} {text}." for text in found],
    )


def _trainings(
    side: Side, keys: Sequence[str], ends: Sequence[float], progress: Callable[[float, str], None]
) -> tuple[dict[str, Trained], dict[str, str]]:
    """Train in these settings, between such shares of the time.

    Returns:
        The outcome in each setting, and the error in each in which the layer stops.
    """
    own, stops = dict[str, Trained](), dict[str, str]()
    method = Method(normalizer=side.reference.load(), options=side.options)
    for key, (start, end) in zip(keys, pairwise(ends), strict=True):
        setting = plan()["settings"][key]
        shares = iter(np.linspace(start, end, len(setting["rates"]) + 1))

        def step(shares: Iterator[float] = shares, title: str = setting["title"]) -> None:
            progress(float(next(shares)), title)

        step()
        try:
            own[key] = trained(setting, method, step)
        except ERRORS as error:
            stops[key] = damage.error_of(side, error)
    return own, stops


def _stops(errors: Mapping[str, str]) -> Iterator[str]:
    """Yield the end of a sentence for each error that stops trainings, with the settings in which it does."""
    for error in dict.fromkeys(errors.values()):
        titles = [plan()["settings"][key]["title"] for key in errors if errors[key] == error]
        yield f"stops in training ({'; '.join(titles)}): {error}"


def _layers(side: Side) -> tuple[dict[str, Subject], dict[str, str]]:
    """Return the layer on each kind of input that it takes, and the error on each other.

    Raises:
        ValueError: it takes none, or takes too long.
    """
    layers, refused = {}, {}
    for kind, shape in INPUTS.items():
        layer = Subject(side, shape)
        try:
            damage.check(layer)
            layers[kind] = layer
        except ERRORS as error:
            refused[kind] = failure(side.reference.path, side.reference.file, error)
        except damage.Timeout as error:
            raise ValueError(failure(side.reference.path, side.reference.file, error)) from None
    if not layers:
        raise ValueError(next(iter(refused.values())))
    return layers, refused


def _fitting(size: str, layers: Collection[str]) -> list[str]:
    """Return the settings of a card whose inputs a layer takes."""
    return [key for key in settings_of(size) if plan()["settings"][key]["inputs"] in layers]


def _property(measure: Measure, layers: dict[str, Subject]) -> Property:
    return Property(
        key=measure.key,
        under=measure.under,
        title=measure.title,
        formula=measure.formula,
        unit=measure.unit,
        values={kind: _value(measure, layer) for kind, layer in layers.items()},
    )


def _value(measure: Measure, layer: Subject) -> Value:
    """Return the value of a property; a layer may raise an error on inputs such as one row."""
    try:
        value = measure.function(layer)
    except ERRORS:
        return "error"
    if isinstance(value, float) and not isfinite(value):
        return "NaN" if isnan(value) else "inf"
    return value


def _versions(side: Side) -> dict[str, str]:
    own = packages_distributions().get(side.reference.module.partition(".")[0], [])
    versions = {"bnlab": bnlab.__version__, "python": platform.python_version()}
    versions["tensorflow"] = tf.__version__
    for package in dict.fromkeys([*PACKAGES, *own]):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions
