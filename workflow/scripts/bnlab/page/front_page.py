"""The front page of a study: its answer, what papers said, a chart to compare, and a door to everything else."""

from __future__ import annotations

from typing import Any

from bnlab.page.citation import bibtex
from bnlab.page.contents import Inputs
from bnlab.page.findings import leading
from bnlab.page.layout import FRONT, Page, experiment_path, render


def front_page(inputs: Inputs) -> str:
    """Return the front page as HTML."""
    page = Page(FRONT, inputs.study["title"], ("front", "papers", "compare", "doors", "toolbar"))
    first, _ = leading(inputs.answers, inputs.about["findings"])
    return render(
        page,
        inputs,
        "report.html.j2",
        front=None,
        papers=None,
        compare=None,
        scope=inputs.about["scope"],
        answers=[answer.findings[0] for answer in first],
        doors=doors(inputs),
        bibtex=bibtex(inputs.citation),
        machine=sorted(set(inputs.runs.get("hardware_cpu", inputs.runs["device"]).dropna())),
    )


def doors(inputs: Inputs) -> list[dict[str, Any]]:
    """Return address, title, question and first finding of each experiment; those of the ledger's findings lead."""
    first = [name for name in inputs.about["findings"] if name in inputs.experiments]
    findings = {answer.name: answer.findings[0] for answer in inputs.answers}
    return [
        {
            "path": experiment_path(name),
            "title": inputs.experiments[name].title,
            "question": inputs.experiments[name].question,
            "finding": findings.get(name),
        }
        for name in dict.fromkeys([*first, *inputs.experiments])
    ]
