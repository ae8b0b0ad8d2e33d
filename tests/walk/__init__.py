"""A walk through all forms and routes: see tests.walk.walker, and `python -m tests.walk --help`."""
