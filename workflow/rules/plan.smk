"""Plan of a study on this machine, before it starts."""


rule plan:
    log:
        f"{LOGS}/plan.log",
    localrule: True
    conda:
        "../envs/bnlab.yaml"
    resources:
        mem_mb=memory.TENSORFLOW,
    params:
        study=STUDY.model_dump(),
        families=families.of_recipes(config["recipes"]),
        trainer=TRAINING,
        data=DATA,
        costs=COSTS,
        cores=lambda w: workflow.cores or os.cpu_count(),
    message:
        "Planning the study {STUDY.study} on this machine"
    script:
        "../scripts/plan.py"
