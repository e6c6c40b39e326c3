"""What a study ends in: one page."""


rule write_report:
    input:
        library(
            *("report", "ledger_page", "figures", "statistics", "tables", "faults"),
            "coverage",
        ),
        templates=[
            f"workflow/scripts/bnlab/templates/{name}"
            for name in ("report.html.j2", "ledger.html.j2", "report.css", "report.js")
        ],
        figures=paths("figures", FIGURES, "svg"),
        figure_pngs=paths("figures", FIGURES, "png"),
        figure_tables=paths("tables", FIGURES, "csv"),
        tables=paths("tables", TABLES, "csv"),
        data=[f"{DATA}/{name}/data.json" for name in STUDY.used_datasets()],
        runs=[f"{RESULTS}/runs/{run.path}/run.json" for run in STUDY.all_runs()],
        captions=captions(),
        coverage=rules.simulate_coverage.output.coverage,
        coverage_caption="workflow/report/coverage.rst",
        layers=library("layers"),
        claims=f"{REPORTS}/claims.csv" if STUDY.claims else [],
        effects=f"{REPORTS}/effects.csv" if STUDY.claims else [],
    output:
        report=report(
            f"{REPORTS}/report.html",
            caption="../report/report.rst",
            category="Report",
            labels={"figure": "the whole report", "recipe": "all"},
        ),
        record=f"{REPORTS}/study.json",
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
        datasets=STUDY.used_datasets(),
    message:
        "Writing {output.report}"
    script:
        "../scripts/write_report.py"
