"""Watching the trail: checkpoints, rows that do not fit, who looked at whom, alerts. Opens no case."""
