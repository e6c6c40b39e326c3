"""Look the packages of the lock files up among known vulnerabilities, but for those that accepted.toml lists.

A finding is accepted until a day; after it, it is reported again.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

ACCEPTED = Path(__file__).with_name("accepted.toml")
ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-gpu.lock")


def ignored(accepted: Iterable[Mapping[str, Any]], today: date) -> list[str]:
    """Return the options of pip-audit that leave out the findings that are still accepted."""
    return [f"--ignore-vuln={each['id']}" for each in accepted if today <= each["until"]]


def command(auditor: list[str], lock: Path, ignore: list[str]) -> list[str]:
    """Return the call of pip-audit for a lock file; a package that cannot be looked up is an error as well."""
    options = ["--require-hashes", "--disable-pip", "--strict", "--progress-spinner=off"]
    return [*auditor, *options, *ignore, f"--requirement={lock}"]


if __name__ == "__main__":
    accepted = tomllib.loads(ACCEPTED.read_text(encoding="utf8")).get("accepted", [])
    options = ignored(accepted, date.today())
    codes = [
        subprocess.run(command(sys.argv[1:], ROOT / lock, options)).returncode for lock in LOCKS
    ]
    sys.exit(max(codes))
