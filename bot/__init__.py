"""Where people ask: the command line, Slack and a web page."""
