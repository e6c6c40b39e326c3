"""Make one published table out of an experiment's results."""

from typing import TYPE_CHECKING

import pandas as pd
from bnlab import tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

wanted = snakemake.params
sources = {
    name: pd.read_parquet(snakemake.input[name])
    for name in tables.TABLES[wanted.experiment, wanted.kind].sources
}
table = tables.tabulate(
    wanted.experiment,
    wanted.kind,
    sources,
    wanted.dataset,
    wanted.recipe,
    tables.shown_label(wanted.dataset_label, wanted.redraw),
    wanted.method_labels,
)
table.to_csv(snakemake.output.csv, index=False, float_format="%.8g")
