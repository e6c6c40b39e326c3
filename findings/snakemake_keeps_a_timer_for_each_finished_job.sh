#!/usr/bin/env bash
# One expects: while jobs wait for a free core, Snakemake's main process sleeps, however many are done already.
# What happens: each finished job leaves a timer that is renewed every second for as long as jobs wait. So after 50 jobs
#   the main process has 50 threads, and looks through all waiting jobs 50 times a second. It took 14 % of a core in a
#   study of 180 jobs, and takes more with each job that ends.
# Versions: snakemake 9.27.1, Python 3.11 to 3.13, Linux. Source: snakemake/scheduling/job_scheduler.py: every pass of
#   `schedule` with waiting jobs starts a threading.Timer of the limiter's timespan, and every end of a job starts a pass.
# What to do: `--max-jobs-per-timespan 500/5s` in the place of the default 100/1s makes a fifth of the passes. The last
#   timers end so many seconds later, which a run of a few seconds has to wait for.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet snakemake==9.27.1

cat > Snakefile <<'RULES'
rule all:
    input: expand("threads/{i}", i=range(60))
rule count: # threads of the main process, which starts the shell
    output: "threads/{i}"
    shell: "sleep 0.2; ls /proc/$PPID/task | wc -l > {output}"
RULES

environment/bin/snakemake --cores 1 --quiet all > log.txt 2>&1 || { cat log.txt; exit 1; }
first=$(cat "threads/$(ls -tr threads | sed -n 1p)")
late=$(cat "threads/$(ls -tr threads | sed -n 50p)")
echo "During the first job the main process has fewer than 10 threads: $([ "$first" -lt 10 ] && echo yes || echo no)."
echo "During the 50th it has more than 40: $([ "$late" -gt 40 ] && echo yes || echo no)."

[ "$first" -lt 10 ]
[ "$late" -gt 40 ]
