"""Functions that build Block Kit from values and do nothing else. Text of people and catalogues is rich or plain text."""
