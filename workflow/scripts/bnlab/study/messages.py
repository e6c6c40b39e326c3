"""Messages about unknown names, and about errors in the files of users."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

ERRORS = Exception, SystemExit
"""Errors that a user's code may raise, of which a sentence is made."""
MOST = 300
"""Largest number of characters of an error that are printed."""
NOISE = re.compile(r"\{\{.*?\}\}|\[Op:\w+\]( name:)?|\x1b\[[\d;]*m|[\x00-\x08\x0e-\x1f]")
"""Names of nodes and operations of TensorFlow, colours and control characters in the text of an error."""
MOST_NAMES, NEAREST = 60, 5
"""Largest number of allowed names that are all printed, and how many of more are."""

MADE_IN_BUILD = (
    "; build makes variables, by self.vector(name, 'ones'), a number for each feature, or "
    "self.variable(name, shape, 'zeros')"
)


class UnknownName(ValueError):
    """A name of no class; the text is a sentence for the user."""


def unknown(kind: str, word: Any, allowed: Iterable[Any], where: str = "") -> str:
    """Return a message such as ``unknown method 'nb'; did you mean 'bn'? (allowed: base, bn)``.

    Of more than ``MOST_NAMES`` allowed names it prints the ``NEAREST``, and the number of the others.
    """
    options = [str(name) for name in allowed]
    close = get_close_matches(str(word), options, n=1)
    hint = f"; did you mean '{close[0]}'?" if close else ""
    named = ", ".join(options) or "none"
    if len(options) > MOST_NAMES:
        near = get_close_matches(str(word), options, n=NEAREST, cutoff=0)
        named = f"{', '.join(near)} and {len(options) - NEAREST} others"
    return f"unknown {kind} '{word}'{where}{hint} (allowed: {named})"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, as "1 value" and "2 values"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def failure(path: str, file: Path, error: BaseException) -> str:
    """Return ``my_norms.py:MyNorm cannot be used: TypeError in line 14: …``, with the line of ``file`` that fails."""
    trace = traceback.extract_tb(error.__traceback__)
    frames = [frame for frame in trace if frame.filename == str(file)]
    lines = [frame.lineno for frame in frames]
    text = str(error).strip()
    if text.startswith("in user code:"):  # the calls that led there, and then the error
        text = text.splitlines()[-1].strip().removeprefix(f"{type(error).__name__}: ")
    if isinstance(error, SyntaxError) and error.filename == str(file):
        lines, text = [error.lineno], error.msg
    where = f" in line {lines[-1]}" if lines else ""
    text = " ".join(NOISE.sub("", text).split())[:MOST]
    kind = f"{type(error).__name__}{where}: " if lines or type(error) is not ValueError else ""
    kind = kind if text else kind.removesuffix(": ")
    unmade = isinstance(error, AttributeError) and frames and frames[-1].name == "build"
    return f"{path} cannot be used: {kind}{text}{MADE_IN_BUILD if unmade else ''}"
