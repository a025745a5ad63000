"""Fetches lists from their sources, and keeps the last good copy of each."""
