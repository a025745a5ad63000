"""Draws Block Kit as HTML, so that messages and views can be looked at without Slack."""
