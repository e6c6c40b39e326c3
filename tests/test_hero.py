"""The picture of the first screen: its points lie where their numbers say, and its labels where no line is."""

import math
import re
from xml.etree import ElementTree

import pandas as pd
import pytest
from markupsafe import Markup

from bnlab.page import front_picture, hero
from bnlab.page.contents import Item
from bnlab.page.hero import Bar, Line, Point, panel
from bnlab.study.front import Picture

SVG = "{http://www.w3.org/2000/svg}"
TICKS = [0.01, 0.1, 1.0, 10.0]


def line(method, *means, runs=10, half=1.0):
    points = [Point(x, m, m - half, m + half, runs) for x, m in zip(TICKS, means, strict=False)]
    return Line(method, {"bn": "batch norm", "base": "none"}.get(method, method), points)


LINES = [line("bn", 90, 97, 97, 97), line("base", 20, 60, 96, 10), line("ln", 90, 96, 97, 50)]


def tree(svg: Markup):
    return ElementTree.fromstring(str(svg).replace("<svg ", f'<svg xmlns="{SVG[1:-1]}" ', 1))


def texts(root):
    return {
        each.text: (float(each.get("x")), float(each.get("y"))) for each in root.iter(f"{SVG}text")
    }


def places(svg):
    """Return where the markers are, in units of the viewBox."""
    return [
        tuple(map(float, each)) for each in re.findall(r"translate\(([\d.-]+) ([\d.-]+)\)", svg)
    ]


def test_markers_lie_where_the_numbers_of_the_axes_say():
    svg = panel(LINES, "digits", 380, "learning rate", TICKS)
    at = texts(tree(svg))
    zero, full = at["0"][1], at["100"][1]
    found = iter(places(svg))
    for each in LINES:
        for point in each.points:
            x, y = next(found)
            assert x == pytest.approx(at[f"{point.x:g}"][0], abs=0.2)
            assert y + 4 == pytest.approx(zero + (full - zero) * point.mean / 100, abs=0.2)


def test_a_band_stays_within_0_and_100_percent():
    svg = panel([line("bn", 99.5, 0.5, half=3.0)], "digits", 380, "learning rate", TICKS[:2])
    at = texts(tree(svg))
    (band,) = re.findall(r'class="band" d="M([^"]*)z"', svg)
    heights = [float(pair.split()[1]) for pair in band.split("L")]
    assert at["100"][1] - 4.1 <= min(heights) and max(heights) <= at["0"][1] - 3.9


def test_fewer_than_five_runs_are_points_without_line_or_band():
    few, many = (
        panel([line("bn", 90, 95, runs=runs)], "digits", 380, "rate", TICKS[:2]) for runs in (4, 5)
    )
    assert 'class="band"' in many and 'class="line"' in many
    assert 'class="band"' not in few and 'class="line"' not in few and len(places(few)) == 2


def test_a_point_of_too_few_runs_breaks_line_and_band():
    rates = [0.01, 0.1, 1.0, 10.0, 100.0, 1000.0]
    points = [Point(x, 90, 89, 91, 4 if x == 1 else 5) for x in rates]
    x, y = hero._logarithmic(0.01, 1000, 40, 368), hero._percent
    broken = Line("bn", "batch norm", points)
    svg = panel([broken], "digits", 380, "rate", rates)
    for name in ("line", "band"):
        (path,) = re.findall(rf'class="{name}" d="([^"]*)"', svg)
        ends = [
            {float(pair.split()[0]) for pair in piece.strip("z").split("L")}
            for piece in path.split("M")[1:]
        ]
        at = [[round(x(rate), 1) for rate in part] for part in (rates[:2], rates[3:])]
        assert [sorted(each) for each in ends] == at
    between = [at for at, _ in hero._path(broken, x, y) if x(0.1) < at < x(10)]
    assert between == [x(1)] and len(places(svg)) == 6


def test_a_label_stands_on_no_line_and_on_no_other_label():
    x, y = hero._logarithmic(0.01, 10, 40, 368), hero._percent
    labels = hero.labels(LINES, x, y, 380)
    assert {"batch norm", "none"} <= {label.text for label in labels}
    for label in labels:
        others = [other.box for other in labels if other is not label]
        assert not any(label.box.overlaps(other) for other in others)
        for each in LINES:
            assert not any(label.box.meets(*point) for point in hero._path(each, x, y))


