"""The picture of the first screen as inline SVG: lines with bands, bars of good learning rates, and direct labels.

Colours come from the page's style by a class for each method, so that the picture follows light and dark.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Collection, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from markupsafe import Markup

from bnlab.analysis.statistics import FEWEST
from bnlab.page.phrases import listed, written_out
from bnlab.page.style import css_name, dash_array, marker_path

Scale = Callable[[float], float]

LETTER, LINE = 7.0, 13.0
"""Width of a letter and height of a line of labels, in units of the viewBox."""
LEFT, RIGHT, TOP, BAR = 34, 6, 8, 14
BOTTOM = 122
"""Place of the horizontal axis."""
BELOW = BOTTOM + 48
"""Place of the first bar, or name, below the axis and its title."""
STROKE, SIZE = 1.6, 0.72
"""Width of a line, and the size of its markers."""
APART = 14.0
"""Distance from all other lines at which a line is told apart by a label."""
WORDS = ("", "", "two", "three", "four", "five", "six")


class Point(NamedTuple):
    """Accuracy in percent at one value of x, its 95 % interval, and the number of runs."""

    x: float
    mean: float
    low: float
    high: float
    runs: int


class Line(NamedTuple):
    """A method's points, in the order of x."""

    method: str
    label: str
    points: list[Point]


class Bar(NamedTuple):
    """A method's range of good values of x, and its width in words."""

    method: str
    label: str
    low: float
    high: float
    text: str


