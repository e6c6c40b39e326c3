"""Publication of a finished study: its files in one folder, and its findings in ``published_pages``."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from bnlab.analysis.tidy import RUN_ID
from bnlab.files import (
    JobError,
    as_json,
    read_bytes,
    read_csv,
    read_json,
    record_all,
    save_source,
)
from bnlab.page.checkout import PICTURE, UNWRITTEN, git
from bnlab.page.published_pages import PAGES, with_text
from bnlab.study.config import Study
from bnlab.study.declaration import Experiment
from bnlab.study.names import CONFIRMATION, PUBLISHED
from bnlab.study.publications import MANIFEST, RECORD, ledger_of, own_folders

LIMIT_MB, LIMIT_BESIDE_MB = 20, 5
"""Most that the published study may have, and a study of another ledger beside it."""
FILES = (
    *("report.html", "claims.html", "scorecard.html", "about.html"),
    *("claims.csv", "effects.csv", "replicates.csv", "scorecard.csv", "sensitivity.csv"),
    *("runs.csv", "accuracies.csv", "confirmation.csv", RECORD),
)
OF_PUBLISHED = ("experiments", "figures", "tables")
"""Folders of a published study, beside which others have theirs."""
TABLES = "tables/**/*.csv"
OF_FRESH_SEEDS = (
    *("claims.csv", "effects.csv", "replicates.csv", "scorecard.csv"),
    *("runs.csv", "accuracies.csv", RECORD),
)


def publish(root: Path, study: str) -> Path:
    """Copy a finished study to ``reports/published`` and rewrite the findings of README and docs.

    A study that is judged by another ledger than the published one gets a folder of its own in there,
    ``reports/published/<study>``, and replaces nothing else. A complete new folder replaces the old one at the end, so
    an error leaves the earlier publication as it was. The study of fresh seeds goes to
    ``reports/published/confirmation`` and changes nothing else.

    Args:
        root: the project's folder.
        study: name of the study.

    Returns:
        The published folder.

    Raises:
        JobError: a file is missing, all together are too large, or a page lacks its marker lines.
    """
    source = root / "reports" / study
    if study == CONFIRMATION:
        return _publish_fresh_seeds(root, source)
    published = root / PUBLISHED
    is_beside = _is_of_another_ledger(source, published)
    if is_beside and study in OF_PUBLISHED:
        raise JobError(
            f"reports/published/{study} has another meaning; the study needs another name"
        )
    names = _files(source, f"reports/{study}", LIMIT_BESIDE_MB if is_beside else LIMIT_MB)
    with _replacing(published) as part:
        folder = part / study if is_beside else part
        kept = [published] if is_beside else own_folders(published)
        for old in kept:
            shutil.copytree(old, part / old.relative_to(published), dirs_exist_ok=True)
        if is_beside:
            shutil.rmtree(folder, ignore_errors=True)
        _copy(source, folder, names)
        save_source(folder / MANIFEST, as_json(manifest(root, study, folder)))
        record_all(folder, [*names, MANIFEST])
        pages = {
            root / page: with_text(page, (root / page).read_text("utf8"), text(part))
            for page, text in PAGES.items()
        }
        drawn = read_json(part / RECORD).get("picture")
    for page, content in pages.items():
        save_source(page, content)
    if drawn:
        save_source(root / PICTURE, drawn["svg"])
    return published / study if is_beside else published


def _is_of_another_ledger(source: Path, published: Path) -> bool:
    """Return true where both studies are there and each is judged by a ledger of its own."""
    folders = [source, published]
    there = all((folder / RECORD).is_file() for folder in folders)
    return there and len(set(map(ledger_of, folders))) == 2


def _publish_fresh_seeds(root: Path, source: Path) -> Path:
    """Copy verdicts, effects, replicates, tables and runs of the finished study of fresh seeds."""
    target = root / PUBLISHED / CONFIRMATION
    names = [*OF_FRESH_SEEDS, *_found(source, TABLES)]
    _check_there(source, names, f"reports/{CONFIRMATION}")
    with _replacing(target) as part:
        _copy(source, part, names)
        runs = read_csv(part / "runs.csv")
        last = runs["seed"] + runs["replicates"] - 1
        about = manifest(root, CONFIRMATION, part)
        seeds = [int(runs["seed"].min()), int(last.max())]
        record = read_json(part / RECORD)
        ledger, bound = record["ledger"], record["config"]["frozen_ledger"]
        if not (bound and ledger.startswith(bound)):
            raise JobError(
                f"reports/{CONFIRMATION} was not bound to its ledger; train it with frozen_ledger: {ledger[:12]}"
            )
        content = about | {"seeds": seeds, "ledger": ledger}
        save_source(part / MANIFEST, as_json(content))
        record_all(part, [*names, MANIFEST])
    return target


def _copy(source: Path, folder: Path, names: Iterable[str]) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(read_bytes(source / name))


def manifest(root: Path, study: str, folder: Path) -> dict[str, Any]:
    """Return the origin of published files.

    ``commit`` and ``clean`` describe the project's git checkout, without the files that publishing writes. Versions and
    hardware are those of the runs. Experiments from an earlier publication keep its entries.

    Args:
        root: the project's folder.
        study: name of the study.
        folder: folder of the files, with study.json.
    """
    record = read_json(folder / RECORD)
    changed = git(root, "status", "--porcelain", *UNWRITTEN)
    stamp = {
        "study": study,
        "date": datetime.now(UTC).date().isoformat(),
        "commit": git(root, "rev-parse", "HEAD"),
        "clean": None if changed is None else not changed,
    }
    return stamp | {
        "experiments": dict.fromkeys(record["config"]["experiments"], stamp) | record["taken"],
        "data": {
            name: {key: data[key] for key in ("source", "is_redraw", "digest")}
            for name, data in record["data"].items()
        },
        "versions": record["versions"],
        "hardware": record["hardware"],
    }


def runs_of(study: Study, published: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a published runs.csv with runs of the experiments that a study takes from there."""
    runs = [
        run for name in study.experiments if name not in study.own() for run in study.runs(name)
    ]
    keys = pd.DataFrame([(*run, study.key(run)) for run in runs], columns=[*RUN_ID, "key"])
    return published.merge(keys.drop_duplicates())


