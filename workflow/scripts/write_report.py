"""Write the report of a study."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from bnlab import report

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

inputs, wanted = snakemake.input, snakemake.params
figures = [
    report.Item(*key, csv=Path(csv), svg=Path(svg))
    for key, csv, svg in zip(wanted.figures, inputs.figure_tables, inputs.figures, strict=True)
]
tables = [
    report.Item(*key, csv=Path(csv)) for key, csv in zip(wanted.tables, inputs.tables, strict=True)
]
captions = [Path(path) for path in inputs.captions]
output = Path(snakemake.output.report)
page = report.render(
    study=wanted.study,
    figures=figures,
    tables=tables,
    datasets={
        name: json.loads(Path(path).read_text())
        for name, path in zip(wanted.datasets, inputs.data, strict=True)
    },
    runs=[json.loads(Path(path).read_text()) for path in inputs.runs],
    captions={(path.parent.name, path.stem): path.read_text() for path in captions},
    formulas=report.formulas(Path(inputs.layers[0]).read_text()),
    folder=output.parent,
)
output.write_text(page, encoding="utf8")
