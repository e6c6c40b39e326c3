"""The picture of the first screen as a file of its own, as the README shows it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from bnlab.page.front_page import palette
from bnlab.page.front_picture import Panel
from bnlab.page.layout import TEMPLATES

GAP, TITLE = 24, 46
"""Space between panels, and height of their titles, in units of the viewBox."""
DRAWING = re.compile(
    r'<svg [^>]*viewBox="0 0 (?P<width>\d+) (?P<height>\d+)"[^>]*>(?P<parts>.*)</svg>', re.DOTALL
)
RULE = re.compile(r"^(?::root[^{]*\{[^}]*\}|\.hero \.?[a-z][^{]*\{[^}]*\})", re.MULTILINE)
"""Colours of the light page, and rules of the picture's parts."""
SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">
<style>
{style}
.hero .title {{ font: 600 14px var(--plain); fill: var(--ink); }}
.hero .about {{ font-size: 10.5px; }}
</style>
<rect width="{width}" height="{height}" fill="#ffffff"/>
{panels}
</svg>
"""


def picture(panels: Sequence[Panel], methods: Iterable[str]) -> str | None:
    """Return panels beside each other as SVG in the colours of the light page; None without panels.

    Args:
        panels: title, subtitle and drawing of each.
        methods: methods whose colours the drawings use.
    """
    left, height, groups = 0, 0, []
    for panel in panels:
        drawing = DRAWING.fullmatch(panel.svg)
        assert drawing
        words = (
            f'<text class="title" x="6" y="18">{html.escape(panel.title)}</text>'
            f'<text class="about" x="6" y="35">{html.escape(panel.about)}</text>'
        )
        below = f'<g transform="translate(0 {TITLE})">{drawing["parts"]}</g>'
        groups.append(f'<g class="hero" transform="translate({left} 0)">{words}{below}</g>')
        left += int(drawing["width"]) + GAP
        height = max(height, TITLE + int(drawing["height"]))
    if not groups:
        return None
    sheets = [
        palette(methods),
        *((TEMPLATES / f"{n}.css").read_text("utf8") for n in ("base", "front")),
    ]
    return SVG.format(
        width=left - GAP,
        height=height,
        label=html.escape(title(panels)),
        style="\n".join(RULE.findall("\n".join(sheets))),
        panels="\n".join(groups),
    )


def title(panels: Sequence[Panel]) -> str:
    """Return the titles of panels."""
    return "; ".join(panel.title for panel in panels)
