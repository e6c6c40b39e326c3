"""The Compare chart and the toolbar in a real browser, on the published tables."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
import synthetic

from bnlab.analysis.statistics import FEWEST
from bnlab.files import read_csv
from bnlab.page import front_page
from bnlab.page.phrases import number

ALL_RATES = synthetic.PUBLISHED / "tables/learning_rate/mnist/all_recipes/rates.csv"
RATES = "#compare:mnist:learning_rate:learning_rate-60:base,bn,ln"
FEW = "#compare:cifar10_part:batch_size::base,bn"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the front page of the published tables, and a page with a figure."""
    front = synthetic.write_report(tmp_path_factory.mktemp("report"))
    front.write_text(front_page.front_page(synthetic.of_published_tables()), encoding="utf8")
    return front


def chosen(page: Any) -> list[str]:
    return [
        page.locator(f"#compare select[name={name}]").input_value()
        for name in ("dataset", "question", "setting")
    ]


def ticked(page: Any) -> list[str]:
    boxes = page.locator("#compare .readings input:checked").all()
    return [box.get_attribute("value") for box in boxes]


def box(page: Any, method: str) -> Any:
    return page.locator(f"#compare .readings input[value={method}]")


def readings(page: Any) -> dict[str, tuple[str, str]]:
    """Return the printed number and interval of each ticked method."""
    rows = page.locator("#compare .readings tr:has(input:checked)").all()
    return {
        row.get_attribute("data-name"): tuple(row.locator("td").all_inner_texts()) for row in rows
    }


def address(page: Any) -> str:
    page.wait_for_timeout(300)  # the page writes it after a while
    return page.evaluate("decodeURIComponent(location.hash)")


def rates_in_batches_of_60() -> pd.DataFrame:
    """Return the rows of the published table that ``RATES`` is the address of."""
    table = read_csv(ALL_RATES)
    return table[table["batch"] == 60]


def at_rate(method: str, rate: float) -> Any:
    """Return the row of the published table."""
    table = rates_in_batches_of_60()
    chosen_rows = (table["method"] == method) & np.isclose(table["learning_rate"], rate)
    return next(table[chosen_rows].itertuples())


def in_print(row: Any) -> tuple[str, str]:
    """Return a row's mean and interval in percent, as the rule of rounding has them."""
    half = 50 * (row.high - row.low)
    digits = len(number(100 * row.mean, half).partition(".")[2])
    mean, low, high = (f"{100 * v:.{digits}f}" for v in (row.mean, row.low, row.high))
    return mean, f"{low} to {high}"


def chart(page: Any) -> Any:
    return page.locator("#compare .plot svg")


def test_the_chart_opens_on_a_question_with_its_methods(visit):
    page = visit("report.html")
    assert chart(page).locator(".line").count() == len(ticked(page)) == 4
    assert address(page) == ""
    page.locator("#compare").get_by_text("Not measured here").is_visible()


def test_the_state_goes_through_the_address_and_back(visit):
    page = visit("report.html")
    page.get_by_label("Data set").select_option("mnist")
    page.get_by_label("Question").select_option("depth")
    page.get_by_label("Setting").select_option(label="relu units, batch 60")
    box(page, "ws_bn").check()
    box(page, "ln").uncheck()
    page.get_by_label("Zoom").check()
    chart(page).focus()
    page.keyboard.press("End")
    written = address(page)
    assert written.startswith("#compare:mnist:depth:depth-60-relu:")
    assert written.endswith(":zoom:at=20")
    other = visit(f"report.html{written}")
    assert chosen(other) == chosen(page)
    assert ticked(other) == ticked(page)
    assert other.get_by_label("Zoom").is_checked()
    assert readings(other) == readings(page)
    assert chart(other).inner_html() == chart(page).inner_html()
    assert address(other) == written


