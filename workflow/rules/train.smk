"""Training, one job a method and family of recipes, and timing of methods. Studies share their runs."""


rule train:
    input:
        split=f"{DATA}/{{dataset}}/split.npz",
    output:
        trained=f"{RESULTS}/trained/{{dataset}}/{{method}}/{{family}}.json",
    log:
        f"{LOGS}/train/{{dataset}}/{{method}}/{{family}}.log",
    benchmark:
        f"{LOGS}/train/{{dataset}}/{{method}}/{{family}}.tsv"
    conda:
        "../envs/bnlab.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        method=lambda w: STUDY.method_arguments(w.method),
        runs=lambda w: orders(w),
    message:
        "Training {wildcards.method} on {wildcards.dataset}, {wildcards.family}"
    script:
        "../scripts/train.py"


rule accept_runs:
    input:
        splits=[f"{DATA}/{name}/split.npz" for name in STUDY.used_datasets()],
    log:
        f"{LOGS}/accept_runs.log",
    localrule: True
    conda:
        "../envs/bnlab.yaml"
    params:
        runs=lambda w: [order for job in JOBS for order in orders(job)],
    message:
        "Accepting the finished runs of this study"
    script:
        "../scripts/accept_runs.py"


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
