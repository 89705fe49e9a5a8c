"""What is handed out on request: the register, passages, release, chronology, and holds on cases."""
