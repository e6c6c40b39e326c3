"""The first screen of the page, as plain data: statements, a table of advice, and lines on what was trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from bnlab.analysis.confirmation import CHANGED, CONFIRMED
from bnlab.analysis.statistics import FEWEST
from bnlab.analysis.summaries import BASE
from bnlab.page.confirmation import Confirmation
from bnlab.page.contents import Item, unbroken
from bnlab.page.findings import Tables, compared, fits, outcomes
from bnlab.page.findings import slots as slots_of_rows
from bnlab.page.front_picture import panels
from bnlab.page.grids import rows_of
from bnlab.page.phrases import fold, listed, number, spanned
from bnlab.page.settings import trainer_in_words
from bnlab.page.style import is_declared
from bnlab.page.theory import predictions
from bnlab.study.config import Study
from bnlab.study.experiments import experiments
from bnlab.study.front import Front, Statement
from bnlab.study.ledger import Row, slots
from bnlab.study.section import unique

FAIR = 10
"""Runs of each method from which on two data sets make advice fair."""
SPLITS = 3
"""Splits of a data set that must agree where advice is strong."""
NUMBERS = ("no", "one", "two", "three", "four", "five", "six")


class Said(NamedTuple):
    """A statement: its thought, its sentences with numbers, and the table that decides it, ``experiment/table``."""

    thought: str
    sentence: str
    source: str


class Advice(NamedTuple):
    """A row of the table: the case, the methods to use, the reason, how sure that is, why, and its questions' keys."""

    when: str
    use: str
    because: str
    sure: str
    why: str
    keys: list[str]


