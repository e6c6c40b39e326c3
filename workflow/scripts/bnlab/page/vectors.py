"""SVGs as Matplotlib writes them, in a third of the bytes: the page holds some hundred."""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

SVG, LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
FONTS = "DejaVu Sans, Verdana, sans-serif"
"""Of all text, in which figures are measured with the first; the second is as wide, letter by letter."""


def compact(svg: str) -> str:
    """The same picture: points to a hundredth, no empty groups, styles of like marks once, the font named once."""
    ElementTree.register_namespace("", SVG[1:-1])
    ElementTree.register_namespace("xlink", LINK[1:-1])
    root = ElementTree.fromstring(svg)
    root.set("font-family", FONTS)
    for element in root.iter():
        for name in list(element.keys()):
            element.set(name, _shorter(name, element.attrib[name]))
        if element.get("transform", "").startswith("rotate(-0 "):
            del element.attrib["transform"]
        element.text, element.tail = _said(element.text), _said(element.tail)
    _flatten(root)
    return ElementTree.tostring(root, encoding="unicode")


def size_of(svg: str) -> tuple[float, float]:
    """Width and height of an SVG by its viewBox."""
    _, _, width, height = map(float, ElementTree.fromstring(svg).attrib["viewBox"].split())
    return width, height


def _said(text: str | None) -> str | None:
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
    """Put the parts of groups that say nothing in their place, and a style that all marks of a group have into it."""
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
            place = list(element).index(child)
            element[place : place + 1] = list(child)
        else:
            child.attrib.pop("id", None)
