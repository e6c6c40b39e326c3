#!/usr/bin/env bash
# One expects: `--keep-incomplete` keeps what a failed job wrote, so that one can look at it. The next run knows that it
#   is incomplete and makes it again, as after a kill.
# What happens: the file stays without its mark. The next run says that there is nothing to be done, and half a file
#   counts as a result.
# Versions: snakemake 9.27.1. Source: snakemake/jobs.py, Job.postprocess. It records a job that failed as finished, and
#   then removes its outputs unless they are to be kept.
# What to do: write results to a temporary name and rename them at the end, and never judge by the option's leftovers.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet snakemake==9.27.1

cat > Snakefile <<'RULES'
rule count:
    output: "numbers.txt"
    shell: "echo one > {output}; exit 1; echo two >> {output}"
RULES

first=0
environment/bin/snakemake --cores 1 --keep-incomplete > first.log 2>&1 || first=$?
second=0
environment/bin/snakemake --cores 1 > second.log 2>&1 || second=$?
echo "The job that fails: exit status $first. numbers.txt has: $(cat numbers.txt)"
echo "The next run: exit status $second. It says: $(grep -o 'Nothing to be done' second.log)"

[ "$first" = 1 ]
[ "$second" = 0 ]
[ "$(cat numbers.txt)" = one ]
grep -q 'Nothing to be done' second.log
