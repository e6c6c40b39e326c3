#!/usr/bin/env bash
# One expects: StandardScaler divides a column by its standard deviation, unless the variance is zero, as its page says.
#   The same rows repeated have the same deviation, and so the same scale.
# What happens: a column counts as constant where its deviation is below a bound that grows with its length. The bound
#   is about rows times mean times 2.2e-16. Times in milliseconds that are 100 apart have scale 50 in a thousand rows.
#   In a million rows they have scale 1, while var_ still says 2500. The column leaves with deviation 50 instead of 1,
#   without a warning.
# Versions: scikit-learn 1.9.1, numpy 2.4.6. Source: sklearn/preprocessing/_data.py, _is_constant_feature;
#   github.com/scikit-learn/scikit-learn, pull request 19788.
# What to do: subtract an origin from times and large numbers before scaling, and compare scale_ with the root of var_.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet scikit-learn==1.9.1 numpy==2.4.6

environment/bin/python -W error - <<'PYTHON'
import numpy as np
from sklearn.preprocessing import StandardScaler

START = 1_700_000_000_000.0

seen = {}
for origin in (START, 0.0):
    for rows in (1_000, 1_000_000):
        times = np.tile([START, START + 100], rows // 2)[:, None] - (START - origin)
        scaler = StandardScaler()
        scaled = scaler.fit_transform(times)
        numbers = [float(scaler.var_[0]), float(scaler.scale_[0]), float(scaled.std())]
        print(f"from {origin:.0f}, {rows} rows: var_ {numbers[0]:g}, scale_ {numbers[1]:g}, deviation {numbers[2]:g}")
        seen[origin, rows] = numbers

for (origin, rows), numbers in seen.items():
    constant = origin == START and rows == 1_000_000
    np.testing.assert_allclose(numbers, [2500, 1, 50] if constant else [2500, 50, 1], rtol=1e-6)
PYTHON
