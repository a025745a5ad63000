"""Tunes the encoder to a catalogue, without a language model. Needs the build dependencies."""
