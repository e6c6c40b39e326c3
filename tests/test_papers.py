"""Claims by papers: the word is that of primary tests, the sentence and the bar count all of them."""

import re

import pandas as pd
import pytest
from project import CHECKOUT
from test_front import CONFIG, LOCAL
from verdicts import effect

from bnlab.files import read_csv
from bnlab.page import papers
from bnlab.study.front import PaperClaim, Part
from bnlab.study.ledger_validation import load_ledger

PUBLISHED = CHECKOUT / "reports" / "published"
CLAIM = PaperClaim.model_validate(
    {
        "by": "Somebody 2015",
        "url": "https://example.org",
        "claim": "It helps.",
        "parts": [
            {"words": "at rate 1", "tests": ["1/1", "1/2"]},
            {"words": "at rate 2", "tests": ["1/3"]},
            {"words": "at rate 3", "tests": ["1/4"]},
            {"words": "at rate 4", "tests": ["2/1"]},
        ],
    }
)


def judged(*verdicts, primary=(0,), claim=CLAIM):
    """Return the claim with the first tests of claim 1 judged so."""
    rows = [
        effect(1, number, 3.0, 2.0, 4.0, verdict, primary=number - 1 in primary)
        for number, verdict in enumerate(verdicts, 1)
    ]
    return papers.judged([claim], pd.DataFrame(rows), {"BN": "batch norm", "WS + BN": "both"})


def test_the_sentence_says_where_it_holds_fails_is_open_and_what_was_not_tested():
    (one,) = judged("supported", "supported", "refuted", "undecided")
    assert one.where == [
        ("Holds", "on digits at rate 1"),
        ("Fails", "on digits at rate 2"),
        ("Not known", "on digits at rate 3"),
        ("Not tested here", "in 1 other setting"),
    ]
    (other,) = judged("supported", "refuted", "supported", "supported")
    assert other.where[:2] == [
        ("Holds", "on digits at rate 2 and at rate 3"),
        ("Mixed", "on digits at rate 1"),
    ]


def test_a_setting_is_named_once_and_one_without_words_adds_none():
    parts = [{"words": words, "tests": [f"1/{n}"]} for n, words in enumerate(("", "so", "so"), 1)]
    claim = CLAIM.model_copy(update={"parts": [Part.model_validate(part) for part in parts]})
    (one,) = judged("supported", "supported", "supported", claim=claim)
    assert one.where == [("Holds", "on digits so")]
    (bare,) = judged("supported", claim=claim)
    assert bare.where[0] == ("Holds", "on digits")


def test_a_measure_is_named_once_for_all_its_settings():
    of = {"of": "for gradients"}
    parts = [{**of, "words": "at rate 1"}, {**of, "words": "at rate 2"}, {"words": "at rate 3"}]
    parts = [part | {"tests": [f"1/{n}"]} for n, part in enumerate(parts, 1)]
    claim = CLAIM.model_copy(update={"parts": [Part.model_validate(part) for part in parts]})
    (one,) = judged("supported", "supported", "supported", claim=claim)
    assert one.where == [
        ("Holds", "for gradients on digits at rate 1 and at rate 2; on digits at rate 3")
    ]
    (split,) = judged("refuted", "supported", "supported", claim=claim)
    assert split.where == [
        ("Holds", "for gradients on digits at rate 2; on digits at rate 3"),
        ("Fails", "for gradients on digits at rate 1"),
    ]


def test_of_many_open_settings_the_primary_ones_are_named_and_the_others_counted():
    parts = [{"words": f"at rate {n}", "tests": [f"1/{n}"]} for n in range(1, 5)]
    claim = CLAIM.model_copy(update={"parts": [Part.model_validate(part) for part in parts]})
    (one,) = judged(*["undecided"] * 4, primary=(1,), claim=claim)
    assert one.where == [("Not known", "on digits at rate 2; in 3 other settings")]
    (none,) = judged("supported", *["undecided"] * 3, claim=claim)
    assert none.where == [("Holds", "on digits at rate 1"), ("Not known", "in 3 settings")]
    (few,) = judged("supported", "supported", *["undecided"] * 2, claim=claim)
    assert few.where[1] == ("Not known", "on digits at rate 3 and at rate 4")


