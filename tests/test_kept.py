"""Finished runs are kept a second time, and results that differ are moved aside."""

import json
import os
from pathlib import Path

import pytest

from bnlab import kept
from bnlab.kept import RECORD, keep, keep_all

NAME = "iris/bn/batch4/smoke-01234567"
FINISHED = 1_795_860_000


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A finished run in an empty folder of results."""
    return train(tmp_path / "runs" / NAME, "a", seconds=1)


def train(run: Path, history: str, seconds: int) -> Path:
    """Leave the files of a run as a training does: new files, and no trace of the ones before."""
    run.mkdir(parents=True, exist_ok=True)
    for file in run.iterdir():
        file.unlink()
    (run / "history.parquet").write_text(history)
    (run / RECORD).write_text(json.dumps({"seconds": seconds}))
    (run / ".snakemake_timestamp").touch()
    os.utime(run / RECORD, (FINISHED + seconds, FINISHED + seconds))
    return run


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def files(seconds: int, history: str, name: str = NAME) -> dict[str, str]:
    return {
        f"{name}/history.parquet": history,
        f"{name}/{RECORD}": json.dumps({"seconds": seconds}),
    }


def test_a_kept_run_takes_no_space_and_survives_the_loss_of_the_run(run, tmp_path):
    keep(run)
    assert contents(tmp_path / "kept") == files(1, "a")
    assert (run / RECORD).samefile(tmp_path / "kept" / NAME / RECORD)
    train(run, "b", seconds=2)
    assert contents(tmp_path / "kept") == files(1, "a")


def test_results_that_differ_are_moved_to_a_folder_with_the_time_of_their_training(
    run, tmp_path, caplog
):
    caplog.set_level("INFO", "bnlab")
    keep(run)
    keep(train(run, "b", seconds=2))
    assert contents(tmp_path / "kept") == files(2, "b")
    (aside,) = (tmp_path / "earlier" / NAME).parent.iterdir()
    assert aside.name.startswith("smoke-01234567-2026-11-")
    assert contents(aside.parent) == files(1, "a", aside.name)
    assert str(aside) in caplog.text


def test_equal_results_are_kept_once(run, tmp_path):
    keep(run)
    keep(train(run, "a", seconds=2))
    assert contents(tmp_path / "kept") == files(2, "a")
    assert not (tmp_path / "earlier").exists()


def test_earlier_results_that_were_brought_back_are_kept_again(run, tmp_path):
    keep(run)
    keep(train(run, "b", seconds=2))
    keep(train(run, "a", seconds=1))
    assert contents(tmp_path / "kept") == files(1, "a")
    assert sorted(contents(tmp_path / "earlier").values()) == sorted(
        [*files(1, "a").values(), *files(2, "b").values()]
    )


def test_all_finished_runs_are_kept_and_no_others(run, tmp_path):
    other = train(tmp_path / "runs/iris/ln/batch4/smoke-89abcdef", "c", seconds=3)
    train(tmp_path / "runs/iris/base/batch4/smoke-89abcdef", "d", seconds=4)
    (tmp_path / "runs/iris/base/batch4/smoke-89abcdef" / RECORD).unlink()
    for _ in range(2):
        keep_all(tmp_path / "runs")
        name = other.relative_to(tmp_path / "runs").as_posix()
        assert contents(tmp_path / "kept") == files(1, "a") | files(3, "c", name)


def test_a_copy_that_was_cut_off_is_made_anew(run, tmp_path):
    part = tmp_path / "kept" / f"{Path(NAME).parent}/.smoke-01234567.part"
    part.mkdir(parents=True)
    (part / "half.npz").touch()
    keep(run)
    assert contents(tmp_path / "kept") == files(1, "a")


def test_without_hard_links_files_are_copied(run, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError("no links here")

    monkeypatch.setattr(kept.os, "link", refuse)
    keep(run)
    assert contents(tmp_path / "kept") == files(1, "a")
    keep(run)
    assert not (tmp_path / "earlier").exists()


def test_a_run_that_cannot_be_kept_is_a_warning(run, tmp_path, caplog):
    (tmp_path / "kept").write_text("a file, where folders belong")
    keep(run)
    assert contents(tmp_path / "runs").keys() > files(1, "a").keys()
    assert "cannot be kept a second time" in caplog.text
