"""Draw one figure from its table."""

from typing import TYPE_CHECKING

import pandas as pd
from bnlab import figures

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

table = pd.read_csv(snakemake.input.csv, keep_default_na=False, na_values=[""])
figure = figures.draw(snakemake.params.experiment, snakemake.params.kind, table)
figures.save(figure, snakemake.output.svg, snakemake.output.png)
