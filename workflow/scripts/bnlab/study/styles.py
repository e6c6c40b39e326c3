"""Style of a method in figures, as an experiment declares it."""

from __future__ import annotations

from typing import Literal

from bnlab.study.section import Section, Text

Hue = Literal["black", "blue", "orange", "teal", "violet", "rose", "brown", "olive", "purple"]
Dash = Literal[
    "solid",
    "dotted",
    "dashed",
    "short_dashed",
    "shorter_dashed",
    "long_dashed",
    "dash_dot",
    "dash_dot_dot",
    "dot_dash",
]


class Style(Section):
    """Colour, marker and dash of a method in figures."""

    color: Hue
    """Hue, which has a colour on white and one on the dark page."""
    marker: Text
    """Marker as Matplotlib reads it, of those that are filled."""
    dash: Dash = "dotted"
    """Dashes of its lines."""
    open: bool = False
    """True for a marker filled with the ground, as those of methods with weight standardization are."""
