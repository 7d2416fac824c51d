"""Extractors: what a config, a step or a file says, as facts."""
