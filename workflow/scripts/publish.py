"""Publish a finished study: its files to reports/published, its findings to README.md and docs/.

The study of fresh seeds goes to reports/published/confirmation, and the README stays as it is until a study that shows
its verdicts is published.

Run it in the project's folder, as `make publish STUDY=<name>` does.
"""

import argparse
import sys
from pathlib import Path

from bnlab.files import JobError
from bnlab.page.publication import publish


def main() -> None:
    """Publish the study named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", help="name of a finished study, as in reports/<study>")
    try:
        study = parser.parse_args().study
        target = publish(Path(), study)
    except JobError as error:
        sys.exit(f"Nothing is published: {error}.")
    print(
        f"Published {study} in {target}; that folder, README.md and docs/ are ready to be committed."
    )


if __name__ == "__main__":
    main()
