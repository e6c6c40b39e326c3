"""Write the report of a study."""

from pathlib import Path
from typing import TYPE_CHECKING

from bnlab import report
from bnlab.files import job_log, read_csv, read_json, save_json, save_text

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

inputs, params = snakemake.input, snakemake.params
with job_log(snakemake.log[0], "report"):
    figures = [
        report.Item(*key, csv=Path(csv), svg=Path(svg))
        for key, csv, svg in zip(params.figures, inputs.figure_tables, inputs.figures, strict=True)
    ]
    tables = [
        report.Item(*key, csv=Path(csv))
        for key, csv in zip(params.tables, inputs.tables, strict=True)
    ]
    captions = [Path(path) for path in inputs.captions]
    datasets = {
        name: read_json(Path(path)) for name, path in zip(params.datasets, inputs.data, strict=True)
    }
    runs = [read_json(Path(path)) for path in inputs.runs]
    ledger = None
    if inputs.claims:
        ledger = report.Ledger(read_csv(Path(inputs.claims)), read_csv(Path(inputs.effects)))
    page = report.render(
        study=params.study,
        figures=figures,
        tables=tables,
        datasets=datasets,
        runs=runs,
        captions={(path.parent.name, path.stem): path.read_text("utf8") for path in captions},
        formulas=report.formulas(Path(inputs.layers[0]).read_text("utf8")),
        folder=Path(snakemake.output.report).parent,
        coverage=read_csv(Path(inputs.coverage)),
        coverage_caption=Path(inputs.coverage_caption).read_text("utf8"),
        ledger=ledger,
    )
    save_text(Path(snakemake.output.report), page)
    save_json(Path(snakemake.output.record), report.record(params.study, datasets, runs))
