"""Data sets: reading, redrawing, split and scaling."""


rule download:
    input:
        library("download"),
        files=lambda w: files_of(w.dataset),
    output:
        raw=f"{DATA}/{{dataset}}/raw.npz",
        origin=f"{DATA}/{{dataset}}/origin.json",
    log:
        "logs/data/{dataset}/download.log",
    benchmark:
        "logs/data/{dataset}/download.tsv"
    wildcard_constraints:
        dataset=any_of(n for n in STUDY.datasets if not is_redraw(n)),
    conda:
        "../envs/bnlab.yaml"
    resources:
        mem_mb=lambda w: memory.of_reading(STUDY, w.dataset),
    params:
        origin=lambda w: origin(w.dataset, STUDY.datasets),
        shape=lambda w: dataset_settings(w.dataset, "shape")["shape"],
    message:
        "Reading {wildcards.dataset}"
    script:
        "../scripts/download.py"


rule redraw:
    input:
        library("redraw_dataset"),
        raw=raw_of_original,
    output:
        raw=f"{DATA}/{{dataset}}/raw.npz",
        origin=f"{DATA}/{{dataset}}/origin.json",
    log:
        "logs/data/{dataset}/redraw.log",
    benchmark:
        "logs/data/{dataset}/redraw.tsv"
    wildcard_constraints:
        dataset=any_of(n for n in STUDY.datasets if is_redraw(n)),
    conda:
        "../envs/bnlab.yaml"
    resources:
        mem_mb=lambda w: memory.of_reading(STUDY, w.dataset),
    params:
        origin=lambda w: origin(w.dataset, STUDY.datasets),
        dataset=lambda w: dataset_settings(
            w.dataset, "source", "of", "seed", "shape", "sha256"
        ),
    message:
        "Redrawing {wildcards.dataset}"
    script:
        "../scripts/redraw_dataset.py"


rule preprocess:
    input:
        library("preprocess"),
        raw=f"{DATA}/{{dataset}}/raw.npz",
        origin=f"{DATA}/{{dataset}}/origin.json",
    output:
        split=f"{DATA}/{{dataset}}/split.npz",
        data=f"{DATA}/{{dataset}}/data.json",
    log:
        "logs/data/{dataset}/preprocess.log",
    benchmark:
        "logs/data/{dataset}/preprocess.tsv"
    conda:
        "../envs/bnlab.yaml"
    resources:
        mem_mb=lambda w: memory.of_preparing(STUDY, w.dataset),
    params:
        settings=lambda w: dataset_settings(w.dataset, "shape", "split", "scaling")
        | STUDY.datasets[w.dataset].encoding,
    message:
        "Splitting and scaling {wildcards.dataset}"
    script:
        "../scripts/preprocess.py"
