# What does normalization do to the training of neural networks?
#
#   snakemake -n                     what would be done
#   snakemake --cores all            everything, to reports/<study>/report.html
#   snakemake <experiment>           one experiment of the study: its figures and tables
#   snakemake --configfile workflow/studies/demo.yaml    another study

from snakemake.utils import min_version

min_version("9.27")


include: "workflow/rules/common.smk"
include: "workflow/rules/progress.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/analysis.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/plan.smk"


report: "workflow/report/workflow.rst"


onsuccess:
    print(where_the_report_is(), file=sys.stderr)


onerror:
    for reason in [*messages.killed, *reasons(log)]:
        print(f"\nStopped: {reason}", file=sys.stderr)


rule all:
    default_target: True
    input:
        f"{REPORTS}/report.html",


# Targets without a job: `snakemake <experiment>` makes its figures and tables.
for experiment in experiments():

    rule:
        name:
            experiment
        input:
            targets(experiment),
        localrule: True


localrules:
    all,
    download,  # on a cluster, only the machine that one logs in to may reach OpenML


if workflow.is_main_process:
    names = [rule.name for rule in workflow.rules]
    logger.addFilter(
        TargetsNamed(["all", *STUDY.experiments, "plan", "accept_runs"], names)
    )
