"""Layout of every page: one file that needs no other, closed by its policy, with navigation, explained words and foot.

A page is made of parts. Part ``ledger`` brings ``ledger.css`` and ``ledger.js`` of the templates, where these exist.
The policy names each style and script by its SHA-256, so no other runs. It also forbids ``style`` attributes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
from markupsafe import Markup, escape

from bnlab.page.citation import bibtex
from bnlab.page.contents import Inputs
from bnlab.page.glossary import GLOSSARY
from bnlab.page.settings import setting

TEMPLATES = Path(__file__).parent / "templates"

FRONT, CLAIMS, SCORECARD, ABOUT = "report.html", "claims.html", "scorecard.html", "about.html"
EXPERIMENTS = "experiments"


class Page(NamedTuple):
    """A page: its path in the folder of the study, the title of its window, and its parts."""

    path: str
    title: str
    parts: Sequence[str] = ()

    @property
    def up(self) -> str:
        """Address of the folder of the study, for links of the page."""
        return "../" * self.path.count("/")


def experiment_path(name: str) -> str:
    """Return the path of an experiment's page."""
    return f"{EXPERIMENTS}/{name}.html"


def render(page: Page, inputs: Inputs, template: str, style: str = "", **variables: Any) -> str:
    """Return a page as HTML.

    Args:
        page: the page.
        inputs: what all pages are made from.
        template: file of its content, which stands between navigation and foot.
        style: style sheet of this page alone, in front of those of its parts.
        variables: variables of this template.
    """
    common = {
        "page": page,
        "up": page.up,
        "study": inputs.study,
        "labels": inputs.dataset_labels,
        "cited": inputs.citation,
        "bibtex": bibtex(inputs.citation),
        "ledger": inputs.ledger is not None,
        "asks": inputs.asks,
    }
    content = _environment().get_template(template).render(**common | variables)
    words = {name: text for name, text in GLOSSARY.items() if f'"{word_id(name)}"' in content}
    variables = {"content": Markup(content), "links": _links(page, inputs), "words": words}
    return document("layout.html.j2", page.parts, style, **common, **variables)


def document(template: str, parts: Sequence[str], style: str = "", **variables: Any) -> str:
    """Return one file of HTML that needs no other.

    Args:
        template: an extension of ``document.html.j2``.
        parts: parts of the page but for ``base``.
        style: style sheet of this page alone, in front of those of its parts.
        variables: variables of the template.
    """
    styles = [*([Markup(style)] if style else []), *_texts(("base", *parts), "css")]
    scripts = _texts(("base", *parts), "js")
    digests = {
        "style_digests": list(map(_digest, styles)),
        "script_digests": list(map(_digest, scripts)),
    }
    page = _environment().get_template(template)
    return page.render(styles=styles, scripts=scripts, **digests, **variables)


def _links(page: Page, inputs: Inputs) -> list[tuple[str, str, bool]]:
    """Return address and words of each link of the navigation, and whether it leads to the page itself."""
    links = [(FRONT, "Answers")]
    if inputs.ledger:
        links += [(CLAIMS, "Claims")]
    if inputs.asks:
        links += [(SCORECARD, "Scorecard")]
    links += [(f"{FRONT}#experiments", "Experiments"), (ABOUT, "About")]
    current = f"{FRONT}#experiments" if page.path.startswith(f"{EXPERIMENTS}/") else page.path
    return [(f"{page.up}{path}", words, path == current) for path, words in links]


def coded(text: str) -> Markup:
    """Return a text as HTML, in which backticks set code."""
    parts = [escape(part) for part in text.split("`")]
    parts[1::2] = [Markup("<code>{}</code>").format(part) for part in parts[1::2]]
    return Markup("").join(parts)


def word_id(name: str) -> str:
    """Return the id of the explanation of a word."""
    return f"term-{re.sub(r'[^a-zA-Z0-9]+', '-', name).strip('-')}"


def _texts(parts: Sequence[str], suffix: str) -> list[Markup]:
    files = [TEMPLATES / f"{part}.{suffix}" for part in parts]
    return [Markup(file.read_text("utf8")) for file in files if file.is_file()]


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    environment.filters["coded"] = coded
    environment.filters["number"] = lambda value: f"{value:,}"
    environment.filters["setting"] = setting
    environment.filters["word_id"] = word_id
    environment.filters["zip"] = zip
    return environment
