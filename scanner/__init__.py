"""Scan AI container images and the Dockerfiles that build them."""

__version__ = "0.1.0"
