"""The API, as programs with a token meet it."""
