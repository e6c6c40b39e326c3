"""The line that says how far a study is."""

import errno
import logging
import os
import re
import time
from types import SimpleNamespace

import pytest

from bnlab.progress import Filter, Progress, measured, sentence, short_list, short_reason
from bnlab.training.plan import duration

NOON = time.mktime((2026, 3, 2, 12, 0, 0, 0, 0, -1))


def records(plan):
    """Return a function that passes an event through a filter and returns what is left of it."""
    filtered = Filter(plan)

    def pass_through(event, **fields):
        record = logging.LogRecord("snakemake", logging.INFO, "", 0, "its own", (), None)
        record.__dict__.update(event=event, **fields)
        return record if filtered.filter(record) else None

    return pass_through


def test_a_share_is_that_of_the_work_and_not_that_of_the_jobs():
    progress = Progress({1: 90.0, 2: 5.0, 3: 5.0}, cores=1)
    progress.start(2, 0.0)
    progress.finish(2, 5.0)
    assert progress.share() == pytest.approx(0.05)
    progress.finish(1, 95.0)
    assert progress.share() == pytest.approx(0.95)


def test_what_is_left_is_the_planned_work_at_the_pace_of_what_is_done_on_all_cores():
    progress = Progress({1: 10.0, 2: 30.0, 3: 30.0, 4: 0.0}, cores=2)
    assert progress.left(0.0) == pytest.approx(35)
    progress.start(1, 0.0)
    progress.finish(1, 20.0)  # half as fast as planned
    assert progress.left(20.0) == pytest.approx(60)
    progress.start(2, 20.0)
    assert progress.left(50.0) == pytest.approx(
        60
    )  # 30 of 60 s of job 2, and 60 of job 3 on a core
    progress.start(3, 20.0)
    assert progress.left(60.0) == pytest.approx(20)


def test_the_pace_of_a_rule_is_that_of_its_own_jobs():
    planned = {1: 1.0, 2: 1.0, 3: 100.0, 4: 100.0}
    progress = Progress(planned, 1, {1: "gather", 2: "gather", 3: "train", 4: "train"})
    progress.start(1, 0.0)
    progress.finish(1, 20.0)
    assert progress.left(20.0) == pytest.approx(20 + 200)  # training keeps its planned work
    progress.start(3, 20.0)
    progress.finish(3, 70.0)
    assert progress.left(70.0) == pytest.approx(20 + 50)


def test_a_job_that_was_measured_before_has_its_seconds_and_any_other_none(tmp_path):
    file = tmp_path / "draw.tsv"
    assert measured(file) is None
    for text in ("", "s\th:m:s\n", "s\th:m:s\n-\t-\n"):
        file.write_text(text)
        assert measured(file) is None
    file.write_text("s\th:m:s\n109.41\t0:01:49\n")
    assert measured(file) == 109.41


def test_a_job_that_takes_longer_than_planned_has_nothing_left():
    progress = Progress({1: 10.0}, cores=4)
    progress.start(1, 0.0)
    assert progress.left(1000.0) == 0


def test_the_line_has_jobs_share_and_the_time_of_the_end():
    progress = Progress({1: 100.0, 2: 300.0}, cores=1)
    progress.start(1, NOON - 100)
    progress.finish(1, NOON)
    assert sentence(progress, 1, 2, NOON) == (
        "1 of 2 jobs are done, 25 % of the work; the rest takes about 5 minutes, until 12:05."
    )
    progress.planned = {1: 100.0, 2: 86_400.0}
    assert sentence(progress, 1, 2, NOON).endswith("about 24 hours, until Tue 12:00.")
    assert sentence(progress, 2, 2, NOON) == "All 2 jobs are done."
    assert sentence(progress, 1, 1, NOON) == "The job is done."


def test_all_of_the_work_is_never_done_before_the_last_job():
    progress = Progress({1: 1000.0, 2: 1.0}, cores=1)
    progress.start(1, NOON - 1000)
    progress.finish(1, NOON)
    assert "99 % of the work" in sentence(progress, 1, 2, NOON)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (20, "a minute"),
        (150, "2 minutes"),
        (1400, "25 minutes"),
        (7000, "1.9 hours"),
        (72_000, "20 hours"),
    ],
)
def test_durations_are_as_exact_as_an_estimate(seconds, words):
    assert duration(seconds) == words


def test_snakemakes_number_of_steps_is_replaced_by_one_line_and_other_messages_are_kept():
    asked = []

    def plan():
        asked.append(True)
        return Progress({1: 1.0, 2: 1.0}, cores=1)

    through = records(plan)
    assert through("run_info").msg == "its own"
    for job in (1, 2):
        assert through("job_started", jobs=[job]).msg == "its own"
        assert through("job_finished", job_id=job).msg == "its own"
        line = through("progress", done=job, total=2)
        assert line.event != "progress"
    assert line.msg == "All 2 jobs are done." and len(asked) == 1


