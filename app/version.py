"""Which version of Hearth this is: the one place that says it in code (a test compares pyproject.toml)."""

VERSION = "0.1.0"