def page(
    study: Study,
    about: Mapping[str, Any],
    tables: Callable[[str], Tables],
    items: Sequence[Item],
    scorecard: pd.DataFrame,
    fresh: Confirmation | None,
    effects: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """Return the variables of the template for the first screen; what a study has no numbers for is empty.

    Args:
        study: the study.
        about: content of the ledger's file, of which this needs front, scope, scorecard, names of data sets and
            ``same``, the tests of each question's measure by its key.
        tables: rows of the published tables, by experiment and kind.
        items: published tables, in the order of the page.
        scorecard: scorecard.csv; empty without a ledger.
        fresh: verdicts on fresh seeds; None without any.
        effects: effects.csv; None without a ledger.
    """
    front, called = Front.model_validate(about["front"]), about["datasets"]
    words = {method: study.in_words(method) for method in study.methods}
    drawn = panels(front.picture, items, words, added(study)) if front.picture else []
    runs = [count for each in drawn for count in each.runs]
    shown = [front.picture.rates, front.picture.batches] if front.picture and drawn else []
    of_picture = {source.experiment: source.where for source in reversed(shown)}
    named = [name for name in reversed(of_picture) if name in study.experiments]
    first = [*named, *study.experiments][0]
    return {
        "said": said(front.statements, tables),
        "panels": drawn,
        "advice": advised(
            [Row.model_validate(row) for row in about["scorecard"]],
            scorecard,
            called,
            words,
            lambda row: is_confirmed(fresh, about["same"].get(row.key, [])),
        ),
        "predictions": None if effects is None else predictions(front.predictions, effects),
        "trained": (front.picture is None and about.get("scope"))
        or trained(study, first, of_picture.get(first, {}), called),
        "runs": spanned([str(count) for count in sorted(runs)]) if runs else "",
    }


def added(study: Study) -> list[str]:
    """Return the user's methods: those with a class in a file of the user's, and those that nothing shipped names."""
    defined = {name for about in experiments().values() for name in about.methods}
    others = [name for name in study.methods if name not in defined and not is_declared(name)]
    return [*study.own_methods(), *others]


# Statements.


def said(statements: Sequence[Statement], tables: Callable[[str], Tables]) -> list[Said]:
    """Return the statements that the tables of a study have numbers for.

    Args:
        statements: as the ledger declares them.
        tables: rows of the published tables, by experiment and kind.
    """
    return [one for statement in statements if (one := _said(statement, tables))]


def _said(statement: Statement | None, tables: Callable[[str], Tables]) -> Said | None:
    if statement is None:
        return None
    rows, cells = compared(statement, tables(statement.experiment))
    if rows.empty or not fits(rows, cells):
        return _said(statement.instead, tables)
    outcome = outcomes(rows, statement.decided_by.neutral)
    texts = []
    for name in unique(outcome):
        datasets = unique(rows.loc[outcome == name, "on"])
        first = rows[rows["on"] == datasets[0]]
        texts.append(getattr(statement, name).format(**slots_of_rows(statement, first, cells)))
        if datasets[1:] and name in statement.also:
            texts.append(statement.also[name].format(on=listed(datasets[1:])))
    source = f"{statement.experiment}/{statement.decided_by.table}"
    return Said(thought(statement, rows), unbroken(" ".join(texts)), source)


def thought(statement: Statement, rows: pd.DataFrame) -> str:
    """Return the thought that the intervals of all data sets allow.

    Args:
        statement: the statement with its thoughts.
        rows: estimate, low and high in the unit of the table, from ``findings.intervals``.
    """
    decided_by, thoughts = statement.decided_by, statement.thoughts
    low, high = ((rows[end] - decided_by.neutral) * decided_by.factor for end in ("low", "high"))
    if (low > statement.margin).all():
        return thoughts.higher
    if (high < -statement.margin).all():
        return thoughts.lower
    inside = (low >= -statement.margin) & (high <= statement.margin)
    return thoughts.alike if thoughts.alike and inside.all() else thoughts.unclear


# The table.


class Asked(NamedTuple):
    """A question of the scorecard on one data set, with the cells of its ranked methods."""

    row: Row
    data: str
    cells: pd.DataFrame

    @property
    def leaders(self) -> set[str]:
        """Methods that no other one clearly beats, and those within the row's margin of the best."""
        estimates = self.cells["estimate"]
        best = estimates.max() if self.cells["better"].iloc[0] == "high" else estimates.min()
        near = (estimates - best).abs() <= self.row.margin
        return set(self.cells.loc[(self.cells["behind"] == 0) | near, "method"])

    @property
    def is_told_apart(self) -> bool:
        """True where some method is clearly behind another."""
        return bool((self.cells["behind"] > 0).any())

    @property
    def runs(self) -> int:
        """Smallest number of runs of a method."""
        return int(self.cells["n"].min())


def advised(
    rows: Sequence[Row],
    scorecard: pd.DataFrame,
    called: Mapping[str, str],
    words: Mapping[str, str],
    confirmed: Callable[[Row], bool],
) -> list[Advice]:
    """Return the table of advice: a row for each ``when`` of the ledger's questions that have ranks.

    It recommends the methods that are on every data set and that no other one clearly beats where it is measured. Where
    there are none, it says which lead on each data set.

    Args:
        rows: questions of the ledger.
        scorecard: scorecard.csv.
        called: names of data by data set; splits of the same data have one name.
        words: name of each method in sentences.
        confirmed: true for a question whose tests fresh seeds confirm.
    """
    groups: dict[str, list[Asked]] = {}
    for row in rows:
        cells = scorecard[(scorecard["key"] == row.key) & (scorecard["rivals"] > 0)]
        if row.when and len(cells):
            data = called.get(row.dataset, cells["dataset_label"].iloc[0])
            groups.setdefault(row.when, []).append(Asked(row, data, cells))
    return [_advice(when, group, words, confirmed) for when, group in groups.items()]


def _advice(
    when: str, group: Sequence[Asked], words: Mapping[str, str], confirmed: Callable[[Row], bool]
) -> Advice:
    use = recommended(group)
    sure, why = certainty(group, bool(use), all(confirmed(asked.row) for asked in _firsts(group)))
    if sure == "open":
        text = "not known yet"
    elif use:
        text = _either(use, words)
    else:
        led = {data: recommended(part) for data, part in _by_data(group).items()}
        texts = [
            f"{data} {_either(m, words) if m else 'has no clear best'}" for data, m in led.items()
        ]
        text = f"depends: {'; '.join(texts)}"
    keys = [asked.row.key for asked in group]
    return Advice(when, text, _because(_firsts(group)), sure, why, keys)


def recommended(group: Sequence[Asked]) -> list[str]:
    """Return the methods that are on every data set and lead wherever they are measured, in the scorecard's order."""
    first, *_ = group
    everywhere = set.intersection(
        *(
            {m for asked in group if asked.data == data for m in asked.cells["method"]}
            for data in _data(group)
        )
    )
    beaten = {m for asked in group for m in set(asked.cells["method"]) - asked.leaders}
    return [m for m in first.cells["method"] if m in everywhere - beaten]


def certainty(group: Sequence[Asked], agrees: bool, is_confirmed: bool) -> tuple[str, str]:
    """Return how sure a row of advice is, and why.

    Open: a question ranks nobody, the best rate of a method is the first or last one tried, a method has fewer than
    ``FEWEST`` runs, or no method is told apart. Fair: two data sets tell methods apart and agree, and each method has
    ``FAIR`` runs or more. Strong: beside that, ``SPLITS`` splits of one of them agree and fresh seeds confirm it. Weak:
    all else.
    """
    runs = min(asked.runs for asked in group)
    data = _data([asked for asked in group if asked.is_told_apart])
    if runs < FEWEST:
        return "open", f"{runs} runs"
    if not all(asked.row.ranks for asked in group):
        return "open", "not tuned"
    if any(asked.cells["at_end"].any() for asked in group):
        return "open", "best rate at an end"
    if not data:
        return "open", "not told apart"
    if not agrees:
        return "weak", _difference(group)
    if len(data) < 2:
        return "weak", "one data set"
    if runs < FAIR:
        return "weak", f"{runs} runs"
    splits = max(len({a.row.dataset for a in group if a.data == name}) for name in data)
    if splits >= SPLITS and is_confirmed:
        return "strong", f"{_spelled(len(data))} data sets, {_spelled(splits)} splits, fresh seeds"
    return "fair", f"{_spelled(len(data))} data sets"


def _difference(group: Sequence[Asked]) -> str:
    """Return between what the leaders differ: data sets, splits of one, or settings of the same rows."""
    torn = [part for part in _by_data(group).values() if not recommended(part)]
    if not torn:
        return "data sets differ"
    splits = any(len({asked.row.dataset for asked in part}) > 1 for part in torn)
    return "splits differ" if splits else "settings differ"


def is_confirmed(fresh: Confirmation | None, tests: Sequence[str]) -> bool:
    """Return true where fresh seeds confirm some of these tests, such as ``49/1``, and change none."""
    if fresh is None:
        return False
    known = fresh.table[fresh.table["test"].notna()]
    names = known["id"].astype(str) + "/" + known["test"].astype(int).astype(str)
    outcome = known.loc[names.isin(tests), "outcome"]
    return CONFIRMED in set(outcome) and CHANGED not in set(outcome)


def _because(group: Sequence[Asked]) -> str:
    """Return the reasons of a group; words before the first slot are printed once in a row."""
    texts, before = [], None
    for asked in group:
        reason = asked.row.because or ""
        lead = reason.partition("{")[0]
        values = _values(asked)
        if set(slots(reason)) <= set(values):
            texts.append((reason.removeprefix(lead) if lead == before else reason).format(**values))
            before = lead
    return unbroken("; ".join(texts))


def _values(asked: Asked) -> dict[str, str]:
    """Return the slots of ``Row.because``; gaps are in the unit of a difference."""
    cells = asked.cells.sort_values("estimate", ascending=asked.cells["better"].iloc[0] == "low")
    best, *_, worst = rows_of(cells[cells["estimate"].notna()])
    gap = abs(best.estimate - worst.estimate)
    halves = (cells["high"] - cells["low"]) / 2
    return {cell.method: _value(cell) for cell in rows_of(cells)} | {
        "on": best.dataset_label,
        "best": _value(best),
        "worst": _value(worst),
        "gap": number(gap, halves.max()),
    }


def _value(cell: Any) -> str:
    """Return an estimate in the unit that a reader knows: percent, a fold for decades, else a number with its unit."""
    if cell.unit == "decades":
        return fold(cell.estimate)
    half = (cell.high - cell.low) / 2
    if cell.unit == "%":
        return f"{number(cell.estimate, min(half, 9))} %"
    return f"{number(cell.estimate, half)} {cell.unit}".strip()


def _either(methods: Sequence[str], words: Mapping[str, str]) -> str:
    """Return ``batch norm, or none``: methods in words, the network without normalization last."""
    names = [words[m] for m in sorted(methods, key=lambda method: method == BASE)]
    return ", or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _data(group: Sequence[Asked]) -> list[str]:
    return unique(asked.data for asked in group)


def _by_data(group: Sequence[Asked]) -> dict[str, list[Asked]]:
    return {data: [asked for asked in group if asked.data == data] for data in _data(group)}


def _firsts(group: Sequence[Asked]) -> list[Asked]:
    """Return the first question on each data; further splits of it only say how sure the advice is."""
    return [next(asked for asked in group if asked.data == data) for data in _data(group)]


# What was trained.


def trained(
    study: Study, experiment: str, where: Mapping[str, Any], called: Mapping[str, str]
) -> str:
    """Return a line on the networks, training and data of an experiment, those of its first recipe."""
    runs = study.runs(experiment)
    settings = study.comparison_settings(runs[0].recipe)
    trainer = trainer_in_words(study.recipes[runs[0].recipe])
    labels = {
        called.get(run.dataset, run.dataset): study.datasets[run.dataset].label
        for run in reversed(runs)
    }
    layers = f"{_spelled(settings['layers'])} hidden layer{'s' * (settings['layers'] != 1)}"
    network = f"{layers} of {settings['units']} {settings['activation']} units"
    if not settings["layers"]:  # as of a network whose sizes do not list them
        network = f"the network {settings['network']} with {settings['activation']} units"
    shown = {run.batch for run in runs} & {where.get("batch")}
    size = f" in batches of {shown.pop()}" if shown else ""
    text = (
        f"{network}, trained by {trainer}{size}, on "
        f"{listed(list(reversed(labels.values())))}, unless a row says otherwise."
    )
    redrawn = any(study.datasets[run.dataset].source == "redraw" for run in runs)
    synthetic = " A redraw is synthetic: rows drawn from a model of real ones." if redrawn else ""
    return text[0].upper() + text[1:] + synthetic


def _spelled(count: int) -> str:
    return NUMBERS[count] if count < len(NUMBERS) else str(count)
