"""Where the links lead: dead, moved and hijacked ones."""
