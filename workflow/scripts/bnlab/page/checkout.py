"""The git checkout that a study is run from: what git says of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

WRITTEN_PAGES = ("README.md", "docs/findings.md", "docs/gallery.md")
"""Pages of the project with a part that publishing writes."""
PICTURE = "docs/images/front.svg"
"""The picture of the first screen, which the README shows."""
UNWRITTEN = ("--", ".", *(f":(exclude){path}" for path in ("reports", *WRITTEN_PAGES, PICTURE)))
"""Arguments of git for all files of the checkout but those that publishing writes."""


def git(root: Path, *arguments: str) -> str | None:
    """Return the output of git in a folder, or None outside a git checkout."""
    try:
        process = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return None if process.returncode else process.stdout.strip()
