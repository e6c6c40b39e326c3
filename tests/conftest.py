"""Fixtures that several test files share."""

import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from project import Project, fresh_project
from warm import Warm

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LONGEST = [
    *("test_inside_workflow.py", "test_workflow.py", "test_probes.py", "test_documentation.py"),
    *("test_anywhere.py", "test_taken_workflow.py", "test_figures.py"),
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Have the long form of the tests of faults, as `make faults` does."""
    parser.addoption("--many", action="store_true", help="thousands of faults in the place of some")


@pytest.fixture(scope="session")
def many(request: pytest.FixtureRequest) -> bool:
    """True for the long form of the tests of faults."""
    return bool(request.config.getoption("--many"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest files first, so that no worker is alone with one of them at the end."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


@pytest.fixture(scope="session")
def warm_python() -> Iterator[str]:
    """An executable like Python's that starts warm; Python's own where the system cannot wait for forks."""
    if not hasattr(os, "pidfd_open"):
        yield sys.executable
        return
    with tempfile.TemporaryDirectory() as folder:
        server = Warm(Path(folder))
        yield str(server.python)
        server.stop()


@pytest.fixture(scope="session")
def finished_study(tmp_path_factory: pytest.TempPathFactory, warm_python: str) -> Project:
    """A copy of the project in which the smoke study has run to its end.

    All workers share it, so run Snakemake only in copies of it (`finished`).
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = shared / "finished" / "project", shared / "finished.done"
    with (shared / "finished.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            outcome = replace(fresh_project(folder), python=warm_python).snakemake()
            assert outcome.code == 0, outcome.text
            done.touch()
    return Project(folder, python=warm_python)


@pytest.fixture
def finished(finished_study: Project, tmp_path: Path) -> Project:
    """The finished smoke study in a folder of this test's own."""
    return finished_study.copy(tmp_path / "project")


@pytest.fixture
def fresh(tmp_path: Path, warm_python: str) -> Project:
    """The project as cloned, in a folder of this test's own."""
    return replace(fresh_project(tmp_path / "project"), python=warm_python)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """An installed Chromium or Chrome, or else the one that Playwright has downloaded."""
    reason = "playwright is not installed (dependency group dev)"
    playwright = pytest.importorskip("playwright.sync_api", reason=reason)
    installed = next(filter(None, map(shutil.which, BROWSERS)), None)
    with playwright.sync_playwright() as driver:
        try:
            started = driver.chromium.launch(executable_path=installed, args=["--no-sandbox"])
        except playwright.Error as error:
            if installed:
                raise
            pytest.skip(f"no browser: {error.message.splitlines()[0]}")
        yield started
        started.close()


@pytest.fixture
def visit(browser: Any, report: Path) -> Iterator[Callable[..., Any]]:
    """Open a page; at the end of the test, fail for any request to another place and any error of a page."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def open_page(name: str, width: int = 1200, **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: wrong.append(request.url))
        page.goto(report.parent.as_uri() + f"/{name}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    own = (report.parent.as_uri(), "data:", "blob:")
    assert [text for text in wrong if not text.startswith(own)] == []
