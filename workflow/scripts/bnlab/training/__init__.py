"""Fast training of many replicates: the compiled trainer, its schedule, evaluation and timing."""
