"""Numbers as they are printed: one rule of rounding for text, tables, captions and figures."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from bnlab.page import grids, phrases

NONE, INFINITE = np.nan, np.inf


@pytest.mark.parametrize(
    ("value", "half", "text"),
    [
        (97.7123, 0.1234, "97.71"),
        (97.7123, 0.299, "97.71"),
        (97.7123, 0.3, "97.7"),
        (97.7123, 0.0999, "97.71"),
        (12345.6, 234.5, "12,350"),
        (12345.6, 434.5, "12,300"),
        (-0.04, 0.3, "0.0"),
        (-1.26, 0.3, "−1.3"),
        (0.123456, NONE, "0.123"),
        (1620.75, NONE, "1,621"),
        (0.00002, NONE, "0.00002"),
        (999.96, NONE, "1,000"),
        (-0.0, NONE, "0"),
        (0.0, 0.05, "0.00"),
        (NONE, 0.1, "–"),
        (-INFINITE, 0.1, "−∞"),
        (1.234e-20, NONE, "1.23e−20"),
        (1.234e300, NONE, "1.23e+300"),
        (1.234e-20, 2e-22, "1.234e−20"),
        (1.234e-20, 3e-22, "1.23e−20"),
        (-1.234e30, 4e28, "−1.23e+30"),
        (1e-300, 1e-9, "0.0000000000"),
        (0.0, 1e-200, "0"),
        (0.5, 5e-324, "0.5"),
        (np.float32(0.1), np.float32(1e-30), "1.000000014901161e−01"),
    ],
)
def test_a_half_width_that_begins_with_1_or_2_has_two_digits_and_any_other_one(value, half, text):
    assert phrases.number(value, half) == text


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((97.7123, 97.5889, 97.8357), "97.71 ± 0.12"),
        ((97.7123, 97.58, 97.82), "97.71 (97.58 to 97.82)"),
        ((97.7123, 97.581, 97.836), "97.71 ± 0.13"),
        ((-1.235, -1.37, -1.1), "−1.24 ± 0.14"),
        ((40, 1, 90), "40 (1.0 to 90)"),
        ((12, 0.28, 510), "12 (0.28 to 510)"),
        ((1.084, 1.047, 1.2), "1.08 (1.05 to 1.20)"),
        ((0.25, 0.25, 0.25), "0.25"),
        ((0.25, NONE, NONE), "0.25"),
        ((0.25, -INFINITE, INFINITE), "0.25"),
        ((NONE, NONE, NONE), "–"),
        ((0, 0, 30.85), "0 (0 to 31)"),
        ((1.235, 1.1, INFINITE), "1.24 (1.10 or more)"),
        ((1.235, -INFINITE, 1.37), "1.24 (1.37 or less)"),
        ((0.0, 0.0, INFINITE), "0 (0 or more)"),
        ((1.0, 1.0, INFINITE), "1.0 (1.0 or more)"),
        ((-1.5, -INFINITE, -1.5), "−1.5 (−1.5 or less)"),
        ((0.5, 0.1, NONE), "0.5"),
        ((0.5, NONE, 0.7), "0.5"),
        ((2e300, -1e300, 5e300), "2e+300 ± 3e+300"),
        ((34.25, 0.5, 68), "34 (0.50 to 68)"),
        ((-34.25, -68, -0.5), "−34 (−68 to −0.50)"),
        ((-40, -90, -1), "−40 (−90 to −1.0)"),
        ((30, -2, 62), "30 ± 30"),
    ],
)
def test_a_number_is_printed_with_its_interval(numbers, text):
    assert phrases.measured(*numbers) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.5, 68, "0.5 to 70"),
        (-68, -0.5, "−70 to −0.5"),
        (-0.5, 68, "0 to 70"),
        (0.0, 68, "0 to 70"),
        (0.0004, 3, "0.0004 to 3.0"),
        (1.234, 3.4, "1.2 to 3.4"),
    ],
)
def test_rounding_hides_no_decided_sign(low, high, text):
    assert phrases.spread(SimpleNamespace(low=low, high=high)) == text


@pytest.mark.parametrize("seed", range(200))
def test_a_printed_interval_excludes_zero_where_the_interval_does(seed):
    rng = np.random.default_rng(seed)
    low, high = np.sort(rng.normal(0, 10 ** rng.uniform(-3, 3), 2) + rng.choice([0, 1e-3, 5]))
    value = rng.uniform(low, high)
    if low * high <= 0:
        return
    for text in (
        phrases.spread(SimpleNamespace(low=low, high=high)),
        phrases.measured(value, low, high),
    ):
        numbers = [
            float(n.replace(",", ""))
            for n in re.findall(r"-?[\d.,]+\d|-?\d", text.replace("−", "-"))
        ]
        first, last = (
            (numbers[0] - numbers[1], numbers[0] + numbers[1]) if "±" in text else numbers[-2:]
        )
        assert first * last > 0, text


def test_percent_are_rounded_no_coarser_than_whole_ones():
    row = SimpleNamespace(mean=0.481, low=0.08, high=0.88)
    assert grids.amount(row, scale=100) == "48 ± 40"
    wide = SimpleNamespace(mean=0.481, low=0.002, high=0.998)
    assert grids.amount(wide, scale=100) == "48 (0.20 to 100)"


@pytest.mark.parametrize(
    ("value", "text"),
    [(NONE, "–"), (INFINITE, "∞"), (-INFINITE, "−∞"), (1e-12, "0"), (-0.5, "−0.5")],
)
def test_a_place_on_an_axis_without_a_number_is_not_zero(value, text):
    assert phrases.four_digits(value) == text