def test_a_new_address_changes_the_chart_that_is_open(visit):
    page = visit("report.html")
    page.evaluate(f"location.hash = '{RATES}:at=5'")
    page.locator("#compare .readings caption", has_text="learning rate 5").wait_for()
    assert chosen(page) == ["mnist", "learning_rate", "learning_rate-60"]
    assert ticked(page) == ["base", "bn", "ln"]


@pytest.mark.parametrize(
    "words",
    [
        "#compare",
        "#compare:",
        "#compare:nowhere:nothing:none:nobody:zoom:at=one",
        "#compare:mnist:depth:gone:bn:at=7",
        "#compare:mnist:__proto__:x:toString,constructor",
        "#compare:constructor:x",
        "#compare:%3Cb%3E",
        "#claim-3",
    ],
)
def test_words_that_nobody_knows_become_the_first_of_what_there_is(visit, words):
    page = visit(f"report.html{words}")
    assert all(chosen(page))
    assert chart(page).locator(".line").count() == len(ticked(page)) > 0
    assert page.locator("#compare .readings caption").inner_text().startswith("Point at")


def test_an_address_that_is_no_address_is_no_error(visit):
    page = visit("report.html#compare:%E0%A4%A")
    assert chart(page).is_visible()


def test_keys_read_the_values_that_the_table_has(visit):
    page = visit(f"report.html{RATES}")
    rates = sorted(rates_in_batches_of_60()["learning_rate"].unique())
    chart(page).focus()
    for key, rate in (
        ("ArrowRight", rates[0]),
        ("ArrowRight", rates[1]),
        ("End", rates[-1]),
        ("ArrowRight", rates[-1]),
        ("ArrowLeft", rates[-2]),
        ("Home", rates[0]),
    ):
        page.keyboard.press(key)
        assert chart(page).get_attribute("aria-valuetext") == f"learning rate {rate:g}"
        for method, (mean, interval) in readings(page).items():
            assert (mean, interval.split("\n")[0]) == in_print(at_rate(method, rate))
    assert address(page).endswith(f":at={rates[0]:g}")
    page.keyboard.press("Escape")
    assert address(page) == RATES
    assert set(readings(page).values()) == {("", "")}


def test_the_pointer_and_a_finger_read_the_nearest_place(visit):
    for options in ({}, {"has_touch": True}):
        page = visit(f"report.html{RATES}", **options)
        chart(page).scroll_into_view_if_needed()
        place = chart(page).bounding_box()
        for x in (0.2, 0.5, 0.8):
            spot = (place["x"] + x * place["width"], place["y"] + 100)
            if options:
                page.touchscreen.tap(*spot)
            else:
                page.mouse.move(*spot)
                moved = readings(page)
                page.mouse.down()
                assert readings(page) == moved
                page.mouse.up()
            rate = float(re.search(r"at=(.*)", address(page))[1])
            assert readings(page)["bn"][0] == in_print(at_rate("bn", rate))[0]
        spoken = page.locator("#compare [aria-live]").inner_text()
        assert spoken.startswith(f"learning rate {rate:g}. test accuracy (%): Base ")
        assert re.search(r"BN [\d.]+, 95 % interval [\d.]+ to [\d.]+", spoken)


def test_a_pointer_that_passes_leaves_the_address_alone(visit):
    page = visit("report.html")
    chart(page).hover()
    assert page.locator("#compare [aria-live]").inner_text() != ""
    assert address(page) == ""


def test_a_tick_box_takes_a_method_away_and_back(visit):
    page = visit(f"report.html{RATES}")
    assert chart(page).locator(".line").count() == 3
    box(page, "ln").focus()
    page.keyboard.press("Space")
    assert chart(page).locator(".line").count() == 2
    assert page.evaluate("document.activeElement.value") == "ln"
    assert address(page) == RATES.replace(",ln", "")
    page.keyboard.press("Space")
    assert chart(page).locator(".line").count() == 3


