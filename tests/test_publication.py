"""Publication of a synthetic study, and the agreement of README and docs with the published files."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
import verdicts

from bnlab.analysis.confirmation import CONFIRMATION_COLUMNS
from bnlab.files import JobError, read_json, save_csv, save_json
from bnlab.page import picture_file, publication, published_pages
from bnlab.page.citation import citation
from bnlab.page.front_picture import Panel
from bnlab.page.hero import Line, Point, panel
from bnlab.study.names import CONFIRMATION
from bnlab.study.publications import earlier, own_folders

ROOT = Path(__file__).parents[1]
FIGURES = (
    "figures/learning_curves/digits/lr0.1/accuracy.svg",
    "figures/batch_size/digits/lr0.1/all_methods.svg",
)
PAGE = f"# Title\n\n{published_pages.BEGIN}\nold\n{published_pages.END}\n\n## Start\n"


def effects() -> pd.DataFrame:
    """Effects of three claims, the third without a headline; a difference in points, and a ratio."""
    rows = [
        verdicts.effect(claim, test, -3.3333, -3.5, -3.1666, "supported", headline="Accuracy")
        for claim, test in ((1, 1), (2, 1), (3, 1), (2, 2))
    ]
    ratio = {"scale": "ratio", "estimate": 0.5312, "low": 0.4801, "high": 0.59}
    rows[1] |= ratio | {"region": "Digits, rate 0.1"}
    rows[2] |= {"headline": None}
    rows[3] |= {"primary": False, "headline": None}
    return pd.DataFrame(rows)


def claims() -> pd.DataFrame:
    judged = ["supported", "mixed", "supported", "refuted", "undecided", "not tested here"]
    rows = [
        verdicts.claim(number, "report", "speed", f"Claim {number} | says.", verdict, "")
        for number, verdict in enumerate(judged, 1)
    ]
    rows[0] |= {"holds": "digits", "stand_in": "a redraw"}
    rows[1] |= {"holds": "digits; wine", "fails": "iris", "not_known": "elsewhere"}
    rows[1] |= {"claimed": "half"}
    rows[-1] |= {"source": "blog"}
    return pd.DataFrame(rows)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project's folder in which the study `toy` is finished."""
    report = tmp_path / "reports" / "toy"
    texts = ["report.html", *FIGURES, "figures/other.svg", "tables/a/b/final.csv"]
    texts += ["tables/a/b/percentiles.csv", "replicates.csv", "runs.csv", "accuracies.csv"]
    texts += ["sensitivity.csv", "confirmation.csv", "experiments/batch_size.html"]
    texts += ["claims.html", "scorecard.html", "about.html"]
    for name in texts:
        (report / name).parent.mkdir(parents=True, exist_ok=True)
        (report / name).write_text(f"content of {name}", encoding="utf8")
    data = {"source": "x", "is_redraw": False, "digest": {"features": "00"}}
    labels = {"digits": "Digits", "wine": "Wine (redraw)"}
    datasets = {name: {"label": label, "stands_for": None} for name, label in labels.items()}
    datasets["wine"] |= {"of": "digits", "stands_for": "bng_glass"}
    record = {
        "config": {"datasets": datasets, "experiments": {"batch_size": {}}},
        "scope": "Networks are small.",
        "advised": [
            {
                "when": "it matters",
                "use": "batch norm",
                "because": "of all",
                "sure": "weak",
                "why": "1 run",
            }
        ],
        "answers": ["Faster: half the steps.", "No better at the end."],
        "called": {"bng_glass": "BNG(glass)"},
        "in_summary": FIGURES,
        "captions": {name: f"Caption of {name}." for name in FIGURES},
        "data": {
            "digits": data | {"shape": {"rows": 214}},
            "wine": data | {"is_redraw": True, "shape": {"rows": 137781}},
        },
        "versions": {"python": ["3.11"]},
        "hardware": {"processor": ["A", "B"]},
        "taken": {},
        "ledger": "0123456789abcdef",
        "confirmation": ["20 fresh seeds confirm all.", "The ledger was fixed."],
        "costs": [
            {"title": "Batch size", "runs": 2, "replicates": 20, "minutes": 1.26},
            {"title": "Faults", "runs": 1, "replicates": 1000, "minutes": None},
        ],
    }
    save_json(report / "study.json", record)
    save_csv(report / "claims.csv", claims())
    save_csv(report / "effects.csv", effects())
    save_csv(report / "scorecard.csv", verdicts.scorecard())
    save_csv(report / "sensitivity.csv", verdicts.sensitivity())
    save_csv(report / "confirmation.csv", pd.DataFrame(columns=CONFIRMATION_COLUMNS))
    (tmp_path / "docs").mkdir()
    for page in published_pages.PAGES:
        (tmp_path / page).write_text(PAGE, encoding="utf8")
    return tmp_path


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def digests(folder: Path) -> dict[str, str]:
    """Return the digests in SHA256SUMS by file, which ``sha256sum`` finds to be right."""
    check = ["sha256sum", "--quiet", "--strict", "--check", "SHA256SUMS"]
    subprocess.run(check, cwd=folder, check=True, capture_output=True)
    lines = (folder / "SHA256SUMS").read_text("utf8").splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def test_what_is_published_has_a_digest(project: Path) -> None:
    target = publication.publish(project, "toy")
    sums = digests(target)
    assert {*sums} == {
        "manifest.json",
        *publication.FILES,
        *FIGURES,
        "experiments/batch_size.html",
        "tables/a/b/final.csv",
        "tables/a/b/percentiles.csv",
    }
    assert files(target) == {*sums, "SHA256SUMS"}
    for name in {*sums} - {"manifest.json"}:
        assert (target / name).read_bytes() == (project / "reports/toy" / name).read_bytes()


