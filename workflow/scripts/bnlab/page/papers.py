"""Claims by papers: each with the word of its primary tests, a bar of all, and where it holds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
from markupsafe import Markup

from bnlab.analysis.claims import combine
from bnlab.analysis.effects import OPEN
from bnlab.page.grids import rows_of
from bnlab.page.phrases import amount, listed
from bnlab.page.verdicts import UNTESTED, Verdict, regions, verdict_of
from bnlab.study.front import PaperClaim
from bnlab.study.messages import counted
from bnlab.study.section import unique

SIGNS = {"supported": "✓", "refuted": "✕", OPEN: "?"}
HEADINGS = {
    "supported": "Holds",
    "refuted": "Fails",
    "mixed": "Mixed",
    OPEN: "Not known",
}
TURNED = {"supported": "refuted", "refuted": "supported"}
BAR, HEIGHT = 168, 18
MOST_OPEN = 2
"""Open parts of a claim that are all named."""


class Test(NamedTuple):
    """A test of the ledger: number, setting, comparison, what was measured, runs, its verdict on the paper's claim."""

    number: str
    region: str
    effect: str
    measured: str
    runs: int
    verdict: Verdict
    is_primary: bool
    claim: str


class Named(NamedTuple):
    """A measured part of a claim: measure, data and setting in words, and whether one of its tests is primary."""

    of: str
    on: str
    words: str
    is_primary: bool


class Stated(NamedTuple):
    """A claim of the ledger: its source, the place and address of that, the claim, and how it was read."""

    by: str
    place: str
    url: str | None
    claim: str
    reading: str


class Judged(NamedTuple):
    """A claim: declaration, word, where it holds, a bar of tests, these; of a ledger, topic and second computation."""

    claim: PaperClaim | Stated
    verdict: Verdict
    where: list[tuple[str, str]]
    bar: Markup
    tests: list[Test]
    topic: str = ""
    second: str = ""


def judged(
    papers: Sequence[PaperClaim],
    effects: pd.DataFrame,
    words: Mapping[str, str],
) -> list[Judged]:
    """Return the claims of which a study has measured a test.

    Args:
        papers: as the ledger declares them.
        effects: effects.csv.
        words: name of each method in sentences, by its label.
    """
    texts = effects.assign(scale=effects["scale"].astype(object).fillna(""))
    known = {f"{row.id}/{row.test}": row for row in rows_of(texts)}
    return [_judged(paper, known, words) for paper in papers if known.keys() & set(paper.tests)]


def of_ledger(
    claims: pd.DataFrame,
    effects: pd.DataFrame,
    sources: Mapping[str, Mapping[str, Any]],
    words: Mapping[str, str],
) -> list[Judged]:
    """Return the claims of a ledger that names no papers, topic by topic, but for those that were not tested.

    Topics come in the order of their first claims.

    Args:
        claims: claims.csv.
        effects: effects.csv.
        sources: documents of the ledger, by key.
        words: name of each method in sentences, by its label.
    """
    claims = claims.astype(object).where(claims.notna(), "")
    effects = effects.assign(scale=effects["scale"].astype(object).fillna(""))
    tested = claims[claims["verdict"] != UNTESTED]
    first = {topic: place for place, topic in enumerate(tested["topic"].unique())}
    judged = []
    for row in rows_of(tested.sort_values("topic", key=lambda t: t.map(first), kind="stable")):
        own = effects[effects["id"] == row.id]
        tests = [_test(f"{row.id}/{each.test}", each, words, False) for each in rows_of(own)]
        text, _, reading = row.claim.removesuffix(")").partition(" (Read as ")
        source = sources[row.source]
        stated = Stated(
            source["short"], row.place, source["url"], text, reading and f"Read as {reading}"
        )
        said = verdict_of(row.verdict), regions(row), bar(_counts(tests))
        judged.append(Judged(stated, *said, tests, row.topic, row.second))
    return judged


def _test(number: str, row: Any, words: Mapping[str, str], opposite: bool) -> Test:
    return Test(
        number,
        in_words(row.region, words),
        in_words(row.effect, words),
        amount(row),
        int(row.n),
        verdict_of(TURNED.get(row.verdict, row.verdict) if opposite else row.verdict),
        bool(row.primary),
        number.partition("/")[0],
    )


