"""A question's way from a person to the index and back."""
