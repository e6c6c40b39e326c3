"""Two implementations of a normalizer, held against each other on small inputs; nothing is trained.

Numbers are largest differences as a share of the largest value, in float64 unless said.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np

from bnlab.lazy import tf
from bnlab.networks.normalizer import Normalizer
from bnlab.small_networks import FEATURES, SHAPES
from bnlab.study.messages import ERRORS, failure
from bnlab.study.options import parse
from bnlab.study.registry import ClassReference, find
from bnlab.study.sentences import option_problems

USAGE = "Name two classes: bnlab same my_norms.py:RMS keras.layers:RMSNormalization epsilon=1e-3"
CASES: dict[str, tuple[int, ...]] = {**SHAPES, "one row": (1, FEATURES)}
LEAST = 1e-9
"""Largest difference of what is the same in float64."""
OFFSET = 10_000
MOST = 6
"""Largest number of variables whose order is looked for."""


class Side(NamedTuple):
    """A class with its options; ``text`` is what the user typed."""

    text: str
    reference: ClassReference
    options: Mapping[str, Any]

    def built(self, dtype: str = "float64", features: int = FEATURES) -> Normalizer:
        """Return the normalizer, built for so many features."""
        cls: type[Normalizer] = self.reference.load()
        return cls(**self.options).build_for(features, "", dtype)


class Step(NamedTuple):
    """Results of one step in training and of inference after it, by name; those of variables in their order."""

    outputs: dict[str, np.ndarray]
    gradients: list[np.ndarray]
    state: dict[str, np.ndarray]


class Row(NamedTuple):
    """A line of the table: a name, and a number or a remark for each case."""

    name: str
    cells: dict[str, float | str]


def side(words: Sequence[str]) -> Side:
    """Return the class and options of a command line such as ``ln epsilon=1e-5``.

    Raises:
        ValueError: there is no such class or option; the text is a sentence for the user.
    """
    name, *pairs = words
    reference, options = find("normalizer", name), parse(pairs)
    for problem in option_problems((), options, reference.load()):
        raise ValueError(f"{name}: {'.'.join(map(str, problem.key))}: {problem.sentence}")
    return Side(" ".join(words), reference, options)


def step(
    normalizer: Normalizer, values: Sequence[np.ndarray], u: np.ndarray, weights: np.ndarray
) -> Step:
    """Return what a step on u gives; gradients are those of Σ weights·N(u)."""
    trained = [v for v in normalizer.variables if v.trainable]
    for variable, value in zip(trained, values, strict=True):
        variable.bind(tf.constant(value, variable.dtype))
    inputs = [tf.constant(u, normalizer.dtype), *(v.value for v in trained)]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        y = normalizer.normalize(inputs[0], True)
        loss = tf.reduce_sum(tf.cast(weights, y.dtype) * y)
    zero = tf.UnconnectedGradients.ZERO
    by_u, *gradients = (array(g) for g in tape.gradient(loss, inputs, unconnected_gradients=zero))
    state = {v.path: array(v.value) for v in normalizer.variables if not v.trainable}
    inference = normalizer.normalize(tf.constant(u[::-1] + 1, normalizer.dtype), False)
    outputs = {
        "N(u) in training": array(y),
        "gradient by u": by_u,
        "N(u) at inference": array(inference),
    }
    return Step(outputs, gradients, state)


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Return the largest difference as a share of the largest value; inf where infinities or NaN differ."""
    if one.shape != other.shape:
        return float("inf")
    finite = np.isfinite(one) & np.isfinite(other)
    if not np.array_equal(one[~finite], other[~finite], equal_nan=True):
        return float("inf")
    gap = np.abs(one[finite] - other[finite]).max(initial=0)
    size = np.abs(np.stack([one, other]))[:, finite].max(initial=0)
    return float(gap / size) if size else 0.0


