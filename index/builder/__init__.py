"""Builds a bundle from a catalogue, keeps work for the next build, and refuses bundles that look wrong."""
