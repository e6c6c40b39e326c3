"""The picture of the first screen as a file of its own, as the README shows it."""

from __future__ import annotations

import re

GAP, TITLE = 24, 46
"""Space between panels, and height of their titles, in units of the viewBox."""
PANEL = re.compile(
    r"<figcaption><strong>(?P<title>.*?)</strong> .*?<span>(?P<about>.*?)</span></figcaption>\s*"
    r'<svg class="hero" width="(?P<width>\d+)" height="(?P<height>\d+)"[^>]*>(?P<drawing>.*?)</svg>',
    re.DOTALL,
)
STYLE = re.compile(
    r"(?:^|(?<=<style>))(?::root[^{]*\{[^}]*\}|\.hero \.?[a-z][^{]*\{[^}]*\})", re.MULTILINE
)
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


def picture(page: str) -> str | None:
    """Return the panels of a front page (HTML) beside each other as SVG, on white; None for a page without any."""
    left, height, panels = 0, 0, []
    for panel in PANEL.finditer(page):
        words = (
            f'<text class="title" x="6" y="18">{panel["title"]}</text>'
            f'<text class="about" x="6" y="35">{panel["about"]}</text>'
        )
        drawing = f'<g transform="translate(0 {TITLE})">{panel["drawing"]}</g>'
        panels.append(f'<g class="hero" transform="translate({left} 0)">{words}{drawing}</g>')
        left += int(panel["width"]) + GAP
        height = max(height, TITLE + int(panel["height"]))
    if not panels:
        return None
    return SVG.format(
        width=left - GAP,
        height=height,
        label=titles(page),
        style="\n".join(STYLE.findall(page)),
        panels="\n".join(panels),
    )


def titles(page: str) -> str:
    """Return the titles of the panels, empty for a page without any."""
    return "; ".join(panel["title"] for panel in PANEL.finditer(page))
