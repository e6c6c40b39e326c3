"""The report, read as text and opened in a real browser."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest
import synthetic

from bnlab import figures, report, tables

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
CAPTIONS = Path(__file__).parents[1] / "workflow" / "report"
HOSTILE = "<script>document.title='taken'</script> & \"quotes\""

in_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome found on the path")

# Run in a copy of the page: what loaded, what was asked for, what went wrong.
PROBE = """<script>
addEventListener('load', () => {
  const images = [...document.images];
  document.documentElement.dataset.found = encodeURIComponent(JSON.stringify({
    images: images.length,
    loaded: images.filter(image => image.complete && image.naturalWidth > 0).length,
    described: images.filter(image => image.alt.length > 20).length,
    requests: performance.getEntriesByType('resource').map(entry => entry.name),
    title: document.title,
    wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
  }));
});
</script>"""


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    return synthetic.write_report(tmp_path_factory.mktemp("report"), label=HOSTILE)


@pytest.fixture(scope="module")
def text(page: Path) -> str:
    return page.read_text(encoding="utf8")


def open_in_browser(page: Path, folder: Path, width: int) -> dict:
    probed = page.with_name(f"probed{width}.html")
    probed.write_text(page.read_text(encoding="utf8").replace("<head>", f"<head>{PROBE}"))
    command = [
        str(BROWSER),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--no-first-run",
        f"--user-data-dir={folder}",
        f"--window-size={width},900",
        "--virtual-time-budget=5000",
        "--dump-dom",
        probed.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r'data-found="([^"]+)"', done.stdout)
    assert found, done.stdout[:2000]
    return json.loads(unquote(found[1]))


@in_browser
@pytest.mark.parametrize("width", [1200, 500])
def test_every_image_loads_and_nothing_is_requested_from_outside(page, tmp_path, width):
    seen = open_in_browser(page, tmp_path, width)
    assert seen["images"] == seen["loaded"] == seen["described"] == len(synthetic.FIGURES)
    assert [name for name in seen["requests"] if not name.startswith("data:")] == []
    assert seen["title"] == "A made-up study"
    assert not seen["wide"]


def test_a_script_in_a_label_is_shown_and_not_run(text):
    assert "<script" not in text
    assert "&lt;script&gt;document.title" in text


def test_links_lead_only_to_places_in_the_page_and_to_files_beside_it(page, text):
    ids = set(re.findall(r'id="([^"]+)"', text))
    links = [link for link in re.findall(r'href="([^"]+)"', text) if not link.startswith("data:")]
    assert links
    for link in links:
        assert link[1:] in ids if link.startswith("#") else (page.parent / link).is_file()


def test_sources_are_only_inline(text):
    assert all(source.startswith("data:") for source in re.findall(r'src="([^"]+)"', text))
    assert "url(" not in text
    assert "@import" not in text


def test_a_redraw_is_named_a_redraw(text):
    assert "(redraw)" in text
    assert "This is a redraw" in text


def test_the_page_says_how_it_was_done(text):
    for said in ("ab" * 32, "2.21.0", "Imaginary CPU", "y = φ(γ·û + β)", "Rows of each class"):
        assert said in text


def test_diverged_replicates_are_counted_on_the_page(text):
    assert "8, of which 1 diverged" in text
    assert "1 of 4" in text


def shown(kind: str, experiment: str = "learning_curves") -> list[report.Grid]:
    sources = {
        "learning_curves": synthetic.learning_curves,
        "batch_size": synthetic.batch_size,
        "learning_rate": synthetic.learning_rate,
    }
    recipe = synthetic.recipe(experiment)
    table = tables.tabulate(
        experiment, kind, sources[experiment](), "digits", recipe, "Digits", synthetic.LABELS
    )
    return report.grids(experiment, kind, table)


@pytest.mark.parametrize(
    ("experiment", "kind"), [key for key in tables.TABLES if key not in figures.FIGURES]
)
def test_every_result_table_is_shown_in_full_rows(experiment, kind):
    grids = shown(kind, experiment)
    assert grids
    for grid in grids:
        assert all(len(row) == len(grid.columns) for row in grid.rows)
        assert not any("nan" in cell for row in grid.rows for cell in row)


def test_a_threshold_that_was_not_reached_is_shown_as_later_than_the_last_step():
    table = pd.DataFrame(
        {
            "method": "base",
            "method_label": "Base",
            "batch": 60,
            "split": "test",
            "level": 0.95,
            "steps": 50000,
            "median": [float("nan")],
            "reached": 3,
            "diverged": 0,
            "replicates": 10,
            "pairs": 0,
        }
    )
    (grid,) = report.grids("learning_curves", "steps_to_accuracy", table)
    assert grid.rows == [["95 % test accuracy", "> 50,000 (3 of 10 reached)"]]


def test_paired_differences_say_how_many_pairs_are_left_where_some_are_missing():
    cells = {
        (grid.title, row[0], column): cell
        for grid in shown("differences", "batch_size")
        for row in grid.rows
        for column, cell in zip(grid.columns, row, strict=True)
    }
    assert cells["Test accuracy (%) less that of base", "1", "BN"].endswith(", 2 of 4 pairs")
    assert cells["Test accuracy (%) less that of bn", "1", "LN"].endswith(", 2 of 4 pairs")
    assert {key[1:] for key, cell in cells.items() if "pairs" in cell} == {
        ("1", "BN"),
        *(("1", name) for name in ("Base", "LN", "WS", "WS + BN")),
    }


@pytest.mark.parametrize("kind", ["percentiles", "drift", "accuracy"])
def test_an_image_is_described_also_where_no_replicate_is_left(kind):
    sources = synthetic.learning_curves(base=(10, 10, 10, 10))
    table = tables.tabulate(
        "learning_curves", kind, sources, "digits", "lr0.1", "Digits", synthetic.LABELS
    )
    said = report.alt_text("Figure", kind, table)
    assert "nan" not in said
    if kind != "percentiles":
        assert ("Base no replicate left" if kind == "drift" else "Base all diverged") in said
    assert report.alt_text("Figure", kind, table.iloc[:0]) == "Figure: no replicate left."


def test_times_are_those_of_training_jobs_only(text):
    assert "Seconds inside the training jobs" in text
    assert "Every number in a figure or result table comes from the CSV" in text


def test_a_table_of_an_unknown_kind_is_shown_as_it_is():
    (grid,) = report.grids("later", "unheard_of", pd.DataFrame({"a": [1], "b": ["x"]}))
    assert (grid.columns, grid.rows) == (["a", "b"], [["1", "x"]])


def test_formulas_are_the_first_paragraphs_of_the_layers():
    source = 'class A:\n    """Does nothing:\n    y = x.\n\n    More."""\nclass B:\n    pass\n'
    assert report.formulas(source) == {"A": "Does nothing: y = x.", "B": ""}


@pytest.mark.parametrize(("experiment", "kind"), list(tables.TABLES))
def test_every_figure_and_table_has_a_caption_in_plain_prose(experiment, kind):
    caption = (CAPTIONS / experiment / f"{kind}.rst").read_text()
    assert len(caption) > 80
    assert not set("`*_{}|<>") & set(caption)


def test_the_rates_of_a_learning_rate_experiment_are_shown_with_what_diverged_there():
    (grid,) = shown("rates", "learning_rate")
    cells = {row[0]: dict(zip(grid.columns, row, strict=True)) for row in grid.rows}
    assert list(cells) == ["0.01", "0.1", "0.3", "1", "10"]
    assert cells["10"]["Base"].endswith("(2 diverged)")
    assert cells["10"]["BN"].endswith("(p = 0.43)")
    assert cells["10"]["WS"] == "– (4 diverged, p = 0.43)"
    assert cells["0.1"]["BN"].endswith("(chosen)")


def test_each_method_is_shown_at_its_best_rate_with_the_rates_it_was_chosen_from():
    (grid,) = shown("best_rates", "learning_rate")
    assert grid.columns[1:] == [
        *("chosen rate", "test accuracy", "less Base (points)", "less BN (points)", "rates tried")
    ]
    assert [row[:2] for row in grid.rows[:2]] == [["Base", "1"], ["BN", "0.1"]]
    assert {row[-1] for row in grid.rows} == {"0.01 0.1 0.3 1 10"}
    assert (grid.rows[0][3], grid.rows[1][4]) == ("–", "–")


def test_the_figures_of_learning_rates_are_described():
    said = {}
    for kind in ("heat_map", "rate_range"):
        table = tables.tabulate(
            *("learning_rate", kind, synthetic.learning_rate(), "digits"),
            *(synthetic.recipe("learning_rate"), "Digits", synthetic.LABELS),
        )
        said[kind] = report.alt_text("Figure", kind, table)
    assert said["heat_map"].startswith("Figure, Digits, all recipes. Test accuracy at the chosen")
    assert re.search(r"Base 96\.\d+ ± [\d.]+ % at 1, BN .* at 0\.1,", said["heat_map"])
    assert "Decades of good learning rates: Base 0, BN 1.2," in said["rate_range"]