def test_ticks_survive_a_question_that_lacks_their_methods(visit):
    page = visit("report.html#compare:mnist:batch_size:beyond_batch-epochs2_lr0.1:bn,gn,renorm")
    page.get_by_label("Question").select_option("learning_rate")
    assert ticked(page) == ["bn"]
    missing = page.locator("#compare .missing").inner_text()
    assert "GN" in missing
    assert "Renorm" in missing
    assert box(page, "renorm").count() == 0
    page.get_by_label("Question").select_option("batch_size")
    page.get_by_label("Setting").select_option(index=2)
    assert ticked(page) == ["bn", "gn", "renorm"]


def test_few_replicates_are_points_without_band_and_line(visit):
    page = visit(f"report.html{FEW}")
    table = read_csv(next((synthetic.PUBLISHED / "tables/small_vgg/cifar10_part").glob("*/all_m*")))
    assert table["n"].max() < FEWEST
    assert chart(page).locator(".band").count() == 0
    assert chart(page).locator(".mark").count() == 2 * table["batch"].nunique()
    assert all("L" not in line.get_attribute("d") for line in chart(page).locator(".line").all())
    chart(page).focus()
    page.keyboard.press("Home")
    assert readings(page)["bn"][1] == f"{table['n'].max()} runs"


def test_one_number_a_method_is_a_row_with_its_interval(visit):
    page = visit("report.html#compare:mnist:rate_range::base,bn")
    assert chart(page).locator(".band").count() == chart(page).locator(".mark").count() == 2
    table = read_csv(synthetic.PUBLISHED / "tables/learning_rate/mnist/all_recipes/rate_range.csv")
    row = next(table.query("method == 'bn'").itertuples())
    assert readings(page)["bn"][0] == number(row.mean, (row.high - row.low) / 2)
    assert not page.get_by_label("Zoom").is_visible()


def every_choice(page: Any) -> Any:
    """Choose every data set, question and setting in turn."""
    for dataset in page.locator("#compare select[name=dataset] option").all():
        page.get_by_label("Data set").select_option(dataset.get_attribute("value"))
        for question in page.locator("#compare select[name=question] option:enabled").all():
            page.get_by_label("Question").select_option(question.get_attribute("value"))
            for setting in page.locator("#compare select[name=setting] option").all():
                page.get_by_label("Setting").select_option(setting.get_attribute("value"))
                yield chosen(page)


INSIDE = """svg => [...svg.querySelectorAll("text")].every(text => {
  const [inner, outer] = [text.getBoundingClientRect(), svg.getBoundingClientRect()];
  return inner.left >= outer.left - 1 && inner.right <= outer.right + 1;
})"""


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_every_choice_fits_the_screen_and_has_a_table(visit, width):
    page = visit("report.html", width)
    page.locator("#compare .values summary").click()
    seen = 0
    for what in every_choice(page):
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), what
        assert chart(page).evaluate(INSIDE), what
        rows = page.locator("#compare .values tbody tr").count()
        assert rows >= len(ticked(page)) if what[1] == "rate_range" else rows > 1
        seen += 1
    assert seen > 10


def test_the_zoom_shows_the_highest_tenth(visit):
    page = visit(f"report.html{RATES}")
    ticks = chart(page).locator(".tick.end")
    assert ticks.all_text_contents() == ["0", "20", "40", "60", "80", "100"]
    page.get_by_label("Zoom").check()
    zoomed = [float(text) for text in ticks.all_text_contents()]
    assert zoomed[-1] - zoomed[0] <= 10
    assert zoomed[-1] >= 97
    page.get_by_label("Question").select_option("batch_size")
    for method in ("ws", "ws_bn", "ws_scaled"):
        box(page, method).check()
    assert chart(page).get_by_text("↓").count() > 0
    assert chart(page).evaluate(INSIDE)


def test_without_scripts_the_first_numbers_are_a_table(visit):
    page = visit("report.html", java_script_enabled=False)
    assert page.locator("#compare .values td").first.is_visible()
    assert not page.locator("#compare form").is_visible()
    assert page.locator("#compare .tools a").all_inner_texts() == ["CSV", "Link"]
    assert page.locator("#compare .tools button").count() == 0


