"""Pure builders: values in, Block Kit out. What a person or a catalogue wrote goes into rich or plain text."""
