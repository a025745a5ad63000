"""One file a format: how a list is read, and how YAML is edited."""
