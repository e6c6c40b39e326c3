"""Style of figures: sizes, fonts, and the colour, marker and line of each method, the same in all figures."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from bnlab.files import replacing, save_text
from bnlab.page.vectors import compact
from bnlab.study.experiments import experiments

WIDTH = 7.2
RESOLUTION = 200
INK = "0.15"
STYLE: Any = {
    "font.size": 9,
    "font.family": "DejaVu Sans",
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "figure.titlesize": 10,
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
    "lines.markersize": 4,
    "lines.solid_capstyle": "round",
    "patch.edgecolor": "white",
    "patch.force_edgecolor": True,
    "svg.fonttype": "none",  # text as text
    "svg.hashsalt": "bnlab",
    "figure.facecolor": "white",
}
NONE_LEFT = "no replicate left"


class MethodStyle(NamedTuple):
    """Colour, marker and line of a method."""

    color: str
    marker: str
    line: Any


STYLES: dict[str, MethodStyle] = {
    "base": MethodStyle("#4d4d4d", "o", "-"),
    "bn": MethodStyle("#0173b2", "s", "-"),
    "ln": MethodStyle("#d55e00", "^", (0, (5, 1.5))),
    "ws": MethodStyle("#029e73", "D", (0, (4, 1.2, 1, 1.2))),
    "ws_scaled": MethodStyle("#8f6f3a", "v", (0, (1.2, 1.2))),
    "ws_bn": MethodStyle("#cc78bc", "P", (0, (5, 1.5))),
    "ws_ln": MethodStyle("#de8f05", "X", (0, (4, 1.2, 1, 1.2))),
}
"""Seaborn's palette for colour-blind readers, by method."""
OTHER_COLORS = ("#56b4e9", "#a0342f", "#7a5fb5", "#6b8e23", "#b3669e", "#949494")
OTHER_MARKERS = ("*", "h", "<", ">", "p")
OTHER_LINE = (0, (2, 1))


def method_style(method: str) -> MethodStyle:
    """Return the style of a method: its own, else its experiment's, else one from a hash of its name."""
    if method in STYLES:
        return STYLES[method]
    for experiment in experiments().values():
        if style := experiment.styles.get(method):
            return MethodStyle(style.color, style.marker, OTHER_LINE)
    code = zlib.crc32(method.encode())
    color = OTHER_COLORS[code % len(OTHER_COLORS)]
    marker = OTHER_MARKERS[code // len(OTHER_COLORS) % len(OTHER_MARKERS)]
    return MethodStyle(color, marker, OTHER_LINE)


def draw(function: Callable[[pd.DataFrame], Figure], title: str, table: pd.DataFrame) -> Figure:
    """Draw a figure from its table, with its title in bold above the line on data and recipe."""
    with mpl.rc_context(STYLE):
        if table.empty:
            return _nothing(title)
        figure = function(table)
        subject = figure.get_suptitle()
        figure.set_figheight(figure.get_figheight() + 0.17)
        lines = title + "\n" * (1 + subject.count("\n"))
        heading = figure.suptitle(lines, x=0.01, ha="left", weight="bold")
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        corner = heading.get_window_extent().transformed(figure.transFigure.inverted())
        figure.text(0.01, corner.y0, subject, va="bottom", fontsize=9, color="#444444")
    return figure


def as_svg(figure: Figure) -> str:
    """Return a figure as SVG, without dates or random ids."""
    with mpl.rc_context(STYLE):
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        return compact(buffer.getvalue())


def save(figure: Figure, svg: Path | str, png: Path | str) -> None:
    """Write a figure as SVG and PNG, without dates or random ids."""
    save_text(Path(svg), as_svg(figure))
    with mpl.rc_context(STYLE), replacing(Path(png)) as handle:
        figure.savefig(handle, format="png", dpi=RESOLUTION, metadata={"Software": None})


def _nothing(title: str) -> Figure:
    figure = Figure(figsize=(WIDTH, 1))
    figure.suptitle(f"{title}: {NONE_LEFT}", x=0.01, ha="left")
    return figure
