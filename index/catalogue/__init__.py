"""Links, and how they are read, written and checked. Knows nothing of vectors."""