def test_the_manifest_says_what_the_numbers_were_made_from(project: Path) -> None:
    manifest = read_json(publication.publish(project, "toy") / "manifest.json")
    assert manifest["study"] == "toy"
    assert {name: data["is_redraw"] for name, data in manifest["data"].items()} == {
        "digits": False,
        "wine": True,
    }
    assert manifest["data"]["wine"]["digest"] == {"features": "00"}
    assert manifest["versions"] == {"python": ["3.11"]}
    assert manifest["hardware"] == {"processor": ["A", "B"]}
    assert (manifest["commit"], manifest["clean"]) == (None, None)


def test_manifest_and_citation_name_the_commit_and_whether_all_was_committed(project: Path) -> None:
    def git(*arguments: str) -> str:
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        return subprocess.run(
            ["git", *identity, *arguments], cwd=project, check=True, capture_output=True, text=True
        ).stdout.strip()

    def published() -> tuple[str, bool]:
        manifest = read_json(publication.publish(project, "toy") / "manifest.json")
        assert manifest["clean"] != citation(project / "CITATION.cff", "1", "2026-01-31").changed
        return manifest["commit"], manifest["clean"]

    (project / "CITATION.cff").write_text("{title: T, license: MIT, authors: [{name: A}]}\n")
    (project / "config.yaml").write_text("seed: 1\n")

    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "-m", "all")
    commit = git("rev-parse", "HEAD")
    assert published() == (commit, True)
    assert published() == (commit, True)  # what publishing wrote is no change
    (project / "config.yaml").write_text("seed: 2\n")
    assert published() == (commit, False)


def text_in(content: str) -> str:
    """Return the text between the marker lines of a page."""
    return content.partition(published_pages.BEGIN)[2].partition(published_pages.END)[0].strip()


@pytest.mark.parametrize("page", published_pages.PAGES)
def test_a_page_has_its_text_between_its_markers_and_keeps_the_rest(
    project: Path, page: str
) -> None:
    for _ in range(2):
        target = publication.publish(project, "toy")
        content = (project / page).read_text(encoding="utf8")
        assert text_in(content) == published_pages.PAGES[page](target)
    assert content.startswith(f"# Title\n\n{published_pages.BEGIN}\n\n")
    assert content.endswith(f"\n\n{published_pages.END}\n\n## Start\n")


def test_the_readme_has_one_picture_five_findings_and_the_count_of_verdicts(
    project: Path,
) -> None:
    target = publication.publish(project, "toy")
    text = published_pages.summary(target)
    assert text.startswith(
        f"![Accuracy during training, Digits]({publication.PUBLISHED}/{FIGURES[0]})\n"
    )
    assert "\n\n- Faster: half the steps.\n- No better at the end.\n\nOf 6 " in text
    said = [{"thought": f"{n}.", "sentence": "It does."} for n in range(3)]
    beside = ["Depth matters.", "So do weights.", "This is one too many."]
    record = read_json(target / "study.json") | {"front": said, "beside": beside}
    save_json(target / "study.json", record)
    lines = [line for line in published_pages.summary(target).splitlines() if line.startswith("- ")]
    assert lines == [*(f"- **{n}.** It does." for n in range(3)), *(f"- {b}" for b in beside[:2])]


