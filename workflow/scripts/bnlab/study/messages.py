"""Messages about unknown names, and about errors in the files of users."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

MOST = 300
"""Largest number of characters of an error that are printed."""


class UnknownName(ValueError):
    """A name of no class; the text is a sentence for the user."""


def unknown(kind: str, word: Any, allowed: Iterable[Any], where: str = "") -> str:
    """Return a message such as ``unknown method 'nb'; did you mean 'bn'? (allowed: base, bn)``."""
    options = [str(name) for name in allowed]
    close = get_close_matches(str(word), options, n=1)
    hint = f"; did you mean '{close[0]}'?" if close else ""
    return f"unknown {kind} '{word}'{where}{hint} (allowed: {', '.join(options) or 'none'})"


def failure(path: str, file: Path, error: BaseException) -> str:
    """Return ``my_norms.py:MyNorm cannot be used: TypeError in line 14: …``, with the line of ``file`` that fails."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(file)]
    text = str(error)
    if isinstance(error, SyntaxError) and error.filename == str(file):
        lines, text = [error.lineno], error.msg
    where = f" in line {lines[-1]}" if lines else ""
    text = " ".join(re.sub(r"\{\{.*?\}\}", "", text).split())[:MOST]
    return f"{path} cannot be used: {type(error).__name__}{where}: {text}"
