"""A finished study as it is published: its pieces in one folder, and what it found in the README.

Numbers in the README are rendered from the published files by ``findings`` and by nothing else, so
a test can say whether they still agree.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from bnlab.analysis.tidy import RUN
from bnlab.files import JobError, read_csv, read_json, save_json, save_text
from bnlab.page.grids import rows_of
from bnlab.page.ledger import extent, measured, sentence
from bnlab.study.config import Study
from bnlab.study.declaration import Experiment
from bnlab.study.experiments import experiments
from bnlab.study.names import PUBLISHED

LIMIT_MB = 18

FILES = (
    *("report.html", "claims.csv", "effects.csv", "replicates.csv", "scorecard.csv", "runs.csv"),
    "study.json",
)

BEGIN, END = "<!-- findings -->", "<!-- /findings -->"


def publish(root: Path, study: str) -> Path:
    """Copy a finished study to ``reports/published`` and rewrite the README's findings.

    Everything is made beside the folder that it replaces and takes its place at the end, so what
    was published before stays until then, whole.

    Args:
        root: the project's folder.
        study: name of the study.

    Returns:
        The published folder.

    Raises:
        JobError: a piece is missing, the whole is too large, or the README has no place for it.
    """
    source, target, readme = root / "reports" / study, root / PUBLISHED, root / "README.md"
    names = _pieces(source, f"reports/{study}")
    part = target.with_name(f".published.{os.getpid()}")
    try:
        for name in names:
            (part / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, part / name)
        save_json(part / "manifest.json", manifest(root, study, part, names))
        text = with_findings(readme.read_text("utf8"), findings(part))
        _replace(target, part)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    save_text(readme, text)
    return target


def manifest(root: Path, study: str, folder: Path, names: Iterable[str]) -> dict[str, Any]:
    """Where the published files come from and what they are, byte for byte.

    Commit and cleanness are those of the project when it publishes; what publishing itself writes
    does not make it unclean. Versions and hardware are those of the runs, each with every value
    that occurs; data are those that were trained on. Experiments that the study took as they were published keep what
    was said of them then.
    """
    record = read_json(folder / "study.json")
    changed = _git(root, "status", "--porcelain", "--", ".", ":!reports", ":!README.md")
    made = {
        "study": study,
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _git(root, "rev-parse", "HEAD"),
        "clean": None if changed is None else not changed,
    }
    return made | {
        "experiments": dict.fromkeys(record["config"]["experiments"], made) | record["taken"],
        "data": {
            name: {key: data[key] for key in ("source", "is_redraw", "digest")}
            for name, data in record["data"].items()
        },
        "versions": record["versions"],
        "hardware": record["hardware"],
        "files": {name: fingerprint(folder / name) for name in names},
    }


def runs_of(study: Study, published: pd.DataFrame) -> pd.DataFrame:
    """The rows of a published runs.csv that belong to experiments which a study takes as they are."""
    taken = [
        run for name in study.experiments if name not in study.own() for run in study.runs(name)
    ]
    wanted = pd.DataFrame([(*run, study.key(run)) for run in taken], columns=[*RUN, "key"])
    return published.merge(wanted.drop_duplicates())


def taken(
    experiments: Mapping[str, Mapping[str, Any]], manifest: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """By experiment that is taken as published, what a manifest says of where it was made."""
    return {
        name: manifest["experiments"][name]
        for name, about in experiments.items()
        if about["published"]
    }


def taken_in_words(taken: Mapping[str, Any], declared: Mapping[str, Experiment]) -> str:
    """``Learning curves, Faults (study local, 2026-11-21, commit d49491f)``, by publication."""
    titles: dict[str, list[str]] = {}
    for name, made in taken.items():
        where = f"study {made['study']}, {made['date']}"
        where += f", commit {made['commit'][:7]}" if made["commit"] else ""
        titles.setdefault(where, []).append(declared[name].title)
    return "; ".join(f"{', '.join(named)} ({where})" for where, named in titles.items())


def fingerprint(path: Path) -> dict[str, Any]:
    """SHA-256 and size of a file."""
    content = path.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def findings(folder: Path) -> str:
    """What the published study found, as Markdown: answers, verdicts, figures, and the claims that matter most.

    A function of the files in ``folder`` alone; links lead to ``reports/published``.
    """
    claims, effects = read_csv(folder / "claims.csv"), read_csv(folder / "effects.csv")
    manifest, record = read_json(folder / "manifest.json"), read_json(folder / "study.json")
    drawn = [name for name in manifest["files"] if name.endswith(".svg")]
    images = [f"![{_alt(name, record['config'])}]({PUBLISHED}/{name})" for name in drawn]
    paragraphs = [
        *([record["scope"]] if record["scope"] else []),
        _listed(record["answers"]),
        *_advice(record["advice"]),
        *_redraws(record),
        f"{sentence(claims)} The claims are those of {claims['source'].nunique()} documents: "
        f"[every verdict]({PUBLISHED}/claims.csv), [every effect]({PUBLISHED}/effects.csv) and "
        f"[every replicate]({PUBLISHED}/replicates.csv) of the study `{manifest['study']}`, and "
        f"[its report]({PUBLISHED}/report.html).",
        *images,
        "\n".join(_headlines(claims, effects)),
        "What each experiment trained, and the minutes that this took on one core, starting Python not counted. A run "
        "that several experiments share is counted in the first of them.",
        "\n".join(_costs(record["costs"])),
    ]
    return "\n\n".join(paragraphs) + "\n"


def _advice(advice: Mapping[str, Sequence[str]]) -> list[str]:
    """The scorecard's sentences under their headings."""
    lines = [f"When {when}: {' '.join(sentences)}" for when, sentences in advice.items()]
    return (
        ["Which normalizer when, of those that were trained there:", _listed(lines)]
        if lines
        else []
    )


