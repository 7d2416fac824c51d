"""``hullcheck init``: starter files."""

from __future__ import annotations

import os
from collections.abc import Sequence

from scanner import __version__
from scanner.cli.output import write
from scanner.errors import UsageError

CONFIG = """\
# Settings of hullcheck. Flags and HULLCHECK_… variables go before them. Take a # away to use a line.

# Least severity that gives exit code 1: info, low, medium, high, critical.
#fail-on: high

# Add hardening and style to what a person should act on for any image.
#profile: strict

# Files that a search of folders leaves out.
#exclude: ["vendor/*"]

# Values of build arguments that the Dockerfiles give no default.
#build-args: {VERSION: "2.1"}

# Folders with rules of your own.
#rules: [ci/rules]

# What may stay as it is, and why.
#ignore:
#  - rule: root-user
#    path: tools/Dockerfile
#    reason: runs in CI only
#    until: 2030-01-31
"""

PRE_COMMIT = f"""\
repos:
  - repo: https://github.com/hullcheck/hullcheck
    rev: v{__version__}
    hooks:
      - id: hullcheck
"""

GITHUB = f"""\
name: hullcheck
on:
  push:
    branches: [main]
  pull_request:
permissions:
  contents: read
  security-events: write
jobs:
  scan:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: hullcheck/hullcheck@v{__version__}
        with:
          path: .
          fail-on: high
"""

GITLAB = f"""\
hullcheck:
  stage: test
  image: python:3.13-slim
  script:
    - pip install hullcheck=={__version__}
    - hullcheck scan --fail-on high -f text -o - -f sarif -o hullcheck.sarif -f json -o hullcheck.json .
  after_script:
    - |
      python - <<'EOF'
      import json
      severities = {{"critical": "blocker", "high": "critical", "medium": "major", "low": "minor", "info": "info"}}
      with open("hullcheck.json") as file:
          targets = json.load(file)["targets"]
      issues = [
          {{
              "check_name": finding["rule"],
              "description": finding["message"],
              "fingerprint": finding["fingerprint"],
              "severity": severities[finding["severity"]],
              "location": {{
                  "path": finding["path"],
                  "lines": {{"begin": finding["span"]["first_line"] if finding["span"] else 1}},
              }},
          }}
          for target in targets
          for finding in target["findings"]
          if finding["suppressed"] is None
      ]
      with open("gl-code-quality-report.json", "w") as file:
          json.dump(issues, file)
      EOF
  artifacts:
    when: always
    paths: [hullcheck.sarif, hullcheck.json]
    reports:
      codequality: gl-code-quality-report.json
"""

FILES = {
    "config": (".hullcheck.yaml", CONFIG),
    "pre_commit": (".pre-commit-config.yaml", PRE_COMMIT),
    "github": (".github/workflows/hullcheck.yml", GITHUB),
    "gitlab": (".gitlab/hullcheck.yml", GITLAB),
}


def run(wanted: Sequence[str], *, force: bool) -> int:
    """Write the configuration and what else is wanted; the exit code.

    Raises UsageError, before anything is written, when a file is there already.
    """
    files = [FILES[name] for name in dict.fromkeys(("config", *wanted))]
    there = [(path, text) for path, text in files if os.path.lexists(path)]
    if there and not force:
        path, text = there[-1]
        add = "" if path == FILES["config"][0] else f", or add this to it yourself:\n\n{text}"
        raise UsageError(f"{path} is there already", hint=f"--force overwrites it{add}")
    for path, text in files:
        if os.path.dirname(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
        write(text, path)
        write(f"wrote {path}\n")
    return 0
