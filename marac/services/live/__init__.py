"""A meeting while it runs: the room, the Run screen, notes and actions as they are agreed."""
