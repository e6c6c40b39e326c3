"""Names, CSS classes and signs of verdicts."""

from __future__ import annotations

from typing import NamedTuple


class Verdict(NamedTuple):
    """A verdict: its name in claims.csv, its CSS class and its sign."""

    name: str
    slug: str
    sign: str


VERDICTS = (
    Verdict("supported", "supported", "✓"),
    Verdict("mixed", "mixed", "◐"),
    Verdict("refuted", "refuted", "✗"),
    Verdict("not reproduced", "unrepeated", "≠"),
    Verdict("undecided", "undecided", "?"),
    Verdict("not tested here", "untested", "–"),
)


def verdict_of(name: str) -> Verdict:
    """Return the verdict with a name. Raises StopIteration where there is none."""
    return next(each for each in VERDICTS if each.name == name)
