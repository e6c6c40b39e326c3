"""Findings: hand-written sentences, each printed where the interval of a comparison allows it.

A finding compares on every data set of a study. Each data set has one of three outcomes, and each outcome has one
sentence, which names its data sets. Recipes that disagree on a data set leave it unclear. Nothing here writes words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from bnlab.analysis.statistics import FEWEST
from bnlab.analysis.summaries import BASE
from bnlab.files import JobError
from bnlab.page.grids import rows_of
from bnlab.page.phrases import fold, listed, number, spanned, spread
from bnlab.study.declaration import Experiment
from bnlab.study.finding import MEANS, OUTCOMES, Comparison, Finding, ends_of, slots_of
from bnlab.study.section import unique

NOTHING = "On {on}, there is nothing to compare here: all replicates diverge or end at chance."
DIVERGED = {
    True: "{parts} diverged; each counts as a guess.",
    False: "{parts} diverged; the mean is over the others.",
}
"""Sentences for means over all replicates, and for those of earlier publications, over the ones that did not."""
Tables = Callable[[str], pd.DataFrame]
"""Rows of one of an experiment's published tables, of all data sets; ``EFFECTS`` are its judged effects."""


class Answer(NamedTuple):
    """Answer to the question of an experiment: the sentences of each finding as one text."""

    name: str
    title: str
    findings: list[str]


def answers(experiments: Mapping[str, Experiment], tables: Callable[[str], Tables]) -> list[Answer]:
    """Return the findings of each experiment; an experiment without any is left out."""
    every = []
    for name, about in experiments.items():
        texts = [" ".join(sentences(finding, tables(name))) for finding in about.findings]
        every.append(Answer(name, about.title, [text for text in texts if text]))
    return [answer for answer in every if answer.findings]


def leading(
    all_answers: Sequence[Answer], first: Sequence[str]
) -> tuple[list[Answer], list[Answer]]:
    """Split off the first finding of each experiment named in ``first``, in this order; without names all lead."""
    by_name = {answer.name: answer for answer in all_answers}
    in_order = [by_name[name] for name in first if name in by_name]
    if not in_order:
        return list(all_answers), []
    rest = [
        answer._replace(findings=answer.findings[answer.name in first :]) for answer in all_answers
    ]
    lead = [answer._replace(findings=answer.findings[:1]) for answer in in_order]
    return lead, [answer for answer in rest if answer.findings]


def sentences(finding: Finding, tables: Tables) -> list[str]:
    """Return the sentences that the numbers of a study allow, the numbers alone where no sentence fits them.

    The list is empty where the study has no such numbers.
    """
    return [text for one in for_each_value(finding, tables) for text in _sentences(one, tables)]


def for_each_value(finding: Finding, tables: Tables) -> list[Finding]:
    """Return a finding for each value of the column ``each``, the greatest first; the finding itself without one."""
    if finding.each is None:
        return [finding]
    table = tables(finding.decided_by.table)
    rows = matching(table, finding.decided_by.where)
    return [finding.at(value) for value in sorted(set(rows.get(finding.each, [])), reverse=True)]


def _sentences(finding: Finding, tables: Tables) -> list[str]:
    rows, cells = compared(finding, tables)
    unlearnt = nothing_learnt(finding.decided_by, tables)
    if rows.empty or not fits(rows, cells):
        return [*unlearnt, *([neutral(rows, finding.decided_by)] if len(rows) else [])]
    outcome = outcomes(rows, finding.decided_by.neutral)
    lead = [finding.mixed] if finding.mixed and outcome.nunique() > 1 else []
    return (
        lead
        + [
            getattr(finding, name).format(**slots(finding, rows[outcome == name], cells))
            for name in OUTCOMES
            if (outcome == name).any()
        ]
        + diverged(finding, outcome, rows["on"], tables)
        + unlearnt
    )


