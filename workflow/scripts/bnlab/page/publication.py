"""Publication of a finished study: its files in one folder, and its findings in the README.

Only ``findings`` writes numbers into the README, from the published files, and a test compares the two.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from bnlab.analysis.tidy import RUN
from bnlab.files import JobError, read_csv, read_json, save_json, save_text
from bnlab.page.grids import rows_of
from bnlab.page.ledger import measured, regions, sentence
from bnlab.study.config import Study
from bnlab.study.declaration import Experiment
from bnlab.study.experiments import experiments
from bnlab.study.names import CONFIRMATION, PUBLISHED

LIMIT_MB = 20
MOST_REGIONS = 3
"""Regions of a claim that a cell of the README's table names."""

FILES = (
    *("report.html", "claims.csv", "effects.csv", "replicates.csv", "scorecard.csv"),
    *("sensitivity.csv", "runs.csv", "accuracies.csv", "confirmation.csv", "study.json"),
)
OF_FRESH_SEEDS = ("claims.csv", "effects.csv", "replicates.csv", "runs.csv", "study.json")

BEGIN, END = "<!-- findings -->", "<!-- /findings -->"


def publish(root: Path, study: str) -> Path:
    """Copy a finished study to ``reports/published`` and rewrite the README's findings.

    A complete new folder replaces the old one at the end, so an error leaves the earlier publication as it was. The
    study of fresh seeds goes to ``reports/published/confirmation`` and changes nothing else.

    Args:
        root: the project's folder.
        study: name of the study.

    Returns:
        The published folder.

    Raises:
        JobError: a file is missing, all together are too large, or the README lacks the marker lines.
    """
    source = root / "reports" / study
    if study == CONFIRMATION:
        return _publish_fresh_seeds(root, source)
    target, readme = root / PUBLISHED, root / "README.md"
    names = _files(source, f"reports/{study}")
    with _replacing(target) as part:
        _copy(source, part, names)
        save_json(part / "manifest.json", manifest(root, study, part, names))
        text = with_findings(readme.read_text("utf8"), findings(part))
        if (target / CONFIRMATION).is_dir():
            shutil.copytree(target / CONFIRMATION, part / CONFIRMATION)
    save_text(readme, text)
    return target


def _publish_fresh_seeds(root: Path, source: Path) -> Path:
    """Copy verdicts, effects, replicates and runs of the finished study of fresh seeds."""
    target = root / PUBLISHED / CONFIRMATION
    _check_there(source, OF_FRESH_SEEDS, f"reports/{CONFIRMATION}")
    with _replacing(target) as part:
        _copy(source, part, OF_FRESH_SEEDS)
        runs = read_csv(part / "runs.csv")
        last = runs["seed"] + runs["replicates"] - 1
        about = manifest(root, CONFIRMATION, part, OF_FRESH_SEEDS)
        seeds = [int(runs["seed"].min()), int(last.max())]
        record = read_json(part / "study.json")
        ledger, bound = record["ledger"], record["config"]["frozen_ledger"]
        if not (bound and ledger.startswith(bound)):
            raise JobError(
                f"reports/{CONFIRMATION} was not bound to its ledger; train it with frozen_ledger: {ledger[:12]}"
            )
        save_json(part / "manifest.json", about | {"seeds": seeds, "ledger": ledger})
    return target


def _copy(source: Path, folder: Path, names: Iterable[str]) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, folder / name)


def manifest(root: Path, study: str, folder: Path, names: Iterable[str]) -> dict[str, Any]:
    """Return the origin and the digests of published files.

    ``commit`` and ``clean`` describe the project's git checkout, without the files that publishing writes. Versions and
    hardware are those of the runs. Experiments from an earlier publication keep its entries.

    Args:
        root: the project's folder.
        study: name of the study.
        folder: folder of the files, with study.json.
        names: paths of the files in ``folder``.
    """
    record = read_json(folder / "study.json")
    changed = _git(root, "status", "--porcelain", "--", ".", ":!reports", ":!README.md")
    stamp = {
        "study": study,
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _git(root, "rev-parse", "HEAD"),
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
        "files": {name: fingerprint(folder / name) for name in names},
    }


