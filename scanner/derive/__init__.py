"""Facts that follow from other facts."""
