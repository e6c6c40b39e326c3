"""Tidy tables of an experiment's runs, published tables, figures and verdicts."""


rule gather:
    input:
        library("gather"),
        runs=trained,
        data=data_of_experiment,
    output:
        tables=directory(outputs.gathered(STUDY, "{experiment}")),
    log:
        f"{LOGS}/gather/{{experiment}}.log",
    benchmark:
        f"{LOGS}/gather/{{experiment}}.tsv"
    conda:
        "../envs/bnlab.yaml"
    resources:
        mem_mb=memory.SMALL,
    params:
        sources=lambda w: folders_by_source(w.experiment),
        datasets=lambda w: datasets_of(w.experiment),
        compared=lambda w: compared(w.experiment),
        class_labels=lambda w: class_labels(w.experiment),
    message:
        "Collecting the runs of {wildcards.experiment}"
    script:
        "../scripts/gather.py"


rule write_tables:
    input:
        lambda w: library("write_tables", module_file(w.experiment, "TABLES")),
        tidy=lambda w: results_of([w.experiment]),
    output:
        tables=directory(f"{REPORTS}/tables/{{experiment}}"),
    log:
        f"{LOGS}/write_tables/{{experiment}}.log",
    benchmark:
        f"{LOGS}/write_tables/{{experiment}}.tsv"
    wildcard_constraints:
        experiment=any_of(STUDY.own()),
    conda:
        "../envs/bnlab.yaml"
    resources:
        mem_mb=memory.SMALL,
    params:
        sources=lambda w: read_by_tables(w.experiment),
        reads=lambda w: reads(w.experiment),
        tables=lambda w: keys_of([*FIGURES, *TABLES], w.experiment),
        dataset_labels=lambda w: {
            name: STUDY.datasets[name].label for name in datasets_of(w.experiment)
        },
        redraws=lambda w: list(filter(is_redraw, datasets_of(w.experiment))),
        method_labels={name: STUDY.label(name) for name in STUDY.methods},
    message:
        "Writing the tables of {wildcards.experiment}"
    script:
        "../scripts/write_tables.py"


rule take_published:
    input:
        f"{EARLIER}/tables/{{experiment}}",
    output:
        directory(f"{REPORTS}/tables/{{experiment}}"),
    log:
        f"{LOGS}/take_published/{{experiment}}.log",
    wildcard_constraints:
        experiment=any_of(TAKEN),
    localrule: True
    conda:
        "../envs/bnlab.yaml"
    resources:
        mem_mb=memory.SMALL,
    message:
        "Copying the published tables of {wildcards.experiment}"
    script:
        "../scripts/take_published.py"


rule draw:
    input:
        lambda w: library("draw", module_file(w.experiment, "FIGURES")),
        tables=f"{REPORTS}/tables/{{experiment}}",
    output:
        figures=report(
            directory(f"{REPORTS}/figures/{{experiment}}"),
            patterns=["{dataset}/{recipe}/{kind}.svg"],
            caption="../report/figure.rst",
            category=lambda w: unfilled(STUDY.declaration(w.experiment).title),
            subcategory=lambda w: unfilled(STUDY.datasets[w.dataset].label),
            labels=figure_labels,
        ),
    log:
        f"{LOGS}/draw/{{experiment}}.log",
    benchmark:
        f"{LOGS}/draw/{{experiment}}.tsv"
    conda:
        "../envs/bnlab.yaml"
    resources:
        mem_mb=memory.SMALL,
    params:
        figures=lambda w: keys_of(FIGURES, w.experiment),
        captions=lambda w: {
            kind: inspect.cleandoc(each.caption) for kind, each in declared_figures(w)
        },
        styles=styles,
        methods=list(STUDY.methods),
    message:
        "Drawing the figures of {wildcards.experiment}"
    script:
        "../scripts/draw.py"


rule judge_claims:
    input:
        library(
            "judge_claims",
            *(module_file(name, "QUANTITIES") for name in STUDY.own()),
        ),
        published=[
            f"{EARLIER}/{name}.csv"
            for name in ("effects", "replicates", "scorecard")
            if TAKEN
        ],
        fresh=[f"{folder}/effects.csv" for folder in FRESH],
        tidy=results_of(STUDY.own()),
    output:
        claims=f"{REPORTS}/claims.csv",
        effects=f"{REPORTS}/effects.csv",
        replicates=f"{REPORTS}/replicates.csv",
        sensitivity=f"{REPORTS}/sensitivity.csv",
        scorecard=f"{REPORTS}/scorecard.csv",
        confirmation=f"{REPORTS}/confirmation.csv",
    log:
        f"{LOGS}/judge_claims.log",
    benchmark:
        f"{LOGS}/judge_claims.tsv"
    conda:
        "../envs/bnlab.yaml"
    resources:
        mem_mb=memory.JUDGING,
    params:
        ledger=LEDGER.model_dump(by_alias=True) if LEDGER else None,
        study=STUDY.model_dump(),
        evidence={name: outputs.tidy(STUDY, name) for name in STUDY.own()},
        quantities={name: quantities(name) for name in STUDY.own()},
    message:
        "Judging the claims"
    script:
        "../scripts/judge_claims.py"
