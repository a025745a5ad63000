"""All that knows Slack's wire."""
