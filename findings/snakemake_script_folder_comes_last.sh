#!/usr/bin/env bash
# One expects: a Python file that Snakemake runs by `script:` imports the modules beside it first, as
#   `python that_file.py` does. There sys.path[0] is the folder of the file.
# What happens: the folder is appended to the end of sys.path. A package of the same name that is installed wins, or one
#   on PYTHONPATH. So a workflow whose library lies beside its scripts runs the installed copy, as soon as somebody types
#   `pip install .`, while its Snakefile, which inserts the folder itself, reads the one beside it.
# Versions: snakemake 9.27.1, Python 3.11 to 3.13. Source: snakemake/script/__init__.py, the preamble of Python scripts,
#   which calls sys.path.extend.
# What to do: put the folder on PYTHONPATH in the Snakefile. Jobs inherit it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet snakemake==9.27.1

mkdir -p workflow/tool installed/tool
echo 'where = "beside the script"' > workflow/tool/__init__.py
echo 'where = "installed"' > installed/tool/__init__.py
cat > workflow/tell.py <<'PYTHON'
from tool import where

if "snakemake" in globals():
    with open(snakemake.output[0], "w") as file:
        file.write(where)
print(where)
PYTHON
cat > Snakefile <<'RULES'
rule tell:
    output: "told.txt"
    script: "workflow/tell.py"
RULES

export PYTHONPATH="$folder/installed"
alone=$(environment/bin/python workflow/tell.py)
environment/bin/snakemake --cores 1 --quiet all > log.txt 2>&1 || { cat log.txt; exit 1; }
echo "python workflow/tell.py imports the package that is $alone."
echo "snakemake, script: workflow/tell.py imports the package that is $(cat told.txt)."

[ "$alone" = "beside the script" ]
[ "$(cat told.txt)" = "installed" ]
