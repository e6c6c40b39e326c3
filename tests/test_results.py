"""Reading of a finished study by bnlab.results."""

import csv
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import bnlab.results
from bnlab.files import save_csv, save_json

ROOT = Path(__file__).parents[1]
PUBLISHED = ROOT / "reports" / "published"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A report's folder with two tables of one experiment and without claims."""
    save_json(tmp_path / "study.json", {"config": {"study": "toy"}})
    for dataset, mean in (("digits", 0.5), ("wine", 0.25)):
        table = pd.DataFrame({"dataset": [dataset], "mean": [mean]})
        save_csv(tmp_path / "tables" / "growth" / dataset / "slow" / "final.csv", table)
    save_csv(tmp_path / "runs.csv", pd.DataFrame({"dataset": ["digits"], "key": ["01234567"]}))
    return tmp_path


def test_a_table_has_the_rows_of_all_data_sets(folder: Path) -> None:
    study = bnlab.results.load(folder)
    assert study.table("growth", "final").to_dict("list") == {
        "dataset": ["digits", "wine"],
        "mean": [0.5, 0.25],
    }
    assert study.tables["dataset"].to_list() == ["digits", "wine"]
    assert (folder / study.tables["path"][1]).is_file()
    assert study.runs["key"].to_list() == ["01234567"]
    assert repr(study) == "Study('toy', 2 tables)"


def test_a_name_that_is_missing_is_one_sentence_with_those_that_are_there(folder: Path) -> None:
    study = bnlab.results.load(folder)
    with pytest.raises(LookupError, match=r"unknown experiment 'grows' .*mean 'growth'\?"):
        study.table("grows", "final")
    with pytest.raises(LookupError, match=r"unknown table of growth 'first' .*allowed: final\)"):
        study.table("growth", "first")
    with pytest.raises(FileNotFoundError, match=r"has no claims\.csv \(there: runs\)"):
        _ = study.claims
    with pytest.raises(FileNotFoundError, match=r"tables has no study\.json, so it is no folder"):
        bnlab.results.load(folder / "tables")


NAMES = ("claims", "effects", "replicates", "scorecard", "sensitivity", "runs", "accuracies")


@pytest.mark.skipif(not PUBLISHED.exists(), reason="nothing is published")
@pytest.mark.parametrize("name", NAMES)
def test_a_table_of_the_published_study_has_every_row_of_its_file(name: str) -> None:
    with (PUBLISHED / f"{name}.csv").open(encoding="utf8", newline="") as file:
        rows = [*csv.DictReader(file)]
    table = getattr(bnlab.results.load(PUBLISHED), name)
    assert len(table) == len(rows) > 0
    assert list(table.columns) == [*rows[0]]
    text = next(iter(rows[0]))
    assert table[text].astype(str).to_list() == [row[text] for row in rows]


def test_reading_imports_neither_tensorflow_nor_snakemake() -> None:
    script = f"""
import sys; sys.path.insert(0, {str(ROOT / "workflow" / "scripts")!r})
import bnlab.results
bnlab.results.load({str(PUBLISHED)!r}).claims
print(sorted({{"tensorflow", "keras", "snakemake", "matplotlib"}} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("text", [b"", b"\n", b"a,b\n1,2,3\n", b"\xff\xfe\x00\x01", b'a,b\n"1,2\n'])
def test_a_damaged_table_is_named_with_the_way_out(folder: Path, text: bytes) -> None:
    (folder / "claims.csv").write_bytes(text)
    final = folder / "tables" / "growth" / "wine" / "slow" / "final.csv"
    final.write_bytes(text)
    study = bnlab.results.load(folder)
    with pytest.raises(
        ValueError, match=r"claims\.csv is damaged: .*; the command of the study, with"
    ):
        _ = study.claims
    with pytest.raises(ValueError, match=r"wine/slow/final\.csv is damaged: "):
        study.table("growth", "final")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"config": null}', '{"config": {}}'])
def test_a_damaged_record_is_named_with_the_way_out(folder: Path, text: str) -> None:
    (folder / "study.json").write_text(text)
    with pytest.raises(
        ValueError, match=r"study\.json is damaged: .*; the command of the study, with"
    ):
        repr(bnlab.results.load(folder))