def compared(finding: Finding, tables: Tables) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Return the rows of ``intervals`` that decide a finding, and those of each of its slots."""
    rows = intervals(finding.decided_by, tables, decides=True)
    cells = {slot: intervals(cell, tables) for slot, cell in finding.cells.items()}
    for slot, cell in finding.cells.items():
        if cell.at_least:
            rows = rows[rows["on"].isin(cells[slot]["on"])]
    return rows, cells


def intervals(comparison: Comparison, tables: Tables, decides: bool = False) -> pd.DataFrame:
    """Return the estimate and interval of each data set and recipe, in the unit of the table.

    Args:
        comparison: the rows of a table.
        tables: rows of the published tables, by their kind.
        decides: true to leave out fewer than ``FEWEST`` replicates, and methods that learn nothing.

    Returns:
        Columns on (label of the data set), recipe, estimate, low, high and is_bound (true where the estimate is a
        least value); rows without an interval are left out.
    """
    table, column = tables(comparison.table), comparison.column
    if "coarse" in table:  # undecided, whatever the interval says
        table = table[table["coarse"].astype(str) != "True"]
    if table.empty:
        return pd.DataFrame(columns=["on", "recipe", "estimate", "low", "high", "is_bound"])
    lacking = set(comparison.columns) - set(table)
    if lacking:
        raise JobError(
            f"the table {comparison.table} lacks {listed(sorted(lacking))} for a finding"
        )
    whole, table = table, matching(table, comparison.where)
    if decides:
        table = table[~learns_nothing(whole, table, comparison)]
        is_own = column in MEANS
        count = "n" if is_own or "pairs" not in table else "pairs"
        table = table[table[count] >= FEWEST] if count in table else table
    for name, least in comparison.at_least.items():
        table = table[table[name].map(_size) >= least]
    numbers = table[[column, *ends_of(column)]].astype(float)
    rows = numbers.set_axis(["estimate", "low", "high"], axis=1)
    rows = rows.assign(on=table["dataset_label"], recipe=table.get("recipe", ""))
    rows["is_bound"] = (table[comparison.bounded_by].astype(float) > 0).any(axis=1)
    return rows.dropna().drop_duplicates().reset_index(drop=True)  # claims may share an effect


def learns_nothing(whole: pd.DataFrame, rows: pd.DataFrame, comparison: Comparison) -> pd.Series:
    """Return true for rows of a table of whose method, and of base at the same place, all replicates are lost.

    A replicate is lost that diverged or ended at chance. Tables that do not count both say nothing of it.
    """
    if not {"method", "replicates", "diverged", "failed"} <= set(whole):
        return pd.Series(False, rows.index)

    def lost(table: pd.DataFrame) -> pd.Series:
        return table["diverged"] + table["failed"] >= table["replicates"]

    place = ["dataset_label", "recipe", *(name for name in comparison.where if name != "method")]
    place = unique(name for name in place if name in whole)
    base = whole[whole["method"] == BASE]
    base = base[place].assign(base=lost(base))
    known = rows[place].merge(base.groupby(place, as_index=False).all(), how="left")["base"]
    return lost(rows) & known.ne(False).to_numpy(bool)


def diverged(finding: Finding, outcome: pd.Series, on: pd.Series, tables: Tables) -> list[str]:
    """Return sentences on the diverged replicates of the means that a finding prints, if there are any.

    Args:
        finding: the finding.
        outcome: name of the sentence that is printed for each of its rows.
        on: label of each row's data set.
        tables: rows of the published tables, by their kind.
    """
    parts: dict[bool, list[str]] = {}
    for name in unique(outcome):
        for slot in slots_of(getattr(finding, name)):
            cell = finding.cells.get(slot)
            table = tables(cell.table) if cell and cell.column in MEANS else pd.DataFrame()
            if cell is None or not {"method_label", "diverged"} <= set(table):
                continue
            rows = matching(table, cell.where)
            rows = rows[rows["dataset_label"].isin(on[outcome == name]) & (rows["diverged"] > 0)]
            for row in rows_of(rows):
                parts.setdefault(row.n == row.replicates, []).append(
                    f"{row.diverged} of {row.replicates} replicates of {row.method_label} on {row.dataset_label}"
                )
    return [DIVERGED[counts].format(parts=listed(unique(each))) for counts, each in parts.items()]


def nothing_learnt(comparison: Comparison, tables: Tables) -> list[str]:
    """Return the sentence that names the data sets on which no method learns anything that a comparison is of."""
    table = tables(comparison.table)
    if table.empty or not {*comparison.where} <= set(table):
        return []
    rows = matching(table, comparison.where)
    on = unique(rows.loc[learns_nothing(table, rows, comparison), "dataset_label"])
    return [NOTHING.format(on=listed(on))] if on else []


def outcomes(rows: pd.DataFrame, no_difference: float) -> pd.Series:
    """Return "higher" or "lower" where all intervals of a data set lie above or below no difference, else "unclear"."""
    higher, lower = rows["low"] > no_difference, rows["high"] < no_difference
    of_rows = pd.Series("unclear", rows.index).mask(higher, "higher").mask(lower, "lower")
    agreed = of_rows.groupby(rows["on"]).transform("nunique") == 1
    return of_rows.where(agreed, "unclear")


def fits(rows: pd.DataFrame, cells: Mapping[str, pd.DataFrame]) -> bool:
    """Return true where each data set has one row a recipe, and every slot has numbers of all of them."""
    known = all(set(rows["on"]) <= set(cell["on"]) for cell in cells.values())
    return known and not rows.duplicated(["on", "recipe"]).any()


def slots(
    finding: Finding, rows: pd.DataFrame, cells: Mapping[str, pd.DataFrame]
) -> dict[str, str]:
    """Return the texts of a sentence's slots for some data sets of one outcome."""
    values = {"value": size(rows, finding.decided_by)} | {
        slot: size(cell[cell["on"].isin(rows["on"])], finding.cells[slot])
        for slot, cell in cells.items()
    }
    return {"on": listed(unique(rows["on"]))} | values