class Box(NamedTuple):
    """A rectangle of a label, in units of the viewBox."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, x: float, y: float) -> bool:
        """Return true where a point lies in the box or within a few units of it."""
        return self.left - 3 < x < self.right + 3 and self.top - 2 < y < self.bottom + 2

    def overlaps(self, other: Box) -> bool:
        """Return true where two boxes share a point."""
        apart = self.right < other.left or other.right < self.left
        return not (apart or self.bottom < other.top or other.bottom < self.top)


class Label(NamedTuple):
    """A label of one line, or of several lines that lie together; its method is None."""

    method: str | None
    text: str
    box: Box


def panel(
    lines: Sequence[Line],
    on: str,
    width: int,
    axis: str,
    ticks: Sequence[float],
    bars: Sequence[Bar] = (),
    named: Collection[str] = (),
) -> Markup:
    """Draw accuracies from 0 to 100 % over a logarithmic axis.

    A point of fewer than ``FEWEST`` runs has a marker alone, and breaks its line and band. With bars, these carry the
    names of methods; else lines do.

    Args:
        lines: a line for each method.
        on: label of the data.
        width: width of the viewBox.
        axis: title of the axis.
        ticks: values of x with a number.
        bars: ranges of x below the axis.
        named: methods that the bars of another panel name; others have a line below the axis if no label has room.
    """
    xs = [point.x for line in lines for point in line.points]
    ends = [*xs, *(end for bar in bars for end in (bar.low, bar.high))]
    x, y = _logarithmic(min(ends), max(ends), LEFT + 6, width - RIGHT - 6), _percent
    parts = [
        _axes(axis, ticks, x, width),
        *(draw(line, x, y) for draw in (_band, _curve) for line in lines),
    ]
    below: list[str] = []
    for bar in bars:
        below += _bar(bar, x, BELOW + BAR * len(below), width)
    if not bars:
        placed = labels(lines, x, y, width)
        labelled = {label.method for label in placed} | set(named)
        rest = [line for line in lines if line.method not in labelled]
        below = [_key(line, BELOW + BAR * row) for row, line in enumerate(rest)]
        parts += [_label(label) for label in placed if label.method or not rest]
    height = BELOW + (BAR * len(below) - 5 if below else -12)
    parts += below
    describe = html.escape(description(lines, on, axis, bars))
    return Markup(
        f'<svg class="hero" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="{describe}">'
        f"{''.join(parts)}</svg>"
    )


def _axes(title: str, ticks: Sequence[float], x: Scale, width: int) -> str:
    """Draw grid and numbers from 0 to 100 %, and the horizontal axis with its ticks and title."""
    levels = [(value, _percent(value)) for value in range(0, 101, 25)]
    return "".join(
        [
            *(f'<path class="grid" d="M{LEFT} {y:.1f}H{width - RIGHT}"/>' for _, y in levels),
            *(_text("end", LEFT - 5, y + 4, f"{value}") for value, y in levels),
            *(f'<path class="axis" d="M{x(tick):.1f} {BOTTOM}v4"/>' for tick in ticks),
            *(_text("mid", x(tick), BOTTOM + 16, written_out(tick)) for tick in ticks),
            f'<path class="axis" d="M{LEFT} {BOTTOM}H{width - RIGHT}"/>',
            _text("mid", (LEFT + width - RIGHT) / 2, BOTTOM + 31, title),
        ]
    )


def description(lines: Sequence[Line], on: str, axis: str, bars: Sequence[Bar]) -> str:
    """Return the picture in words: the highest accuracy of each method, and its range of good values."""
    best = [f"{line.label} {max(point.mean for point in line.points):.1f} %" for line in lines]
    text = f"Test accuracy on {on} by {axis}. Highest: {listed(best)}."
    ranges = [f"{b.label} {written_out(b.low, 2)} to {written_out(b.high, 2)}" for b in bars]
    return f"{text} Within a point of it: {listed(ranges)}." if ranges else text


def labels(lines: Sequence[Line], x: Scale, y: Scale, width: int) -> list[Label]:
    """Return a label for each line that leaves the others somewhere, and one for the rest.

    It stands where its line is farthest from the others, and on no line.
    """
    paths = {line.label: _path(line, x, y) for line in lines}
    placed: list[Label] = []
    for line in lines:
        others = [path for name, path in paths.items() if name != line.label]
        box = _place(line.label, paths[line.label], others, list(paths.values()), placed, width)
        if box:
            placed.append(Label(line.method, line.label, box))
    rest = [line for line in lines if line.method not in {label.method for label in placed}]
    if not rest:
        return placed
    together = f"the other {WORDS[len(rest)]}" if placed and len(rest) > 1 else ""
    text = together or listed([line.label for line in rest])
    others = [paths[label.text] for label in placed]
    box = _place(
        text, paths[rest[0].label], others, list(paths.values()), placed, width, is_rest=True
    )
    return placed + ([Label(None if len(rest) > 1 else rest[0].method, text, box)] if box else [])


def _place(
    text: str,
    path: Sequence[tuple[float, float]],
    others: Sequence[Sequence[tuple[float, float]]],
    every: Sequence[Sequence[tuple[float, float]]],
    placed: Sequence[Label],
    width: int,
    is_rest: bool = False,
) -> Box | None:
    """Return the box of a label beside the point of a path that is farthest from others; None without room.

    One line must be ``APART`` from all others there. The label of the rest stands as near to its path as it can.
    """
    fitting = []
    for at, down in path:
        beside = [abs(down - there) for other in others for x, there in other if abs(x - at) < 3]
        apart = min(beside, default=99.0)
        if apart <= APART and not is_rest:
            continue
        for rank, box in enumerate(_boxes(text, at, down)):
            inside = box.left > LEFT and box.right < width and box.top > TOP - 4
            free = (
                inside
                and box.bottom < BOTTOM - 2
                and not any(box.overlaps(other.box) for other in placed)
            )
            if free and not any(box.meets(*point) for other in every for point in other):
                fitting.append(((-rank, apart) if is_rest else (apart, -rank), box))
    return max(fitting)[1] if fitting else None


def _boxes(text: str, x: float, y: float) -> list[Box]:
    wide = LETTER * len(text)
    beside = (y - LINE / 2, y + 1, y - 1 - LINE)
    corners = [
        *((x + 7, top) for top in beside),
        *((x - 7 - wide, top) for top in beside),
        *(
            (left, y + below)
            for below in (7, 12, 18, 26)
            for left in (x - wide / 2, x - 4, x + 4 - wide)
        ),
        (x - wide / 2, y - 7 - LINE),
    ]
    return [Box(left, top, left + wide, top + LINE) for left, top in corners]


def _path(line: Line, x: Scale, y: Scale) -> list[tuple[float, float]]:
    """Return points of a line as it is drawn: its markers, and points two units apart between those that it joins."""
    path = [(x(point.x), y(point.mean)) for point in line.points]
    for piece in _pieces(line.points, lambda p: p.runs >= FEWEST):
        ends = [(x(point.x), y(point.mean)) for point in piece]
        for (x0, y0), (x1, y1) in pairwise(ends):
            steps = max(1, math.ceil(math.hypot(x1 - x0, y1 - y0) / 2))
            path += [
                (x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps) for i in range(1, steps)
            ]
    return sorted(path)


def _pieces(points: Sequence[Point], drawn: Callable[[Point], bool]) -> list[list[Point]]:
    """Return the pieces of two or more neighbours that are all drawn."""
    pieces = [list(piece) for is_drawn, piece in groupby(points, drawn) if is_drawn]
    return [piece for piece in pieces if len(piece) > 1]


def _label(label: Label) -> str:
    at = label.box.left, label.box.bottom - 3, label.text
    return _inked(label.method, _text("name", *at)) if label.method else _text("", *at)


def _band(line: Line, x: Scale, y: Scale) -> str:
    bands = ""
    for piece in _pieces(line.points, lambda p: p.runs >= FEWEST and math.isfinite(p.low + p.high)):
        upper = [f"{x(p.x):.1f} {y(min(p.high, 100)):.1f}" for p in piece]
        lower = [f"{x(p.x):.1f} {y(max(p.low, 0)):.1f}" for p in reversed(piece)]
        bands += f"M{'L'.join([*upper, *lower])}z"
    return _inked(line.method, f'<path class="band" d="{bands}"/>') if bands else ""


def _curve(line: Line, x: Scale, y: Scale) -> str:
    pieces = [
        "M" + "L".join(f"{x(p.x):.1f} {y(p.mean):.1f}" for p in piece)
        for piece in _pieces(line.points, lambda p: p.runs >= FEWEST)
    ]
    dashes = dash_array(line.method, STROKE)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    curve = f'<path class="line" d="{"".join(pieces)}"{dashed}/>' if pieces else ""
    marks = "".join(_mark(line.method, x(p.x), y(p.mean)) for p in line.points)
    return _inked(line.method, curve + marks)


def _bar(bar: Bar, x: Scale, y: float, width: int) -> list[str]:
    """Draw a bar between its name and its width in words, else both beside it; without room they are above it."""
    low, high = x(bar.low), x(bar.high)
    left, right = ("end", low - 9), ("", high + 9)
    room = {left: low - 9, right: width - high - 9}

    def fits(side: tuple[str, float], words: str) -> bool:
        return room[side] > LETTER * len(words)

    def beside(named: tuple[str, float], words: str) -> str:
        return _range(bar, x, y) + _text(f"name {named[0]}", named[1], y + 4, words)

    for name, text in ((left, right), (right, left)):
        if fits(name, bar.label) and fits(text, bar.text):
            words = _text(*text, y + 4, bar.text)
            return [_inked(bar.method, beside(name, bar.label) + words)]
    both = f"{bar.label} {bar.text}"
    for side in (left, right):
        if fits(side, both):
            return [_inked(bar.method, beside(side, both))]
    half = LETTER * len(both) / 2
    middle = max(half, min((low + high) / 2, width - half))
    above = _inked(bar.method, _text("name mid", middle, y + 4, both))
    return [above, _inked(bar.method, _range(bar, x, y + BAR))]


def _range(bar: Bar, x: Scale, y: float) -> str:
    low, high = x(bar.low), x(bar.high)
    line = f'<path class="range" d="M{low:.1f} {y}H{high:.1f}"/>'
    return line + _mark(bar.method, low, y) + _mark(bar.method, high, y)


def _key(line: Line, y: float) -> str:
    return _inked(
        line.method, _mark(line.method, LEFT + 10, y) + _text("name", LEFT + 20, y + 4, line.label)
    )


def _inked(method: str, parts: str) -> str:
    """Return parts in the colour of a method."""
    return f'<g class="curve" color="var(--m-{css_name(method)})">{parts}</g>'


def _mark(method: str, x: float, y: float) -> str:
    mark = marker_path(method)
    name = "mark" if mark.filled else "mark open"
    return f'<path class="{name}" transform="translate({x:.1f} {y:.1f}) scale({SIZE})" d="{mark.path}"/>'


def _text(name: str, x: float, y: float, text: str) -> str:
    return f'<text class="{name}" x="{x:.1f}" y="{y:.1f}">{html.escape(text)}</text>'


def _logarithmic(low: float, high: float, start: float, end: float) -> Scale:
    wide = math.log(high / low) or 1.0
    return lambda value: start + math.log(value / low) / wide * (end - start)


def _percent(value: float) -> float:
    return TOP + (BOTTOM - TOP) * (1 - value / 100)
