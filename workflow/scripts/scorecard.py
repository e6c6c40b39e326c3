"""Write an overlay that adds the user's normalizer to the study of the scorecard, and print its name.

Run it in the project's folder, as `make scorecard METHOD=my_norms.py:MyNorm OPTIONS='p=1'` does.
"""

import re
import sys
from pathlib import Path

import yaml

from bnlab.files import save_source
from bnlab.study.options import parse
from bnlab.study.registry import find


def overlay(method: str, options: list[str]) -> tuple[str, str]:
    """Return file name and text of the overlay for ``file.py:Class`` with options as ``name=value``.

    Raises:
        ValueError: there is no such file or class, or an option has no value.
    """
    name = find("normalizer", method).name
    study = "scorecard_" + re.sub(r"[^a-z0-9_]", "_", name.lower())
    own = {"normalizer": method, "options": parse(options), "label": name}
    header = {"study": study, "title": f"Which normalizer when? {name} beside others"}
    text = yaml.safe_dump(header | {"methods": {"own": own}}, sort_keys=False, allow_unicode=True)
    return f"{study}.yaml", f"# Written by `make scorecard`.\n{text}"


def main() -> None:
    """Write the overlay of the method on the command line."""
    if len(sys.argv) < 2 or ":" not in sys.argv[1]:
        sys.exit("Name a class: make scorecard METHOD=my_norms.py:MyNorm OPTIONS='p=1'")
    try:
        name, text = overlay(sys.argv[1], sys.argv[2:])
    except ValueError as error:
        sys.exit(f"{error}")
    save_source(Path(name), text)
    print(name)


if __name__ == "__main__":
    main()
