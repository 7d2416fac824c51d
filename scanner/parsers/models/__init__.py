"""Model files: what they are by their first block, and what their headers say. No weights are read, nothing is run."""
