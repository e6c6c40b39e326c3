"""Numbers of theory beside what was measured, and the claims of a ledger as a list, on the first screen."""

import math
import re

import pandas as pd
import verdicts

from bnlab.page import papers
from bnlab.page.theory import EDGE, WIDTH, Predictions, drawing, predictions
from bnlab.study.front import Predicted

DECLARED = [Predicted(words=f"number {n}, {{on}}", test=f"1/{n}") for n in (1, 2, 3)]


def measured(*rows: tuple[float, float, float, float]) -> pd.DataFrame:
    """Return effects of claim 1, each with the number of theory, estimate, low and high."""
    return pd.DataFrame(
        [
            verdicts.effect(1, n, *interval, "supported", claimed=claimed, scale="")
            for n, (claimed, *interval) in enumerate(rows, 1)
        ]
    )


def lines(*rows: tuple[float, float, float, float]) -> Predictions:
    found = predictions(DECLARED, measured(*rows))
    assert found
    return found


def test_a_line_has_theory_measurement_and_data_and_none_without_a_number_other_than_0() -> None:
    found = lines((1.222, 1.221, 1.219, 1.223), (math.nan, 1.0, 0.9, 1.1), (0.0, 0.1, 0.0, 0.2))
    (line,) = found.lines
    assert (line.words, line.theory, line.measured) == (
        "number 1, digits",
        "1.222",
        "1.2210 ± 0.0020",
    )
    assert predictions(DECLARED, measured((0.0, 0.1, 0.0, 0.2))) is None
    assert predictions([], measured((1.0, 1.0, 0.9, 1.1))) is None
    empty = measured((1.0, 1.0, 0.9, 1.1)).assign(claimed=None)
    assert empty["claimed"].dtype == object and predictions(DECLARED, empty) is None


def test_all_lines_share_one_axis_that_ends_beyond_the_farthest_interval() -> None:
    assert lines((2.0, 2.0, 1.99, 2.01), (1.0, 1.01, 1.0, 1.015)).above == "+2\N{NO-BREAK SPACE}%"
    found = lines((2.0, 2.0, 1.99, 2.01), (1.0, 1.04, 1.03, 1.06))
    assert (found.below, found.above) == ("−10\N{NO-BREAK SPACE}%", "+10\N{NO-BREAK SPACE}%")


def test_a_mark_is_as_far_from_the_middle_as_its_number_from_theory_and_an_arrow_beyond_the_end() -> (
    None
):
    def place(ratio: float) -> float:
        row = next(measured((3.0, 3 * ratio, 3 * ratio, 3 * ratio)).itertuples())
        (x,) = re.findall(r'<circle cx="([\d.]+)"', drawing(row, 0.1))
        return float(x)

    half = WIDTH / 2 - EDGE
    assert place(1.0) == WIDTH / 2
    assert abs(place(1.05) - WIDTH / 2 - half * math.log(1.05) / math.log(1.1)) < 0.06
    assert abs(place(1 / 1.05) + place(1.05) - WIDTH) < 0.11
    beyond = drawing(next(measured((3.0, 6.0, 5.0, 7.0)).itertuples()), 0.1)
    assert "<circle" not in beyond and f"M{WIDTH - EDGE}" in beyond


def test_a_negative_number_of_theory_is_drawn_by_its_ratio_and_the_other_sign_by_an_arrow() -> None:
    found = lines((-0.91, -0.95, -0.96, -0.94))
    assert (found.lines[0].theory, found.above) == ("−0.91", "+10\N{NO-BREAK SPACE}%")
    positive = lines((0.91, 0.95, 0.94, 0.96))
    circle = re.compile(r'<circle cx="([\d.]+)"')
    assert circle.findall(found.lines[0].drawing) == circle.findall(positive.lines[0].drawing)
    wrong = lines((-0.91, 0.2, 0.1, 0.3))
    assert "<circle" not in wrong.lines[0].drawing and f"M{EDGE:.1f}" in wrong.lines[0].drawing


def test_a_ledger_without_papers_lists_its_own_tested_claims_by_topic_with_source_reading_and_regions() -> (
    None
):
    rows = [
        verdicts.claim(
            1, "report", "speed", "It is fast. (Read as twice.)", "mixed", "", holds="digits"
        ),
        verdicts.claim(2, "blog", "speed", "It is slow.", "not tested here", ""),
        verdicts.claim(3, "blog", "size", "It (BN) is big.", "supported", ""),
        verdicts.claim(4, "blog", "speed", "It stays slow.", "refuted", "", second="NumPy: 3 ± 1."),
    ]
    effects = pd.DataFrame(
        [verdicts.effect(1, n, 3, 2, 4, said) for n, said in ((1, "supported"), (2, "refuted"))]
    )
    sources = {
        "report": {"short": "Somebody 2015", "url": "https://example.org"},
        "blog": {"short": "a blog", "url": None},
    }
    listed = papers.of_ledger(pd.DataFrame(rows), effects, sources, {"BN": "batch norm"})
    assert [each.topic for each in listed] == ["speed", "speed", "size"]
    assert [each.second for each in listed] == ["", "NumPy: 3 ± 1.", ""]
    first, _, last = listed
    assert first.claim == (
        "Somebody 2015",
        "results",
        "https://example.org",
        "It is fast.",
        "Read as twice.",
    )
    assert (first.verdict.name, first.where, first.topic) == (
        "mixed",
        [("Holds", "digits")],
        "speed",
    )
    assert [test.number for test in first.tests] == ["1/1", "1/2"]
    assert re.findall(r">([✓✕?]\d+)<", first.bar) == ["✓1", "✕1"]
    assert last.claim[2:] == (None, "It (BN) is big.", "") and last.tests == []
