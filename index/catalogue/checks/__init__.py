"""Checks where links lead, and finds dead, moved and hijacked ones."""
