"""The pages of a study."""


rule write_report:
    input:
        library(
            "write_report",
            *(module_file(name, "GRIDS") for name in STUDY.experiments),
        ),
        declarations=[
            os.path.relpath(EXPERIMENTS / name / "experiment.yaml")
            for name in STUDY.experiments
        ],
        methods=sorted(
            {
                os.path.relpath(each.file)
                for run in STUDY.all_runs()
                for each in STUDY.method_classes(run.method).values()
            }
        ),
        templates=[
            os.path.relpath(file)
            for file in sorted((SCRIPTS / "bnlab" / "page" / "templates").iterdir())
        ],
        figures=figures_of(STUDY.experiments),
        tables=[tables_of(name) for name in STUDY.experiments],
        data=[f"{DATA}/{name}/data.json" for name in STUDY.used_datasets()],
        runs=[outputs.gathered(STUDY, name) for name in STUDY.own()],
        published=[
            f"{EARLIER}/{name}"
            for name in ("runs.csv", "accuracies.csv", "manifest.json")
            if TAKEN
        ],
        claims=f"{REPORTS}/claims.csv" if STUDY.claims else [],
        effects=f"{REPORTS}/effects.csv" if STUDY.claims else [],
        scorecard=f"{REPORTS}/scorecard.csv" if STUDY.claims else [],
        sensitivity=f"{REPORTS}/sensitivity.csv" if STUDY.claims else [],
        confirmation=f"{REPORTS}/confirmation.csv" if STUDY.claims else [],
        fresh=[f"{folder}/manifest.json" for folder in FRESH if STUDY.claims],
        beside=[
            f"{folder}/{name}"
            for folder in BESIDE
            for name in ("study.json", "claims.csv")
        ],
        citation=os.path.relpath(ROOT / "CITATION.cff"),
    output:
        report=report(
            f"{REPORTS}/report.html",
            caption="../report/report.rst",
            category="Report",
            labels={"figure": "the whole report", "recipe": "all"},
        ),
        about=f"{REPORTS}/about.html",
        claims=f"{REPORTS}/claims.html" if STUDY.claims else [],
        scorecard=f"{REPORTS}/scorecard.html" if STUDY.claims else [],
        experiments=directory(f"{REPORTS}/experiments"),
        record=f"{REPORTS}/study.json",
        runs=f"{REPORTS}/runs.csv",
        accuracies=f"{REPORTS}/accuracies.csv",
    log:
        f"{LOGS}/write_report.log",
    benchmark:
        f"{LOGS}/write_report.tsv"
    conda:
        "../envs/bnlab.yaml"
    resources:
        mem_mb=memory.SMALL,
    params:
        study=STUDY.model_dump(),
        figures=[tuple(key) for key in FIGURES],
        tables=[tuple(key) for key in TABLES],
        datasets=STUDY.used_datasets(),
        beside=BESIDE,
        about=(
            LEDGER.model_dump(
                by_alias=True,
                include={
                    "sources",
                    "literature",
                    "datasets",
                    "scope",
                    "findings",
                    "scorecard",
                    "front",
                    "papers",
                    "documents",
                    "fixed",
                },
            )
            | {"digest": LEDGER.digest, "same": LEDGER.same}
            if LEDGER
            else None
        ),
    message:
        "Writing {output.report}"
    script:
        "../scripts/write_report.py"
