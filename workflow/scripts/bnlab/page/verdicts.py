"""Verdicts as the page shows them."""

from __future__ import annotations

from typing import NamedTuple


class Verdict(NamedTuple):
    """A verdict: its name in claims.csv, its CSS class, its sign, and what it says of n claims."""

    name: str
    slug: str
    sign: str
    said: str


VERDICTS = (
    Verdict("supported", "supported", "✓", "supports"),
    Verdict("partly", "partly", "◐", "supports in part"),
    Verdict("refuted", "refuted", "✗", "refutes"),
    Verdict("undecided", "undecided", "?", "leaves undecided"),
    Verdict("not tested here", "untested", "–", "does not test"),
)


def verdict_of(name: str) -> Verdict:
    """The verdict of this name."""
    return next(each for each in VERDICTS if each.name == name)
