"""Figures from made-up tables: what is drawn, and that it is the same every time."""

import io
import re

import pandas as pd
import pytest
import synthetic
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text

from bnlab.experiments.batch_size.shown import PAIRS
from bnlab.page import panels, style

SOURCES = {
    "learning_curves": synthetic.learning_curves(),
    "batch_size": synthetic.batch_size(),
    "learning_rate": synthetic.learning_rate(),
    "faults": synthetic.faults(),
}


def published(
    experiment: str, kind: str, label: str = "Digits", **diverged_at: tuple[int, ...]
) -> pd.DataFrame:
    """A figure's table as it comes back from its CSV; ``diverged_at`` by method where it is given."""
    sources = synthetic.learning_curves(**diverged_at) if diverged_at else SOURCES[experiment]
    recipe = synthetic.recipe(experiment)
    made = synthetic.tabulated(experiment, kind, sources, "digits", recipe, label, synthetic.LABELS)
    return pd.read_csv(io.StringIO(made.to_csv(index=False)))


def texts(figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(match=lambda a: hasattr(a, "get_text"))]


@pytest.mark.parametrize(("experiment", "kind"), synthetic.FIGURE_KEYS)
def test_a_figure_names_its_data_and_is_written_the_same_twice(experiment, kind, tmp_path):
    drawn = []
    for name in ("one", "two"):
        figure = synthetic.draw(experiment, kind, published(experiment, kind, "Digits (redraw)"))
        style.save(figure, tmp_path / f"{name}.svg", tmp_path / f"{name}.png")
        drawn.append(
            (tmp_path / f"{name}.svg").read_bytes() + (tmp_path / f"{name}.png").read_bytes()
        )
    assert any("Digits (redraw)" in text for text in texts(figure))
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize(("experiment", "kind"), synthetic.FIGURE_KEYS)
def test_no_text_is_smaller_than_seven_points_in_print(experiment, kind):
    figure = synthetic.draw(experiment, kind, published(experiment, kind))
    shown = figure.findobj(match=lambda a: hasattr(a, "get_fontsize") and a.get_text().strip())
    assert min(text.get_fontsize() for text in shown) >= 7.5


def test_every_figure_has_a_table_and_every_pair_of_the_config_a_figure():
    assert set(synthetic.FIGURE_KEYS) <= set(synthetic.TABLE_KEYS)
    assert {("batch_size", pair) for pair in PAIRS} <= set(synthetic.FIGURE_KEYS)


def test_methods_differ_in_colour_and_in_marker():
    looks = list(style.LOOKS.values())
    assert len({look.color for look in looks}) == len(looks)
    assert len({look.marker for look in looks}) == len(looks)


def test_a_method_that_a_user_adds_gets_a_look_of_its_own():
    mine = style.look("my_method")
    assert mine == style.look("my_method")
    assert mine.color not in {look.color for look in style.LOOKS.values()}


def test_a_method_has_the_same_colour_in_every_figure():
    colors = set()
    for kind in ("all_methods", "bn_vs_ln", "ws_vs_bn"):
        figure = synthetic.draw("batch_size", kind, published("batch_size", kind))
        lines = {line.get_label(): line.get_color() for line in figure.axes[0].get_lines()}
        colors.add(lines["BN"])
    assert colors == {style.LOOKS["bn"].color}


def test_diverged_replicates_are_written_above_the_batch_size():
    figure = synthetic.draw("batch_size", "all_methods", published("batch_size", "all_methods"))
    annotations = [text for text in figure.axes[0].texts if isinstance(text, Annotation)]
    assert "diverged, of 4 replicates at each batch size:" in texts(figure)
    written = {(text.get_text(), text.xy[0]) for text in annotations}
    assert ("2", 1) in written
    assert {name for name, _ in written if name in synthetic.LABELS.values()} == {"BN"}


def test_diverged_replicates_are_written_beside_the_name_of_their_method():
    for kind in ("accuracy", "percentiles", "drift", "roc", "confusion"):
        shown = texts(synthetic.draw("learning_curves", kind, published("learning_curves", kind)))
        assert any(text.startswith("Base") and "(1 of 4 diverged)" in text for text in shown), kind


def test_a_figure_survives_a_method_that_always_diverged():
    table = published("batch_size", "bn_vs_ln")
    gone = table["method"] == "bn"
    table.loc[gone, ["mean", "low", "high"]] = float("nan")
    table.loc[gone, ["n", "diverged"]] = [0, 4]
    synthetic.draw("batch_size", "bn_vs_ln", table)


