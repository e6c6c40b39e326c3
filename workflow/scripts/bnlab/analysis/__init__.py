"""Analysis that experiments share, from runs to tables: statistics, tidy tables, summaries, quantities, verdicts."""
