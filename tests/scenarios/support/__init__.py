"""What the scenarios are driven with: a fake Slack, signed requests, and the bot as a process."""
