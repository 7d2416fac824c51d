"""The nouns: location, facts, target, rule, finding, report."""
