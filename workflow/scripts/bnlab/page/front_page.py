"""The front page of a study: its answer, what papers said, a chart to compare, and a door to everything else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bnlab.page.compare import compare
from bnlab.page.contents import Inputs
from bnlab.page.facts import raised
from bnlab.page.findings import leading
from bnlab.page.layout import FRONT, Page, experiment_path, render
from bnlab.page.ledger import sentence
from bnlab.page.style import css_colors


def front_page(inputs: Inputs) -> str:
    """Return the front page as HTML."""
    page = Page(FRONT, inputs.study["title"], ("front", "papers", "compare", "doors", "toolbar"))
    first, _ = leading(inputs.answers, inputs.about["findings"])
    return render(
        page,
        inputs,
        "report.html.j2",
        style=palette(inputs.study["methods"]),
        front=inputs.front
        if any(map(inputs.front.get, ("said", "panels", "advice", "predictions")))
        else None,
        trained=inputs.front.get("trained"),
        predictions=inputs.front.get("predictions"),
        papers=inputs.papers,
        counted=""
        if inputs.ledger is None or inputs.about.get("papers")
        else sentence(inputs.ledger.claims),
        beside=inputs.beside,
        compare=compare(inputs),
        raised=raised(inputs.runs, inputs.method_labels),
        answers=[answer.findings[0] for answer in first],
        doors=doors(inputs),
        machine=sorted(set(inputs.runs.get("hardware_processor", inputs.runs["device"]).dropna())),
    )


def palette(methods: Iterable[str]) -> str:
    """Return a style sheet with the colours of methods, ``--m-bn``, on the light and the dark page.

    Paper is light, and so are figures that readers save.
    """
    light, dark = (css_colors(methods, is_dark) for is_dark in (False, True))
    return (
        f":root, .paper {{ {light} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"
    )


def doors(inputs: Inputs) -> list[dict[str, Any]]:
    """Return address, title, question and first finding of each experiment, in the order to read."""
    findings = {answer.name: answer.findings[0] for answer in inputs.answers}
    return [
        {
            "path": experiment_path(name),
            "title": inputs.experiments[name].title,
            "question": inputs.experiments[name].question,
            "finding": findings.get(name),
        }
        for name in inputs.reading_order
    ]
