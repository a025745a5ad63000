"""Brings an approved suggestion into the catalogue (as a commit or a patch) and the index, and tells the curators."""
