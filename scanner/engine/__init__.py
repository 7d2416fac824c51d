"""Rules: loaded, judged on facts, and what suppresses a finding."""
