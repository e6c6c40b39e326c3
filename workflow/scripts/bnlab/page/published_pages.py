"""Texts that a published study writes into the README and the documentation.

They depend on the published files alone, and a test compares the two. Links are relative to the page that has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from bnlab.files import JobError, read_csv, read_json
from bnlab.page.beside import Beside, beside
from bnlab.page.checkout import PICTURE, WRITTEN_PAGES
from bnlab.page.grids import rows_of
from bnlab.page.layout import FRONT
from bnlab.page.ledger import measured, sentence
from bnlab.page.verdicts import regions
from bnlab.study.experiments import experiments
from bnlab.study.names import PUBLISHED

BEGIN, END = "<!-- findings -->", "<!-- /findings -->"
MOST_FINDINGS = 5
"""Findings that the README names."""
MOST_REGIONS = 3
"""Regions of a claim that a cell of the table of headlines names."""


def summary(folder: Path) -> str:
    """Return the README's part: one picture, up to five findings, and the count of verdicts.

    The picture is that of the first screen, or else the first figure of the summary.
    """
    record, place = read_json(folder / "study.json"), PUBLISHED
    first = record["in_summary"][0]
    drawn = record.get("picture")
    image = (
        (drawn["title"], PICTURE) if drawn else (_alt(first, record["config"]), f"{place}/{first}")
    )
    statements = _statements(record)
    lines = [*statements, *record["beside"]] if statements else record["answers"]
    return "\n\n".join(
        [
            "![{}]({})".format(*image),
            _listed(lines[:MOST_FINDINGS]),
            f"{sentence(read_csv(folder / 'claims.csv'))} There are tables of [every verdict]({place}/claims.csv) and "
            f"[every effect]({place}/effects.csv), and [the page]({place}/report.html) of the study.",
            *(_of_another_ledger(each, place, each.first) for each in beside(folder)),
        ]
    )


def findings(folder: Path) -> str:
    """Return all findings of a study: answers, advice, verdicts, claims with a headline, and costs.

    Raises:
        JobError: no effect has a headline.
    """
    claims, effects = read_csv(folder / "claims.csv"), read_csv(folder / "effects.csv")
    manifest, record = read_json(folder / "manifest.json"), read_json(folder / "study.json")
    place = f"../{PUBLISHED}"
    return "\n\n".join(
        [
            *([record["scope"]] if record["scope"] else []),
            _listed([*_statements(record), *record["answers"]]),
            *_advice(record.get("advised", [])),
            *_redraws(record),
            f"## Verdicts\n\n{sentence(claims)} The claims are those of {claims['source'].nunique()} documents: "
            f"[every verdict]({place}/claims.csv), [every effect]({place}/effects.csv) and "
            f"[every replicate]({place}/replicates.csv) of the study `{manifest['study']}`, and "
            f"[its report]({place}/report.html).",
            *_confirmed(record["confirmation"], place),
            "\n".join(_headlines(claims, effects)),
            *(
                f"## Another ledger\n\n{_of_another_ledger(each, place, each.said)}\n\n{each.scope}"
                for each in beside(folder)
            ),
            "## Cost\n\nEach row has what an experiment trained, and the minutes that this took on one core, starting "
            "Python not counted. A run that several experiments share is counted in the first of them.",
            "\n".join(_costs(record["costs"])),
        ]
    )


def gallery(folder: Path) -> str:
    """Return the published figures, each under its title and with its caption; last those of other ledgers."""
    place = f"../{PUBLISHED}"
    parts = _pictures(folder, place)
    for each in beside(folder):
        parts += [
            _of_another_ledger(each, place, each.first),
            *_pictures(folder / each.study, f"{place}/{each.study}"),
        ]
    return "\n\n".join(parts)


def _pictures(folder: Path, place: str) -> list[str]:
    """Return title, figure and caption of each figure of a study's summary, whose files are at a place."""
    record = read_json(folder / "study.json")
    parts = []
    for name in record["in_summary"]:
        alt, caption = _alt(name, record["config"]), record.get("captions", {}).get(name, "")
        numbers = name.replace("figures/", "tables/").replace(".svg", ".csv")
        parts += [
            f"## {alt}",
            f"![{alt}]({place}/{name})",
            " ".join([*caption.split(), f"[Its numbers]({place}/{numbers})."]),
        ]
    return parts


PAGES: Mapping[str, Callable[[Path], str]] = dict(
    zip(WRITTEN_PAGES, (summary, findings, gallery), strict=True)
)
"""Text between the marker lines, by page."""


