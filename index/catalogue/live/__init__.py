"""Live checks: where the links of a catalogue lead today."""
