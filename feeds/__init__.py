"""A show as a feed: RSS, chapters and OPML from plain values.

A library of its own: it knows nothing of the web framework, the database or the object store, reads no
clock and opens no file. The caller gives a `Channel`; the same channel always gives the same bytes.
"""
