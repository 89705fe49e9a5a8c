"""Before and around a meeting: series, agenda, research, guests, dates. Runs none."""