class Comparison:
    """Differences of two sides.

    Attributes:
        rows: the table.
        lacking: remarks on what one side has and the other lacks.
        differing: the first difference in float64 of each case that has one, in words.
    """

    def __init__(self, a: Side, b: Side):
        self.sides, self.rows, self.lacking = (a, b), list[Row](), list[str]()
        self.differing: dict[str, str] = {}
        self.places: dict[str, Row] = {}
        shapes = [[v.shape for v in each.built().variables if v.trainable] for each in self.sides]
        self.matched = sorted(shapes[0]) == sorted(shapes[1])
        if not self.matched:
            texts = (", ".join(map(str, each)) or "none" for each in shapes)
            self.lacking.append("trained variables have the shapes {} in A, {} in B".format(*texts))
        self.order = self._order()
        self.known = [case for case in CASES if self._case(case)]
        self._precisions()

    def values(self) -> list[list[np.ndarray]]:
        """Return random values of the variables of both sides, or their starts where they do not match."""
        if not self.matched:
            return [
                [array(v.value) for v in each.built().variables if v.trainable]
                for each in self.sides
            ]
        rng = np.random.default_rng(1)
        shapes = [v.shape for v in self.sides[0].built().variables if v.trainable]
        first = [rng.uniform(0.5, 1.5, shape) for shape in shapes]
        return [first, [first[i] for i in self.order]]

    def _order(self) -> list[int]:
        """Return the number in A of each variable of B: the order by which outputs differ least."""
        own = [[v.shape for v in each.built().variables if v.trainable] for each in self.sides]
        given = list(range(len(own[1])))
        if not self.matched or len(own[0]) > MOST:
            return given

        def distance(order: list[int]) -> float:
            self.order = order
            for shape in CASES.values():
                with suppress(*ERRORS):
                    steps = self._steps(shape)
                    return difference(*(each.outputs["N(u) in training"] for each in steps))
            return 0.0

        orders = [list(order) for order in permutations(given)]
        fitting = [order for order in orders if [own[0][i] for i in order] == own[1]]
        return min(fitting, key=distance)

    def _steps(self, shape: tuple[int, ...]) -> list[Step]:
        u, weights = _inputs(shape)
        pairs = zip(self.sides, self.values(), strict=True)
        return [step(each.built(), values, u, weights) for each, values in pairs]

    def _case(self, case: str) -> bool:
        """Add the differences on inputs of one shape, and return whether both sides take them."""
        u, weights = _inputs(CASES[case])
        steps: list[Step] = []
        for letter, each, values in zip("AB", self.sides, self.values(), strict=True):
            try:
                steps.append(step(each.built(), values, u, weights))
            except ERRORS as error:
                self.lacking.append(f"{case}: {letter}, {_sentence(each, error)}")
        if len(steps) < 2:
            return False
        one, other = steps
        for name, value in one.outputs.items():
            self._add(name, case, value, other.outputs[name])
        names = [[v.path for v in s.built().variables if v.trainable] for s in self.sides]
        if self.matched:
            for j, i in enumerate(self.order):
                name = f"gradient by {_both(names[0][i], names[1][j])}"
                self._add(name, case, one.gradients[i], other.gradients[j])
        for here, there in _pairs(one.state, other.state):
            name = f"{_both(here, there)} after a step"
            self._add(name, case, one.state[here], other.state[there])
        return True

    def _add(self, name: str, case: str, one: np.ndarray, other: np.ndarray) -> None:
        if name not in self.places:
            self.places[name] = Row(name, {})
            self.rows.append(self.places[name])
        gap = self.places[name].cells[case] = difference(one, other)
        if gap > LEAST:
            self.differing.setdefault(case, _place(name, case, one, other))

    def _precisions(self) -> None:
        """Add errors in other types against each side's own float64, and at a large offset."""
        if "rows" not in self.known:
            return
        u, weights = _inputs(CASES["rows"])
        inputs = {"float32": u, f"float32, mean {OFFSET:,}": u / np.std(u) + OFFSET}
        inputs |= {"float16": u, "bfloat16": u}
        for name, x in inputs.items():
            dtype = name.partition(",")[0]
            x = rounded(x, dtype)
            cells: dict[str, float | str] = {}
            for letter, each, values in zip("AB", self.sides, self.values(), strict=True):
                try:
                    exact = step(each.built(), values, x, weights).outputs["N(u) in training"]
                    own = step(each.built(dtype), values, x, weights)
                    cells[letter] = difference(own.outputs["N(u) in training"], exact)
                except ERRORS:
                    cells[letter] = "fails"
            self.rows.append(Row(f"N(u) in {name}", cells))