def with_text(page: str, content: str, text: str) -> str:
    """Return the content of a page with ``text`` between its marker lines. Raises JobError without these lines."""
    before, begin, rest = content.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise JobError(f"{page} lacks the line {BEGIN} or, after it, the line {END}")
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def _statements(record: Mapping[str, Any]) -> list[str]:
    """Return the sentences of the first screen, each after its thought."""
    return [_stated(said["thought"], said["sentence"]) for said in record.get("front", [])]


def _stated(thought: str, sentence: str) -> str:
    return f"**{thought}** {sentence}"


def _of_another_ledger(study: Beside, place: str, said: Iterable[tuple[str, str]]) -> str:
    """Return paragraphs on a study of another ledger: its question with a count of verdicts, and these statements."""
    took = f"Its runs took {study.minutes:.0f} minutes of one core."
    question = f"**[{study.title}]({place}/{study.study}/{FRONT})** {study.verdicts} {took}"
    return f"{question}\n\n{_listed(_stated(*each) for each in said)}"


def _listed(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)


def _advice(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """Return a heading and a Markdown table of ``front.Advice``, if there is any."""
    lines = [["If …", "use …", "because", "how sure"], ["---"] * 4]
    lines += [
        [row["when"], row["use"], row["because"], f"**{row['sure']}**: {row['why']}"]
        for row in rows
    ]
    heading = (
        "## Which normalizer when\n\nThis holds for the small networks that were trained here."
    )
    return (
        [heading, "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)]
        if rows
        else []
    )


def _confirmed(sentences: Sequence[str], place: str) -> list[str]:
    """Return a paragraph on the verdicts by fresh seeds, if there are any."""
    link = f"[each verdict on fresh seeds]({place}/confirmation.csv)"
    return [f"{' '.join(sentences)} The table has {link}."] if sentences else []


def _redraws(record: Mapping[str, Any]) -> list[str]:
    """Return a paragraph on each redraw that stands for another data set."""
    datasets = record["config"]["datasets"]
    paragraphs = []
    for name, data in record["data"].items():
        stood_for = datasets[name]["stands_for"]
        if data["is_redraw"] and stood_for:
            original = record["data"][datasets[name]["of"]]["shape"]["rows"]
            paragraphs.append(
                f"{record['called'].get(stood_for, stood_for)} is represented by {datasets[name]['label']}: "
                f"{data['shape']['rows']:,} rows drawn anew from a Bayesian network fitted to {original:,} rows. "
                "A verdict on it alone says so."
            )
    return paragraphs


def _figure(name: str) -> Any:
    """Return the declaration of the figure ``figures/<experiment>/<dataset>/<recipe>/<kind>.svg``."""
    _, experiment, _, _, file = name.split("/")
    return experiments()[experiment].figures[file.removesuffix(".svg")]


def _alt(name: str, config: Mapping[str, Any]) -> str:
    """Return title and data set of a figure."""
    return f"{_figure(name).title}, {config['datasets'][name.split('/')[2]]['label']}"


def _headlines(claims: pd.DataFrame, effects: pd.DataFrame) -> list[str]:
    """Return a Markdown table with a row for each claim that has an effect with a headline."""
    effects = effects.assign(scale=effects["scale"].astype(object).fillna(""))
    numbers_of_claims = effects.loc[effects["headline"].notna(), "id"].unique()
    if not len(numbers_of_claims):
        raise JobError("effects.csv has no effect with a headline, which docs/findings.md shows")
    cells = [["claim", "claimed", "measured", "verdict"], ["---"] * 4]
    rows = claims[claims["id"].isin(numbers_of_claims)].astype(object).fillna("")
    for claim in rows_of(rows):
        numbers = "; ".join(measured(effects[effects["id"] == claim.id]))
        on = f" on {claim.stand_in}" if claim.stand_in else ""
        where = " ".join(f"{heading}: {_few(text)}." for heading, text in regions(claim))
        cells.append([claim.claim, claim.claimed, numbers, f"**{claim.verdict}**{on}. {where}"])
    return [f"| {' | '.join(_cell(text) for text in line)} |" for line in cells]


def _few(text: str) -> str:
    """Return regions, or only how many there are if a cell of a table is too small for them."""
    number = text.count("; ") + 1
    return f"{number} regions" if number > MOST_REGIONS else text


def _costs(costs: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a Markdown table of ``facts.costs``."""
    lines = [["experiment", "runs", "replicates", "core-minutes"], ["---", *["---:"] * 3]]
    for cost in costs:
        minutes = "not recorded" if cost["minutes"] is None else f"{cost['minutes']:.0f}"
        lines.append([cost["title"], str(cost["runs"]), f"{cost['replicates']:,}", minutes])
    return [f"| {' | '.join(line)} |" for line in lines]


def _cell(text: Any) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")
