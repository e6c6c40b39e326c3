"""Colours, markers and dashes of methods: far enough apart for every reader, in light and on the dark page."""

import re
from itertools import combinations
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.markers import MarkerStyle

from bnlab.page import style
from bnlab.page.style import as_svg, css_colors, dash_array, marker_path, method_style
from bnlab.study import validation
from bnlab.study.styles import Dash, Hue

FULL = validation.read([Path(__file__).parents[1] / "config.yaml"])
MAIN = ("base", "bn", "ln", "ws", "ws_bn", "ws_ln", "gn", "renorm")
GROUNDS = {"light": ("#ffffff", "#f3f3ef"), "dark": ("#14181f", "#1d222b")}
"""Page and panels."""
LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
"""Matrices of OKLab (Ottosson 2020)."""
SIGHT = {
    "normal": np.eye(3),
    "deuteranope": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}
"""Matrices on linear RGB; that of deuteranopes is by Machado et al. (2009), severity 1."""


def linear(color: str) -> np.ndarray:
    """Return linear RGB of a colour."""
    values = np.array(to_rgb(color))
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def oklab(color: str, sight: str) -> np.ndarray:
    """Return a colour in OKLab, as a reader of this sight sees it."""
    return LAB @ np.cbrt(LMS @ np.clip(SIGHT[sight] @ linear(color), 0, 1))


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours by WCAG 2."""
    low, high = sorted(
        float(linear(color) @ [0.2126, 0.7152, 0.0722]) + 0.05 for color in (one, other)
    )
    return high / low


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", GROUNDS)
def test_hues_are_a_tenth_apart_in_oklab(theme, sight):
    colors = [oklab(getattr(shade, theme), sight) for shade in style.HUES.values()]
    assert min(np.linalg.norm(one - other) for one, other in combinations(colors, 2)) >= 0.10


@pytest.mark.parametrize("theme", GROUNDS)
def test_text_in_a_hue_has_a_contrast_of_four_and_a_half(theme):
    colors = [getattr(shade, theme) for shade in style.HUES.values()]
    assert min(contrast(color, ground) for color in colors for ground in GROUNDS[theme]) >= 4.5


def test_the_main_methods_have_a_hue_and_a_dash_each():
    styles = [method_style(method) for method in MAIN]
    assert len({one.hue for one in styles}) == len(MAIN)
    assert len({one.dash for one in styles}) == len(MAIN)


@pytest.mark.parametrize(("method", "partner"), [("ws_bn", "bn"), ("ws_ln", "ln"), ("ws_gn", "gn")])
def test_weight_standardization_opens_and_dashes_the_marker_of_its_partner(method, partner):
    one, other = method_style(method), method_style(partner)
    assert (one.marker, one.open, other.open) == (other.marker, True, False)
    assert "dashed" in one.dash


def test_every_hue_and_dash_that_a_declaration_may_name_is_drawn():
    assert (set(style.HUES), set(style.DASHES)) == (set(get_args(Hue)), set(get_args(Dash)))


@pytest.mark.parametrize("experiment", FULL.experiments)
def test_methods_that_are_shown_together_look_different(experiment):
    methods = {run.method for run in FULL.runs(experiment)}
    styles = [method_style(method) for method in methods]
    assert len(set(styles)) == len(methods)
    few = [one for one, method in zip(styles, methods, strict=True) if "_fault_" not in method]
    assert len({one.hue for one in few}) == len({(one.marker, one.open) for one in few}) == len(few)


@pytest.mark.parametrize("method", [*style.STYLES, "l1", "whitening"])
def test_a_marker_for_the_page_is_that_of_the_figures(method):
    figure = Figure(figsize=(1, 1), dpi=72)
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set_axis_off()
    axis.plot(0, 0, markersize=20, ls="", **method_style(method).marks)
    drawn = next(
        e.get("d", "")
        for e in ElementTree.fromstring(as_svg(figure)).iter()
        if e.get("id", "").startswith("m")
    )
    mark = marker_path(method)
    one, other = points(mark.path), points(drawn)
    assert np.abs(one).max() <= 5
    assert one / np.ptp(one) == pytest.approx(other / np.ptp(other), abs=0.01)
    assert mark.filled == (not method_style(method).open)
    assert MarkerStyle(method_style(method).marker).is_filled()


def points(path: str) -> np.ndarray:
    """Return the points of an SVG path."""
    values = re.findall(r"-?[\d.]+(?:e-?\d+)?", path)
    return np.array(values, float).reshape(-1, 2)


def test_dashes_are_in_widths_of_the_line():
    assert (dash_array("bn", 2), dash_array("ws_bn", 2)) == ("", "10 4")


def test_each_method_has_a_colour_in_css_under_a_name_of_its_own():
    light, dark = css_colors(["bn", "momentum_0.9"]), css_colors(["bn"], dark=True)
    assert light.startswith(f"--m-bn: {style.HUES['blue'].light}; --m-momentum_0-2e-9: #")
    alike = ["gn.4", "gn-4", "gn 4", "gn--4", "gn-2e-4", "gn4", "Gn4", "gn_4"]
    names = [style.css_name(method) for method in alike]
    assert len(set(names)) == len(alike)
    assert all(re.fullmatch(r"[a-z0-9_-]+", name) for name in names)
    assert dark == f"--m-bn: {style.HUES['blue'].dark};"
