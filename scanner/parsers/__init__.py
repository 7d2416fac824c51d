"""Pure readers: text or bytes in, structure out. No file is opened here and nothing is judged."""
