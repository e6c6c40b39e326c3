"""Measurements of speed: growth with each size, the sample of a study, its scaling, and one measured run."""

import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from project import CHECKOUT, SMOKE, Project

from bench import growth, machine, timing
from bench import study as bench
from bnlab.study.locations import overlaid
from bnlab.study.validation import read

CONFIG = CHECKOUT / "config.yaml"


@pytest.mark.weekly
@pytest.mark.slow
def test_growth_is_measured_at_every_size_by_lowest_median_and_highest(monkeypatch):
    few = {name: sizes[:1] for name, sizes in growth.SIZES.items()}
    monkeypatch.setattr(growth, "SIZES", few | {"steps": (2,), "rows": (120,), "runs": (4,)})
    monkeypatch.setattr(growth, "ROWS", 120)
    monkeypatch.setattr(growth, "IMAGES", 4)
    monkeypatch.setattr(growth, "REPLICATE_STEPS", 2)
    monkeypatch.setattr(timing, "SECONDS", 0.0)
    table = pd.concat(growth.measure_all())
    assert set(table["varies"]) == set(growth.SIZES)
    sizes = table[["varies", "value"]].drop_duplicates().itertuples(index=False)
    assert dict(map(tuple, sizes)) == {name: sizes[0] for name, sizes in growth.SIZES.items()}
    assert set(table.query("varies == 'batch'")["of"]) == {"trainer", "fit", "products"}
    assert set(table["per"]) == {"step", "replicate", "dry run"}
    assert (table["lowest"] > 0).all()
    assert (table["lowest"] <= table["median"]).all()
    assert (table["median"] <= table["highest"]).all()


def test_times_are_of_the_processor_and_divided_by_their_number(monkeypatch):
    monkeypatch.setattr(timing, "SECONDS", 0.01)
    clock = iter(range(1000))
    monkeypatch.setattr(timing.time, "process_time", lambda: next(clock))
    counts: list[int] = []
    table = timing.measure({"a": timing.each(counts.append, 7)}, most=1, per=4)
    assert set(counts) == {7}
    assert table[["of", "median", "lowest", "highest"]].to_numpy().tolist() == [
        ["a", *[250_000] * 3]
    ]


def test_operations_are_two_for_each_product_forward_by_kernel_and_by_input():
    # Of 5 inputs, 4 and 3 units, and 2 classes: the first layer has no gradient by its input.
    assert machine.of_perceptron(5, [4, 3], 2) == 2 * (2 * 20 + 3 * 12 + 3 * 6)
    # Of 4 places with 9 · 3 · 4 products each; then one place of 4 channels, and 10 classes.
    assert machine.of_convolutions((2, 2, 3), [[4]], 10) == 2 * (2 * 4 * 108 + 3 * 40)


def test_parts_of_the_sample_hold_every_run_and_every_replicate_once():
    study = read([CONFIG])
    parts, runs = bench.sample(study), study.all_runs()
    assert sum(part.runs for part in parts) == len(runs)
    assert sum(part.replicates for part in parts) == sum(map(study.replicates_of, runs))
    assert {part.run for part in parts} <= set(runs)
    assert {part.experiment for part in parts} == {
        name for name in study.experiments if name != "landscape"
    }  # whose runs are all of covariate_shift too
    assert parts == bench.sample(read([CONFIG]))


def test_the_overlay_of_a_part_leaves_one_replicate_of_its_run_at_the_same_settings(tmp_path):
    study, overlay = read([CONFIG]), tmp_path / "bench.yaml"
    for part in bench.sample(study)[::9]:
        overlay.write_text(yaml.safe_dump(bench.overlay_of(part)))
        one = read([CONFIG, overlay])
        assert one.all_runs() == [part.run]
        assert one.replicates_of(part.run) == 1
        assert one.settings(part.run) == study.settings(part.run)


def test_rates_and_steps_share_a_program_but_not_batch_sizes_and_activations():
    study, recipes = read([CONFIG]), overlaid([CONFIG])["recipes"]
    counts = {}
    for name in ("learning_rate", "depth", "batch_size"):
        one = study.model_copy(update={"experiments": {name: study.experiments[name]}})
        counts[name] = bench.programs(one, recipes)
    of_rates = 2 * 5 + 2 * 3 + 2 * 2  # two data sets, two small batches, two further splits
    assert counts == {"learning_rate": of_rates, "depth": 4 * 5 * 2, "batch_size": 3 * 7 * 16}


def test_activities_grow_by_replicates_compiling_by_programs_and_starts_by_jobs():
    seconds = {"train": 60.0, "evaluate": 6.0, "probe": 0.0, "prepare": 0.6, "compile": 3.0}
    about = {"experiment": ["a", "a", "b"], "runs": [4, 2, 4], "replicates": [40, 20, 8]}
    measured = pd.DataFrame(about).assign(**seconds, rest=6.0)
    minutes = bench.estimate(measured, jobs=5, compiled=10)  # two runs a job, of different programs
    assert minutes.loc["a"].to_dict() == pytest.approx(
        {"train": 60, "evaluate": 6, "probe": 0, "prepare": 0.6, "compile": 0.3, "rest": 0.3}
    )
    assert minutes.loc["b", ["train", "rest"]].tolist() == pytest.approx([8, 0.2])


@pytest.mark.weekly
@pytest.mark.slow
def test_a_measured_run_has_seconds_of_every_activity(fresh: Project):
    (fresh.folder / ".venv").symlink_to(Path(sys.prefix))
    overlays = [CHECKOUT / SMOKE]
    study = read([CONFIG, *overlays])
    part = bench.sample(study)[0]
    bench.prepare(fresh.folder, overlays, [part])
    start = bench.dry_run(fresh.folder, overlays, part)
    seconds = bench.measure(fresh.folder, overlays, part, start)
    assert [*seconds] == [*bench.ACTIVITIES, "rest"]
    assert all(value > 0 for value in seconds.values())
    assert 0 < bench.training_jobs(fresh.folder, overlays) <= len(study.all_runs())
