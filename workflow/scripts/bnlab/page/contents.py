"""Contents of the pages of a study: its figures and tables, runs, verdicts and words."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from bnlab.analysis.summaries import dataset_label
from bnlab.files import read_csv
from bnlab.page.citation import Citation
from bnlab.page.confirmation import Confirmation
from bnlab.page.findings import Answer, Tables
from bnlab.page.findings import answers as findings_of
from bnlab.page.papers import Judged
from bnlab.study.declaration import EFFECTS, Experiment
from bnlab.study.names import EFFECT_COLUMNS
from bnlab.study.section import unique

if TYPE_CHECKING:
    from bnlab.page.beside import Beside

Function = Callable[[str, str, str], Callable[..., Any]]
"""A function of an experiment by the name of the experiment, of a mapping such as ``GRIDS``, and its own."""

WITHOUT_LEDGER: Mapping[str, Any] = {
    "sources": {},
    "literature": [],
    "datasets": {},
    "scope": None,
    "findings": [],
    "scorecard": [],
    "front": {},
    "papers": [],
    "documents": None,
    "fixed": None,
    "same": {},
    "digest": None,
}
"""``Inputs.about`` of a study that judges no claims."""


class Item(NamedTuple):
    """A figure or result table of the study: its key, its CSV file and, for a figure, its SVG file."""

    experiment: str
    dataset: str
    recipe: str
    kind: str
    csv: Path
    svg: Path | None = None

    @property
    def group(self) -> str:
        """Id of the part of a page with all figures and tables of its experiment, data set and recipe."""
        return f"{self.experiment}-{self.dataset}-{self.recipe}"

    @property
    def id(self) -> str:
        """Id on its page."""
        return f"{self.group}-{self.kind}"


class Ledger(NamedTuple):
    """The judged ledger of a study: claims.csv, effects.csv, scorecard.csv, sensitivity.csv, and fresh seeds if any."""

    claims: pd.DataFrame
    effects: pd.DataFrame
    scorecard: pd.DataFrame
    sensitivity: pd.DataFrame
    fresh: Confirmation | None = None


@dataclass(frozen=True)
class Inputs:
    """Everything on the pages of a study.

    Attributes:
        study: the checked config as plain data.
        experiments: declarations of the experiments, in the order of the study.
        function: functions of the experiments, of which the pages need ``GRIDS``.
        figures: every figure, in the order of the pages.
        tables: every result table, in the order of the pages.
        datasets: content of data.json, by name of the data set.
        runs: a row for each run, as ``tidy.run_row`` returns it.
        formulas: description of a layer, by method.
        folder: folder of the pages.
        citation: how to cite the study, with date and version.
        answers: sentences of the findings, from ``answers``.
        front: the first screen, from ``front.page``.
        papers: claims by well-known papers, from ``papers.judged``.
        earlier: experiments from an earlier publication, from ``publication.taken_text``; empty without any.
        ledger: the judged ledger; None for a study without claims.
        about: sources, literature, names of data sets, scope and findings of the ledger's file.
        beside: published studies of other ledgers, each after the address of its page.
    """

    study: Mapping[str, Any]
    experiments: Mapping[str, Experiment]
    function: Function
    figures: Sequence[Item]
    tables: Sequence[Item]
    datasets: Mapping[str, Mapping[str, Any]]
    runs: pd.DataFrame
    formulas: Mapping[str, str]
    folder: Path
    citation: Citation
    answers: Sequence[Answer]
    front: Mapping[str, Any]
    papers: Sequence[Judged]
    earlier: str
    ledger: Ledger | None
    about: Mapping[str, Any]
    beside: Sequence[tuple[str, Beside]] = ()

    @property
    def items(self) -> list[Item]:
        """Every figure and table."""
        return [*self.figures, *self.tables]

    @property
    def asks(self) -> bool:
        """True where the study answers a question of the scorecard, or the ledger asks any."""
        return self.ledger is not None and bool(
            len(self.ledger.scorecard) or self.about["scorecard"]
        )

    @property
    def reading_order(self) -> list[str]:
        """Names of the experiments: those of the ledger's findings, then the others."""
        first = [name for name in self.about["findings"] if name in self.experiments]
        return unique([*first, *self.experiments])

    @property
    def dataset_labels(self) -> dict[str, str]:
        """Label of each data set, by name."""
        return {
            name: dataset_label(dataset["label"], dataset["source"] == "redraw")
            for name, dataset in self.study["datasets"].items()
        }

    @property
    def method_labels(self) -> dict[str, str]:
        """Label of each method, by name."""
        return {
            name: method["label"] or name.replace("_", " ")
            for name, method in self.study["methods"].items()
        }


def published(ledger: Ledger | None, items: Sequence[Item]) -> Callable[[str], Tables]:
    """Return a function to the rows of an experiment's judged effects and published tables, by experiment and kind."""
    effects = pd.DataFrame(columns=EFFECT_COLUMNS) if ledger is None else ledger.effects

    def tables(experiment: str) -> Tables:
        def rows(kind: str) -> pd.DataFrame:
            if kind == EFFECTS:
                return effects[effects["experiment"] == experiment]
            parts = [read_csv(i.csv) for i in items if (i.experiment, i.kind) == (experiment, kind)]
            return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

        return rows

    return tables


def answers(experiments: Mapping[str, Experiment], tables: Callable[[str], Tables]) -> list[Answer]:
    """Return the sentences of each experiment's findings, from the tables of ``published``."""
    return [
        answer._replace(findings=[unbroken(text) for text in answer.findings])
        for answer in findings_of(experiments, tables)
    ]


def unbroken(text: str) -> str:
    """Return a text in which no line breaks before a percent sign."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def relative(file: Path, page: Path) -> str:
    """Return the address of a file in a link of a page."""
    return Path(os.path.relpath(file, page.parent)).as_posix()


def summary_items(figures: Sequence[Item], experiments: Mapping[str, Experiment]) -> list[Item]:
    """Return the figures ``in_summary``: the first of each experiment, then the second of each.

    A figure of several data sets or recipes is that of the first of them.
    """
    first: dict[tuple[str, str], Item] = {}
    for item in figures:
        first.setdefault((item.experiment, item.kind), item)
    of_each = [
        [
            first[name, kind]
            for kind, figure in experiment.figures.items()
            if figure.in_summary and (name, kind) in first
        ]
        for name, experiment in experiments.items()
    ]
    return [item for row in zip_longest(*of_each) for item in row if item]
