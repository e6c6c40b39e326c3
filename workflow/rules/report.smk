"""What a study ends in: one page."""


rule write_report:
    input:
        library(
            "write_report",
            *(
                file
                for name in STUDY.experiments
                for module in ("__init__", "grids", "words")
                for file in room(name, module)
            ),
        ),
        methods=sorted(
            {
                os.path.relpath(found.file)
                for run in STUDY.all_runs()
                for found in STUDY.method_room(run.method).values()
            }
        ),
        templates=[
            os.path.relpath(file)
            for file in sorted((SCRIPTS / "bnlab" / "page" / "templates").iterdir())
        ],
        figures=paths("figures", FIGURES, "svg"),
        figure_pngs=paths("figures", FIGURES, "png"),
        figure_tables=paths("tables", FIGURES, "csv"),
        tables=paths("tables", TABLES, "csv"),
        data=[f"{DATA}/{name}/data.json" for name in STUDY.used_datasets()],
        runs=[f"{RESULTS}/experiments/{name}/runs.csv" for name in STUDY.own()],
        published=[
            f"{PUBLISHED}/{name}" for name in ("runs.csv", "manifest.json") if TAKEN
        ],
        captions=sorted({caption(key) for key in [*FIGURES, *TABLES]}),
        claims=f"{REPORTS}/claims.csv" if STUDY.claims else [],
        effects=f"{REPORTS}/effects.csv" if STUDY.claims else [],
        scorecard=f"{REPORTS}/scorecard.csv" if STUDY.claims else [],
    output:
        report=report(
            f"{REPORTS}/report.html",
            caption="../report/report.rst",
            category="Report",
            labels={"figure": "the whole report", "recipe": "all"},
        ),
        record=f"{REPORTS}/study.json",
        runs=f"{REPORTS}/runs.csv",
    log:
        f"logs/{STUDY.study}/write_report.log",
    benchmark:
        f"logs/{STUDY.study}/write_report.tsv"
    conda:
        "../envs/bnlab.yaml"
    params:
        study=STUDY.model_dump(),
        figures=[tuple(key) for key in FIGURES],
        tables=[tuple(key) for key in TABLES],
        captions=[caption(key) for key in [*FIGURES, *TABLES]],
        datasets=STUDY.used_datasets(),
        about=(
            LEDGER.model_dump(
                include={"sources", "literature", "datasets", "findings"}
            )
            if LEDGER
            else None
        ),
    message:
        "Writing {output.report}"
    script:
        "../scripts/write_report.py"