@pytest.mark.parametrize("kind", ["accuracy", "percentiles", "drift", "roc"])
@pytest.mark.parametrize("methods", [["base"], ["base", "bn"]])
def test_a_method_that_always_diverged_is_named_with_no_replicate_left(kind, methods):
    table = published("learning_curves", kind, **dict.fromkeys(methods, (50, 50, 100, 10)))
    figure = synthetic.draw("learning_curves", kind, table)
    shown = [text.get_text() for text in figure.findobj(Text)]
    times = sum("no replicate left" in text for text in shown)
    assert times == {"roc": 4}.get(kind, 2) * len(methods)
    for method in methods:
        label = synthetic.LABELS[method]
        assert any(text.startswith(label) and "(4 of 4 diverged)" in text for text in shown)


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
        drawn = lines["BN"].get_ydata()
        assert drawn[-1] == panels.HIGHEST
        bands = [band.get_paths()[0].vertices[:, 1] for band in axis.collections]
        assert max(max(heights) for heights in [drawn, *bands]) < axis.get_ylim()[1]
    assert any("BN  100.00" in text for text in texts(figure))


def test_an_interrupted_save_leaves_the_old_figure(tmp_path):
    svg, png = tmp_path / "a.svg", tmp_path / "a.png"
    svg.write_text("old")
    figure = synthetic.draw("batch_size", "bn_vs_ln", published("batch_size", "bn_vs_ln"))

    def stop(handle, **how):
        handle.write(b"half")
        raise KeyboardInterrupt

    figure.savefig = stop
    with pytest.raises(KeyboardInterrupt):
        style.save(figure, svg, png)
    assert svg.read_text() == "old"
    assert list(tmp_path.iterdir()) == [svg]


def test_two_batch_sizes_are_drawn_one_below_the_other():
    table = published("learning_curves", "accuracy")
    both = pd.concat([table, table.assign(batch=4)])
    shown = texts(synthetic.draw("learning_curves", "accuracy", both))
    assert {"batch 4", "batch 60"} <= set(shown)


def test_batch_sizes_are_plain_numbers():
    figure = synthetic.draw("batch_size", "all_methods", published("batch_size", "all_methods"))
    labels = [label.get_text() for label in figure.axes[1].get_xticklabels()]
    assert [label for label in labels if label] == ["1", "2", "3", "4", "8", "16", "60", "256"]


def test_an_svg_refers_to_nothing_outside(tmp_path):
    figure = synthetic.draw("batch_size", "bn_vs_ln", published("batch_size", "bn_vs_ln"))
    style.save(figure, tmp_path / "a.svg", tmp_path / "a.png")
    links = re.findall(r'(?:href|src)="([^"]+)"', (tmp_path / "a.svg").read_text())
    assert all(link.startswith("#") for link in links)


def heat_map(table: pd.DataFrame) -> Figure:
    return synthetic.draw("learning_rate", "heat_map", table)


def test_a_heat_map_frames_the_chosen_rate_of_each_method():
    axis = heat_map(published("learning_rate", "heat_map")).axes[0]
    frames = [patch for patch in axis.patches if not patch.get_fill()]
    rates = [label.get_text() for label in axis.get_xticklabels()]
    framed = [(rates[int(frame.get_x())], int(frame.get_y())) for frame in frames]
    assert framed == [("1", 0), ("0.1", 1), ("0.1", 2), ("0.1", 3), ("0.1", 4)]


def test_a_heat_map_counts_the_diverged_replicates_of_a_cell():
    shown = texts(heat_map(published("learning_rate", "heat_map")))
    assert sum(text.endswith("\n2 diverged") for text in shown) == 1
    assert shown.count("all\ndiverged") == 1


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
    metrics.loc[metrics["method"] == "bn", "accuracy"] = float("nan")
    table = synthetic.tabulated(
        *("learning_rate", kind, {"metrics": metrics}, "digits"),
        *(synthetic.recipe("learning_rate"), "Digits", synthetic.LABELS),
    )
    said, times = {
        "heat_map": ("all\ndiverged", 6),
        "rate_range": ("no replicate left (4 of 4 diverged)", 1),
    }[kind]
    assert texts(synthetic.draw("learning_rate", kind, table)).count(said) == times
