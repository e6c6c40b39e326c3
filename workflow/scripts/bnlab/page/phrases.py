"""Numbers and lists as they are printed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bnlab.analysis.statistics import rounded


def listed(parts: Sequence[str]) -> str:
    """Return a list in words: ``a, b and c``."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def number(value: float, half: float = np.nan) -> str:
    """Return a number, rounded to the first digit of its half-width, with a true minus, but none before zero.

    Without a half-width the number has three significant digits.
    """
    if not np.isfinite(half) or half <= 0:
        return minus(f"{value:.3g}")
    text = rounded(value, half, digits=1).partition(" ± ")[0]
    return minus(text.lstrip("-") if not text.strip("-0.") else text)


def spread(row: Any) -> str:
    """Return the interval from ``row.low`` to ``row.high``, rounded to its half-width: ``1.2 to 3.4``."""
    half = (row.high - row.low) / 2
    return f"{number(row.low, half)} to {number(row.high, half)}"


def significant(value: float, digits: int) -> str:
    """Return a positive number with so many significant digits and no exponent."""
    places = max(0, digits - 1 - int(np.floor(np.log10(value)))) if value > 0 else 0
    return f"{float(f'{value:.{digits}g}'):,.{places}f}"


def written_out(value: float, digits: int = 3) -> str:
    """Return a number with at most so many significant digits and no exponent: ``0.00002``, ``10``."""
    return np.format_float_positional(value, precision=digits, fractional=False, trim="-")


def initial_weights(name: str) -> str:
    """Return the label of an initializer: ``N(0, 0.1²)``, ``Glorot, uniform`` or ``4 × Glorot, uniform``."""
    law, _, rest = name.partition("_")
    if law == "normal":
        return f"N(0, {rest}²)"
    form, _, times = rest.partition("_")
    return f"{f'{times} × ' if times else ''}{law.capitalize()}, {form}"


def amount(row: Any) -> str:
    """Return an effect's estimate with its interval and unit: ``1.23 ± 0.14 points``, ``1.23 (1.10 to 1.37)``.

    Ratios, and intervals that are not symmetric, have their ends in parentheses. Numbers are rounded to two digits of
    the half-width. A ratio has three digits, or four where the ends of its interval are within a tenth of one another.
    """
    unit = "" if row.scale in ("", "ratio") else f" {row.scale}"
    half = (row.high - row.low) / 2
    if row.scale == "ratio" and (half > 0 or np.isfinite(row.low)):
        digits = 4 if row.high < 1.1 * row.low else 3
        return _with_ends(row, lambda value: significant(value, digits))
    middle = (row.high + row.low) / 2
    if np.isfinite(row.low + row.high) and abs(middle - row.estimate) <= 0.02 * half:
        return minus(rounded(row.estimate, half)) + unit
    if not np.isfinite(row.estimate) or np.isnan(row.low):
        text = minus(rounded(row.estimate, half))
        return text if text == "–" else text + unit
    return _with_ends(row, _three_digits) + unit


def _three_digits(value: float) -> str:
    if np.isinf(value):
        return minus(f"{value:g}".replace("inf", "∞"))
    return minus(f"{'-' if value < 0 else ''}{significant(abs(value), 3)}")


def _with_ends(row: Any, written: Callable[[float], str]) -> str:
    """Return ``1.23 (1.10 to 1.37)``; an open end is left out: ``1.23 (1.10 or more)``."""
    if np.isposinf(row.high):
        ends = f"{written(row.low)} or more"
    elif np.isneginf(row.low) or (row.scale == "ratio" and row.low == 0):
        ends = f"{written(row.high)} or less"
    else:
        ends = f"{written(row.low)} to {written(row.high)}"
    return f"{written(row.estimate)} ({ends})"


def four_digits(value: float) -> str:
    """Return a number with four significant digits and a true minus."""
    return minus(f"{value:,.4g}") if abs(value) > 1e-9 else "0"


def minus(text: str) -> str:
    """Return a number as text with a true minus."""
    return text.replace("-", "−")


def rule_text(rule: str) -> str:
    """Return the rule of an effect as it is printed: ``above 1 point``, with a true minus."""
    return minus(re.sub(r"^((?:above|below) -?1 \w+)s$", r"\1", rule))
