"""Links: reads, writes and checks them. Knows nothing of vectors."""
