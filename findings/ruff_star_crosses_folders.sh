#!/usr/bin/env bash
# One expects: in Ruff's `per-file-ignores`, "scripts/*.py" means the files in scripts, as a shell would read it, and
#   "scripts/**/*.py" those in the folders below as well.
# What happens: a star matches slashes too. A rule that is ignored for the files in scripts is ignored in every folder
#   below it, without a word. So an undefined name in a library that lies below its scripts is never reported.
# Versions: ruff 0.17.5. Source: github.com/astral-sh/ruff, issue 21425; the crate globset,
#   whose option literal_separator is off.
# What to do: ignore no rule by such a pattern. A name that a tool brings into scripts can be imported under
#   TYPE_CHECKING, and needs no exception.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet ruff==0.17.5

mkdir -p scripts/library
echo 'print(unknown)' | tee scripts/run.py scripts/library/module.py other.py > /dev/null
cat > ruff.toml <<'TOML'
[lint]
select = ["F821"]
[lint.per-file-ignores]
"scripts/*.py" = ["F821"]
TOML

# Ruff exits with 1 where it reports something.
reported=$({ environment/bin/ruff check --no-cache --output-format concise . || true; } | sed -n 's/:.*//p')
printf 'Files in which ruff reports the undefined name:\n%s\n' "$reported"

[ "$reported" = other.py ]
