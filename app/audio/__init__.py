"""From an uploaded file to a levelled MP3, a speech file and a waveform.

Knows nothing of Flask, the database or the store.
"""
