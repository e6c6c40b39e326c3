"""Compression of Matplotlib's SVGs to a third of their size, and SVGs as images of the page, which has a hundred."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import quote
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from markupsafe import Markup

SVG, LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
FONTS = "DejaVu Sans, Verdana, sans-serif"
"""Fonts of all text. Matplotlib measures with the first; each letter of the second is as wide."""

LONG = 16
"""Lines of a path from which on it is written in steps."""
LINES = re.compile(r"(M-?[\d.]+[ ,]-?[\d.]+(L-?[\d.]+[ ,]-?[\d.]+)*z?)+")
DARK_GROUND, DARK_INK = (0x14, 0x18, 0x1F), (0xDF, 0xE3, 0xEA)
"""Colours of the dark page."""


def compact(svg: str) -> str:
    """Compress an SVG: no groups without effect, the common style of marks and the font once, and shorter numbers.

    Points have two decimals, those of long paths one, which is a tenth of a letter's stroke.
    """
    ElementTree.register_namespace("", SVG[1:-1])
    ElementTree.register_namespace("xlink", LINK[1:-1])
    root = ElementTree.fromstring(svg)
    root.set("font-family", FONTS)
    for element in root.iter():
        for name in list(element.keys()):
            element.set(name, _shorter(name, element.attrib[name]))
        if element.get("transform", "").startswith("rotate(-0 "):
            del element.attrib["transform"]
        element.text, element.tail = _text(element.text), _text(element.tail)
    _flatten(root)
    return ElementTree.tostring(root, encoding="unicode")


def with_dark(svg: str, shades: Mapping[str, str]) -> str:
    """Add colours for readers with a dark page: those of ``shades`` by their light ones, and greys turned round.

    White text stays, which stands on colours, and so does black text, which has no fill.
    """
    colors = sorted(set(re.findall(r"(fill|stroke):(#[0-9a-f]{6})", svg)))
    rules = []
    for name, color in colors:
        red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
        dark = shades.get(color)
        if dark is None and red == green == blue:
            dark = _turned(green)
        if dark:
            what = ":not(text)" if color == "#ffffff" else ""
            rules.append(f'{what}[style*="{name}:{color}"]{{{name}:{dark}!important}}')
    style = f"<style>@media screen and (prefers-color-scheme:dark){{{''.join(rules)}}}</style>"
    start = svg.index(">", svg.index("<svg")) + 1
    return svg[:start] + style + svg[start:]


def _turned(grey: int) -> str:
    """Return a grey of the dark page: white becomes its ground, black its ink."""
    share = grey / 255
    levels = [
        round(ink + (ground - ink) * share)
        for ink, ground in zip(DARK_INK, DARK_GROUND, strict=True)
    ]
    return "#" + "".join(f"{level:02x}" for level in levels)


class Image(NamedTuple):
    """An SVG for an ``<img>``: its data URI, for an attribute in double quotes, and the size of its viewBox."""

    uri: Markup
    width: float
    height: float


def image(svg: str) -> Image:
    """Return an SVG as an image that needs no other file.

    Brackets and single quotes stay as they are, which saves a tenth; so tags have single quotes. That of a style does
    not, since the page's policy counts its styles.
    """
    _, _, width, height = map(float, ElementTree.fromstring(svg).attrib["viewBox"].split())
    text = re.sub("<[^>]*>", _single_quoted, svg)
    uri = "data:image/svg+xml," + quote(text, safe=" =:/;,()'<>").replace("<style", "%3Cstyle")
    return Image(Markup(uri), width, height)


def _single_quoted(tag: re.Match[str]) -> str:
    return tag[0].replace("'", "&apos;").replace('"', "'")


def _text(text: str | None) -> str | None:
    return text if text and text.strip() else None


def _shorter(name: str, value: str) -> str:
    if name == "style":
        value = re.sub(r"font-family: [^;]*(; |$)", "", value)
        return value.replace(": ", ":").replace("; ", ";")
    if name == "d":
        value = re.sub(r"\s*([A-Za-z])\s*", r"\1", value).strip()
        if value.count("L") >= LONG and LINES.fullmatch(value):
            return _steps(value)
    return value if "scale(" in value else re.sub(r"-?\d+\.\d{3,}", _rounded, value)


def _steps(path: str) -> str:
    """Return lines as steps from point to point in tenths; steps of one direction are one."""
    text = ""
    for line in re.findall("M[^M]*", path):
        points = [re.split(r"[ ,]", point) for point in re.split("[ML]", line.rstrip("z"))[1:]]
        places = [(round(10 * float(x)), round(10 * float(y))) for x, y in points]
        steps: list[tuple[int, int]] = []
        for (x, y), (to_x, to_y) in pairwise(places):
            dx, dy = to_x - x, to_y - y
            last_x, last_y = steps[-1] if steps else (0, 0)
            if last_x * dy == last_y * dx and last_x * dx + last_y * dy > 0:
                steps[-1] = (last_x + dx, last_y + dy)
            elif dx or dy:
                steps.append((dx, dy))
        text += f"M{_tenths(*places[0])}" + (
            f"l{' '.join(_tenths(*s) for s in steps)}" if steps else ""
        )
        text += "z" if line.endswith("z") else ""
    return text


def _tenths(x: int, y: int) -> str:
    return " ".join(
        f"{value / 10:g}".replace("0.", ".", 1 if abs(value) < 10 else 0) for value in (x, y)
    )


def _rounded(match: re.Match[str]) -> str:
    return f"{float(match[0]):.2f}".rstrip("0").rstrip(".")


def _flatten(element: Element) -> None:
    """Replace groups without effect by their parts, and move a style that all marks of a group share to the group."""
    for child in element:
        _flatten(child)
    for child in list(element):
        if child.tag == f"{SVG}metadata":
            element.remove(child)
        if child.tag != f"{SVG}g":
            continue
        styles = {part.get("style") for part in child}
        if len(styles) == 1 and all(part.tag == f"{SVG}use" for part in child):
            child.set("style", styles.pop() or "")
            for part in child:
                part.attrib.pop("style", None)
        if set(child.keys()) <= {"id"}:
            index = list(element).index(child)
            element[index : index + 1] = list(child)
        else:
            child.attrib.pop("id", None)
