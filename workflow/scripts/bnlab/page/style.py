"""Style of figures: sizes, fonts, and the colour, marker and line of each method, the same in all figures."""

from __future__ import annotations

import io
import re
import textwrap
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.markers import MarkerStyle
from matplotlib.path import Path as Outline
from matplotlib.ticker import FuncFormatter, LogFormatter, MaxNLocator, NullFormatter, NullLocator
from matplotlib.transforms import Affine2D

from bnlab.files import save_bytes, save_text
from bnlab.page.vectors import compact, with_dark
from bnlab.study.experiments import experiments
from bnlab.study.styles import Dash, Hue

WIDTH = 7.2
RESOLUTION = 200
INK = "#1b1e23"
STYLE: Any = {
    "font.size": 9,
    "font.family": "DejaVu Sans",
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "figure.titlesize": 8,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#444444",
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "lines.linewidth": 1.5,
    "lines.markersize": 5,
    "lines.solid_capstyle": "round",
    "patch.edgecolor": "white",
    "patch.force_edgecolor": True,
    "svg.fonttype": "none",  # text as text
    "text.parse_math": False,  # what users write is no mathematics
    "svg.hashsalt": "bnlab",
    "figure.facecolor": "white",
}
NONE_LEFT, NOTHING_POSITIVE = "no replicate left", "nothing above 0"
FEWEST_PLAIN, MOST_PLAIN = 1e-4, 1e5
"""Ends of a log axis within which its powers of ten are written out."""
FEW_TICKS = 200
"""Ratio of the ends of a log axis below which numbers between powers of ten are written, too."""
LONGEST, LINE = 36, 28
"""Letters of a label up to which it stands in one line, and letters of a line of a longer one."""
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
"""Digits and the sign of an exponent, raised."""
SIDE = 4.5
"""Half the side of a marker in SVG, which leaves half a unit for its edge."""
PATH_LETTERS: dict[Any, str] = {
    Outline.MOVETO: "M",
    Outline.LINETO: "L",
    Outline.CURVE3: "Q",
    Outline.CURVE4: "C",
    Outline.CLOSEPOLY: "Z",
}


class Shade(NamedTuple):
    """A colour on white and on the dark page."""

    light: str
    dark: str


SOFT = Shade("#575c64", "#a5adb8")
"""Colour of the line on data and recipe."""
HUES: dict[Hue, Shade] = {
    "black": Shade("#1b1e23", "#e8edf3"),
    "blue": Shade("#2953f1", "#3b89fc"),
    "orange": Shade("#cc3603", "#d3723e"),
    "teal": Shade("#045959", "#45e2dd"),
    "violet": Shade("#8c53b3", "#c58afd"),
    "rose": Shade("#9e4c68", "#fa9482"),
    "brown": Shade("#6d4c00", "#f3fe97"),
    "olive": Shade("#373700", "#fbc31c"),
    "purple": Shade("#5b0077", "#ff46ac"),
}
"""Hues of methods: any two are 0.10 apart in OKLab, for deuteranopes too, and text in each has a contrast of 4.5."""
DASHES: dict[Dash, tuple[float, ...]] = {
    "solid": (),
    "dotted": (1, 1.3),
    "dashed": (5, 2),
    "short_dashed": (3.2, 1.6),
    "shorter_dashed": (2.2, 1.4),
    "long_dashed": (9, 1.8),
    "dash_dot": (6, 1.5, 1, 1.5),
    "dash_dot_dot": (6, 1.5, 1, 1.5, 1, 1.5),
    "dot_dash": (2.5, 1.2, 1, 1.2),
}
"""Lengths of dashes and of the gaps between them, in widths of the line."""


class MethodStyle(NamedTuple):
    """Hue, marker and dash of a method; ``open`` is a marker filled with the ground."""

    hue: Hue
    marker: str
    dash: Dash
    open: bool = False

    @property
    def color(self) -> str:
        """Colour on white."""
        return HUES[self.hue].light

    @property
    def line(self) -> Any:
        """Dashes as Matplotlib takes them."""
        return (0, DASHES[self.dash]) if DASHES[self.dash] else "-"

    @property
    def marks(self) -> dict[str, Any]:
        """Marker with its face and edge, as ``Axes.plot`` takes them."""
        face, edge = ("white", self.color) if self.open else (self.color, "white")
        width = 1.1 if self.open else 0.3
        marks = {"marker": self.marker, "markeredgewidth": width}
        return {**marks, "markerfacecolor": face, "markeredgecolor": edge}