def size(rows: pd.DataFrame, comparison: Comparison) -> str:
    """Return an estimate without its sign in the printed unit; of several the least and the greatest, ``2 to 5``.

    A number is rounded to its uncertainty, a power of ten to two digits.
    """
    if comparison.power_of_ten:
        widths = rows_of(rows.sort_values("estimate"))
        return spanned([f"{'at least ' * row.is_bound}{fold(row.estimate)}" for row in widths])
    texts = {
        number(abs(row.estimate) * comparison.factor, (row.high - row.low) / 2 * comparison.factor)
        for row in rows_of(rows)
    }
    return spanned(sorted(texts, key=lambda text: float(text.replace(",", ""))))


def neutral(rows: pd.DataFrame, comparison: Comparison) -> str:
    """Return estimates and intervals of all rows without a word on what they mean."""
    factor = comparison.factor
    scaled = rows.assign(**{name: factor * rows[name] for name in ("estimate", "low", "high")})
    parts = [
        f"{number(row.estimate, (row.high - row.low) / 2)} ({spread(row)}) on {row.on}"
        for row in rows_of(scaled)
    ]
    return f"{comparison.column.replace('_', ' ')}: {listed(parts)}."


def matching(table: pd.DataFrame, where: Mapping[str, Any]) -> pd.DataFrame:
    """Return the rows that have these values in columns of the table."""
    for name, value in where.items():
        table = table[_equal(table[name], value)] if name in table else table
    return table


def _equal(column: pd.Series, value: int | float | str | bool) -> pd.Series:
    """Return where a column has a value; 5 and 5.0 are one number, and tables may hold it in text."""
    as_number = pd.to_numeric(column, errors="coerce")
    same = column.astype(str) == str(value)
    return same if isinstance(value, str | bool) else same | (as_number == value)


def _size(value: object) -> float:
    """Return a number, or how many numbers a text lists."""
    return float(len(value.split())) if isinstance(value, str) else float(str(value))
