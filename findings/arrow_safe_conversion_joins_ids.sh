#!/usr/bin/env bash
# One expects: `to_pandas(safe=True)`, the default, refuses a conversion that changes values. Arrow's own `cast` refuses
#   to make such integers floats.
# What happens: one missing value makes an integer column floats, and nothing is checked. The ids 2**53 and 2**53 + 1
#   become one. A filter that leaves the missing row out keeps the ids apart. So whether two rows belong to one person
#   depends on a third row.
# Versions: pyarrow 26.0.1, pandas 3.1.1. Source: github.com/apache/arrow, issue 43112. The page of Table.to_pandas says
#   of safe: "This option controls whether it is a safe cast or not."
# What to do: read with dtype_backend "numpy_nullable", or pass a types_mapper, wherever ids may be missing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet pyarrow==26.0.1 pandas==3.1.1

environment/bin/python -W error - <<'PYTHON'
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

table = pa.table({"id": pa.array([2**53, 2**53 + 1, None], pa.int64())})
try:
    table["id"].cast("float64")
    cast = "done"
except pa.ArrowInvalid:
    cast = "refused"
pq.write_table(table, "ids.parquet")
ids = {
    "to_pandas(safe=True)": table.to_pandas(safe=True),
    "read_parquet": pd.read_parquet("ids.parquet"),
    "read_parquet of rows with an id": pd.read_parquet("ids.parquet", filters=[("id", ">", 0)]),
    "read_parquet, numpy_nullable": pd.read_parquet("ids.parquet", dtype_backend="numpy_nullable"),
}
counts = {name: frame["id"].nunique() for name, frame in ids.items()}
print(f"cast to float64: {cast}")
for name, count in counts.items():
    print(f"{name}: different ids {count}")
assert cast == "refused"
assert list(counts.values()) == [1, 1, 2, 2]
PYTHON
