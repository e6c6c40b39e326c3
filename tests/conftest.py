"""Fixtures that several test files share."""

from pathlib import Path

import pytest
from project import Project, fresh_project

LONGEST = [
    "test_inside_workflow.py",
    "test_workflow.py",
    "test_architecture.py",
    "test_taken_workflow.py",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest begin first, so that no worker is left alone with one of them at the end."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


@pytest.fixture(scope="session")
def finished_study(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project in which the smoke study has run to its end; change only copies of it."""
    project = fresh_project(tmp_path_factory.mktemp("finished") / "project")
    outcome = project.snakemake()
    assert outcome.code == 0, outcome.text
    return project


@pytest.fixture
def finished(finished_study: Project, tmp_path: Path) -> Project:
    """The finished smoke study in a folder of this test's own."""
    return finished_study.copy(tmp_path / "project")


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """The project as cloned, in a folder of this test's own."""
    return fresh_project(tmp_path / "project")
