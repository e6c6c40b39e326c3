"""Schema of a ledger's documents, and of the day on which its tests were fixed. None of it decides a verdict."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, StringConstraints

from bnlab.study.section import COMMIT, DAY, FROZEN, Section, Text, Web


class Source(Section):
    """A document that makes claims."""

    title: Text
    """Title of the document, with authors and year."""
    short: Text
    """Name in a column of a table."""
    url: Web | None = None
    """Address, beginning with https://; left out: none."""


class Paper(Section):
    """A paper that the sources build on."""

    title: Text
    """Authors, year and title."""
    url: Web
    """Address, beginning with https://."""


class Fixed(Section):
    """The day on which the tests of a ledger were fixed, which the page prints with what was known then."""

    date: Annotated[
        str,
        BeforeValidator(lambda value: f"{value}" if isinstance(value, date) else value),
        StringConstraints(pattern=DAY),
    ]
    """Day since which no test has changed."""
    commit: Annotated[str, StringConstraints(pattern=COMMIT)] | None = None
    """Commit of that day which has these tests; left out: none."""
    digest: Annotated[str, StringConstraints(pattern=FROZEN)]
    """First 12 digits of the digest of these tests, as `frozen_ledger` has them; with others the page says so."""
    known: Text | None = None
    """Results that were known on that day, in a sentence; left out: not said."""
