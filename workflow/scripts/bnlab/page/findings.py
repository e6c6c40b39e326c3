"""What experiments answer, and which of it answers the title's question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Answered(NamedTuple):
    """What an experiment answers: sentences, each with its numbers."""

    name: str
    title: str
    sentences: list[str]


def leading(
    answered: Sequence[Answered], findings: Sequence[str]
) -> tuple[list[Answered], list[Answered]]:
    """The first sentence of each experiment in ``findings``, in this order, and all others; without any all lead."""
    said = {answer.name: answer for answer in answered}
    chosen = [said[name] for name in findings if name in said]
    if not chosen:
        return list(answered), []
    first = [answer._replace(sentences=answer.sentences[:1]) for answer in chosen]
    others = [
        answer._replace(sentences=answer.sentences[answer.name in findings :])
        for answer in answered
    ]
    return first, [answer for answer in others if answer.sentences]
