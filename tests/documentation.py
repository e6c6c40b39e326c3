"""Pages of the documentation, their code blocks, links and anchors."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import build_site

ROOT = Path(__file__).parents[1]
PAGES = build_site.pages()
FENCE = re.compile(
    r"(?:^<!-- not run: (?P<reason>[^\n]+) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
"""A code block, perhaps after a line that says why no test runs it."""


@dataclass(frozen=True)
class Block:
    """A code block: its page, the line of its fence, language and text, and why it is not run."""

    page: str
    line: int
    language: str
    text: str
    reason: str

    @property
    def file(self) -> str | None:
        """The file that the block is saved as, which its first line names: ``# mine.yaml``."""
        named = re.match(r"# ([\w/]+\.(?:py|yaml))\n", self.text)
        return named and named[1]

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@cache
def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf8")


def blocks_of(page: str, language: str = "") -> list[Block]:
    """Return the code blocks of a page, in order."""
    text = text_of(page)
    blocks = [
        Block(
            page,
            text.count("\n", 0, match.start("language")) + 1,
            match["language"],
            match["text"],
            match["reason"] or "",
        )
        for match in FENCE.finditer(text)
    ]
    return [block for block in blocks if language in ("", block.language)]


def all_blocks(language: str = "") -> list[Block]:
    return [block for page in PAGES for block in blocks_of(page, language)]


def code_of(page: str, name: str) -> str:
    """Return the code block of a page that defines a class of this name."""
    (block,) = [b for b in blocks_of(page, "python") if f"class {name}(" in b.text]
    return block.text


def prose_of(page: str) -> str:
    """Return a page without its code blocks."""
    return FENCE.sub("", text_of(page))


def anchors_of(page: str) -> set[str]:
    """Return the anchors of a page's headings: lower case, letters, digits and hyphens for spaces."""
    headings = re.findall(r"^#+ (.+)$", prose_of(page), re.MULTILINE)
    plain = [re.sub(r"\[([^]]+)\]\([^)]*\)", r"\1", heading).lower() for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading).strip().replace(" ", "-") for heading in plain}


def links_of(page: str) -> Iterator[tuple[str, str]]:
    """Yield path and anchor of each link of a page to another file or to a heading."""
    text = re.sub(r"`[^`\n]*`", "", prose_of(page))
    for target in re.findall(r"\]\(<?([^)\s>]+)>?\)", text):
        if not re.match(r"[a-z]+:", target):
            path, _, anchor = target.partition("#")
            yield path, anchor
