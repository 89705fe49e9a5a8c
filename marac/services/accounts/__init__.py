"""People who sign in: accounts, passwords, sessions. Opens no case."""
