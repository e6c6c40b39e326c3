"""The pages in a real browser: clicks, keys, print, and without JavaScript."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import synthetic
import verdicts

from bnlab.page.style import HUES, method_style

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed (dependency group dev)"
)

CLAIMS, UNTESTED = 20, 2
OPEN = "#claim-2 details .effect"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    ledger = verdicts.ledger(2)
    return synthetic.write_report(
        tmp_path_factory.mktemp("report"),
        label=verdicts.HOSTILE,
        ledger=ledger,
        first=synthetic.screen(),
        claims=synthetic.papers(ledger.effects),
    )


def rows(page: Any) -> list[str]:
    """Return the numbers of the visible claims."""
    claims = page.locator(".ledger tbody:visible")
    return [row.get_attribute("id").removeprefix("claim-") for row in claims.all()]


def status(page: Any) -> str:
    return page.get_by_role("status").inner_text()


def is_wider_than_the_screen(page: Any) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


FRONT, CLAIMS_PAGE, SCORECARD, ABOUT = "report.html", "claims.html", "scorecard.html", "about.html"
CURVES, SURFACES = "experiments/learning_curves.html", "experiments/landscape.html"
PAGES = (FRONT, CLAIMS_PAGE, SCORECARD, ABOUT, CURVES, SURFACES)
LOADED = "image => image.complete && image.naturalWidth > 0"


@pytest.mark.parametrize("name", [CURVES, SURFACES])
def test_every_image_loads_is_described_and_moves_nothing(visit, name):
    page = visit(name)
    height = page.evaluate("document.documentElement.scrollHeight")
    images = page.locator("figure img").all()
    assert images
    for image in images:
        image.scroll_into_view_if_needed()
        playwright.expect(image).to_have_js_property("complete", True)
        assert image.evaluate(LOADED)
    assert all(len(image.get_attribute("alt")) > 20 for image in images)
    assert page.evaluate("document.documentElement.scrollHeight") == height


def test_paper_has_images_that_were_never_on_the_screen(visit):
    page = visit(CURVES)
    with_images = page.pdf(format="A4")
    assert all(image.evaluate(LOADED) for image in page.locator("figure img").all())
    page.evaluate("document.querySelectorAll('figure img').forEach(image => image.remove())")
    assert len(with_images) > 1.2 * len(page.pdf(format="A4"))


def test_a_claim_by_a_paper_opens_to_its_tests_which_lead_to_the_ledger(visit):
    page = visit(FRONT)
    test = page.locator(".said-by").get_by_role("link", name="2/1", exact=True)
    assert not test.is_visible()
    page.locator(".said-by summary").first.press("Enter")
    test.click()
    playwright.expect(page.locator("#claim-2")).to_be_in_viewport()
    assert page.url.endswith("claims.html#claim-2")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_screen_draws_each_method_in_its_colour(visit, scheme):
    page = visit(FRONT, color_scheme=scheme)
    marks = page.locator(".hero .mark")
    colors = {m.evaluate("mark => getComputedStyle(mark).fill") for m in marks.all()}
    wanted = {HUES[method_style(name).hue]._asdict()[scheme] for name in ("bn", "base")}
    assert colors == {
        f"rgb({', '.join(str(int(c[i : i + 2], 16)) for i in (1, 3, 5))})" for c in wanted
    }


def test_every_page_is_one_link_from_the_front_page_and_leads_back(visit):
    page = visit(FRONT)
    for link in ("Claims", "Scorecard", "About"):
        page.get_by_role("navigation").get_by_role("link", name=link).click()
        assert page.locator("nav [aria-current]").inner_text() == link
        page.get_by_role("navigation").get_by_role("link", name="Answers").first.click()
    title = synthetic.DECLARED["learning_curves"].title
    page.get_by_role("link", name=title).click()
    playwright.expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.get_by_role("link", name="Experiments").click()
    playwright.expect(page.locator("#experiments")).to_be_in_viewport()


def test_every_part_claim_and_figure_has_an_address(visit):
    for name in PAGES:
        page = visit(name)
        for place in page.locator("h2, .group figure").all():
            id = place.get_attribute("id")
            link = page.locator(f"[href='#{id}'].here")
            assert link.count() == 1 and len(link.get_attribute("aria-label")) > 10, (name, id)
    page = visit(CURVES)
    page.locator(".group .here").last.click()
    playwright.expect(page.locator("figure").last).to_be_in_viewport()
    assert page.url.endswith("#" + page.locator("figure").last.get_attribute("id"))


def test_no_script_but_the_pages_own_runs(visit):
    page = visit(CLAIMS_PAGE)
    assert page.title() == "Claims: A made-up study"
    assert page.get_by_text(verdicts.HOSTILE).count() > 0


def test_claims_are_filtered_by_source_topic_and_verdict(visit):
    page = visit(CLAIMS_PAGE)
    assert len(rows(page)) == CLAIMS - UNTESTED
    assert status(page) == f"{CLAIMS} claims"
    page.get_by_role("combobox", name="Source").select_option("report")
    page.get_by_role("combobox", name="Verdict").select_option("supported")
    assert rows(page) == ["3", "13", "4", "14"]  # those with a headline first
    assert status(page) == f"4 of {CLAIMS} claims"
    page.get_by_role("combobox", name="Topic").select_option("cost")
    assert rows(page) == ["3", "13"]
    page.get_by_role("button", name="Show all").click()
    assert page.get_by_role("combobox", name="Source").input_value() == ""
    playwright.expect(page.get_by_role("status")).to_have_text(f"{CLAIMS} claims")


def test_claims_are_found_as_one_types(visit):
    page = visit(CLAIMS_PAGE)
    search = page.get_by_role("searchbox", name="Search")
    search.press_sequentially("SIXTH longer")
    assert rows(page) == ["3", "13"]
    search.fill("each at its best rate")
    assert rows(page) == ["2", "12"]
    search.fill("nobody said this")
    assert rows(page) == []
    assert page.get_by_text("No claim fits").is_visible()


def test_a_verdict_of_the_legend_and_a_topic_lead_to_their_claims(visit):
    page = visit(CLAIMS_PAGE)
    page.locator(".legend").get_by_role("link", name="refuted").click()
    page.wait_for_function("location.hash === '#verdict=refuted'")
    assert rows(page) == ["1", "11"]
    page.locator(".legend").get_by_role("link", name="not reproduced").click()
    page.wait_for_function("location.hash.includes('reproduced')")
    assert rows(page) == ["9", "19"]
    page.locator(".topics").get_by_role("link", name="cost").click()
    page.wait_for_function("location.hash === '#topic=cost'")
    assert rows(page) == ["3", "13"]


def test_the_address_keeps_the_filter(visit):
    page = visit(CLAIMS_PAGE)
    page.get_by_role("combobox", name="Verdict").select_option("not reproduced")
    page.get_by_role("searchbox", name="Search").fill("batches")
    address = page.url
    assert rows(page) == ["9", "19"]
    page.goto("about:blank")
    page.goto(address)
    assert rows(page) == ["9", "19"]
    assert page.get_by_role("combobox", name="Verdict").input_value() == "not reproduced"
    page.get_by_role("button", name="Show all").click()
    page.wait_for_function("location.hash === ''")
    page.evaluate("location.hash = 'verdict=none-such&topic=cost'")
    page.wait_for_function("document.forms[0].elements.topic.value === 'cost'")
    assert rows(page) == ["3", "13"]


def test_a_row_opens_to_its_effects_by_key_and_by_click(visit):
    page = visit(CLAIMS_PAGE)
    assert not page.locator(OPEN).first.is_visible()
    page.locator("#claim-2 summary").press("Enter")
    effect = page.locator(OPEN).first
    for text in ("−1.23 ± 0.17 points", "Rule: below 0 points", "< 0.0001", "P(BN < Base)"):
        assert effect.get_by_text(text, exact=True).first.is_visible()
    plot = effect.get_by_role("img", name="test accuracy: BN minus Base, digits, rate 0.01")
    assert plot.is_visible()
    assert plot.get_by_text("claimed −3.3", exact=True).is_visible()
    page.locator("#claim-2 .claim").click()
    assert not effect.is_visible()
    page.get_by_role("button", name="Open all").click()
    assert page.locator(".ledger details[open]").count() == CLAIMS
    page.get_by_role("button", name="Close all").click()
    assert page.locator(".ledger details[open]").count() == 0


def test_an_effect_leads_to_its_figures(visit):
    page = visit(CLAIMS_PAGE)
    page.locator("#claim-3 summary").click()
    page.locator("#claim-3").get_by_role("link", name="its figures and tables").click()
    assert page.url.endswith(f"{CURVES}#learning_curves-digits-lr0.1")
    playwright.expect(page.locator("#learning_curves-digits-lr0\\.1")).to_be_in_viewport()


def test_a_link_to_a_claim_shows_it_open_also_where_it_is_filtered_out(visit):
    page = visit(CLAIMS_PAGE)
    page.get_by_role("combobox", name="Verdict").select_option("supported")
    page.evaluate("location.hash = 'claim-2'")
    playwright.expect(page.locator(OPEN).first).to_be_visible()
    assert len(rows(page)) == CLAIMS - UNTESTED


def test_claims_that_are_not_tested_are_folded_until_they_are_asked_for(visit):
    page = visit(CLAIMS_PAGE)
    assert not page.locator("#claim-7").is_visible()
    page.get_by_role("combobox", name="Verdict").select_option("not tested here")
    assert rows(page) == ["7", "17"]
    page.get_by_role("button", name="Show all").click()
    playwright.expect(page.locator("#claim-7")).not_to_be_visible()
    page.evaluate("location.hash = 'claim-17'")
    playwright.expect(page.locator("#claim-17")).to_be_visible()
    page = visit(CLAIMS_PAGE)
    page.get_by_text("2 claims that this study does not test").click()
    assert len(rows(page)) == CLAIMS


def test_a_word_that_is_explained_opens_its_explanation(visit):
    page = visit(CLAIMS_PAGE)
    words = page.get_by_text("One setting in which a claim is tested").last
    assert not words.is_visible()
    page.get_by_text("How a verdict is made").click()
    page.get_by_role("button", name="region").first.click()
    assert words.is_visible()
    page.keyboard.press("Escape")
    assert not words.is_visible()


def test_the_first_stop_of_the_keyboard_leads_past_the_navigation(visit):
    page = visit(FRONT)
    page.keyboard.press("Tab")
    link = page.get_by_role("link", name="To the content")
    assert link.evaluate("element => element === document.activeElement")
    playwright.expect(link).to_be_in_viewport()
    link.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_plot_of_answers_has_a_line_for_each_headline(visit):
    page = visit(CLAIMS_PAGE)
    lines = page.locator(".forest-plot tbody tr:not(.scale)")
    headlines = verdicts.ledger(2).effects["headline"].notna().sum()
    assert lines.count() == headlines > 2
    assert "−3.3" in lines.first.inner_text()


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_no_screen_is_too_narrow(visit, width):
    for name in PAGES:
        page = visit(name, width)
        if name == CLAIMS_PAGE:
            page.get_by_role("button", name="Open all").click()
        assert not is_wider_than_the_screen(page), name
        for cell in page.locator(".ledger thead:visible th, .forest-plot thead:visible th").all():
            box = cell.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
        for link in page.get_by_role("navigation", name="Pages").get_by_role("link").all():
            assert link.is_visible()


def test_a_dark_scheme_is_dark_and_its_plots_are_light(visit):
    page = visit(CLAIMS_PAGE, color_scheme="dark")
    page.locator("#claim-2 summary").click()

    def brightness(selector: str, property: str) -> float:
        style = "(element, name) => getComputedStyle(element)[name]"
        color = page.locator(selector).first.evaluate(style, property)
        return sum(map(float, re.findall(r"[\d.]+", color)[:3])) / 3

    assert brightness("body", "backgroundColor") < 50
    assert brightness("body", "color") > 200
    assert brightness("#claim-2 .forest .interval", "stroke") > 200


def test_on_paper_is_every_claim_with_its_verdict_but_no_control_and_no_table(visit):
    page = visit(CLAIMS_PAGE)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert len(rows(page)) == CLAIMS
    for absent in (".filters", OPEN, ".skip", ".site", ".here"):
        assert not page.locator(absent).first.is_visible(), absent
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert len(rows(page)) == CLAIMS - UNTESTED
    printed = page.pdf(format="A4")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 6
    page = visit(SURFACES)
    page.emulate_media(media="print")
    assert page.locator("figure img").first.is_visible()
    for absent in (".turning", ".tools", ".here"):
        assert not page.locator(absent).first.is_visible(), absent


def test_a_surface_turns_with_keys_and_mouse_and_shows_what_is_chosen(visit):
    page = visit(SURFACES)
    canvas, choice = page.locator(".turning canvas"), page.locator(".turning select")
    names = choice.locator("option").all_inner_texts()
    assert names == [
        "Base, frozen statistics",
        "BN, frozen statistics",
        "BN, statistics of each point",
    ]

    def picture() -> str:
        return canvas.evaluate("canvas => canvas.toDataURL()")

    seen = [picture()]
    canvas.focus()
    page.keyboard.press("ArrowLeft")
    seen.append(picture())
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 260, box["y"] + 220)
    page.mouse.up()
    seen.append(picture())
    choice.select_option(index=1)
    seen.append(picture())
    assert [one == other for one, other in pairwise(seen)] == [False] * 3
    page.mouse.move(box["x"] + 300, box["y"] + 100)
    assert picture() == seen[-1]


def test_all_can_be_read_without_javascript(visit):
    page = visit(SURFACES, java_script_enabled=False)
    assert not page.locator(".turning").is_visible()
    assert page.locator("#landscape-digits-lr0\\.1-surface img").is_visible()
    assert all(image.evaluate(LOADED) for image in page.locator("img").all())
    page = visit(CLAIMS_PAGE, java_script_enabled=False)
    assert not page.locator(".filters").is_visible()
    assert len(rows(page)) == CLAIMS - UNTESTED
    page.locator("#claim-2 summary").click()
    assert page.locator(OPEN).first.is_visible()
    assert status(page) == f"{CLAIMS} claims"


@pytest.mark.parametrize("name", PAGES)
def test_controls_have_names_and_headings_are_in_order(visit, name):
    page = visit(name)
    for control in page.locator("input, select, button").all():
        assert control.evaluate("element => (element.labels?.[0] ?? element).textContent.trim()")
    levels = [
        int(tag[1])
        for tag in page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(h => h.tagName)")
    ]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))
