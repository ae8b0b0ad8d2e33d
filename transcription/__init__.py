"""Speech to timed text: windows, engines, sentences, formats.

Knows nothing of the web, the database or storage. Nothing is imported here, so that
`python -m transcription.weights` runs before any dependency is installed.
"""
