"""The pages of a study, read as text; ``test_browser.py`` opens them."""

import dataclasses
import json
import re
import subprocess
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pandas as pd
import pytest
import synthetic
import test_claims
import verdicts
import yaml

from bnlab import __version__
from bnlab.experiments import function
from bnlab.page import experiment_page, facts, settings
from bnlab.page.citation import bibtex, citation
from bnlab.page.findings import Answer, leading
from bnlab.page.front_page import front_page
from bnlab.page.grids import Grid, as_it_is
from bnlab.page.methods import formula
from bnlab.page.surfaces import surfaces
from bnlab.page.vectors import image
from bnlab.study.config import Runs
from bnlab.study.recipes import Recipe

ROOT = Path(__file__).parents[1]
TEXTS = {
    "claims": [
        "source",
        "source_title",
        "place",
        "topic",
        "claim",
        "claimed",
        "reason",
        "correction",
        "second",
    ],
    "effects": ["region", "dataset_label", "recipe", "batch", "effect", "rule", "anchor"],
}


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    ledger = verdicts.ledger()
    for table, columns in TEXTS.items():
        for column in columns:
            getattr(ledger, table)[column] = verdicts.HOSTILE
    return synthetic.write_report(
        tmp_path_factory.mktemp("report"), label=verdicts.HOSTILE, ledger=ledger
    )


@pytest.fixture(scope="module")
def texts(page: Path) -> dict[Path, str]:
    """The HTML of every page of the study."""
    return {file: file.read_text(encoding="utf8") for file in page.parent.rglob("*.html")}


@pytest.fixture(scope="module")
def text(texts: dict[Path, str]) -> str:
    return "".join(texts.values())


def test_a_study_has_a_page_for_each_experiment_and_for_claims_scorecard_and_methods(page, texts):
    names = {file.relative_to(page.parent).as_posix() for file in texts}
    assert names == {
        *("report.html", "claims.html", "scorecard.html", "about.html"),
        *(f"experiments/{name}.html" for name in synthetic.EXPERIMENTS),
    }


def test_a_script_in_a_label_or_a_claim_is_shown_as_text(text):
    assert "<script>document" not in text
    assert text.count("&lt;script&gt;document.title") > sum(map(len, TEXTS.values()))


