#!/usr/bin/env bash
# One expects: a filter that `read_parquet` applies while reading selects the rows that the same condition selects
#   afterwards. It is there to save time.
# What happens: rows with a missing value are lost where the condition is "not equal". Arrow compares as SQL does, and a
#   missing value is neither equal nor unequal. Pandas calls it unequal and keeps the row. The filter "not in" keeps it
#   too, so "not in" with one value and "not equal" give different rows of one file.
# Versions: pandas 3.1.1, pyarrow 26.0.1. Source: github.com/apache/arrow, issue 34504; github.com/dask/dask, issue
#   9845. The page of read_parquet has no word on missing values in filters.
# What to do: ask for missing rows explicitly, as in `(field != value) | field.is_null()`, or filter after reading.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet pandas==3.1.1 pyarrow==26.0.1

environment/bin/python -W error - <<'PYTHON'
import numpy as np
import pandas as pd

rows = pd.DataFrame({"dose": [1.0, 5.0, np.nan], "arm": ["a", "b", None]})
rows.to_parquet("rows.parquet")

for column, value in (("dose", 5.0), ("arm", "b")):
    after = pd.read_parquet("rows.parquet")
    after = after[after[column] != value]
    unequal = pd.read_parquet("rows.parquet", filters=[(column, "!=", value)])
    not_in = pd.read_parquet("rows.parquet", filters=[(column, "not in", [value])])
    print(f"{column} != {value!r}: rows after reading {len(after)}, while reading {len(unequal)}, not in {len(not_in)}")
    assert (len(after), len(unequal), len(not_in)) == (2, 1, 2)
    assert after[column].isna().sum() == 1
PYTHON
