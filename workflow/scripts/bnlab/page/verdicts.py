"""Names, CSS classes and signs of verdicts, and the regions of each."""

from __future__ import annotations

from typing import Any, NamedTuple


class Verdict(NamedTuple):
    """A verdict: its name in claims.csv, its CSS class and its sign."""

    name: str
    slug: str
    sign: str


UNTESTED = "not tested here"
VERDICTS = (
    Verdict("supported", "supported", "✓"),
    Verdict("mixed", "mixed", "◐"),
    Verdict("refuted", "refuted", "✗"),
    Verdict("not reproduced", "unrepeated", "≠"),
    Verdict("undecided", "undecided", "?"),
    Verdict(UNTESTED, "untested", "–"),
)


def verdict_of(name: str) -> Verdict:
    """Return the verdict with a name. Raises StopIteration where there is none."""
    return next(each for each in VERDICTS if each.name == name)


def regions(claim: Any) -> list[tuple[str, str]]:
    """Return where a claim holds, where it fails and what is not known, each under its heading; no empty ones."""
    texts = {"Holds": claim.holds, "Fails": claim.fails, "Not known": claim.not_known}
    return [(heading, text) for heading, text in texts.items() if text]
