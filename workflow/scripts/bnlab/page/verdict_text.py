"""Verdicts as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from bnlab.analysis.claims import Judged
from bnlab.page.phrases import amount, number, rule_text
from bnlab.study.ledger import Claim, Ledger
from bnlab.study.messages import counted

WIDTH = 100


def verdicts_in_words(judged: Judged, ledger: Ledger, by: str) -> str:
    """Return each claim with its verdict, its tests and what is not known.

    Args:
        judged: the ledger's claims and effects.
        ledger: the ledger.
        by: name of the results, in print.
    """
    parts = [f"{counted(len(ledger.claims), 'claim')}, judged by {by}"]
    rows = judged.claims.set_index("id")
    for claim in ledger.claims:
        effects = judged.effects[judged.effects["id"] == claim.id]
        parts.append("\n".join(_claim(claim, ledger, rows.loc[claim.id], effects)))
    families = judged.effects.groupby(["topic", "primary"]).size()
    if (families > 1).any():
        parts.append(
            "p is corrected (Holm) over the primary tests of a topic in this ledger, and over its others."
        )
    return "\n\n".join(parts)


def _claim(claim: Claim, ledger: Ledger, row: Any, effects: Any) -> Iterator[str]:
    yield from _wrapped(f"{claim.id}  {row['verdict'].upper()}: {claim.claim}", "")
    yield from _wrapped(f"{ledger.sources[claim.source].title}, {claim.place}", "    ")
    for effect in effects.itertuples():
        yield from _wrapped(
            f"{effect.verdict}{' (primary)' if effect.primary else ''}: {effect.region}", "    "
        )
        yield from _wrapped(
            f"{effect.effect}: {amount(effect)}; the claim wants {rule_text(effect.rule)}; "
            f"{effect.n} of {effect.replicates} replicates, p = {number(effect.p_holm)}",
            "        ",
        )
    for label, text in (("not known", row["not_known"]), ("why", row["reason"])):
        if text:
            yield from _wrapped(f"{label}: {text}", "    ")


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}    ")
