"""From runs to tidy tables, from tidy tables to published ones, to figures and to verdicts."""

for experiment in STUDY.own():

    rule:
        name:
            f"gather_{experiment}"
        input:
            library("gather"),
            runs=[
                *dict.fromkeys(
                    STUDY.folder(run)
                    for runs in STUDY.sources(experiment).values()
                    for run in runs
                )
            ],
            data=[
                f"{DATA}/{name}/data.json"
                for name in dict.fromkeys(
                    run.dataset for run in STUDY.runs(experiment)
                )
            ],
        output:
            **{
                source: f"{RESULTS}/experiments/{experiment}/{source}.parquet"
                for source in STUDY.sources(experiment)
            },
            runs=f"{RESULTS}/experiments/{experiment}/runs.csv",
        log:
            f"logs/{STUDY.study}/gather/{experiment}.log",
        benchmark:
            f"logs/{STUDY.study}/gather/{experiment}.tsv"
        conda:
            "../envs/bnlab.yaml"
        params:
            sources={
                source: [STUDY.folder(run) for run in runs]
                for source, runs in STUDY.sources(experiment).items()
            },
            datasets=list(dict.fromkeys(run.dataset for run in STUDY.runs(experiment))),
            compared=compared(experiment),
            class_labels={
                run.dataset: STUDY.datasets[run.dataset].class_labels
                for run in STUDY.runs(experiment)
            },
        message:
            "Bringing runs together"
        script:
            "../scripts/gather.py"

    rule:
        name:
            f"tabulate_{experiment}"
        input:
            library("tabulate", *room(experiment, "tables")),
            sources=[
                path for paths in read_by_tables(experiment).values() for path in paths
            ],
        output:
            tables=paths("tables", keys_of_tables(experiment), "csv"),
        log:
            f"logs/{STUDY.study}/tabulate/{experiment}.log",
        benchmark:
            f"logs/{STUDY.study}/tabulate/{experiment}.tsv"
        conda:
            "../envs/bnlab.yaml"
        params:
            sources=read_by_tables(experiment),
            reads=reads(experiment),
            wanted=[tuple(key) for key in keys_of_tables(experiment)],
            dataset_labels={name: d.label for name, d in STUDY.datasets.items()},
            redraws=[name for name in STUDY.datasets if is_redraw(name)],
            method_labels={name: STUDY.label(name) for name in STUDY.methods},
        message:
            "Writing the tables"
        script:
            "../scripts/tabulate.py"


if TAKEN:

    rule take_published:
        input:
            f"{PUBLISHED}/tables/{{experiment}}/{{dataset}}/{{recipe}}/{{kind}}.csv",
        output:
            f"{REPORTS}/tables/{{experiment}}/{{dataset}}/{{recipe}}/{{kind}}.csv",
        log:
            f"logs/{STUDY.study}/take_published/{{experiment}}/{{dataset}}/{{recipe}}/{{kind}}.log",
        wildcard_constraints:
            experiment="|".join(TAKEN),
        localrule: True
        message:
            "Taking a table of {wildcards.experiment} as it is published"
        shell:
            "cp {input} {output} 2> {log}"


for shown in {(key.experiment, key.kind): key for key in FIGURES}.values():

    rule:
        name:
            f"draw_{shown.experiment}_{shown.kind}"
        input:
            library(
                "draw",
                *room(shown.experiment, "figures"),
                *room(shown.experiment, "words"),
            ),
            csv=f"{REPORTS}/tables/{shown.experiment}/{{dataset}}/{{recipe}}/{shown.kind}.csv",
        output:
            svg=report(
                f"{REPORTS}/figures/{shown.experiment}/{{dataset}}/{{recipe}}/{shown.kind}.svg",
                caption=f"../../{caption(shown)}",
                category=STUDY.declared(shown.experiment).title,
                subcategory=lambda w: STUDY.datasets[w.dataset].label,
                labels={"figure": shown.kind.replace("_", " "), "recipe": "{recipe}"},
            ),
            png=f"{REPORTS}/figures/{shown.experiment}/{{dataset}}/{{recipe}}/{shown.kind}.png",
        log:
            f"logs/{STUDY.study}/draw/{shown.experiment}/{{dataset}}/{{recipe}}/{shown.kind}.log",
        benchmark:
            f"logs/{STUDY.study}/draw/{shown.experiment}/{{dataset}}/{{recipe}}/{shown.kind}.tsv"
        conda:
            "../envs/bnlab.yaml"
        params:
            experiment=shown.experiment,
            kind=shown.kind,
            title=declared(shown).title,
        message:
            "Drawing a figure of {wildcards.dataset}, {wildcards.recipe}"
        script:
            "../scripts/draw.py"


if LEDGER is not None:

    rule judge_claims:
        input:
            library(
                "judge_claims",
                *(f for name in STUDY.own() for f in room(name, "quantities")),
            ),
            published=[
                f"{PUBLISHED}/{name}.csv"
                for name in ("effects", "replicates", "scorecard")
                if TAKEN
            ],
            tables=[
                path
                for name in STUDY.own()
                for paths in tidy(name).values()
                for path in paths
            ],
        output:
            claims=f"{REPORTS}/claims.csv",
            effects=f"{REPORTS}/effects.csv",
            replicates=f"{REPORTS}/replicates.csv",
            scorecard=f"{REPORTS}/scorecard.csv",
        log:
            f"logs/{STUDY.study}/judge_claims.log",
        benchmark:
            f"logs/{STUDY.study}/judge_claims.tsv"
        conda:
            "../envs/bnlab.yaml"
        params:
            ledger=LEDGER.model_dump(by_alias=True),
            study=STUDY.model_dump(),
            evidence={name: tidy(name) for name in STUDY.own()},
        message:
            "Judging the claims"
        script:
            "../scripts/judge_claims.py"
