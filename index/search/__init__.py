"""All that a running bot opens: a question in, the best links out."""
