"""Catalogue to bundle: the build, what it keeps, and what may not become current."""
