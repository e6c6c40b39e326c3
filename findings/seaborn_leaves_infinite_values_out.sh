#!/usr/bin/env bash
# One expects: the mean of values with an infinite one among them is infinite. So a curve of losses breaks off, or leaves
#   the picture, where a replicate diverged.
# What happens: seaborn's lineplot and pointplot leave infinite values out, and draw the mean and the interval of the
#   others, without a warning. A method that diverges in half of its runs looks as good as its survivors.
# Versions: seaborn 0.13.2, pandas 3.1.1. Source: seaborn/_base.py, VectorPlotter.comp_data, which turns what is not
#   finite into missing values; these are dropped before the estimate.
# What to do: decide what a diverged run counts as before drawing, and say how many there were.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet seaborn==0.13.2 pandas==3.1.1

MPLBACKEND=Agg environment/bin/python -W error::UserWarning - <<'PYTHON'
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

losses = pd.DataFrame({"step": [1, 1, 1], "loss": [np.inf, 2.0, 3.0]})
line, point = Figure().subplots(1, 2)
sns.lineplot(losses, x="step", y="loss", errorbar=None, ax=line)
sns.pointplot(losses, x="step", y="loss", errorbar=None, ax=point)
drawn = [float(axis.lines[0].get_ydata()[0]) for axis in (line, point)]
print(f"mean by pandas: {losses['loss'].mean()}, drawn by lineplot: {drawn[0]}, by pointplot: {drawn[1]}")
assert losses["loss"].mean() == np.inf
assert drawn == [2.5, 2.5]
PYTHON
