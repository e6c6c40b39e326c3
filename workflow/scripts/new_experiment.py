"""Write the files of a new experiment, those that CONTRIBUTING.md shows, and an overlay with its runs.

python workflow/scripts/new_experiment.py weight_decay
"""

import re
import sys
from pathlib import Path

from bnlab.files import save_source
from bnlab.study.experiments import EXPERIMENTS, experiments

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = "generalization_gap"
FILES = {"experiment.yaml": "title:", "analysis.py": "TABLES", "page.py": "FIGURES"}
"""Files of an experiment, each with a word that its block of CONTRIBUTING.md has."""


def files_of(name: str, text: str) -> dict[str, str]:
    """Return the files of an experiment and its overlay, by name, from the worked example of a text."""
    _, _, example = text.partition("## An experiment in thirty")
    blocks = re.findall(r"^```(?:yaml|python)\n(.*?)^```", example, re.MULTILINE | re.DOTALL)
    files = {file: next(block for block in blocks if word in block) for file, word in FILES.items()}
    overlay = next(block for block in blocks if block.startswith("study:"))
    files[f"{name}.yaml"] = re.sub("^study: .*", f"study: {name}", overlay)
    return {file: text.replace(EXAMPLE, name) for file, text in files.items()}


def rules() -> set[str]:
    """Return the names of the workflow's rules, which are targets as experiments are."""
    files = [ROOT / "Snakefile", *(ROOT / "workflow" / "rules").glob("*.smk")]
    return {
        name
        for file in files
        for name in re.findall(r"^rule (\w+):", file.read_text("utf8"), re.MULTILINE)
    }


def main() -> None:
    """Write the experiment on the command line, and say what follows."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        sys.exit(
            "Name it: make new-experiment NAME=weight_decay "
            "(allowed: lower-case letters, digits and _, beginning with a letter)"
        )
    if name in rules():
        sys.exit(f"A rule of the workflow has the name {name}. Take another one.")
    if name in experiments() or (EXPERIMENTS / name).exists():
        sys.exit(f"There is an experiment {name}. Take another name, or delete its folder first.")
    if Path(f"{name}.yaml").exists():
        sys.exit(f"There is an overlay {name}.yaml. Take another name, or move it.")
    for file, text in files_of(name, (ROOT / "CONTRIBUTING.md").read_text("utf8")).items():
        path = Path(file) if file == f"{name}.yaml" else EXPERIMENTS / name / file
        save_source(path, text)
        print(f"wrote {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")
    overlays = f"workflow/studies/demo.yaml {name}.yaml"
    print(
        "\nThey measure the gap between training and test accuracy. Make them your own, and test them "
        "on made-up rows:\n"
        f"  make test-experiment NAME={name} CONFIG='{overlays}'\n"
        f"Then train it:\n  snakemake {name} --configfile {overlays}"
    )


if __name__ == "__main__":
    main()
