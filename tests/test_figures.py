"""Figures from synthetic tables: their content, and that they are always the same."""

import io
import re
import warnings
from functools import cache
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pandas as pd
import pytest
import synthetic
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Annotation, Text

from bnlab.page import panels, style
from bnlab.page.vectors import compact
from bnlab.study import validation

SOURCES = synthetic.sources()
FULL = validation.read([Path(__file__).parents[1] / "config.yaml"])


def published(
    experiment: str, kind: str, label: str = "Digits", **diverged_at: tuple[int, ...]
) -> pd.DataFrame:
    """A figure's table as it comes back from its CSV; ``diverged_at`` by method where it is given."""
    sources = synthetic.learning_curves(**diverged_at) if diverged_at else SOURCES[experiment]
    recipe = synthetic.recipe(experiment)
    rows = synthetic.tabulated(experiment, kind, sources, "digits", recipe, label, synthetic.LABELS)
    table = pd.read_csv(io.StringIO(rows.to_csv(index=False)))
    for name in {"n", "pairs"} & set(table):
        table[name] = 2 * table[name]  # fewer than five are drawn without a line
    return table


def texts(figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text)]


def drawing(experiment: str, kind: str) -> Figure:
    """Draw a figure of a redraw."""
    return synthetic.draw(experiment, kind, published(experiment, kind, "Digits (redraw)"))


shared_drawing = cache(drawing)


@pytest.mark.parametrize(("experiment", "kind"), synthetic.FIGURE_KEYS)
def test_a_figure_names_its_data_and_is_written_the_same_twice(experiment, kind, tmp_path):
    images = []
    for name, figure in (
        ("one", shared_drawing(experiment, kind)),
        ("two", drawing(experiment, kind)),
    ):
        files = [tmp_path / f"{name}.{suffix}" for suffix in ("svg", "png")]
        style.save(figure, *files)
        images.append([file.read_bytes() for file in files])
    assert any("Digits (redraw)" in text for text in texts(figure))
    assert images[0] == images[1]


@pytest.mark.parametrize(("experiment", "kind"), synthetic.FIGURE_KEYS)
def test_no_text_is_smaller_than_eight_points(experiment, kind):
    figure = shared_drawing(experiment, kind)
    shown = [text for text in figure.findobj(Text) if text.get_text().strip()]
    assert min(text.get_fontsize() for text in shown) >= 8


def test_every_figure_has_a_table():
    assert set(synthetic.FIGURE_KEYS) <= set(synthetic.TABLE_KEYS)


def test_a_method_has_the_same_colour_in_every_figure():
    colors = set()
    for experiment, kind in (("batch_size", "all_methods"), ("learning_curves", "accuracy")):
        figure = synthetic.draw(experiment, kind, published(experiment, kind))
        colors |= {
            line.get_color()
            for axis in figure.axes
            for line in axis.get_lines()
            if str(line.get_label()).startswith("BN")
        }
    assert colors == {style.STYLES["bn"].color}


def test_diverged_replicates_are_written_above_the_batch_size():
    figure = synthetic.draw("batch_size", "all_methods", published("batch_size", "all_methods"))
    annotations = [text for text in figure.axes[0].texts if isinstance(text, Annotation)]
    assert "diverged or at chance, of 4 replicates at each batch size:" in texts(figure)
    written = {(text.get_text(), text.xy[0]) for text in annotations}
    assert ("2", 1) in written
    assert {name for name, _ in written if name in synthetic.LABELS.values()} == {"BN"}


def test_diverged_replicates_are_written_beside_the_name_of_their_method():
    for kind in ("accuracy", "percentiles", "drift", "roc", "confusion"):
        printed = texts(synthetic.draw("learning_curves", kind, published("learning_curves", kind)))
        assert any(text.startswith("Base") and "(1 of 4 diverged)" in text for text in printed), (
            kind
        )


def test_a_figure_survives_a_method_that_always_diverged():
    table = published("batch_size", "all_methods")
    gone = table["method"] == "bn"
    table.loc[gone, ["mean", "low", "high"]] = float("nan")
    table.loc[gone, ["n", "diverged"]] = [0, 4]
    synthetic.draw("batch_size", "all_methods", table)


