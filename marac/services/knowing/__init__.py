"""Who is the same person: tokens, candidates, comparing, searching. Opens nobody whom access has not granted."""