def panels() -> list[Panel]:
    lines = [Line("bn", "batch norm", [Point(1.0, 90.0, 89.0, 91.0, 10)])]
    return [
        Panel(
            name,
            f"By {name}",
            "Rows of A & B",
            panel(lines, "A & B", width, name, [1.0]),
            [],
            [10],
            [],
        )
        for name, width in (("rate", 300), ("batch", 200))
    ]


def test_the_picture_of_the_readme_is_that_of_the_first_screen_in_its_light_colours() -> None:
    svg = ElementTree.fromstring(picture_file.picture(panels(), ["bn"]) or "")
    assert (svg.get("viewBox") or "").startswith("0 0 524 ")
    words = [element.text for element in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert {"By rate", "By batch", "Rows of A & B", "rate", "batch"} <= {*words}
    style = svg.findtext("{http://www.w3.org/2000/svg}style") or ""
    used = {*re.findall(r"var\((--[\w-]+)\)", ElementTree.tostring(svg, "unicode"))}
    assert "--m-bn" in used and all(f"{name}: " in style for name in used)
    assert "@media" not in style and "--page: #ffffff" in style
    assert picture_file.picture([], ["bn"]) is None


def test_publishing_writes_the_picture_and_the_readme_shows_it(project: Path) -> None:
    record = project / "reports/toy/study.json"
    save_json(record, read_json(record) | {"picture": {"title": "By rate", "svg": "<svg/>"}})
    text = published_pages.summary(publication.publish(project, "toy"))
    assert text.startswith("![By rate](docs/images/front.svg)\n")
    assert (project / published_pages.PICTURE).read_text("utf8") == "<svg/>"


def test_a_page_without_a_picture_has_no_file_of_it(project: Path) -> None:
    publication.publish(project, "toy")
    assert not (project / published_pages.PICTURE).exists()


def test_the_findings_show_claims_with_their_whole_verdict_and_what_is_a_redraw(
    project: Path,
) -> None:
    text = published_pages.findings(publication.publish(project, "toy"))
    assert text.startswith("Networks are small.\n\n- Faster: half the steps.\n")
    assert "\n| it matters | batch norm | of all | **weak**: 1 run |\n" in text
    assert (
        "BNG(glass) is represented by Wine (redraw): 137,781 rows drawn anew from a Bayesian network "
        "fitted to 214 rows." in text
    )
    assert "\n| Batch size | 2 | 20 | 1 |\n| Faults | 1 | 1,000 | not recorded |" in text
    rows = [line for line in text.splitlines() if line.startswith("| Claim ")]
    assert rows == [
        "| Claim 1 \\| says. |  | −3.33 ± 0.17 points (digits, rate 0.1) "
        "| **supported** on a redraw. Holds: digits. |",
        "| Claim 2 \\| says. | half | 0.53 (0.48 to 0.59) (Digits, rate 0.1) "
        "| **mixed**. Holds: digits; wine. Fails: iris. Not known: elsewhere. |",
    ]


def test_the_findings_say_what_fresh_seeds_make_of_the_verdicts_and_nothing_without_them(
    project: Path,
) -> None:
    target = publication.publish(project, "toy")
    paragraph = "20 fresh seeds confirm all. The ledger was fixed. The table has [each verdict on fresh seeds]"
    link = f"(../{publication.PUBLISHED}/confirmation.csv)"
    assert f"\n\n{paragraph}{link}.\n\n" in published_pages.findings(target)
    record = read_json(target / "study.json") | {"confirmation": []}
    save_json(target / "study.json", record)
    assert "fresh" not in published_pages.findings(target)


def test_the_gallery_has_every_figure_of_the_summary_with_its_caption(project: Path) -> None:
    text = published_pages.gallery(publication.publish(project, "toy"))
    for name in FIGURES:
        numbers = name.replace("figures", "tables").replace("svg", "csv")
        below = f"Caption of {name}. [Its numbers](../{publication.PUBLISHED}/{numbers})."
        assert f"](../{publication.PUBLISHED}/{name})\n\n{below}" in text
    assert text.count("\n## ") + 1 == len(FIGURES)


def test_fresh_seeds_lie_beside_the_published_study_and_stay_when_it_is_renewed(
    project: Path,
) -> None:
    target = publication.publish(project, "toy")
    readme, before = (project / "README.md").read_bytes(), files(target)
    shutil.copytree(project / "reports/toy", project / "reports" / CONFIRMATION)
    runs = pd.DataFrame({"seed": [1001, 1001], "replicates": [20, 18]})
    save_csv(project / "reports" / CONFIRMATION / "runs.csv", runs)

    record = project / "reports" / CONFIRMATION / "study.json"
    study = read_json(record)
    for bound in (None, "fedcba987654"):
        save_json(record, study | {"config": study["config"] | {"frozen_ledger": bound}})
        with pytest.raises(JobError, match="was not bound to its ledger"):
            publication.publish(project, CONFIRMATION)
    save_json(record, study | {"config": study["config"] | {"frozen_ledger": "0123456789ab"}})
    fresh = publication.publish(project, CONFIRMATION)
    assert fresh == target / CONFIRMATION
    tables = {name for name in before if name.startswith("tables/")}
    assert tables
    assert {*digests(fresh)} == {*publication.OF_FRESH_SEEDS, *tables, "manifest.json"}
    assert files(fresh) == {*digests(fresh), "SHA256SUMS"}
    manifest = read_json(fresh / "manifest.json")
    assert (manifest["seeds"], manifest["ledger"]) == ([1001, 1020], "0123456789abcdef")
    assert (project / "README.md").read_bytes() == readme
    assert files(target) - {f"{CONFIRMATION}/{name}" for name in files(fresh)} == before

    assert earlier(target, CONFIRMATION) == fresh
    assert earlier(target, "toy") == target

    kept = (fresh / "manifest.json").read_bytes()
    publication.publish(project, "toy")
    assert (fresh / "manifest.json").read_bytes() == kept
    (project / "reports" / CONFIRMATION / "effects.csv").unlink()
    with pytest.raises(JobError, match=r"reports/confirmation lacks effects\.csv"):
        publication.publish(project, CONFIRMATION)
    assert (fresh / "manifest.json").read_bytes() == kept


OTHER = "other"
THOUGHT = {"thought": "It grows.", "sentence": "By 22 % a layer."}


def of_another_ledger(project: Path) -> Path:
    """Return the report of a finished study that another ledger judges."""
    report = project / "reports" / OTHER
    shutil.copytree(project / "reports/toy", report)
    record = read_json(report / "study.json")
    config = record["config"] | {"claims": "other.yaml", "title": "Does it grow?"}
    said = [THOUGHT, *({"thought": f"{n}.", "sentence": "So."} for n in (2, 3))]
    save_json(report / "study.json", record | {"config": config, "front": said})
    return report


def test_a_study_of_another_ledger_lies_beside_the_published_one_and_replaces_nothing_else(
    project: Path,
) -> None:
    published = publication.publish(project, "toy")
    report, before = (
        of_another_ledger(project),
        {n: (published / n).read_bytes() for n in files(published)},
    )
    for _ in range(2):
        target = publication.publish(project, OTHER)
        assert target == published / OTHER
        assert files(target) == {
            *digests(target),
            "SHA256SUMS",
        } and "tables/a/b/final.csv" in digests(target)
        assert files(published) == {*before, *(f"{OTHER}/{name}" for name in files(target))}
        assert all((published / name).read_bytes() == content for name, content in before.items())
        (report / "report.html").write_text("a later page", encoding="utf8")
    assert (target / "report.html").read_text("utf8") == "a later page"
    own = files(target)
    publication.publish(project, "toy")
    assert files(target) == own
    assert {*before} | {f"{OTHER}/{name}" for name in own} == files(published)


def test_readme_findings_and_gallery_point_to_a_study_of_another_ledger(project: Path) -> None:
    published = publication.publish(project, "toy")
    alone = {page: (project / page).read_text("utf8") for page in published_pages.PAGES}
    of_another_ledger(project)
    publication.publish(project, OTHER)
    for page, text in published_pages.PAGES.items():
        content = (project / page).read_text("utf8")
        up = "../" * page.count("/")
        address = f"{up}{publication.PUBLISHED}/{OTHER}/report.html"
        assert text_in(content) == text(published) != text_in(alone[page])
        assert f"[Does it grow?]({address})" in content
        assert "- **It grows.** By 22 % a layer.\n- **2.** So." in content
        assert ("**3.** So." in content) == (page == "docs/findings.md")
    gallery = (project / "docs/gallery.md").read_text("utf8")
    for name in FIGURES:
        assert f"(../{publication.PUBLISHED}/{OTHER}/{name})" in gallery


def test_a_study_beside_another_has_a_limit_of_its_own_and_an_error_changes_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = publication.publish(project, "toy")
    report, before = of_another_ledger(project), files(published)
    readme = (project / "README.md").read_bytes()
    monkeypatch.setattr(publication, "LIMIT_BESIDE_MB", 1)
    (report / "report.html").write_bytes(bytes(2_000_000))
    with pytest.raises(
        JobError, match=r"reports/other has 2\.0 MB to publish, and 1 MB is the most"
    ):
        publication.publish(project, OTHER)
    (report / "effects.csv").unlink()
    with pytest.raises(JobError, match=r"reports/other lacks effects\.csv"):
        publication.publish(project, OTHER)
    report.rename(report.with_name("tables"))
    with pytest.raises(JobError, match="reports/published/tables has another meaning"):
        publication.publish(project, "tables")
    assert files(published) == before and (project / "README.md").read_bytes() == readme
    assert publication.publish(project, "toy") == published


@pytest.mark.parametrize("name", ["effects.csv", "study.json", "tables", next(iter(FIGURES))])
def test_an_unfinished_study_is_refused_and_what_was_published_stays(
    project: Path, name: str
) -> None:
    target = publication.publish(project, "toy")
    before = (target / "manifest.json").read_bytes()
    gone = project / "reports" / "toy" / name
    gone.rename(project / "elsewhere")
    with pytest.raises(JobError, match=f"reports/toy lacks {name}"):
        publication.publish(project, "toy")
    assert (target / "manifest.json").read_bytes() == before


def test_too_large_a_study_is_refused(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publication, "LIMIT_MB", 1)
    (project / "reports/toy/report.html").write_bytes(bytes(2_000_000))
    with pytest.raises(JobError, match=r"has 2\.0 MB to publish, and 1 MB is the most"):
        publication.publish(project, "toy")
    assert not (project / publication.PUBLISHED).exists()


def test_a_study_without_a_headline_is_refused_whole(project: Path) -> None:
    save_csv(project / "reports/toy/effects.csv", effects().assign(headline=None))
    with pytest.raises(
        JobError, match="has no effect with a headline, which docs/findings.md shows"
    ):
        publication.publish(project, "toy")
    assert (project / "README.md").read_text(encoding="utf8") == PAGE
    assert [path.name for path in (project / "reports").iterdir()] == ["toy"]


@pytest.mark.parametrize("page", published_pages.PAGES)
def test_a_page_without_markers_is_refused(project: Path, page: str) -> None:
    (project / page).write_text("# Title\n", encoding="utf8")
    with pytest.raises(JobError, match=f"{page} lacks the line"):
        publication.publish(project, "toy")
    assert not (project / publication.PUBLISHED).exists()


def test_the_command_says_in_one_sentence_why_nothing_is_published(project: Path) -> None:
    command = [sys.executable, str(ROOT / "workflow/scripts/publish.py"), "no_such_study"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("Nothing is published: reports/no_such_study lacks report.html,")
    assert len(done.stderr.splitlines()) == 1


# --- what this checkout has published ---------------------------------------------------------

published = pytest.mark.skipif(
    not (ROOT / publication.PUBLISHED / "replicates.csv").exists(),
    reason="nothing is published in this form",
)


@published
@pytest.mark.parametrize("page", published_pages.PAGES)
def test_a_page_says_what_the_published_files_say(page: str) -> None:
    content = (ROOT / page).read_text(encoding="utf8")
    expected = published_pages.PAGES[page](ROOT / publication.PUBLISHED)
    assert text_in(content) == expected


@published
def test_the_picture_of_the_readme_is_that_of_the_published_study() -> None:
    drawn = read_json(ROOT / publication.PUBLISHED / "study.json").get("picture")
    file = ROOT / published_pages.PICTURE
    assert (file.read_text("utf8") if file.exists() else None) == (drawn and drawn["svg"])


@published
def test_published_files_are_as_they_were_published() -> None:
    folder = ROOT / publication.PUBLISHED
    rest = files(folder)
    for beside in [*own_folders(folder), folder]:
        of_it = {f"{(beside / name).relative_to(folder)}" for name in digests(beside)}
        of_it.add(f"{(beside / 'SHA256SUMS').relative_to(folder)}")
        assert of_it <= rest
        rest -= of_it
    assert not rest


@published
def test_all_that_is_published_stays_small() -> None:
    folder = ROOT / publication.PUBLISHED
    assert sum((folder / name).stat().st_size for name in files(folder)) < 26e6
