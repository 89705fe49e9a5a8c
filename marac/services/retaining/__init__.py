"""How long records are kept, what holds them back, and their erasure by two people."""
