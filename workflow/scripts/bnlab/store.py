"""The store of finished runs, `results/runs`, which studies share and no job deletes from."""

from __future__ import annotations

import filecmp
import logging
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from bnlab.files import (
    OF_RUN,
    Damaged,
    JobError,
    digest_file,
    is_whole,
    read_json,
    record,
    save_json,
)

logger = logging.getLogger(__name__)

RECORD, MADE_FROM = OF_RUN, "made_from"
"""File that a training writes last, and its entry with the digests of what the results depend on."""


def is_made_from(run: Path, code: str, data: str) -> bool:
    """Return true for a whole run that this code computed from these data, both given by their digests."""
    return made_from(run) == {"code": code, "data": data} and is_whole(run)


def made_from(run: Path) -> Mapping[str, str] | None:
    """Return the digests that a run has recorded; None where it is not finished, or of an earlier version."""
    return (_finished(run) or {}).get(MADE_FROM)


def check(records: Iterable[Path]) -> None:
    """Raise JobError for a run that is no longer the one that a job has found or trained.

    Args:
        records: what these jobs wrote, ``runs`` with the digests of each by its folder.
    """
    for path in records:
        for run, digests in read_json(path)["runs"].items():
            if made_from(Path(run)) != digests:
                raise JobError(
                    f"{run} was deleted or damaged, or was trained since by other code or on other data;"
                    " the same command, with `--forcerun train` at its end, trains it for this study"
                )


def accept(run: Path, code: str, data: str) -> bool:
    """Record these digests in a run, as what it is made from; return False where it is not finished or damaged."""
    summary, path = _finished(run), run / RECORD
    if summary is None or not is_whole(run):
        return False
    times = path.stat()
    save_json(path, summary | {MADE_FROM: {"code": code, "data": data}})
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))  # still those of its training
    for file in run.glob("[!.]*"):
        if not digest_file(file).exists():  # as an earlier version left it
            record(file)
    return True


def _finished(run: Path) -> dict[str, Any] | None:
    """Return the summary of a run; None where there is none, or a damaged one, as after a power cut."""
    try:
        summary = read_json(run / RECORD)
    except Damaged:
        return None
    return summary if isinstance(summary, dict) else None


@contextmanager
def replacing_run(run: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of a run at the end of the body.

    Results of an earlier training that differ move to `results/earlier/<path>-<date>-<time>`, where the time is that of
    their own training. After an exception the run is as it was. Processes that train the same run have a folder each.

    Args:
        run: `results/runs/<dataset>/<method>/batch<b>/<recipe>-<key>`.
    """
    part = run.with_name(f".{run.name}.{uuid.uuid4().hex}.part")
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
    if _finished(run) is None or not (different or missing):
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
