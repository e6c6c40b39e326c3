"""Links between claims, scores, and the figures and tables that show what they are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from bnlab.page.contents import Item
from bnlab.page.grids import rows_of
from bnlab.page.layout import CLAIMS, experiment_path
from bnlab.study.declaration import Experiment


class Places(NamedTuple):
    """Places in the pages: groups of figures by id, and the first item that shows a quantity of a group."""

    groups: Mapping[str, Item]
    shown: Mapping[tuple[str, str], Item]

    def address(self, group: str, quantity: str) -> str | None:
        """Return the address of what shows a quantity, else of its group, from the study's folder; None without any."""
        item = self.shown.get((group, quantity))
        if item:
            return f"{experiment_path(item.experiment)}#{item.id}"
        return (
            f"{experiment_path(self.groups[group].experiment)}#{group}"
            if group in self.groups
            else None
        )


def places(items: Sequence[Item], experiments: Mapping[str, Experiment]) -> Places:
    """Return where figures and tables stand, figures first."""
    groups: dict[str, Item] = {}
    shown: dict[tuple[str, str], Item] = {}
    for item in items:
        groups.setdefault(item.group, item)
        for quantity in experiments[item.experiment].item(item.kind).shows:
            shown.setdefault((item.group, quantity), item)
    return Places(groups, shown)


class Decided(NamedTuple):
    """A claim that a figure or table decides: its number, verdict and address from the study's folder."""

    claim: str
    verdict: str
    address: str


def decided_by(
    where: Places, claims: pd.DataFrame, effects: pd.DataFrame
) -> dict[str, list[Decided]]:
    """Return the claims by the id of the figure or table that shows a primary effect of theirs.

    Args:
        where: where figures and tables stand.
        claims: claims.csv.
        effects: effects.csv.
    """
    verdicts = dict(zip(claims["id"], claims["verdict"], strict=True))
    found: dict[str, dict[str, Decided]] = {}
    for row in rows_of(effects[effects["primary"].astype(bool)]):
        item = where.shown.get((row.anchor, row.quantity))
        if item:
            known = Decided(row.id, verdicts[row.id], f"{CLAIMS}#claim-{row.id}")
            found.setdefault(item.id, {})[row.id] = known
    return {id: list(claims_of.values()) for id, claims_of in found.items()}
