"""Many replicates, many steps, fast: the compiled trainer, its schedule, evaluation and timing."""
