"""Numbers in sentences: differences, ratios and lists, each true of the interval behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from bnlab.analysis.statistics import rounded
from bnlab.page.style import NONE_LEFT

Tables = Callable[[str], list[pd.DataFrame]]
"""An experiment's published tables of a kind."""


def initial_weights(name: str) -> str:
    """``N(0, 0.1²)`` or ``Glorot, uniform``, of an initializer."""
    law, _, rest = name.partition("_")
    if law == "normal":
        return f"N(0, {rest}²)"
    return f"{law.capitalize()}, {rest}"


def listed(parts: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def number(value: float, half: float = np.nan) -> str:
    """A number rounded to the first digit of its half-width, with a true minus, and none before zero."""
    if not np.isfinite(half) or half <= 0:
        return minus(f"{value:.3g}")
    text = rounded(value, half, digits=1).partition(" ± ")[0]
    return minus(text.lstrip("-") if not text.strip("-0.") else text)


def each(rows: pd.DataFrame, said: Callable[[Any], str] | None = None) -> str:
    """``0.15 with Base and 0.3 with BN``: what is said of every row, its mean to two digits if nothing else."""
    say = said or (lambda row: significant(row.mean, 2))
    return listed(
        [f"{say(row) if row.n else NONE_LEFT} with {row.method_label}" for row in rows.itertuples()]
    )


def spread(row: Any, low: str = "low", high: str = "high") -> str:
    """``1.2 to 3.4``: an interval, rounded as its middle is."""
    ends = (getattr(row, low), getattr(row, high))
    half = (ends[1] - ends[0]) / 2
    return " to ".join(number(end, half) for end in ends)


def points(row: Any) -> str:
    """``5.6 points higher (5.4 to 5.8)`` from an effect in points; around zero it is ``no clear difference``."""
    half = (row.high - row.low) / 2
    if row.low <= 0 <= row.high:
        return f"no clear difference ({spread(row)} points)"
    way = "higher" if row.low > 0 else "lower"
    size = number(abs(row.estimate), half)
    ends = sorted((abs(row.low), abs(row.high)))
    return f"{size} points {way} ({number(ends[0], half)} to {number(ends[1], half)})"


def compared(row: Any) -> str:
    """``points`` as what something is; around zero it is ``not clearly different``."""
    return points(row).replace("no clear difference", "not clearly different")


def times(row: Any, of: str = "") -> str:
    """``28 % (26 to 29 %)`` from a ratio below one, else ``1.03 times (1.01 to 1.05)``; then ``of`` what."""
    digits = _digits(row)
    if row.estimate < 1:
        share, low, high = (significant(100 * v, digits) for v in (row.estimate, row.low, row.high))
        return f"{share} % ({low} to {high} %){' of' if of else ''}{of}"
    estimate, low, high = (significant(v, digits) for v in (row.estimate, row.low, row.high))
    return f"{estimate} times ({low} to {high}){of}"


def as_(row: Any, word: str) -> str:
    """``2.0 times (1.8 to 2.2) as much`` from a ratio; ``about as much (0.9 to 1.2 times)`` around one."""
    if row.low <= 1 <= row.high:
        ends = (significant(end, _digits(row)) for end in (row.low, row.high))
        return f"about as {word} ({' to '.join(ends)} times)"
    return f"{times(row)} as {word}"


def _digits(row: Any) -> int:
    """Digits of a ratio: three where the ends of its interval are within a tenth of one another, else two."""
    return 3 if row.high < 1.1 * row.low else 2


def significant(value: float, digits: int) -> str:
    """A positive number with so many significant digits, written out."""
    places = max(0, digits - 1 - int(np.floor(np.log10(value)))) if value > 0 else 0
    return f"{float(f'{value:.{digits}g}'):,.{places}f}"


def written_out(value: float, digits: int = 3) -> str:
    """A number with so many significant digits and no exponent: ``0.00002``, ``10``."""
    return np.format_float_positional(value, precision=digits, fractional=False, trim="-")


def powers(value: float) -> str:
    """``3.4``, ``94``, ``1.8·10⁻¹²``: two digits of a positive number, by a power of ten where it is far from one."""
    if value <= 0 or 1e-3 <= value < 1e4:
        return significant(value, 2)
    digits, _, power = f"{value:.1e}".partition("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digits}·10{raised}"


def effect(effects: pd.DataFrame, **wanted: Any) -> Any:
    """The first effect with these values; None if there is none, or none with an interval."""
    return next(_with_interval(effects, wanted).itertuples(), None)


def on_each(effects: pd.DataFrame, **wanted: Any) -> list[Any]:
    """Of each dataset the first effect with these values that has more than one replicate."""
    rows = _with_interval(effects[effects["n"] > 1], wanted)
    return list(rows.drop_duplicates("dataset").itertuples())


def _with_interval(effects: pd.DataFrame, wanted: Mapping[str, Any]) -> pd.DataFrame:
    rows = effects[np.isfinite(effects["low"].astype(float))]
    for name, value in wanted.items():
        rows = rows[rows[name].astype(str) == str(value)]
    return rows


def place(row: Any) -> str:
    """What an effect was measured on, as a sentence calls it."""
    return str(row.dataset_label)


def stretches(batches: Sequence[int]) -> list[tuple[int, int]]:
    """Unbroken runs of places in a list of places: (first, last) of each."""
    runs: list[tuple[int, int]] = []
    for at in batches:
        if runs and at == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], at)
        else:
            runs.append((at, at))
    return runs


def sizes(chosen: Sequence[int], tried: Sequence[int]) -> str:
    """``1 to 3 and 16`` of the batch sizes tried."""
    at = sorted(tried.index(batch) for batch in chosen)
    return listed(
        [
            f"{tried[first]}" if first == last else f"{tried[first]} to {tried[last]}"
            for first, last in stretches(at)
        ]
    )


def amount(row: Any) -> str:
    """The estimate with its interval, rounded to its uncertainty; a ratio's interval by its ends."""
    half = (row.high - row.low) / 2
    if row.scale == "ratio" and half > 0:
        numbers = (significant(v, _digits(row) + 1) for v in (row.estimate, row.low, row.high))
        return "{} ({} to {})".format(*numbers)
    text = minus(rounded(row.estimate, half))
    return text if row.scale in ("", "ratio") or text == "–" else f"{text} {row.scale}"


def plain(value: float) -> str:
    """A number with four significant digits."""
    return minus(f"{value:,.4g}") if abs(value) > 1e-9 else "0"


def minus(text: str) -> str:
    """Return a number as text with a true minus."""
    return text.replace("-", "−")


def rule_text(rule: str) -> str:
    """Return the rule of an effect as it is printed: ``above 1 point``, with a true minus."""
    return minus(re.sub(r"^((?:above|below) -?1 \w+)s$", r"\1", rule))
