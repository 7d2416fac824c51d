"""Reporters turn reports into text, JSON or SARIF."""
