"""Studies of other ledgers, each published in a folder of its own beside the study that the README shows."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from bnlab.files import read_csv, read_json
from bnlab.page.ledger import sentence
from bnlab.study.publications import RECORD, of_other_ledgers

MOST_SAID = 2


class Beside(NamedTuple):
    """A study of another ledger.

    Attributes:
        study: name of the study and of its folder.
        title: the question of its page.
        scope: the networks that it is about; empty where its ledger does not say so.
        said: thought and sentence of each of its statements.
        verdicts: a sentence that counts its verdicts.
        minutes: what its runs took on one core, as far as that was recorded.
    """

    study: str
    title: str
    scope: str
    said: list[tuple[str, str]]
    verdicts: str
    minutes: float

    @property
    def first(self) -> list[tuple[str, str]]:
        """Thought and sentence of each statement that README and first screen of the other study repeat."""
        return self.said[:MOST_SAID]


def beside(published: Path) -> list[Beside]:
    """Return the studies of other ledgers in a published folder."""
    return [read(folder) for folder in of_other_ledgers(published)]


def read(folder: Path) -> Beside:
    """Return a published study of another ledger."""
    record = read_json(folder / RECORD)
    return Beside(
        study=folder.name,
        title=record["config"]["title"],
        scope=record["scope"] or "",
        said=[(each["thought"], each["sentence"]) for each in record["front"]],
        verdicts=sentence(read_csv(folder / "claims.csv")),
        minutes=sum(cost["minutes"] or 0 for cost in record["costs"]),
    )