def taken_experiments(
    experiments: Mapping[str, Mapping[str, Any]], manifest: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Return the manifest's entry (study, date, commit) of each experiment that is taken as published."""
    return {
        name: manifest["experiments"][name]
        for name, about in experiments.items()
        if about["published"]
    }


def taken_text(stamps: Mapping[str, Any], experiments: Mapping[str, Experiment]) -> str:
    """Return titles by publication: ``Learning curves, Faults (study local, 2026-11-21, commit d49491f)``."""
    titles: dict[str, list[str]] = {}
    for name, stamp in stamps.items():
        origin = f"study {stamp['study']}, {stamp['date']}"
        origin += f", commit {stamp['commit'][:7]}" if stamp["commit"] else ""
        titles.setdefault(origin, []).append(experiments[name].title)
    return "; ".join(f"{', '.join(group)} ({origin})" for origin, group in titles.items())


def _files(source: Path, folder: str, limit_mb: float) -> list[str]:
    """Return the files to publish. Raises JobError where one is missing or all together are too large."""
    record = source / RECORD
    figures = read_json(record)["in_summary"] if record.is_file() else []
    pages = _found(source, "experiments/*.html")
    names = [*FILES, *pages, *figures, *_found(source, TABLES)]
    _check_there(source, names, folder)
    size = sum((source / name).stat().st_size for name in names) / 1e6
    if size > limit_mb:
        raise JobError(f"{folder} has {size:.1f} MB to publish, and {limit_mb} MB is the most")
    return names


def _found(source: Path, pattern: str) -> list[str]:
    """Return the files of a study that fit a pattern, or its first folder where none does."""
    files = sorted(path.relative_to(source).as_posix() for path in source.glob(pattern))
    return files or [f"{pattern.partition('/')[0]}/"]


def _check_there(source: Path, names: Iterable[str], folder: str) -> None:
    missing = [name for name in names if not (source / name).is_file()]
    if missing:
        raise JobError(f"{folder} lacks {', '.join(missing)}; is the study finished?")


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """Give a new folder that replaces another one at the end; an error leaves that one as it was."""
    part = target.with_name(f".{target.name}.{os.getpid()}")
    old = part.with_name(f"{part.name}.old")
    try:
        yield part
        if target.exists():
            target.rename(old)
        try:
            part.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(part, ignore_errors=True)