def test_differences_are_drawn_beside_a_method_of_which_no_pair_is_left():
    table = published("batch_size", "all_methods")
    gone = table["method"] == "bn"
    table.loc[gone, ["difference", "difference_low", "difference_high"]] = float("nan")
    table.loc[gone, "pairs"] = 0
    axis = synthetic.draw("batch_size", "all_methods", table).axes[1]
    assert axis.get_ylabel() == "difference from Base\n(points)"


@pytest.mark.parametrize("kind", ["accuracy", "percentiles", "drift", "roc"])
@pytest.mark.parametrize("methods", [["base"], ["base", "bn"]])
def test_a_method_that_always_diverged_is_named_with_no_replicate_left(kind, methods):
    table = published("learning_curves", kind, **dict.fromkeys(methods, (50, 50, 100, 10)))
    figure = synthetic.draw("learning_curves", kind, table)
    texts = [" ".join(text.get_text().split()) for text in figure.findobj(Text)]
    times = sum(text.count("no replicate left") for text in texts)
    in_panels = {"roc": 4, "percentiles": 2}.get(kind, 0)
    assert times == (in_panels + 1) * len(methods)  # and in the legend, or above the panels
    for method in methods:
        label = synthetic.LABELS[method]
        assert any(text.startswith(label) and "(4 of 4 diverged)" in text for text in texts)


@pytest.mark.parametrize("kind", ["percentiles", "drift"])
def test_an_empty_table_gives_a_figure_that_says_so(kind, tmp_path):
    figure = synthetic.draw("learning_curves", kind, published("learning_curves", kind).iloc[:0])
    assert any("no replicate left" in text for text in texts(figure))
    style.save(figure, tmp_path / "a.svg", tmp_path / "a.png")


def test_perfect_accuracy_is_drawn_inside_the_panel():
    table = published("learning_curves", "accuracy")
    ended = (table["method"] == "bn") & (table["step"] >= 500)
    table.loc[ended, ["mean", "low", "high"]] = [1.0, 0.9999, 1.0001]
    figure = synthetic.draw("learning_curves", "accuracy", table)
    for axis in figure.axes:
        assert axis.get_yscale() == "logit"
        lines = {line.get_label().split()[0]: line for line in axis.get_lines()}
        points = lines["BN"].get_ydata()
        assert points[-1] == panels.HIGHEST
        bands = [band.get_paths()[0].vertices[:, 1] for band in axis.collections]
        assert max(max(heights) for heights in [points, *bands]) < axis.get_ylim()[1]


@pytest.mark.parametrize("interrupted", ["svg", "png"])
def test_an_interrupted_save_leaves_the_old_figure(tmp_path, interrupted):
    files = {name: tmp_path / f"a.{name}" for name in ("svg", "png")}
    files[interrupted].write_text("old")
    figure = synthetic.draw("batch_size", "all_methods", published("batch_size", "all_methods"))
    save = figure.savefig

    def stop(handle, **how):
        if how["format"] != interrupted:
            return save(handle, **how)
        handle.write("half" if interrupted == "svg" else b"half")
        raise KeyboardInterrupt

    figure.savefig = stop
    with pytest.raises(KeyboardInterrupt):
        style.save(figure, files["svg"], files["png"])
    assert files[interrupted].read_text() == "old"
    finished = {"svg": ["svg"], "png": ["svg", "png"]}[interrupted]
    assert set(tmp_path.glob("[!.]*")) == {files[name] for name in finished}


def test_two_batch_sizes_are_drawn_one_below_the_other():
    table = published("learning_curves", "accuracy")
    both = pd.concat([table, table.assign(batch=4)])
    printed = texts(synthetic.draw("learning_curves", "accuracy", both))
    assert {"batch 4", "batch 60"} <= set(printed)


def test_batch_sizes_are_plain_numbers():
    figure = synthetic.draw("batch_size", "all_methods", published("batch_size", "all_methods"))
    labels = [label.get_text() for label in figure.axes[-1].get_xticklabels()]
    assert [label for label in labels if label] == ["1", "2", "3", "4", "8", "16", "60", "256"]


def test_an_svg_refers_to_nothing_outside(tmp_path):
    figure = synthetic.draw("batch_size", "all_methods", published("batch_size", "all_methods"))
    style.save(figure, tmp_path / "a.svg", tmp_path / "a.png")
    links = re.findall(r'(?:href|src)="([^"]+)"', (tmp_path / "a.svg").read_text())
    assert all(link.startswith("#") for link in links)


