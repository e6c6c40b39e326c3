"""How everything is drawn: sizes, colours, and the look of each method; written as SVG and PNG.

A method has the same colour, marker and line everywhere. Bands and bars are 95 % t-intervals over replicates.
"""

from __future__ import annotations

import io
import textwrap
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from bnlab.files import replacing, save_text
from bnlab.page.vectors import compact
from bnlab.study import rooms

WIDTH = 7.2
RESOLUTION = 200
STYLE: Any = {
    **sns.axes_style("ticks"),
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
    "lines.linewidth": 1.5,
    "lines.markersize": 4,
    "svg.fonttype": "none",  # text as text
    "svg.hashsalt": "bnlab",
    "figure.facecolor": "white",
}
LINE = 84
"""Characters in a line of a figure's title."""
NONE_LEFT = "no replicate left"


class Look(NamedTuple):
    """How a method is drawn."""

    color: str
    marker: str
    line: Any


LOOKS: dict[str, Look] = {
    "base": Look("#4d4d4d", "o", "-"),
    "bn": Look("#0173b2", "s", "-"),
    "ln": Look("#d55e00", "^", (0, (5, 1.5))),
    "ws": Look("#029e73", "D", (0, (4, 1.2, 1, 1.2))),
    "ws_scaled": Look("#8f6f3a", "v", (0, (1.2, 1.2))),
    "ws_bn": Look("#cc78bc", "P", (0, (5, 1.5))),
    "ws_ln": Look("#de8f05", "X", (0, (4, 1.2, 1, 1.2))),
}
"""The colour-blind-safe palette of seaborn, spread over the project's own methods."""
OTHER_COLORS = ("#56b4e9", "#a0342f", "#7a5fb5", "#6b8e23", "#b3669e", "#949494")
OTHER_MARKERS = ("*", "h", "<", ">", "p")


def look(method: str) -> Look:
    """The colour, marker and line of a method: its own, that of the experiment that brings it, or one from its name."""
    if method in LOOKS:
        return LOOKS[method]
    for about in rooms.experiments().values():
        if method in about.looks:
            return Look(*about.looks[method], (0, (2, 1)))
    code = zlib.crc32(method.encode())
    color = OTHER_COLORS[code % len(OTHER_COLORS)]
    return Look(color, OTHER_MARKERS[code // len(OTHER_COLORS) % len(OTHER_MARKERS)], (0, (2, 1)))


def draw(
    function: Callable[[pd.DataFrame], Figure],
    title: str,
    table: pd.DataFrame,
    finding: Callable[[pd.DataFrame], str],
) -> Figure:
    """The figure that a function draws of its table, titled by what it shows; below that, what it is of."""
    with mpl.rc_context(STYLE):
        if table.empty:
            return _nothing(title)
        figure = function(table)
        said = textwrap.fill(f"{finding(table)}.", LINE)
        subject = figure.get_suptitle()
        height = figure.get_figheight()
        figure.set_figheight(height + 0.17 * len(said.splitlines()))
        heading = figure.suptitle(
            said + "\n" * (1 + subject.count("\n")), x=0.01, ha="left", weight="bold"
        )
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        corner = heading.get_window_extent().transformed(figure.transFigure.inverted())
        figure.text(0.01, corner.y0, subject, va="bottom", fontsize=9, color="#444444")
    return figure


def as_svg(figure: Figure) -> str:
    """The figure as SVG, without dates or random ids."""
    with mpl.rc_context(STYLE):
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
        return compact(drawn.getvalue())


def save(figure: Figure, svg: Path | str, png: Path | str) -> None:
    """Write the figure as SVG and PNG, without dates or random ids."""
    save_text(Path(svg), as_svg(figure))
    with mpl.rc_context(STYLE), replacing(Path(png)) as handle:
        figure.savefig(handle, format="png", dpi=RESOLUTION, metadata={"Software": None})


def _nothing(title: str) -> Figure:
    figure = Figure(figsize=(WIDTH, 1))
    figure.suptitle(f"{title}: {NONE_LEFT}", x=0.01, ha="left")
    return figure