def test_lines_that_lie_together_have_one_label():
    together = [
        line("bn", 30, 97, 97, 97),
        *(line(m, 96, 97, 97, 97) for m in ("ln", "ws", "base")),
    ]
    x, y = hero._logarithmic(0.01, 10, 40, 368), hero._percent
    assert [label.text for label in hero.labels(together, x, y, 380)] == [
        "batch norm",
        "the other three",
    ]


def test_bars_end_where_the_axis_says_and_carry_the_names():
    bars = [
        Bar("bn", "batch norm", 0.1, 1.0, "10-fold"),
        Bar("ws", "weight standardization", 0.02, 0.04, "2-fold"),
        Bar("ln", "layer norm", 1.0, 10.0, "ten"),
    ]
    svg = panel(LINES, "digits", 380, "learning rate", TICKS, bars)
    at = texts(tree(svg))
    ends = re.findall(r'class="range" d="M([\d.]+) [\d.]+H([\d.]+)"', svg)
    assert [float(end) for end in ends[0]] == pytest.approx([at["0.1"][0], at["1"][0]], abs=0.2)
    assert at["batch norm"][0] < float(ends[0][0]) < float(ends[0][1]) < at["10-fold"][0]
    assert at["weight standardization"][0] > float(ends[1][1])  # there is no room on its left
    assert at["layer norm ten"][0] < float(ends[2][0])  # nor is any on the right of this one
    assert "batch norm 0.1 to 1," in svg


@pytest.mark.parametrize(("low", "high"), [(0.01, 10), (0.01, 1), (0.1, 10), (0.5, 0.6)])
@pytest.mark.parametrize("name", ["ws", "weight standardization", "a normalizer with a long name"])
def test_the_words_of_a_bar_lie_within_the_picture_and_beside_the_bar(low, high, name):
    svg = panel(
        LINES, "digits", 380, "learning rate", TICKS, [Bar("ws", name, low, high, "9-fold")]
    )
    root = tree(svg)
    (start, at, end), *_ = re.findall(r'class="range" d="M([\d.]+) ([\d.]+)H([\d.]+)"', svg)
    words = [
        t
        for t in root.iter(f"{SVG}text")
        if {name, "9-fold"} & {t.text, *t.text.split()} or t.text == f"{name} 9-fold"
    ]
    assert {"9-fold", *name.split()} == {word for each in words for word in each.text.split()}
    for each in words:
        wide, x, kind = 7 * len(each.text), float(each.get("x")), each.get("class").split()
        left = x - wide if "end" in kind else x - wide / 2 if "mid" in kind else x
        assert left >= 0 and left + wide <= 380
        above = float(each.get("y")) < float(at)
        assert above or left + wide <= float(start) or left >= float(end)


def test_a_batch_size_counts_at_the_recipe_with_the_best_validation_accuracy():
    rows = [
        ("slow", "validation", 0.8, 2),
        ("slow", "test", 0.9, 2),
        ("fast", "validation", 0.7, 2),
        ("fast", "test", 0.95, 2),
        ("fast", "validation", 0.6, 8),
        ("fast", "test", 0.5, 8),
    ]
    table = pd.DataFrame(rows, columns=["recipe", "split", "mean", "batch"]).assign(method="bn")
    best = front_picture.best_recipes(table)
    assert best[["recipe", "mean", "batch"]].to_numpy().tolist() == [
        ["slow", 0.9, 2],
        ["fast", 0.5, 8],
    ]


def published_rates(folder, methods):
    """Return items of learning rates, ranges, and two recipes of batch sizes, of these methods."""
    counts = {"mean": 0.9, "low": 0.8, "high": 1.0, "n": 9, "split": "test"}
    rates = [{"method": m, "learning_rate": rate} | counts for m in methods for rate in (0.1, 1.0)]
    ends = {"lowest": 0.1, "highest": 1.0, "mean": 1.0, "reaches_lowest": 0, "reaches_highest": 0}
    of_batches = [
        {"method": m, "batch": batch} | counts | {"split": split}
        for m in methods
        for batch in (1, 4, 16)
        for split in ("test", "validation")
    ]
    tables = {
        ("learning_rate", "all", "rates"): rates,
        ("learning_rate", "all", "rate_range"): [{"method": m} | ends for m in methods],
        ("batch_size", "slow", "final"): [row | {"learning_rate": 0.1} for row in of_batches],
        ("batch_size", "fast", "final"): [row | {"learning_rate": 2.0} for row in of_batches],
    }
    items = []
    for (experiment, recipe, kind), rows in tables.items():
        file = folder / f"{recipe}-{kind}.csv"
        table = pd.DataFrame(rows).assign(dataset_label="digits", recipe=recipe)
        table.to_csv(file, index=False)
        items.append(Item(experiment, "digits", recipe, kind, file))
    return items


