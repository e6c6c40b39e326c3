"""From a dataset's source to rows that are split and scaled."""


rule download:
    input:
        library("sources", "datasets"),
        files=lambda w: files_of(w.dataset),
    output:
        raw=f"{DATA}/{{dataset}}/raw.npz",
    log:
        "logs/data/{dataset}/download.log",
    benchmark:
        "logs/data/{dataset}/download.tsv"
    wildcard_constraints:
        dataset="|".join(n for n in STUDY.datasets if not is_redraw(n)),
    conda:
        "../envs/bnlab.yaml"
    params:
        dataset=lambda w: described(w.dataset, "split", "scaling"),
    message:
        "Fetching {wildcards.dataset}"
    script:
        "../scripts/download.py"


rule redraw:
    input:
        library("datasets", "redraw"),
        raw=raw_of_original,
    output:
        raw=f"{DATA}/{{dataset}}/raw.npz",
    log:
        "logs/data/{dataset}/redraw.log",
    benchmark:
        "logs/data/{dataset}/redraw.tsv"
    wildcard_constraints:
        dataset="|".join(n for n in STUDY.datasets if is_redraw(n)) or "no_redraw",
    conda:
        "../envs/bnlab.yaml"
    params:
        dataset=lambda w: described(w.dataset, "split", "scaling"),
    message:
        "Drawing {wildcards.dataset} anew"
    script:
        "../scripts/redraw_dataset.py"


rule preprocess:
    input:
        library("datasets"),
        raw=f"{DATA}/{{dataset}}/raw.npz",
    output:
        split=f"{DATA}/{{dataset}}/split.npz",
        data=f"{DATA}/{{dataset}}/data.json",
    log:
        "logs/data/{dataset}/preprocess.log",
    benchmark:
        "logs/data/{dataset}/preprocess.tsv"
    conda:
        "../envs/bnlab.yaml"
    params:
        dataset=lambda w: described(w.dataset, "sha256"),
    message:
        "Splitting and scaling {wildcards.dataset}"
    script:
        "../scripts/preprocess.py"
