"""Second copies of finished runs, since Snakemake deletes outputs before it makes them again."""

from __future__ import annotations

import filecmp
import logging
import os
import shutil
from datetime import datetime
from pathlib import Path

log = logging.getLogger(__name__)

RECORD = "run.json"
"""File that a training writes last; it has times, so no two trainings write the same."""


def keep(run: Path) -> None:
    """Link the files of a finished run into `results/kept`, under the same path as in `results/runs`.

    Kept results of an earlier training move to `results/earlier/<path>-<date>-<time>`; equal ones are
    replaced. Links take no space; a file system without links gets copies. A run that cannot be kept
    is a warning, since its results are in `results/runs`.

    Args:
        run: `results/runs/<dataset>/<method>/batch<b>/<recipe>-<key>`.
    """
    results, name = run.parents[4], Path(*run.parts[-4:])
    kept = results / "kept" / name
    part = kept.with_name(f".{name.name}.part")
    try:
        if _same_file(run / RECORD, kept / RECORD):
            return
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        for file in run.glob("[!.]*"):
            _link(file, part / file.name)
        if kept.exists():
            _set_aside(kept, part, results / "earlier" / name)
        part.rename(kept)
    except OSError as error:
        log.warning("%s cannot be kept a second time in %s: %s", run, kept, error)


def keep_all(runs: Path) -> None:
    """Keep every finished run below `results/runs`."""
    for record in sorted(runs.glob(f"*/*/*/*/{RECORD}")):
        keep(record.parent)


def _set_aside(kept: Path, successor: Path, earlier: Path) -> None:
    """Move kept results away, or delete them where their successors are equal byte for byte."""
    names = {file.name for file in kept.iterdir()} - {RECORD}
    _, different, missing = filecmp.cmpfiles(kept, successor, names, shallow=False)
    finished = datetime.fromtimestamp((kept / RECORD).stat().st_mtime)
    target = earlier.with_name(f"{earlier.name}-{finished:%Y-%m-%d-%H%M%S}")
    if target.exists() or not (different or missing):
        shutil.rmtree(kept)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    kept.rename(target)
    log.info("results of an earlier training differ and are now in %s", target)


def _same_file(one: Path, other: Path) -> bool:
    return other.exists() and filecmp.cmp(one, other, shallow=False)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