STYLES: dict[str, MethodStyle] = {
    "base": MethodStyle("black", "X", "dotted"),
    "bn": MethodStyle("blue", "o", "solid"),
    "ln": MethodStyle("orange", "s", "dash_dot"),
    "ws": MethodStyle("teal", "^", "dash_dot_dot"),
    "gn": MethodStyle("brown", "D", "long_dashed"),
    "renorm": MethodStyle("purple", "v", "dot_dash"),
    "ws_bn": MethodStyle("violet", "o", "dashed", open=True),
    "ws_ln": MethodStyle("rose", "s", "short_dashed", open=True),
    "ws_gn": MethodStyle("olive", "D", "shorter_dashed", open=True),
    "ws_scaled": MethodStyle("olive", "^", "shorter_dashed", open=True),
}
"""Styles of methods in all figures; weight standardization with another method is that one's marker, open, dashed."""
OTHER_HUES = tuple(hue for hue in HUES if hue not in ("black", "blue"))
OTHER_MARKERS = ("*", "h", "<", ">", "p", "P", "d", "8")
OTHER_DASHES: tuple[Dash, ...] = ("dotted", "dash_dot", "long_dashed", "dot_dash")


_assigned: ContextVar[Mapping[str, MethodStyle]] = ContextVar(
    "assigned", default=MappingProxyType({})
)


@contextmanager
def told_apart(methods: Iterable[str]) -> Iterator[None]:
    """Within it, ``method_style`` has another style for each of these methods, those of a study."""
    token = _assigned.set(assigned(methods))
    try:
        yield
    finally:
        _assigned.reset(token)


def assigned(methods: Iterable[str]) -> dict[str, MethodStyle]:
    """Return the styles of methods: declared ones, and for each other one the first free one from its hash on.

    No two share hue and marker, or hue and dash, as long as there are enough; hues and markers that fewer have come
    first. A method that is added at the end changes none before it.
    """
    names = list(methods)
    styles = {name: style for name in names if (style := _declared(name))}
    for name in names:
        if name not in styles:
            taken = list(styles.values())
            styles[name] = min(_from(name), key=lambda style: _likeness(style, taken))  # noqa: B023
    return styles


def _likeness(style: MethodStyle, taken: Sequence[MethodStyle]) -> tuple[int, int, int]:
    same_hue = [other for other in taken if other.hue == style.hue]
    alike = sum(other.marker == style.marker or other.dash == style.dash for other in same_hue)
    return alike, len(same_hue), sum(other.marker == style.marker for other in taken)


def _from(method: str) -> list[MethodStyle]:
    """Return the styles that are not declared, beginning with the one of a method's hash."""
    every = [
        MethodStyle(hue, marker, dash)
        for dash in OTHER_DASHES
        for marker in OTHER_MARKERS
        for hue in OTHER_HUES
    ]
    start = zlib.crc32(method.encode()) % len(every)
    return every[start:] + every[:start]


def is_declared(method: str) -> bool:
    """Return true for a method that the page or an experiment gives a style."""
    return _declared(method) is not None


def _declared(method: str) -> MethodStyle | None:
    if method in STYLES:
        return STYLES[method]
    for experiment in experiments().values():
        if own := experiment.styles.get(method):
            return MethodStyle(own.color, own.marker, own.dash, own.open)
    return None


def method_style(method: str) -> MethodStyle:
    """Return the style of a method: its own, else its experiment's, else that of ``told_apart`` or of its hash."""
    return _declared(method) or _assigned.get().get(method) or _from(method)[0]


class Mark(NamedTuple):
    """A marker as the ``d`` of an SVG path within −5 to 5, and whether it is filled with its colour."""

    path: str
    filled: bool


def marker_path(method: str) -> Mark:
    """Return a method's marker for SVG, from the same path that Matplotlib draws."""
    style = method_style(method)
    marker = MarkerStyle(style.marker)
    path = marker.get_path().transformed(marker.get_transform())
    path = path.transformed(Affine2D().scale(SIDE / np.abs(path.vertices).max()))
    parts = [PATH_LETTERS[code] + _numbers(code, ends) for ends, code in path.iter_segments()]
    return Mark("".join(parts), not style.open)


def _numbers(code: Any, ends: Any) -> str:
    """Return the points of a path's segment as text; y points downwards in SVG."""
    if code == Outline.CLOSEPOLY:
        return ""
    return ",".join(f"{round(v, 2) + 0:g}" for v in (ends.reshape(-1, 2) * [1, -1]).flat)


def dash_array(method: str, width: float) -> str:
    """Return a method's dashes as the ``stroke-dasharray`` of an SVG line of a width; empty for a solid line."""
    return " ".join(f"{length * width:g}" for length in DASHES[method_style(method).dash])


def css_name(method: str) -> str:
    """Return a method's name as part of a name in CSS, another one for each: ``gn.4`` is ``gn-2e-4``.

    The code of a letter that CSS does not take stands between dashes, and so does that of a dash.
    """
    return re.sub(r"[^a-z0-9_]", lambda letter: f"-{ord(letter[0]):x}-", method)


def css_colors(methods: Iterable[str], dark: bool = False) -> str:
    """Return ``--m-<name>: <colour>;`` of methods, on white or on the dark page."""
    shades = {css_name(method): HUES[method_style(method).hue] for method in methods}
    return " ".join(f"--m-{name}: {shade[dark]};" for name, shade in shades.items())


