"""Proposes questions for links, by rules or by a program of the curator's choice."""
