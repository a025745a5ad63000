"""Takes a question from a person to the index, and the answer back."""
