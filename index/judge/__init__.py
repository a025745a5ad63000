"""Measures how good the answers are, with judged and golden questions, and fits weights to judged ones."""
