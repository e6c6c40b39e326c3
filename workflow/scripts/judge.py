"""Judge a ledger of claims by a finished study, without data, training or timing, and print its verdicts.

python workflow/scripts/judge.py mine_claims.yaml published
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bnlab import results
from bnlab.analysis.claims import judge_ledger
from bnlab.analysis.earlier import Earlier
from bnlab.experiments import quantity
from bnlab.files import JobError, read_csv, read_parquets
from bnlab.page.verdict_text import verdicts_in_words
from bnlab.study import outputs
from bnlab.study.config import Study
from bnlab.study.ledger import Ledger
from bnlab.study.ledger_validation import load_ledger
from bnlab.study.locations import ConfigError
from bnlab.study.messages import unknown
from bnlab.study.names import PUBLISHED
from bnlab.study.overlays import all_overlays

USAGE = "Name a ledger and a finished study: make judge CLAIMS=mine_claims.yaml STUDY=published"
ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Judge the ledger by the study on the command line."""
    if len(sys.argv) != 3 or not all(sys.argv[1:]):
        sys.exit(USAGE)
    file, name = Path(sys.argv[1]), sys.argv[2]
    if not file.is_file():
        sys.exit(f"There is no ledger {file}. {USAGE}")
    try:
        folder = folder_of(name)
        config = results.load(folder).about["config"]
        ledger = load_ledger(file, {**config, "frozen_ledger": None}, tuple(all_overlays()))
    except (ConfigError, OSError, ValueError) as error:
        sys.exit(f"{error}")
    study = Study.model_validate(config)
    try:
        tidy = tidy_of(ledger, study)
        names = ("effects", "replicates", "accuracies")
        earlier = Earlier(*(read_csv(folder / f"{name}.csv") for name in names))
    except (JobError, OSError, ValueError) as error:
        sys.exit(f"{error}")
    judged = judge_ledger(ledger, study, tidy, quantity, earlier)
    print(verdicts_in_words(judged, ledger, os.path.relpath(folder)))


def folder_of(name: str) -> Path:
    """Return the report's folder of a finished study.

    Raises:
        ValueError: the study has no finished report; the text names those that have one.
    """
    folder = Path("reports", name)
    if name == Path(PUBLISHED).name and not folder.exists():
        folder = ROOT / PUBLISHED
    if not (folder / results.RECORD).is_file():
        finished = sorted(path.parent.name for path in Path("reports").glob(f"*/{results.RECORD}"))
        raise ValueError(unknown("study", name, finished, " among those with a finished report"))
    return folder


def tidy_of(ledger: Ledger, study: Study) -> dict[str, Mapping[str, Any]]:
    """Return the tidy tables of those experiments of the ledger whose tables are all at hand, by source."""
    used = {test.experiment for claim in ledger.claims for test in claim.tests}
    tables = {}
    for name in used & set(study.own()):
        files = {source: [*map(Path, paths)] for source, paths in outputs.tidy(study, name).items()}
        if all(path.is_file() for paths in files.values() for path in paths):
            tables[name] = {source: read_parquets(paths) for source, paths in files.items()}
    return tables


if __name__ == "__main__":
    main()
