"""Pure builders: values in, Block Kit out. Whatever a person or a catalogue wrote goes into rich or plain text."""
