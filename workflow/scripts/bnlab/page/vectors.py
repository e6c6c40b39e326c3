"""Compression of Matplotlib's SVGs to a third of their size, and SVGs as images of the page, which has a hundred."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from markupsafe import Markup

SVG, LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
FONTS = "DejaVu Sans, Verdana, sans-serif"
"""Fonts of all text. Matplotlib measures with the first; each letter of the second is as wide."""


def compact(svg: str) -> str:
    """Compress an SVG: points to a hundredth, no groups without effect, the common style of marks and the font once."""
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


class Image(NamedTuple):
    """An SVG for an ``<img>``: its data URI, for an attribute in double quotes, and the size of its viewBox."""

    uri: Markup
    width: float
    height: float


def image(svg: str) -> Image:
    """Return an SVG as an image that needs no other file.

    Brackets and single quotes stay as they are, which saves a tenth; so tags have single quotes.
    """
    _, _, width, height = map(float, ElementTree.fromstring(svg).attrib["viewBox"].split())
    text = re.sub("<[^>]*>", _single_quoted, svg)
    uri = "data:image/svg+xml," + quote(text, safe=" =:/;,()'<>")
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
    return value if "scale(" in value else re.sub(r"-?\d+\.\d{3,}", _rounded, value)


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
