"""The store of finished runs, `results/runs`, which studies share and no job deletes from."""

from __future__ import annotations

import filecmp
import hashlib
import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from bnlab.files import read_json

logger = logging.getLogger(__name__)

RECORD, MADE_FROM = "run.json", "made_from"
"""File that a training writes last, and its entry with the digests of what the results depend on."""


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def is_made_from(run: Path, code: str, data: str) -> bool:
    """Return true for a finished run that this code computed from these data, both given by their digests."""
    return made_from(run) == {"code": code, "data": data}


def made_from(run: Path) -> Mapping[str, str] | None:
    """Return the digests that a run has recorded; None where it is not finished, or of an earlier version."""
    record = run / RECORD
    return read_json(record).get(MADE_FROM) if record.is_file() else None


@contextmanager
def replacing_run(run: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of a run at the end of the body.

    Results of an earlier training that differ move to `results/earlier/<path>-<date>-<time>`, where the time is that of
    their own training. After an exception the run is as it was.

    Args:
        run: `results/runs/<dataset>/<method>/batch<b>/<recipe>-<key>`.
    """
    part = run.with_name(f".{run.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        yield part
        if run.exists():
            _set_aside(run, part)
        part.rename(run)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _set_aside(run: Path, successor: Path) -> None:
    """Move a run away, or delete it where it is not finished or its successor is equal byte for byte."""
    names = {file.name for file in run.glob("[!.]*")} - {RECORD}
    _, different, missing = filecmp.cmpfiles(run, successor, names, shallow=False)
    if not (run / RECORD).is_file() or not (different or missing):
        shutil.rmtree(run)
        return
    finished = datetime.fromtimestamp((run / RECORD).stat().st_mtime)
    earlier = run.parents[4] / "earlier" / Path(*run.parts[-4:])
    target = earlier.with_name(f"{earlier.name}-{finished:%Y-%m-%d-%H%M%S}")
    if target.exists():
        shutil.rmtree(run)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    run.rename(target)
    logger.info("results of an earlier training differ and are now in %s", target)
