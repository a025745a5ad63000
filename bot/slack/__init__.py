"""Everything that depends on Slack's formats and protocols."""