def _counts(tests: Sequence[Test]) -> dict[str, int]:
    return {name: sum(test.verdict.name == name for test in tests) for name in SIGNS}


def _judged(paper: PaperClaim, known: Mapping[str, Any], words: Mapping[str, str]) -> Judged:
    tests = [
        _test(number, row, words, part.opposite)
        for part in paper.parts
        for number in part.tests
        if (row := known.get(number))
    ]
    by_number = {test.number: test for test in tests}
    own = [test.verdict.name for test in by_number.values() if test.is_primary]
    labels = {number: known[number].dataset_label for number in by_number}
    return Judged(
        paper, verdict_of(combine(own)), where(paper, by_number, labels), bar(_counts(tests)), tests
    )


def where(
    paper: PaperClaim, tests: Mapping[str, Test], labels: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Return ``Holds`` with ``on A at rate 1; on B``, and so on, by the verdicts of the tests of each part.

    Of more than ``MOST_OPEN`` open parts those with a primary test are named, and the others counted.

    Args:
        paper: the claim.
        tests: its measured tests, by number.
        labels: label of the data of each.
    """
    parts: dict[str, list[Named]] = {name: [] for name in HEADINGS}
    untested = 0
    for part in paper.parts:
        measured = [tests[number] for number in part.tests if number in tests]
        if not measured:
            untested += 1
            continue
        on = listed(unique(labels[test.number] for test in measured))
        is_primary = any(test.is_primary for test in measured)
        verdict = combine([test.verdict.name for test in measured])
        parts[verdict].append(Named(part.of, on, part.words, is_primary))
    places = [(HEADINGS[name], _places(each, name == OPEN)) for name, each in parts.items() if each]
    if untested:
        places.append(("Not tested here", _other(untested)))
    return places


def _places(parts: Sequence[Named], is_open: bool) -> str:
    """Return parts in words; of many that are open those without a primary test are counted."""
    named = [part for part in parts if part.is_primary]
    if not is_open or len(parts) <= max(MOST_OPEN, len(named) + 1):
        named = list(parts)
    measures: dict[str, dict[str, list[str]]] = {}
    for part in named:
        words = measures.setdefault(part.of, {}).setdefault(part.on, [])
        words += [part.words] if part.words and part.words not in words else []
    texts = []
    for of, each in measures.items():
        on_data = [f"on {on} {listed(words)}".strip() for on, words in each.items()]
        texts.append(f"{of} {', '.join(on_data)}" if of else "; ".join(on_data))
    left = len(parts) - len(named)
    if left:
        texts.append(_other(left) if named else f"in {left} settings")
    return "; ".join(texts)


def _other(count: int) -> str:
    return f"in {counted(count, 'other setting')}"


def bar(counts: Mapping[str, int]) -> Markup:
    """Draw how many tests support a claim, refute it and leave it open: a colour, a sign and a number each."""
    total, start, parts = sum(counts.values()), 0.0, []
    for name, count in counts.items():
        if not count:
            continue
        width = BAR * count / total
        slug = verdict_of(name).slug
        parts.append(
            f'<rect class="{slug}" x="{start + 0.5:.1f}" y="0.5" width="{width - 2:.1f}" height="{HEIGHT - 1}" rx="2"/>'
            f'<text class="{slug}" x="{start + width / 2 - 0.5:.1f}" y="13">{SIGNS[name]}{count}</text>'
        )
        start += width
    described = listed([f"{HEADINGS[name].lower()} in {count}" for name, count in counts.items()])
    return Markup(
        f'<svg class="tally" viewBox="0 0 {BAR} {HEIGHT}" role="img" aria-label="Of {total} tests: {described}">'
        f"{''.join(parts)}</svg>"
    )


def in_words(text: str, words: Mapping[str, str]) -> str:
    """Return a text with the labels of methods replaced by their names in sentences."""
    labels = "|".join(re.escape(label) for label in sorted(words, key=len, reverse=True))
    return re.sub(rf"(?<![\w-])({labels})(?![\w-])", lambda match: words[match[0]], text)
