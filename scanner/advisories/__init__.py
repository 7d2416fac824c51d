"""Known vulnerabilities: a database of advisories of our own, and packages held against it, without a network."""
