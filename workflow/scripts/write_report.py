"""Write the report of a study."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from bnlab import __version__
from bnlab.experiments import function
from bnlab.files import job_log, read_csv, read_json, save_json, save_text
from bnlab.page import facts, report
from bnlab.page.methods import formula
from bnlab.study import rooms

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
    captions = {
        (key[0], key[-1]): Path(caption).read_text("utf8")
        for key, caption in zip([*params.figures, *params.tables], params.captions, strict=True)
    }
    datasets = {
        name: read_json(Path(path)) for name, path in zip(params.datasets, inputs.data, strict=True)
    }
    runs = [read_json(Path(folder) / "run.json") for folder in inputs.runs]
    ledger = None
    if inputs.claims:
        ledger = report.Ledger(read_csv(Path(inputs.claims)), read_csv(Path(inputs.effects)))
    columns = ["dataset", "method", "batch", "recipe", "replicate", "failed"]
    ended = pd.concat(pd.read_parquet(path, columns=columns) for path in inputs.metrics)
    failed = int(ended.drop_duplicates()["failed"].sum())
    declared = {name: rooms.experiments()[name] for name in params.study["experiments"]}
    answered = report.answers(declared, function, ledger, [*figures, *tables])
    page = report.render(
        study=params.study,
        declared=declared,
        find=function,
        figures=figures,
        tables=tables,
        datasets=datasets,
        runs=runs,
        captions=captions,
        formulas={name: formula(method) for name, method in params.study["methods"].items()},
        folder=Path(snakemake.output.report).parent,
        coverage=read_csv(Path(inputs.coverage)),
        coverage_caption=Path(inputs.coverage_caption).read_text("utf8"),
        made={"date": datetime.now(UTC).date().isoformat(), "version": __version__},
        answered=answered,
        failed=failed,
        ledger=ledger,
        about=params.about,
    )
    save_text(Path(snakemake.output.report), page)
    folder = Path(snakemake.output.report).parent
    telling = [
        item.svg.relative_to(folder).as_posix() for item in report.telling_items(figures, declared)
    ]
    found = {
        "failed": failed,
        "telling": telling,
        "answers": [sentence for each in answered for sentence in each.sentences],
        "called": params.about["datasets"] if params.about else {},
    }
    record = facts.record(params.study, datasets, runs, found)
    save_json(Path(snakemake.output.record), record)