def _listed(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)


def _redraws(record: Mapping[str, Any]) -> list[str]:
    """A paragraph on each redraw that was trained on in the place of another dataset."""
    datasets = record["config"]["datasets"]
    said = []
    for name, data in record["data"].items():
        stood_for = datasets[name]["stands_for"]
        if data["is_redraw"] and stood_for:
            original = record["data"][datasets[name]["of"]]["shape"]["rows"]
            said.append(
                f"{record['called'].get(stood_for, stood_for)} is represented by {datasets[name]['label']}: "
                f"{data['shape']['rows']:,} rows drawn anew from a Bayesian network fitted to {original:,} rows. "
                "A verdict on it alone says so."
            )
    return said


def _alt(name: str, config: Mapping[str, Any]) -> str:
    """What is to be seen in ``figures/<experiment>/<dataset>/<recipe>/<kind>.svg``."""
    _, experiment, dataset, _, file = name.split("/")
    figure = experiments()[experiment].figures[file.removesuffix(".svg")]
    return f"{figure.title}, {config['datasets'][dataset]['label']}"


def with_findings(readme: str, text: str) -> str:
    """The README with ``text`` in place of what stood between the two marker lines."""
    before, _, after = _parts(readme)
    return f"{before}{BEGIN}\n\n{text}\n{END}{after}"


def shown_findings(readme: str) -> str:
    """What a README that ``with_findings`` made has between the marker lines."""
    return _parts(readme)[1].removeprefix("\n\n").removesuffix("\n")


def _parts(readme: str) -> tuple[str, str, str]:
    before, begin, rest = readme.partition(BEGIN)
    between, end, after = rest.partition(END)
    if not (begin and end):
        raise JobError(f"README.md lacks the line {BEGIN} or, after it, the line {END}")
    return before, between, after


def _pieces(source: Path, called: str) -> list[str]:
    """Names of the files to be published, once they are all there and not too large."""
    tables = sorted(path.relative_to(source).as_posix() for path in source.glob("tables/**/*.csv"))
    record = source / "study.json"
    figures = read_json(record)["in_summary"] if record.is_file() else []
    names = [*FILES, *figures, *(tables or ["tables/"])]
    missing = [name for name in names if not (source / name).is_file()]
    if missing:
        raise JobError(f"{called} lacks {', '.join(missing)}; is the study finished?")
    size = sum((source / name).stat().st_size for name in names) / 1e6
    if size > LIMIT_MB:
        raise JobError(f"{called} has {size:.1f} MB to publish, and {LIMIT_MB} MB is the most")
    return names


def _git(root: Path, *arguments: str) -> str | None:
    """What git says, or None outside a git checkout."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return None if done.returncode else done.stdout.strip()


def _replace(target: Path, part: Path) -> None:
    """Put a folder in the place of another; if that fails, the other is back."""
    old = part.with_name(f"{part.name}.old")
    if target.exists():
        target.rename(old)
    try:
        part.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _headlines(claims: pd.DataFrame, effects: pd.DataFrame) -> list[str]:
    """A Markdown table with a row for each claim of which some effect has a headline."""
    effects = effects.assign(scale=effects["scale"].astype(object).fillna(""))
    chosen = effects.loc[effects["headline"].notna(), "id"].unique()
    if not len(chosen):
        raise JobError("effects.csv has no effect with a headline, which the README shows")
    cells = [["claim", "claimed", "measured", "verdict"], ["---"] * 4]
    for claim in rows_of(claims[claims["id"].isin(chosen)].astype(object).fillna("")):
        numbers = "; ".join(measured(effects[effects["id"] == claim.id]))
        on = f" on {claim.stand_in}" if claim.stand_in else ""
        cells.append([claim.claim, claim.claimed, numbers, f"{claim.verdict}{on}, {extent(claim)}"])
    return [f"| {' | '.join(_cell(text) for text in line)} |" for line in cells]


def _costs(costs: Iterable[Mapping[str, Any]]) -> list[str]:
    """A Markdown table of what ``facts.costs`` found."""
    lines = [["experiment", "runs", "replicates", "core-minutes"], ["---", *["---:"] * 3]]
    for cost in costs:
        minutes = "not recorded" if cost["minutes"] is None else f"{cost['minutes']:.0f}"
        lines.append([cost["title"], str(cost["runs"]), f"{cost['replicates']:,}", minutes])
    return [f"| {' | '.join(line)} |" for line in lines]


def _cell(text: Any) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")
