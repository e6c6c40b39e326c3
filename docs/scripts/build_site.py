"""Build the documentation as pages in build/docs/site, strictly: a warning is an error.

The pages, the files that they link to and the published study are copied as they lie in the repository, so that the
same links hold there.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "docs"
PUBLISHED = "reports/published"


def pages() -> list[str]:
    """Return the paths of all pages."""
    own = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
    return ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "config/README.md", *own]


def files() -> list[str]:
    """Return the paths of the pages, and of the files of the repository that they link to."""
    names = dict.fromkeys(pages())
    for page in pages():
        for link in re.findall(r"\]\(([^)#:\s]+)", (ROOT / page).read_text("utf8")):
            name = os.path.normpath(Path(page).parent / link)
            if (ROOT / name).is_file():
                names[name] = None
    return [*names]


def build(folder: Path) -> None:
    """Copy the pages to a folder, and build ``site`` there. Raises CalledProcessError after a warning."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in files():
        path = folder / "pages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, path)
    for whole in (PUBLISHED, "cards"):
        shutil.copytree(ROOT / whole, folder / "pages" / whole, dirs_exist_ok=True)
    config = shutil.copy(ROOT / "docs" / "zensical.toml", folder)
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--config-file", config]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    build(BUILD)
    print(f"The documentation: {BUILD / 'site' / 'index.html'}")
