"""The surfaces: command line, Slack, HTTP."""
