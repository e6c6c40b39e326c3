"""Training, one job a run, and timing of methods. Studies share their runs."""


rule train:
    input:
        split=f"{DATA}/{{dataset}}/split.npz",
    output:
        run=directory("results/runs/{dataset}/{method}/batch{batch}/{recipe}-{key}"),
    log:
        f"{LOGS}/train/{{dataset}}/{{method}}/batch{{batch}}/{{recipe}}-{{key}}.log",
    benchmark:
        f"{LOGS}/train/{{dataset}}/{{method}}/batch{{batch}}/{{recipe}}-{{key}}.tsv"
    conda:
        "../envs/bnlab.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        run=lambda w: check_key(w)._asdict(),
        network=lambda w: network_of(w.recipe),
        method=lambda w: STUDY.method_arguments(w.method),
        settings=lambda w: STUDY.settings(run_of(w)),
        probes=lambda w: {
            name: STUDY.classes(run_of(w))[name].path
            for name in STUDY.recipes[w.recipe].probes
        },
        replicates=lambda w: STUDY.replicates_of(run_of(w)),
        seed=lambda w: STUDY.seed_of(run_of(w)),
        code=lambda w: [TRAINING, *digests(STUDY.classes(run_of(w)))],
    message:
        "Training {wildcards.method} on {wildcards.dataset}, batch {wildcards.batch}, {wildcards.recipe}"
    script:
        "../scripts/train.py"


rule time_methods:
    input:
        split=f"{DATA}/{{dataset}}/split.npz",
    output:
        timing=f"{RESULTS}/timing/{{experiment}}/{{dataset}}/batch{{batch}}/{{recipe}}/{{process}}.parquet",
    log:
        f"{LOGS}/time_methods/{{experiment}}/{{dataset}}/batch{{batch}}/{{recipe}}/{{process}}.log",
    benchmark:
        f"{LOGS}/time_methods/{{experiment}}/{{dataset}}/batch{{batch}}/{{recipe}}/{{process}}.tsv"
    conda:
        "../envs/bnlab.yaml"
    threads: 1
    params:
        run=lambda w: {
            "dataset": w.dataset,
            "batch": int(w.batch),
            "recipe": w.recipe,
            "process": int(w.process),
            **STUDY.comparison_settings(w.recipe),
        },
        network=lambda w: network_of(w.recipe),
        methods=lambda w: {
            name: STUDY.method_arguments(name) for name in timed_methods(w)
        },
        settings=lambda w: STUDY.settings(Run(w.dataset, "", int(w.batch), w.recipe)),
        code=lambda w: [
            TIMING_METHODS,
            *(digests(STUDY.method_classes(name)) for name in timed_methods(w)),
        ],
    message:
        "Timing methods in turn on {wildcards.dataset}, batch {wildcards.batch}, {wildcards.recipe}"
    script:
        "../scripts/time_methods.py"
