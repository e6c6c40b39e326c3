"""Numbers and lists as they are printed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

LARGE, MOST_DECIMALS = 1e15, 12
"""Numbers of this size, and those with more decimals, are printed with an exponent: ``1.2e−20``."""
LEAST_WIDTH = 1e-300
"""Half-width below which floating-point numbers have too few digits for a ratio."""


def listed(parts: Sequence[str]) -> str:
    """Return a list in words: ``a, b and c``."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def spanned(ends: Sequence[str]) -> str:
    """Return the first and the last of ordered numbers, ``2 to 5``, or the one that both are."""
    return " to ".join(dict.fromkeys([ends[0], ends[-1]]))


def decimals(half: float) -> int:
    """Return the decimals of numbers with this half-width, less than 0 for tens and hundreds.

    A half-width that begins with 1 or 2 is printed with two digits, any other with one.
    """
    exponent = int(np.floor(np.log10(half)))
    return int(float(half) / 10.0**exponent < 3 - 1e-9) - exponent


def number(value: float, half: float = np.nan) -> str:
    """Return a number rounded to its half-width, with a true minus, but none before zero.

    Without a half-width the number has three significant digits, or is whole from a thousand on. NaN is ``–``.
    """
    if not np.isfinite(value):
        return "–" if np.isnan(value) else minus(f"{value}".replace("inf", "∞"))
    if is_width(half):
        return _rounded(value, decimals(half))
    if abs(value) >= 999.5 and abs(value) < LARGE:
        return minus(f"{value:,.0f}")
    return minus(written_out(value))


def measured(
    value: float, low: float, high: float, most: float = np.inf, ends: bool = False
) -> str:
    """Return a number with its interval: ``97.71 ± 0.12``, or ``1.2 (0.9 to 1.9)`` where one side is longer.

    Sides count as equal where their half-width gives both ends to the last digit, and none at 0 or beyond where the
    interval ends before. A number and its ends are rounded to the shorter side; those of one sign have at least two
    digits each. An interval without width, as of ties, is not printed, nor is one that is open on both sides.

    Args:
        value: the estimate.
        low: lower end, −inf if it is open.
        high: upper end, inf if it is open.
        most: half-width from which on numbers are rounded no coarser; a tenth of the possible range.
        ends: true for the ends in parentheses in every case.
    """
    if not np.isfinite(value):
        return "–"
    sides = sorted([value - low, high - value])
    if np.isnan(sides).any() or high == low or np.isinf(sides[0]):
        return number(value)
    half = (high - low) / 2
    if np.isfinite(half) and not ends:
        places = decimals(min(half, most))
        is_inside = low <= 0 <= high or round(half, places) < round(abs(value), places)
        if sides[1] - sides[0] <= 10.0**-places and is_inside:
            return f"{_rounded(value, places)} ± {_rounded(half, places)}"
    width = next((side for side in (*sides, most) if is_width(side)), np.nan)
    places = decimals(min(width, most)) if is_width(width) else len(number(value).partition(".")[2])
    at_least = 2 if min(value, low) >= 0 or max(value, high) <= 0 else 0

    def written(end: float) -> str:
        digits = at_least - 1 - int(np.floor(np.log10(abs(end)))) if at_least and end else places
        return _rounded(end, max(places, digits))

    if np.isposinf(high):
        return f"{written(value)} ({written(low)} or more)"
    if np.isneginf(low):
        return f"{written(value)} ({written(high)} or less)"
    return f"{written(value)} ({written(low)} to {written(high)})"


def is_width(half: float) -> bool:
    """Return true for a half-width that numbers can be rounded to."""
    return bool(np.isfinite(half) and half > LEAST_WIDTH)


def _rounded(value: float, places: int) -> str:
    rounded = round(float(value), places)
    if abs(value) >= LARGE or places > MOST_DECIMALS:
        digits = int(np.floor(np.log10(abs(value)))) + places if rounded else 0
        return minus(f"{rounded:.{min(max(digits, 0), 15)}e}") if rounded else "0"
    text = f"{rounded:,.{max(places, 0)}f}"
    return minus(text.lstrip("-") if not text.strip("-0.") else text)


def spread(row: Any) -> str:
    """Return the interval from ``row.low`` to ``row.high``, rounded to its half-width: ``1.2 to 3.4``.

    Of an interval on one side of 0 the end that would be rounded to 0 has one digit.
    """
    half = (row.high - row.low) / 2

    def written(end: float) -> str:
        text = number(end, half)
        is_lost = row.low * row.high > 0 and not text.strip("−0.,")
        return _rounded(end, -int(np.floor(np.log10(abs(end))))) if is_lost else text

    return f"{written(row.low)} to {written(row.high)}"


def written_out(value: float, digits: int = 3) -> str:
    """Return a number with at most so many significant digits and no exponent: ``0.00002``, ``10``.

    Only where it would have more than ``MOST_DECIMALS`` zeros or be ``LARGE``, it has an exponent.
    """
    if value and not 10.0**-MOST_DECIMALS <= abs(value) < LARGE:
        return f"{value:.{digits}g}"
    value = value or 0.0  # none is negative
    return np.format_float_positional(value, precision=digits, fractional=False, trim="-")


def fold(decades: float) -> str:
    """Return the width of a range: ``140-fold``, or ``a single value`` where it has none."""
    times = written_out(10**decades, 2)
    return "a single value" if times == "1" else f"{times}-fold"


def initial_weights(name: str) -> str:
    """Return the label of an initializer: ``N(0, 0.1²)``, ``Glorot, uniform`` or ``4 × Glorot, uniform``."""
    law, _, rest = name.partition("_")
    if law == "normal":
        return f"N(0, {rest}²)"
    form, _, times = rest.partition("_")
    return f"{f'{times} × ' if times else ''}{law.capitalize()}, {form}"


def amount(row: Any) -> str:
    """Return an effect's estimate with its interval and unit: ``1.23 ± 0.14 points``, ``1.23 (1.10 to 1.37)``.

    Ratios have their ends in parentheses. A ratio whose lower end is 0 has none there.
    """
    is_ratio = row.scale == "ratio"
    low = -np.inf if is_ratio and row.low == 0 else row.low
    text = measured(row.estimate, low, row.high, ends=is_ratio)
    return text if is_ratio or not row.scale or text == "–" else f"{text} {row.scale}"


def four_digits(value: float) -> str:
    """Return a number with four significant digits and a true minus."""
    if not np.isfinite(value):
        return number(value)
    return minus(f"{value:,.4g}") if abs(value) > 1e-9 else "0"


def minus(text: str) -> str:
    """Return a number as text with a true minus."""
    return text.replace("-", "−")


def rule_text(rule: str) -> str:
    """Return the rule of an effect as it is printed: ``above 1 point``, with a true minus."""
    return minus(re.sub(r"^((?:above|below) -?1 \w+)s$", r"\1", rule))