def lines(found: Comparison) -> Iterator[str]:
    """Yield the table and the closing sentence."""
    for letter, each in zip("AB", found.sides, strict=True):
        yield f"{letter}  {each.text}"
    for columns, title in ((found.known, "largest difference"), (["A", "B"], "error of each side")):
        rows = [row for row in found.rows if set(row.cells) <= set(columns)]
        if rows and columns:
            width = max(len(title), *(len(row.name) for row in rows))
            yield ""
            yield "  ".join([title.ljust(width), *(f"{each:>8}" for each in columns)])
            for row in rows:
                cells = (_cell(row.cells.get(each, "")) for each in columns)
                yield "  ".join([row.name.ljust(width), *(f"{cell:>8}" for cell in cells)])
    yield ""
    yield from found.lacking
    yield verdict(found)


def verdict(found: Comparison) -> str:
    """Return the closing sentence."""
    if not found.known:
        return "No shape of input is one that both take."
    same = [case for case in found.known if case not in found.differing]
    alike = f"They are the same on {', '.join(same)}, to {LEAST:g} of the largest value in float64."
    differ = f"They differ: {next(iter(found.differing.values()), '')}."
    return " ".join(([alike] if same else []) + ([differ] if found.differing else []))


def is_same(found: Comparison) -> bool:
    """Return true where both sides have the same variables and results on all inputs that both take."""
    return bool(found.known) and found.matched and not found.differing


def main(arguments: Sequence[str]) -> None:
    """Compare the two classes on the command line; end with 1 where they differ."""
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # it says of float16 that it has none
    starts = [i for i, word in enumerate(arguments) if "=" not in word]
    if len(starts) != 2 or starts[0]:
        sys.exit(USAGE)
    try:
        sides = [side(arguments[: starts[1]]), side(arguments[starts[1] :])]
    except ValueError as error:
        sys.exit(f"{error}")
    for each in sides:
        try:
            each.built()
        except ERRORS as error:
            sys.exit(_sentence(each, error))
    found = Comparison(*sides)
    print("\n".join(lines(found)))
    sys.exit(not is_same(found))


def _inputs(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return u and the weights of a loss."""
    rng = np.random.default_rng(2)
    return rng.normal(0.5, 2, shape), rng.normal(size=shape)


def _pairs(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> list[tuple[str, str]]:
    """Return the names of state of the same shape on both sides, those that differ least together."""
    left, pairs = dict(other), []
    for name, value in one.items():
        near = {n: difference(value, v) for n, v in left.items() if v.shape == value.shape}
        if near:
            found = min(near, key=lambda n: near[n])
            del left[found]
            pairs.append((name, found))
    return pairs


def array(value: Any) -> np.ndarray:
    """Return a tensor as an array of float64."""
    return np.asarray(tf.cast(value, tf.float64))


def rounded(u: np.ndarray, dtype: str) -> np.ndarray:
    """Return u rounded to another type, as float64."""
    return array(tf.cast(tf.constant(u), dtype))


def _both(one: str, other: str) -> str:
    return one if one == other else f"{one} / {other}"


def _place(name: str, case: str, one: np.ndarray, other: np.ndarray) -> str:
    if one.shape != other.shape:
        return f"{name} on {case} has the shape {one.shape} in A and {other.shape} in B"
    gaps = np.where(np.isfinite(one) & np.isfinite(other), np.abs(one - other), np.inf)
    gaps[np.isnan(one) & np.isnan(other)] = 0
    index = np.unravel_index(np.argmax(gaps), gaps.shape)
    at = f" at {list(map(int, index))}" if index else ""
    return f"{name} on {case}{at} is {one[index]:.6g} in A and {other[index]:.6g} in B"


def _sentence(each: Side, error: BaseException) -> str:
    return failure(each.reference.path, each.reference.file, error)


def _cell(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.0e}" if value else "0"
