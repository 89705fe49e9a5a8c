"""What leaves: the address check before it does, and the chair's word where something may leave after all."""
