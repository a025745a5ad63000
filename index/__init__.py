"""Finding the right link: catalogue files in, ranked and explained links out. Knows nothing of Slack."""