def test_an_error_leaves_snakemakes_own_line_and_is_printed_once(capsys):
    asked = []

    def plan():
        asked.append(True)
        raise KeyError("benchmark")

    through = records(plan)
    assert through("job_started", jobs=[1]).msg == "its own"
    for done in (1, 2):
        assert through("job_finished", job_id=done)
        line = through("progress", done=done, total=2)
        assert (line.event, line.msg) == ("progress", "its own")
    assert len(asked) == 1 and capsys.readouterr().err.count("KeyError: 'benchmark'") == 1


def test_an_unknown_form_of_a_message_is_passed_on():
    through = records(lambda: Progress({1: 1.0}, cores=1))
    assert through("progress").event == "progress"
    assert through("job_info").event == "job_info"


def test_jobs_that_end_together_have_one_line_and_the_last_job_has_one():
    through = records(lambda: Progress(dict.fromkeys(range(4), 1.0), cores=4))
    through("job_started", jobs=[0, 1, 2, 3])
    lines = [through("progress", done=done, total=4) for done in (1, 2, 3, 4)]
    assert lines[1] is lines[2] is None
    assert lines[0].msg.startswith("1 of 4") and lines[3].msg == "All 4 jobs are done."


def test_a_reason_names_a_few_of_its_paths():
    paths = [f"results/{number}" for number in range(200)]
    reason = f"Missing output files: a; Input files updated by another job: {', '.join(paths)}"
    assert short_reason(reason) == (
        "Missing output files: a; "
        "Input files updated by another job: results/0, results/1, results/2 and 197 more"
    )
    assert short_reason("Code has changed since last execution") == (
        "Code has changed since last execution"
    )
    through = records(lambda: None)
    assert str(through("job_info", reason=SimpleNamespace()).reason)


@pytest.mark.slow
def test_a_study_says_after_each_job_how_far_it_is_in_its_log(finished):
    (log,) = finished.folder.glob(".snakemake/log/*.log")
    text = log.read_text("utf8")
    assert not re.search(r"\d steps \(", text) and "\r" not in text and "\033" not in text
    said = re.findall(
        r"^(\d+) of (\d+) jobs are done, (\d+) % of the work; .*\.$", text, re.MULTILINE
    )
    jobs = text.count("Finished jobid")
    done = [int(done) for done, _, _ in said]
    assert done == sorted(set(done)) and 1 in done and max(done) < jobs
    shares = [int(share) for _, _, share in said]
    assert shares == sorted(shares) and shares[0] < 5 and shares[-1] > 90
    assert text.count(f"All {jobs} jobs are done.") == 1


def test_a_failed_job_names_a_few_files_and_counts_the_others():
    files = [f"library/{number}.py" for number in range(100)]
    told = records(lambda: Progress({}, 1))("job_error", input=files, output=["tables"])
    assert told.input == [*files[:3], "and 97 more"]
    assert told.output == ["tables"]
    assert short_list(files[:3]) == files[:3]


def test_a_full_disk_is_one_sentence_of_snakemake_and_then_silence():
    filtered = Filter(lambda: Progress({}, 1))
    error = str(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), ".snakemake/log"))
    record = logging.LogRecord("snakemake", logging.ERROR, "", 0, f"Traceback\n{error}", (), None)
    assert filtered.filter(record)
    assert record.getMessage() == "No room on the disk. Make room, and type the same command."
    other = logging.LogRecord("snakemake", logging.ERROR, "", 0, "WorkflowError", (), None)
    assert not filtered.filter(other)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Command 'python a.py' died with <Signals.SIGKILL: 9>.", "SIGKILL"),
        ("Command 'python a.py' died with <Signals.SIGABRT: 6>.", "SIGABRT"),
        ("Command 'python a.py' returned non-zero exit status 137.", "SIGKILL"),
        ("Command 'python a.py' returned non-zero exit status 134.", "SIGABRT"),
        ("SLURM-job '7' failed, SLURM status is: 'OUT_OF_MEMORY'.", "out of memory"),
    ],
)
def test_a_killed_job_is_told_with_the_memory_it_had_asked_for(said, name):
    messages = Filter(lambda: Progress({}, 1, memory={3: 1500, 4: 600}))
    job = {"rule_name": "train", "input": [], "output": ["a.json"]}
    for text, event, fields in [
        (said, "error", {}),
        ("Error", "job_error", job | {"jobid": 3}),
        ("Command died with exit status 1", "error", {}),
        ("Error", "job_error", job | {"jobid": 4}),
    ]:
        record = logging.LogRecord("snakemake", logging.ERROR, "", 0, text, (), None)
        record.__dict__.update(event=event, **fields)
        assert messages.filter(record)
    (sentence_of_it,) = messages.killed
    assert f"train was killed ({name}) before it wrote a.json" in sentence_of_it
    assert "it had asked for 1,500 MB" in sentence_of_it
