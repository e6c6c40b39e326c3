"""Finished runs take their place whole or not at all, and results that differ are set aside."""

import json
import os
import shutil
from pathlib import Path

import pytest

from bnlab.files import JobError, sha256
from bnlab.store import (
    MADE_FROM,
    RECORD,
    accept,
    check,
    is_made_from,
    replacing_run,
)

NAME = "iris/bn/batch4/smoke-01234567"
FINISHED = 1_795_860_000


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A finished run in an empty folder of results."""
    return train(tmp_path / "runs" / NAME, "a", seconds=1)


def train(run: Path, history: str, seconds: int) -> Path:
    with replacing_run(run) as folder:
        assert list(folder.iterdir()) == []
        (folder / "history.parquet").write_text(history)
        record = {"seconds": seconds, MADE_FROM: {"code": "c", "data": "d"}}
        (folder / RECORD).write_text(json.dumps(record))
        os.utime(folder / RECORD, (FINISHED + seconds, FINISHED + seconds))
    return run


def histories(folder: Path) -> dict[str, str]:
    """Return the content of every history below a folder, by the path of its run."""
    files = sorted(folder.rglob("history.parquet"))
    return {file.parent.relative_to(folder).as_posix(): file.read_text() for file in files}


def test_results_that_differ_are_moved_to_a_folder_with_the_time_of_their_training(
    run, tmp_path, caplog
):
    caplog.set_level("INFO", "bnlab")
    train(run, "b", seconds=2)
    assert histories(tmp_path / "runs") == {NAME: "b"}
    ((aside, history),) = histories(tmp_path / "earlier").items()
    assert (aside.startswith(f"{NAME}-2026-11-"), history) == (True, "a")
    assert str(tmp_path / "earlier" / aside) in caplog.text


def test_equal_results_are_kept_once(run, tmp_path):
    train(run, "a", seconds=2)
    assert json.loads((run / RECORD).read_text())["seconds"] == 2
    assert not (tmp_path / "earlier").exists()


def test_earlier_results_that_were_brought_back_are_set_aside_once(run, tmp_path):
    train(run, "b", seconds=2)
    train(run, "a", seconds=1)
    train(run, "c", seconds=3)
    assert sorted(histories(tmp_path / "earlier").values()) == ["a", "b"]


def test_a_training_that_fails_leaves_the_run_as_it_was(run, tmp_path):
    with pytest.raises(RuntimeError, match="no room"), replacing_run(run) as folder:
        (folder / "history.parquet").write_text("half")
        raise RuntimeError("no room")
    assert histories(tmp_path) == {f"runs/{NAME}": "a"}
    assert list(run.parent.iterdir()) == [run]


def test_a_folder_without_a_record_is_no_run_and_gives_way(run, tmp_path):
    (run / RECORD).unlink()
    assert not is_made_from(run, "c", "d")
    train(run, "b", seconds=2)
    assert histories(tmp_path) == {f"runs/{NAME}": "b"}


def test_two_processes_that_train_a_run_at_once_do_not_mix_their_files(tmp_path):
    run = tmp_path / "runs" / NAME
    with replacing_run(run) as first:
        (first / "history.parquet").write_text("a")
        train(run, "a", seconds=2)
        (first / RECORD).write_text("{}")
    assert {file.name for file in run.iterdir()} == {"history.parquet", RECORD}
    assert histories(tmp_path) == {f"runs/{NAME}": "a"}


@pytest.mark.parametrize("content", [b"", b"\0\0\0", b'{"seconds": 1', b"\xff", b"[]"])
def test_a_run_whose_record_is_damaged_is_trained_again(run, tmp_path, content):
    (run / RECORD).write_bytes(content)
    assert not is_made_from(run, "c", "d")
    assert not accept(run, "c", "d")
    train(run, "b", seconds=2)
    assert histories(tmp_path) == {f"runs/{NAME}": "b"}


def test_an_accepted_run_keeps_its_summary_and_the_time_of_its_training(run):
    assert accept(run, "new", "e")
    assert is_made_from(run, "new", "e")
    assert json.loads((run / RECORD).read_text())["seconds"] == 1
    assert (run / RECORD).stat().st_mtime == FINISHED + 1


def test_a_run_that_is_missing_is_not_accepted(tmp_path):
    assert not accept(tmp_path / NAME, "c", "d")
    assert list(tmp_path.iterdir()) == []


def test_runs_that_changed_since_a_job_found_them_stop_with_a_way_on(run, tmp_path):
    record = tmp_path / "record.json"
    record.write_text(json.dumps({"runs": {str(run): {"code": "c", "data": "d"}}}))
    check([record])
    accept(run, "other", "d")
    with pytest.raises(JobError, match=rf"{NAME} .*`--forcerun train`"):
        check([record])
    shutil.rmtree(run)
    with pytest.raises(JobError, match=rf"{NAME} .*`--forcerun train`"):
        check([record])


def test_a_run_is_made_from_the_code_and_the_data_that_it_records(run):
    assert is_made_from(run, "c", "d")
    assert not is_made_from(run, "other", "d")
    assert not is_made_from(run, "c", "other")


def test_a_run_of_an_earlier_version_is_made_from_nothing_that_is_known(run):
    (run / RECORD).write_text(json.dumps({"seconds": 1}))
    assert not is_made_from(run, "c", "d")


def test_the_digest_of_a_file_is_that_of_sha256sum(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256(tmp_path / "abc") == expected
