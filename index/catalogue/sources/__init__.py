"""Where lists come from, and the last good copy of each."""
