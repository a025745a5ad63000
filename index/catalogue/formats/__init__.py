"""Reads lists, with one module for each format, and edits YAML."""
