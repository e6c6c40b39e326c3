#!/usr/bin/env bash
# One expects: a tensor argument of a function that XLA compiles is an input of the program. TensorFlow traces the
#   function once, so another value of the argument compiles nothing.
# What happens: where the start of a slice is computed from the argument, as in `rows[step - start]` inside a loop, XLA
#   takes the argument for a constant. Every new value compiles the whole program once more, while the count of
#   traces, which is what `experimental_get_tracing_count` shows and what one tests, stays 1. A training loop that is called
#   in pieces, each with its own start, so pays a compilation a piece. `tf.gather(rows, step - start)` gives the same rows,
#   and one program serves every value.
# Versions: tensorflow-cpu 2.21.0, Python 3.11. Source: tensorflow/compiler/tf2xla/const_analysis.cc, which follows the
#   operands that an operation marks as constants (the begin of StridedSlice) back to the arguments of the function.
# What to do: count programs, not traces, as the `--xla_dump_to` below does.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet tensorflow-cpu==2.21.0

cat > pieces.py <<'PYTHON'
import sys

import tensorflow as tf

rows = tf.range(100.0)
takes = {"slice": lambda row: rows[row], "gather": lambda row: tf.gather(rows, row)}
take = takes[sys.argv[1]]


@tf.function(jit_compile=True, autograph=False)
def total(start, stop):
    """Return the sum of the first stop - start rows."""
    body = lambda step, sum: (step + 1, sum + take(step - start))
    return tf.while_loop(lambda step, _: step < stop, body, (start, tf.constant(0.0)))[1]


sums = [float(total(tf.constant(start), tf.constant(start + 10))) for start in (0, 10, 20, 30)]
print(total.experimental_get_tracing_count(), sums)
PYTHON

export TF_CPP_MIN_LOG_LEVEL=3
for take in slice gather; do
  XLA_FLAGS="--xla_dump_to=$folder/$take" environment/bin/python pieces.py "$take" > "$take.txt" 2> /dev/null
  programs=$(find "$take" -name '*total*before_optimizations.txt' | wc -l)
  echo "$take: traces and sums $(cat "$take.txt"), programs compiled: $programs"
  echo "$programs" > "$take.programs"
done

[ "$(cat slice.txt)" = "1 [45.0, 45.0, 45.0, 45.0]" ]
[ "$(cat gather.txt)" = "1 [45.0, 45.0, 45.0, 45.0]" ]
[ "$(cat slice.programs)" = 4 ]
[ "$(cat gather.programs)" = 1 ]