@pytest.mark.parametrize(("experiment", "kind"), synthetic.FIGURE_KEYS)
def test_a_compact_svg_draws_what_matplotlib_wrote(experiment, kind):
    with matplotlib.rc_context(style.STYLE):
        written = io.StringIO()
        shared_drawing(experiment, kind).savefig(written, format="svg")
    before, after = drawn(written.getvalue()), drawn(compact(written.getvalue()))
    assert len(before) == len(after) > 20
    for (tag, numbers, style_, text), (tag_, numbers_, style__, text_) in zip(
        before, after, strict=True
    ):
        assert (tag, style_, text) == (tag_, style__, text_)
        if tag != "path":
            assert numbers_ == pytest.approx(numbers, abs=0.0051)
            continue
        for one, other in zip(numbers, numbers_, strict=True):
            assert apart(one, other) < 0.1 > apart(other, one)
    assert len(compact(written.getvalue())) < 0.6 * len(written.getvalue())


def drawn(svg: str) -> list[tuple[str, list[float], dict[str, str], str]]:
    """Return paths, marks and texts of an SVG in order: tag, coordinates, style with that of its groups, words."""
    actual = []

    def walk(element: ElementTree.Element, inherited: dict[str, str], clip: str) -> None:
        tag = element.tag.rpartition("}")[2]
        pairs = [p.split(":") for p in element.get("style", "").split(";") if p.strip()]
        style_ = inherited | {name.strip(): value.strip() for name, value in pairs}
        clip = element.get("clip-path", clip)
        if tag in ("path", "use", "text", "rect", "image"):
            places = " ".join(element.get(name, "") for name in ("x", "y", "transform"))
            numbers = [float(n) for n in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", places)]
            if "rotate(-0 " in places:
                numbers = numbers[:-3]
            style_.pop("font-family", None)
            words = f"{clip} {''.join(''.join(element.itertext()).split())}"
            actual.append(
                (tag, lines(element.get("d", "")) if tag == "path" else numbers, style_, words)
            )
        for child in element:
            walk(child, style_ if tag == "g" else inherited, clip)

    walk(ElementTree.fromstring(svg), {}, "")
    return actual


def lines(path: str) -> list[np.ndarray]:
    """Return the points of each line of an SVG path; those that guide a curve count as points."""
    parts: list[list[np.ndarray]] = []
    for letter, places in re.findall(r"([MLlCQ])([^MLlCQ]*)", path):
        numbers = re.findall(r"-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?", places)
        points = np.array(numbers, float).reshape(-1, 2)
        if letter == "M":
            parts.append([])
        start = parts[-1][-1][-1] if letter == "l" else 0
        parts[-1].append(start + points.cumsum(0) if letter == "l" else points)
    return [np.concatenate(part) for part in parts]


def apart(points: np.ndarray, line: np.ndarray) -> float:
    """Return the greatest distance of points from a line."""
    start, end = line[:-1], line[1:]
    if not len(start):
        return float(np.abs(points - line).max())
    along = end - start
    squares = np.maximum((along**2).sum(1), 1e-12)
    share = np.clip(((points[:, None] - start) * along).sum(2) / squares, 0, 1)
    nearest = start + share[..., None] * along
    return float(np.linalg.norm(points[:, None] - nearest, axis=2).min(1).max())


def test_confusion_matrices_have_the_first_class_on_top():
    axes = synthetic.draw(
        "learning_curves", "confusion", published("learning_curves", "confusion")
    ).axes
    for axis in axes:
        bottom, top = axis.get_ylim()
        assert bottom > top == 0


def heat_map(table: pd.DataFrame) -> Figure:
    return synthetic.draw("learning_rate", "heat_map", table)


def test_a_heat_map_frames_the_chosen_rate_of_each_method():
    axis = heat_map(published("learning_rate", "heat_map")).axes[0]
    frames = [patch for patch in axis.patches if not patch.get_fill()]
    rates = [label.get_text() for label in axis.get_xticklabels()]
    framed = [(rates[int(frame.get_x())], int(frame.get_y())) for frame in frames]
    assert framed == [("1", 0), ("0.1", 1), ("0.1", 2), ("0.1", 3), ("0.1", 4)]


def test_a_heat_map_counts_the_diverged_replicates_of_a_cell():
    printed = texts(heat_map(published("learning_rate", "heat_map")))
    assert sum(text.endswith("\n(2)") for text in printed) == 1
    assert printed.count("all\ndiverged") == 1


def test_arrows_count_the_replicates_whose_range_goes_beyond_the_rates_tried():
    table = published("learning_rate", "rate_range")
    assert table.set_index("method").loc["ln", ["reaches_lowest", "reaches_highest"]].all()
    axis = synthetic.draw("learning_rate", "rate_range", table).axes[0]
    arrows = {text.get_text(): text.xy[0] for text in axis.texts if isinstance(text, Annotation)}
    assert arrows["◀ 3"] == 0.01
    assert arrows["1 ▶"] == 10
    assert any(text.startswith("≥ ") for text in texts(axis.figure))


@pytest.mark.parametrize("kind", ["heat_map", "rate_range"])
def test_learning_rates_of_a_method_that_always_diverged_are_drawn(kind):
    metrics = SOURCES["learning_rate"]["metrics"].copy()
    metrics.loc[metrics["method"] == "bn", ["accuracy", "diverged"]] = [0.1, True]
    table = synthetic.tabulated(
        *("learning_rate", kind, {"metrics": metrics}, "digits"),
        *(synthetic.recipe("learning_rate"), "Digits", synthetic.LABELS),
    )
    text, times = {
        "heat_map": ("all\ndiverged", 6),
        "rate_range": ("no replicate left (4 of 4 diverged)", 1),
    }[kind]
    assert texts(synthetic.draw("learning_rate", kind, table)).count(text) == times


def test_a_figure_has_a_line_on_its_data_and_no_title():
    figure = synthetic.draw("learning_curves", "accuracy", published("learning_curves", "accuracy"))
    assert figure.get_suptitle().startswith("Digits: accuracy during training\nbatch 60")
    title = synthetic.DECLARED["learning_curves"].figures["accuracy"].title
    assert not any(title in text for text in texts(figure))


@pytest.mark.parametrize(("experiment", "kind"), synthetic.FIGURE_KEYS)
def test_no_legend_stands_on_data(experiment, kind):
    figure = shared_drawing(experiment, kind)
    panels_ = [axis.get_window_extent() for axis in figure.axes if axis.get_visible()]
    legends = [each.get_window_extent() for each in figure.findobj(Legend)]
    assert not any(legend.overlaps(panel.padded(-2)) for legend in legends for panel in panels_)


def test_fewer_than_five_replicates_are_points_without_line_or_band():
    table = published("learning_rate_factors", "factors")
    table.loc[table["method"] == "bn", "n"] = 4
    axis = synthetic.draw("learning_rate_factors", "factors", table).axes[0]
    joined = {line.get_label(): line.get_linestyle() for line in axis.get_lines()}
    assert joined["BN"] == "None" != joined["Base"]
    tall = [
        np.ptp(band.get_paths()[0].vertices[:, 1]) if band.get_paths() else 0
        for band in axis.collections
    ]
    assert len([height for height in tall if height > 0]) <= len(tall) - 1


def test_long_paths_are_a_third_as_long_in_a_compact_svg():
    figure = Figure(figsize=(7.2, 3))
    axis = figure.add_axes((0, 0, 1, 1))
    x = np.linspace(0, 1, 2000)
    axis.plot(x, np.sin(20 * x) * np.sin(7 * x))
    axis.set_axis_off()
    with matplotlib.rc_context({"path.simplify": False}):
        written = io.StringIO()
        figure.savefig(written, format="svg")
    assert len(compact(written.getvalue())) < 0.34 * len(written.getvalue())


def test_an_svg_has_colours_for_a_dark_page():
    svg = style.as_svg(shared_drawing("batch_size", "all_methods"))
    (rules,) = re.findall(
        r"<style>@media screen and \(prefers-color-scheme:dark\)\{(.*)\}</style>", svg
    )
    shade = style.HUES["blue"]
    assert f'[style*="stroke:{shade.light}"]{{stroke:{shade.dark}!important}}' in rules
    assert ':not(text)[style*="fill:#ffffff"]{fill:#14181f!important}' in rules


def test_differences_from_base_have_a_zero_line_and_are_in_points():
    table = published("batch_size", "all_methods")
    axis = synthetic.draw("batch_size", "all_methods", table).axes[1]
    assert axis.get_ylabel() == "difference from Base\n(points)"
    zero = [line for line in axis.get_lines() if set(line.get_ydata()) == {0}]
    assert [line.get_color() for line in zero] == [style.STYLES["base"].color]
    rows = table.query("method == 'ln' and split == 'test' and metric == 'accuracy'")
    points = next(line for line in axis.get_lines() if line.get_label() == "LN").get_ydata()
    assert list(points) == pytest.approx((100 * rows["difference"]).tolist())


def test_names_at_the_ends_of_lines_do_not_overlap():
    figure = synthetic.draw("batch_size", "all_methods", published("batch_size", "all_methods"))
    axis = figure.axes[0]
    boxes = sorted(
        (text.get_window_extent() for text in axis.texts if text.get_position()[0] > 1),
        key=lambda box: box.y0,
    )
    assert len(boxes) == len(synthetic.METHODS)
    assert all(low.y1 <= high.y0 + 2 for low, high in zip(boxes, boxes[1:], strict=False))


def test_names_of_percentiles_that_end_together_do_not_overlap():
    table = published("learning_curves", "percentiles")
    table = table.assign(value=table["value"].where(table["percentile"] == 15, 0.01))
    figure = synthetic.draw("learning_curves", "percentiles", table)
    for axis in figure.axes:
        boxes = [text.get_window_extent() for text in axis.texts]
        boxes.sort(key=lambda box: box.y0)
        assert len(boxes) == 3
        assert all(low.y1 <= high.y0 + 2 for low, high in zip(boxes, boxes[1:], strict=False))


def test_an_empty_axis_that_says_why_says_nothing_else():
    def empty(table: pd.DataFrame) -> Figure:
        figure = Figure()
        axis = figure.subplots()
        axis.set(xscale="log", yscale="log")
        axis.text(0.5, 0.5, "nothing in common", transform=axis.transAxes)
        return figure

    (axis,) = style.draw(empty, pd.DataFrame({"one": [1]})).axes
    assert [text.get_text() for text in axis.texts] == ["nothing in common"]


@pytest.mark.parametrize(
    "color", ["#000000", "#ffffff", "#767676", "#777777", "#08306b", "#ffd166"]
)
def test_text_on_a_colour_has_a_contrast_of_four_and_a_half_to_one(color):
    def luminance(name: str) -> float:
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(name)]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    light, dark = sorted([luminance(color), luminance(panels.ink(color))], reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_cells_within_a_point_of_the_best_are_marked_in_a_heat_map():
    table = published("learning_rate", "heat_map")
    near = (table["mean"] >= table["mean"].max() - 0.01).sum()
    assert sum(text.startswith("● ") for text in texts(heat_map(table))) == near > 0


def test_the_rates_that_were_tried_are_marked_in_a_range_of_rates():
    figure = synthetic.draw("learning_rate", "rate_range", published("learning_rate", "rate_range"))
    dots = [line.get_xdata() for line in figure.axes[0].get_lines() if line.get_marker() == "."]
    assert [list(dot) for dot in dots] == [[0.01, 0.1, 0.3, 1, 10]] * len(synthetic.METHODS)


def lines_of_two_methods():
    """Return a figure with two panels: lines without markers on the left, and with them on the right."""
    figure = Figure()
    left, right = figure.subplots(1, 2)
    for name, marker, label in (("bn", "o", "BN"), ("ln", "s", "LN")):
        color = style.HUES[style.method_style(name).hue].light
        left.plot([1, 2], [1, 2], color=color, label=label)
        right.plot([1, 2], [1, 2], color=color, marker=marker, label=f"{label} (1 of 9 failed)")
    return figure, left, right


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_legend_names_a_method_once_whether_its_lines_have_markers_or_not(order):
    figure, *axes = lines_of_two_methods()
    panels.legend_row(figure, *(axes[place] for place in order))
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.texts] == [
        "BN (1 of 9 failed)",
        "LN (1 of 9 failed)",
    ]
    assert [line.get_marker() for line in legend.get_lines()] == ["o", "s"]


