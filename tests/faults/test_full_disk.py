"""A full disk is told in one sentence by whatever writes, and leaves what was there as it was."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from bnlab import files, store
from bnlab.files import JobError
from bnlab.page import style

LARGE = np.random.default_rng(1).standard_normal(50_000)
WRITERS: dict[str, Callable[[Path], Any]] = {
    "npz": lambda path: files.save_arrays(path, {"x": LARGE}),
    "parquet": lambda path: files.save_parquet(path, pd.DataFrame({"x": LARGE})),
    "csv": lambda path: files.save_csv(path, pd.DataFrame({"x": LARGE})),
    "json": lambda path: files.save_json(path, {"x": LARGE.tolist()}),
    "html": lambda path: files.save_text(path, str(LARGE.tolist())),
}


@pytest.fixture
def small_disk(request: pytest.FixtureRequest) -> Any:
    """Let no file grow beyond some kilobytes; Python ignores the signal that comes with it."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("form", WRITERS)
def test_no_room_is_one_sentence_and_the_old_file_stays(form, tmp_path, small_disk):
    path = tmp_path / f"results.{form}"
    path.write_text("old")
    with pytest.raises(JobError) as caught:
        WRITERS[form](path)
    assert str(caught.value) == (
        f"no room for {path}; nothing is lost: make room, and type the same command"
    )
    assert path.read_text() == "old"
    assert [*tmp_path.iterdir()] == [path]


def test_a_figure_without_room_is_told_as_any_other_file(tmp_path, small_disk):
    figure, axis = plt.subplots()
    axis.plot(LARGE[:3000])
    with pytest.raises(JobError, match=r"no room for .*a\.svg; nothing is lost"):
        style.save(figure, tmp_path / "a.svg", tmp_path / "a.png")
    assert [*tmp_path.iterdir()] == []


def test_a_run_without_room_leaves_the_earlier_one(tmp_path, small_disk):
    run = tmp_path / "runs" / "iris" / "bn" / "batch4" / "smoke-01234567"
    with store.replacing_run(run) as folder:
        files.save_json(folder / store.RECORD, {"made_from": {"code": "c", "data": "d"}})
    with pytest.raises(JobError, match="no room for"), store.replacing_run(run) as folder:
        files.save_arrays(folder / "weights.npz", {"x": LARGE})
    assert store.is_made_from(run, "c", "d")
    assert [*run.parent.iterdir()] == [run]


JOB = """
import sys
from pathlib import Path
sys.path.insert(0, {library!r})
from bnlab.files import job_log
with job_log({log!r}, "toy"):
    {body}
"""


@pytest.mark.parametrize(
    ("body", "log", "code"),
    [
        ("raise OSError(28, 'No space left on device')", "job.log", 1),
        ("Path('/dev/full').write_text('x')", "job.log", 1),
        ("print('result')", "/dev/full", 0),  # the log is lost, the result is not
    ],
)
def test_a_job_on_a_full_disk_ends_without_a_traceback(body, log, code, tmp_path):
    library = str(Path(files.__file__).parents[1])
    text = JOB.format(library=library, log=log, body=body)
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert ("nothing is lost: make room, and type the same command" in done.stderr) == bool(code)


def test_an_error_that_follows_from_a_full_disk_counts_as_one():
    error = AttributeError("'_idat' object has no attribute 'fileno'")  # what Pillow makes of it
    error.__context__ = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert files.has_no_room(error)
    assert not files.has_no_room(OSError(errno.EACCES, "no"))