def test_paper_has_the_chart_and_its_words_but_no_controls(visit):
    page = visit(f"report.html{RATES}", color_scheme="dark")
    page.emulate_media(media="print")
    assert chart(page).is_visible()
    assert page.locator("#compare .about").is_visible()
    for absent in ("form", ".side", ".tools"):
        assert not page.locator(f"#compare {absent}").is_visible()


def test_the_numbers_that_are_drawn_are_a_file(visit):
    page = visit(f"report.html{RATES}")
    link = page.locator("#compare .tools a", has_text="CSV")
    assert link.get_attribute("download") == "compare-mnist-learning_rate.csv"
    text = unquote(link.get_attribute("href").partition(",")[2])
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 3 * rates_in_batches_of_60()["learning_rate"].nunique()
    for row in rows:
        source = at_rate(row["method"], float(row["learning rate"]))
        assert float(row["test accuracy (%)"]) == float(in_print(source)[0])
        assert int(row["replicates"]) == source.replicates


def download(page: Any, tools: Any, name: str, folder: Path) -> Path:
    with page.expect_download() as event:
        tools.get_by_role("button", name=name, exact=True).click()
    path = folder / event.value.suggested_filename
    event.value.save_as(path)
    return path


FIGURE = ".tools[data-name='batch_size-digits-lr0.1-all_methods']"
PLACES = [("report.html", "#compare .tools"), ("experiments/batch_size.html", FIGURE)]