@pytest.mark.parametrize("ends", [(1.25, 2.6), (0.95, 1.3), (0.03, 0.031), (1, 4), (0.5, 90)])
def test_a_log_axis_has_at_least_two_numbers(ends):
    def line(table):
        figure = Figure()
        axis = figure.subplots()
        axis.plot([0, 1], table["y"])
        axis.set_yscale("log")
        return figure

    (axis,) = style.draw(line, pd.DataFrame({"y": ends})).axes
    low, high = axis.get_ylim()
    ticks = [*axis.yaxis.get_major_ticks(), *axis.yaxis.get_minor_ticks()]
    shown = [t for t in ticks if t.label1.get_text() and low <= t.get_loc() <= high]
    assert len(shown) >= 2


@pytest.mark.parametrize("experiment", ["batch_size", "small_vgg"])
def test_differences_keep_clear_of_the_ends_of_their_axis(experiment):
    figure = shared_drawing(experiment, "all_methods")
    (axis,) = [axis for axis in figure.axes if axis.get_yscale() == "symlog"]
    values = np.concatenate([np.asarray(line.get_ydata(), float) for line in axis.lines])
    for value in (np.nanmin(values), np.nanmax(values)):
        place = axis.transAxes.inverted().transform(axis.transData.transform((1, value)))[1]
        assert 0.03 < place < 0.97


