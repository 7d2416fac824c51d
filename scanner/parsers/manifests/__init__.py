"""Files that list packages: text in, what they ask for out, each entry with its place in the text."""
