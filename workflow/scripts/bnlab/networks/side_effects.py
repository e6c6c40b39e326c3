"""Side effects of calls of a layer: values that it keeps outside of its variables, or draws without a seed.

All replicates would share them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from bnlab.lazy import tf
from bnlab.networks.normalizer import Normalizer

if TYPE_CHECKING:
    import numpy as np

CONTAINERS = (list, tuple, set, frozenset, deque)
TOLERANCE = 1e-6
"""Largest difference of two outputs of one input, as a share of the largest finite value."""
ANOTHER = (
    "it makes another N(u) of the same input and the same variables in another call; make what a call keeps a "
    "variable, and draw random numbers by a seed that is one"
)
"""Sentence on a layer whose calls leave something behind."""


class Held(NamedTuple):
    """A number, tensor or array, and its text before a call may write to it; a tensor of TensorFlow has none."""

    value: Any
    text: str


def attributes(parts: Iterable[tuple[str, Any]], but: Iterable[str] = ()) -> dict[str, list[Held]]:
    """Return the numbers, tensors and arrays that a layer and its parts have as attributes, by name.

    Those within lists, tuples, sets and mappings count too, and variables, objects with a ``value``, do not.

    Args:
        parts: objects with their names.
        but: names of attributes that the library itself sets.
    """
    every = {
        f"{path}.{name}" if path else name: [
            _held(leaf) for leaf in _leaves(value) if _is_value(leaf)
        ]
        for path, part in parts
        for name, value in vars(part).items()
        if name not in but
    }
    return {name: values for name, values in every.items() if values}


def changed(before: Mapping[str, list[Held]], after: Mapping[str, list[Held]]) -> list[str]:
    """Return the names of attributes whose numbers or tensors are others, but no new ones without a tensor."""
    return [
        name
        for name, values in after.items()
        if name in before or any(tf.is_tensor(each.value) for each in values)
        if not _same(before.get(name, []), values)
    ]


def check(make: Callable[[], Normalizer], u: np.ndarray, other: np.ndarray) -> None:
    """Compare N(u) of a new layer with that of one that has seen another input, from the same variables.

    Raises:
        ValueError: they differ, since a call leaves something behind or draws random numbers of its own.
    """
    first, second = make(), make()
    starts = [variable.value for variable in first.variables]
    expected = first.normalize(tf.constant(u, first.dtype), True)
    second.normalize(tf.constant(other, second.dtype), True)
    for variable, start in zip(second.variables, starts, strict=True):
        variable.bind(start)
    y = second.normalize(tf.constant(u, second.dtype), True)
    finite = tf.where(tf.math.is_finite(expected), expected, tf.zeros_like(expected))
    far = tf.abs(y - expected) > TOLERANCE * tf.reduce_max(tf.abs(finite))
    if bool(tf.reduce_any(far)):
        raise ValueError(ANOTHER)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, CONTAINERS):
        for each in value:
            yield from _leaves(each)
    else:
        yield value


def _is_value(leaf: Any) -> bool:
    is_array = hasattr(leaf, "dtype") and hasattr(leaf, "shape") and not hasattr(leaf, "value")
    return is_array or isinstance(leaf, int | float)


def _held(leaf: Any) -> Held:
    return Held(leaf, "" if tf.is_tensor(leaf) else repr(leaf))


def _same(before: list[Held], after: list[Held]) -> bool:
    if len(before) != len(after):
        return False
    return all(_is_same(*pair) for pair in zip(before, after, strict=True))


def _is_same(one: Held, other: Held) -> bool:
    if tf.is_tensor(other.value):
        return one.value is other.value
    return one.text == other.text
