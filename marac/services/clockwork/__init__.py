"""What happens by itself: jobs, reminders and whom they go to. Moves only by the named transitions."""
