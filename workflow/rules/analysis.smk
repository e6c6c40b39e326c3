"""From runs to tidy tables, from tidy tables to figures."""


rule aggregate:
    input:
        library("tables"),
        runs=lambda w: of_runs(w.experiment, "run.json"),
        histories=lambda w: of_runs(w.experiment, "history.parquet"),
        probes=lambda w: of_runs(w.experiment, "probes.parquet"),
    output:
        metrics=f"{RESULTS}/experiments/{{experiment}}/metrics.parquet",
        runs=f"{RESULTS}/experiments/{{experiment}}/runs.parquet",
        percentiles=f"{RESULTS}/experiments/{{experiment}}/percentiles.parquet",
    log:
        f"logs/{STUDY.study}/aggregate/{{experiment}}.log",
    benchmark:
        f"logs/{STUDY.study}/aggregate/{{experiment}}.tsv"
    conda:
        "../envs/bnlab.yaml"
    message:
        "Bringing the runs of {wildcards.experiment} together"
    script:
        "../scripts/aggregate.py"


rule score_classes:
    input:
        library("tables", "metrics"),
        runs=lambda w: of_runs(w.experiment, "run.json"),
        predictions=lambda w: of_runs(w.experiment, "predictions.npz"),
        data=data_of_runs,
    output:
        classes=f"{RESULTS}/experiments/{{experiment}}/classes.parquet",
        roc=f"{RESULTS}/experiments/{{experiment}}/roc.parquet",
        confusion=f"{RESULTS}/experiments/{{experiment}}/confusion.parquet",
    log:
        f"logs/{STUDY.study}/score_classes/{{experiment}}.log",
    benchmark:
        f"logs/{STUDY.study}/score_classes/{{experiment}}.tsv"
    conda:
        "../envs/bnlab.yaml"
    message:
        "Scoring every class in the runs of {wildcards.experiment}"
    script:
        "../scripts/score_classes.py"


for experiment in STUDY.experiments:

    rule:
        name:
            f"tabulate_{experiment}"
        input:
            library("tables", "metrics", "statistics", "config", "faults"),
            **{
                source: f"{RESULTS}/experiments/{experiment}/{source}.parquet"
                for source in TABLE_SOURCES[experiment]
            },
            timings=timings(experiment),
        output:
            tables=paths("tables", keys_of_tables(experiment), "csv"),
        log:
            f"logs/{STUDY.study}/tabulate/{experiment}.log",
        benchmark:
            f"logs/{STUDY.study}/tabulate/{experiment}.tsv"
        conda:
            "../envs/bnlab.yaml"
        params:
            sources=TABLE_SOURCES[experiment],
            wanted=[tuple(key) for key in keys_of_tables(experiment)],
            dataset_labels={name: d.label for name, d in STUDY.datasets.items()},
            redraws=[name for name in STUDY.datasets if is_redraw(name)],
            method_labels={name: m.label for name, m in STUDY.methods.items()},
        message:
            "Writing the tables"
        script:
            "../scripts/tabulate.py"


for experiment, kind in sorted({(key.experiment, key.figure) for key in FIGURES}):

    rule:
        name:
            f"draw_{experiment}_{kind}"
        input:
            library("figures", "statistics", "faults"),
            csv=f"{REPORTS}/tables/{experiment}/{{dataset}}/{{recipe}}/{kind}.csv",
        output:
            svg=report(
                f"{REPORTS}/figures/{experiment}/{{dataset}}/{{recipe}}/{kind}.svg",
                caption=f"../report/{experiment}/{kind}.rst",
                category=STUDY.experiments[experiment].title,
                subcategory=lambda w: STUDY.datasets[w.dataset].label,
                labels={"figure": kind.replace("_", " "), "recipe": "{recipe}"},
            ),
            png=f"{REPORTS}/figures/{experiment}/{{dataset}}/{{recipe}}/{kind}.png",
        log:
            f"logs/{STUDY.study}/draw/{experiment}/{{dataset}}/{{recipe}}/{kind}.log",
        benchmark:
            f"logs/{STUDY.study}/draw/{experiment}/{{dataset}}/{{recipe}}/{kind}.tsv"
        conda:
            "../envs/bnlab.yaml"
        params:
            experiment=experiment,
            kind=kind,
        message:
            "Drawing a figure of {wildcards.dataset}, {wildcards.recipe}"
        script:
            "../scripts/draw.py"


rule simulate_coverage:
    input:
        library("coverage", "statistics"),
    output:
        coverage=f"{REPORTS}/tables/coverage.csv",
    log:
        f"logs/{STUDY.study}/simulate_coverage.log",
    benchmark:
        f"logs/{STUDY.study}/simulate_coverage.tsv"
    conda:
        "../envs/bnlab.yaml"
    message:
        "Simulating how often intervals contain the truth"
    script:
        "../scripts/simulate_coverage.py"


if LEDGER is not None:

    rule judge_claims:
        input:
            library("claims", "tables", "metrics", "statistics", "ledger"),
            tables=[
                path
                for sources in evidence().values()
                for paths in sources.values()
                for path in paths
            ],
        output:
            claims=f"{REPORTS}/claims.csv",
            effects=f"{REPORTS}/effects.csv",
        log:
            f"logs/{STUDY.study}/judge_claims.log",
        benchmark:
            f"logs/{STUDY.study}/judge_claims.tsv"
        conda:
            "../envs/bnlab.yaml"
        params:
            ledger=LEDGER.model_dump(by_alias=True),
            study=STUDY.model_dump(),
            evidence=evidence(),
        message:
            "Judging the claims"
        script:
            "../scripts/judge_claims.py"
