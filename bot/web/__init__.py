"""The page with a search box."""