def draw(function: Callable[[pd.DataFrame], Figure], table: pd.DataFrame) -> Figure:
    """Draw a figure from its table. Its title stands outside the picture; a small line names data and recipe."""
    with mpl.rc_context(STYLE):
        figure = no_figure() if table.empty else function(with_short_lines(table))
        log_axes = [
            axis
            for axes in figure.axes
            for axis in (axes.xaxis, axes.yaxis)
            if axis.get_scale() == "log"
        ]
        for axis in log_axes:
            (plain_ticks if _has_positive(axis) else _say_why_empty)(axis)
        for _ in range(2):  # the second time with labels in their new places
            figure.draw_without_rendering()
        figure.set_layout_engine("none")
    return figure


def with_short_lines(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which long labels of methods are in lines, so that they leave room for what is drawn."""
    if "method_label" not in table:
        return table
    return table.assign(method_label=table["method_label"].map(lambda label: in_lines(str(label))))


def in_lines(text: str, longest: int = LONGEST, width: int = LINE) -> str:
    """Return a text of up to ``longest`` letters as it is, a longer one in lines; none is longer than three lines."""
    text = " ".join(text.split())
    if len(text) <= longest:
        return text
    if len(text) > 3 * width:
        text = f"{text[: 2 * width - 8]}… {text[-width + 4 :]}"
    return "\n".join(textwrap.wrap(text, width))


def no_figure() -> Figure:
    """Return a figure that says that no replicate is left."""
    figure = Figure(figsize=(WIDTH, 0.5))
    figure.text(0.01, 0.5, NONE_LEFT, va="center")
    return figure


def _has_positive(axis: Any) -> bool:
    """Return true where a log axis, or one that shares its scale, has something to show."""
    shared = getattr(axis.axes, f"get_shared_{axis.axis_name}_axes")().get_siblings(axis.axes)
    return any(np.isfinite(getattr(each, f"{axis.axis_name}axis").get_minpos()) for each in shared)


def _say_why_empty(axis: Any) -> None:
    """Take the scale from a log axis without anything to show, which Matplotlib cannot draw, and say why."""
    axes = axis.axes
    axes.set(**{f"{axis.axis_name}scale": "linear"})
    axis.set_ticks([])
    drawn = [line for line in axes.lines if line.get_transform() == axes.transData]
    known = [np.isfinite(line.get_xydata().astype(float)).all(axis=1).any() for line in drawn]
    if not axes.texts:  # else it says why itself
        why = NOTHING_POSITIVE if any(known) else NONE_LEFT
        axes.text(0.5, 0.5, why, transform=axes.transAxes, ha="center", va="center")


def plain_ticks(axis: Axis) -> None:
    """Write plain numbers on a log axis: at powers of ten, 2 and 5 between them, and all where it spans little.

    Where fewer than two of these lie on it, its ticks are at equal distances.
    """
    low, high = sorted(axis.get_view_interval())
    leads = (2, 5) if high / low > 4 else range(2, 10)

    def label(value: float, _: Any) -> str:
        lead = round(value / 10 ** np.floor(np.log10(value)), 6)
        return f"{value:g}" if lead in leads else ""

    if isinstance(axis.get_major_formatter(), LogFormatter):
        powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
        written = [lead * power for power in powers for lead in (1, *leads)]
        if sum(low <= value <= high for value in written) < 2:
            axis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
            axis.set_minor_locator(NullLocator())
        is_plain = low >= FEWEST_PLAIN and high <= MOST_PLAIN
        axis.set_major_formatter(
            FuncFormatter(lambda value, _: f"{value:g}" if is_plain else power_of_ten(value))
        )
        axis.set_minor_formatter(
            FuncFormatter(label) if high / low < FEW_TICKS else NullFormatter()
        )


def power_of_ten(value: float) -> str:
    """Return a power of ten as text, ``10⁻⁵``; another number as it is printed, ``2e-05``."""
    exponent = round(float(np.log10(value)))
    is_power = np.isclose(value, 10.0**exponent, 1e-9, 0)
    return f"10{f'{exponent}'.translate(RAISED)}" if is_power else f"{value:g}"


def as_svg(figure: Figure) -> str:
    """Return a figure as SVG, without dates or random ids."""
    with mpl.rc_context(STYLE):
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        dark = {shade.light: shade.dark for shade in [*HUES.values(), SOFT]}
        return with_dark(compact(buffer.getvalue()), dark)


def save(figure: Figure, svg: Path | str, png: Path | str) -> None:
    """Write a figure as SVG and PNG, without dates or random ids."""
    save_text(Path(svg), as_svg(figure))
    buffer = io.BytesIO()
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, format="png", dpi=RESOLUTION, metadata={"Software": None})
    save_bytes(Path(png), buffer.getvalue())
