"""What the pages behind the links say of themselves: text for the index, never shown as the curator's words."""
