"""Training, one job a method and family of recipes or all of them, and timing of methods. Studies share their runs."""


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
        mem_mb=lambda w: memory.of_training(
            STUDY, JOBS[training.Job(w.dataset, w.method, w.family)]
        ),
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
    resources:
        mem_mb=memory.SMALL,
    params:
        runs=lambda w: [order for job in JOBS for order in orders(job)],
    message:
        "Accepting the finished runs of this study"
    script:
        "../scripts/accept_runs.py"


rule time_methods:
    input:
        splits=lambda w: [
            f"{DATA}/{dataset}/split.npz" for dataset in timed_datasets(w.experiment)
        ],
    output:
        timing=outputs.timing(STUDY, "{experiment}", "{process}"),
    log:
        f"{LOGS}/time_methods/{{experiment}}/{{process}}.log",
    benchmark:
        f"{LOGS}/time_methods/{{experiment}}/{{process}}.tsv"
    conda:
        "../envs/bnlab.yaml"
    threads: 1
    resources:
        mem_mb=lambda w: memory.of_timing(STUDY, w.experiment),
    params:
        process=lambda w: int(w.process),
        datasets=lambda w: timed_datasets(w.experiment),
        settings=lambda w: [
            timed_setting(w.experiment, *setting)
            for setting in STUDY.timed(w.experiment)
        ],
        code=lambda w: [
            TIMING_METHODS,
            *(
                digests(STUDY.method_classes(name))
                for name in STUDY.declaration(w.experiment).times
            ),
        ],
    message:
        "Timing the methods of {wildcards.experiment} in turn, process {wildcards.process}"
    script:
        "../scripts/time_methods.py"
