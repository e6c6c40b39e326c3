#!/usr/bin/env bash
# One expects: `read_csv` with dtype "category" keeps the text of a column of codes. So 01 and 1 are two classes, as in
#   pandas 3.0, and as dtype str has them.
# What happens: since pandas 3.1, categories that all look like numbers become numbers. Codes of equal value are joined
#   without a warning: 01 with 1, and 1e3 with 1000. One class of letters in the file brings every code back, so the
#   classes of some rows depend on others. The same holds for True and TRUE.
# Versions: pandas 3.1.1, and 3.0.6 for comparison. Source: github.com/pandas-dev/pandas, pull request 64659;
#   pandas/core/arrays/categorical.py, _maybe_convert_categories.
# What to do: read codes as str and make them categories afterwards, or name the categories in a CategoricalDtype.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > classes.py <<'PYTHON'
import io
from collections import Counter

import pandas as pd


def classes(codes, dtype):
    """Return how many rows each class has."""
    text = "code\n" + "\n".join(codes)
    return dict(Counter(str(code) for code in pd.read_csv(io.StringIO(text), dtype=dtype)["code"]))


codes = ["01", "01", "1", "1e3", "1000"]
print("category:", classes(codes, "category"))
print("with a row of b:", classes([*codes, "b"], "category"))
print("str:", classes(codes, str))
PYTHON

for version in 3.0.6 3.1.1; do
  python3 -m venv "$version"
  "$version/bin/pip" install --quiet "pandas==$version"
  "$version/bin/python" -W error classes.py > "$version.txt"
  printf 'pandas %s\n%s\n' "$version" "$(cat "$version.txt")"
done

apart="{'01': 2, '1': 1, '1e3': 1, '1000': 1}"
with_b="{'01': 2, '1': 1, '1e3': 1, '1000': 1, 'b': 1}"
diff - 3.0.6.txt <<< "category: $apart
with a row of b: $with_b
str: $apart"
diff - 3.1.1.txt <<< "category: {'1.0': 3, '1000.0': 2}
with a row of b: $with_b
str: $apart"
