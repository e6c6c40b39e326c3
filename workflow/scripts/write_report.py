"""Write the report of a study."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bnlab.imports import without_collector

with without_collector():
    import pandas as pd

    from bnlab import __version__
    from bnlab.analysis.tidy import RUN
    from bnlab.experiments import functions
    from bnlab.files import job_log, read_csv, read_json, save_csv, save_json, save_text
    from bnlab.page import facts, publication, report, scorecard
    from bnlab.page.findings import leading
    from bnlab.page.methods import formula
    from bnlab.study.config import Study
    from bnlab.study.experiments import experiments
    from bnlab.study.ledger import Row

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

inputs, params = snakemake.input, snakemake.params
with job_log(snakemake.log[0], "report"):
    folder = Path(snakemake.output.report).parent
    figures = [
        report.Item(*key, csv=folder / f"tables/{'/'.join(key)}.csv", svg=Path(svg))
        for key, svg in zip(params.figures, inputs.figures, strict=True)
    ]
    tables = [
        report.Item(*key, csv=folder / f"tables/{'/'.join(key)}.csv") for key in params.tables
    ]
    datasets = {
        name: read_json(Path(path)) for name, path in zip(params.datasets, inputs.data, strict=True)
    }
    study = Study.model_validate(params.study)
    runs, taken = [read_csv(Path(tidy) / "runs.csv") for tidy in inputs.runs], {}
    if inputs.published:
        found, manifest = map(Path, inputs.published)
        runs.append(publication.runs_of(study, read_csv(found)))
        taken = publication.taken(params.study["experiments"], read_json(manifest))
    trained = pd.concat(runs).drop_duplicates([*RUN, "key"])
    ledger, advice = None, {}
    if inputs.claims:
        read = (inputs.claims, inputs.effects, inputs.scorecard)
        ledger = report.Ledger(*(read_csv(Path(path)) for path in read))
        rows = map(Row.model_validate, params.about["scorecard"])
        advice = scorecard.sentences(rows, ledger.scorecard)
    declared = {name: experiments()[name] for name in params.study["experiments"]}
    answered = report.answers(declared, ledger, [*figures, *tables])
    page = report.render(
        study=params.study,
        declared=declared,
        functions=functions,
        figures=figures,
        tables=tables,
        datasets=datasets,
        runs=trained,
        formulas={name: formula(method) for name, method in params.study["methods"].items()},
        folder=folder,
        made={"date": datetime.now(UTC).date().isoformat(), "version": __version__},
        answered=answered,
        advice=advice,
        taken=publication.taken_in_words(taken, declared),
        ledger=ledger,
        about=params.about,
    )
    save_text(Path(snakemake.output.report), page)
    save_csv(Path(snakemake.output.runs), trained)
    in_summary = [
        item.svg.relative_to(folder).as_posix() for item in report.summary_items(figures, declared)
    ]
    first, _ = leading(answered, params.about["findings"] if params.about else [])
    found = {
        "in_summary": in_summary,
        "scope": params.about["scope"] if params.about else None,
        "answers": [text for answer in first for text in answer.findings],
        "advice": advice,
        "called": params.about["datasets"] if params.about else {},
        "taken": taken,
        "costs": facts.costs(study, trained),
    }
    save_json(Path(snakemake.output.record), facts.record(params.study, datasets, trained, found))
