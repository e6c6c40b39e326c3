"""Write bnlab.yaml, the conda environment of the jobs, at the versions of requirements.lock.

Every package comes from PyPI, so that conda users compute with the same builds as everybody else.
"""

from __future__ import annotations

import re
from pathlib import Path

ENVIRONMENT = Path(__file__).with_name("bnlab.yaml")
LOCK = Path(__file__).parents[2] / "requirements.lock"

HEADER = """\
# For --software-deployment-method conda: what the jobs import, at the versions of requirements.lock.
# Written by `make lock`; every package comes from PyPI, as everywhere else.
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python=3.11
  - pip
  - pip:
"""


def pins(lock: str) -> list[str]:
    """Requirements of the lock that the jobs need: all but Snakemake's own and the tools of dev."""
    wanted_by = {
        match[1]: set(re.findall(r"^ +# (?:via )? *(\S.*)$", match[2], re.MULTILINE))
        for match in re.finditer(r"^(\S+==.+?) \\\n((?: .*\n?)+)", lock, re.MULTILINE)
    }
    needed = {"bnlab (pyproject.toml)"}
    while True:
        found = {pin for pin, dependents in wanted_by.items() if dependents & needed}
        found = {pin for pin in found if not pin.startswith("snakemake==")}
        names = needed | {pin.partition("==")[0] for pin in found}
        if names == needed:
            return sorted(found)
        needed = names


def environment(lock: str) -> str:
    """The YAML of the conda environment."""
    return HEADER + "".join(f'      - "{pin}"\n' for pin in pins(lock))


if __name__ == "__main__":
    ENVIRONMENT.write_text(environment(LOCK.read_text(encoding="utf8")), encoding="utf8")