@pytest.mark.parametrize(
    ("verdicts", "primary", "word"),
    [
        (["supported", "refuted"], [0], "supported"),
        (["supported", "refuted"], [1], "refuted"),
        (["supported", "refuted"], [0, 1], "mixed"),
        (["supported", "undecided", "refuted"], [0, 1], "undecided"),
        (["supported", "refuted"], [], "not tested here"),
    ],
)
def test_the_word_is_the_verdict_of_the_primary_tests(verdicts, primary, word):
    (one,) = judged(*verdicts, primary=primary)
    assert one.verdict.name == word


def test_tests_of_the_opposite_count_the_other_way_round():
    part = {"words": "here", "tests": ["1/1", "1/2", "1/3"], "opposite": True}
    turned = CLAIM.model_copy(update={"parts": [Part.model_validate(part)]})
    (one,) = judged("supported", "refuted", "undecided", claim=turned)
    assert [test.verdict.name for test in one.tests] == ["refuted", "supported", "undecided"]
    assert one.verdict.name == "refuted"


def test_the_bar_counts_every_measured_test_and_is_as_wide_as_its_counts():
    (one,) = judged("supported", "supported", "refuted", "undecided")
    assert re.findall(r">([✓✕?]\d+)<", one.bar) == ["✓2", "✕1", "?1"]
    widths = [float(width) for width in re.findall(r'<rect [^>]*width="([\d.]+)"', one.bar)]
    assert widths[0] + 2 == pytest.approx(2 * (widths[1] + 2), abs=0.2)
    assert "holds in 2, fails in 1 and not known in 1" in one.bar


def test_a_claim_without_a_measured_test_is_left_out():
    assert papers.judged([CLAIM], pd.DataFrame([effect(9, 1, 3, 2, 4, "supported")]), {}) == []


def test_methods_have_their_names_in_words():
    names = {"BN": "batch norm", "WS": "weight standardization", "WS + BN": "both"}
    text = "accuracy: WS + BN minus BN, WS alone, x-BN and BNG(glass)"
    words = papers.in_words(text, names)
    assert (
        words
        == "accuracy: both minus batch norm, weight standardization alone, x-BN and BNG(glass)"
    )


def test_the_ledger_has_them_by_year_and_each_counts_its_published_tests():
    ledger = load_ledger(CHECKOUT / "workflow" / "claims.yaml", CONFIG, (LOCAL,))
    years = [int(paper.by[-4:]) for paper in ledger.papers]
    assert years == sorted(years)
    effects = read_csv(PUBLISHED / "effects.csv")
    verdicts = {f"{e.id}/{e.test}": e.verdict for e in effects.itertuples()}
    for one in papers.judged(ledger.papers, effects, {"BN": "batch norm"}):
        counts = dict.fromkeys("✓✕?", 0)
        for part in one.claim.parts:
            signs = "✕✓?" if part.opposite else "✓✕?"
            for number in set(part.tests) & set(verdicts):
                counts[signs[["supported", "refuted", "undecided"].index(verdicts[number])]] += 1
        drawn = {s: int(n) for s, n in re.findall(r">([✓✕?])(\d+)<", one.bar)}
        assert dict.fromkeys("✓✕?", 0) | drawn == counts and len(one.tests) == sum(counts.values())


def test_a_claim_takes_every_test_of_a_comparison_that_it_takes_one_of():
    ledger = load_ledger(CHECKOUT / "workflow" / "claims.yaml", CONFIG, (LOCAL,))
    tests = {f"{c.id}/{n}": (c.id, t) for c in ledger.claims for n, t in enumerate(c.tests, 1)}
    taken = {number for paper in ledger.papers for number in paper.tests}
    compared = {(tests[number][0], tests[number][1].compare) for number in taken}
    assert taken == {n for n, (claim, test) in tests.items() if (claim, test.compare) in compared}
