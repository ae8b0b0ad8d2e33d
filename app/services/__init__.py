"""Use cases, one a file: plain functions on a session.

They flush and never commit; they know no Flask and no durable engine.
"""
