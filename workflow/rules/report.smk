"""What a study ends in: one page."""


rule write_report:
    input:
        library("report", "figures", "statistics", "tables"),
        template="workflow/scripts/bnlab/templates/report.html.j2",
        figures=paths("figures", FIGURES, "svg"),
        figure_pngs=paths("figures", FIGURES, "png"),
        figure_tables=paths("tables", FIGURES, "csv"),
        tables=paths("tables", TABLES, "csv"),
        data=[f"{DATA}/{name}/data.json" for name in STUDY.used_datasets()],
        runs=[f"{RESULTS}/runs/{run.path}/run.json" for run in STUDY.all_runs()],
        captions=captions(),
        layers=library("layers"),
    output:
        report=report(
            f"{REPORTS}/report.html",
            caption="../report/report.rst",
            category="Report",
            labels={"figure": "the whole report", "recipe": "all"},
        ),
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
