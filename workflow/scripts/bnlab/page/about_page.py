"""The page on how a study was done: words, methods, recipes, data, machine, versions, time, files."""

from __future__ import annotations

from collections.abc import Iterable

from bnlab.page.contents import Inputs
from bnlab.page.facts import facts, raised, times
from bnlab.page.glossary import GLOSSARY
from bnlab.page.layout import ABOUT, Page, render
from bnlab.page.phrases import spanned
from bnlab.page.settings import settings_of


def about_page(inputs: Inputs) -> str:
    """Return the page as HTML."""
    study, runs, labels = inputs.study, inputs.runs, inputs.method_labels
    return render(
        Page(ABOUT, "How it was done", ("about",)),
        inputs,
        "about.html.j2",
        methods=[
            {"name": name, "label": labels[name], "formula": inputs.formulas[name]}
            for name in labels
            if name in set(runs["method"])
        ],
        recipes={name: settings_of(study["recipes"][name]) for name in runs["recipe"].unique()},
        datasets=inputs.datasets,
        dataset_names=inputs.about["datasets"],
        glossary=GLOSSARY,
        facts=facts(runs) | _raised(raised(runs, labels)) | _taken(inputs.earlier),
        times=times(runs),
        replicates=_range(runs["replicates"]),
    )


def _range(numbers: Iterable[int]) -> str:
    return spanned([str(number) for number in sorted(numbers)])


def _raised(sentences: list[str]) -> dict[str, str]:
    return {"methods that raised an error": " ".join(sentences)} if sentences else {}


def _taken(earlier: str) -> dict[str, str]:
    rules = f"{earlier}. Its numbers are those of the rules of that commit"
    return {"taken as published": rules} if earlier else {}
