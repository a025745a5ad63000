"""The curators' page: what was asked in vain, what waits for a decision, and what is wrong with links; behind a login."""
