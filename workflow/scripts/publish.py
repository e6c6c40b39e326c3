"""Publish a finished study: its files to reports/published, its findings to README.md.

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
        target = publish(Path(), parser.parse_args().study)
    except JobError as error:
        sys.exit(f"Nothing is published: {error}.")
    print(f"Published in {target} and README.md; both are ready to be committed.")


if __name__ == "__main__":
    main()
