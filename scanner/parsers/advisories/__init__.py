"""Advisories and what is known about them, as their publishers write it."""
