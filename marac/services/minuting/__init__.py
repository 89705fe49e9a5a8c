"""Minutes and every document: compiled, approved, marked, circulated, recalled."""