PICTURE = Picture.model_validate(
    {
        "methods": ["bn", "base"],
        "rates": {"experiment": "learning_rate", "table": "rates"},
        "ranges": {"experiment": "learning_rate", "table": "rate_range"},
        "batches": {"experiment": "batch_size", "table": "final"},
    }
)


def test_a_method_of_the_users_own_is_in_both_pictures_where_it_is_measured(tmp_path):
    words = {name: name for name in ("bn", "base", "mine", "ws", "elsewhere")}
    items = published_rates(tmp_path, ["bn", "base", "mine", "ws"])
    for own, drawn in (([], {"bn", "base"}), (["mine", "elsewhere"], {"bn", "base", "mine"})):
        for each in front_picture.panels(PICTURE, items, words, own):
            assert set(re.findall(r"var\(--m-(\w+)\)", each.svg)) == drawn


def test_the_files_of_a_picture_are_told_apart_by_what_they_hold(tmp_path):
    rates, batches = front_picture.panels(
        PICTURE, published_rates(tmp_path, ["bn", "base"]), {"bn": "BN", "base": "none"}
    )
    assert [holds for holds, _ in rates.sources] == ["curves", "bars"]
    assert [path.rpartition("/")[2] for _, path in rates.sources] == ["rates", "rate_range"]
    assert batches.sources == [
        ("rate 0.1", "batch_size/digits/slow/final"),
        ("rate 2", "batch_size/digits/fast/final"),
    ]


@pytest.mark.parametrize(("lost", "is_said"), [((2, 0), True), ((1, 1), True), ((1, 0), False)])
def test_a_picture_in_which_no_replicate_learns_says_so(lost, is_said, tmp_path):
    counts = dict(zip(("diverged", "failed"), lost, strict=True), replicates=2, n=2)
    sizes = [
        {"method": m, "batch": batch, "learning_rate": 0.1, "mean": 0.3, "low": 0.3, "high": 0.3}
        | {"split": split, "metric": "accuracy", "recipe": "quick", "dataset_label": "digits"}
        | counts
        for m in ("bn", "base")
        for batch in (2, 8)
        for split in ("validation", "test")
    ]
    file = tmp_path / "final.csv"
    pd.DataFrame(sizes).to_csv(file, index=False)
    items = [Item("batch_size", "digits", "quick", "final", file)]
    (only,) = front_picture.panels(PICTURE, items, {"bn": "batch norm", "base": "none"})
    assert only.about.endswith("all replicates diverged or ended at chance") == is_said


def test_a_method_that_trains_at_no_rate_has_no_bar(tmp_path):
    rates = [
        {"method": m, "learning_rate": rate, "mean": 0.9, "low": 0.8, "high": 1.0, "n": 9}
        for m in ("bn", "ws")
        for rate in (0.1, 1.0)
    ]
    inside = {"reaches_lowest": 0, "reaches_highest": 0}
    ranges = [
        {"method": "bn", "lowest": 0.1, "highest": 1.0, "mean": 1.0} | inside,
        {"method": "ws", "lowest": math.nan, "highest": math.nan, "mean": math.nan} | inside,
    ]
    items = []
    for kind, rows in (("rates", rates), ("rate_range", ranges)):
        file = tmp_path / f"{kind}.csv"
        pd.DataFrame(rows).assign(dataset_label="digits").to_csv(file, index=False)
        items.append(Item("learning_rate", "digits", "all", kind, file))
    about = {"experiment": "learning_rate", "table": "rates"}
    picture = Picture.model_validate(
        {
            "methods": ["bn", "ws"],
            "rates": about,
            "ranges": about | {"table": "rate_range"},
            "batches": {"experiment": "batch_size", "table": "final"},
        }
    )
    (only,) = front_picture.panels(picture, items, {"bn": "batch norm", "ws": "weights"})
    assert only.named == ["bn"] and "nan" not in only.svg
