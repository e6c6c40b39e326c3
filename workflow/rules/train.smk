"""One job a run: all replicates of a dataset, method, batch size and recipe."""


rule train:
    input:
        library("models", "probes", "training"),
        split=f"{DATA}/{{dataset}}/split.npz",
    output:
        history=f"{RESULTS}/runs/{{dataset}}/{{method}}/batch{{batch}}/{{recipe}}/history.parquet",
        probes=f"{RESULTS}/runs/{{dataset}}/{{method}}/batch{{batch}}/{{recipe}}/probes.parquet",
        predictions=f"{RESULTS}/runs/{{dataset}}/{{method}}/batch{{batch}}/{{recipe}}/predictions.npz",
        weights=f"{RESULTS}/runs/{{dataset}}/{{method}}/batch{{batch}}/{{recipe}}/weights.npz",
        run=f"{RESULTS}/runs/{{dataset}}/{{method}}/batch{{batch}}/{{recipe}}/run.json",
    log:
        f"logs/{STUDY.study}/train/{{dataset}}/{{method}}/batch{{batch}}/{{recipe}}.log",
    benchmark:
        f"logs/{STUDY.study}/train/{{dataset}}/{{method}}/batch{{batch}}/{{recipe}}.tsv"
    conda:
        "../envs/bnlab.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        run=lambda w: {**w, "batch": int(w.batch)},
        layer=layer,
        # The source of this method alone, so that a new one beside it retrains nothing.
        layer_digest=lambda w: layer_digest(layer(w)),
        settings=lambda w: settings(w.dataset, w.recipe, int(w.batch)),
        replicates=STUDY.replicates,
        seed=lambda w: seed(w.recipe),
    message:
        "Training {wildcards.method} on {wildcards.dataset}, batch {wildcards.batch}, {wildcards.recipe}"
    script:
        "../scripts/train.py"


rule time_methods:
    input:
        library("models", "training"),
        split=f"{DATA}/{{dataset}}/split.npz",
    output:
        timing=f"{RESULTS}/timing/{{dataset}}/batch{{batch}}/{{recipe}}.parquet",
    log:
        f"logs/{STUDY.study}/time_methods/{{dataset}}/batch{{batch}}/{{recipe}}.log",
    benchmark:
        f"logs/{STUDY.study}/time_methods/{{dataset}}/batch{{batch}}/{{recipe}}.tsv"
    conda:
        "../envs/bnlab.yaml"
    threads: 1
    params:
        run=lambda w: {**w, "batch": int(w.batch)},
        layers={
            name: STUDY.methods[name].layer for name in TIMED if name in STUDY.methods
        },
        layer_digests=[
            layer_digest(STUDY.methods[name].layer)
            for name in TIMED
            if name in STUDY.methods
        ],
        settings=lambda w: settings(w.dataset, w.recipe, int(w.batch)),
    message:
        "Timing base and bn in turn on {wildcards.dataset}, batch {wildcards.batch}, {wildcards.recipe}"
    script:
        "../scripts/time_methods.py"
