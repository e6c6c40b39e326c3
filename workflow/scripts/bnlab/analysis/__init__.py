"""What experiments share between runs and tables: statistics, tidy tables, summaries, quantities, verdicts."""
