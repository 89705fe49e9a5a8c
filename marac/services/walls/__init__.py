"""What keeps people out of a case, and what lets somebody in when there is nobody else."""