def test_every_page_lets_only_its_own_styles_and_scripts_count(texts):
    def digests(html: str, tag: str) -> list[str]:
        inside = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        return [b64encode(sha256(each.encode()).digest()).decode() for each in inside]

    for html in texts.values():
        (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', html)
        allowed = dict(part.strip().split(" ", 1) for part in policy.split(";"))
        for tag in ("style", "script"):
            assert re.findall(r"'sha256-([^']+)'", allowed[f"{tag}-src"]) == digests(html, tag)
        assert allowed["default-src"] == "'none'" and allowed["img-src"] == "data:"
        assert " style=" not in re.sub(r'src="data:[^"]*"', "", html)


def test_links_lead_only_to_places_in_the_pages_and_to_files_beside_them(texts):
    places = {
        file.resolve(): set(re.findall(r'id="([^"]+)"', html)) for file, html in texts.items()
    }
    outside = set()
    for file, html in texts.items():
        for link in set(re.findall(r'href="([^"]+)"', html)) - {"data:,"}:
            if link.startswith("https://"):
                outside.add(link)
                continue
            path, _, place = link.partition("#")
            target = (file.parent / path if path else file).resolve()
            assert target.is_file(), link
            assert not place or "=" in place or place in places[target], link
    assert outside == {"https://arxiv.org/abs/1502.03167", synthetic.CITATION.address}


def test_every_page_marks_itself_in_the_navigation(texts):
    for file, html in texts.items():
        (current,) = re.findall(r'href="([^"]+)" aria-current', html)
        marked = (file.parent / current.partition("#")[0]).resolve()
        inside = file.parent.name == "experiments"
        assert marked == (file.parents[1] / "report.html" if inside else file).resolve()
        assert current.endswith("#experiments") == inside


def test_sources_are_only_inline(text):
    assert all(source.startswith("data:") for source in re.findall(r'src="([^"]+)"', text))
    assert set(re.findall(r"url\((%23|.)", text)) == {"#", "%23"}  # the second within images
    assert "@import" not in text


def test_every_figure_is_drawn_once_and_its_title_stands_in_its_caption(texts):
    figures = [
        figure
        for html in texts.values()
        for figure in re.findall(r'<figure id=".*?</figure>', html, re.DOTALL)
        if "<img" in figure
    ]
    images = re.findall(r'src="(data:image/svg[^"]+)"', "".join(texts.values()))
    assert len(images) == len(set(images)) == len(figures) == len(synthetic.FIGURES)
    for figure in figures:
        assert figure.index("<figcaption>") < figure.index("<strong>") < figure.index("<img")


def test_images_have_a_place_of_their_size(text):
    size = r'width="[\d.]+" height="[\d.]+"'
    assert len(re.findall(rf'<img decoding="async" {size} ', text)) == text.count("<img ") > 3


def test_a_page_says_once_what_became_of_replicates_that_diverged(texts):
    counts = [page.count("Replicates that diverged count as ones") for page in texts.values()]
    assert max(counts) == 1
    both = experiment_page.replicate_notes(pd.DataFrame({"diverged": [1, 0], "failed": [0, 2]}))
    assert [note.split()[2] for note in both] == ["diverged", "failed,"]
    assert experiment_page.replicate_notes(pd.DataFrame({"diverged": [0], "failed": [0]})) == []


def test_the_front_page_is_small_and_has_a_door_to_each_experiment_in_the_order_of_the_ledger(page):
    front = page.read_text("utf8")
    assert len(front) < 300_000 and "<img " not in front
    doors = re.findall(r'<li><a href="experiments/(\w+)\.html"', front)
    first = [name for name in synthetic.ABOUT["findings"] if name in synthetic.EXPERIMENTS]
    assert doors[: len(first)] == first and sorted(doors) == sorted(synthetic.EXPERIMENTS)
    for name in synthetic.EXPERIMENTS:
        assert synthetic.DECLARED[name].title in front


def test_the_front_page_says_how_to_cite_it(page):
    front = page.read_text("utf8")
    for part in (
        "@software{bnlab2026,",
        "author = {{the authors}}",
        "https://example.org/lab",
        "MIT",
    ):
        assert part in front


@pytest.mark.parametrize("commit", ["0123456789abcdef", None])
def test_a_page_without_address_and_licence_says_so_and_names_the_commit(tmp_path, commit):
    about = synthetic.inputs(tmp_path, figure_kinds=(), table_kinds=())
    cited = synthetic.CITATION._replace(address=None, licence=None, commit=commit)
    front = front_page(dataclasses.replace(about, citation=cited))
    said = front[front.index('<div class="cite">') :]
    assert "not stated: <code>CITATION.cff</code> has no <code>repository-code</code>" in said
    assert "not stated: <code>CITATION.cff</code> has no <code>license</code>" in said
    assert ("the commit names the code" in said) == (commit is not None)
    assert "None" not in said and "licence" not in front[front.index('<template id="citation"') :]


def test_a_citation_may_have_no_licence_or_several(tmp_path):
    file = tmp_path / "CITATION.cff"
    head = "title: T\nauthors: [{name: C}]\n"
    for more, licence in (("", None), ("license: [MIT, Apache-2.0]\n", "MIT or Apache-2.0")):
        file.write_text(head + more)
        assert citation(file, "0.1", "2026-01-31").licence == licence


def test_the_citation_has_the_version_of_the_library():
    stated = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf8"))
    assert stated["version"] == __version__


def test_a_citation_is_that_of_the_file_with_the_checkouts_commit(tmp_path):
    file = tmp_path / "CITATION.cff"
    file.write_text(
        "title: T\nlicense: MIT\nauthors: [{given-names: A, family-names: B}, {name: C}]\n"
    )
    cited = citation(file, "0.1", "2026-01-31")
    assert (cited.authors, cited.address, cited.commit) == (["A B", "C"], None, None)
    assert "url" not in bibtex(cited) and "author = {{A B} and {C}}" in bibtex(cited)
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run([*git, *command], check=True)
    subprocess.run(
        [*git, "remote", "add", "origin", "https://mirror.example.org/x.git"], check=True
    )
    cited = citation(file, "0.1", "2026-01-31")
    assert cited.address is None and f"Commit {cited.commit[:12]}" in bibtex(cited)
    assert not cited.changed
    subprocess.run([*git, "add", "CITATION.cff"], check=True)
    assert citation(file, "0.1", "2026-01-31").changed
    file.write_text(file.read_text() + "repository-code: https://example.org/stated\n")
    assert citation(file, "0.1", "2026-01-31").address == "https://example.org/stated"


def test_the_image_of_a_figure_is_its_svg_whatever_quotes_are_in_it():
    svg = (
        '<svg viewBox="0 0 30.4 19.6" style="font-family:\'A B\'">'
        '<text x="1">5 % of R&amp;D, "a" &lt; \'b\' #1</text></svg>'
    )
    of_page = image(svg)
    assert (of_page.width, of_page.height) == (30.4, 19.6)
    assert not set('"#&\n') & set(of_page.uri)
    head, _, data = of_page.uri.partition(",")
    assert head == "data:image/svg+xml"
    canonical = ElementTree.canonicalize
    assert canonical(unquote(data)) == canonical(svg)


def test_a_study_without_a_ledger_has_answers_and_neither_claims_nor_scorecard(tmp_path):
    page = synthetic.write_report(tmp_path, figure_kinds=synthetic.FIGURES[:1])
    text = page.read_text("utf8")
    assert 'id="answer"' in text and "A made-up study" in text
    for absent in ("claims.html", "scorecard.html", "published claims"):
        assert absent not in text
    assert not (tmp_path / "claims.html").exists()


def test_findings_are_first_answers_in_the_order_of_the_ledger_and_no_answer_is_lost():
    answers = [
        Answer("a", "A", ["A first.", "A second."]),
        Answer("b", "B", ["B first."]),
        Answer("c", "C", ["C first.", "C second."]),
    ]
    first, more = leading(answers, ["c", "absent", "a"])
    assert [(a.name, a.findings) for a in first] == [("c", ["C first."]), ("a", ["A first."])]
    assert [(a.name, a.findings) for a in more] == [
        ("a", ["A second."]),
        ("b", ["B first."]),
        ("c", ["C second."]),
    ]
    assert leading(answers, ["absent"]) == (answers, [])


def test_the_record_says_config_seeds_digests_versions_and_machine(page):
    record = json.loads((page.parent / "study.json").read_text("utf8"))
    assert record["config"]["experiments"]
    assert record["seeds"] == [1]
    assert record["data"]["digits"]["digest"]["features"] == "ab" * 32
    assert record["versions"] == {
        "python": ["3.11.9"],
        "tensorflow": ["2.21.0"],
        "keras": ["3.15.1"],
    }
    assert record["engine"] == ["XLA"]
    assert record["device"] == ["CPU"] and record["hardware"]["cpu"] == ["Imaginary CPU"]
    counts = [record[name] for name in ("runs", "replicates", "diverged", "failed")]
    assert counts == [2, 8, 1, 3]


def test_a_redraw_is_named_a_redraw(text):
    assert "(redraw)" in text
    assert "This is a redraw" in text


def test_the_page_says_how_it_was_done(text):
    for part in ("ab" * 32, "2.21.0", "Imaginary CPU", "y = φ(γ·û + β)", "Rows of each class"):
        assert part in text


def test_diverged_replicates_are_counted_on_the_page(text):
    assert "8, of which 1 diverged and 3 failed" in text
    assert "1 of 4" in text


def test_the_page_says_what_was_taken_as_published(text):
    assert "Faults (study other, 2026-01-30, commit 0123456)" in text


def test_times_are_summed_over_the_runs_that_have_them_and_the_others_are_counted():
    runs = pd.DataFrame({"seconds_train": [60.0, 90.0, None], "seconds_probe": [0.5, 1.0, None]})
    assert facts.times(runs) == [
        ("train", "2 min"),
        ("probe", "1.5 s"),
        ("total", "3 min"),
        ("runs of unknown time", "1"),
    ]


def test_a_run_that_experiments_share_costs_the_first_of_them():
    shared = {"learning_curves": [2, 60], "batch_size": [2, 16]}
    study = test_claims.STUDY.model_copy(
        update={
            "experiments": {
                name: Runs.model_validate({"runs": [test_claims.group(batches)]})
                for name, batches in shared.items()
            }
        }
    )
    rows = [
        {**run._asdict(), "key": study.key(run), "replicates": 4, "seconds_train": 60.0 * run.batch}
        for run in study.all_runs()
    ]
    costs = facts.costs(study, pd.DataFrame(rows).assign(seconds_probe=0.0))
    assert [(c["runs"], c["replicates"], c["minutes"]) for c in costs] == [(4, 16, 124), (2, 8, 32)]
    unknown = facts.costs(study, pd.DataFrame(rows).assign(seconds_train=None))
    assert [cost["minutes"] for cost in unknown] == [None, None]


SOURCES = synthetic.sources()


def grids_of(kind: str, experiment: str = "learning_curves") -> list[Grid]:
    recipe = synthetic.recipe(experiment)
    table = synthetic.tabulated(
        experiment, kind, SOURCES[experiment], "digits", recipe, "Digits", synthetic.LABELS
    )
    return experiment_page.grids(function, experiment, kind, table)


@pytest.mark.parametrize(("experiment", "kind"), synthetic.RESULT_KEYS)
def test_every_result_table_is_shown_in_full_rows(experiment, kind):
    grids = grids_of(kind, experiment)
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
    (grid,) = experiment_page.grids(function, "learning_curves", "steps_to_accuracy", table)
    assert grid.rows == [["95 % test accuracy", "> 50,000 (3 of 10 reached)"]]


def test_paired_differences_are_of_all_pairs_since_a_diverged_replicate_guesses():
    cells = {
        (grid.title, row[0], column): cell
        for grid in grids_of("differences", "batch_size")
        for row in grid.rows
        for column, cell in zip(grid.columns, row, strict=True)
    }
    assert cells["Test accuracy (%) minus that of base", "1", "BN"].startswith("−")
    assert not any("pairs" in cell for cell in cells.values())


def test_an_image_is_described_by_title_data_and_recipe_also_where_nothing_is_left():
    table = pd.DataFrame({"dataset_label": ["Digits"], "recipe": ["lr0.1"]})
    assert experiment_page.alt_text("Figure", table) == "Figure, Digits, recipe lr0.1."
    assert experiment_page.alt_text("Figure", table.iloc[:0]) == "Figure: no replicate left."


def test_times_are_those_of_training_jobs_only(text):
    assert "Seconds inside the training jobs" in text
    assert "Every number in a figure or table comes from the CSV" in text


def test_a_table_without_a_layout_of_its_own_is_shown_as_it_is():
    (grid,) = as_it_is(pd.DataFrame({"a": [1], "b": ["x"]}))
    assert (grid.columns, grid.rows) == (["a", "b"], [["1", "x"]])


def test_a_formula_says_kernel_normalizer_place_and_options():
    method = {
        "kernel": "ws",
        "normalizer": "bn",
        "options": {"momentum": 0.999},
        "place": "after_activation",
    }
    text = formula(method)
    for part in ("Batch normalization: N(u) =", "y = N(φ(u + b)).", "u = x·Ŵ", "momentum 0.999."):
        assert part in text
    plain = formula({"kernel": "plain", "normalizer": None, "options": {}, "place": ""})
    assert plain == "No normalization: y = φ(u + b). u = x·W."


def test_recipes_of_one_title_are_told_apart_by_the_settings_that_differ():
    one = {"network": {"perceptron": {"widths": [8, 8]}}, "learning_rate": 0.1, "replicates": 3}
    wider = one | {"network": {"perceptron": {"widths": [9, 8]}}, "replicates": 1000}
    assert settings.differences([one, one | {"replicates": 10}]) == [
        "replicates 3",
        "replicates 10",
    ]
    said = settings.differences([one, wider])
    assert all("learning rate" not in text for text in said) and "9 × 8" in said[1]
    assert "replicates 1,000" in said[1]


@pytest.mark.parametrize(("experiment", "kind"), synthetic.TABLE_KEYS)
def test_every_figure_and_table_has_a_caption_in_plain_prose(experiment, kind):
    caption = synthetic.DECLARED[experiment].item(kind).caption
    assert len(caption) > 80
    assert not set("`*_{}|<>") & set(caption)


def test_the_rates_of_a_learning_rate_experiment_are_shown_with_what_diverged_there():
    (grid,) = grids_of("rates", "learning_rate")
    cells = {row[0]: dict(zip(grid.columns, row, strict=True)) for row in grid.rows}
    assert list(cells) == ["0.01", "0.1", "0.3", "1", "10"]
    assert cells["10"]["Base"].endswith("(2 diverged)")
    assert cells["10"]["BN"].endswith("(p = 0.43)")
    assert cells["10"]["WS"] == "– (4 diverged, p = 0.43)"
    assert cells["0.1"]["BN"].endswith("(chosen)")


def test_each_method_is_shown_at_its_best_rate_with_the_rates_it_was_chosen_from():
    (grid,) = grids_of("best_rates", "learning_rate")
    assert grid.columns[1:] == [
        *("chosen rate", "test accuracy", "minus Base (points)", "minus BN (points)", "rates tried")
    ]
    assert [row[:2] for row in grid.rows[:2]] == [["Base", "1"], ["BN", "0.1"]]
    assert {row[-1] for row in grid.rows} == {"0.01 0.1 0.3 1 10"}
    assert (grid.rows[0][3], grid.rows[1][4]) == ("–", "–")


def test_a_surface_stands_in_the_page_as_heights_on_one_logarithmic_scale():
    table = pd.DataFrame(
        {
            "method_label": ["A"] * 4 + ["B"] * 4,
            "statistics": "moving",
            "a": [0, 1, 0, 1] * 2,
            "b": [0, 0, 1, 1] * 2,
            "loss": [1, 10, 100, 1000, 1, 1, 1, float("nan")],
        }
    )
    content = json.loads(surfaces(table))
    assert content["surfaces"] == [{"name": "A", "side": 2, "heights": [0, 333, 666, 999]}]
    assert (content["lowest"], content["highest"]) == (1, 1000)
    assert surfaces(table.assign(loss=float("nan"))) is None


def test_settings_and_titles_of_recipes_are_in_the_singular_for_one_and_have_a_true_minus():
    recipe = {"learning_rate": 0.1, "learning_rate_reference_batch": None}
    assert settings.recipe_title(recipe | {"budget": {"epochs": 1, "steps": None}}).endswith(
        "1 epoch"
    )
    schedule = {"warm_up": 500, "cosine": {"to": 0.0}, "step": None, "exponential": None}
    falling = recipe | {"budget": {"epochs": 3, "steps": None}, "schedule": schedule}
    words = "learning rate 0.1, a warm-up of 500 steps, then a cosine to 0"
    assert settings.recipe_title(falling) == f"{words}, 3 epochs"
    values = [{"steps": 50_000, "epochs": None}, {"layers": 1}, [100, 10], -1, 1e-5, None]
    assert [settings.setting(value) for value in values] == [
        *("50,000 steps", "1 layer", "100 × 10", "−1", "0.00001", "–")
    ]


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ({"step": {"at": [0.5, 1], "factor": 0.1}}, "times 0.1 after 50 % of all steps and 1 step"),
        (
            {"warm_up": 0.1, "exponential": {"factor": 1.001}, "of": ["kernel", "gamma"]},
            "a warm-up of 10 % of all steps, then times 1.001 in each step, for kernel, gamma alone",
        ),
    ],
)
def test_a_schedule_is_told_in_words(schedule, words):
    assert settings.schedule_in_words(schedule) == words


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"optimizer": "sgd"}, "plain gradient descent"),
        ({"optimizer": "sgd", "weight_decay": 0}, "plain gradient descent"),
        ({"optimizer": {"sgd": {"momentum": 0.9}}}, "gradient descent with momentum"),
        ({"optimizer": "adam"}, "Adam"),
        (
            {"optimizer": "adam", "weight_decay": 0.1, "schedule": "cosine"},
            "Adam with weight decay and a schedule",
        ),
    ],
)
def test_a_reader_learns_what_a_recipe_trains_by(chosen, words):
    one = {"network": {"perceptron": [8]}, "activation": "relu", "initializer": "he_normal"}
    recipe = Recipe.model_validate(
        one | {"learning_rate": 0.1, "budget": {"steps": 9}, "probes": []} | chosen
    )
    assert settings.trainer_in_words(recipe) == words


def test_settings_that_are_left_out_are_not_listed_and_groups_are_told_by_name():
    recipe = {"network": {"perceptron": [8, 8]}, "probes": ["norms", "weights"], "schedule": None}
    groups = {"rates": {"kernel": 10.0, "logits": 1.0}, "weight_decay": None}
    optimizer = {"sgd": {"momentum": 0.9, "velocity": "gradients"}}
    assert settings.settings_of(recipe | groups | {"optimizer": optimizer}) == {
        "optimizer": "sgd with momentum 0.9, velocity gradients",
        "perceptron": [8, 8],
        "probes": ["norms", "weights"],
        "rates": "10 for kernel, 1 for logits",
    }
    assert settings.setting(recipe["probes"]) == "norms, weights"


def test_a_formula_has_no_marks_of_code():
    for name in ("bn_with_noise", "bn"):
        method = {"kernel": "plain", "normalizer": name, "options": {}, "place": "after_activation"}
        assert "`" not in formula(method)
