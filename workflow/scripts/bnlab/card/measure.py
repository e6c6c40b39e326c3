"""Measurement of a card."""

from __future__ import annotations

import platform
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from math import isfinite, isnan

import bnlab
from bnlab.card import damage
from bnlab.card.properties import MEASURES, Measure
from bnlab.card.subject import INPUTS, Subject
from bnlab.card.training import trainings
from bnlab.lazy import tf
from bnlab.same import Side
from bnlab.study.card import Card, Property, Value
from bnlab.study.messages import failure

OF_PROPERTIES = 0.3
"""Share of the time that properties take beside trainings."""
PACKAGES = ("numpy", "keras", "torch")


def card(side: Side, progress: Callable[[float], None], *, trains: bool = False) -> Card:
    """Return the card of a class.

    Args:
        side: the class with its options.
        trains: adds quick trainings, of a layer that takes rows.
        progress: called with the share that is done.

    Raises:
        ValueError: it can be used on no kind of input; the text is a sentence for the user.
    """
    layers, refused = {}, {}
    for kind, shape in INPUTS.items():
        layer = Subject(side, shape)
        try:
            damage.check(layer)
            layers[kind] = layer
        except Exception as error:
            refused[kind] = failure(side.reference.path, side.reference.file, error)
    if not layers:
        raise ValueError(next(iter(refused.values())))
    trains = trains and "rows" in layers
    part = OF_PROPERTIES if trains else 1.0
    properties = []
    for number, measure in enumerate(MEASURES):
        progress(part * number / (len(MEASURES) + 1))
        properties.append(_property(measure, layers))
    progress(part * len(MEASURES) / (len(MEASURES) + 1))
    found = [text for kind, layer in layers.items() for text in damage.breaks(layer, kind)]
    trained = []
    if trains:
        try:
            trained = trainings(side, lambda share: progress(part + (1 - part) * share))
        except Exception as error:
            text = failure(side.reference.path, side.reference.file, error)
            found.append(f"stops in training: {text}")
    return Card(
        version=1,
        layer=side.text.split()[0],
        options=dict(side.options),
        date=datetime.now(UTC).date().isoformat(),
        versions=_versions(side),
        inputs={kind: list(layer.shape) for kind, layer in layers.items()},
        refused=refused,
        properties=properties,
        trainings=trained,
        breaks=[f"{side.text} {text}." for text in found],
    )


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
    except Exception:
        return "error"
    if isinstance(value, float) and not isfinite(value):
        return "NaN" if isnan(value) else "inf"
    return value


def _versions(side: Side) -> dict[str, str]:
    own = [side.reference.module.partition(".")[0]] if side.reference.module else []
    versions = {"bnlab": bnlab.__version__, "python": platform.python_version()}
    versions["tensorflow"] = tf.__version__
    for package in dict.fromkeys([*PACKAGES, *own]):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions
