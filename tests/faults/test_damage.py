"""A file that is not as it was written is named, with one command that makes it anew, and it is never read."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from project import CHECKOUT

from bnlab import files, results, store
from bnlab.data.datasets import Table, load_table, save_table
from bnlab.data.validation import data_problems
from bnlab.files import Damaged, digest_file
from bnlab.study.config import Item, Run
from bnlab.study.published_validation import published_problems

TABLE = pd.DataFrame(
    {"method": ["base", "bn"] * 40, "step": range(80), "accuracy": np.linspace(0.1, 0.9, 80)}
)
RECORD = {"study": "toy", "seconds": [0.5, 12.25], "made_from": {"code": "a" * 64}}
ARRAYS = {"labels": np.arange(60) % 3, "probabilities": np.linspace(0, 1, 180).reshape(1, 60, 3)}


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    with files.reading_arrays(path) as arrays:
        return {name: arrays[name] for name in arrays}


FORMS: dict[str, tuple[Callable[[Path, Any], None], Callable[[Path], Any], Any]] = {
    "history.parquet": (files.save_parquet, files.read_parquet, TABLE),
    "predictions.npz": (files.save_arrays, arrays_of, ARRAYS),
    "data.json": (files.save_json, files.read_json, RECORD),
    "claims.csv": (files.save_csv, files.read_csv, TABLE),
    "curve.svg": (files.save_text, files.read_text, "<svg>\n<path d='M 1.25 7'/>\n</svg>\n"),
}
"""Writer and reader of each format, and a content."""


def one_bit(content: bytes) -> bytes:
    return flipped(content, 8 * (len(content) // 3) + 2)


def one_digit(content: bytes) -> bytes:
    return re.sub(rb"[0-8]", lambda digit: bytes([digit[0][0] + 1]), content, count=1)


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


DAMAGES: dict[str, Callable[[bytes], bytes | None]] = {
    "missing": lambda content: None,
    "emptied": lambda content: b"",
    "halved": lambda content: content[: len(content) // 2],
    "without its last byte": lambda content: content[:-1],
    "cut at the end of a line": lambda content: content[: content[:-1].rfind(b"\n") + 1],
    "zeros, as after a power cut": lambda content: bytes(len(content)),
    "zeros at its end": lambda content: content[:-40] + bytes(40),
    "one bit": one_bit,
    "one digit": one_digit,
    "one more byte": lambda content: content + b"\n",
    "a page of an error": lambda content: b"<html>404</html>",
}


def equal(one: Any, other: Any) -> bool:
    if isinstance(one, pd.DataFrame):
        return bool(
            [*one.columns] == [*other.columns]
            and all(np.allclose(one[c], other[c]) for c in ("step", "accuracy"))
            and (one["method"] == other["method"]).all()
        )
    if isinstance(one, dict) and "labels" in one:
        return all(np.array_equal(one[name], other[name]) for name in ARRAYS)
    return bool(one == other)


def damage(path: Path, change: Callable[[bytes], bytes | None]) -> None:
    content = change(path.read_bytes())
    path.unlink()
    if content is not None:
        path.write_bytes(content)


@pytest.fixture(params=FORMS)
def written(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Callable[[Path], Any]]:
    """A file of each format and how it is read."""
    save, read, content = FORMS[request.param]
    path = tmp_path / "results" / "toy" / request.param
    save(path, content)
    assert equal(read(path), content)
    return path, read


@pytest.mark.parametrize("kind", DAMAGES)
def test_every_damage_is_told_with_the_file_and_one_command(written, kind):
    path, read = written
    damage(path, DAMAGES[kind])
    with pytest.raises(Damaged) as caught:
        read(path)
    text = str(caught.value)
    assert text.startswith(f"{path} is damaged: ")
    assert text.endswith(
        f"the command of the study, with `--forcerun {path}` at its end, makes it anew"
    )
    assert "\n" not in text


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_file_of_an_earlier_version_is_read_or_refused_as_damaged(written, kind):
    path, read = written
    digest_file(path).unlink()
    before = read(path)
    assert before is not None
    damage(path, DAMAGES[kind])
    with suppress(Damaged):
        read(path)


def test_no_flipped_bit_is_read(written, many):
    path, read = written
    content, chance = path.read_bytes(), random.Random(1)
    for _ in range(600 if many else 30):
        path.write_bytes(flipped(content, chance.randrange(8 * len(content))))
        with pytest.raises(Damaged):
            read(path)
    path.write_bytes(content)
    read(path)


def test_a_damaged_digest_is_told_and_never_trusted(written):
    path, read = written
    beside = digest_file(path)
    for content in (b"", b"\xff\xfe", b"0" * 64, beside.read_bytes()[:40]):
        beside.write_bytes(content)
        with pytest.raises(Damaged, match="as it was written, by its SHA-256 in"):
            read(path)


def test_the_digest_beside_a_file_is_that_of_sha256sum(written):
    path, _ = written
    done = subprocess.run(
        ["sha256sum", "--strict", "--check", digest_file(path).name],
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{path.name}: OK\n"


def test_a_copied_folder_has_its_digests(written, tmp_path):
    path, read = written
    shutil.copytree(path.parent, tmp_path / "copy")
    copy = tmp_path / "copy" / path.name
    read(copy)
    damage(copy, one_bit)
    with pytest.raises(Damaged):
        read(copy)


def test_a_file_written_anew_is_read_anew(written):
    path, read = written
    damage(path, one_bit)
    save, _, content = FORMS[path.name]
    save(path, content)
    assert equal(read(path), content)


def test_what_is_damaged_in_the_output_folder_of_a_rule_is_made_with_the_folder(tmp_path):
    table = tmp_path / "tables" / "depth" / "digits" / "slow" / "final.csv"
    files.save_csv(table, TABLE)
    (tmp_path / "tables" / "depth" / files.OF_SNAKEMAKE).touch()
    damage(table, one_digit)
    with pytest.raises(Damaged, match=rf"`--forcerun {tmp_path}/tables/depth` at its end"):
        files.read_csv(table)


def test_sums_of_other_files_above_a_study_give_no_command(written):
    path, read = written
    (path.parents[1] / files.SUMS).write_text(f"{'0' * 64}  another.zip\n")
    read(path)
    damage(path, one_bit)
    with pytest.raises(Damaged, match="--forcerun"):
        read(path)


USERS = ("bnlab/data/arrays.py", "bnlab/data/tables.py", "bnlab/data/from_parquet.py")
"""Readers of files of a user, which have no digest."""


def test_nothing_reads_results_past_their_digests():
    scripts = CHECKOUT / "workflow" / "scripts"
    pattern = re.compile(r"\b(pd|pandas|np|json)\.(read_\w+|load)\(")
    readers = {
        file.relative_to(scripts).as_posix()
        for file in scripts.rglob("*.py")
        if pattern.search(file.read_text("utf8")) and "bench" not in file.parts
    }
    streams = {"check_methods.py", "list_variables.py"}
    assert readers <= {"bnlab/files.py", *USERS, *streams}


# ------------------------------------------------------------- runs


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A finished run of this code and these data."""
    path = tmp_path / "runs" / "iris" / "bn" / "batch4" / "smoke-01234567"
    with store.replacing_run(path) as folder:
        files.save_parquet(folder / "history.parquet", TABLE)
        files.save_arrays(folder / "predictions.npz", ARRAYS)
        files.save_json(folder / store.RECORD, RECORD | {"made_from": {"code": "c", "data": "d"}})
    assert store.is_made_from(path, "c", "d")
    return path


@pytest.mark.parametrize("kind", DAMAGES)
@pytest.mark.parametrize("name", ["history.parquet", "predictions.npz", store.RECORD])
def test_a_damaged_run_is_trained_again_and_not_accepted(run, name, kind):
    damage(run / name, DAMAGES[kind])
    assert not store.is_made_from(run, "c", "d")
    assert not store.accept(run, "new", "d")
    assert run.exists()


def test_a_damaged_file_of_a_run_names_the_command_that_trains(run):
    damage(run / "history.parquet", one_bit)
    with pytest.raises(Damaged, match="history.parquet is damaged.*`--forcerun train` at its end"):
        files.read_parquet(run / "history.parquet")


def test_a_run_of_an_earlier_version_is_accepted_and_has_digests_from_then_on(run):
    for beside in run.glob(".*.sha256"):
        beside.unlink()
    assert store.is_made_from(run, "c", "d")
    assert store.accept(run, "new", "d")
    assert store.is_made_from(run, "new", "d")
    damage(run / "history.parquet", one_bit)
    assert not store.is_made_from(run, "new", "d")


# ------------------------------------------------------------- data and published tables


def test_a_damaged_table_of_data_is_no_other_data(tmp_path):
    table = Table(
        np.arange(12.0).reshape(4, 3), np.array([0, 1, 0, 1]), ("a", "b", "c"), ("p", "q")
    )
    path = tmp_path / "raw.npz"
    save_table(path, table)
    np.testing.assert_array_equal(load_table(path).x, table.x)
    damage(path, one_bit)
    with pytest.raises(Damaged, match=r"raw\.npz is damaged"):
        load_table(path)


