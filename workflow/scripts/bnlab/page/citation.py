"""Citation of the study: what CITATION.cff and the git checkout say, and the same as BibTeX."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from bnlab.page.checkout import UNWRITTEN, git


class Citation(NamedTuple):
    """Facts that a reader needs to cite a study.

    Attributes:
        title: title of the software.
        authors: names of its authors.
        licence: name of its licence; None where none is stated.
        version: version of bnlab.
        date: date of the page, such as 2026-01-31.
        address: address of the repository that CITATION.cff states; None without any.
        commit: commit of the checkout; None outside of one.
        changed: true where the checkout has changes since that commit.
    """

    title: str
    authors: list[str]
    licence: str | None
    version: str
    date: str
    address: str | None
    commit: str | None
    changed: bool = False


def citation(file: Path, version: str, date: str) -> Citation:
    """Return what a CITATION.cff and the checkout around it say."""
    about = yaml.safe_load(file.read_text("utf8"))
    return Citation(
        title=about["title"],
        authors=[_name(author) for author in about["authors"]],
        licence=_licence(about.get("license")),
        version=version,
        date=date,
        address=about.get("repository-code") or about.get("url"),
        commit=git(file.parent, "rev-parse", "HEAD"),
        changed=bool(git(file.parent, "status", "--porcelain", "--untracked-files=no", *UNWRITTEN)),
    )


def _name(author: Mapping[str, Any]) -> str:
    parts = (author.get("given-names"), author.get("family-names"))
    return author.get("name") or " ".join(part for part in parts if part)


def _licence(stated: str | list[str] | None) -> str | None:
    """Return a licence, or several that a user may choose from."""
    return " or ".join(stated) if isinstance(stated, list) else stated


def bibtex(cited: Citation) -> str:
    """Return a citation as an entry of BibTeX."""
    year = cited.date[:4]
    fields = {
        "title": cited.title,
        "author": " and ".join(f"{{{name}}}" for name in cited.authors),
        "version": cited.version,
        "year": year,
        "url": cited.address,
        "note": f"Commit {cited.commit[:12]}" if cited.commit else None,
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@software{{bnlab{year},", *lines, "}"])
