"""Results of a finished study, as pandas tables: ``bnlab.results.load("reports/published")``.

Neither TensorFlow nor Snakemake is needed, and nothing is written.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any

from bnlab.files import Damaged, read_csv, read_json
from bnlab.lazy import pd
from bnlab.study.messages import unknown

RECORD = "study.json"


def load(folder: str | os.PathLike[str]) -> Study:
    """Return the study of a report's folder, such as ``reports/published`` or ``reports/demo``.

    Raises:
        FileNotFoundError: the folder has no finished report.
    """
    path = Path(folder)
    if not (path / RECORD).is_file():
        raise FileNotFoundError(f"{path} has no {RECORD}, so it is no folder of a finished report")
    return Study(path)


class Study:
    """A finished study. Each table is read at its first use, one row for what its sentence names.

    Attributes:
        folder: the report's folder.

    Raises:
        FileNotFoundError: the folder lacks the file of a table.
        ValueError: a file is damaged.
    """

    def __init__(self, folder: Path):
        self.folder = folder

    def __repr__(self) -> str:
        return f"Study({self.about['config']['study']!r}, {len(self.tables)} tables)"

    @cached_property
    def about(self) -> dict[str, Any]:
        """The content of study.json: the config as checked, seeds, data, versions and hardware."""
        about = read_json(self.folder / RECORD)
        if not (isinstance(about, dict) and "study" in (about.get("config") or {})):
            raise Damaged(self.folder / RECORD, "it has no config of a study")
        return about

    @cached_property
    def claims(self) -> pd.DataFrame:
        """Published claims with their verdicts, and where they hold."""
        return self._read("claims")

    @cached_property
    def effects(self) -> pd.DataFrame:
        """Tests of claims: each an effect with its interval, p and verdict in one region."""
        return self._read("effects")

    @cached_property
    def replicates(self) -> pd.DataFrame:
        """Replicates of each test: the values that are compared, paired by seed."""
        return self._read("replicates")

    @cached_property
    def scorecard(self) -> pd.DataFrame:
        """Methods in each row of the scorecard, with intervals."""
        return self._read("scorecard")

    @cached_property
    def sensitivity(self) -> pd.DataFrame:
        """Corrections for many tests, with the verdicts that each would change."""
        return self._read("sensitivity")

    @cached_property
    def confirmation(self) -> pd.DataFrame:
        """Verdicts on fresh seeds beside the first ones; empty where none were trained."""
        return self._read("confirmation")

    @cached_property
    def runs(self) -> pd.DataFrame:
        """Runs: data set, method, batch size and recipe, what they lost, and seconds and memory that they took."""
        return self._read("runs")

    @cached_property
    def accuracies(self) -> pd.DataFrame:
        """Replicates at the end of training: accuracy on training, validation and test rows, as shares."""
        return self._read("accuracies")

    @cached_property
    def tables(self) -> pd.DataFrame:
        """Tables of experiments: experiment, dataset, recipe and kind of each, and its path in the folder."""
        files = sorted((self.folder / "tables").glob("*/*/*/*.csv"))
        paths = [file.relative_to(self.folder).as_posix() for file in files]
        keys = [path.removesuffix(".csv").split("/")[1:] for path in paths]
        table = pd.DataFrame(keys, columns=["experiment", "dataset", "recipe", "kind"])
        return table.assign(path=paths)

    def table(self, experiment: str, kind: str) -> pd.DataFrame:
        """Return a table of an experiment, with the rows of all its data sets and recipes.

        Raises:
            LookupError: the study has no such experiment or table; the message names those that it has.
        """
        where = f" in {self.folder}"
        own = self.tables[self.tables["experiment"] == experiment]
        if own.empty:
            names = self.tables["experiment"].unique()
            raise LookupError(unknown("experiment", experiment, names, where))
        rows = own[own["kind"] == kind]
        if rows.empty:
            kinds = own["kind"].unique()
            raise LookupError(unknown(f"table of {experiment}", kind, kinds, where))
        tables = [read_csv(self.folder / path) for path in rows["path"]]
        return pd.concat(tables, ignore_index=True)

    def _read(self, name: str) -> pd.DataFrame:
        file = self.folder / f"{name}.csv"
        if not file.is_file():
            there = sorted(path.stem for path in self.folder.glob("*.csv"))
            raise FileNotFoundError(f"{self.folder} has no {name}.csv (there: {', '.join(there)})")
        return read_csv(file)
