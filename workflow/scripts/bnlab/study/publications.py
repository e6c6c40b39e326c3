"""Folders of published results: the study that the README shows, and others in folders of their own in there."""

from __future__ import annotations

from pathlib import Path

from bnlab.files import read_json

RECORD, MANIFEST, PAGE = "study.json", "manifest.json", "report.html"


def own_folders(published: Path) -> list[Path]:
    """Return the folders of other publications in a published one: fresh seeds, and studies of other ledgers."""
    return sorted(manifest.parent for manifest in published.glob(f"*/{MANIFEST}"))


def of_other_ledgers(published: Path) -> list[Path]:
    """Return the folders of studies of other ledgers in a published one: those with a page."""
    return [folder for folder in own_folders(published) if (folder / PAGE).is_file()]


def earlier(published: Path, study: str) -> Path:
    """Return the folder of earlier results of a study: its own in the published one, else that one."""
    own = published / study
    return own if (own / MANIFEST).is_file() else published


def ledger_of(folder: Path) -> str | None:
    """Return the file of the ledger of the study in a folder; None where there is no study, or it has none."""
    record = folder / RECORD
    return read_json(record)["config"].get("claims") if record.is_file() else None
