"""Write the pages of a study."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bnlab.imports import without_collector

with without_collector():
    import pandas as pd

    from bnlab import __version__
    from bnlab.analysis.scores import COLUMNS
    from bnlab.analysis.tidy import RUN_ID
    from bnlab.experiments import function
    from bnlab.files import job_log, read_csv, read_json, save_csv, save_json, save_text
    from bnlab.page import (
        beside,
        confirmation,
        contents,
        facts,
        front,
        papers,
        picture_file,
        publication,
        site,
        style,
    )
    from bnlab.page.citation import citation
    from bnlab.page.contents import relative
    from bnlab.page.findings import leading
    from bnlab.page.layout import FRONT
    from bnlab.page.methods import formula
    from bnlab.study.config import Study
    from bnlab.study.experiments import experiments
    from bnlab.study.front import Front, PaperClaim

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

inputs, params = snakemake.input, snakemake.params
with job_log(snakemake.log[0], "report"), style.told_apart(params.study["methods"]):
    folder = Path(snakemake.output.report).parent
    tables = [
        contents.Item(*key, csv=folder / f"tables/{'/'.join(key)}.csv") for key in params.tables
    ]
    figures = [
        contents.Item(
            *key,
            csv=folder / f"tables/{'/'.join(key)}.csv",
            svg=folder / f"figures/{'/'.join(key)}.svg",
        )
        for key in params.figures
    ]
    datasets = {
        name: read_json(Path(path)) for name, path in zip(params.datasets, inputs.data, strict=True)
    }
    study = Study.model_validate(params.study)
    about = params.about or contents.WITHOUT_LEDGER
    tables_of_runs, taken = [read_csv(Path(tidy) / "runs.csv") for tidy in inputs.runs], {}
    accuracies = [read_csv(Path(tidy) / "accuracies.csv") for tidy in inputs.runs]
    if inputs.published:
        published_runs, published_accuracies, manifest = map(Path, inputs.published)
        tables_of_runs.append(publication.runs_of(study, read_csv(published_runs)))
        known = tables_of_runs[-1][RUN_ID].drop_duplicates()
        accuracies.append(read_csv(published_accuracies).merge(known))
        taken = publication.taken_experiments(params.study["experiments"], read_json(manifest))
    runs = pd.concat(tables_of_runs).drop_duplicates([*RUN_ID, "key"])
    ledger = None
    if inputs.claims:
        paths = (inputs.claims, inputs.effects, inputs.scorecard, inputs.sensitivity)
        fresh = None
        if inputs.fresh:
            table, manifest = read_csv(Path(inputs.confirmation)), read_json(Path(inputs.fresh[0]))
            fresh = confirmation.confirmation(table, manifest, about["digest"])
        ledger = contents.Ledger(*(read_csv(Path(path)) for path in paths), fresh=fresh)
    declarations = {name: experiments()[name] for name in params.study["experiments"]}
    items = [*figures, *tables]
    published = contents.published(ledger, items)
    answers = contents.answers(declarations, published)
    screen = front.page(
        study,
        about,
        published,
        items,
        ledger.scorecard if ledger else pd.DataFrame(columns=COLUMNS),
        ledger.fresh if ledger else None,
        ledger.effects if ledger else None,
    )
    words = {study.label(method): study.in_words(method) for method in study.methods}
    claims = []
    if ledger and about["papers"]:
        stated = [PaperClaim.model_validate(claim) for claim in about["papers"]]
        claims = papers.judged(stated, ledger.effects, words)
    elif ledger:
        claims = papers.of_ledger(ledger.claims, ledger.effects, about["sources"], words)
    study_pages = site.pages(
        contents.Inputs(
            study=params.study,
            experiments=declarations,
            function=function,
            figures=figures,
            tables=tables,
            datasets=datasets,
            runs=runs,
            formulas={name: formula(method) for name, method in params.study["methods"].items()},
            folder=folder,
            citation=citation(
                Path(inputs.citation), __version__, datetime.now(UTC).date().isoformat()
            ),
            answers=answers,
            front=screen,
            papers=claims,
            earlier=publication.taken_text(taken, declarations),
            ledger=ledger,
            about=about,
            beside=[
                (relative(Path(other) / FRONT, folder / FRONT), beside.read(Path(other)))
                for other in params.beside
            ],
        )
    )
    for path, html in study_pages:
        (folder / path).parent.mkdir(exist_ok=True)
        save_text(folder / path, html)
    save_csv(Path(snakemake.output.runs), runs)
    of_replicates = pd.concat(accuracies).drop_duplicates([*RUN_ID, "replicate"])
    save_csv(Path(snakemake.output.accuracies), of_replicates)
    captions = {
        item.svg.relative_to(folder).as_posix(): declarations[item.experiment]
        .item(item.kind)
        .caption
        for item in contents.summary_items(figures, declarations)
    }
    first, _ = leading(answers, about["findings"])
    drawn = picture_file.picture(screen["panels"], study.methods)
    said_of = Front.model_validate(about["front"]).experiments
    results = {
        "in_summary": [*captions],
        "captions": captions,
        "scope": about["scope"],
        "answers": [text for answer in first for text in answer.findings],
        "front": [{"thought": each.thought, "sentence": each.sentence} for each in screen["said"]],
        "beside": [answer.findings[0] for answer in first if answer.name not in said_of],
        "picture": drawn and {"title": picture_file.title(screen["panels"]), "svg": drawn},
        "advised": [each._asdict() for each in screen["advice"]],
        "called": about["datasets"],
        "taken": taken,
        "ledger": about["digest"],
        "confirmation": confirmation.sentences(ledger.fresh) if ledger else [],
        "costs": facts.costs(study, runs),
    }
    save_json(Path(snakemake.output.record), facts.record(params.study, datasets, runs, results))
