"""Test an experiment on made-up rows, as `make test-experiment NAME=weight_decay CONFIG=…` does.

python workflow/scripts/test_experiment.py weight_decay workflow/studies/demo.yaml weight_decay.yaml
"""

import sys
from pathlib import Path

from bnlab import lazy
from bnlab.imports import without_collector
from bnlab.rehearsal import rehearse
from bnlab.study.experiments import experiments
from bnlab.study.locations import ConfigError
from bnlab.study.messages import unknown
from bnlab.study.validation import read

USAGE = "Name an experiment and overlays with its runs: make test-experiment NAME=weight_decay CONFIG=weight_decay.yaml"
ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Rehearse the experiment on the command line, and end with 1 where it has problems."""
    name, *overlays = [*sys.argv[1:], ""][: len(sys.argv) - 1] or [""]
    if not name:
        sys.exit(USAGE)
    config = Path("config.yaml")
    try:
        study = read([config if config.is_file() else ROOT / config, *map(Path, overlays)])
    except (ConfigError, OSError) as error:
        sys.exit(f"{error}")
    if name not in study.experiments:
        known = experiments() if name not in experiments() else study.experiments
        sys.exit(f"{unknown('experiment', name, known, f' in the study {study.study}')}. {USAGE}")
    with without_collector():
        lazy.load().get_logger().setLevel("ERROR")  # many small graphs are no mistake here
    result = rehearse(study, name, lambda run: print(f"a few steps of {run}", flush=True))
    print()
    for sentence in result.sentences:
        print(f"On made-up rows it says: {sentence}")
    made = ", ".join(f"{kind} ({count})" for kind, count in result.done.items())
    print(f"Made without an error: {made or 'nothing'}.")
    for problem in result.problems:
        print(f"PROBLEM  {problem}", file=sys.stderr)
    sys.exit(bool(result.problems))


if __name__ == "__main__":
    main()