@pytest.mark.parametrize(("name", "tools"), PLACES)
def test_a_picture_fits_a_slide_and_has_the_figure_on_white(visit, tmp_path, name, tools):
    page = visit(name, color_scheme="dark")
    drawing = ElementTree.parse(download(page, page.locator(tools), "SVG", tmp_path)).getroot()
    file = download(page, page.locator(tools), "PNG", tmp_path)
    pixels = matplotlib.image.imread(file)
    height, width, _ = pixels.shape
    size = [int(drawing.get(side)) for side in ("width", "height")]
    scale = max(2, int(np.ceil(1600 / size[0])))
    assert [width, height] == [scale * side for side in size]
    shown = page.locator(tools).locator("xpath=ancestor::figure").locator("img, .plot svg").first
    assert size[0] == np.ceil(float(shown.get_attribute("width"))) + 32
    assert (pixels[0, 0] == 1).all()
    middle = pixels[height // 5 : 4 * height // 5, :, :3].reshape(-1, 3)
    assert len(np.unique(middle.round(1), axis=0)) > 10
    assert 0.5 < (middle.min(axis=1) > 0.95).mean() < 0.99


@pytest.mark.parametrize(("name", "tools"), PLACES)
def test_a_drawing_has_title_and_source_and_needs_nothing_else(visit, tmp_path, name, tools):
    page = visit(name, color_scheme="dark")
    file = download(page, page.locator(tools), "SVG", tmp_path)
    text = file.read_text("utf8")
    root = ElementTree.fromstring(text)
    words = " ".join("".join(node.itertext()) for node in root)
    figure = page.locator(tools).locator("xpath=ancestor::figure")
    assert figure.locator("figcaption strong").inner_text() in words
    for part in (
        "bnlab 0.1, study ",
        "0123456789ab",
        "2026-01-31",
        "MIT",
        "https://example.org/lab",
    ):
        assert part in words
    assert "var(--" not in text
    assert 'class="line' not in text
    assert all(link.startswith("#") for link in re.findall(r'href="([^"]*)"', text))


def test_curves_are_drawn_on_white_in_the_colours_of_white(visit, tmp_path):
    colors = []
    for scheme in ("light", "dark"):
        page = visit(f"report.html{RATES}", color_scheme=scheme)
        file = download(page, page.locator("#compare .tools"), "SVG", tmp_path)
        colors.append(re.findall(r'fill="(rgb[^"]*)"', file.read_text("utf8")))
    assert colors[0] == colors[1]
    assert len(set(colors[0])) > 3


def test_a_link_is_copied_and_leads_to_what_is_shown(visit, report):
    page = visit(f"report.html{RATES}", permissions=["clipboard-read", "clipboard-write"])
    box(page, "ln").uncheck()
    page.locator("#compare .tools").get_by_role("link", name="Link").click()
    page.locator("#compare .tools").get_by_role("link", name="Link copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert unquote(copied) == report.as_uri() + RATES.replace(",ln", "")


def test_a_citation_opens_as_one_line(visit):
    page = visit("report.html")
    cite = page.locator("#compare .tools").get_by_role("button", name="Cite")
    assert cite.get_attribute("aria-expanded") == "false"
    cite.click()
    entry = page.locator("#compare .tools code").inner_text()
    assert entry.startswith("@software{bnlab2026, title = {bnlab: made up},")
    assert "\n" not in entry
    cite.click()
    assert not page.locator("#compare .tools code").is_visible()


def test_a_result_table_has_its_file_and_a_citation_but_no_picture(visit):
    page = visit("experiments/batch_size.html")
    page.locator("details.result summary").first.click()
    tools = page.locator("details.result[open] .tools").first
    assert tools.get_by_role("button").all_inner_texts() == ["Cite"]
    assert tools.get_by_role("link").all_inner_texts() == ["CSV", "Link"]


@pytest.fixture
def changed(tmp_path: Path, report: Path) -> Any:
    """Return a function that writes the page with other data in its chart."""
    start, data, end = re.split(
        r'(?<=<script type="application/json">)(.*?)(?=</script>)',
        report.read_text(encoding="utf8"),
        maxsplit=1,
        flags=re.DOTALL,
    )

    def write(change: Any) -> str:
        other = json.loads(data)
        change(other)
        text = json.dumps(other).replace("<", "\\u003c")
        (tmp_path / "report.html").write_text(start + text + end, encoding="utf8")
        return (tmp_path / "report.html").as_uri()

    return write


def with_values(values: dict[str, Any], only: str = "") -> Any:
    """Return a change of all numbers to these, or of those of one method."""

    def change(data: dict[str, Any]) -> None:
        for axis in data["axes"]:
            axis["range"] = None
        for setting in data["settings"]:
            for name, numbers in setting["methods"].items():
                if name == only or not only:
                    numbers |= values

    return change


NONE = dict.fromkeys(("y", "low", "high"))
ZERO = dict.fromkeys(("y", "low", "high"), 0)


@pytest.mark.parametrize(
    "change", [with_values(NONE, "base"), with_values(NONE), with_values(ZERO)]
)
def test_a_method_without_numbers_and_zeros_alone_leave_a_whole_chart(browser, changed, change):
    page = browser.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(changed(change) + RATES)
    assert ticked(page) == ["base", "bn", "ln"]
    assert page.locator("#compare .plot svg .axis").count() > 2
    assert "NaN" not in page.locator("#compare").inner_html()
    page.close()
    assert problems == []


def test_sixty_methods_with_long_names_stay_inside_the_chart_and_the_page(browser, changed):
    def many(data: dict[str, Any]) -> None:
        names = [f"m{i}" for i in range(60)]
        label = 200 * "W"
        data["datasets"] = dict.fromkeys(data["datasets"], label)
        data["methods"] |= {name: data["methods"]["bn"] | {"label": label} for name in names}
        for setting in data["settings"]:
            setting["methods"] |= dict.fromkeys(names, next(iter(setting["methods"].values())))

    methods = ",".join(f"m{i}" for i in range(60))
    page = browser.new_page()
    page.goto(changed(many) + f"#compare:mnist:learning_rate:learning_rate-60:{methods}")
    heights = [
        float(name.get_attribute("y")) for name in page.locator("#compare .plot .name").all()
    ]
    assert len(heights) == 60
    assert min(heights) > 0
    assert min(np.diff(sorted(heights))) > 14
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()