def runs_of(study: Study, published: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a published runs.csv with runs of the experiments that a study takes from there."""
    runs = [
        run for name in study.experiments if name not in study.own() for run in study.runs(name)
    ]
    keys = pd.DataFrame([(*run, study.key(run)) for run in runs], columns=[*RUN, "key"])
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


def fingerprint(path: Path) -> dict[str, Any]:
    """Return SHA-256 and size of a file."""
    content = path.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def findings(folder: Path) -> str:
    """Return the findings of a study as Markdown: answers, verdicts, figures, and the most important claims.

    They depend on the files in ``folder`` alone; links lead to ``reports/published``.

    Raises:
        JobError: no effect has a headline.
    """
    claims, effects = read_csv(folder / "claims.csv"), read_csv(folder / "effects.csv")
    manifest, record = read_json(folder / "manifest.json"), read_json(folder / "study.json")
    figures = [name for name in manifest["files"] if name.endswith(".svg")]
    images = [f"![{_alt(name, record['config'])}]({PUBLISHED}/{name})" for name in figures]
    paragraphs = [
        *([record["scope"]] if record["scope"] else []),
        _listed(record["answers"]),
        *_advice(record["advice"]),
        *_redraws(record),
        f"{sentence(claims)} The claims are those of {claims['source'].nunique()} documents: "
        f"[every verdict]({PUBLISHED}/claims.csv), [every effect]({PUBLISHED}/effects.csv) and "
        f"[every replicate]({PUBLISHED}/replicates.csv) of the study `{manifest['study']}`, and "
        f"[its report]({PUBLISHED}/report.html).",
        *_confirmed(record["confirmation"]),
        *images,
        "\n".join(_headlines(claims, effects)),
        "What each experiment trained, and the minutes that this took on one core, starting Python not counted. A run "
        "that several experiments share is counted in the first of them.",
        "\n".join(_costs(record["costs"])),
    ]
    return "\n\n".join(paragraphs) + "\n"


def _confirmed(sentences: Sequence[str]) -> list[str]:
    """Return a paragraph on the verdicts by fresh seeds, if there are any."""
    link = f"[each verdict on fresh seeds]({PUBLISHED}/confirmation.csv)"
    return [f"{' '.join(sentences)} The table has {link}."] if sentences else []


def _advice(advice: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the scorecard's sentences under their headings."""
    lines = [f"When {when}: {' '.join(sentences)}" for when, sentences in advice.items()]
    return (
        ["Which normalizer when, in the small networks that were trained here:", _listed(lines)]
        if lines
        else []
    )


def _listed(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)


def _redraws(record: Mapping[str, Any]) -> list[str]:
    """Return a paragraph on each redraw that stands for another data set."""
    datasets = record["config"]["datasets"]
    paragraphs = []
    for name, data in record["data"].items():
        stood_for = datasets[name]["stands_for"]
        if data["is_redraw"] and stood_for:
            original = record["data"][datasets[name]["of"]]["shape"]["rows"]
            paragraphs.append(
                f"{record['called'].get(stood_for, stood_for)} is represented by {datasets[name]['label']}: "
                f"{data['shape']['rows']:,} rows drawn anew from a Bayesian network fitted to {original:,} rows. "
                "A verdict on it alone says so."
            )
    return paragraphs


def _alt(name: str, config: Mapping[str, Any]) -> str:
    """Return title and data set of the figure ``figures/<experiment>/<dataset>/<recipe>/<kind>.svg``."""
    _, experiment, dataset, _, file = name.split("/")
    figure = experiments()[experiment].figures[file.removesuffix(".svg")]
    return f"{figure.title}, {config['datasets'][dataset]['label']}"


def with_findings(readme: str, text: str) -> str:
    """Return a README with ``text`` between its two marker lines. Raises JobError without these lines."""
    before, _, after = _parts(readme)
    return f"{before}{BEGIN}\n\n{text}\n{END}{after}"


def findings_in(readme: str) -> str:
    """Return the text between the two marker lines of a README. Raises JobError without these lines."""
    return _parts(readme)[1].removeprefix("\n\n").removesuffix("\n")


def _parts(readme: str) -> tuple[str, str, str]:
    before, begin, rest = readme.partition(BEGIN)
    between, end, after = rest.partition(END)
    if not (begin and end):
        raise JobError(f"README.md lacks the line {BEGIN} or, after it, the line {END}")
    return before, between, after


def _files(source: Path, folder: str) -> list[str]:
    """Return the files to publish. Raises JobError where one is missing or all together are too large."""
    tables = sorted(path.relative_to(source).as_posix() for path in source.glob("tables/**/*.csv"))
    record = source / "study.json"
    figures = read_json(record)["in_summary"] if record.is_file() else []
    names = [*FILES, *figures, *(tables or ["tables/"])]
    _check_there(source, names, folder)
    size = sum((source / name).stat().st_size for name in names) / 1e6
    if size > LIMIT_MB:
        raise JobError(f"{folder} has {size:.1f} MB to publish, and {LIMIT_MB} MB is the most")
    return names


def _check_there(source: Path, names: Iterable[str], folder: str) -> None:
    missing = [name for name in names if not (source / name).is_file()]
    if missing:
        raise JobError(f"{folder} lacks {', '.join(missing)}; is the study finished?")


def _git(root: Path, *arguments: str) -> str | None:
    """Return the output of git, or None outside a git checkout."""
    try:
        process = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return None if process.returncode else process.stdout.strip()


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


def _headlines(claims: pd.DataFrame, effects: pd.DataFrame) -> list[str]:
    """Return a Markdown table with a row for each claim that has an effect with a headline."""
    effects = effects.assign(scale=effects["scale"].astype(object).fillna(""))
    numbers_of_claims = effects.loc[effects["headline"].notna(), "id"].unique()
    if not len(numbers_of_claims):
        raise JobError("effects.csv has no effect with a headline, which the README shows")
    cells = [["claim", "claimed", "measured", "verdict"], ["---"] * 4]
    rows = claims[claims["id"].isin(numbers_of_claims)].astype(object).fillna("")
    for claim in rows_of(rows):
        numbers = "; ".join(measured(effects[effects["id"] == claim.id]))
        on = f" on {claim.stand_in}" if claim.stand_in else ""
        where = " ".join(f"{heading}: {_few(text)}." for heading, text in regions(claim))
        cells.append([claim.claim, claim.claimed, numbers, f"**{claim.verdict}**{on}. {where}"])
    return [f"| {' | '.join(_cell(text) for text in line)} |" for line in cells]


def _few(text: str) -> str:
    """Return regions, or only how many there are if a cell of a table is too small for them."""
    number = text.count("; ") + 1
    return f"{number} regions" if number > MOST_REGIONS else text


def _costs(costs: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a Markdown table of ``facts.costs``."""
    lines = [["experiment", "runs", "replicates", "core-minutes"], ["---", *["---:"] * 3]]
    for cost in costs:
        minutes = "not recorded" if cost["minutes"] is None else f"{cost['minutes']:.0f}"
        lines.append([cost["title"], str(cost["runs"]), f"{cost['replicates']:,}", minutes])
    return [f"| {' | '.join(line)} |" for line in lines]


def _cell(text: Any) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")