@pytest.mark.parametrize("kind", [kind for kind in DAMAGES if kind != "missing"])
def test_a_damaged_published_table_comes_from_the_repository(tmp_path, kind):
    folder = tmp_path / "published"
    table = folder / "tables" / "depth" / "digits" / "slow" / "final.csv"
    files.save_source(table, TABLE.to_csv(index=False))
    files.save_source(folder / "claims.csv", TABLE.to_csv(index=False))
    files.save_source(folder / "study.json", '{"seed": 1, \n"config": {"study": "toy"}}\n')
    names = ["claims.csv", "study.json", table.relative_to(folder).as_posix()]
    files.record_all(folder, names)
    study = results.load(folder)
    assert len(study.table("depth", "final")) == len(study.claims) == len(TABLE)
    for path in (table, folder / "claims.csv", folder / "study.json"):
        damage(path, DAMAGES[kind])
    study = results.load(folder)
    for read in (lambda: study.table("depth", "final"), lambda: study.claims, lambda: study.about):
        with pytest.raises(ValueError, match=r"is damaged: .*; take it from the repository again"):
            read()


@pytest.mark.parametrize("kind", DAMAGES)
@pytest.mark.parametrize("damaged", ["runs.csv", "tables/depth/digits/slow/final.csv"])
def test_a_study_that_takes_published_results_is_told_before_any_job(tmp_path, kind, damaged):
    folder, run = tmp_path / "reports" / "published", Run("digits", "bn", 4, "slow")
    rows = [{**run._asdict(), "key": "01234567"}]
    files.save_source(folder / "runs.csv", pd.DataFrame(rows).to_csv(index=False))
    item = Item("depth", "digits", "slow", "final")
    files.save_source(folder / f"tables/{item.path}.csv", TABLE.to_csv(index=False))
    files.record_all(folder, ["runs.csv", f"tables/{item.path}.csv"])
    study: Any = SimpleNamespace(
        experiments={"depth": SimpleNamespace(published=True)},
        runs=lambda name: [run],
        name=lambda run: f"{run.path}-01234567",
        figures=lambda: [item],
        tables=list,
    )
    assert [*published_problems(study, folder)] == []
    damage(folder / damaged, DAMAGES[kind])
    (problem,) = published_problems(study, folder)
    assert problem.key == ("experiments", "depth", "published")
    if kind != "missing":
        assert f"{folder / damaged} is damaged: " in problem.sentence


@pytest.mark.parametrize("kind", [kind for kind in DAMAGES if kind != "missing"])
def test_a_damaged_origin_of_data_is_told_before_any_job(tmp_path, kind):
    study: Any = SimpleNamespace(
        study="toy", used_datasets=lambda: ["flowers"], datasets={"flowers": None}
    )
    path = tmp_path / "results" / "data" / "flowers" / "origin.json"
    files.save_json(path, {"study": "toy", "origin": 1, "source": "a file"})
    assert [*data_problems(study, tmp_path)] == []
    damage(path, DAMAGES[kind])
    (problem,) = data_problems(study, tmp_path)
    assert problem.key == ("datasets", "flowers")
    assert problem.sentence.startswith(f"{path} is damaged (allowed: that file removed")