def test_an_axis_of_values_is_logarithmic_only_where_one_is_positive():
    figure = Figure()
    empty, drawn = figure.subplots(1, 2)
    empty.plot([1, 2], [np.nan, np.nan])
    drawn.plot([1, 2], [np.nan, 3.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for axis in (empty, drawn):
            panels.log_values(axis, "loss")
        figure.canvas.draw()
    assert [axis.get_yscale() for axis in (empty, drawn)] == ["linear", "log"]
    assert [axis.get_ylabel() for axis in (empty, drawn)] == ["loss", "loss (log axis)"]


@pytest.mark.parametrize(
    ("key", "part"),
    [
        (("learning_curves", "accuracy"), ("split", "test")),
        (("batch_size", "statistics"), ("statistics", "population")),
    ],
)
@pytest.mark.parametrize("level", [0.0, 0.1])
def test_curves_of_every_panel_are_inside_a_scale_that_panels_share(key, part, level):
    table = published(*key)
    numbers = ["mean", "low", "high"]
    table[numbers] = 0.6 + 0.1 * table[numbers]
    table.loc[table[part[0]] == part[1], numbers] = level
    axes = [axis for axis in synthetic.draw(*key, table).axes if "accuracy" in panel_words(axis)]
    assert len(axes) >= 2
    drawn = [(axis, np.asarray(line.get_ydata(), float)) for axis in axes for line in axis.lines]
    lowest = min(values.min() for _, values in drawn if values.size and np.isfinite(values).all())
    assert lowest == level
    for axis, values in drawn:
        low, high = axis.get_ylim()
        assert ((low <= values) & (values <= high) | np.isnan(values)).all()


@pytest.mark.parametrize(
    "key",
    [
        ("learning_curves", "percentiles"),
        ("landscape", "surface"),
        ("learning_curves", "confusion"),
    ],
)
def test_long_labels_above_narrow_panels_lie_neither_over_each_other_nor_beyond_the_figure(key):
    one = published(*key)
    first = one[one["method"] == one["method"].iloc[0]]
    label = "Batch normalization with momentum 0.99 and epsilon of Keras"
    parts = [first.assign(method=f"m{n}", method_label=f"{label} {n}") for n in range(5)]
    figure = synthetic.draw(*key, pd.concat(parts, ignore_index=True))
    figure.savefig(io.BytesIO(), format="svg")
    boxes = [axis.title.get_window_extent() for axis in figure.axes if axis.get_title()]
    assert len(boxes) >= 5
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.width for box in boxes)
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def panel_words(axis) -> str:
    """Title and labels of a panel and of the first one of its row."""
    first = next(
        each for each in axis.figure.axes if each.get_position().y0 == axis.get_position().y0
    )
    return f"{axis.get_title()} {axis.get_ylabel()} {first.get_ylabel()}"


def test_accuracies_of_zero_and_of_one_are_inside_a_logit_axis():
    curve = pd.DataFrame(
        {"mean": [0.0, 0.9, 1.0], "low": [0.0, 0.8, 1.0], "high": [0.0, 0.95, 1.0]}
    )
    axis = Figure().subplots()
    axis.plot(panels.on_axis(curve, curve)["mean"])
    panels.accuracy_axis(axis, curve)
    low, high = axis.get_ylim()
    assert axis.get_yscale() == "logit"
    assert (panels.on_axis(curve, curve)["mean"].between(low, high, inclusive="neither")).all()
